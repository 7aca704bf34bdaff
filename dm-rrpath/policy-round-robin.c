// SPDX-License-Identifier: GPL-2.0
/*
 * round-robin: usable paths take turns; a turn is weight times rr_min_io bios.
 *
 * Turns of one bio, the default, are taken in rrpath_select() already.
 *
 * Each CPU goes round by itself, so no cache line is written by two CPUs. Every
 * CPU is even over a full round, hence so is their sum.
 */
#include "policy.h"

static struct rrpath_member *rrpath_round_robin_select(const struct rrpath_choice *choice,
						       struct rrpath_cursor *cursor)
{
	const struct rrpath_entry *entry = rrpath_last_entry(choice, cursor);
	unsigned long at = cursor->next;
	u32 left = cursor->left;
	unsigned int i;

	/* A turn that became shorter by a live change ends at once. */
	if (left && entry && left < entry->turn && rrpath_member_usable(entry->member)) {
		cursor->left = left - 1;
		return entry->member;
	}

	for (i = 0; i < choice->nr; i++) {
		if (at >= choice->size)
			at = 0;
		entry = rrpath_choice_entry(choice, at);
		at = entry->next;
		if (rrpath_member_usable(entry->member)) {
			cursor->next = at;
			cursor->left = entry->turn - 1;
			return entry->member;
		}
	}
	return NULL;
}

const struct rrpath_policy rrpath_policy_round_robin = {
	.name = "round-robin",
	.select = rrpath_round_robin_select,
	.in_turn = true,
};
