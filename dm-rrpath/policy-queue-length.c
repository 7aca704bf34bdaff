// SPDX-License-Identifier: GPL-2.0
/*
 * queue-length: the usable path with the fewest bios in flight for its weight.
 *
 * The count of a path is shared by all CPUs, which is what this policy costs.
 * It is read without ordering: two CPUs may choose the same path on the same
 * count, and the next choice sees both. The scan begins behind the path used
 * last, so that equal paths take turns; with a fixed start the first one would
 * get twice its share.
 */
#include "policy.h"

static struct rrpath_member *rrpath_queue_length_select(const struct rrpath_choice *choice,
							struct rrpath_cursor *cursor)
{
	const struct rrpath_entry *entry, *best = NULL;
	u32 pos = READ_ONCE(cursor->pos);
	u64 load, best_load = 0;
	unsigned int i;

	for (i = 0; i < choice->nr; i++) {
		if (++pos >= choice->nr)
			pos = 0;
		entry = &choice->entry[pos];
		if (!rrpath_member_usable(entry->member))
			continue;
		/* load / entry->weight < best_load / best->weight, without the division */
		load = (u32)atomic_read(&entry->member->in_flight);
		if (best && load * best->weight >= best_load * entry->weight)
			continue;
		best = entry;
		best_load = load;
		if (!load)
			break;
	}
	if (!best)
		return NULL;
	WRITE_ONCE(cursor->pos, (u32)(best - choice->entry));
	return best->member;
}

const struct rrpath_policy rrpath_policy_queue_length = {
	.name = "queue-length",
	.select = rrpath_queue_length_select,
	.counts_in_flight = true,
};
