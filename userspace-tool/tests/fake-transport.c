// SPDX-License-Identifier: GPL-2.0
/* Disks with what carries them, in the tree of fake-sys.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../open-iscsi.h"
#include "../transport.h"
#include "../util.h"
#include "fake-transport.h"

static void put(const char *dir, const char *file, const char *value)
{
	char path[512];

	snprintf(path, sizeof(path), "sys/%s/%s", dir, file);
	fake_file(path, "%s\n", value);
}

/* sys/<link> points to sys/<target>, whatever it was before. */
static void point(const char *link, const char *target)
{
	char from[640], to[640];

	snprintf(from, sizeof(from), "%s/sys/%s", fake.root, link);
	snprintf(to, sizeof(to), "%s/sys/%s", fake.root, target);
	assert_true(!unlink(from) || errno == ENOENT);
	assert_int_equal(symlink(to, from), 0);
}

/* The block device <parent>/block/<name>, or <parent>/<name>, whose device is @parent. */
static void block_device(const char *dir, const char *parent, const char *name, const char *devno)
{
	char link[256], device[512];

	put(dir, "dev", devno);
	put(dir, "size", "614400");
	put(dir, "ro", "0");
	put(dir, "queue/write_cache", "write through");
	snprintf(device, sizeof(device), "%s/device", dir);
	point(device, parent);
	/* The directories are there: setup made disks. */
	snprintf(link, sizeof(link), "dev/block/%s", devno);
	point(link, dir);
	snprintf(link, sizeof(link), "class/block/%s", name);
	point(link, dir);
	snprintf(link, sizeof(link), "block/%s", name);
	point(link, dir);
}

static void make_scsi_disk(const char *target, unsigned int host, const char *name,
			   unsigned int minor, const char *wwid)
{
	char device[256], dir[320], file[64], devno[16];

	snprintf(device, sizeof(device), "%s/%u:0:0:1", target, host);
	put(device, "wwid", wwid);
	put(device, "vendor", "IET     ");
	put(device, "model", "VIRTUAL-DISK    ");
	put(device, "state", "running");
	put(device, "timeout", "30");
	put(device, "eh_timeout", "10");
	put(device, "queue_depth", "32");
	snprintf(file, sizeof(file), "scsi_disk/%u:0:0:1/max_retries", host);
	put(device, file, "5");
	snprintf(file, sizeof(file), "scsi_disk/%u:0:0:1/cache_type", host);
	put(device, file, "write through");
	snprintf(dir, sizeof(dir), "%s/block/%s", device, name);
	snprintf(devno, sizeof(devno), "8:%u", minor);
	block_device(dir, device, name, devno);
}

static void make_scsi_host(unsigned int host)
{
	char dir[128];

	snprintf(dir, sizeof(dir), "devices/platform/host%u/scsi_host/host%u", host, host);
	put(dir, "eh_deadline", "off");
}

static char *session_dir(unsigned int sid)
{
	return rrpath_printf("devices/platform/host%u/session%u/iscsi_session/session%u", sid, sid,
			     sid);
}

static char *connection_dir(unsigned int sid)
{
	const char *class = "iscsi_connection";

	return rrpath_printf("devices/platform/host%u/session%u/connection%u:0/%s/connection%u:0",
			     sid, sid, sid, class, sid);
}

void fake_session_file(unsigned int sid, const char *file, const char *value)
{
	char *dir __rr_cleanup(rrpath_freep) = session_dir(sid);

	put(dir, file, value);
}

void fake_connection_file(unsigned int sid, const char *file, const char *value)
{
	char *dir __rr_cleanup(rrpath_freep) = connection_dir(sid);

	put(dir, file, value);
}

void fake_device_file(const char *name, const char *file, const char *value)
{
	char *dir __rr_cleanup(rrpath_freep) = rrpath_printf("block/%s/device", name);

	put(dir, file, value);
}

const char *fake_read(const char *path)
{
	static char text[128];

	rrpath_read_line(text, sizeof(text), "%s/%s", fake.root, path);
	return text;
}

const char *fake_session_value(unsigned int sid, const char *file)
{
	char *dir __rr_cleanup(rrpath_freep) = session_dir(sid);
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("sys/%s/%s", dir, file);

	return fake_read(path);
}

const char *fake_device_value(const char *name, const char *file)
{
	char *path __rr_cleanup(rrpath_freep) =
		rrpath_printf("sys/block/%s/device/%s", name, file);

	return fake_read(path);
}

const char *fake_connection_value(unsigned int sid, const char *file)
{
	char *dir __rr_cleanup(rrpath_freep) = connection_dir(sid);
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("sys/%s/%s", dir, file);

	return fake_read(path);
}

unsigned int fake_node_calls;

static const struct {
	enum rrpath_timer_id id;
	const char *name;
	bool of_connection;
	const char *value;
} node_values[] = {
	{ RRPATH_TIMER_RECOVERY, "node.session.timeo.replacement_timeout", false, "120" },
	{ RRPATH_TIMER_ABORT, "node.session.err_timeo.abort_timeout", false, "15" },
	{ RRPATH_TIMER_LU_RESET, "node.session.err_timeo.lu_reset_timeout", false, "30" },
	{ RRPATH_TIMER_TGT_RESET, "node.session.err_timeo.tgt_reset_timeout", false, "30" },
	{ RRPATH_TIMER_NOOP_INTERVAL, "node.conn[0].timeo.noop_out_interval", true, "5" },
	{ RRPATH_TIMER_NOOP_TIMEOUT, "node.conn[0].timeo.noop_out_timeout", true, "5" },
};

static int fake_set_live(const struct rrpath_transport *t, enum rrpath_timer_id id, long value)
{
	char path[PATH_MAX], text[32];

	if (!rrpath_timer_file(t, id, path, sizeof(path)))
		return -ENOENT;
	snprintf(text, sizeof(text), "%ld", value);
	fake_file(path + strlen(fake.root) + 1, "%s\n", text);
	return 0;
}

static char *node_path(const char *portal, const char *name)
{
	return rrpath_printf("nodes/%s/%s", portal, name);
}

static char *fake_show(const struct rrpath_node *node)
{
	struct rrpath_str text = { 0 };
	size_t i;

	fake_node_calls++;
	for (i = 0; i < RRPATH_ARRAY_SIZE(node_values); i++) {
		char *path __rr_cleanup(rrpath_freep) =
			node_path(node->portal, node_values[i].name);
		const char *value = fake_read(path);

		if (*value)
			rrpath_str_add(&text, "%s = %s\n", node_values[i].name, value);
	}
	return text.text;
}

static int fake_update(const struct rrpath_node *node, const struct rrpath_node_value *values,
		       size_t nr)
{
	size_t i;

	fake_node_calls++;
	for (i = 0; i < nr; i++) {
		char *path __rr_cleanup(rrpath_freep) = node_path(node->portal, values[i].name);

		fake_file(path, "%ld\n", values[i].value);
	}
	return 0;
}

static char *portal_of(unsigned int sid)
{
	return rrpath_printf("10.0.%u.8:3260", sid);
}

const char *fake_node_value(unsigned int sid, const char *name)
{
	char *portal __rr_cleanup(rrpath_freep) = portal_of(sid);
	char *path __rr_cleanup(rrpath_freep) = node_path(portal, name);

	return fake_read(path);
}

void fake_relogin(unsigned int sid)
{
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(node_values); i++) {
		const char *value = fake_node_value(sid, node_values[i].name);
		const char *file = rrpath_timer_name(node_values[i].id);

		if (node_values[i].of_connection)
			fake_connection_file(sid, file, value);
		else
			fake_session_file(sid, file, value);
	}
}

void fake_open_iscsi(void)
{
	rrpath_open_iscsi.set_live = fake_set_live;
	rrpath_open_iscsi.show = fake_show;
	rrpath_open_iscsi.update = fake_update;
}

static void make_node(unsigned int sid)
{
	char *portal __rr_cleanup(rrpath_freep) = portal_of(sid);
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(node_values); i++) {
		char *path __rr_cleanup(rrpath_freep) = node_path(portal, node_values[i].name);

		fake_file(path, "%s\n", node_values[i].value);
	}
}

/* By its name alone a session and its connection are found below sys/class. */
static void point_class(unsigned int sid)
{
	char *session __rr_cleanup(rrpath_freep) = session_dir(sid);
	char *connection __rr_cleanup(rrpath_freep) = connection_dir(sid);
	char link[640], target[128];

	snprintf(link, sizeof(link), "%s/device", session);
	snprintf(target, sizeof(target), "devices/platform/host%u/session%u", sid, sid);
	point(link, target);
	put("class/iscsi_session", ".keep", "");
	put("class/iscsi_connection", ".keep", "");
	snprintf(link, sizeof(link), "class/iscsi_session/session%u", sid);
	point(link, session);
	snprintf(link, sizeof(link), "class/iscsi_connection/connection%u:0", sid);
	point(link, connection);
}

void fake_iscsi_disk(const char *name, unsigned int minor, unsigned int sid, const char *wwid)
{
	static const char *const session[][2] = {
		{ "targetname", "iqn.2026-11.lab:s8" }, { "ifacename", "default" },
		{ "state", "LOGGED_IN" }, { "recovery_tmo", "120" }, { "abort_tmo", "15" },
		{ "lu_reset_tmo", "30" }, { "tgt_reset_tmo", "30" },
	};
	static const char *const connection[][2] = {
		{ "port", "3260" }, { "persistent_port", "3260" }, { "local_port", "47444" },
		{ "recv_tmo", "5" }, { "ping_tmo", "5" },
	};
	char dir[256], value[64];
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(session); i++)
		fake_session_file(sid, session[i][0], session[i][1]);
	for (i = 0; i < RRPATH_ARRAY_SIZE(connection); i++)
		fake_connection_file(sid, connection[i][0], connection[i][1]);
	snprintf(value, sizeof(value), "10.0.%u.8", sid);
	fake_connection_file(sid, "address", value);
	fake_connection_file(sid, "persistent_address", value);
	point_class(sid);
	snprintf(dir, sizeof(dir), "devices/platform/host%u/iscsi_host/host%u", sid, sid);
	snprintf(value, sizeof(value), "10.0.%u.9", sid);
	put(dir, "ipaddress", value);
	put(dir, "netdev", "(null)");
	make_scsi_host(sid);
	snprintf(dir, sizeof(dir), "devices/platform/host%u/session%u/target%u:0:0", sid, sid, sid);
	make_scsi_disk(dir, sid, name, minor, wwid);
	fake_net();
	fake_open_iscsi();
	make_node(sid);
}

void fake_fc_disk(const char *name, unsigned int minor, unsigned int host, const char *wwid)
{
	char dir[256], class[384], wwpn[32];

	make_scsi_host(host);
	snprintf(class, sizeof(class), "devices/platform/host%u/fc_host/host%u", host, host);
	snprintf(wwpn, sizeof(wwpn), "0x10000090fa1b2c%02x", host);
	put(class, "port_name", wwpn);
	snprintf(dir, sizeof(dir), "devices/platform/host%u/rport-%u:0-1", host, host);
	snprintf(class, sizeof(class), "%s/fc_remote_ports/rport-%u:0-1", dir, host);
	put(class, "port_name", "0x50060e8012345678");
	put(class, "port_id", "0x010200");
	put(class, "port_state", "Online");
	put(class, "fast_io_fail_tmo", "off");
	put(class, "dev_loss_tmo", "60");
	snprintf(class, sizeof(class), "%s/target%u:0:0", dir, host);
	make_scsi_disk(class, host, name, minor, wwid);
}

void fake_nvme_disk(unsigned int n, const char *wwid)
{
	static const char *const files[][2] = {
		{ "transport", "tcp" }, { "subsysnqn", "nqn.2026-11.lab:s8" }, { "state", "live" },
		{ "kato", "5" }, { "reconnect_delay", "10" }, { "fast_io_fail_tmo", "off" },
		{ "ctrl_loss_tmo", "600" }, { "model", "Linux" },
	};
	char dir[128], disk[192], name[32], devno[16], value[128];
	size_t i;

	snprintf(dir, sizeof(dir), "devices/virtual/nvme-fabrics/ctl/nvme%u", n);
	for (i = 0; i < RRPATH_ARRAY_SIZE(files); i++)
		put(dir, files[i][0], files[i][1]);
	snprintf(value, sizeof(value), "traddr=10.0.%u.8,trsvcid=4420,src_addr=10.0.%u.9", n, n);
	put(dir, "address", value);
	snprintf(name, sizeof(name), "nvme%un1", n);
	snprintf(disk, sizeof(disk), "%s/%s", dir, name);
	snprintf(devno, sizeof(devno), "259:%u", n);
	block_device(disk, dir, name, devno);
	put(disk, "wwid", wwid);
	put(disk, "queue/io_timeout", "30000");
	fake_net();
}

static bool fake_local_for(const char *address, char *local, size_t size)
{
	size_t len = strlen(address);

	if (strncmp(address, "10.0.", 5) || address[len - 1] != '8')
		return false;
	rrpath_copy(local, size, address);
	local[len - 1] = '9';
	return true;
}

static bool fake_nic_of(const char *local, char *nic, size_t size)
{
	unsigned int link;

	if (sscanf(local, "10.0.%u.9", &link) != 1)
		return false;
	snprintf(nic, size, "eth%u", link);
	return true;
}

void fake_net(void)
{
	rrpath_net.local_for = fake_local_for;
	rrpath_net.nic_of = fake_nic_of;
}
