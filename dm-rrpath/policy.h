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

#include <linux/compiler.h>
#include <linux/types.h>

#include "counters.h"

#define RRPATH_MAX_PATHS	1024
#define RRPATH_MAX_PRIORITY	65535
#define RRPATH_MAX_WEIGHT	256
#define RRPATH_MAX_RR_MIN_IO	1000000
#define RRPATH_MAX_MERGE_KIB	16384

struct block_device;

/**
 * struct rrpath_member - what is needed of a path to choose it and to send to it
 * @usable: false from the moment the path failed or was disabled. Written under
 *	rrpath_map.lock, read without it: a choice may still list a path that
 *	has just failed, so every policy looks here before it returns a member.
 * @bdev: where the path leads. No concern of a policy: it stands here because a bio
 *	then finds all that it reads on one cache line.
 * @counters: of each CPU
 * @load: bios in flight on the path, estimated by the CPUs together, which all write to it;
 *	used by queue-length only, and only where there are many CPUs and paths
 */
struct rrpath_member {
	bool usable;
	struct block_device *bdev;
	struct rrpath_counters __percpu *counters;
	s32 *load;
};

/**
 * struct rrpath_entry - a member of the active group and its share
 * @member: the path
 * @weight: 1..RRPATH_MAX_WEIGHT
 * @next: offset of the entry behind it, from the first one; 0 for the last
 * @turn: bios of one round-robin turn, weight times rr_min_io
 */
struct rrpath_entry {
	struct rrpath_member *member;
	u16 weight;
	u16 next;
	u32 turn;
};

/**
 * struct rrpath_choice - what a bio may choose from: the active group
 * @always: what every bio is sent to, if the policy is ordered or there is but one
 *	member; else NULL
 * @even: size of @entry in bytes, if the policy is round-robin and each turn is one bio;
 *	else 0
 * @size: of @entry in bytes; 0 when no path is usable
 * @nr: number of entries
 * @merge: bytes of a request that bios may join wherever the turn is; 0: none
 * @policy: who chooses, if the above does not decide it
 * @entry: in table order
 *
 * Published with RCU and never changed while published, but for what rrpath_choice_forget()
 * clears.
 */
struct rrpath_choice {
	struct rrpath_member *always;
	unsigned long even;
	u16 size;
	u16 nr;
	u32 merge;
	const struct rrpath_policy *policy;
	struct rrpath_entry entry[];
};

/**
 * struct rrpath_cursor - where a policy stands, one for each CPU of a map
 * @next: offset of the entry behind the one used last; may lie beyond the choice after it
 *	shrank
 * @left: bios left of the turn of the one used last, or until the next look at the other CPUs;
 *	less than 0 when that is due
 * @looks: what queue-length knows of its looks
 * @looks.since: jiffies, when @looks.bios was last set
 * @looks.bios: between two looks
 * @looks.seen: since then
 * @looks.entry: whose counters are added up next
 *
 * Used with preemption off, by tasks only.
 */
struct rrpath_cursor {
	unsigned long next;
	s32 left;
	struct {
		u32 since;
		u32 bios;
		u32 seen;
		u32 entry;
	} looks;
};

/* CPUs that start together shall not all start with the same path. */
static inline void rrpath_cursor_start(struct rrpath_cursor *cursor, u32 nr_paths, u32 cpu,
				       u32 nr_cpus)
{
	cursor->next = cpu % nr_paths * sizeof(struct rrpath_entry);
	cursor->looks.entry = (u64)cpu * nr_paths / nr_cpus;
}

/**
 * struct rrpath_policy - a way to choose a path
 * @name: the word for it in table lines, messages and sysfs
 * @select: return a usable member of the choice, or NULL when there is none.
 *	Called by tasks, with preemption off; takes no lock.
 * @in_turn: members take turns, each of rrpath_entry.turn bios
 * @ordered: an earlier path of the table outranks a later one of equal priority
 *	(decides what failback means)
 */
struct rrpath_policy {
	const char *name;
	struct rrpath_member *(*select)(const struct rrpath_choice *choice,
					struct rrpath_cursor *cursor);
	bool in_turn;
	bool ordered;
};

extern const struct rrpath_policy rrpath_policy_failover;
extern const struct rrpath_policy rrpath_policy_round_robin;
extern const struct rrpath_policy rrpath_policy_queue_length;

/* Every policy there is, in the order in which they are listed; ends with NULL. */
extern const struct rrpath_policy *const rrpath_policies[];

const struct rrpath_policy *rrpath_policy_find(const char *name);
void rrpath_choice_complete(struct rrpath_choice *choice);

#define RRPATH_UNKNOWN_POLICY "Unknown policy, use failover, round-robin or queue-length"

static inline bool rrpath_member_usable(const struct rrpath_member *member)
{
	/* It is one byte, which READ_ONCE() would take an instruction more to read. */
	return data_race(member->usable);
}

/* Entries are found by their offsets, which saves what indices take to multiply and wrap. */
static __always_inline const struct rrpath_entry *
rrpath_choice_entry(const struct rrpath_choice *choice, unsigned long offset)
{
	return (const struct rrpath_entry *)((const char *)choice->entry + offset);
}

/* The entry used last, or another one if the choice has changed since; NULL if there is none. */
static inline const struct rrpath_entry *rrpath_last_entry(const struct rrpath_choice *choice,
							   const struct rrpath_cursor *cursor)
{
	unsigned long end = cursor->next ?: choice->size;

	return end && end <= choice->size ? rrpath_choice_entry(choice, end) - 1 : NULL;
}

/**
 * rrpath_choice_forget() - a member went out of use
 * @choice: that may list it
 * @member: whose @usable has become false
 *
 * What chooses without looking at @usable is turned off, until there is a new choice.
 *
 * Context: any; under rrpath_map.lock.
 */
static inline void rrpath_choice_forget(struct rrpath_choice *choice,
					const struct rrpath_member *member)
{
	if (choice->always == member)
		WRITE_ONCE(choice->always, NULL);
	WRITE_ONCE(choice->even, 0);
}

/**
 * rrpath_select_even() - take a turn of one bio
 * @choice: to choose from
 * @cursor: of the map
 * @member: set to the next one; none of them is out of use, or @choice->even would be 0
 *
 * What round-robin comes to unless weights or rr_min_io say otherwise. Not behind
 * @select, because a call through a pointer costs more than this does.
 *
 * Context: preemption off.
 * Return: false if the policy is to be asked.
 */
static __always_inline bool rrpath_select_even(const struct rrpath_choice *choice,
					       struct rrpath_cursor __percpu *cursor,
					       struct rrpath_member **member)
{
	unsigned long at = __this_cpu_read(cursor->next);
	const struct rrpath_entry *entry;

	/* Compared in memory, which READ_ONCE() would not. */
	if (at >= data_race(choice->even))
		return false;
	entry = rrpath_choice_entry(choice, at);
	*member = entry->member;
	__this_cpu_write(cursor->next, entry->next);
	return true;
}

/**
 * rrpath_select() - choose a member
 * @choice: to choose from
 * @cursor: of the map
 *
 * Context: preemption off.
 * Return: a usable member, or NULL if there is none.
 */
static inline struct rrpath_member *rrpath_select(const struct rrpath_choice *choice,
						  struct rrpath_cursor __percpu *cursor)
{
	struct rrpath_member *member = READ_ONCE(choice->always);

	if (member || rrpath_select_even(choice, cursor, &member))
		return member;
	return choice->policy->select(choice, this_cpu_ptr(cursor));
}

#endif /* RRPATH_POLICY_H */
