/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_LIMITS_H
#define HOST_LIMITS_H

/* The C library's <limits.h> needs what is in the real one. */
#include_next <linux/limits.h>

#define U32_MAX 0xffffffffU
#define S64_MAX INT64_MAX

#endif
