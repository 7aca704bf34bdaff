/* SPDX-License-Identifier: GPL-2.0 */
/* A netlink socket whose answers are the input of a fuzzer. */
#ifndef RRPATH_FUZZ_NETLINK_H
#define RRPATH_FUZZ_NETLINK_H

#include <sys/socket.h>
#include <sys/types.h>

#include "fuzz.h"

/*
 * The answers from now on: each is a length of two bytes, little-endian, and so many
 * bytes. The rest of a receive buffer is filled with @fill: what the parser makes of an
 * answer must not depend on what was not received.
 */
void fuzz_netlink(const uint8_t *data, size_t size, unsigned char fill);

/* What the tool's objects call in place of the C library's. */
ssize_t __wrap_sendto(int fd, const void *message, size_t len, int flags,
		      const struct sockaddr *to, socklen_t to_len);
ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __wrap_close(int fd);

#endif
