// SPDX-License-Identifier: GPL-2.0
/*
 * The policies, for libFuzzer: the input is a choice, then what happens to it. Whatever
 * that is, a bio gets a usable member of the choice, or none only if there is none.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/jiffies.h>

#include "fuzz.h"
#include "policy.h"

unsigned long jiffies;
unsigned int host_cpu, host_nr_cpus;

#define MAX_MEMBERS 40

static struct rrpath_member members[MAX_MEMBERS];
static struct rrpath_counters counters[MAX_MEMBERS * HOST_NR_CPUS];
static struct rrpath_cursor cursor[HOST_NR_CPUS];

/* With not an entry behind the last. */
static struct rrpath_choice *make(const struct rrpath_policy *policy, unsigned int nr,
				  unsigned int how)
{
	struct rrpath_choice *choice = malloc(sizeof(*choice) + nr * sizeof(choice->entry[0]));
	unsigned int i;

	must(choice);
	memset(choice, 0, sizeof(*choice));
	choice->policy = policy;
	choice->nr = nr;
	for (i = 0; i < nr; i++) {
		struct rrpath_entry *entry = &choice->entry[i];

		entry->member = &members[i];
		entry->weight = how & 1 ? 1 + i % RRPATH_MAX_WEIGHT : 1;
		entry->turn = entry->weight * (how & 2 ? RRPATH_MAX_RR_MIN_IO : 1);
	}
	rrpath_choice_complete(choice);
	for (i = 0; i < nr; i++)
		if (!members[i].usable)
			rrpath_choice_forget(choice, &members[i]);
	return choice;
}

static void choose(struct rrpath_choice *choice)
{
	struct rrpath_member *member = rrpath_select(choice, cursor);
	unsigned int i, usable = 0;

	for (i = 0; i < choice->nr; i++)
		usable += members[i].usable;
	must(!member == !usable);
	if (!member)
		return;
	must(member >= members && member < members + choice->nr);
	must(member->usable);
	per_cpu_ptr(member->counters, host_cpu)->op[RRPATH_READ].bios++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rrpath_choice *choice;
	unsigned int i;

	if (size < 3)
		return 0;
	memset(cursor, 0, sizeof(cursor));
	memset(counters, 0, sizeof(counters));
	/* Near the wrap, now and then. */
	jiffies = data[2] & 4 ? -200UL : 1000;
	host_cpu = 0;
	host_nr_cpus = 2;
	for (i = 0; i < MAX_MEMBERS; i++) {
		members[i].usable = true;
		members[i].counters = &counters[i * HOST_NR_CPUS];
	}
	choice = make(rrpath_policies[data[0] % 3], data[1] % (MAX_MEMBERS + 1), data[2]);
	for (data += 3, size -= 3; size > 1; data += 2, size -= 2) {
		unsigned int which = data[1] % MAX_MEMBERS;
		struct rrpath_counters *c;

		switch (data[0] % 8) {
		case 0:
			members[which].usable = !members[which].usable;
			if (!members[which].usable)
				rrpath_choice_forget(choice, &members[which]);
			break;
		case 1:
			host_cpu = data[1] % host_nr_cpus;
			break;
		case 2:
			jiffies += data[1];
			break;
		case 3:
			/* The map is changed under way; the cursors stay. */
			free(choice);
			choice = make(rrpath_policies[data[1] % 3], data[1] / 3 % (MAX_MEMBERS + 1),
				      data[0] / 8);
			break;
		case 4:
			c = per_cpu_ptr(members[which].counters, host_cpu);
			c->completed = c->op[RRPATH_READ].bios;
			break;
		default:
			for (i = 0; i <= data[1] % 16; i++)
				choose(choice);
		}
	}
	free(choice);
	return 0;
}
