/* SPDX-License-Identifier: GPL-2.0 */
/* The network neighbour that packets to an address go to first. */
#ifndef RRPATH_NEIGHBOUR_H
#define RRPATH_NEIGHBOUR_H

#include "sockdiag.h"

struct rrpath_neighbour {
	int fd;			/* to ask the kernel */
	bool silent;		/* it does not answer (ARP, NDP) */
	int family;
	int interface;
	uint8_t address[16];
};

/*
 * Where the neighbour on the way to @peer does not answer (ARP, NDP): throws away the
 * packets that wait for its answer, which would be sent in the moment that the link
 * is back, also those of a connection that is closed by then; and has the kernel ask
 * anew at the next packet, instead of a second after it last asked. 0 (also if it has
 * answered), or a negative errno.
 */
int rrpath_neighbour_forget(const struct rrpath_tcp_peer *peer);

/*
 * The same in two steps, for who has no time between them: each question may have to
 * wait for others that change the network. To be closed also after an error, which
 * leaves nothing to be dropped.
 */
int rrpath_neighbour_open(struct rrpath_neighbour *hop, const struct rrpath_tcp_peer *peer);
int rrpath_neighbour_drop(const struct rrpath_neighbour *hop);
void rrpath_neighbour_close(struct rrpath_neighbour *hop);

#endif
