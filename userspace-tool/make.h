/* SPDX-License-Identifier: GPL-2.0 */
/* A new map. */
#ifndef RRPATH_MAKE_H
#define RRPATH_MAKE_H

#include "dev.h"
#include "table.h"

/*
 * Makes the map @name over the disks of @table, which @dev describes in the same
 * order, and which must still be those once the table has them open, unless @force.
 * RRPATH_DONE, or RRPATH_FAILED with one line on stderr and nothing left.
 */
int rrpath_make(const char *name, const struct rrpath_table *table, const struct rrpath_dev *dev,
		bool force);

#endif
