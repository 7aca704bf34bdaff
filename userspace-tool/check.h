/* SPDX-License-Identifier: GPL-2.0 */
/* May a disk become a path? */
#ifndef RRPATH_CHECK_H
#define RRPATH_CHECK_H

#include "map.h"

struct rrpath_check {
	bool force;
	const struct rrpath_dev *like;	/* a disk it has to be the same LUN as, or NULL */
	const struct rrpath_map *map;	/* the map it is to be added to, or NULL */
};

/*
 * The device that @word names, looked up and described.
 * RRPATH_DONE, or RRPATH_FAILED with one line on stderr and @dev empty.
 */
int rrpath_check_device(const char *word, struct rrpath_dev *dev);

/*
 * RRPATH_DONE, or RRPATH_FAILED with one line on stderr. With @force, what can
 * be overridden is, and each such thing named in a line on stderr.
 */
int rrpath_check_disk(const struct rrpath_check *check, const struct rrpath_dev *dev);

/*
 * True if the number of @dev still means the disk that @dev describes. Asked while
 * a loaded table has the disk open, the answer stays true: a number that is in use
 * is not given to another disk. If not, @why (RRPATH_WHY_LEN) says so.
 */
bool rrpath_check_again(const struct rrpath_dev *dev, char *why);

/* What rrpath_check_again() said, on stderr: RRPATH_DONE if @force overrides it. */
int rrpath_check_report(bool force, const char *why);

/*
 * What device-mapper UUID a map of such disks gets: "rrpath-" and their WWID, or
 * the map's name if they have none. @uuid has RRPATH_UUID_LEN bytes.
 */
void rrpath_uuid_for(const struct rrpath_dev *dev, const char *name, char *uuid);

#endif
