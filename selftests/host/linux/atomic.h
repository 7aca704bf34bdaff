/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_ATOMIC_H
#define HOST_ATOMIC_H

struct host_atomic {
	int counter;
};

#define atomic_t struct host_atomic

static inline int atomic_read(const atomic_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

#endif
