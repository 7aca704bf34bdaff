// SPDX-License-Identifier: GPL-2.0
/* rrpath add, rrpath drop: another path set under a map in use */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cmd.h"
#include "map.h"
#include "record.h"
#include "reload.h"
#include "timers.h"
#include "util.h"

static int add_path(const struct rrpath_map *map, const char *word, bool force,
		    struct rrpath_table_path *path)
{
	struct rrpath_check check = { .force = force, .map = map };
	struct rrpath_table table __rr_cleanup(rrpath_table_free) = map->table;
	struct rrpath_dev dev __rr_cleanup(rrpath_dev_free);
	const struct rrpath_chosen chosen = { .dev = &dev, .nr = 1, .force = force };
	size_t i;
	int ret;

	/* A table of its own, to grow. */
	table.paths = rrpath_alloc(table.nr_paths, sizeof(*table.paths));
	memcpy(table.paths, map->table.paths, table.nr_paths * sizeof(*table.paths));
	if (rrpath_check_device(word, &dev))
		return RRPATH_FAILED;
	if (rrpath_table_find(&table, dev.major, dev.minor) >= 0) {
		rrpath_error("%s is a path of %s already", dev.name, rrpath_quote(map->name));
		return RRPATH_FAILED;
	}
	if (table.nr_paths == RRPATH_MAX_PATHS) {
		rrpath_error("%s has %d paths, and a map can have no more",
			     rrpath_quote(map->name), RRPATH_MAX_PATHS);
		return RRPATH_FAILED;
	}
	for (i = 0; i < map->nr_paths; i++) {
		const struct rrpath_dev *other = &map->path[i].dev;

		if (!map->path[i].present)
			continue;
		if (!check.like)
			check.like = other;
		if (rrpath_dev_same_disk(&dev, other)) {
			rrpath_error("%s and %s are one disk, not two paths", dev.name,
				     other->name);
			return RRPATH_FAILED;
		}
	}
	if (rrpath_check_disk(&check, &dev))
		return RRPATH_FAILED;
	path->major = dev.major;
	path->minor = dev.minor;
	rrpath_table_add(&table, path);
	ret = rrpath_reload(map, &table, map->sectors, &chosen);
	if (ret)
		return ret;
	rrpath_record_changed(map->name, &dev, NULL);
	rrpath_timers_changed(map->name);
	return RRPATH_DONE;
}

static int number_option(const char *option, const char *value, uint64_t min, uint64_t max,
			 unsigned int *number)
{
	uint64_t n;

	if (rrpath_parse_u64(value, min, max, &n)) {
		rrpath_error("%s is no value of --%s: %llu to %llu", rrpath_quote(value), option,
			     (unsigned long long)min, (unsigned long long)max);
		return rrpath_see_help("add");
	}
	*number = (unsigned int)n;
	return RRPATH_DONE;
}

static int open_map(int argc, char **argv, struct rrpath_map *map)
{
	int ret = rrpath_need_args(argc, argv, 2, 2, "NAME and DEV");

	return ret ? ret : rrpath_map_open(argv[optind], map);
}

int rrpath_cmd_add(int argc, char **argv)
{
	static const struct option options[] = {
		{ "priority", required_argument, NULL, 'P' },
		{ "weight", required_argument, NULL, 'w' },
		{ "force", no_argument, NULL, 'f' },
		{ 0 }
	};
	struct rrpath_table_path path = { .priority = 1, .weight = 1 };
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	bool force = false;
	int opt, ret = RRPATH_DONE;

	while (!ret && (opt = rrpath_getopt(argc, argv, ":P:w:f", options)) != -1) {
		switch (opt) {
		case 'P':
			ret = number_option("priority", optarg, 0, RRPATH_MAX_PRIORITY,
					    &path.priority);
			break;
		case 'w':
			ret = number_option("weight", optarg, 1, RRPATH_MAX_WEIGHT, &path.weight);
			break;
		case 'f':
			force = true;
			break;
		default:
			return RRPATH_USAGE;
		}
	}
	if (!ret)
		ret = open_map(argc, argv, &map);
	return ret ? ret : add_path(&map, argv[optind + 1], force, &path);
}

static int drop_path(const struct rrpath_map *map, const char *word, bool force)
{
	struct rrpath_table table __rr_cleanup(rrpath_table_free) = map->table;
	const struct rrpath_path_status *status;
	struct rrpath_timers_say say = { 0 };
	const struct rrpath_dev *dev;
	int path, at, ret;

	table.paths = rrpath_alloc(table.nr_paths, sizeof(*table.paths));
	memcpy(table.paths, map->table.paths, table.nr_paths * sizeof(*table.paths));
	path = rrpath_map_path_find(map, word);
	if (path < 0)
		return RRPATH_FAILED;
	status = &map->path[path].status;
	at = rrpath_table_find(&table, status->major, status->minor);
	if (table.nr_paths == 1 || at < 0) {
		rrpath_error("%s is the only path of %s: 'rrpath remove %s' removes the map",
			     rrpath_quote(word), rrpath_quote(map->name), map->name);
		return RRPATH_FAILED;
	}
	if (rrpath_state_usable(status->state) && map->status.nr_usable == 1) {
		if (!force) {
			rrpath_error("%s is the last usable path of %s (--force overrides this)",
				     rrpath_quote(word), rrpath_quote(map->name));
			return RRPATH_FAILED;
		}
		rrpath_error("--force: although %s is the last usable path of %s",
			     rrpath_quote(word), rrpath_quote(map->name));
	}
	rrpath_table_del(&table, (size_t)at);
	ret = rrpath_reload(map, &table, map->sectors, NULL);
	/* It was taken out by hand: the next event of its disk does not bring it back. */
	if (ret)
		return ret;
	dev = map->path[path].present ? &map->path[path].dev : NULL;
	rrpath_record_changed(map->name, NULL, dev);
	if (dev)
		rrpath_timers_restore_path(map->name, dev, &say);
	rrpath_timers_changed(map->name);
	return RRPATH_DONE;
}

int rrpath_cmd_drop(int argc, char **argv)
{
	static const struct option options[] = {
		{ "force", no_argument, NULL, 'f' },
		{ 0 }
	};
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	bool force = false;
	int opt, ret;

	while ((opt = rrpath_getopt(argc, argv, ":f", options)) != -1) {
		if (opt != 'f')
			return RRPATH_USAGE;
		force = true;
	}
	ret = open_map(argc, argv, &map);
	return ret ? ret : drop_path(&map, argv[optind + 1], force);
}
