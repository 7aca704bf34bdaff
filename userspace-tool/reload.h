/* SPDX-License-Identifier: GPL-2.0 */
/* Another table for a map in use. */
#ifndef RRPATH_RELOAD_H
#define RRPATH_RELOAD_H

#include "map.h"

/* The disks that the paths of a new table were chosen from, as they were checked. */
struct rrpath_chosen {
	const struct rrpath_dev *dev;
	size_t nr;
	bool force;
};

/*
 * Makes @table, @sectors long, the table of @map without flushing or freezing;
 * paths that stay keep their states and counters. A path that is new must still be
 * the disk that @chosen (NULL: no path is new) has under its number. RRPATH_DONE, or RRPATH_FAILED
 * with one line on stderr; the map then runs on with its old table.
 */
int rrpath_reload(const struct rrpath_map *map, const struct rrpath_table *table, uint64_t sectors,
		  const struct rrpath_chosen *chosen);

#endif
