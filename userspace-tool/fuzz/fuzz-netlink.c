// SPDX-License-Identifier: GPL-2.0
/* A netlink socket whose answers are the input of a fuzzer, put in place by ld --wrap. */
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "fuzz-netlink.h"

static const uint8_t *left;
static size_t left_size;
static unsigned char filler;
static uint32_t sequence;

void fuzz_netlink(const uint8_t *data, size_t size, unsigned char fill)
{
	left = data;
	left_size = size;
	filler = fill;
}

ssize_t __wrap_sendto(int fd, const void *message, size_t len, int flags,
		      const struct sockaddr *to, socklen_t to_len)
{
	const struct nlmsghdr *head = message;

	(void)fd;
	(void)flags;
	(void)to;
	(void)to_len;
	must(len >= sizeof(*head) && head->nlmsg_len == len);
	sequence = head->nlmsg_seq;
	return (ssize_t)len;
}

/* Messages of sequence 0 are answers to the last request, all others are not. */
static void set_sequence(uint8_t *buffer, size_t size)
{
	struct nlmsghdr head;

	while (size >= sizeof(head)) {
		size_t len;

		memcpy(&head, buffer, sizeof(head));
		head.nlmsg_seq = head.nlmsg_seq ? ~sequence : sequence;
		memcpy(buffer, &head, sizeof(head));
		len = NLMSG_ALIGN((size_t)head.nlmsg_len);
		if (len < sizeof(head) || len > size)
			return;
		buffer += len;
		size -= len;
	}
}

ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags)
{
	size_t len;

	(void)fd;
	(void)flags;
	memset(buffer, filler, size);
	if (left_size < 2) {
		errno = EAGAIN;
		return -1;
	}
	len = left[0] | (size_t)left[1] << 8;
	left += 2;
	left_size -= 2;
	len = len < left_size ? len : left_size;
	len = len < size ? len : size;
	memcpy(buffer, left, len);
	set_sequence(buffer, len);
	left += len;
	left_size -= len;
	return (ssize_t)len;
}

/* It is never read from. */
int __wrap_socket(int domain, int type, int protocol)
{
	(void)domain;
	(void)type;
	(void)protocol;
	return 1000;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	(void)fd;
	(void)level;
	(void)name;
	(void)value;
	(void)len;
	return 0;
}

int __wrap_close(int fd)
{
	(void)fd;
	return 0;
}
