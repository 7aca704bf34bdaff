// SPDX-License-Identifier: GPL-2.0
/* Answers of sock_diag: a connection is one of them or none. */
#include <string.h>
#include <sys/socket.h>

#include "../sockdiag.h"
#include "fuzz-netlink.h"

static int find(const uint8_t *data, size_t size, unsigned char fill, struct rrpath_tcp *tcp)
{
	struct rrpath_tcp_peer peer;
	enum rrpath_tcp_state want = size ? data[0] & 3 : RRPATH_TCP_NONE;
	int ret;

	must(rrpath_tcp_peer_set(&peer, size && data[0] & 4 ? "fd00::8" : "10.0.1.8", 3260, 0));
	fuzz_netlink(size ? data + 1 : data, size ? size - 1 : 0, fill);
	ret = rrpath_tcp_find(3, &peer, want, tcp);
	must(want == RRPATH_TCP_NONE || tcp->state == RRPATH_TCP_NONE || tcp->state == want);
	must(tcp->state == RRPATH_TCP_NONE || tcp->family == peer.family);
	must(!rrpath_tcp_peer_set(&peer, "10.0.1", 1, 0));
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rrpath_tcp tcp, again;
	int ret = find(data, size, 0, &tcp);

	must(ret == find(data, size, 0xff, &again));
	must(!memcmp(&tcp, &again, sizeof(tcp)));
	fuzz_netlink(data, size, 0);
	rrpath_tcp_destroy(3, &tcp);
	return 0;
}
