/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transport's own limits for the paths of a map: set when the map is made,
 * set again when a disk comes back, put back to what they were when the map goes.
 *
 * Why: what is in flight on a dead path comes back when the transport gives up,
 * and the defaults of the transports are made for disks that have no other path.
 * A map with two paths or more has one to go to; the patience for the case that
 * none is left belongs into the map (queue_if_no_path, no_path_timeout_ms).
 *
 * What was before is kept in /etc/rrpath/timers, for as long as a map has use of
 * it. Two maps over one session share the limit: the last one puts it back. What
 * somebody else has changed meanwhile is left alone. Called with rrpath_lock().
 */
#ifndef RRPATH_TIMERS_H
#define RRPATH_TIMERS_H

#include <stdio.h>

#include "map.h"
#include "transport.h"

/* What no_path_timeout_ms a map gets with its tuned timers: the patience of before. */
#define RRPATH_PATIENCE_MS	"120000"

/* True if a transport has limits that are set for a map with another path. */
bool rrpath_timers_apply_to(enum rrpath_transport_type type);

/*
 * What the limit should be for a path of a map, if it is longer: @queues, the map
 * holds I/O while it has no path. False if it is good as it is.
 */
bool rrpath_timer_wanted(const struct rrpath_transport *t, enum rrpath_timer_id id, bool queues,
			 long *value);

/* The same for the disk's node record, by the name there. NULL: it has no such limit. */
const char *rrpath_timer_node_name(enum rrpath_timer_id id);

/* Prints one line for each change of a limit; NULL: says nothing. */
struct rrpath_timers_say {
	FILE *out;
	unsigned int changes;
	unsigned int failures;
};

/*
 * From now on the limits of @map's paths are ours. A map with one path is only
 * noted: its limits are set when it gets a second one.
 */
void rrpath_timers_set(const struct rrpath_map *map, struct rrpath_timers_say *say);

/*
 * After paths have come, gone, or come back: sets what is to be set if the map's
 * limits are ours, and does nothing otherwise. Cheap if there is nothing to do.
 */
void rrpath_timers_again(const struct rrpath_map *map, struct rrpath_timers_say *say);

/* The same by name, if the map is there; what could not be set is a line on stderr. */
void rrpath_timers_changed(const char *name);

/*
 * The session of @dev has connected again, by which it lost what had been set live: sets
 * what is noted for it. Writes no record and runs no program.
 */
void rrpath_timers_reconnected(const struct rrpath_dev *dev);

/* True if the limits of the map @name are ours. */
bool rrpath_timers_are_set(const char *name);

/* What is noted for the map @name is now that of the map @to. */
void rrpath_timers_renamed(const char *name, const char *to);

/* The map @name is gone: puts back what no other map has use of. */
void rrpath_timers_restore(const char *name, struct rrpath_timers_say *say);

/*
 * The map @name goes with its last user: nothing of it is set again, and what was set
 * is put back by rrpath_timers_settle() when it is gone.
 */
void rrpath_timers_leave(const char *name);

/* Puts back what could not be put back before. Cheap if there is nothing to do. */
void rrpath_timers_settle(void);

/* The path over @dev was taken out of the map @name, which has other paths still. */
void rrpath_timers_restore_path(const char *name, const struct rrpath_dev *dev,
				struct rrpath_timers_say *say);

#endif
