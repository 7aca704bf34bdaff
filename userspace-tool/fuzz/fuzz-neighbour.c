// SPDX-License-Identifier: GPL-2.0
/* Answers of rtnetlink about a route and a neighbour. */
#include <string.h>

#include "../neighbour.h"
#include "fuzz-netlink.h"

static int look(const uint8_t *data, size_t size, unsigned char fill,
		struct rrpath_neighbour *hop)
{
	struct rrpath_tcp_peer peer;
	int ret;

	must(rrpath_tcp_peer_set(&peer, size && data[0] & 1 ? "fd00::8" : "10.0.1.8", 3260, 0));
	fuzz_netlink(size ? data + 1 : data, size ? size - 1 : 0, fill);
	ret = rrpath_neighbour_open(hop, &peer);
	must(ret || hop->interface);
	return ret ? ret : rrpath_neighbour_drop(hop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rrpath_neighbour hop, again;

	must(look(data, size, 0, &hop) == look(data, size, 0xff, &again));
	must(hop.silent == again.silent && hop.interface == again.interface);
	must(!memcmp(hop.address, again.address, sizeof(hop.address)));
	return 0;
}
