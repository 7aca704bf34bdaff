/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Limits of an iSCSI session that are no files one could write: those of the
 * running session, which the kernel takes over netlink, and those of the node
 * record, which iscsid uses at the next login.
 */
#ifndef RRPATH_OPEN_ISCSI_H
#define RRPATH_OPEN_ISCSI_H

#include <stddef.h>

#include "transport.h"

/* Which node record: all texts as in the kernel's attributes. */
struct rrpath_node {
	char target[256];
	char portal[128];
	char iface[64];
};

struct rrpath_node_value {
	const char *name;	/* node.session.timeo.replacement_timeout */
	long value;
};

/* A test puts functions of its own here. */
struct rrpath_open_iscsi {
	/* -ENOENT: the kernel takes no such parameter. -ENOTCONN: not now. */
	int (*set_live)(const struct rrpath_transport *t, enum rrpath_timer_id id, long value);
	/* The record's text, "name = value" lines, to be freed. NULL: no record, no iscsiadm. */
	char *(*show)(const struct rrpath_node *node);
	/* 0 or a negative errno. */
	int (*update)(const struct rrpath_node *node, const struct rrpath_node_value *values,
		      size_t nr);
};

extern struct rrpath_open_iscsi rrpath_open_iscsi;

/* True if the parameter can be set in a running session. */
bool rrpath_iscsi_is_live(enum rrpath_timer_id id);

/* The value of @name in a record's @text. False if there is none. */
bool rrpath_node_find(const char *text, const char *name, long *value);

#endif
