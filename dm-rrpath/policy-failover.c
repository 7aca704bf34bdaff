// SPDX-License-Identifier: GPL-2.0
/*
 * failover: the first usable path in table order carries everything.
 *
 * Writes nothing, so CPUs share the choice read-only.
 */
#include "policy.h"

static struct rrpath_member *rrpath_failover_select(const struct rrpath_choice *choice,
						    struct rrpath_cursor *cursor)
{
	unsigned int i;

	for (i = 0; i < choice->nr; i++)
		if (likely(rrpath_member_usable(choice->entry[i].member)))
			return choice->entry[i].member;
	return NULL;
}

const struct rrpath_policy rrpath_policy_failover = {
	.name = "failover",
	.select = rrpath_failover_select,
	.ordered = true,
};
