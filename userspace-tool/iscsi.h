/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An iSCSI session as the kernel shows it in sysfs. All files are opened
 * beforehand: reading and writing them later walks no path and touches no disk.
 */
#ifndef RRPATH_ISCSI_H
#define RRPATH_ISCSI_H

#include <stdbool.h>
#include <stddef.h>

#include "sockdiag.h"
#include "transport.h"

struct rrpath_iscsi {
	char name[32];		/* session3 */
	int state_fd;
	int recovery_fd;
	int address_fd;
	int port_fd;
	int local_port_fd;
	struct rrpath_tcp_peer portal;	/* that it logs in to; family 0: not an address */
};

/* 0, or -ENOENT: no iSCSI session, or one that is just going. */
int rrpath_iscsi_open(struct rrpath_iscsi *session, const struct rrpath_transport *t);
void rrpath_iscsi_close(struct rrpath_iscsi *session);

/* False while the session has no connection. */
bool rrpath_iscsi_peer(const struct rrpath_iscsi *session, struct rrpath_tcp_peer *peer);

bool rrpath_iscsi_logged_in(const struct rrpath_iscsi *session);

/* False once the session is no more: logged out. */
bool rrpath_iscsi_exists(const struct rrpath_iscsi *session);

/*
 * recovery_tmo, the seconds that commands wait for a broken connection to come
 * back, becomes 0; what it was is kept in a file below /run until it is given
 * back. 0 or a negative errno.
 */
int rrpath_iscsi_hurry(const struct rrpath_iscsi *session);

/* True if rrpath_iscsi_hurry() of this or an earlier process has not been undone. */
bool rrpath_iscsi_hurried(const struct rrpath_iscsi *session);

/*
 * Calls @each with the name of each session that rrpath_iscsi_hurried() is true for;
 * what was kept for one that has been logged out is thrown away.
 */
void rrpath_iscsi_each_hurried(void (*each)(void *data, const char *name), void *data);

/* As rrpath_iscsi_open() by the session's name alone. */
int rrpath_iscsi_open_name(struct rrpath_iscsi *session, const char *name);

/*
 * Gives recovery_tmo its value back. 0 (also if there is nothing to be done),
 * -EBUSY: the kernel refuses it until the session is logged in; or another
 * negative errno.
 */
int rrpath_iscsi_calm(const struct rrpath_iscsi *session);

#endif
