// SPDX-License-Identifier: GPL-2.0
/* rrpath list, rrpath show */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "columns.h"
#include "map.h"
#include "util.h"

#define TREE_COLUMNS	"PATH,STATE,REASON,DEV,HCTL,WEIGHT,INFLIGHT,FAILS,STALLS,IOS,ERRORS,RETRIES"
#define FLAT_COLUMNS \
	"NAME,PATH,DEV,STATE,PRIORITY,WEIGHT,HCTL,INFLIGHT,FAILS,IOS,ERRORS,RETRIES," \
	"REASON,STALLS"

static const struct option options[] = {
	{ "json", no_argument, NULL, 'J' },
	{ "raw", no_argument, NULL, 'r' },
	{ "noheadings", no_argument, NULL, 'n' },
	{ "bytes", no_argument, NULL, 'b' },
	{ "output", required_argument, NULL, 'o' },
	{ 0 }
};

/* RRPATH_DONE, or RRPATH_USAGE with a line on stderr. */
static int parse(int argc, char **argv, int max_args, struct rrpath_format *format)
{
	int opt;

	while ((opt = rrpath_getopt(argc, argv, ":" RRPATH_FORMAT_SHORT, options)) != -1)
		if (opt == '?' || rrpath_format_option(format, opt, optarg))
			return RRPATH_USAGE;
	return rrpath_need_args(argc, argv, 0, max_args, "");
}

int rrpath_cmd_list(int argc, char **argv)
{
	struct rrpath_format format = { .scopes = RRPATH_SCOPE_MAP };
	struct rrpath_maps maps __rr_cleanup(rrpath_maps_free) = { 0 };
	struct rrpath_rows rows __rr_cleanup(rrpath_rows_free) = { 0 };
	size_t i;
	int ret;

	ret = parse(argc, argv, 0, &format);
	if (!ret)
		ret = rrpath_need_dm();
	if (!ret)
		ret = rrpath_maps_load(NULL, &maps);
	if (ret)
		return ret;
	rrpath_format_default(&format, "NAME,KNAME,SIZE,POLICY,PATHS,USABLE,QUEUED,OPEN,UUID");
	for (i = 0; i < maps.nr; i++)
		rrpath_row_map(rrpath_rows_add(&rows, 0), &maps.map[i]);
	if (format.json)
		rrpath_print_json(&format, &rows, false);
	else
		rrpath_print_table(&format, &rows, false);
	return RRPATH_DONE;
}

static void print_map(const struct rrpath_map *map)
{
	char size[32];
	int i;

	rrpath_human_size(size, sizeof(size), map->sectors * 512);
	printf("%s  %s  %s  %s  %zu of %zu paths usable%s%s\n", rrpath_safe(map->name),
	       map->kname, size, map->status.policy, map->status.nr_usable, map->nr_paths,
	       map->info.read_only ? "  read-only" : "", map->info.suspended ? "  SUSPENDED" : "");
	printf("  uuid     %s\n", *map->info.uuid ? rrpath_safe(map->info.uuid) : "none");
	printf("  options  queue_if_no_path %s",
	       strcmp(map->opt[RRPATH_OPT_QUEUE], "0") ? "yes" : "no");
	for (i = RRPATH_OPT_QUEUE + 1; i < RRPATH_NR_OPTS; i++)
		printf("%s%s %s", (i - RRPATH_OPT_QUEUE) % 3 ? ", " : ",\n           ",
		       rrpath_opt_types[i].name, map->opt[i]);
	printf("\n  queued   %llu\n", (unsigned long long)map->status.queued);
}

static const char *group_state(const struct rrpath_map *map, unsigned int group)
{
	bool standby = false;
	size_t i;

	for (i = 0; i < map->nr_paths; i++) {
		if (map->path[i].group != group)
			continue;
		if (map->path[i].status.state == RRPATH_ACTIVE)
			return "active";
		standby |= map->path[i].status.state == RRPATH_STANDBY;
	}
	return standby ? "standby" : "unusable";
}

static void print_tree(const struct rrpath_map *map)
{
	struct rrpath_format format = { .scopes = RRPATH_SCOPE_PATH };
	struct rrpath_rows rows __rr_cleanup(rrpath_rows_free) = { 0 };
	char (*head)[32] = rrpath_alloc(map->nr_groups, sizeof(*head));
	unsigned int group;
	size_t i;

	rrpath_format_default(&format, TREE_COLUMNS);
	for (group = 1; group <= map->nr_groups; group++) {
		struct rrpath_row *row = rrpath_rows_add(&rows, 0);

		row->path = head[group - 1];
		row->state = group_state(map, group);
		for (i = 0; i < map->nr_paths; i++) {
			const struct rrpath_map_path *path = &map->path[i];

			if (path->group != group)
				continue;
			snprintf(head[group - 1], sizeof(*head), "priority %u",
				 path->status.priority);
			row = rrpath_rows_add(&rows, 1);
			rrpath_row_path(row, map, path);
			if (!row->path)
				row->path = "(gone)";
		}
	}
	rrpath_print_table(&format, &rows, true);
	free(head);
}

int rrpath_cmd_show(int argc, char **argv)
{
	struct rrpath_format format = { .scopes = RRPATH_SCOPE_MAP | RRPATH_SCOPE_PATH };
	struct rrpath_maps maps __rr_cleanup(rrpath_maps_free) = { 0 };
	struct rrpath_rows rows __rr_cleanup(rrpath_rows_free) = { 0 };
	char name[RRPATH_NAME_LEN];
	size_t i, p;
	int ret;

	ret = parse(argc, argv, 1, &format);
	if (!ret && optind < argc && !rrpath_name_of(argv[optind], name))
		ret = RRPATH_USAGE;
	if (!ret)
		ret = rrpath_need_dm();
	if (!ret)
		ret = rrpath_maps_load(optind < argc ? name : NULL, &maps);
	if (ret)
		return ret;
	if (!format.json && !format.raw && !format.chosen) {
		for (i = 0; i < maps.nr; i++) {
			if (i)
				putchar('\n');
			print_map(&maps.map[i]);
			print_tree(&maps.map[i]);
		}
		return RRPATH_DONE;
	}
	rrpath_format_default(&format, FLAT_COLUMNS);
	for (i = 0; i < maps.nr; i++) {
		if (format.json)
			rrpath_row_map(rrpath_rows_add(&rows, 0), &maps.map[i]);
		for (p = 0; p < maps.map[i].nr_paths; p++) {
			struct rrpath_row *row = rrpath_rows_add(&rows, format.json);

			rrpath_row_map(row, &maps.map[i]);
			rrpath_row_path(row, &maps.map[i], &maps.map[i].path[p]);
		}
	}
	if (format.json)
		rrpath_print_json(&format, &rows, true);
	else
		rrpath_print_table(&format, &rows, false);
	return RRPATH_DONE;
}
