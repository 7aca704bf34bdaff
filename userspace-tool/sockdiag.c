// SPDX-License-Identifier: GPL-2.0
/* TCP connections through sock_diag(7). */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockdiag.h"

/* The kernel's numbers, which no header of the uapi has. */
enum {
	ESTABLISHED = 1,
	SYN_SENT = 2,
	FIN_WAIT1 = 4,
	FIN_WAIT2 = 5,
	CLOSE_WAIT = 8,
	LAST_ACK = 9,
	CLOSING = 11,
};

#define IN(state)	(UINT32_C(1) << (state))
#define STATES	(IN(ESTABLISHED) | IN(SYN_SENT) | IN(FIN_WAIT1) | IN(FIN_WAIT2) | \
		 IN(CLOSE_WAIT) | IN(LAST_ACK) | IN(CLOSING))

struct request {
	struct nlmsghdr head;
	struct inet_diag_req_v2 req;
};

_Static_assert(sizeof(struct inet_diag_sockid) == sizeof(((struct rrpath_tcp *)0)->id),
	       "the size of a socket's id");

bool rrpath_tcp_peer_set(struct rrpath_tcp_peer *peer, const char *address, unsigned int port,
			 unsigned int local_port)
{
	memset(peer, 0, sizeof(*peer));
	peer->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	peer->port = port;
	peer->local_port = local_port;
	return inet_pton(peer->family, address, peer->address) == 1;
}

int rrpath_tcp_open(void)
{
	/* An answer takes microseconds; one that does not come must not hang anybody. */
	struct timeval patience = { .tv_sec = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static int send_request(int fd, uint16_t type, uint16_t flags, const struct rrpath_tcp_peer *peer,
			const struct rrpath_tcp *tcp)
{
	static uint32_t sequence;
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct request request = {
		.head.nlmsg_len = sizeof(request),
		.head.nlmsg_type = type,
		.head.nlmsg_flags = NLM_F_REQUEST | flags,
		.head.nlmsg_seq = ++sequence,
		.req.sdiag_family = (uint8_t)(tcp ? tcp->family : peer->family),
		.req.sdiag_protocol = IPPROTO_TCP,
		.req.idiag_states = STATES,
	};

	if (tcp) {
		memcpy(&request.req.id, tcp->id, sizeof(request.req.id));
	} else {
		request.req.idiag_ext = 1 << (INET_DIAG_INFO - 1);
		/* In a dump the kernel compares the ports, but not the addresses. */
		request.req.id.idiag_dport = htons((uint16_t)peer->port);
		request.req.id.idiag_sport = htons((uint16_t)peer->local_port);
	}
	if (sendto(fd, &request, sizeof(request), 0, (struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return -errno;
	return (int)request.head.nlmsg_seq;
}

static enum rrpath_tcp_state state_of(const struct inet_diag_msg *msg)
{
	switch (msg->idiag_state) {
	case ESTABLISHED:
		return RRPATH_TCP_ESTABLISHED;
	case SYN_SENT:
		return RRPATH_TCP_CONNECTING;
	}
	return RRPATH_TCP_CLOSING;
}

static bool same_address(const struct inet_diag_msg *msg, const struct rrpath_tcp_peer *peer)
{
	size_t len = peer->family == AF_INET ? 4 : 16;

	return msg->idiag_family == peer->family && !memcmp(msg->id.idiag_dst, peer->address, len);
}

static void read_info(struct rrpath_tcp *tcp, const struct nlmsghdr *head)
{
	const struct inet_diag_msg *msg = NLMSG_DATA(head);
	int len = (int)head->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*msg));
	const struct rtattr *attr = (const struct rtattr *)(msg + 1);
	struct tcp_info info = { 0 };

	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len)) {
		size_t size = RTA_PAYLOAD(attr);

		if (attr->rta_type != INET_DIAG_INFO)
			continue;
		memcpy(&info, RTA_DATA(attr), size < sizeof(info) ? size : sizeof(info));
	}
	tcp->unacked = info.tcpi_unacked;
	tcp->retransmits = info.tcpi_retransmits;
	tcp->probes = info.tcpi_probes;
	tcp->backoff = info.tcpi_backoff;
	tcp->resend_ms = info.tcpi_rto / 1000;
	tcp->last_ack_ms = info.tcpi_last_ack_recv;
	tcp->last_recv_ms = info.tcpi_last_data_recv;
	tcp->last_sent_ms = info.tcpi_last_data_sent;
	tcp->round_trip_ms = info.tcpi_rtt / 1000;
}

/* Takes the message's socket for the answer if it is that, and a better one than before. */
static void take(struct rrpath_tcp *tcp, const struct nlmsghdr *head,
		 const struct rrpath_tcp_peer *peer, enum rrpath_tcp_state want)
{
	const struct inet_diag_msg *msg = NLMSG_DATA(head);
	enum rrpath_tcp_state state;

	if (head->nlmsg_len < NLMSG_LENGTH(sizeof(*msg)) || !same_address(msg, peer))
		return;
	state = state_of(msg);
	if ((want != RRPATH_TCP_NONE && state != want) ||
	    (tcp->state != RRPATH_TCP_NONE && tcp->state <= state))
		return;
	memset(tcp, 0, sizeof(*tcp));
	tcp->state = state;
	tcp->family = msg->idiag_family;
	tcp->inode = msg->idiag_inode;
	memcpy(tcp->id, &msg->id, sizeof(msg->id));
	read_info(tcp, head);
}

/* 0 or the negative errno that the message has; 1: it is not the end of the answer. */
static int end_of(const struct nlmsghdr *head)
{
	const struct nlmsgerr *error = NLMSG_DATA(head);

	if (head->nlmsg_type == NLMSG_DONE)
		return 0;
	if (head->nlmsg_type != NLMSG_ERROR)
		return 1;
	return head->nlmsg_len < NLMSG_LENGTH(sizeof(*error)) ? -EIO : error->error;
}

static int read_answer(int fd, uint32_t sequence, const struct rrpath_tcp_peer *peer,
		       enum rrpath_tcp_state want, struct rrpath_tcp *tcp)
{
	static union {
		struct nlmsghdr head;
		char bytes[32768];
	} buffer;

	for (;;) {
		struct nlmsghdr *head = &buffer.head;
		ssize_t got = recv(fd, &buffer, sizeof(buffer), 0);
		int len = (int)got;
		int ret;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		for (; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
			/* What is left of an answer that nobody waited for. */
			if (head->nlmsg_seq != sequence)
				continue;
			ret = end_of(head);
			if (ret <= 0)
				return ret;
			if (peer)
				take(tcp, head, peer, want);
		}
	}
}

int rrpath_tcp_find(int fd, const struct rrpath_tcp_peer *peer, enum rrpath_tcp_state want,
		    struct rrpath_tcp *tcp)
{
	int sequence = send_request(fd, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, peer, NULL);

	memset(tcp, 0, sizeof(*tcp));
	if (sequence < 0)
		return sequence;
	return read_answer(fd, (uint32_t)sequence, peer, want, tcp);
}

int rrpath_tcp_destroy(int fd, const struct rrpath_tcp *tcp)
{
	int sequence = send_request(fd, SOCK_DESTROY, NLM_F_ACK, NULL, tcp);

	if (sequence < 0)
		return sequence;
	return read_answer(fd, (uint32_t)sequence, NULL, RRPATH_TCP_NONE, NULL);
}
