// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that fail (CONFIG_FAULT_INJECTION, fail-nth), and what else a script does in this
 * process so that one of its allocations can.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rrt.h"

#define HEAP (8 << 20)

/* It is not the allocations of this program that are to fail. */
static void have_heap(void)
{
	static void *heap;

	if (heap)
		return;
	mallopt(M_MMAP_THRESHOLD, 4 * HEAP);
	mallopt(M_TRIM_THRESHOLD, 4 * HEAP);
	heap = malloc(HEAP);
	if (!heap)
		exit(ENOMEM);
	memset(heap, 1, HEAP);
	free(heap);
}

/* What is left of the count before; the kernel ends it at 0, with the allocation that fails. */
static int count_down(int fd, unsigned int n)
{
	char text[16] = "";
	int left = -1;

	if (pread(fd, text, sizeof(text) - 1, 0) > 0)
		left = atoi(text);
	snprintf(text, sizeof(text), "%u", n);
	return pwrite(fd, text, strlen(text), 0) < 0 ? -1 : left;
}

/* N OPERATION... */
static int do_nth(char *args, FILE *out)
{
	unsigned int n = rrt_number(&args);
	char *name = rrt_word(&args), *text = NULL;
	int fd, left, err;
	size_t len = 0;
	FILE *unsaid;

	have_heap();
	fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno;
	unsaid = open_memstream(&text, &len);
	if (!unsaid)
		exit(ENOMEM);
	err = count_down(fd, n) < 0 ? errno : 0;
	if (!err) {
		err = rrt_run(name, args, unsaid);
		left = count_down(fd, 0);
		fprintf(out, "%d %d", !left, err);
		err = left < 0 ? EIO : 0;
	}
	fclose(unsaid);
	free(text);
	close(fd);
	return err;
}

/* N: of every worker that is not bound to a CPU; 0 ends it. */
static int do_workers(char *args, FILE *out)
{
	unsigned int n = rrt_number(&args), armed = 0, failed = 0;
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		return errno;
	while ((entry = readdir(proc))) {
		char name[300], comm[32] = "";
		int fd, left;
		FILE *f;

		if (!isdigit(*entry->d_name))
			continue;
		snprintf(name, sizeof(name), "/proc/%s/comm", entry->d_name);
		f = fopen(name, "re");
		if (!f)
			continue;
		if (!fgets(comm, sizeof(comm), f))
			*comm = '\0';
		fclose(f);
		if (strncmp(comm, "kworker/u", 9))
			continue;
		snprintf(name, sizeof(name), "/proc/%s/fail-nth", entry->d_name);
		fd = open(name, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		left = count_down(fd, n);
		armed += left >= 0;
		failed += !left;
		close(fd);
	}
	closedir(proc);
	fprintf(out, "%u", failed);
	return armed ? 0 : ESRCH;
}

/* FILE TEXT: written as it is, with a newline */
static int do_put(char *args, FILE *out)
{
	int fd = open(rrt_word(&args), O_WRONLY | O_CLOEXEC), err = 0;
	char text[256];

	(void)out;
	if (fd < 0)
		return errno;
	snprintf(text, sizeof(text), "%s\n", args);
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

/* FILE: its first line */
static int do_get(char *args, FILE *out)
{
	int fd = open(rrt_word(&args), O_RDONLY | O_CLOEXEC), err = 0;
	char text[4096];
	ssize_t n;

	if (fd < 0)
		return errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		err = errno;
	close(fd);
	if (err)
		return err;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	fputs(text, out);
	return 0;
}

/* FILE [PARAMETER=VALUE]... */
static int do_insmod(char *args, FILE *out)
{
	int fd = open(rrt_word(&args), O_RDONLY | O_CLOEXEC), err = 0;

	(void)out;
	if (fd < 0)
		return errno;
	if (syscall(SYS_finit_module, fd, args, 0))
		err = errno;
	close(fd);
	return err;
}

const struct rrt_op rrt_fail_ops[] = {
	{ "nth", do_nth, "N OPERATION...: its Nth allocation fails: gives if, and errno" },
	{ "workers", do_workers, "N: their Nth allocation fails (0: none): gives how many had" },
	{ "put", do_put, "FILE TEXT" },
	{ "get", do_get, "FILE: gives its first line" },
	{ "insmod", do_insmod, "FILE [PARAMETER=VALUE]..." },
	{ }
};
