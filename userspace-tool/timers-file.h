/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /etc/rrpath/timers: what was changed, and what it was.
 *
 *	map lun0
 *	limit lun0,lun1 iscsi:iqn.2024-01.org.example:a,192.168.100.8:3260,default recv_tmo 5 2
 *
 * The last word may be several numbers, as in 5,1: what is set now, and what was before.
 */
#ifndef RRPATH_TIMERS_FILE_H
#define RRPATH_TIMERS_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* One limit that was changed: a line of the file. */
struct rrpath_limit {
	char *maps;		/* who has use of it; "-" for one still to be put back */
	char *owner;		/* what has the limit, however the kernel calls that today */
	char *name;
	long before;
	long set;
	/* What else was set since: a session that was down then may still have it. */
	size_t nr_earlier;
	long *earlier;
	bool met;		/* it was found, but could not be put back now */
	bool gone;		/* to be put back now; not in the file */
	bool done;		/* and was, or there is nothing left to put it back to */
};

struct rrpath_limits {
	size_t nr_maps;
	char **map;		/* whose limits are ours */
	size_t nr;
	struct rrpath_limit *limit;
};

/* Lines that cannot be read are left out. */
void rrpath_limits_load(struct rrpath_limits *r);
void rrpath_limits_free(struct rrpath_limits *r);

/* All that is not done; no file if that is nothing. 0 or a negative errno. */
int rrpath_limits_save(const struct rrpath_limits *r);

bool rrpath_limits_has_map(const struct rrpath_limits *r, const char *name);
void rrpath_limits_add_map(struct rrpath_limits *r, const char *name);
void rrpath_limits_remove_map(struct rrpath_limits *r, const char *name);

/* NULL if there is none. Valid until the next one is added. */
struct rrpath_limit *rrpath_limits_find(struct rrpath_limits *r, const char *owner,
					const char *name);
struct rrpath_limit *rrpath_limits_add(struct rrpath_limits *r, const char *maps,
				       const char *owner, const char *name, long before,
				       long set);

bool rrpath_limit_has_user(const struct rrpath_limit *limit, const char *map);
/* True if no other map has use of it. */
bool rrpath_limit_is_only(const struct rrpath_limit *limit, const char *map);
bool rrpath_limit_is_unused(const struct rrpath_limit *limit);
void rrpath_limit_add_user(struct rrpath_limit *limit, const char *map);
void rrpath_limit_remove_user(struct rrpath_limit *limit, const char *map);

void rrpath_limit_set(struct rrpath_limit *limit, long value);
/* True if @value was set by us, now or earlier. */
bool rrpath_limit_is_ours(const struct rrpath_limit *limit, long value);

/* True if it is one of a node record, not of a running session or a disk. */
bool rrpath_limit_is_node(const struct rrpath_limit *limit);

#endif
