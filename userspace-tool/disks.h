/* SPDX-License-Identifier: GPL-2.0 */
/* All disks that the kernel has now. */
#ifndef RRPATH_DISKS_H
#define RRPATH_DISKS_H

#include "dev.h"

struct rrpath_disks {
	struct rrpath_dev *dev;
	size_t nr;
};

/*
 * Those that can be paths: with a size and a WWID, no maps, partitions only if
 * @partitions. In the order of their names.
 */
void rrpath_disks_load(struct rrpath_disks *disks, bool partitions);
void rrpath_disks_free(struct rrpath_disks *disks);

#endif
