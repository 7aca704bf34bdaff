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
