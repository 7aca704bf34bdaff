/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_SLAB_H
#define HOST_SLAB_H

#include <stdlib.h>

#define GFP_KERNEL 0

/* How many areas are allocated, and whether the next allocation fails. */
extern int host_areas, host_no_memory;

static inline void *kvzalloc(size_t size, int flags)
{
	(void)flags;
	if (host_no_memory)
		return NULL;
	host_areas++;
	return calloc(1, size);
}

static inline void kvfree(const void *area)
{
	if (area)
		host_areas--;
	free((void *)area);
}

#endif
