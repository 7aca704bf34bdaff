// SPDX-License-Identifier: GPL-2.0
/* Reads, writes and ioctls on a block device, and a writer that proves what it wrote. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/pr.h>
#include <pthread.h>
#include <scsi/sg.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "rrt.h"

#define BLOCK 4096

static int open_device(char **args, int flags)
{
	return open(rrt_word(args), flags | O_CLOEXEC);
}

static int close_with(int fd, int failed)
{
	int err = failed ? errno : 0;

	close(fd);
	return err;
}

/* DEV OFFSET SIZE COUNT [nowait|hipri|dsync]: stops at the first error; says how many were done. */
static int transfer(char *args, FILE *out, int write)
{
	int fd = open_device(&args, (write ? O_RDWR : O_RDONLY) | O_DIRECT);
	unsigned long long offset = rrt_number(&args), size = rrt_number(&args), i;
	unsigned long long count = rrt_number(&args);
	char *how = rrt_word(&args);
	int flags = 0, err = 0;
	struct iovec iov;
	void *buffer;

	if (fd < 0)
		return errno;
	if (!strcmp(how, "nowait"))
		flags = RWF_NOWAIT;
	else if (!strcmp(how, "hipri"))
		flags = RWF_HIPRI;
	else if (!strcmp(how, "dsync"))
		flags = RWF_DSYNC;
	if (posix_memalign(&buffer, BLOCK, size))
		exit(ENOMEM);
	memset(buffer, 0x5a, size);
	iov.iov_base = buffer;
	iov.iov_len = size;
	for (i = 0; i < count; i++) {
		ssize_t n = write ? pwritev2(fd, &iov, 1, offset + i * size, flags) :
				    preadv2(fd, &iov, 1, offset + i * size, flags);

		if (n != (ssize_t)size) {
			err = n < 0 ? errno : EIO;
			break;
		}
	}
	fprintf(out, "%llu", i);
	free(buffer);
	close(fd);
	return err;
}

static int do_read(char *args, FILE *out)
{
	return transfer(args, out, 0);
}

static int do_write(char *args, FILE *out)
{
	return transfer(args, out, 1);
}

static int do_fsync(char *args, FILE *out)
{
	int fd = open_device(&args, O_RDWR);

	(void)out;
	return fd < 0 ? errno : close_with(fd, fsync(fd));
}

static int range(char *args, unsigned long request)
{
	int fd = open_device(&args, O_RDWR);
	unsigned long long span[2];

	if (fd < 0)
		return errno;
	span[0] = rrt_number(&args);
	span[1] = rrt_number(&args);
	return close_with(fd, ioctl(fd, request, span));
}

static int do_discard(char *args, FILE *out)
{
	(void)out;
	return range(args, BLKDISCARD);
}

static int do_secdiscard(char *args, FILE *out)
{
	(void)out;
	return range(args, BLKSECDISCARD);
}

static int do_zeroout(char *args, FILE *out)
{
	(void)out;
	return range(args, BLKZEROOUT);
}

static int do_size(char *args, FILE *out)
{
	int fd = open_device(&args, O_RDONLY), err;
	unsigned long long bytes = 0;
	unsigned long sectors = 0;

	if (fd < 0)
		return errno;
	err = close_with(fd, ioctl(fd, BLKGETSIZE64, &bytes) || ioctl(fd, BLKGETSIZE, &sectors));
	fprintf(out, "%llu %lu", bytes, sectors);
	return err;
}

static int do_inquiry(char *args, FILE *out)
{
	int fd = open_device(&args, O_RDONLY), err;
	unsigned char cdb[6] = { 0x12, 0, 0, 0, 96, 0 }, data[96] = { 0 }, sense[32];
	struct sg_io_hdr io = {
		.interface_id = 'S',
		.dxfer_direction = SG_DXFER_FROM_DEV,
		.cmd_len = sizeof(cdb),
		.cmdp = cdb,
		.dxfer_len = sizeof(data),
		.dxferp = data,
		.mx_sb_len = sizeof(sense),
		.sbp = sense,
		.timeout = 20000,
	};

	if (fd < 0)
		return errno;
	err = close_with(fd, ioctl(fd, SG_IO, &io));
	if (!err)
		fprintf(out, "%.8s %.16s", data + 8, data + 16);
	return err;
}

static int pr(int fd, const char *verb, unsigned long long key, unsigned long long new_key)
{
	struct pr_registration reg = { .old_key = key, .new_key = new_key };
	struct pr_reservation rsv = { .key = key, .type = PR_WRITE_EXCLUSIVE_REG_ONLY };
	struct pr_clear clear = { .key = key };

	if (!strcmp(verb, "register"))
		return ioctl(fd, IOC_PR_REGISTER, &reg);
	if (!strcmp(verb, "reserve"))
		return ioctl(fd, IOC_PR_RESERVE, &rsv);
	if (!strcmp(verb, "release"))
		return ioctl(fd, IOC_PR_RELEASE, &rsv);
	if (!strcmp(verb, "clear"))
		return ioctl(fd, IOC_PR_CLEAR, &clear);
	errno = EINVAL;
	return -1;
}

/* A positive result is no errno but a SCSI status. */
static int do_pr(char *args, FILE *out)
{
	int fd = open_device(&args, O_RDWR), ret, err;
	char *verb = rrt_word(&args);
	unsigned long long key = rrt_number(&args), new_key = rrt_number(&args);

	if (fd < 0)
		return errno;
	ret = pr(fd, verb, key, new_key);
	err = ret < 0 ? errno : ret ? EBADE : 0;
	fprintf(out, "%d", ret);
	close(fd);
	return err;
}

/* SOCKET TEXT: gives the first byte of the answer. */
static int do_say(char *args, FILE *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;
	size_t len;
	char byte;

	if (fd < 0)
		return errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", rrt_word(&args));
	len = strlen(args);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    write(fd, args, len) != (ssize_t)len || read(fd, &byte, 1) != 1)
		err = errno ? errno : EIO;
	else
		fputc(byte, out);
	close(fd);
	return err;
}

/* The writer: every thread owns a run of blocks and writes a new generation over an old one. */

#define BLOCKS_PER_THREAD 32
#define MAX_THREADS 16
#define DISCARDED (~0u)		/* in place of a generation: reads as zeroes */

struct worker {
	pthread_t thread;
	int fd, number;
	int discards;
	unsigned int first_generation;
	unsigned long done, errors, mismatches;
	int first_errno;
	unsigned int generation[BLOCKS_PER_THREAD];
	unsigned int *buffer;
};

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void fill(unsigned int *buffer, unsigned long long block, unsigned int generation)
{
	unsigned int i;

	for (i = 0; i < BLOCK / sizeof(*buffer); i++)
		buffer[i] = block * 2654435761u + generation * 40503u + i;
}

static int matches(const unsigned int *buffer, unsigned long long block, unsigned int generation)
{
	unsigned int i;

	for (i = 0; i < BLOCK / sizeof(*buffer); i++) {
		unsigned int want = block * 2654435761u + generation * 40503u + i;

		if (buffer[i] != (generation == DISCARDED ? 0 : want))
			return 0;
	}
	return 1;
}

static void note_error(struct worker *w, ssize_t n)
{
	w->errors++;
	if (!w->first_errno)
		w->first_errno = n < 0 ? errno : EIO;
}

static void check_block(struct worker *w, unsigned int i)
{
	unsigned long long block = w->number * BLOCKS_PER_THREAD + i;
	ssize_t n = pread(w->fd, w->buffer, BLOCK, block * BLOCK);

	if (n != BLOCK)
		note_error(w, n);
	else if (!matches(w->buffer, block, w->generation[i]))
		w->mismatches++;
}

/* If it fails the block may have changed or not: only the last success is proof. */
static void note_change(struct worker *w, unsigned int i, unsigned int generation, ssize_t n)
{
	w->generation[i] = n == BLOCK ? generation : 0;
	if (n == BLOCK)
		w->done++;
	else
		note_error(w, n);
}

static void write_block(struct worker *w, unsigned int i, unsigned int generation)
{
	unsigned long long block = w->number * BLOCKS_PER_THREAD + i;

	fill(w->buffer, block, generation);
	note_change(w, i, generation, pwrite(w->fd, w->buffer, BLOCK, block * BLOCK));
}

static void discard_block(struct worker *w, unsigned int i)
{
	unsigned long long block = w->number * BLOCKS_PER_THREAD + i;
	unsigned long long span[2] = { block * BLOCK, BLOCK };

	note_change(w, i, DISCARDED, ioctl(w->fd, BLKDISCARD, span) ? -1 : BLOCK);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned int i = 0, turn = w->first_generation;

	while (!stop) {
		/* As many turns as blocks are no multiple of it: each block has its turn. */
		if (++turn % 5 == 0 && w->discards)
			discard_block(w, i);
		else
			write_block(w, i, turn);
		/* Look at one written a while ago, not only at the newest. */
		i = (i + 1) % BLOCKS_PER_THREAD;
		if (w->generation[i])
			check_block(w, i);
		if (turn % 64 == 0 && fdatasync(w->fd))
			note_error(w, -1);
		usleep(200);
	}
	return NULL;
}

/*
 * DEV [THREADS [trim]]: until SIGTERM; then reads every block again. Says `done errors mismatches
 * errno`; fails if anything went wrong. With trim it discards too, where that makes zeroes.
 */
static int do_verify(char *args, FILE *out)
{
	static struct worker workers[MAX_THREADS];
	int fd = open_device(&args, O_RDWR | O_DIRECT);
	unsigned int threads = rrt_number(&args), t, i;
	int discards = !strcmp(rrt_word(&args), "trim");
	struct worker sum = { 0 };

	if (fd < 0)
		return errno;
	if (!threads || threads > MAX_THREADS)
		threads = 2;
	signal(SIGTERM, on_term);
	for (t = 0; t < threads; t++) {
		struct worker *w = &workers[t];

		w->fd = fd;
		w->number = t;
		w->discards = discards;
		w->first_generation = getpid() * 1000;
		if (posix_memalign((void **)&w->buffer, BLOCK, BLOCK) ||
		    pthread_create(&w->thread, NULL, work, w))
			exit(ENOMEM);
	}
	for (t = 0; t < threads; t++) {
		struct worker *w = &workers[t];

		pthread_join(w->thread, NULL);
		for (i = 0; i < BLOCKS_PER_THREAD; i++)
			if (w->generation[i])
				check_block(w, i);
		sum.done += w->done;
		sum.errors += w->errors;
		sum.mismatches += w->mismatches;
		if (w->first_errno)
			sum.first_errno = w->first_errno;
	}
	close(fd);
	fprintf(out, "%lu %lu %lu %d", sum.done, sum.errors, sum.mismatches, sum.first_errno);
	return sum.errors || sum.mismatches ? EIO : 0;
}

const struct rrt_op rrt_io_ops[] = {
	{ "read", do_read, "DEV OFFSET SIZE COUNT [nowait|hipri]: direct reads, gives how many" },
	{ "write", do_write, "DEV OFFSET SIZE COUNT [nowait|dsync]: the same with writes" },
	{ "fsync", do_fsync, "DEV" },
	{ "discard", do_discard, "DEV OFFSET LENGTH" },
	{ "secdiscard", do_secdiscard, "DEV OFFSET LENGTH" },
	{ "zeroout", do_zeroout, "DEV OFFSET LENGTH" },
	{ "size", do_size, "DEV: BLKGETSIZE64 and BLKGETSIZE" },
	{ "inquiry", do_inquiry, "DEV: SG_IO INQUIRY, gives vendor and product" },
	{ "pr", do_pr, "DEV register|reserve|release|clear KEY [NEWKEY]" },
	{ "say", do_say, "SOCKET TEXT: to a Unix socket, gives the first byte of the answer" },
	{ "verify", do_verify, "DEV [THREADS [trim]]: write and verify until SIGTERM" },
	{ }
};
