// SPDX-License-Identifier: GPL-2.0
/* What is wrong or dangerous in the way a map is set up. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "doctor-findings.h"
#include "record.h"
#include "timers.h"
#include "util.h"

/* Adds a finding, of which the remedy is still to be said. */
__rr_printf(3, 4)
static struct rrpath_finding *found(struct rrpath_doctor *d, const char *id, const char *fmt, ...)
{
	struct rrpath_finding *finding;
	va_list ap;

	d->finding = rrpath_grow(d->finding, d->nr_findings + 1, sizeof(*d->finding));
	finding = &d->finding[d->nr_findings++];
	finding->id = id;
	finding->remedy = NULL;
	va_start(ap, fmt);
	if (vasprintf(&finding->text, fmt, ap) < 0)
		finding->text = rrpath_dup(id);
	va_end(ap);
	return finding;
}

__rr_printf(2, 3)
static void remedy(struct rrpath_finding *finding, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&finding->remedy, fmt, ap) < 0)
		finding->remedy = rrpath_dup("");
	va_end(ap);
}

static const char *name_of(const struct rrpath_doctor_path *path)
{
	return path->path->dev.name;
}

/* Paths that may not be one LUN: what is written over one is not read over the other. */
static void other_lun(struct rrpath_doctor *d)
{
	const struct rrpath_dev *first;
	size_t i;

	if (!d->nr_paths)
		return;
	first = &d->path[0].path->dev;
	for (i = 1; i < d->nr_paths; i++) {
		const struct rrpath_dev *dev = &d->path[i].path->dev;

		if (strcmp(dev->wwid, first->wwid))
			remedy(found(d, "different-luns",
				     "%s and %s are not the same LUN: WWID %s and %s", first->name,
				     dev->name, *first->wwid ? first->wwid : "none",
				     *dev->wwid ? dev->wwid : "none"),
			       "rrpath drop %s %s, the one that is wrong", d->map->name, dev->name);
		else if (dev->sectors != first->sectors)
			remedy(found(d, "different-sizes", "%s has %llu sectors, %s %llu",
				     first->name, (unsigned long long)first->sectors, dev->name,
				     (unsigned long long)dev->sectors),
			       "rescan both (echo 1 > /sys/block/%s/device/rescan), then rrpath resize %s",
			       dev->name, d->map->name);
	}
}

/* A path that somebody else writes to, too. */
static void other_use(struct rrpath_doctor *d, const struct rrpath_doctor_path *path)
{
	struct rrpath_uses uses __rr_cleanup(rrpath_uses_free) = { 0 };
	size_t i;

	rrpath_dev_uses(&path->path->dev, &uses);
	for (i = 0; i < uses.nr; i++) {
		const struct rrpath_use *use = &uses.use[i];
		char uuid[RRPATH_UUID_LEN];

		if (use->kind == RRPATH_USE_MOUNT || use->kind == RRPATH_USE_SWAP) {
			remedy(found(d, "path-in-use", "%s, a path, is %s %s itself", use->device,
				     use->kind == RRPATH_USE_MOUNT ? "mounted on" : "used as swap:",
				     use->what),
			       "end that, and use /dev/mapper/%s instead", d->map->name);
			continue;
		}
		if (use->kind != RRPATH_USE_MAP ||
		    (use->major == d->map->info.major && use->minor == d->map->info.minor))
			continue;
		if (rrpath_read_line(uuid, sizeof(uuid), "%s/dev/block/%u:%u/dm/uuid",
				     rrpath_roots.sys, use->major, use->minor) &&
		    !strncmp(uuid, "mpath-", 6))
			remedy(found(d, "multipathd-claims", "multipathd has %s in its map %s",
				     use->device, use->what),
			       "multipath -f %s, and blacklist wwid %s in multipath.conf",
			       use->what, path->path->dev.wwid);
		else
			remedy(found(d, "path-in-use", "%s, a path, is in the map %s, too",
				     use->device, use->what), "remove one of the two maps");
	}
}

static void write_caches(struct rrpath_doctor *d)
{
	char map[32] = "", first[32] = "", word[32], type[64];
	size_t i;

	rrpath_read_line(map, sizeof(map), "%s/block/%s/queue/write_cache", rrpath_roots.sys,
			 d->map->kname);
	for (i = 0; i < d->nr_paths; i++) {
		const struct rrpath_transport *t = &d->path[i].t;
		const char *name = name_of(&d->path[i]), *hctl = strrchr(t->device, '/');

		if (!rrpath_read_line(word, sizeof(word), "%s/queue/write_cache", t->disk))
			continue;
		if (hctl && rrpath_read_line(type, sizeof(type), "%s/scsi_disk/%s/cache_type",
					     t->device, hctl + 1) &&
		    !strncmp(type, "write back", 10) && !strcmp(word, "write through"))
			remedy(found(d, "cache-without-flush",
				     "%s has a volatile write cache, and its flushes are left out",
				     name),
			       "echo write back > /sys/block/%s/queue/write_cache", name);
		else if (!strcmp(word, "write back") && !strcmp(map, "write through"))
			remedy(found(d, "cache-without-flush",
				     "%s has a write cache that the map does not flush", name),
			       "echo write back > /sys/block/%s/queue/write_cache", d->map->kname);
		if (!*first)
			rrpath_copy(first, sizeof(first), word);
		else if (strcmp(first, word))
			remedy(found(d, "cache-mismatch", "%s says %s of its cache, %s %s",
				     name_of(&d->path[0]), first, name, word),
			       "make them the same in /sys/block/*/queue/write_cache: write back is safe");
	}
}

static void other_daemon(struct rrpath_doctor *d)
{
	if (d->facts.multipathd && !d->facts.multipathd_told && d->nr_paths)
		remedy(found(d, "multipathd-not-told",
			     "multipathd runs, and nothing keeps it from taking these disks"),
		       "install rrpath-multipath.conf as /etc/multipath/conf.d/rrpath.conf, then multipathd reconfigure");
}

static void volume_manager(struct rrpath_doctor *d)
{
	const struct rrpath_dm_info *info = &d->map->info;

	if (!d->facts.lvm_told && d->nr_paths &&
	    rrpath_dev_udev_says(info->major, info->minor, "ID_FS_TYPE", "LVM2_member"))
		remedy(found(d, "lvm-not-told",
			     "LVM sees its physical volume on the paths too, and refuses it"),
		       "in /etc/lvm/lvm.conf, section devices: external_device_info_source = \"udev\"");
}

static bool same(const char *a, const char *b)
{
	return *a && !strcmp(a, b);
}

/* What one thing that breaks would take all paths away with it? */
static void shared(struct rrpath_doctor *d)
{
	bool nic = d->nr_paths > 1, portal = nic;
	char first[128], other[128];
	size_t i;

	if (!d->nr_paths)
		return;
	rrpath_transport_portal(&d->path[0].t, first, sizeof(first));
	for (i = 1; i < d->nr_paths; i++) {
		rrpath_transport_portal(&d->path[i].t, other, sizeof(other));
		portal &= same(first, other);
		nic &= same(d->path[0].t.hardware, d->path[i].t.hardware);
	}
	if (portal)
		remedy(found(d, "same-portal", "all paths lead to one portal, %s", first),
		       "log in to another portal of the target: iscsiadm -m discovery -t sendtargets -p ADDRESS");
	if (nic)
		remedy(found(d, "same-nic", "all paths go over one %s, %s",
			     d->path[0].t.type == RRPATH_TRANSPORT_FC ? "port" : "NIC",
			     d->path[0].t.hardware),
		       "give each portal a route of its own, or bind sessions: iscsiadm -m iface");
}

static void options(struct rrpath_doctor *d)
{
	const struct rrpath_map *map = d->map;

	if (map->nr_paths < 2)
		remedy(found(d, "one-path", "the map has one path, and nothing to go to"),
		       "rrpath discover shows other disks of the LUN, rrpath add %s DEV adds one",
		       map->name);
	if (strcmp(map->opt[RRPATH_OPT_QUEUE], "0") &&
	    !strcmp(map->opt[RRPATH_OPT_NO_PATH_TIMEOUT], "0"))
		remedy(found(d, "unbounded-queue", "with no path left I/O is held without end"),
		       "rrpath set %s no_path_timeout_ms 120000", map->name);
	if (map->nr_paths > 1 && !strcmp(map->opt[RRPATH_OPT_STALL_TIMEOUT], "0"))
		remedy(found(d, "no-stall-watch",
			     "stall_timeout_ms is 0: new I/O goes to a path that hangs, too"),
		       "rrpath set %s stall_timeout_ms 1000", map->name);
}

static void helper(struct rrpath_doctor *d)
{
	bool iscsi = false;
	size_t i;

	for (i = 0; i < d->nr_paths; i++)
		iscsi |= d->path[i].t.type == RRPATH_TRANSPORT_ISCSI;
	if (!iscsi || d->nr_paths < 2)
		return;
	if (!d->facts.destroy)
		remedy(found(d, "no-destroy",
			     "the kernel cannot close a dead connection (INET_DIAG_DESTROY)"),
		       "take a kernel with CONFIG_INET_DIAG_DESTROY, as Debian's; until then the timers count");
	if (!d->facts.unstick)
		remedy(found(d, "no-unstick",
			     "rrpath unstick does not run: only timers end what is in flight"),
		       "systemctl enable --now rrpath-unstick");
}

static void slow_timers(struct rrpath_doctor *d)
{
	struct rrpath_str names __rr_cleanup(rrpath_str_free) = { 0 };
	long value;
	size_t i;
	int id;

	for (i = 0; i < d->nr_paths; i++) {
		bool slow = false;

		for (id = 0; id < RRPATH_NR_TIMERS && !slow; id++)
			slow = rrpath_doctor_advises(d, &d->path[i], (enum rrpath_timer_id)id,
						     &value);
		if (slow)
			rrpath_str_add(&names, "%s%s", names.len ? ", " : "", name_of(&d->path[i]));
	}
	if (names.len)
		remedy(found(d, "slow-timers",
			     "timers of %s are made for a disk with no other path", names.text),
		       "rrpath doctor --fix %s", d->map->name);
}

static void record(struct rrpath_doctor *d)
{
	struct rrpath_conf conf;

	rrpath_record_load(&conf, false);
	if (!rrpath_record_entry(&conf, d->map))
		remedy(found(d, "not-recorded",
			     "the map is not in maps.conf: it is not made again at boot"),
		       "remove it and make it with rrpath create, or write it into /etc/rrpath/maps.conf");
	rrpath_conf_free(&conf);
}

void rrpath_doctor_find(struct rrpath_doctor *doctor)
{
	size_t i;

	other_lun(doctor);
	for (i = 0; i < doctor->nr_paths; i++)
		other_use(doctor, &doctor->path[i]);
	write_caches(doctor);
	other_daemon(doctor);
	volume_manager(doctor);
	options(doctor);
	shared(doctor);
	slow_timers(doctor);
	helper(doctor);
	record(doctor);
}
