// SPDX-License-Identifier: GPL-2.0
/*
 * rrt: what the dm-rrpath selftests do to the kernel, in one program.
 *
 * `rrt OP ARGS...` does one operation and exits with its status (an errno). `rrt serve` reads
 * operations from standard input, one a line, and answers each with one line, `<errno> <text>`:
 * the scripts keep one such process as a coprocess, because starting a program for every
 * device-mapper ioctl takes most of the time of a test in an emulated machine.
 *
 * While it serves it reads the kernel log too, from the moment of its start: `log` gives the lines
 * of the target since the last call, `scan` the lines that say that the kernel is hurt.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rrt.h"

static const char * const hurt[] = {
	"WARNING", "BUG", "possible recursive locking", "possible circular locking",
	"possible irq lock inversion", "inconsistent lock state", "suspicious RCU usage",
	"INFO: rcu", "rcu: INFO", "detected stall", "self-detected stall", "KASAN", "KCSAN",
	"UBSAN", "kmemleak", "blocked for more than", "soft lockup", "hard LOCKUP", "refcount",
	"leaked", "Oops", "general protection", "nable to handle", "Call Trace",
	"cannot create duplicate", "scheduling while atomic", "sleeping function called",
	"ODEBUG", "list_add corruption", "list_del corruption", "slab corruption",
	"locking correctness validator", "non-static key",
	"Objects remaining", "dm_put_device call missing",
};

static int kmsg = -1;
static char *log_text, *hurt_text;
static size_t log_len, hurt_len;

char *rrt_word(char **args)
{
	char *word = *args + strspn(*args, " ");
	char *end = word + strcspn(word, " ");

	*args = end;
	if (*end) {
		*end = '\0';
		*args = end + 1;
	}
	return word;
}

unsigned long long rrt_number(char **args)
{
	return strtoull(rrt_word(args), NULL, 0);
}

static void append(char **text, size_t *len, const char *line)
{
	size_t n = strlen(line);
	char *bigger = realloc(*text, *len + n + 4);

	if (!bigger)
		exit(ENOMEM);
	*text = bigger;
	*len += sprintf(*text + *len, "%s%s", *len ? " | " : "", line);
}

/* The record is `prio,seq,time,flags;text`, then lines of a dictionary. */
void rrt_read_log(void)
{
	char record[8192];
	ssize_t n;
	size_t i;

	if (kmsg < 0)
		return;
	for (;;) {
		char *text;

		n = read(kmsg, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE) {
			append(&hurt_text, &hurt_len, "lines of the kernel log are lost");
			continue;
		}
		if (n <= 0)
			return;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text++;
		text[strcspn(text, "\n")] = '\0';
		if (strstr(text, "rrpath"))
			append(&log_text, &log_len, text);
		for (i = 0; i < ARRAY_SIZE(hurt); i++) {
			if (strstr(text, hurt[i])) {
				append(&hurt_text, &hurt_len, text);
				break;
			}
		}
	}
}

int rrt_hurt(void)
{
	rrt_read_log();
	return hurt_len > 0;
}

static int give(char **text, size_t *len, FILE *out)
{
	rrt_read_log();
	fputs(*text && *len ? *text : "", out);
	*len = 0;
	return 0;
}

static int do_log(char *args, FILE *out)
{
	(void)args;
	return give(&log_text, &log_len, out);
}

static int do_scan(char *args, FILE *out)
{
	(void)args;
	return give(&hurt_text, &hurt_len, out);
}

static int do_serve(char *args, FILE *out);
static int do_time(char *args, FILE *out);

static const struct rrt_op own_ops[] = {
	{ "serve", do_serve, "answer operations from standard input" },
	{ "time", do_time, "OPERATION...: gives the microseconds it took, not its answer" },
	{ "log", do_log, "lines of the target in the kernel log since the last call" },
	{ "scan", do_scan, "lines in the kernel log that tell of harm, since the last call" },
	{ }
};

static const struct rrt_op * const tables[] = {
	own_ops, rrt_dm_ops, rrt_io_ops, rrt_batch_ops, rrt_event_ops, rrt_bad_ops,
	rrt_fuzz_ops, rrt_log_ops, rrt_fail_ops, rrt_torture_ops, rrt_kcov_ops,
};

int rrt_run(const char *name, char *args, FILE *out)
{
	const struct rrt_op *op;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (op = tables[i]; op->name; op++)
			if (!strcmp(op->name, name))
				return op->fn(args, out);
	fprintf(out, "no operation '%s'", name);
	return ENOSYS;
}

static int do_time(char *args, FILE *out)
{
	char *name = rrt_word(&args), *text = NULL;
	struct timespec from, to;
	size_t len = 0;
	FILE *unsaid = open_memstream(&text, &len);
	int err;

	if (!unsaid)
		return ENOMEM;
	clock_gettime(CLOCK_MONOTONIC, &from);
	err = rrt_run(name, args, unsaid);
	clock_gettime(CLOCK_MONOTONIC, &to);
	fclose(unsaid);
	free(text);
	fprintf(out, "%lld", (to.tv_sec - from.tv_sec) * 1000000LL +
		(to.tv_nsec - from.tv_nsec) / 1000);
	return err;
}

static void answer(char *line)
{
	char *name = rrt_word(&line), *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int err;

	if (!out)
		exit(ENOMEM);
	err = rrt_run(name, line, out);
	fclose(out);
	printf("%d %s\n", err, text);
	fflush(stdout);
	free(text);
}

static int do_serve(char *args, FILE *out)
{
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN }, { .events = POLLIN } };
	static char buffer[1 << 18];
	size_t have = 0;

	(void)args;
	(void)out;
	/* A script that is ended still has to clean up, with our help. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0)
		return errno;
	lseek(kmsg, 0, SEEK_END);
	fds[1].fd = kmsg;

	for (;;) {
		char *end;
		ssize_t n;

		if (poll(fds, 2, -1) < 0)
			return errno;
		rrt_read_log();
		if (!(fds[0].revents & (POLLIN | POLLHUP)))
			continue;
		n = read(0, buffer + have, sizeof(buffer) - 1 - have);
		if (n <= 0)
			return 0;
		have += n;
		buffer[have] = '\0';
		while ((end = strchr(buffer, '\n'))) {
			*end++ = '\0';
			answer(buffer);
			have -= end - buffer;
			memmove(buffer, end, have + 1);
		}
	}
}

static void usage(void)
{
	const struct rrt_op *op;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (op = tables[i]; op->name; op++)
			printf("%-12s %s\n", op->name, op->help);
}

int main(int argc, char **argv)
{
	size_t len = 0;
	char *args;
	int i, err;

	if (argc < 2) {
		usage();
		return 2;
	}
	for (i = 2; i < argc; i++)
		len += strlen(argv[i]) + 1;
	args = calloc(1, len + 1);
	if (!args)
		return ENOMEM;
	for (i = 2; i < argc; i++) {
		strcat(args, argv[i]);
		if (i + 1 < argc)
			strcat(args, " ");
	}
	err = rrt_run(argv[1], args, stdout);
	printf("\n");
	if (err)
		fprintf(stderr, "rrt %s: %s\n", argv[1], strerror(err));
	free(args);
	return err;
}
