/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_MINMAX_H
#define HOST_MINMAX_H

#include <linux/types.h>

#define max_t(type, a, b) host_max_##type(a, b)
#define clamp host_clamp
#define max host_max_u32

static inline s64 host_max_s64(s64 a, s64 b)
{
	return a > b ? a : b;
}

static inline u32 host_max_u32(u32 a, u32 b)
{
	return a > b ? a : b;
}

static inline u32 host_clamp(u32 value, u32 low, u32 high)
{
	return value < low ? low : value > high ? high : value;
}

#endif
