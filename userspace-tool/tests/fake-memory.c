// SPDX-License-Identifier: GPL-2.0
/* Memory that runs out: what the tool allocates with, put in its place by ld --wrap. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>

#include "fake.h"

static unsigned int nr, failing, in_kernel;
static bool failing_on, armed;
static jmp_buf ended;
static int exit_status;

void fake_memory(unsigned int nth, bool on)
{
	nr = 0;
	failing = nth;
	failing_on = on;
}

unsigned int fake_memory_calls(void)
{
	return nr;
}

void fake_kernel_enter(void)
{
	in_kernel++;
}

void fake_kernel_leave(void)
{
	in_kernel--;
}

static bool fails(void)
{
	if (!armed || in_kernel)
		return false;
	nr++;
	if (!failing || !(nr == failing || (failing_on && nr > failing)))
		return false;
	errno = ENOMEM;
	return true;
}

int fake_memory_run(int (*fn)(int argc, char **argv), int argc, char **argv)
{
	in_kernel = 0;
	armed = true;
	exit_status = setjmp(ended) ? exit_status : fn(argc, argv);
	armed = false;
	return exit_status;
}

void __real_exit(int status) __attribute__((__noreturn__));
void __wrap_exit(int status) __attribute__((__noreturn__));
void __wrap_exit(int status)
{
	if (!armed)
		__real_exit(status);
	exit_status = status;
	longjmp(ended, 1);
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__real_reallocarray(void *old, size_t n, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(old, n, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

/* What vasprintf() is with _FORTIFY_SOURCE. */
int __wrap___vasprintf_chk(char **text, int flag, const char *fmt, va_list ap)
{
	return fails() ? -1 : __real___vasprintf_chk(text, flag, fmt, ap);
}
