/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_KERNEL_H
#define HOST_KERNEL_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* As the kernel's: what was written, not what would have been. */
__attribute__((__format__(printf, 3, 4)))
static inline int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	if (!size)
		return 0;
	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return (size_t)n < size ? n : (int)size - 1;
}

/* As the kernel's, for base 10: a sign and a final newline are taken. */
static inline int kstrtouint(const char *s, unsigned int base, unsigned int *res)
{
	unsigned long long value = 0;

	(void)base;
	if (*s == '+')
		s++;
	if (*s < '0' || *s > '9')
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++) {
		value = value * 10 + (*s - '0');
		if (value > 0xffffffffULL)
			return -ERANGE;
	}
	if (*s == '\n')
		s++;
	if (*s)
		return -EINVAL;
	*res = value;
	return 0;
}

#endif
