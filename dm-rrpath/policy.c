// SPDX-License-Identifier: GPL-2.0
#include <linux/string.h>

#include "policy.h"

const struct rrpath_policy *const rrpath_policies[] = {
	&rrpath_policy_failover,
	&rrpath_policy_round_robin,
	&rrpath_policy_queue_length,
	NULL,
};

/**
 * rrpath_policy_find() - look a policy up by its name
 * @name: NUL-terminated
 *
 * Context: any.
 * Return: the policy, or NULL.
 */
const struct rrpath_policy *rrpath_policy_find(const char *name)
{
	const struct rrpath_policy *const *p;

	for (p = rrpath_policies; *p; p++)
		if (!strcmp((*p)->name, name))
			return *p;
	return NULL;
}

/**
 * rrpath_choice_complete() - derive what saves policies a question
 * @choice: not published yet; of its entries @next is not set, nor are its @size, @always
 *	and @even
 *
 * Context: any.
 */
void rrpath_choice_complete(struct rrpath_choice *choice)
{
	bool one_each = true;
	unsigned int i;

	choice->size = choice->nr * sizeof(choice->entry[0]);
	for (i = 0; i < choice->nr; i++) {
		struct rrpath_entry *entry = &choice->entry[i];

		entry->next = i + 1 < choice->nr ? (i + 1) * sizeof(*entry) : 0;
		one_each &= entry->turn == 1;
	}
	choice->always = NULL;
	if (choice->nr == 1 || (choice->nr && choice->policy->ordered))
		choice->always = choice->entry[0].member;
	choice->even = choice->policy->in_turn && one_each ? choice->size : 0;
}
