// SPDX-License-Identifier: GPL-2.0
/* iSCSI sessions in sysfs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dev.h"
#include "iscsi.h"
#include "util.h"

#define KEPT_LEN	16

static int open_attribute(const char *dir, const char *name, int flags)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return open(path, flags | O_CLOEXEC);
}

/* The kernel makes the text anew for every read from the beginning. */
static bool read_attribute(int fd, char *to, size_t size)
{
	ssize_t got = pread(fd, to, size - 1, 0);

	if (got <= 0)
		return false;
	to[got] = '\0';
	to[strcspn(to, "\n")] = '\0';
	return *to;
}

/* What the session was told to log in to: a target may have sent it elsewhere from there. */
static void read_portal(struct rrpath_iscsi *session, const struct rrpath_transport *t)
{
	char address[64], text[16];
	uint64_t port;

	if (!rrpath_read_line(address, sizeof(address), "%s/persistent_address", t->connection) ||
	    !rrpath_read_line(text, sizeof(text), "%s/persistent_port", t->connection) ||
	    rrpath_parse_u64(text, 1, 65535, &port) ||
	    !rrpath_tcp_peer_set(&session->portal, address, (unsigned int)port, 0))
		session->portal.family = 0;
}

int rrpath_iscsi_open(struct rrpath_iscsi *session, const struct rrpath_transport *t)
{
	memset(session, 0, sizeof(*session));
	rrpath_copy(session->name, sizeof(session->name), t->name);
	session->state_fd = open_attribute(t->session, "state", O_RDONLY);
	session->recovery_fd = open_attribute(t->session, "recovery_tmo", O_RDWR);
	session->address_fd = open_attribute(t->connection, "address", O_RDONLY);
	session->port_fd = open_attribute(t->connection, "port", O_RDONLY);
	session->local_port_fd = open_attribute(t->connection, "local_port", O_RDONLY);
	read_portal(session, t);
	if (t->type == RRPATH_TRANSPORT_ISCSI && session->state_fd >= 0 &&
	    session->recovery_fd >= 0 && session->address_fd >= 0 && session->port_fd >= 0 &&
	    session->local_port_fd >= 0)
		return 0;
	rrpath_iscsi_close(session);
	return -ENOENT;
}

int rrpath_iscsi_open_name(struct rrpath_iscsi *session, const char *name)
{
	struct rrpath_transport *t __rr_cleanup(rrpath_freep) = rrpath_alloc(1, sizeof(*t));

	t->type = RRPATH_TRANSPORT_ISCSI;
	rrpath_copy(t->name, sizeof(t->name), name);
	snprintf(t->session, sizeof(t->session), "%s/class/iscsi_session/%s", rrpath_roots.sys,
		 name);
	/* Linux gives a session one connection, and that the session's number. */
	snprintf(t->connection, sizeof(t->connection), "%s/class/iscsi_connection/connection%s:0",
		 rrpath_roots.sys, name + strlen("session"));
	return rrpath_iscsi_open(session, t);
}

void rrpath_iscsi_close(struct rrpath_iscsi *session)
{
	int fds[] = { session->state_fd, session->recovery_fd, session->address_fd,
		      session->port_fd, session->local_port_fd };
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	session->state_fd = -1;
	session->recovery_fd = -1;
	session->address_fd = -1;
	session->port_fd = -1;
	session->local_port_fd = -1;
}

static bool read_port(int fd, unsigned int *port)
{
	char text[16];
	uint64_t n;

	if (!read_attribute(fd, text, sizeof(text)) || rrpath_parse_u64(text, 1, 65535, &n))
		return false;
	*port = (unsigned int)n;
	return true;
}

bool rrpath_iscsi_peer(const struct rrpath_iscsi *session, struct rrpath_tcp_peer *peer)
{
	unsigned int port, local_port;
	char address[64];

	return read_attribute(session->address_fd, address, sizeof(address)) &&
	       read_port(session->port_fd, &port) &&
	       read_port(session->local_port_fd, &local_port) &&
	       rrpath_tcp_peer_set(peer, address, port, local_port);
}

bool rrpath_iscsi_logged_in(const struct rrpath_iscsi *session)
{
	char state[32];

	return read_attribute(session->state_fd, state, sizeof(state)) &&
	       !strcmp(state, "LOGGED_IN");
}

bool rrpath_iscsi_exists(const struct rrpath_iscsi *session)
{
	char state[32];

	return read_attribute(session->state_fd, state, sizeof(state));
}

static void kept_path(const struct rrpath_iscsi *session, char *path, size_t size)
{
	snprintf(path, size, "%s/rrpath/unstick/%s", rrpath_roots.run, session->name);
}

static void make_kept_dir(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/rrpath", rrpath_roots.run);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/rrpath/unstick", rrpath_roots.run);
	mkdir(path, 0755);
}

bool rrpath_iscsi_hurried(const struct rrpath_iscsi *session)
{
	char path[PATH_MAX];

	kept_path(session, path, sizeof(path));
	return !access(path, F_OK);
}

static bool is_session_name(const char *name)
{
	uint64_t number;

	return !strncmp(name, "session", strlen("session")) &&
	       !rrpath_parse_u64(name + strlen("session"), 0, UINT32_MAX, &number);
}

void rrpath_iscsi_each_hurried(void (*each)(void *data, const char *name), void *data)
{
	struct dirent *entry;
	char path[PATH_MAX];
	DIR *dir;

	snprintf(path, sizeof(path), "%s/rrpath/unstick", rrpath_roots.run);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (!is_session_name(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/class/iscsi_session/%s", rrpath_roots.sys,
			 entry->d_name);
		if (!access(path, F_OK))
			each(data, entry->d_name);
		else if (errno == ENOENT)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

/*
 * Session numbers are not used twice before the next boot, and nor is /run, so a
 * file with the session's name is that one's.
 */
static int keep(const struct rrpath_iscsi *session, const char *value)
{
	char path[PATH_MAX];
	ssize_t done;
	int fd;

	make_kept_dir();
	kept_path(session, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	/* From before: what is in force by now need not be what it was. */
	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	done = write(fd, value, strlen(value));
	close(fd);
	if (done == (ssize_t)strlen(value))
		return 0;
	unlink(path);
	return -EIO;
}

int rrpath_iscsi_hurry(const struct rrpath_iscsi *session)
{
	char value[KEPT_LEN];
	int ret;

	if (!read_attribute(session->recovery_fd, value, sizeof(value)))
		return -EIO;
	if (!strcmp(value, "0"))
		return 0;
	ret = keep(session, value);
	if (ret)
		return ret;
	return pwrite(session->recovery_fd, "0", 1, 0) == 1 ? 0 : -errno;
}

int rrpath_iscsi_calm(const struct rrpath_iscsi *session)
{
	char path[PATH_MAX], value[KEPT_LEN], now[KEPT_LEN];
	size_t len;

	kept_path(session, path, sizeof(path));
	if (!rrpath_read_line(value, sizeof(value), "%s", path))
		return unlink(path) && errno != ENOENT ? -errno : 0;
	/* Somebody else has given it another value since: that one is to stay. */
	len = strlen(value);
	if (read_attribute(session->recovery_fd, now, sizeof(now)) && !strcmp(now, "0") &&
	    pwrite(session->recovery_fd, value, len, 0) != (ssize_t)len)
		return -errno;
	unlink(path);
	return 0;
}
