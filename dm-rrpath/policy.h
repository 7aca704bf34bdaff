/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Path selection policies.
 *
 * A policy sees nothing of the block layer: it is handed the choice (the
 * members of the active group, in table order) and the cursor of the CPU it
 * runs on, and returns a member. It therefore builds in user space as well,
 * where selftests/host/ tests it.
 */
#ifndef RRPATH_POLICY_H
#define RRPATH_POLICY_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define RRPATH_MAX_PATHS	1024
#define RRPATH_MAX_PRIORITY	65535
#define RRPATH_MAX_WEIGHT	256
#define RRPATH_MAX_RR_MIN_IO	1000000

struct block_device;
struct rrpath_stats;

/**
 * struct rrpath_member - what is needed of a path to choose it and to send to it
 * @usable: false from the moment the path failed or was disabled. Written under
 *	rrpath_map.lock, read without it: a choice may still list a path that
 *	has just failed, so every policy looks here before it returns a member.
 * @bdev: where the path leads. No concern of a policy, like @stats: they stand
 *	here because a bio then finds all that it reads on one cache line.
 * @stats: counters of each CPU
 * @in_flight: bios in flight that were dispatched by a policy with
 *	rrpath_policy.counts_in_flight. Written by every CPU that uses the path,
 *	hence on a cache line of its own.
 */
struct rrpath_member {
	bool usable;
	struct block_device *bdev;
	struct rrpath_stats __percpu *stats;
	atomic_t in_flight ____cacheline_aligned_in_smp;
};

/**
 * struct rrpath_entry - a member of the active group and its share
 * @member: the path
 * @weight: 1..RRPATH_MAX_WEIGHT
 * @turn: bios of one round-robin turn, weight times rr_min_io
 */
struct rrpath_entry {
	struct rrpath_member *member;
	u32 weight;
	u32 turn;
};

/**
 * struct rrpath_choice - what a bio may choose from: the active group
 * @policy: who chooses
 * @nr: number of entries; 0 when no path is usable
 * @entry: in table order
 *
 * Published with RCU and never changed while published.
 */
struct rrpath_choice {
	const struct rrpath_policy *policy;
	unsigned int nr;
	struct rrpath_entry entry[];
};

/**
 * struct rrpath_cursor - where a policy stands, one for each CPU of a map
 * @pos: index of the entry used last; may lie beyond the choice after it shrank
 * @left: bios left of the turn of @pos
 *
 * Read and written without protection against preemption: a task that migrates
 * in between repeats or skips a turn, which costs balance for one bio and
 * nothing else.
 */
struct rrpath_cursor {
	u32 pos;
	u32 left;
};

/**
 * struct rrpath_policy - a way to choose a path
 * @name: the word for it in table lines, messages and sysfs
 * @select: return a usable member of the choice, or NULL when there is none.
 *	Called in any context under rcu_read_lock(); takes no lock, does not
 *	sleep.
 * @counts_in_flight: keep rrpath_member.in_flight for what this policy chose
 * @ordered: an earlier path of the table outranks a later one of equal priority
 *	(decides what failback means)
 */
struct rrpath_policy {
	const char *name;
	struct rrpath_member *(*select)(const struct rrpath_choice *choice,
					struct rrpath_cursor *cursor);
	bool counts_in_flight;
	bool ordered;
};

extern const struct rrpath_policy rrpath_policy_failover;
extern const struct rrpath_policy rrpath_policy_round_robin;
extern const struct rrpath_policy rrpath_policy_queue_length;

/* Every policy there is, in the order in which they are listed; ends with NULL. */
extern const struct rrpath_policy *const rrpath_policies[];

const struct rrpath_policy *rrpath_policy_find(const char *name);

#define RRPATH_UNKNOWN_POLICY "Unknown policy, use failover, round-robin or queue-length"

static inline bool rrpath_member_usable(const struct rrpath_member *member)
{
	return READ_ONCE(member->usable);
}

#endif /* RRPATH_POLICY_H */
