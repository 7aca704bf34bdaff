/* SPDX-License-Identifier: GPL-2.0 */
/* Another table for a map in use. */
#ifndef RRPATH_RELOAD_H
#define RRPATH_RELOAD_H

#include "map.h"

/*
 * Makes @table, @sectors long, the table of @map without flushing or freezing;
 * paths that stay keep their states and counters. RRPATH_DONE, or RRPATH_FAILED
 * with one line on stderr; the map then runs on with its old table.
 */
int rrpath_reload(const struct rrpath_map *map, const struct rrpath_table *table, uint64_t sectors);

#endif
