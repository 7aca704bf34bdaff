/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gets a broken session's next connection through as soon as its link is back.
 *
 * iscsid connects again by itself, but not for this hurry: a connection attempt
 * that nobody answers is repeated by TCP after 1, 2, 4, 8 s, and one that fails
 * ("No route to host", three seconds after the neighbour went silent) makes
 * iscsid wait 3 s more. So the socket on which iscsid is connecting is taken hold
 * of (pidfd_getfd(2)), and the attempt begun anew twice a second: the same socket,
 * still iscsid's, which finds it connected when it looks, once a second, and logs
 * in. Where that is not permitted iscsid does it alone, later.
 */
#ifndef RRPATH_REDIAL_H
#define RRPATH_REDIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "sockdiag.h"

struct rrpath_redial {
	int fd;			/* our hold on the socket, or -1 */
	int pidfd;		/* whose it is */
	int pid;
	int number;		/* what it is called there */
	uint32_t inode;
};

void rrpath_redial_init(struct rrpath_redial *redial);
/* Lets go of the socket; what becomes of it is its owner's business. */
void rrpath_redial_end(struct rrpath_redial *redial);

/*
 * Takes hold of what connects to @peer (any local port), if that has not been
 * done, and begins the attempt anew. Call it now and then until the session is
 * logged in. 0; -ENOENT: nothing connects at the moment; -EISCONN: it just came
 * through; -EPERM: a socket that would block; or another negative errno.
 */
int rrpath_redial(struct rrpath_redial *redial, int diag, const struct rrpath_tcp_peer *peer);

/* Readable, or in error, when the attempt ended one way or another; -1: there is none. */
int rrpath_redial_fd(const struct rrpath_redial *redial);

#endif
