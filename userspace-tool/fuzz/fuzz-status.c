// SPDX-License-Identifier: GPL-2.0
/* The status line: what is read, printed as the module prints it, is read again the same. */
#include <string.h>

#include "../status.h"
#include "fuzz.h"

static char *print(const struct rrpath_status *status)
{
	struct rrpath_str s = { 0 };
	size_t i, n;

	rrpath_str_add(&s, "%s %d %llu %zu %zu 15", status->policy, status->queue_if_no_path,
		       (unsigned long long)status->queued, status->nr_usable, status->nr_paths);
	for (i = 0; i < status->nr_paths; i++) {
		const struct rrpath_path_status *path = &status->paths[i];

		rrpath_str_add(&s, " %u:%u %c %u %u", path->major, path->minor, path->state,
			       path->priority, path->weight);
		for (n = 0; n < RRPATH_NR_COUNTERS; n++)
			rrpath_str_add(&s, " %llu", (unsigned long long)path->counter[n]);
		rrpath_str_add(&s, " %llu %llu %s", (unsigned long long)path->stalls,
			       (unsigned long long)path->hold_down_ms, path->reason);
	}
	return s.text;
}

static void holds(const struct rrpath_status *status)
{
	size_t i;

	must(status->nr_usable <= status->nr_paths);
	for (i = 0; i < status->nr_paths; i++) {
		const struct rrpath_path_status *path = &status->paths[i];

		must(strcmp(rrpath_state_word(path->state), "unknown"));
		must(path->priority <= RRPATH_MAX_PRIORITY);
		must(path->weight >= 1 && path->weight <= RRPATH_MAX_WEIGHT);
		must(*path->reason);
		must(rrpath_status_find(status, path->major, path->minor) == (int)i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text __rr_cleanup(rrpath_freep) = fuzz_text(data, size);
	char *line __rr_cleanup(rrpath_freep) = NULL;
	struct rrpath_status status, again;
	char why[RRPATH_WHY_LEN] = "";

	if (rrpath_status_parse(&status, text, why)) {
		must(*why && !status.paths && !status.nr_paths);
		return 0;
	}
	holds(&status);
	line = print(&status);
	must(!rrpath_status_parse(&again, line, why));
	must(!strcmp(status.policy, again.policy) && status.queued == again.queued);
	must(status.nr_usable == again.nr_usable && status.nr_paths == again.nr_paths);
	must(status.queue_if_no_path == again.queue_if_no_path);
	/* Zeroed when they were allocated, what follows a reason too. */
	must(!memcmp(status.paths, again.paths, status.nr_paths * sizeof(*status.paths)));
	rrpath_status_free(&status);
	rrpath_status_free(&again);
	return 0;
}
