/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is counted of a path for each bio. Like policy.h this knows nothing of the block
 * layer.
 */
#ifndef RRPATH_COUNTERS_H
#define RRPATH_COUNTERS_H

#include <linux/cache.h>
#include <linux/percpu.h>
#include <linux/types.h>

/* What a bio counts as; the first two are the numbers of these operations. */
enum rrpath_op {
	RRPATH_READ,
	RRPATH_WRITE,
	RRPATH_OTHER,		/* flush, discard, write zeroes, ... */
	RRPATH_NR_OPS,
};

/**
 * struct rrpath_counters - the counters of a path, one for each CPU
 * @op: bios dispatched to the path, and the bytes that they cover
 * @completed: bios that came back from the path, with an error or without
 * @elsewhere: bios that other CPUs had in flight when this one last looked; written by
 *	queue-length only
 *
 * Written by the CPU that owns it only; exactly one cache line. A bio may be dispatched
 * on one CPU and completed on another, so only sums over all CPUs tell how many are in
 * flight, and what one of them has in flight may be negative.
 */
struct rrpath_counters {
	struct {
		u64 bios;
		u64 bytes;
	} op[RRPATH_NR_OPS];
	u64 completed;
	s64 elsewhere;
} ____cacheline_aligned_in_smp;

static inline s64 rrpath_counters_in_flight(const struct rrpath_counters *counters)
{
	/* Words are read at once anyway; READ_ONCE() would take an instruction more for each. */
	return data_race(counters->op[RRPATH_READ].bios + counters->op[RRPATH_WRITE].bios +
			 counters->op[RRPATH_OTHER].bios - counters->completed);
}

#endif /* RRPATH_COUNTERS_H */
