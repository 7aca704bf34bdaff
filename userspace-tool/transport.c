// SPDX-License-Identifier: GPL-2.0
/* What carries a disk, from where to where, and how long it waits before it gives up. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "open-iscsi.h"
#include "transport.h"
#include "util.h"

/* Where the file of a limit lies. */
enum place { IN_SESSION, IN_CONNECTION, IN_DEVICE, IN_HOST, IN_DISK };

static const struct {
	const char *file;
	enum place place;
	bool settable;
	bool off;		/* "off" can be written */
} timers[RRPATH_NR_TIMERS] = {
	[RRPATH_TIMER_NOOP_INTERVAL] = { "recv_tmo", IN_CONNECTION, false, false },
	[RRPATH_TIMER_NOOP_TIMEOUT] = { "ping_tmo", IN_CONNECTION, false, false },
	[RRPATH_TIMER_RECOVERY] = { "recovery_tmo", IN_SESSION, true, true },
	[RRPATH_TIMER_ABORT] = { "abort_tmo", IN_SESSION, false, false },
	[RRPATH_TIMER_LU_RESET] = { "lu_reset_tmo", IN_SESSION, false, false },
	[RRPATH_TIMER_TGT_RESET] = { "tgt_reset_tmo", IN_SESSION, false, false },
	[RRPATH_TIMER_FC_FAST_IO_FAIL] = { "fast_io_fail_tmo", IN_SESSION, true, true },
	[RRPATH_TIMER_FC_DEV_LOSS] = { "dev_loss_tmo", IN_SESSION, true, false },
	[RRPATH_TIMER_NVME_KATO] = { "kato", IN_SESSION, false, false },
	[RRPATH_TIMER_NVME_RECONNECT] = { "reconnect_delay", IN_SESSION, true, false },
	[RRPATH_TIMER_NVME_FAST_IO_FAIL] = { "fast_io_fail_tmo", IN_SESSION, true, false },
	[RRPATH_TIMER_NVME_CTRL_LOSS] = { "ctrl_loss_tmo", IN_SESSION, true, false },
	[RRPATH_TIMER_SCSI_TIMEOUT] = { "timeout", IN_DEVICE, true, false },
	[RRPATH_TIMER_EH_TIMEOUT] = { "eh_timeout", IN_DEVICE, true, false },
	[RRPATH_TIMER_EH_DEADLINE] = { "eh_deadline", IN_HOST, true, true },
	[RRPATH_TIMER_MAX_RETRIES] = { "max_retries", IN_DEVICE, true, false },
	[RRPATH_TIMER_IO_TIMEOUT] = { "queue/io_timeout", IN_DISK, true, false },
};

static bool ask_route(const char *address, char *local, size_t size);
static bool ask_interfaces(const char *local, char *nic, size_t size);

struct rrpath_net rrpath_net = {
	.local_for = ask_route,
	.nic_of = ask_interfaces,
};

const char *rrpath_transport_name(enum rrpath_transport_type type)
{
	static const char *const names[RRPATH_NR_TRANSPORTS] = {
		[RRPATH_TRANSPORT_NONE] = "none",
		[RRPATH_TRANSPORT_ISCSI] = "iscsi",
		[RRPATH_TRANSPORT_FC] = "fc",
		[RRPATH_TRANSPORT_SAS] = "sas",
		[RRPATH_TRANSPORT_SCSI] = "scsi",
		[RRPATH_TRANSPORT_NVME_TCP] = "nvme-tcp",
		[RRPATH_TRANSPORT_NVME_RDMA] = "nvme-rdma",
		[RRPATH_TRANSPORT_NVME_FC] = "nvme-fc",
		[RRPATH_TRANSPORT_NVME_LOOP] = "nvme-loop",
		[RRPATH_TRANSPORT_NVME_PCIE] = "nvme-pcie",
		[RRPATH_TRANSPORT_VIRTIO] = "virtio",
	};

	return names[type];
}

bool rrpath_transport_is_nvme(enum rrpath_transport_type type)
{
	return type >= RRPATH_TRANSPORT_NVME_TCP && type <= RRPATH_TRANSPORT_NVME_PCIE;
}

/* As rrpath_read_line(), but what the kernel prints for an absent string is none. */
static bool read_attribute(char *to, size_t size, const char *dir, const char *file)
{
	if (!rrpath_read_line(to, size, "%s/%s", dir, file))
		return false;
	if (strcmp(to, "(null)") && strcmp(to, "<NULL>"))
		return true;
	*to = '\0';
	return false;
}

static unsigned int read_port(const char *dir, const char *file)
{
	char text[16];
	uint64_t port;

	if (!read_attribute(text, sizeof(text), dir, file) ||
	    rrpath_parse_u64(text, 0, 65535, &port))
		return 0;
	return (unsigned int)port;
}

/*
 * The ancestor of the directory @path whose name begins with @prefix, a digit
 * behind it. False if there is none.
 */
static bool ancestor(char *to, size_t size, const char *path, const char *prefix)
{
	const char *part = path, *end;

	while ((part = strstr(part, prefix))) {
		const char *digit = part + strlen(prefix);

		if (part > path && part[-1] == '/' && *digit >= '0' && *digit <= '9') {
			end = strchrnul(digit, '/');
			if ((size_t)(end - path) >= size)
				return false;
			rrpath_copy(to, (size_t)(end - path) + 1, path);
			return true;
		}
		part = digit;
	}
	return false;
}

/* "<dir>/<class>/<name of dir>": where a class keeps the attributes of a device. */
static bool class_dir(char *to, size_t size, const char *dir, const char *class)
{
	int n = snprintf(to, size, "%s/%s/%s", dir, class, strrchr(dir, '/') + 1);

	return n > 0 && (size_t)n < size && !access(to, F_OK);
}

/* The first entry of @dir whose name begins with @prefix. */
static bool first_entry(char *to, size_t size, const char *dir, const char *prefix)
{
	DIR *entries = opendir(dir);
	struct dirent *entry;

	*to = '\0';
	while (entries && (entry = readdir(entries)))
		if (!strncmp(entry->d_name, prefix, strlen(prefix)) && *entry->d_name != '.' &&
		    (!*to || strverscmp(entry->d_name, to) < 0))
			rrpath_copy(to, size, entry->d_name);
	if (entries)
		closedir(entries);
	return *to;
}

/* Connecting a datagram socket sends nothing: it chooses a route. */
static bool ask_route(const char *address, char *local, size_t size)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM };
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	struct addrinfo *to;
	bool done = false;
	int fd;

	if (getaddrinfo(address, "3260", &hints, &to))
		return false;
	fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		done = !connect(fd, to->ai_addr, to->ai_addrlen) &&
		       !getsockname(fd, (struct sockaddr *)&from, &len) &&
		       !getnameinfo((struct sockaddr *)&from, len, local, (socklen_t)size, NULL, 0,
				    NI_NUMERICHOST);
		close(fd);
	}
	freeaddrinfo(to);
	return done;
}

static bool has_address(const struct ifaddrs *it, const char *local)
{
	char text[NI_MAXHOST];
	socklen_t len;

	if (!it->ifa_addr)
		return false;
	if (it->ifa_addr->sa_family == AF_INET)
		len = sizeof(struct sockaddr_in);
	else if (it->ifa_addr->sa_family == AF_INET6)
		len = sizeof(struct sockaddr_in6);
	else
		return false;
	return !getnameinfo(it->ifa_addr, len, text, sizeof(text), NULL, 0, NI_NUMERICHOST) &&
	       !strcmp(text, local);
}

static bool ask_interfaces(const char *local, char *nic, size_t size)
{
	struct ifaddrs *list, *it;
	bool found = false;

	if (getifaddrs(&list))
		return false;
	for (it = list; it && !found; it = it->ifa_next) {
		found = has_address(it, local);
		if (found)
			rrpath_copy(nic, size, it->ifa_name);
	}
	freeifaddrs(list);
	return found;
}

/* A VLAN lies on one interface; what lies on several, as a bond, is its own hardware. */
static void find_hardware(struct rrpath_transport *t)
{
	char dir[PATH_MAX], first[64], next[64];
	int depth;

	rrpath_copy(t->hardware, sizeof(t->hardware), t->nic);
	for (depth = 0; *t->hardware && depth < 8; depth++) {
		DIR *entries;
		struct dirent *entry;
		unsigned int lower = 0;

		snprintf(dir, sizeof(dir), "%s/class/net/%s", rrpath_roots.sys, t->hardware);
		if (!first_entry(first, sizeof(first), dir, "lower_"))
			return;
		entries = opendir(dir);
		while (entries && (entry = readdir(entries)))
			lower += !strncmp(entry->d_name, "lower_", 6);
		if (entries)
			closedir(entries);
		if (lower != 1)
			return;
		rrpath_copy(next, sizeof(next), first + strlen("lower_"));
		rrpath_copy(t->hardware, sizeof(t->hardware), next);
	}
}

/* Where the connection is down the kernel knows no local address: what would be used is. */
static void find_network(struct rrpath_transport *t)
{
	if (!*t->local && *t->address &&
	    !rrpath_net.local_for(t->address, t->local, sizeof(t->local)))
		*t->local = '\0';
	if (!*t->nic && *t->local && !rrpath_net.nic_of(t->local, t->nic, sizeof(t->nic)))
		*t->nic = '\0';
	find_hardware(t);
}

static void name_session(struct rrpath_transport *t, const char *dir)
{
	rrpath_copy(t->name, sizeof(t->name), strrchr(dir, '/') + 1);
}

static void read_iscsi(struct rrpath_transport *t, const char *session, const char *host)
{
	char name[64], dir[PATH_MAX];

	t->type = RRPATH_TRANSPORT_ISCSI;
	name_session(t, session);
	if (class_dir(t->session, sizeof(t->session), session, "iscsi_session")) {
		read_attribute(t->target, sizeof(t->target), t->session, "targetname");
		read_attribute(t->iface, sizeof(t->iface), t->session, "ifacename");
		read_attribute(t->state, sizeof(t->state), t->session, "state");
	}
	if (first_entry(name, sizeof(name), session, "connection") &&
	    snprintf(dir, sizeof(dir), "%s/%s", session, name) < (int)sizeof(dir) &&
	    class_dir(t->connection, sizeof(t->connection), dir, "iscsi_connection")) {
		/* The address in use, which a target may have redirected the login to. */
		if (!read_attribute(t->address, sizeof(t->address), t->connection, "address"))
			read_attribute(t->address, sizeof(t->address), t->connection,
				       "persistent_address");
		t->port = read_port(t->connection, "port");
		if (!t->port)
			t->port = read_port(t->connection, "persistent_port");
		t->local_port = read_port(t->connection, "local_port");
	} else {
		*t->connection = '\0';
	}
	if (*host && class_dir(dir, sizeof(dir), host, "iscsi_host")) {
		read_attribute(t->local, sizeof(t->local), dir, "ipaddress");
		read_attribute(t->nic, sizeof(t->nic), dir, "netdev");
		if (!strcmp(t->nic, "default"))
			*t->nic = '\0';
	}
	find_network(t);
}

static void read_fc(struct rrpath_transport *t, const char *rport, const char *host)
{
	char dir[PATH_MAX];

	t->type = RRPATH_TRANSPORT_FC;
	name_session(t, rport);
	if (class_dir(t->session, sizeof(t->session), rport, "fc_remote_ports")) {
		read_attribute(t->target, sizeof(t->target), t->session, "port_name");
		read_attribute(t->address, sizeof(t->address), t->session, "port_id");
		read_attribute(t->state, sizeof(t->state), t->session, "port_state");
	} else {
		*t->session = '\0';
	}
	if (*host && class_dir(dir, sizeof(dir), host, "fc_host"))
		read_attribute(t->local, sizeof(t->local), dir, "port_name");
	if (*host)
		rrpath_copy(t->nic, sizeof(t->nic), strrchr(host, '/') + 1);
	rrpath_copy(t->hardware, sizeof(t->hardware), t->nic);
}

static bool is_link(const char *dir, const char *file)
{
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("%s/%s", dir, file);

	return !access(path, F_OK);
}

/* What is the same for every SCSI disk: @path is the disk's directory. */
static void read_scsi(struct rrpath_transport *t, const char *path)
{
	char host[PATH_MAX] = "", dir[PATH_MAX];

	if (ancestor(host, sizeof(host), path, "host") &&
	    !class_dir(t->host, sizeof(t->host), host, "scsi_host"))
		*t->host = '\0';
	if (ancestor(dir, sizeof(dir), path, "session")) {
		read_iscsi(t, dir, host);
	} else if (ancestor(dir, sizeof(dir), path, "rport-")) {
		read_fc(t, dir, host);
	} else {
		t->type = ancestor(dir, sizeof(dir), path, "end_device-") ?
			  RRPATH_TRANSPORT_SAS : RRPATH_TRANSPORT_SCSI;
		if (*host)
			name_session(t, host);
		read_attribute(t->state, sizeof(t->state), t->device, "state");
	}
}

/* "traddr=10.0.0.8,trsvcid=4420,host_traddr=10.0.0.9,src_addr=10.0.0.9" */
static void take_nvme_address(struct rrpath_transport *t, char *text)
{
	char source[64] = "", *word;
	uint64_t port;

	while ((word = strsep(&text, ","))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		if (!strcmp(word, "traddr"))
			rrpath_copy(t->address, sizeof(t->address), value);
		else if (!strcmp(word, "trsvcid") && !rrpath_parse_u64(value, 0, 65535, &port))
			t->port = (unsigned int)port;
		else if (!strcmp(word, "host_traddr"))
			rrpath_copy(t->local, sizeof(t->local), value);
		else if (!strcmp(word, "src_addr"))
			rrpath_copy(source, sizeof(source), value);
		else if (!strcmp(word, "host_iface"))
			rrpath_copy(t->nic, sizeof(t->nic), value);
	}
	if (!*t->local)
		rrpath_copy(t->local, sizeof(t->local), source);
}

/* False if @device is no controller. */
static bool read_nvme(struct rrpath_transport *t, const char *device)
{
	static const struct {
		const char *name;
		enum rrpath_transport_type type;
	} types[] = {
		{ "tcp", RRPATH_TRANSPORT_NVME_TCP }, { "rdma", RRPATH_TRANSPORT_NVME_RDMA },
		{ "fc", RRPATH_TRANSPORT_NVME_FC }, { "loop", RRPATH_TRANSPORT_NVME_LOOP },
		{ "pcie", RRPATH_TRANSPORT_NVME_PCIE },
	};
	char name[16], address[512], *real;
	size_t i;

	if (!read_attribute(name, sizeof(name), device, "transport"))
		return false;
	for (i = 0; i < RRPATH_ARRAY_SIZE(types) && strcmp(types[i].name, name); i++)
		;
	if (i == RRPATH_ARRAY_SIZE(types))
		return false;
	t->type = types[i].type;
	real = realpath(device, NULL);
	rrpath_copy(t->session, sizeof(t->session), real ? real : device);
	free(real);
	name_session(t, t->session);
	read_attribute(t->target, sizeof(t->target), t->session, "subsysnqn");
	read_attribute(t->state, sizeof(t->state), t->session, "state");
	if (read_attribute(address, sizeof(address), t->session, "address")) {
		if (t->type == RRPATH_TRANSPORT_NVME_PCIE)
			rrpath_copy(t->address, sizeof(t->address), address);
		else
			take_nvme_address(t, address);
	}
	if (t->type == RRPATH_TRANSPORT_NVME_TCP || t->type == RRPATH_TRANSPORT_NVME_RDMA)
		find_network(t);
	return true;
}

int rrpath_transport_of(const struct rrpath_dev *dev, struct rrpath_transport *t)
{
	char device[PATH_MAX], *slash, *real;
	int id;

	memset(t, 0, sizeof(*t));
	if (!dev->dir || access(dev->dir, F_OK))
		return -ENOENT;
	rrpath_copy(t->disk, sizeof(t->disk), dev->dir);
	slash = strrchr(t->disk, '/');
	if (dev->partition && slash)
		*slash = '\0';
	if (snprintf(device, sizeof(device), "%s/device", t->disk) >= (int)sizeof(device))
		return 0;
	if (is_link(device, "scsi_disk") || is_link(device, "scsi_device") || *dev->hctl) {
		real = realpath(device, NULL);
		rrpath_copy(t->device, sizeof(t->device), real ? real : device);
		free(real);
		read_scsi(t, t->device);
	} else if (!read_nvme(t, device) && strstr(t->disk, "/virtio")) {
		t->type = RRPATH_TRANSPORT_VIRTIO;
		if (ancestor(device, sizeof(device), t->disk, "virtio"))
			name_session(t, device);
	}
	for (id = 0; id < RRPATH_NR_TIMERS; id++)
		rrpath_timer_read(t, (enum rrpath_timer_id)id);
	return 0;
}

void rrpath_transport_portal(const struct rrpath_transport *t, char *to, size_t size)
{
	if (t->type == RRPATH_TRANSPORT_FC)
		snprintf(to, size, "%s", t->target);
	else if (!t->port || !*t->address)
		snprintf(to, size, "%s", t->address);
	else if (strchr(t->address, ':'))
		snprintf(to, size, "[%s]:%u", t->address, t->port);
	else
		snprintf(to, size, "%s:%u", t->address, t->port);
}

void rrpath_transport_login_portal(const struct rrpath_transport *t, char *to, size_t size)
{
	struct rrpath_transport asked = { .type = t->type, .port = t->port };
	char text[64];
	unsigned int port;

	rrpath_copy(asked.target, sizeof(asked.target), t->target);
	rrpath_copy(asked.address, sizeof(asked.address), t->address);
	if (*t->connection) {
		if (read_attribute(text, sizeof(text), t->connection, "persistent_address"))
			rrpath_copy(asked.address, sizeof(asked.address), text);
		port = read_port(t->connection, "persistent_port");
		if (port)
			asked.port = port;
	}
	rrpath_transport_portal(&asked, to, size);
}

void rrpath_transport_login_from(const struct rrpath_transport *t, char *to, size_t size)
{
	static const char *const names[] = { "host_traddr=", "host_iface=" };
	char address[512], *rest = address, *word;
	size_t i, len;

	rrpath_copy(to, size, t->iface);
	/* Not src_addr, nor t->local: the routes choose that anew each time. */
	if (rrpath_transport_is_nvme(t->type) && t->type != RRPATH_TRANSPORT_NVME_PCIE &&
	    read_attribute(address, sizeof(address), t->session, "address")) {
		while ((word = strsep(&rest, ",")))
			for (i = 0; i < RRPATH_ARRAY_SIZE(names); i++)
				if (!strncmp(word, names[i], strlen(names[i]))) {
					len = strlen(to);
					snprintf(to + len, size - len, "%s%s", len ? "%" : "",
						 word + strlen(names[i]));
				}
	}
	if (!*to)
		rrpath_copy(to, size, "default");
}

const char *rrpath_timer_name(enum rrpath_timer_id id)
{
	return id == RRPATH_TIMER_IO_TIMEOUT ? "io_timeout" : timers[id].file;
}

static bool belongs(const struct rrpath_transport *t, enum rrpath_timer_id id)
{
	switch (id) {
	case RRPATH_TIMER_FC_FAST_IO_FAIL:
	case RRPATH_TIMER_FC_DEV_LOSS:
		return t->type == RRPATH_TRANSPORT_FC;
	case RRPATH_TIMER_NVME_KATO:
	case RRPATH_TIMER_NVME_RECONNECT:
	case RRPATH_TIMER_NVME_FAST_IO_FAIL:
	case RRPATH_TIMER_NVME_CTRL_LOSS:
	case RRPATH_TIMER_IO_TIMEOUT:
		return rrpath_transport_is_nvme(t->type);
	case RRPATH_TIMER_RECOVERY:
	case RRPATH_TIMER_ABORT:
	case RRPATH_TIMER_LU_RESET:
	case RRPATH_TIMER_TGT_RESET:
		return t->type == RRPATH_TRANSPORT_ISCSI;
	default:
		return true;
	}
}

bool rrpath_timer_file(const struct rrpath_transport *t, enum rrpath_timer_id id, char *path,
		       size_t size)
{
	const char *const dirs[] = {
		[IN_SESSION] = t->session, [IN_CONNECTION] = t->connection,
		[IN_DEVICE] = t->device, [IN_HOST] = t->host, [IN_DISK] = t->disk,
	};
	const char *dir = dirs[timers[id].place];
	int n;

	*path = '\0';
	if (!*dir || !belongs(t, id))
		return false;
	if (id == RRPATH_TIMER_MAX_RETRIES)
		n = snprintf(path, size, "%s/scsi_disk/%s/%s", dir, strrchr(dir, '/') + 1,
			     timers[id].file);
	else
		n = snprintf(path, size, "%s/%s", dir, timers[id].file);
	if (n > 0 && (size_t)n < size && !access(path, F_OK))
		return true;
	*path = '\0';
	return false;
}

void rrpath_timer_read(struct rrpath_transport *t, enum rrpath_timer_id id)
{
	struct rrpath_timer *timer = &t->timer[id];
	char path[PATH_MAX], text[32], *end;

	memset(timer, 0, sizeof(*timer));
	if (!rrpath_timer_file(t, id, path, sizeof(path)) ||
	    !rrpath_read_line(text, sizeof(text), "%s", path))
		return;
	timer->known = true;
	if (!strcmp(text, "off")) {
		timer->value = RRPATH_TIMER_OFF;
		return;
	}
	errno = 0;
	timer->value = strtol(text, &end, 10);
	timer->known = !errno && end > text && !*end;
	if (timer->value < 0)
		timer->value = RRPATH_TIMER_OFF;
}

int rrpath_timer_write(const struct rrpath_transport *t, enum rrpath_timer_id id, long value)
{
	char path[PATH_MAX], text[32];
	ssize_t len, done;
	int fd, ret = 0;

	if (rrpath_iscsi_is_live(id) && t->type == RRPATH_TRANSPORT_ISCSI)
		return rrpath_open_iscsi.set_live(t, id, value);
	if (!timers[id].settable || !rrpath_timer_file(t, id, path, sizeof(path)))
		return -ENOENT;
	len = value == RRPATH_TIMER_OFF && timers[id].off ? snprintf(text, sizeof(text), "off") :
	      snprintf(text, sizeof(text), "%ld", value);
	fd = open(path, O_WRONLY | O_CLOEXEC | O_TRUNC);
	if (fd < 0)
		return -errno;
	done = write(fd, text, (size_t)len);
	if (done != len)
		ret = done < 0 ? -errno : -EIO;
	close(fd);
	return ret;
}
