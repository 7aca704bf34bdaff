// SPDX-License-Identifier: GPL-2.0
/*
 * writer FILE FILE2 DEVICE: I/O that notices how long it has to wait, and what it wrote.
 *
 * One thread writes FILE, 4 KiB of direct I/O at a time, each as soon as the last one is done: it
 * stands still when one write does. Beside it, every 100 ms and whatever has become of those
 * before, another write (to FILE2) and a read of DEVICE are begun. So there are always some that
 * are submitted after something happened; the reads have no file system in their way.
 *
 * Questions come on standard input, one a line, and are answered by one line each. Times are
 * milliseconds since the epoch; what has not ended counts as if it ended now.
 *
 *	longest FROM TO		the longest wait in that time of: the writer, a later write, a read
 *	begun FROM TO		the longest wait of those begun in that time: writes, reads
 *	held FROM TO LIMIT	how long after FROM one was begun that still waited more than LIMIT
 *	oldest			for how long the oldest one has been waiting
 *	done FROM TO		how many ended in that time
 *	errors			how many failed, and errno of the first
 *	check			ends all writing, reads it back: blocks compared, and wrong
 *	quit
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK		4096
#define BLOCKS		512
#define TICK_MS		100
#define CHECK_WAIT_S	60

enum kind { WRITER, WRITE, READ, KINDS };

/* Protects the records and the counts of errors and of what is in flight. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct op {
	enum kind kind;
	int64_t begun;
	int64_t ended;		/* 0: not yet */
};

static struct op *ops;
static size_t n_ops, room;
static unsigned long n_errors;
static int first_errno;
static int stopping;
static unsigned int in_flight;

/*
 * A block of a file is written by one thread at a time. `sure` is the last number that a write of
 * it was acknowledged with; after an error the block may have that or any later one.
 */
struct block {
	uint64_t last;
	uint64_t sure;
	int busy;
};

static struct block blocks[2][BLOCKS];
static int fds[2], device;
static off_t device_blocks;

static void die(const char *what)
{
	fprintf(stderr, "writer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void *new_buffer(void)
{
	void *buffer;

	if (posix_memalign(&buffer, BLOCK, BLOCK)) {
		errno = ENOMEM;
		die("buffer");
	}
	return buffer;
}

static size_t begin(enum kind kind)
{
	size_t i;

	pthread_mutex_lock(&lock);
	if (n_ops == room) {
		room = room ? room * 2 : 1 << 16;
		ops = reallocarray(ops, room, sizeof(*ops));
		if (!ops)
			die("records");
	}
	i = n_ops++;
	ops[i] = (struct op){ .kind = kind, .begun = now_ms() };
	in_flight++;
	pthread_mutex_unlock(&lock);
	return i;
}

static void end(size_t i, ssize_t n)
{
	int err = n < 0 ? errno : EIO;

	pthread_mutex_lock(&lock);
	ops[i].ended = now_ms();
	in_flight--;
	if (n != BLOCK && !n_errors++)
		first_errno = err;
	pthread_mutex_unlock(&lock);
}

/* Each word of a block tells file, block and number: nothing can pass for something else. */
static void fill(uint64_t *words, int file, unsigned int block, uint64_t number)
{
	size_t i;

	for (i = 0; i < BLOCK / sizeof(*words); i++)
		words[i] = number * 0x9e3779b97f4a7c15ull + ((uint64_t)file << 48) +
			   ((uint64_t)block << 16) + i;
}

static void write_block(void *buffer, enum kind kind, unsigned int block)
{
	struct block *b = &blocks[kind][block];
	size_t i;
	ssize_t n;

	fill(buffer, kind, block, ++b->last);
	i = begin(kind);
	n = pwrite(fds[kind], buffer, BLOCK, (off_t)block * BLOCK);
	if (n == BLOCK)
		b->sure = b->last;
	end(i, n);
}

static void *steady(void *arg)
{
	void *buffer = new_buffer();
	unsigned int block = 0;

	(void)arg;
	while (!__atomic_load_n(&stopping, __ATOMIC_RELAXED)) {
		write_block(buffer, WRITER, block);
		block = (block + 1) % BLOCKS;
	}
	free(buffer);
	return NULL;
}

static void *one_write(void *arg)
{
	unsigned int block = (uintptr_t)arg;
	void *buffer = new_buffer();

	write_block(buffer, WRITE, block);
	free(buffer);
	__atomic_store_n(&blocks[WRITE][block].busy, 0, __ATOMIC_RELEASE);
	return NULL;
}

static void *one_read(void *arg)
{
	void *buffer = new_buffer();
	size_t i = begin(READ);

	end(i, pread(device, buffer, BLOCK, (uintptr_t)arg % device_blocks * BLOCK));
	free(buffer);
	return NULL;
}

static void start(void *(*fn)(void *), unsigned int arg, pthread_attr_t *how)
{
	pthread_t thread;

	errno = pthread_create(&thread, how, fn, (void *)(uintptr_t)arg);
	if (errno)
		die("thread");
}

/* Begins one write and one read every TICK_MS. */
static void *ticker(void *arg)
{
	struct timespec next;
	pthread_attr_t detached;
	unsigned int n = 0;

	(void)arg;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&detached, 128 << 10);
	clock_gettime(CLOCK_MONOTONIC, &next);
	while (!__atomic_load_n(&stopping, __ATOMIC_RELAXED)) {
		unsigned int block = n % BLOCKS;

		if (!__atomic_exchange_n(&blocks[WRITE][block].busy, 1, __ATOMIC_ACQUIRE))
			start(one_write, block, &detached);
		start(one_read, n * 61, &detached);
		n++;
		next.tv_nsec += TICK_MS * 1000000L;
		next.tv_sec += next.tv_nsec / 1000000000L;
		next.tv_nsec %= 1000000000L;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return NULL;
}

static int64_t wait_of(const struct op *op, int64_t now)
{
	return (op->ended ? op->ended : now) - op->begun;
}

static void longest(int64_t from, int64_t to)
{
	int64_t max[KINDS] = { 0 }, now = now_ms();
	size_t i;

	for (i = 0; i < n_ops; i++) {
		int64_t wait = wait_of(&ops[i], now);

		if (ops[i].begun <= to && ops[i].begun + wait >= from && wait > max[ops[i].kind])
			max[ops[i].kind] = wait;
	}
	printf("%lld %lld %lld\n", (long long)max[WRITER], (long long)max[WRITE],
	       (long long)max[READ]);
}

static void begun(int64_t from, int64_t to)
{
	int64_t max[KINDS] = { 0 }, now = now_ms();
	size_t i;

	for (i = 0; i < n_ops; i++) {
		int64_t wait = wait_of(&ops[i], now);

		if (ops[i].begun >= from && ops[i].begun <= to && wait > max[ops[i].kind])
			max[ops[i].kind] = wait;
	}
	printf("%lld %lld\n", (long long)(max[WRITER] > max[WRITE] ? max[WRITER] : max[WRITE]),
	       (long long)max[READ]);
}

static void held(int64_t from, int64_t to, int64_t limit)
{
	int64_t last = from, now = now_ms();
	size_t i;

	for (i = 0; i < n_ops; i++)
		if (ops[i].begun >= from && ops[i].begun <= to && wait_of(&ops[i], now) > limit &&
		    ops[i].begun > last)
			last = ops[i].begun;
	printf("%lld\n", (long long)(last - from));
}

static void oldest(void)
{
	int64_t now = now_ms(), max = 0;
	size_t i;

	for (i = 0; i < n_ops; i++)
		if (!ops[i].ended && now - ops[i].begun > max)
			max = now - ops[i].begun;
	printf("%lld\n", (long long)max);
}

static void done(int64_t from, int64_t to)
{
	unsigned long n = 0;
	size_t i;

	for (i = 0; i < n_ops; i++)
		if (ops[i].ended >= from && ops[i].ended && ops[i].ended <= to)
			n++;
	printf("%lu\n", n);
}

static int is_number(const uint64_t *words, int file, unsigned int block, uint64_t number)
{
	uint64_t expected[BLOCK / sizeof(uint64_t)];

	fill(expected, file, block, number);
	return !memcmp(expected, words, BLOCK);
}

static int block_is_wrong(int file, unsigned int block, uint64_t *words)
{
	const struct block *b = &blocks[file][block];
	uint64_t number;

	if (pread(fds[file], words, BLOCK, (off_t)block * BLOCK) != BLOCK)
		return 1;
	for (number = b->sure; number <= b->last; number++)
		if (is_number(words, file, block, number))
			return 0;
	return 1;
}

static void check(void)
{
	uint64_t *words = new_buffer();
	unsigned int wrong = 0, compared = 0, block, waited = 0, left;
	int file;

	__atomic_store_n(&stopping, 1, __ATOMIC_RELAXED);
	do {
		usleep(100000);
		pthread_mutex_lock(&lock);
		left = in_flight;
		pthread_mutex_unlock(&lock);
	} while (left && ++waited < CHECK_WAIT_S * 10);
	for (file = 0; file < 2; file++)
		for (block = 0; block < BLOCKS; block++) {
			if (!blocks[file][block].last)
				continue;
			compared++;
			wrong += block_is_wrong(file, block, words);
		}
	free(words);
	printf("%u %u\n", compared, left ? compared : wrong);
}

static void answer(const char *line)
{
	long long a = 0, b = 0, c = 0;

	if (!strcmp(line, "check\n")) {
		check();
		return;
	}
	pthread_mutex_lock(&lock);
	if (sscanf(line, "longest %lld %lld", &a, &b) == 2)
		longest(a, b);
	else if (sscanf(line, "begun %lld %lld", &a, &b) == 2)
		begun(a, b);
	else if (sscanf(line, "held %lld %lld %lld", &a, &b, &c) == 3)
		held(a, b, c);
	else if (sscanf(line, "done %lld %lld", &a, &b) == 2)
		done(a, b);
	else if (!strcmp(line, "oldest\n"))
		oldest();
	else if (!strcmp(line, "errors\n"))
		printf("%lu %d\n", n_errors, first_errno);
	else
		printf("what?\n");
	pthread_mutex_unlock(&lock);
}

/* Written once before anything is timed: later writes allocate nothing. */
static int open_file(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	size_t size = (size_t)BLOCKS * BLOCK;
	void *zeroes;

	if (fd < 0 || posix_memalign(&zeroes, BLOCK, size))
		die(name);
	memset(zeroes, 0, size);
	if (pwrite(fd, zeroes, size, 0) != (ssize_t)size || fsync(fd))
		die(name);
	free(zeroes);
	return fd;
}

int main(int argc, char **argv)
{
	char line[256];

	if (argc != 4) {
		fprintf(stderr, "usage: writer FILE FILE2 DEVICE\n");
		return 2;
	}
	fds[WRITER] = open_file(argv[1]);
	fds[WRITE] = open_file(argv[2]);
	device = open(argv[3], O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (device < 0)
		die(argv[3]);
	device_blocks = lseek(device, 0, SEEK_END) / BLOCK;
	if (device_blocks <= 0)
		die(argv[3]);

	setvbuf(stdout, NULL, _IOLBF, 0);
	start(steady, 0, NULL);
	start(ticker, 0, NULL);
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin) && strcmp(line, "quit\n"))
		answer(line);
	return 0;
}
