// SPDX-License-Identifier: GPL-2.0
/* rrpath add, rrpath drop: another path set under a map in use */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"
#include "cmd.h"
#include "map.h"
#include "util.h"

#define RESCUE_TRIES	3

/*
 * Whatever went wrong: no second table, and the map running. True if that is so
 * in the end.
 */
static bool leave_running(const char *name)
{
	struct rrpath_dm_info info;
	int i;

	for (i = 0; i < RESCUE_TRIES; i++) {
		if (!rrpath_dm_info(name, &info)) {
			if (!info.exists || (!info.suspended && !info.inactive_table))
				return true;
		} else {
			/* Not known: the two below do no harm to a map that runs. */
			info.suspended = true;
			info.inactive_table = true;
		}
		if (info.inactive_table)
			rrpath_dm_clear(name);
		/* Not waiting for udev, which may be waiting for this map. */
		if (info.suspended)
			rrpath_dm_resume(name, NULL);
	}
	return !rrpath_dm_info(name, &info) && !info.suspended;
}

/*
 * The table switched, and nothing else. Between load and resume no signal
 * arrives, no memory is waited for (the map may be what is swapped or paged to).
 * The error of the step that failed, 0 if none did.
 */
static int switch_table(const struct rrpath_map *map, const char *params, const char **step,
			bool *running, uint32_t *cookie)
{
	sigset_t old;
	int ret;

	rrpath_signals_block(&old);
	/* Without the right to lock memory it works as well, but for a map with swap on it. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	*step = "load the new table of";
	*running = true;
	ret = rrpath_dm_load(map->name, RRPATH_TARGET, map->sectors, params,
			     map->info.read_only);
	if (!ret) {
		*step = "switch the table of";
		ret = rrpath_dm_resume(map->name, cookie);
	}
	if (ret)
		*running = leave_running(map->name);
	munlockall();
	rrpath_signals_restore(&old);
	return ret;
}

/* True if the paths of the live table are those of @table. */
static bool has_paths(const char *name, const struct rrpath_table *table)
{
	struct rrpath_dm_line line __rr_cleanup(rrpath_dm_line_free) = { 0 };
	char why[RRPATH_WHY_LEN];
	struct rrpath_table now;
	bool same;
	size_t i;

	if (rrpath_dm_table(name, &line) || line.nr_targets != 1 ||
	    rrpath_table_parse(&now, line.params, why))
		return false;
	same = now.nr_paths == table->nr_paths;
	for (i = 0; same && i < now.nr_paths; i++)
		same = rrpath_table_find(table, now.paths[i].major, now.paths[i].minor) >= 0;
	rrpath_table_free(&now);
	return same;
}

static int report_failure(const struct rrpath_map *map, const char *step, int error, bool running)
{
	if (!running)
		rrpath_error("cannot %s %s: %s; the map is suspended: 'dmsetup resume %s'",
			     step, rrpath_quote(map->name), strerror(-error), map->name);
	else
		rrpath_error("cannot %s %s: %s; its old table is in use: see 'dmesg'",
			     step, rrpath_quote(map->name), strerror(-error));
	return RRPATH_FAILED;
}

static int replace_table(const struct rrpath_map *map, const struct rrpath_table *table)
{
	char *params __rr_cleanup(rrpath_freep) = rrpath_table_format(table);
	struct rrpath_dm_info info;
	const char *step = NULL;
	uint32_t cookie = 0;
	bool running;
	int ret;

	if (map->info.suspended) {
		rrpath_error("%s is suspended, and stays so: 'dmsetup resume %s' first",
			     rrpath_quote(map->name), map->name);
		return RRPATH_FAILED;
	}
	if (map->info.inactive_table) {
		rrpath_error("somebody is changing the table of %s: 'dmsetup clear %s' if not",
			     rrpath_quote(map->name), map->name);
		return RRPATH_FAILED;
	}
	ret = switch_table(map, params, &step, &running, &cookie);
	rrpath_dm_wait_udev(cookie);
	/* A resume that failed can have switched all the same. */
	if (ret && !has_paths(map->name, table))
		return report_failure(map, step, ret, running);
	if (rrpath_dm_info(map->name, &info) || !info.exists) {
		rrpath_error("the map %s is gone", rrpath_quote(map->name));
		return RRPATH_FAILED;
	}
	if (info.suspended) {
		rrpath_error("%s is suspended: 'dmsetup resume %s'", rrpath_quote(map->name),
			     map->name);
		return RRPATH_FAILED;
	}
	if (!has_paths(map->name, table)) {
		rrpath_error("%s does not have the paths it was given: see 'rrpath show %s'",
			     rrpath_quote(map->name), map->name);
		return RRPATH_FAILED;
	}
	return RRPATH_DONE;
}

static int add_path(const struct rrpath_map *map, const char *word, bool force,
		    struct rrpath_table_path *path)
{
	struct rrpath_check check = { .force = force, .map = map };
	struct rrpath_table table __rr_cleanup(rrpath_table_free) = map->table;
	struct rrpath_dev dev __rr_cleanup(rrpath_dev_free);
	size_t i;

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
	return replace_table(map, &table);
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
	char name[RRPATH_NAME_LEN];
	int ret;

	ret = rrpath_need_args(argc, argv, 2, 2, "NAME and DEV");
	if (!ret && !rrpath_name_of(argv[optind], name))
		ret = RRPATH_USAGE;
	if (!ret)
		ret = rrpath_need_dm();
	if (ret)
		return ret;
	rrpath_lock();
	return rrpath_map_load(name, map);
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
	int path, at;

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
	return replace_table(map, &table);
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
