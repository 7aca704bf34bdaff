// SPDX-License-Identifier: GPL-2.0
/* Limits of an iSCSI session that are no files one could write. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "open-iscsi.h"
#include "util.h"

#define ISCSIADM_MS	10000
#define MAX_VALUES	16
#define MAX_WORDS	(12 + 4 * MAX_VALUES)

/* As in the kernel's include/scsi/iscsi_if.h, which no package installs. */
#define UEVENT_SET_PARAM	16
#define KEVENT_IF_ERROR		103

struct set_param {
	struct nlmsghdr head;
	struct {
		uint32_t type;
		uint32_t error;
		uint64_t transport;
		uint32_t sid;
		uint32_t cid;
		uint32_t param;
		uint32_t len;
		uint64_t other[3];	/* the kernel's union of requests and answers */
	} event;
	char value[32];
};

static const uint32_t params[RRPATH_NR_TIMERS] = {
	[RRPATH_TIMER_ABORT] = 27,
	[RRPATH_TIMER_LU_RESET] = 28,
	[RRPATH_TIMER_NOOP_TIMEOUT] = 30,
	[RRPATH_TIMER_NOOP_INTERVAL] = 31,
	[RRPATH_TIMER_TGT_RESET] = 35,
};

bool rrpath_iscsi_is_live(enum rrpath_timer_id id)
{
	return params[id];
}

/* "connection3:0". False if it is no such name. */
static bool connection_number(const struct rrpath_transport *t, uint32_t *sid, uint32_t *cid)
{
	const char *name = strrchr(t->connection, '/');

	return name && sscanf(name, "/connection%u:%u", sid, cid) == 2;
}

static int open_netlink(void)
{
	struct sockaddr_nl here = { .nl_family = AF_NETLINK };
	struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ISCSI);
	int ret;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) &&
	    !bind(fd, (struct sockaddr *)&here, sizeof(here)))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

/* Sends the request; the kernel answers it before send() returns. */
static int exchange(int fd, struct set_param *request)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct set_param answer;

	if (sendto(fd, request, request->head.nlmsg_len, 0, (struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return -errno;
	if (recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer.head) + 8)
		return errno ? -errno : -EIO;
	if (answer.event.type == KEVENT_IF_ERROR)
		return (int32_t)answer.event.error < 0 ? (int32_t)answer.event.error : -EIO;
	return 0;
}

static int set_live(const struct rrpath_transport *t, enum rrpath_timer_id id, long value)
{
	struct set_param request = { .head.nlmsg_type = UEVENT_SET_PARAM };
	uint64_t handle;
	char text[32];
	int fd, ret;

	if (!params[id] || !connection_number(t, &request.event.sid, &request.event.cid))
		return -ENOENT;
	/* Sessions of offloading adapters have limits of their own. */
	if (!rrpath_read_line(text, sizeof(text), "%s/class/iscsi_transport/tcp/handle",
			      rrpath_roots.sys) ||
	    rrpath_parse_u64(text, 0, UINT64_MAX, &handle))
		return -ENOENT;
	request.head.nlmsg_len = sizeof(request);
	request.event.type = UEVENT_SET_PARAM;
	request.event.transport = handle;
	request.event.param = params[id];
	snprintf(request.value, sizeof(request.value), "%ld", value);
	request.event.len = (uint32_t)strlen(request.value) + 1;
	fd = open_netlink();
	if (fd < 0)
		return fd;
	ret = exchange(fd, &request);
	close(fd);
	return ret;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

/* All that comes out of @fd. False if there was no end within ISCSIADM_MS. */
static bool read_output(int fd, struct rrpath_str *text)
{
	const long end = now_ms() + ISCSIADM_MS;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char part[1024];
	ssize_t len;
	long left;

	while ((left = end - now_ms()) > 0) {
		if (poll(&p, 1, (int)left) < 1)
			continue;
		len = read(fd, part, sizeof(part));
		if (!len || (len < 0 && errno != EINTR))
			return true;
		rrpath_str_add(text, "%.*s", len > 0 ? (int)len : 0, part);
	}
	return false;
}

/* Runs iscsiadm without a shell. Its output, to be freed, or NULL if it failed. */
static char *run(const char **argv)
{
	struct rrpath_str text = { 0 };
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		/* It says on stderr what it cannot ask of systemd: of no interest here. */
		if (null < 0 || dup2(null, 0) < 0 || dup2(fds[1], 1) < 0 || dup2(null, 2) < 0)
			_exit(127);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(fds[1]);
	rrpath_str_add(&text, "%s", "");
	/* The lock on all maps is held meanwhile, and iscsid may not answer. */
	if (pid > 0 && !read_output(fds[0], &text)) {
		kill(pid, SIGKILL);
		rrpath_error("iscsiadm did not end within %d s and was killed: is iscsid well?",
			     ISCSIADM_MS / 1000);
	}
	close(fds[0]);
	status = -1;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!status)
		return text.text;
	rrpath_str_free(&text);
	return NULL;
}

/* The command line so far; returns how many words it has. */
static size_t node_words(const char **argv, const struct rrpath_node *node, const char *operation)
{
	const char *const words[] = {
		"iscsiadm", "-m", "node", "-T", node->target, "-p", node->portal,
		"-I", node->iface, "-o", operation,
	};

	memcpy(argv, words, sizeof(words));
	return RRPATH_ARRAY_SIZE(words);
}

static char *show(const struct rrpath_node *node)
{
	const char *argv[MAX_WORDS] = { NULL };

	node_words(argv, node, "show");
	return run(argv);
}

static int update(const struct rrpath_node *node, const struct rrpath_node_value *values,
		  size_t nr)
{
	const char *argv[MAX_WORDS] = { NULL };
	char text[MAX_VALUES][24];
	size_t i, n;
	char *out;

	if (nr > MAX_VALUES)
		return -E2BIG;
	n = node_words(argv, node, "update");
	for (i = 0; i < nr; i++) {
		snprintf(text[i], sizeof(text[i]), "%ld", values[i].value);
		argv[n++] = "-n";
		argv[n++] = values[i].name;
		argv[n++] = "-v";
		argv[n++] = text[i];
	}
	out = run(argv);
	free(out);
	return out ? 0 : -EIO;
}

struct rrpath_open_iscsi rrpath_open_iscsi = {
	.set_live = set_live,
	.show = show,
	.update = update,
};

bool rrpath_node_find(const char *text, const char *name, long *value)
{
	size_t len = strlen(name);
	char *end;

	for (; text; text = strchr(text, '\n')) {
		text += strspn(text, "\n");
		if (!strncmp(text, name, len) && !strncmp(text + len, " = ", 3)) {
			text += len + 3;
			/* strtol() would look for a number on the next line too. */
			if (*text != '-' && (*text < '0' || *text > '9'))
				return false;
			*value = strtol(text, &end, 10);
			return end > text && (!*end || *end == '\n');
		}
	}
	return false;
}
