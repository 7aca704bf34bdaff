// SPDX-License-Identifier: GPL-2.0
/* The kernel's uevents, straight from its netlink group: no udev in between. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rrt.h"

/*
 * Prints `ready`, then one line for each event of a block device that carries DM_ACTION:
 * every `KEY=value` of it that starts with DM_, and DEVNAME, in the order they came. Until killed.
 */
static int do_uevents(char *args, FILE *out)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	char buffer[16384];

	(void)args;
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return errno;
	fputs("ready\n", out);
	fflush(out);
	for (;;) {
		ssize_t n = recv(fd, buffer, sizeof(buffer) - 1, 0);
		char *p;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		buffer[n] = '\0';
		if (!memmem(buffer, n, "\0DM_ACTION=", 11))
			continue;
		for (p = buffer; p < buffer + n; p += strlen(p) + 1)
			if (!strncmp(p, "DM_", 3) || !strncmp(p, "DEVNAME=", 8) ||
			    !strncmp(p, "ACTION=", 7))
				fprintf(out, "%s ", p);
		fputs("\n", out);
		fflush(out);
	}
}

const struct rrt_op rrt_event_ops[] = {
	{ "uevents", do_uevents, "print device-mapper path events until killed" },
	{ }
};
