// SPDX-License-Identifier: GPL-2.0
/* The I/O of a round, by threads that know what every block of theirs may hold. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "torture.h"

#define MAX_BLOCKS	16	/* of one I/O */

struct thread {
	pthread_t thread;
	struct torture *t;
	struct writer *w;
	unsigned int number;
	int fd, cached;
	uint64_t rng;
	uint64_t *buffer;
};

static uint64_t pattern(uint64_t block, uint32_t generation)
{
	return (block + 1) * 0x9e3779b97f4a7c15ull ^ generation * 0xd6e8feb86659fd93ull;
}

/* The first word says what it is, every other depends on it; generation 0 is zeroes. */
static void fill(uint64_t *buffer, uint64_t block, uint32_t generation)
{
	uint64_t x = pattern(block, generation);
	unsigned int i;

	buffer[0] = (block + 1) << 32 | generation;
	for (i = 1; i < BLOCK / sizeof(*buffer); i++)
		buffer[i] = x + i * 0x2545f4914f6cdd1dull;
}

static struct block *block_of(struct thread *th, unsigned int i)
{
	return &th->w->block[th->t->round.backend][i];
}

static int may_hold(struct thread *th, const struct block *b, uint32_t generation)
{
	unsigned int i;

	if (generation == b->generation)
		return 1;
	/* Written to the page cache, where nothing can have failed. */
	if (b->dirty && th->t->round.mode != FREE)
		return 0;
	for (i = 0; i < b->nr_maybe; i++)
		if (b->maybe[i] == generation)
			return 1;
	return b->any && generation <= th->w->last;
}

static void tell_wrong(struct thread *th, unsigned int i, const uint64_t *got, unsigned int at,
		       const char *where)
{
	uint64_t block = (uint64_t)th->number * BLOCKS + i;
	struct block *b = block_of(th, i);
	char want[64];

	snprintf(want, sizeof(want), "%u%s or %u others", b->generation,
		 b->dirty ? " (not synced)" : "", b->nr_maybe);
	torture_fault(th->t, "wrong data %s: block %llu, word %u: header %llx, word %llx, want %s",
		      where, (unsigned long long)block, at, (unsigned long long)got[0],
		      (unsigned long long)got[at], want);
}

/* What was read must be one block of ours, whole, and one that may be there. */
static void check(struct thread *th, unsigned int i, const uint64_t *got, const char *where)
{
	static const uint64_t zeroes[BLOCK / sizeof(uint64_t)];
	uint64_t block = (uint64_t)th->number * BLOCKS + i, want[BLOCK / sizeof(uint64_t)];
	uint32_t generation = got[0];
	const uint64_t *w = want;
	unsigned int at;

	if (!got[0]) {
		generation = 0;
		w = zeroes;
	} else {
		fill(want, block, generation);
	}
	if (memcmp(got, w, BLOCK)) {
		for (at = 0; got[at] == w[at]; at++)
			;
		tell_wrong(th, i, got, at, where);
	} else if (!may_hold(th, block_of(th, i), generation)) {
		tell_wrong(th, i, got, 0, where);
	}
}

static void add_maybe(struct block *b, uint32_t generation)
{
	if (b->nr_maybe == MAYBES)
		b->any = 1;
	else
		b->maybe[b->nr_maybe++] = generation;
}

static void known(struct block *b)
{
	b->nr_maybe = 0;
	b->any = 0;
	b->dirty = 0;
}

/* A change of blocks that succeeded, or that may have got anywhere. */
static void changed(struct thread *th, unsigned int first, unsigned int n, uint32_t generation,
		    int err)
{
	unsigned int i;

	for (i = first; i < first + n; i++) {
		struct block *b = block_of(th, i);

		if (err) {
			add_maybe(b, generation);
		} else if (th->cached) {
			add_maybe(b, b->generation);
			b->generation = generation;
			b->dirty = 1;
		} else {
			b->generation = generation;
			known(b);
		}
	}
}

static void begin(struct thread *th, const char *what, unsigned int first, unsigned int n)
{
	snprintf(th->w->what, sizeof(th->w->what), "%s%s of blocks %u..%u",
		 th->cached ? "cached " : "", what, first, first + n - 1);
	atomic_store(&th->w->since, torture_now());
}

/* Only where anything goes may an error come up, and then only that there is no path. */
static int end(struct thread *th, int err, unsigned int bios)
{
	uint64_t took = torture_now() - atomic_load(&th->w->since);

	atomic_store(&th->w->since, 0);
	if (took > th->w->longest_us)
		th->w->longest_us = took;
	th->w->bios += bios;
	if (!err) {
		th->w->done++;
		return 0;
	}
	th->w->errors++;
	if (th->t->round.mode != FREE || err != EIO)
		torture_fault(th->t, "I/O error: writer %u: %s: %s", th->number, th->w->what,
			      strerror(err));
	return err;
}

static int result(ssize_t n, size_t want)
{
	return n == (ssize_t)want ? 0 : n < 0 ? errno : EIO;
}

static void read_blocks(struct thread *th, unsigned int first, unsigned int n, const char *where)
{
	uint64_t at = ((uint64_t)th->number * BLOCKS + first) * BLOCK;
	unsigned int i;
	int err;

	/* What is not read is nothing that may be there. */
	memset(th->buffer, 0xa5, n * BLOCK);
	begin(th, "read", first, n);
	err = result(pread(th->fd, th->buffer, n * BLOCK, at), n * BLOCK);
	if (end(th, err, 1))
		return;
	th->w->bytes += n * BLOCK;
	for (i = 0; i < n; i++)
		check(th, first + i, th->buffer + i * BLOCK / sizeof(uint64_t), where);
}

static void write_blocks(struct thread *th, unsigned int first, unsigned int n, int flags)
{
	uint64_t block = (uint64_t)th->number * BLOCKS + first;
	struct iovec iov = { .iov_base = th->buffer, .iov_len = n * BLOCK };
	uint32_t generation = ++th->w->last;
	unsigned int i;
	int err;

	for (i = 0; i < n; i++)
		fill(th->buffer + i * BLOCK / sizeof(uint64_t), block + i, generation);
	begin(th, flags ? "write and flush" : "write", first, n);
	err = result(pwritev2(th->fd, &iov, 1, block * BLOCK, flags), iov.iov_len);
	changed(th, first, n, generation, err);
	/* It is not flushed if it failed. */
	end(th, err, flags && !err ? 1 + th->t->write_cache : 1);
	th->w->bytes += iov.iov_len;
}

/*
 * Disks without the operation say so; the block layer then writes zeroes, or does nothing. Flakey
 * and delay have no write zeroes: so where the disk has them, which is where it has a write cache,
 * one that waits out a reload may be refused by the core, and how many bios come of it is not for
 * us to say.
 */
static void zero_blocks(struct thread *th, unsigned int first, unsigned int n, unsigned long how)
{
	uint64_t range[2] = { ((uint64_t)th->number * BLOCKS + first) * BLOCK, n * BLOCK };
	int err;

	begin(th, how == BLKDISCARD ? "discard" : "write zeroes", first, n);
	err = ioctl(th->fd, how, range) ? errno : 0;
	changed(th, first, n, 0, err);
	if (err == EOPNOTSUPP)
		atomic_store(&th->w->since, 0);
	else
		end(th, err, how == BLKDISCARD || !th->t->write_cache);
}

static void sync_blocks(struct thread *th)
{
	unsigned int i;
	int err;

	begin(th, "sync", 0, BLOCKS);
	err = fdatasync(th->fd) ? errno : 0;
	/* A page whose write failed is clean: no later sync writes it. */
	for (i = 0; i < BLOCKS && th->cached; i++) {
		struct block *b = block_of(th, i);

		if (!err && b->dirty)
			known(b);
		b->dirty = 0;
	}
	end(th, err, th->t->write_cache);
}

/* The target "error" takes no discards, and how many bios one becomes is not for us to say. */
static int discards(struct thread *th)
{
	return th->t->can_flakey && th->t->can_trace;
}

static void one_io(struct thread *th)
{
	unsigned int first = torture_below(&th->rng, BLOCKS), n = 1, what;
	uint64_t at = ((uint64_t)th->number * BLOCKS + first) * BLOCK;

	if (torture_below(&th->rng, 2))
		n += torture_below(&th->rng, MAX_BLOCKS);
	if (n > BLOCKS - first)
		n = BLOCKS - first;
	what = torture_below(&th->rng, 100);
	if (what < 45)
		write_blocks(th, first, n, 0);
	else if (what < 52)
		write_blocks(th, first, n, th->cached ? 0 : RWF_DSYNC);
	else if (what < 58)
		sync_blocks(th);
	else if (what < 62 && discards(th) && !th->cached)
		zero_blocks(th, first, n, BLKDISCARD);
	else if (what < 66 && !th->cached)
		zero_blocks(th, first, n, BLKZEROOUT);
	else if (what < 72 && th->cached)
		posix_fadvise(th->fd, at, n * BLOCK, POSIX_FADV_DONTNEED);
	else
		read_blocks(th, first, n, "through the map");
}

static void *work(void *arg)
{
	struct thread *th = arg;
	unsigned int i;

	while (!atomic_load(&th->t->writers_stop) && !atomic_load(&th->t->failed)) {
		one_io(th);
		/* Not so fast that operators wait for a CPU. */
		if (torture_below(&th->rng, 2))
			usleep(torture_below(&th->rng, 4000));
	}
	if (th->cached)
		sync_blocks(th);
	for (i = 0; i < BLOCKS && !atomic_load(&th->t->failed); i += MAX_BLOCKS)
		read_blocks(th, i, MAX_BLOCKS, "through the map, at the end");
	return NULL;
}

static int has_write_cache(struct torture *t)
{
	char path[80], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/block/dm-%u/queue/write_cache", t->minor);
	f = fopen(path, "re");
	if (f) {
		if (!fgets(text, sizeof(text), f))
			text[0] = '\0';
		fclose(f);
	}
	return !strncmp(text, "write back", 10);
}

static void setup(struct torture *t, struct thread *th, unsigned int i)
{
	th->t = t;
	th->w = &t->writer[i];
	th->number = i;
	th->rng = torture_rng(t->seed, t->round.number, NR_OPERATORS + i);
	if (posix_memalign((void **)&th->buffer, BLOCK, MAX_BLOCKS * BLOCK))
		exit(ENOMEM);
}

/* The process of the writers. They end when they are told to, after a last look at everything. */
void writer_process(struct torture *t)
{
	static struct thread threads[WRITERS];
	char node[32];
	unsigned int i;

	t->write_cache = has_write_cache(t);
	snprintf(node, sizeof(node), "/dev/dm-%u", t->minor);
	for (i = 0; i < WRITERS; i++) {
		struct thread *th = &threads[i];

		setup(t, th, i);
		th->cached = !t->round.direct && i < WRITERS / 4;

		th->fd = open(node, O_RDWR | O_CLOEXEC | (th->cached ? 0 : O_DIRECT));
		if (th->fd < 0) {
			torture_fault(t, "cannot open %s: %s", node, strerror(errno));
			return;
		}
		/* Nothing but what is asked for. */
		posix_fadvise(th->fd, 0, 0, POSIX_FADV_RANDOM);
	}
	for (i = 0; i < WRITERS; i++)
		if (pthread_create(&threads[i].thread, NULL, work, &threads[i]))
			exit(ENOMEM);
	atomic_store(&t->writers_ready, 1);
	for (i = 0; i < WRITERS; i++)
		pthread_join(threads[i].thread, NULL);
}

/* Behind the map's back, when it is gone. */
void writer_check_disks(struct torture *t)
{
	struct backend *backend = &t->backend[t->round.backend];
	struct thread th = { 0 };
	unsigned int i, first, k;
	int fd;

	fd = open(backend->disk[0], O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0) {
		torture_fault(t, "cannot open %s: %s", backend->disk[0], strerror(errno));
		return;
	}
	for (i = 0; i < WRITERS; i++) {
		setup(t, &th, i);
		for (first = 0; first < BLOCKS; first += MAX_BLOCKS) {
			ssize_t n = pread(fd, th.buffer, MAX_BLOCKS * BLOCK,
					  ((off_t)i * BLOCKS + first) * BLOCK);

			if (n != MAX_BLOCKS * BLOCK) {
				torture_fault(t, "cannot read %s", backend->disk[0]);
				break;
			}
			for (k = 0; k < MAX_BLOCKS; k++)
				check(&th, first + k, th.buffer + k * BLOCK / sizeof(uint64_t),
				      "on the disk itself");
		}
		free(th.buffer);
	}
	close(fd);
}

void writer_zero_disks(struct torture *t, unsigned int backend)
{
	const char *disk = t->backend[backend].disk[0];
	size_t size = WRITERS * BLOCKS * BLOCK;
	int fd = open(disk, O_RDWR | O_CLOEXEC);
	void *zeroes = calloc(1, size);

	if (!zeroes)
		exit(ENOMEM);
	if (fd < 0 || pwrite(fd, zeroes, size, 0) != (ssize_t)size || fsync(fd))
		torture_fault(t, "cannot write to %s: %s", disk, strerror(errno));
	if (fd >= 0)
		close(fd);
	free(zeroes);
}
