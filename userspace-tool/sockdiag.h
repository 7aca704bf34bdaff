/* SPDX-License-Identifier: GPL-2.0 */
/* TCP connections as the kernel's sock_diag shows them, and their end. */
#ifndef RRPATH_SOCKDIAG_H
#define RRPATH_SOCKDIAG_H

#include <stdbool.h>
#include <stdint.h>

/* The far end, and the port of the near one. */
struct rrpath_tcp_peer {
	int family;		/* AF_INET or AF_INET6 */
	uint8_t address[16];
	unsigned int port;
	unsigned int local_port;	/* 0: any */
};

enum rrpath_tcp_state {
	RRPATH_TCP_NONE,	/* there is no such connection */
	RRPATH_TCP_ESTABLISHED,
	RRPATH_TCP_CONNECTING,
	RRPATH_TCP_CLOSING,
};

struct rrpath_tcp {
	enum rrpath_tcp_state state;
	unsigned int unacked;		/* segments sent that the peer has not acknowledged */
	unsigned int retransmits;	/* times in a row that the oldest was sent again */
	unsigned int probes;		/* of a closed window, in a row without an answer */
	unsigned int backoff;		/* times that the wait below has been doubled */
	unsigned int resend_ms;		/* after so long without an answer it sends again */
	unsigned int last_ack_ms;	/* since the peer last acknowledged something */
	unsigned int last_recv_ms;	/* since it last sent data */
	unsigned int last_sent_ms;	/* since data was sent */
	unsigned int round_trip_ms;
	uint32_t inode;
	uint32_t id[12];		/* struct inet_diag_sockid */
	int family;
};

/* "192.168.100.8" or "fd00::8". False if it is no address. */
bool rrpath_tcp_peer_set(struct rrpath_tcp_peer *peer, const char *address, unsigned int port,
			 unsigned int local_port);

/* A socket for the others, or a negative errno. */
int rrpath_tcp_open(void);

/*
 * The connection to @peer in state @want, or with RRPATH_TCP_NONE in any: where
 * there are several, one that is established before others. 0 (also if there is
 * none: then @tcp says so), or a negative errno. Allocates nothing.
 */
int rrpath_tcp_find(int fd, const struct rrpath_tcp_peer *peer, enum rrpath_tcp_state want,
		    struct rrpath_tcp *tcp);

/*
 * Ends the connection, that very one: the kernel sends nothing of it any more,
 * and its owner gets ECONNABORTED. 0; -ENOENT: it has ended already; -EOPNOTSUPP:
 * a kernel without INET_DIAG_DESTROY; or another negative errno.
 */
int rrpath_tcp_destroy(int fd, const struct rrpath_tcp *tcp);

#endif
