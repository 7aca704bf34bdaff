// SPDX-License-Identifier: GPL-2.0
/* Routes and neighbours through rtnetlink(7). */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "neighbour.h"

struct request {
	struct nlmsghdr head;
	union {
		struct rtmsg route;
		struct ndmsg neighbour;
	};
	char attributes[32];
};

union answer {
	struct nlmsghdr head;
	char bytes[8192];
};

static size_t address_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

static void begin(struct request *request, uint16_t type, uint16_t flags, size_t size)
{
	memset(request, 0, sizeof(*request));
	request->head.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	request->head.nlmsg_type = type;
	request->head.nlmsg_flags = NLM_F_REQUEST | flags;
}

static void add_address(struct request *request, uint16_t type, int family, const void *address)
{
	struct rtattr *attr = (struct rtattr *)((char *)request + request->head.nlmsg_len);

	attr->rta_type = type;
	attr->rta_len = (uint16_t)RTA_LENGTH(address_len(family));
	memcpy(RTA_DATA(attr), address, address_len(family));
	request->head.nlmsg_len += RTA_ALIGN(attr->rta_len);
}

/*
 * 0 with the answer's message, of at least @size bytes if it is no error, or a negative
 * errno.
 */
static int ask(int fd, const struct request *request, union answer *answer, size_t size)
{
	const struct nlmsgerr *error = NLMSG_DATA(&answer->head);
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t got;

	if (sendto(fd, request, request->head.nlmsg_len, 0, (struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return -errno;
	got = recv(fd, answer, sizeof(*answer), 0);
	if (got < 0)
		return -errno;
	if (!NLMSG_OK(&answer->head, (size_t)got))
		return -EIO;
	if (answer->head.nlmsg_type == NLMSG_ERROR)
		return answer->head.nlmsg_len < NLMSG_LENGTH(sizeof(*error)) ? -EIO : error->error;
	return answer->head.nlmsg_len < NLMSG_LENGTH(size) ? -EIO : 0;
}

static int find_hop(int fd, const struct rrpath_tcp_peer *peer,
		    struct rrpath_neighbour *hop)
{
	const struct rtattr *attr;
	struct request request;
	union answer answer;
	int ret, len;

	begin(&request, RTM_GETROUTE, 0, sizeof(request.route));
	request.route.rtm_family = (uint8_t)peer->family;
	request.route.rtm_dst_len = (uint8_t)(8 * address_len(peer->family));
	add_address(&request, RTA_DST, peer->family, peer->address);
	ret = ask(fd, &request, &answer, sizeof(request.route));
	if (ret)
		return ret;
	hop->family = peer->family;
	hop->interface = 0;
	memcpy(hop->address, peer->address, sizeof(hop->address));
	attr = RTM_RTA(NLMSG_DATA(&answer.head));
	len = (int)RTM_PAYLOAD(&answer.head);
	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len)) {
		if (attr->rta_type == RTA_OIF && RTA_PAYLOAD(attr) == sizeof(int))
			memcpy(&hop->interface, RTA_DATA(attr), sizeof(int));
		if (attr->rta_type == RTA_GATEWAY &&
		    RTA_PAYLOAD(attr) == address_len(hop->family))
			memcpy(hop->address, RTA_DATA(attr), RTA_PAYLOAD(attr));
	}
	return hop->interface ? 0 : -ENOENT;
}

static void begin_neighbour(struct request *request, uint16_t type, uint16_t flags,
			    const struct rrpath_neighbour *hop)
{
	begin(request, type, flags, sizeof(request->neighbour));
	request->neighbour.ndm_family = (uint8_t)hop->family;
	request->neighbour.ndm_ifindex = hop->interface;
	add_address(request, NDA_DST, hop->family, hop->address);
}

/* Does not answer, as far as the kernel knows. */
static int is_silent(const struct rrpath_neighbour *hop, bool *silent)
{
	const struct ndmsg *neighbour;
	struct request request;
	union answer answer;
	int ret;

	begin_neighbour(&request, RTM_GETNEIGH, 0, hop);
	ret = ask(hop->fd, &request, &answer, sizeof(*neighbour));
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	neighbour = NLMSG_DATA(&answer.head);
	*silent = neighbour->ndm_state & (NUD_INCOMPLETE | NUD_FAILED);
	return 0;
}

int rrpath_neighbour_open(struct rrpath_neighbour *hop, const struct rrpath_tcp_peer *peer)
{
	struct timeval patience = { .tv_sec = 1 };
	int ret;

	memset(hop, 0, sizeof(*hop));
	hop->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (hop->fd < 0)
		return -errno;
	setsockopt(hop->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	ret = find_hop(hop->fd, peer, hop);
	return ret ? ret : is_silent(hop, &hop->silent);
}

int rrpath_neighbour_drop(const struct rrpath_neighbour *hop)
{
	struct request request;
	union answer answer;
	int ret;

	if (!hop->silent)
		return 0;
	begin_neighbour(&request, RTM_DELNEIGH, NLM_F_ACK, hop);
	ret = ask(hop->fd, &request, &answer, 0);
	return ret == -ENOENT ? 0 : ret;
}

void rrpath_neighbour_close(struct rrpath_neighbour *hop)
{
	if (hop->fd >= 0)
		close(hop->fd);
	hop->fd = -1;
}

int rrpath_neighbour_forget(const struct rrpath_tcp_peer *peer)
{
	struct rrpath_neighbour hop;
	int ret = rrpath_neighbour_open(&hop, peer);

	if (!ret)
		ret = rrpath_neighbour_drop(&hop);
	rrpath_neighbour_close(&hop);
	return ret;
}
