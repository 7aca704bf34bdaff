/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files that hold the record of maps: /etc/rrpath/maps.conf, and for maps that
 * are not to come back after a boot /run/rrpath/maps.conf. What changes them is
 * called with rrpath_lock() held. None of it fails a command: what could not be
 * written is a line on stderr.
 */
#ifndef RRPATH_RECORD_H
#define RRPATH_RECORD_H

#include "map.h"
#include "maps-conf.h"

#define RRPATH_KEY_LEN	512

/*
 * What names the path when its disk has got another name: how the disk is reached.
 * @key has RRPATH_KEY_LEN bytes and has no blanks.
 */
void rrpath_path_key(const struct rrpath_dev *dev, char *key);

/* The path of @dev in @entry, also by a key without interface as once written. Or NULL. */
struct rrpath_conf_path *rrpath_record_path(const struct rrpath_conf_map *entry,
					    const struct rrpath_dev *dev);

/* The maps of both files. Bad lines are reported if @loud, each in a line on stderr. */
void rrpath_record_load(struct rrpath_conf *conf, bool loud);

/*
 * The entry of @map in @conf, whatever name the map has got: that of its LUN. Of a map
 * whose UUID is not of this tool the one of its name. Or NULL.
 */
struct rrpath_conf_map *rrpath_record_entry(const struct rrpath_conf *conf,
					    const struct rrpath_map *map);

/* A map that was renamed: its entry gets the name, and what is noted of its timers. */
void rrpath_record_follow(const struct rrpath_map *map);

/* A map that was made now: for good, or (@transient) until the next boot. */
void rrpath_record_new(const char *name, bool transient);

/*
 * A map that was changed now: its entry, if there is one, becomes what the map is.
 * Paths that the map has lost stay in it. @added, @dropped: the path that was added
 * or dropped by hand, or NULL.
 */
void rrpath_record_changed(const char *name, const struct rrpath_dev *added,
			   const struct rrpath_dev *dropped);

void rrpath_record_remove(const struct rrpath_map *map);

#endif
