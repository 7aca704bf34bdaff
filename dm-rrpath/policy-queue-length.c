// SPDX-License-Identifier: GPL-2.0
/*
 * queue-length: the usable path with the fewest bios in flight for its weight.
 *
 * A CPU knows its own bios in flight exactly, and those of the others from its last look
 * at their counters: at every bio as long as it sends fewer than RRPATH_LOOKS_PER_SEC, at
 * every RRPATH_LOOK_BIOS at the latest, and in every jiffy. No memory is written by two
 * CPUs.
 *
 * Where there are too many CPUs and paths for that, they share an estimate for each path:
 * who sends a bio there adds one, and who looks at the counters of the path sets it right.
 * Each CPU looks at another path, so that all of them together keep the estimates fresh.
 *
 * The scan begins behind the path used last, so that equal paths take turns; with a
 * fixed start the first one would get twice its share. It ends after RRPATH_COMPARED
 * paths: the best of a few that change with every bio is nearly as good as the best of
 * all (Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001).
 */
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/smp.h>

#include "policy.h"

#define RRPATH_COMPARED		8
#define RRPATH_LOOKS_PER_SEC	8192
#define RRPATH_LOOK_BIOS	64U
/*
 * Counters that a look reads, each of them a cache miss: the first look of a jiffy, and the
 * others. The path at which there are enough is read to its end, and the next look goes on
 * with the one behind it: bios may be sent on one CPU and completed on another, so what one
 * of them counts means something only together with the others of the same moment.
 */
#define RRPATH_FIRST_LOOK_COUNTERS	512
#define RRPATH_LOOK_COUNTERS		32

/*
 * How many bios until the next look, from how many there were lately: @bios more since it was
 * asked last. True in the first look of a jiffy.
 */
static bool rrpath_queue_length_pace(struct rrpath_cursor *cursor, u32 bios)
{
	u32 elapsed = (u32)jiffies - cursor->looks.since;

	cursor->looks.seen += bios;
	if (elapsed) {
		cursor->looks.bios = clamp(cursor->looks.seen / elapsed /
					   DIV_ROUND_UP(RRPATH_LOOKS_PER_SEC, HZ),
					   1U, RRPATH_LOOK_BIOS);
		cursor->looks.seen = 0;
		cursor->looks.since += elapsed;
	}
	return elapsed;
}

/* Add up what other CPUs have in flight on the member that is due, and go to the next one. */
static struct rrpath_member *rrpath_queue_length_look_at(const struct rrpath_choice *choice,
							 struct rrpath_cursor *cursor, s64 *sum)
{
	unsigned int cpu, this_cpu = smp_processor_id();
	u32 at = READ_ONCE(cursor->looks.entry);
	struct rrpath_member *member = choice->entry[at < choice->nr ? at : 0].member;

	*sum = 0;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (cpu != this_cpu && cpu_possible(cpu))
			*sum += rrpath_counters_in_flight(per_cpu_ptr(member->counters, cpu));
	WRITE_ONCE(cursor->looks.entry, at + 1 < choice->nr ? at + 1 : 0);
	return member;
}

/* Look at as many members as may be, beginning where the last look ended. */
static void rrpath_queue_length_look(const struct rrpath_choice *choice,
				     struct rrpath_cursor *cursor)
{
	u32 bios = cursor->looks.bios;
	u32 left = cursor->left + 1;	/* this one was taken off before */
	bool first = rrpath_queue_length_pace(cursor, left < bios ? bios - left : 0);
	unsigned int enough = first ? RRPATH_FIRST_LOOK_COUNTERS : RRPATH_LOOK_COUNTERS;
	struct rrpath_counters __percpu *counters;
	unsigned int n, read = 0;
	s64 sum;

	for (n = 0; n < choice->nr && read < enough; n++) {
		counters = rrpath_queue_length_look_at(choice, cursor, &sum)->counters;
		__this_cpu_write(counters->elsewhere, sum);
		read += nr_cpu_ids;
	}
}

/* Bios in flight on a path, as far as this CPU knows; less than 0 while it knows too little. */
static __always_inline s64 rrpath_queue_length_load(const struct rrpath_member *member,
						    bool shared)
{
	const struct rrpath_counters *counters;

	if (shared)
		return READ_ONCE(*member->load);
	counters = raw_cpu_ptr(member->counters);
	/* Only this CPU writes it. */
	return rrpath_counters_in_flight(counters) + counters->elsewhere;
}

/* More than any load, and still that when it is multiplied by a weight. */
#define RRPATH_UNUSABLE		(S64_MAX / RRPATH_MAX_WEIGHT)

/* The best of the next few members, of which the first one is known not to be idle. */
static __always_inline struct rrpath_member *
rrpath_queue_length_best(const struct rrpath_choice *choice, struct rrpath_cursor *cursor,
			 const struct rrpath_entry *first, s64 best_load, bool shared)
{
	const struct rrpath_entry *entry, *best = first;
	unsigned int more = RRPATH_COMPARED - 1;
	s64 load;

	for (entry = rrpath_choice_entry(choice, first->next); entry != first && more;
	     entry = rrpath_choice_entry(choice, entry->next)) {
		if (!rrpath_member_usable(entry->member))
			continue;
		more--;
		load = rrpath_queue_length_load(entry->member, shared);
		/* load / entry->weight < best_load / best->weight, without the division */
		if (load * best->weight >= best_load * entry->weight)
			continue;
		best = entry;
		best_load = load;
		if (load <= 0)
			break;
	}
	if (best_load == RRPATH_UNUSABLE)
		return NULL;
	cursor->next = best->next;
	return best->member;
}

static noinline struct rrpath_member *
rrpath_queue_length_compare(const struct rrpath_choice *choice, struct rrpath_cursor *cursor,
			    const struct rrpath_entry *first, s64 best_load)
{
	return rrpath_queue_length_best(choice, cursor, first, best_load, false);
}

static __always_inline struct rrpath_member *
rrpath_queue_length_choose(const struct rrpath_choice *choice, struct rrpath_cursor *cursor,
			   bool shared)
{
	s64 load = RRPATH_UNUSABLE;
	const struct rrpath_entry *entry;
	unsigned long at = cursor->next;

	if (unlikely(at >= choice->size)) {
		if (!choice->size)
			return NULL;
		at = 0;
	}
	entry = rrpath_choice_entry(choice, at);
	if (likely(rrpath_member_usable(entry->member)))
		load = rrpath_queue_length_load(entry->member, shared);
	/* A member with nothing to do need not be compared. */
	if (load > 0)
		return shared ? rrpath_queue_length_best(choice, cursor, entry, load, true) :
				rrpath_queue_length_compare(choice, cursor, entry, load);
	cursor->next = entry->next;
	return entry->member;
}

/* The first look of a jiffy would not see all counters. */
static bool rrpath_queue_length_shares(const struct rrpath_choice *choice)
{
	return choice->nr * (nr_cpu_ids - 1) > RRPATH_FIRST_LOOK_COUNTERS;
}

/*
 * Two CPUs that change an estimate at once may lose one of the changes, which the next look
 * at the path makes good.
 */
static struct rrpath_member *rrpath_queue_length_share(const struct rrpath_choice *choice,
						       struct rrpath_cursor *cursor)
{
	struct rrpath_member *member;
	s64 sum;

	/* The next bio is to come here, too. */
	cursor->left = 0;
	rrpath_queue_length_pace(cursor, 1);
	if (cursor->looks.seen % max(cursor->looks.bios, 1U) == 0) {
		member = rrpath_queue_length_look_at(choice, cursor, &sum);
		sum += rrpath_counters_in_flight(raw_cpu_ptr(member->counters));
		WRITE_ONCE(*member->load, sum);
	}
	member = rrpath_queue_length_choose(choice, cursor, true);
	if (member)
		WRITE_ONCE(*member->load, READ_ONCE(*member->load) + 1);
	return member;
}

static noinline struct rrpath_member *
rrpath_queue_length_look_and_choose(const struct rrpath_choice *choice,
				    struct rrpath_cursor *cursor)
{
	if (rrpath_queue_length_shares(choice))
		return rrpath_queue_length_share(choice, cursor);
	rrpath_queue_length_look(choice, cursor);
	cursor->left = cursor->looks.bios - 1;
	return rrpath_queue_length_choose(choice, cursor, false);
}

static struct rrpath_member *rrpath_queue_length_select(const struct rrpath_choice *choice,
							struct rrpath_cursor *cursor)
{
	if (unlikely(--cursor->left < 0 || cursor->looks.since != (u32)jiffies))
		return rrpath_queue_length_look_and_choose(choice, cursor);
	return rrpath_queue_length_choose(choice, cursor, false);
}

const struct rrpath_policy rrpath_policy_queue_length = {
	.name = "queue-length",
	.select = rrpath_queue_length_select,
};
