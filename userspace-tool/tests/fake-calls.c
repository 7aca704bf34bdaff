// SPDX-License-Identifier: GPL-2.0
/* System calls that fail when they are told to, put in their place by ld --wrap. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "../util.h"
#include "fake.h"
#include "fake-wrapped.h"

#define NR_FAILURES	4

static struct {
	const char *name;
	unsigned int nth;
	unsigned int seen;
	int error;
} failures[NR_FAILURES];
static size_t nr_failures;
static unsigned int nr_failed;

void fake_call_fails(const char *name, unsigned int nth, int error)
{
	assert_true(nr_failures < NR_FAILURES);
	failures[nr_failures].name = name;
	failures[nr_failures].nth = nth;
	failures[nr_failures].seen = 0;
	failures[nr_failures++].error = error;
}

unsigned int fake_calls_failed(void)
{
	return nr_failed;
}

void fake_calls_reset(void)
{
	nr_failures = 0;
	nr_failed = 0;
}

static bool fails(const char *name)
{
	size_t i;

	for (i = 0; i < nr_failures; i++) {
		if (strcmp(failures[i].name, name))
			continue;
		failures[i].seen++;
		if (failures[i].nth && failures[i].seen != failures[i].nth)
			continue;
		nr_failed++;
		errno = failures[i].error;
		return true;
	}
	return false;
}

int __wrap_open(const char *path, int flags, ...)
{
	char name[PATH_MAX + 8];
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	snprintf(name, sizeof(name), "open %s", path);
	return fails("open") || fails(name) ? -1 : __real_open(path, flags, mode);
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	if (!fails("write"))
		return __real_write(fd, data, size);
	/* A disk that becomes full takes a part first. */
	return errno ? -1 : __real_write(fd, data, size / 2);
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t at)
{
	return fails("pwrite") ? -1 : __real_pwrite(fd, data, size, at);
}

int __wrap_fsync(int fd)
{
	return fails("fsync") ? -1 : __real_fsync(fd);
}

int __wrap_fchmod(int fd, mode_t mode)
{
	return fails("fchmod") ? -1 : __real_fchmod(fd, mode);
}

int __wrap_close(int fd)
{
	int error = fails("close") ? errno : 0;
	int ret = __real_close(fd);

	/* It is closed all the same. */
	if (!error)
		return ret;
	errno = error;
	return -1;
}

int __wrap_rename(const char *from, const char *to)
{
	return fails("rename") ? -1 : __real_rename(from, to);
}

pid_t __wrap_fork(void)
{
	return fails("fork") ? -1 : __real_fork();
}

int __wrap_pipe2(int fds[2], int flags)
{
	return fails("pipe2") ? -1 : __real_pipe2(fds, flags);
}

/* A test is not to be locked into memory. */
int __wrap_mlockall(int flags)
{
	assert_int_equal(flags, MCL_CURRENT | MCL_FUTURE);
	return fails("mlockall") ? -1 : 0;
}
