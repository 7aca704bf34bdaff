// SPDX-License-Identifier: GPL-2.0
/* What the kernel answers over netlink: TCP connections, routes, neighbours, iSCSI. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "../util.h"
#include "fake.h"
#include "fake-wrapped.h"

#define NR_SOCKETS	8

struct fake_netlink fake_netlink;

/* Sockets by protocol: any of them is one of NETLINK_ROUTE to the kernel. */
static struct {
	int fd;
	int protocol;
} sockets[NR_SOCKETS];
static size_t nr_sockets;

static union {
	struct nlmsghdr head;
	char bytes[8192];
} answer;
static size_t answer_len;

void fake_netlink_reset(void)
{
	memset(&fake_netlink, 0, sizeof(fake_netlink));
	nr_sockets = 0;
	answer_len = 0;
}

static int protocol_of(int fd)
{
	size_t i;

	/* A number may be used again: the last one is meant. */
	for (i = nr_sockets; i > 0; i--)
		if (sockets[i - 1].fd == fd)
			return sockets[i - 1].protocol;
	return -1;
}

static bool fails(int error, int protocol)
{
	if (!error || fake_netlink.faults_of != protocol)
		return false;
	errno = error;
	return true;
}

int __wrap_socket(int domain, int type, int protocol)
{
	int fd;

	if (!fake_netlink.on || domain != AF_NETLINK)
		return __real_socket(domain, type, protocol);
	if (fails(fake_netlink.socket_error, protocol))
		return -1;
	fd = __real_socket(AF_NETLINK, type, NETLINK_ROUTE);
	assert_true(fd >= 0);
	if (nr_sockets == NR_SOCKETS)
		memmove(&sockets[0], &sockets[1], --nr_sockets * sizeof(sockets[0]));
	sockets[nr_sockets].fd = fd;
	sockets[nr_sockets++].protocol = protocol;
	return fd;
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	if (fake_netlink.on && fails(fake_netlink.bind_error, protocol_of(fd)))
		return -1;
	return __real_bind(fd, address, len);
}

/* A message with so much room behind its head, zeroed. */
static void *add_message(const struct nlmsghdr *request, uint16_t type, size_t size)
{
	struct nlmsghdr *head = (struct nlmsghdr *)(void *)(answer.bytes + answer_len);

	assert_true(answer_len + NLMSG_SPACE(size) <= sizeof(answer));
	memset(head, 0, NLMSG_SPACE(size));
	head->nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	head->nlmsg_type = type;
	head->nlmsg_seq = request->nlmsg_seq;
	answer_len += NLMSG_SPACE(size);
	return NLMSG_DATA(head);
}

static void add_error(const struct nlmsghdr *request, int error)
{
	struct nlmsgerr *to;

	if (fake_netlink.short_answer) {
		add_message(request, NLMSG_ERROR, 0);
		return;
	}
	to = add_message(request, NLMSG_ERROR, sizeof(*to));
	to->error = -error;
}

static void *put_attribute(char *to, uint16_t type, const void *data, size_t size)
{
	struct rtattr *attr = (struct rtattr *)(void *)to;

	attr->rta_type = type;
	attr->rta_len = (uint16_t)RTA_LENGTH(size);
	memcpy(RTA_DATA(attr), data, size);
	return to + RTA_SPACE(size);
}

static void add_tcp(const struct nlmsghdr *request, const struct fake_tcp *tcp)
{
	const struct tcp_info info = {
		.tcpi_unacked = tcp->unacked,
		.tcpi_retransmits = (uint8_t)tcp->retransmits,
		.tcpi_backoff = (uint8_t)tcp->retransmits,
		.tcpi_rto = 200000U << tcp->retransmits,
		.tcpi_last_ack_recv = tcp->silent_ms,
		.tcpi_last_data_recv = tcp->silent_ms,
		.tcpi_last_data_sent = tcp->sent_ms,
		.tcpi_rtt = 1000,
	};
	const uint32_t mark = 7;
	struct inet_diag_msg *msg;
	bool v6 = strchr(tcp->address, ':');

	if (fake_netlink.short_answer) {
		add_message(request, SOCK_DIAG_BY_FAMILY, 0);
		return;
	}
	msg = add_message(request, SOCK_DIAG_BY_FAMILY,
			  sizeof(*msg) + RTA_SPACE(sizeof(mark)) + RTA_SPACE(sizeof(info)));
	msg->idiag_family = v6 ? AF_INET6 : AF_INET;
	msg->idiag_state = (uint8_t)tcp->state;
	msg->idiag_inode = tcp->inode;
	msg->id.idiag_dport = htons((uint16_t)tcp->port);
	msg->id.idiag_sport = htons((uint16_t)tcp->local_port);
	assert_int_equal(inet_pton(msg->idiag_family, tcp->address, msg->id.idiag_dst), 1);
	put_attribute(put_attribute((char *)(msg + 1), INET_DIAG_MARK, &mark, sizeof(mark)),
		      INET_DIAG_INFO, &info, sizeof(info));
}

/* That very connection is no more. */
static void end_tcp(const struct inet_diag_sockid *id)
{
	char address[INET6_ADDRSTRLEN];
	size_t i;

	for (i = 0; i < fake_netlink.nr_tcp; i++) {
		struct fake_tcp *tcp = &fake_netlink.tcp[i];

		inet_ntop(strchr(tcp->address, ':') ? AF_INET6 : AF_INET, id->idiag_dst, address,
			  sizeof(address));
		if (!strcmp(tcp->address, address) &&
		    htons((uint16_t)tcp->port) == id->idiag_dport &&
		    htons((uint16_t)tcp->local_port) == id->idiag_sport)
			*tcp = fake_netlink.tcp[--fake_netlink.nr_tcp];
	}
}

static void answer_diag(const struct nlmsghdr *request)
{
	const struct inet_diag_req_v2 *want = NLMSG_DATA(request);
	size_t i;

	if (request->nlmsg_type == SOCK_DESTROY) {
		fake_netlink.nr_destroyed++;
		if (!fake_netlink.destroy_error)
			end_tcp(&want->id);
		add_error(request, fake_netlink.destroy_error);
		return;
	}
	assert_int_equal(request->nlmsg_type, SOCK_DIAG_BY_FAMILY);
	if (fake_netlink.dump_error) {
		add_error(request, fake_netlink.dump_error);
		return;
	}
	for (i = 0; i < fake_netlink.nr_tcp; i++) {
		const struct fake_tcp *tcp = &fake_netlink.tcp[i];

		/* As the kernel does: ports, but not addresses. */
		if (htons((uint16_t)tcp->port) == want->id.idiag_dport &&
		    (!want->id.idiag_sport ||
		     htons((uint16_t)tcp->local_port) == want->id.idiag_sport))
			add_tcp(request, tcp);
	}
	add_message(request, NLMSG_DONE, sizeof(int));
}

static void answer_route(const struct nlmsghdr *request)
{
	struct rtmsg *route;
	uint8_t gateway[16];
	char *at;

	if (!fake_netlink.interface) {
		add_error(request, ENETUNREACH);
		return;
	}
	route = add_message(request, RTM_NEWROUTE, fake_netlink.short_answer ? 0 : sizeof(*route) +
			    RTA_SPACE(sizeof(int)) + RTA_SPACE(sizeof(gateway)));
	if (fake_netlink.short_answer)
		return;
	at = put_attribute((char *)(route + 1), RTA_OIF, &fake_netlink.interface, sizeof(int));
	if (!fake_netlink.gateway)
		return;
	assert_int_equal(inet_pton(AF_INET, fake_netlink.gateway, gateway), 1);
	put_attribute(at, RTA_GATEWAY, gateway, 4);
}

static void answer_neighbour(const struct nlmsghdr *request)
{
	const struct ndmsg *want = NLMSG_DATA(request);
	const struct rtattr *attr = (const struct rtattr *)(want + 1);
	struct ndmsg *neighbour;

	assert_int_equal(attr->rta_type, NDA_DST);
	inet_ntop(want->ndm_family, RTA_DATA(attr), fake_netlink.asked_for,
		  sizeof(fake_netlink.asked_for));
	if (request->nlmsg_type == RTM_DELNEIGH) {
		fake_netlink.nr_forgotten++;
		add_error(request, fake_netlink.forget_error);
	} else if (fake_netlink.neighbour_error) {
		add_error(request, fake_netlink.neighbour_error);
	} else {
		neighbour = add_message(request, RTM_NEWNEIGH, sizeof(*neighbour));
		neighbour->ndm_state = fake_netlink.neighbour_is_silent ? NUD_INCOMPLETE :
									  NUD_REACHABLE;
	}
}

/* struct iscsi_uevent, as far as the request goes: no header of the uapi has it. */
struct iscsi_request {
	struct nlmsghdr head;
	uint32_t type;
	uint32_t error;
	uint64_t transport;
	uint32_t sid;
	uint32_t cid;
	uint32_t param;
	uint32_t len;
	uint64_t other[3];
	char value[32];
};

static void answer_iscsi(const struct iscsi_request *request)
{
	enum { SET_PARAM = 16, IF_ERROR = 103 };
	struct iscsi_request *to;
	size_t size = sizeof(*to) - sizeof(to->head);

	assert_int_equal(request->type, SET_PARAM);
	assert_int_equal(request->len, strlen(request->value) + 1);
	snprintf(fake_netlink.param, sizeof(fake_netlink.param), "%llu %u:%u %u=%s",
		 (unsigned long long)request->transport, request->sid, request->cid,
		 request->param, request->value);
	if (fake_netlink.short_answer) {
		add_message(&request->head, SET_PARAM, 4);
		return;
	}
	to = (struct iscsi_request *)(void *)answer.bytes;
	add_message(&request->head, SET_PARAM, size);
	to->type = fake_netlink.iscsi_error ? IF_ERROR : SET_PARAM;
	to->error = (uint32_t)fake_netlink.iscsi_error;
}

ssize_t __wrap_sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to,
		      socklen_t to_len)
{
	int protocol = fake_netlink.on ? protocol_of(fd) : -1;
	const struct nlmsghdr *request = data;

	if (protocol < 0)
		return __real_sendto(fd, data, len, flags, to, to_len);
	if (fails(fake_netlink.send_error, protocol))
		return -1;
	assert_int_equal(len, request->nlmsg_len);
	answer_len = 0;
	if (fake_netlink.stale_answer) {
		const struct nlmsghdr before = { .nlmsg_seq = request->nlmsg_seq - 1 };

		add_error(&before, EPERM);
	}
	if (protocol == NETLINK_SOCK_DIAG)
		answer_diag(request);
	else if (protocol == NETLINK_ISCSI)
		answer_iscsi(data);
	else if (request->nlmsg_type == RTM_GETROUTE)
		answer_route(request);
	else
		answer_neighbour(request);
	return (ssize_t)len;
}

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
	int protocol = fake_netlink.on ? protocol_of(fd) : -1;
	size_t len = answer_len;

	if (protocol < 0)
		return __real_recv(fd, data, size, flags);
	if (fake_netlink.interrupted) {
		fake_netlink.interrupted--;
		errno = EINTR;
		return -1;
	}
	if (fails(fake_netlink.recv_error, protocol))
		return -1;
	assert_true(len <= size);
	memcpy(data, answer.bytes, len);
	if (fake_netlink.cut_answer)
		len = sizeof(struct nlmsghdr) - 1;
	errno = 0;
	return (ssize_t)len;
}

ssize_t __wrap___recv_chk(int fd, void *data, size_t size, size_t room, int flags)
{
	assert_true(size <= room);
	return __wrap_recv(fd, data, size, flags);
}
