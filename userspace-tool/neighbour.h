/* SPDX-License-Identifier: GPL-2.0 */
/* The network neighbour that packets to an address go to first. */
#ifndef RRPATH_NEIGHBOUR_H
#define RRPATH_NEIGHBOUR_H

#include "sockdiag.h"

/*
 * Where the neighbour on the way to @peer has not answered (ARP, NDP), has the
 * kernel ask for it anew at the next packet, instead of a second after it last
 * asked; after three unanswered questions it would fail the connection attempt.
 * Who waits for the answer goes on waiting. 0 (also if it has answered), or a
 * negative errno.
 */
int rrpath_neighbour_ask_anew(const struct rrpath_tcp_peer *peer);

#endif
