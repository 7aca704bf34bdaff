/* SPDX-License-Identifier: GPL-2.0 */
/* What udev rules ask about a device while they handle its event. */
#ifndef RRPATH_QUERY_H
#define RRPATH_QUERY_H

/*
 * Prints properties, NAME=value each in a line. Of a disk that is a path of a map,
 * by the record or as it is: DM_RRPATH_MAP. Of a map: DM_RRPATH_USABLE, its number
 * of usable paths, and DM_TYPE, DM_SERIAL, DM_WWN, what its LUN's links in
 * /dev/disk/by-id are called. Waits for nothing, asks no device.
 * RRPATH_DONE, or RRPATH_FAILED if it is none of ours; nothing is said then.
 */
int rrpath_query(const char *word);

#endif
