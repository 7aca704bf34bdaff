// SPDX-License-Identifier: GPL-2.0
/* Connection attempts of iscsid, begun anew. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dev.h"
#include "neighbour.h"
#include "redial.h"
#include "util.h"

/*
 * Before 6.9 the kernel keeps the ICMP messages of failed attempts for a reader that
 * there never is. They would make the socket look ready (poll(2)), and, once it is
 * connected, hide its end from the kernel's iSCSI initiator, which takes them for data
 * still to be read.
 */
static void forget_errors(int fd)
{
	char byte, control[256];
	struct iovec iov = { &byte, sizeof(byte) };
	struct msghdr msg;

	do {
		memset(&msg, 0, sizeof(msg));
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
	} while (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0);
}

void rrpath_redial_init(struct rrpath_redial *redial)
{
	memset(redial, 0, sizeof(*redial));
	redial->fd = -1;
	redial->pidfd = -1;
}

void rrpath_redial_end(struct rrpath_redial *redial)
{
	if (redial->fd >= 0) {
		forget_errors(redial->fd);
		close(redial->fd);
	}
	if (redial->pidfd >= 0)
		close(redial->pidfd);
	rrpath_redial_init(redial);
}

int rrpath_redial_fd(const struct rrpath_redial *redial)
{
	return redial->fd;
}

/* /proc/PID/fd/NUMBER is the socket with this inode. */
static bool is_socket(int pid, int number, uint32_t inode)
{
	char path[64], target[64], want[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, number);
	snprintf(want, sizeof(want), "socket:[%u]", inode);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = '\0';
	return !strcmp(target, want);
}

/* The number that the process knows the socket by, or -1. */
static int number_of(int pid, uint32_t inode)
{
	struct dirent *entry;
	char path[64];
	int found = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && found < 0 && (entry = readdir(dir))) {
		uint64_t number;

		if (!rrpath_parse_u64(entry->d_name, 0, INT32_MAX, &number) &&
		    is_socket(pid, (int)number, inode))
			found = (int)number;
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Anybody can call a program iscsid; the directory of a process is its user's. */
static bool is_roots(int pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	return !stat(path, &st) && !st.st_uid;
}

/* Sockets of other programs are not touched, wherever they connect to. */
static bool find_owner(struct rrpath_redial *redial, uint32_t inode)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	bool found = false;

	while (proc && !found && (entry = readdir(proc))) {
		char comm[32];
		uint64_t pid;

		if (rrpath_parse_u64(entry->d_name, 1, INT32_MAX, &pid) ||
		    !rrpath_read_line(comm, sizeof(comm), "/proc/%s/comm", entry->d_name) ||
		    strcmp(comm, "iscsid") || !is_roots((int)pid))
			continue;
		redial->pid = (int)pid;
		redial->number = number_of(redial->pid, inode);
		found = redial->number >= 0;
	}
	if (proc)
		closedir(proc);
	return found;
}

static int take_hold(struct rrpath_redial *redial, uint32_t inode)
{
	int ret;

	if (!find_owner(redial, inode))
		return -ENOENT;
	redial->pidfd = (int)syscall(SYS_pidfd_open, redial->pid, 0);
	if (redial->pidfd >= 0)
		redial->fd = (int)syscall(SYS_pidfd_getfd, redial->pidfd, redial->number, 0);
	ret = redial->fd < 0 ? -errno : 0;
	/* Meanwhile the number may have come to mean another file. */
	if (!ret && !is_socket(getpid(), redial->fd, inode))
		ret = -ENOENT;
	redial->inode = inode;
	return ret;
}

/* iscsid has closed its end, connected or not: then it is not to live on here. */
static bool is_abandoned(const struct rrpath_redial *redial)
{
	return !is_socket(redial->pid, redial->number, redial->inode);
}

static bool is_connected(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	return !getpeername(fd, (struct sockaddr *)&address, &len);
}

/*
 * 0: the attempt may be ended. Not one that has come through by now, nor one whose
 * owner waits for it in connect(2), as so would we.
 */
static int may_end(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	if (!(flags & O_NONBLOCK))
		return -EPERM;
	return is_connected(fd) ? -EISCONN : 0;
}

static int connect_again(int fd, const struct rrpath_tcp_peer *peer)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)peer->port) };
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)peer->port)
	};
	struct rrpath_neighbour hop;
	int ret;

	memcpy(&in.sin_addr, peer->address, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, peer->address, sizeof(in6.sin6_addr));
	rrpath_neighbour_open(&hop, peer);
	/* Asked last: while the neighbour was looked for the answer may have come. */
	ret = may_end(fd);
	if (ret) {
		rrpath_neighbour_close(&hop);
		return ret;
	}
	connect(fd, &none, sizeof(none));
	/* Now, as that could have ended the attempt in an error. */
	rrpath_neighbour_drop(&hop);
	forget_errors(fd);
	ret = peer->family == AF_INET ? connect(fd, (struct sockaddr *)&in, sizeof(in)) :
					connect(fd, (struct sockaddr *)&in6, sizeof(in6));
	ret = ret && errno != EINPROGRESS ? -errno : 0;
	rrpath_neighbour_close(&hop);
	return ret;
}

int rrpath_redial(struct rrpath_redial *redial, int diag, const struct rrpath_tcp_peer *peer)
{
	struct rrpath_tcp_peer any = *peer;
	struct rrpath_tcp tcp;
	int ret;

	if (redial->fd >= 0 && (is_connected(redial->fd) || is_abandoned(redial)))
		rrpath_redial_end(redial);
	if (redial->fd < 0) {
		any.local_port = 0;
		ret = rrpath_tcp_find(diag, &any, RRPATH_TCP_CONNECTING, &tcp);
		if (!ret && tcp.state != RRPATH_TCP_CONNECTING)
			ret = -ENOENT;
		if (!ret)
			ret = take_hold(redial, tcp.inode);
		if (ret) {
			rrpath_redial_end(redial);
			return ret;
		}
	}
	return connect_again(redial->fd, peer);
}
