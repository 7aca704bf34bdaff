// SPDX-License-Identifier: GPL-2.0
/* Reads and writes submitted many at a time, and a stream of them that proves what it wrote. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rrt.h"

#define MAX_BATCH 256
#define ALIGN 4096
/* What a stream writes to, over and over. */
#define STREAM_BYTES (4 << 20)

struct batch {
	aio_context_t ctx;
	int fd;
	size_t size;
	unsigned int length;
	char *buffer;
	struct iocb cb[MAX_BATCH], *list[MAX_BATCH];
	struct io_event event[MAX_BATCH];
};

static int batch_open(struct batch *b, const char *path, size_t size, unsigned int length)
{
	memset(b, 0, sizeof(*b));
	b->size = size;
	b->length = length;
	if (!length || length > MAX_BATCH || !size || size % 512)
		return EINVAL;
	b->fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (b->fd < 0)
		return errno;
	if (posix_memalign((void **)&b->buffer, ALIGN, size * length))
		exit(ENOMEM);
	memset(b->buffer, 0x5a, size * length);
	return syscall(SYS_io_setup, length, &b->ctx) ? errno : 0;
}

static void batch_close(struct batch *b)
{
	if (b->ctx)
		syscall(SYS_io_destroy, b->ctx);
	if (b->fd > 0)
		close(b->fd);
	free(b->buffer);
}

/* What a batch is made of; a mixed one of reads and writes in turn. */
enum batch_kind { BATCH_READ, BATCH_WRITE, BATCH_DSYNC, BATCH_MIXED };

/* One batch, from offset on, of pieces that begin so many bytes apart; waits for all of it. */
static int batch_do(struct batch *b, enum batch_kind kind, unsigned long long offset,
		    unsigned long long step)
{
	unsigned int i, ended = 0;
	int err = 0;
	long n;

	for (i = 0; i < b->length; i++) {
		memset(&b->cb[i], 0, sizeof(b->cb[i]));
		b->cb[i].aio_lio_opcode = kind == BATCH_READ || (kind == BATCH_MIXED && i % 2) ?
					  IOCB_CMD_PREAD : IOCB_CMD_PWRITE;
		b->cb[i].aio_rw_flags = kind == BATCH_DSYNC ? RWF_DSYNC : 0;
		b->cb[i].aio_fildes = b->fd;
		b->cb[i].aio_buf = (unsigned long)(b->buffer + i * b->size);
		b->cb[i].aio_nbytes = b->size;
		b->cb[i].aio_offset = offset + i * step;
		b->list[i] = &b->cb[i];
	}
	n = syscall(SYS_io_submit, b->ctx, (long)b->length, b->list);
	if (n < 0)
		return errno;
	if (n < (long)b->length)
		err = EAGAIN;
	while (ended < n) {
		long got = syscall(SYS_io_getevents, b->ctx, 1L, n - ended, b->event, NULL);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		for (i = 0; i < got; i++)
			if (b->event[i].res != (long long)b->size)
				err = b->event[i].res < 0 ? -b->event[i].res : EIO;
		ended += got;
	}
	return err;
}

static enum batch_kind batch_kind(const char *word)
{
	if (!strcmp(word, "write"))
		return BATCH_WRITE;
	if (!strcmp(word, "dsync"))
		return BATCH_DSYNC;
	return strcmp(word, "mixed") ? BATCH_READ : BATCH_MIXED;
}

/* DEV OFFSET SIZE LENGTH COUNT [STEP [KIND]]: COUNT batches of LENGTH, one behind the other. */
static int do_batch(char *args, FILE *out)
{
	char *path = rrt_word(&args);
	unsigned long long offset = rrt_number(&args), size = rrt_number(&args);
	unsigned long long length = rrt_number(&args), count = rrt_number(&args), i = 0;
	unsigned long long step = rrt_number(&args);
	enum batch_kind kind = batch_kind(rrt_word(&args));
	struct batch b;
	int err = batch_open(&b, path, size, length);

	if (!step)
		step = size;
	for (; !err && i < count; i += !err)
		err = batch_do(&b, kind, offset + i * length * step, step);
	fprintf(out, "%llu", i);
	batch_close(&b);
	return err;
}

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void stamp(struct batch *b, unsigned long long offset, unsigned int generation)
{
	unsigned long long *word = (unsigned long long *)b->buffer;
	size_t i;

	for (i = 0; i < b->size * b->length / sizeof(*word); i++)
		word[i] = (offset + i * sizeof(*word)) << 16 ^ generation;
}

static int stamped(const struct batch *b, unsigned long long offset, unsigned int generation)
{
	const unsigned long long *word = (const unsigned long long *)b->buffer;
	size_t i;

	for (i = 0; i < b->size * b->length / sizeof(*word); i++)
		if (word[i] != ((offset + i * sizeof(*word)) << 16 ^ generation))
			return 0;
	return 1;
}

/*
 * DEV SIZE LENGTH: writes the beginning of the device in batches, reads it back in batches, and
 * again, until SIGTERM. Says `done errors mismatches errno`, as verify does.
 */
static int do_stream(char *args, FILE *out)
{
	char *path = rrt_word(&args);
	unsigned long long size = rrt_number(&args), length = rrt_number(&args), at, bytes;
	unsigned long done = 0, errors = 0, mismatches = 0;
	unsigned int generation = 0;
	int first_errno, err;
	struct batch b;

	first_errno = batch_open(&b, path, size, length);
	if (first_errno)
		return first_errno;
	signal(SIGTERM, on_term);
	bytes = size * length;
	while (!stop) {
		generation++;
		for (at = 0; at + bytes <= STREAM_BYTES; at += bytes, done++) {
			stamp(&b, at, generation);
			err = batch_do(&b, BATCH_WRITE, at, size);
			errors += !!err;
			first_errno = first_errno ? first_errno : err;
		}
		for (at = 0; at + bytes <= STREAM_BYTES; at += bytes, done++) {
			memset(b.buffer, 0, bytes);
			err = batch_do(&b, BATCH_READ, at, size);
			errors += !!err;
			first_errno = first_errno ? first_errno : err;
			mismatches += !err && !stamped(&b, at, generation);
		}
	}
	batch_close(&b);
	fprintf(out, "%lu %lu %lu %d", done, errors, mismatches, first_errno);
	return errors || mismatches ? EIO : 0;
}

const struct rrt_op rrt_batch_ops[] = {
	{ "batch", do_batch, "DEV OFFSET SIZE LENGTH COUNT [STEP [write|dsync|mixed]]: batches" },
	{ "stream", do_stream, "DEV SIZE LENGTH: write and verify in batches until SIGTERM" },
	{ }
};
