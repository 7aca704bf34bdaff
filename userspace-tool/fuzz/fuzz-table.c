// SPDX-License-Identifier: GPL-2.0
/* The table line: what is read is written, and read again the same. */
#include <string.h>

#include "../table.h"
#include "fuzz.h"

static void same(const struct rrpath_table *a, const struct rrpath_table *b)
{
	size_t i;

	must(!strcmp(a->policy, b->policy));
	must(a->nr_paths == b->nr_paths);
	for (i = 0; i < a->nr_paths; i++)
		must(!memcmp(&a->paths[i], &b->paths[i], sizeof(a->paths[i])));
	/* A flag that is not set is not printed. */
	for (i = 0; i < RRPATH_NR_OPTS; i++)
		must(!strcmp(a->opt[i], b->opt[i]));
}

static void holds(const struct rrpath_table *table)
{
	size_t i;

	must(rrpath_policy_is_word(table->policy));
	must(table->nr_paths >= 1 && table->nr_paths <= RRPATH_MAX_PATHS);
	for (i = 0; i < table->nr_paths; i++) {
		const struct rrpath_table_path *path = &table->paths[i];

		must(path->priority <= RRPATH_MAX_PRIORITY);
		must(path->weight >= 1 && path->weight <= RRPATH_MAX_WEIGHT);
		must(rrpath_table_find(table, path->major, path->minor) == (int)i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text __rr_cleanup(rrpath_freep) = fuzz_text(data, size);
	char why[RRPATH_WHY_LEN] = "";
	struct rrpath_table table, again;
	char *line, *line_again;

	if (rrpath_table_parse(&table, text, why)) {
		must(*why && !table.paths && !table.nr_paths);
		return 0;
	}
	holds(&table);
	line = rrpath_table_format(&table);
	must(!rrpath_table_parse(&again, line, why));
	same(&table, &again);
	line_again = rrpath_table_format(&again);
	must(!strcmp(line, line_again));
	rrpath_table_del(&again, again.nr_paths / 2);
	must(again.nr_paths == table.nr_paths - 1);
	rrpath_table_free(&table);
	rrpath_table_free(&again);
	free(line);
	free(line_again);
	return 0;
}
