// SPDX-License-Identifier: GPL-2.0
/* Another table for a map in use. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"
#include "reload.h"
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
 * Is each new path of @table the disk that it was chosen as? The loaded table has
 * it open: from now on its number means this one.
 */
static bool is_as_chosen(const struct rrpath_map *map, const struct rrpath_table *table,
			 const struct rrpath_chosen *chosen, char *why)
{
	size_t i;

	for (i = 0; chosen && i < chosen->nr; i++) {
		const struct rrpath_dev *dev = &chosen->dev[i];

		if (rrpath_table_find(table, dev->major, dev->minor) >= 0 &&
		    rrpath_table_find(&map->table, dev->major, dev->minor) < 0 &&
		    !rrpath_check_again(dev, why))
			return false;
	}
	return true;
}

/*
 * The table switched, and nothing else. Between load and resume no signal
 * arrives, no memory is waited for (the map may be what is swapped or paged to).
 * The error of the step that failed, 0 if none did; -ESTALE: a disk has changed.
 */
static int switch_table(const struct rrpath_map *map, const struct rrpath_table *table,
			uint64_t sectors, const struct rrpath_chosen *chosen, char *why,
			const char **step, bool *running, uint32_t *cookie)
{
	char *params __rr_cleanup(rrpath_freep) = rrpath_table_format(table);
	char *half __rr_cleanup(rrpath_freep) =
		rrpath_printf("the old table is in use: 'dmsetup clear %s' removes the new one",
			      map->name);
	sigset_t old;
	int ret;

	rrpath_signals_block(&old);
	/* Without the right to lock memory it works as well, but for a map with swap on it. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	*step = "load the new table of";
	*running = true;
	rrpath_half_done = half;
	ret = rrpath_dm_load(map->name, RRPATH_TARGET, sectors, params,
			     map->info.read_only);
	if (!ret && !is_as_chosen(map, table, chosen, why) && !chosen->force) {
		*step = NULL;
		ret = -ESTALE;
		rrpath_dm_clear(map->name);
	} else if (!ret) {
		*step = "switch the table of";
		ret = rrpath_dm_resume(map->name, cookie);
	}
	if (ret)
		*running = leave_running(map->name);
	rrpath_half_done = NULL;
	munlockall();
	rrpath_signals_restore(&old);
	return ret;
}

/* True if the live table has the paths of @table and that length. */
static bool is_loaded(const char *name, const struct rrpath_table *table, uint64_t sectors)
{
	struct rrpath_dm_line line __rr_cleanup(rrpath_dm_line_free) = { 0 };
	char why[RRPATH_WHY_LEN];
	struct rrpath_table now;
	bool same;
	size_t i;

	if (rrpath_dm_table(name, &line) || line.nr_targets != 1 ||
	    rrpath_table_parse(&now, line.params, why))
		return false;
	same = line.length == sectors && now.nr_paths == table->nr_paths;
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

int rrpath_reload(const struct rrpath_map *map, const struct rrpath_table *table, uint64_t sectors,
		  const struct rrpath_chosen *chosen)
{
	char why[RRPATH_WHY_LEN] = "";
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
	ret = switch_table(map, table, sectors, chosen, why, &step, &running, &cookie);
	rrpath_dm_wait_udev(cookie);
	if (*why && rrpath_check_report(chosen->force, why))
		return RRPATH_FAILED;
	/* A resume that failed can have switched all the same. */
	if (ret && !is_loaded(map->name, table, sectors))
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
	if (!is_loaded(map->name, table, sectors)) {
		rrpath_error("%s does not have the paths it was given: see 'rrpath show %s'",
			     rrpath_quote(map->name), map->name);
		return RRPATH_FAILED;
	}
	rrpath_marks_drop(map, table);
	return RRPATH_DONE;
}
