// SPDX-License-Identifier: GPL-2.0
/* rrpath assemble: maps from their record, disks that come back into their maps */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "cmd.h"
#include "disks.h"
#include "make.h"
#include "map.h"
#include "query.h"
#include "record.h"
#include "timers.h"
#include "reload.h"
#include "rescan.h"
#include "util.h"

/* So long a path that is read again is waited for before anything else is done. */
#define RESCAN_MS	2000
/* And so long after the last one: the timeouts of those that hang. */
#define RESCAN_LATE_MS	300000

struct assemble {
	const char *device;	/* --incremental */
	const char *scsi;	/* --rescan */
	struct rrpath_conf conf;
	struct rrpath_disks disks;
};

static void free_assemble(struct assemble *a)
{
	rrpath_conf_free(&a->conf);
	rrpath_disks_free(&a->disks);
}

static void set_mark(const char *name)
{
	char *dir __rr_cleanup(rrpath_freep) = rrpath_printf("%s/rrpath", rrpath_roots.run);
	int fd;

	mkdir(dir, 0755);
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd >= 0)
		close(fd);
}

static int send_path(const struct rrpath_map *map, const char *verb,
		     const struct rrpath_map_path *path)
{
	char message[64];
	int ret;

	snprintf(message, sizeof(message), "%s %s", verb, path->devno);
	ret = rrpath_dm_message(map->name, message);
	if (ret)
		rrpath_error("%s refused '%s': %s: the end of 'dmesg' says why",
			     rrpath_quote(map->name), message, strerror(-ret));
	return ret;
}

static uint64_t block_size(const char *name)
{
	char text[32];
	uint64_t size;

	if (!rrpath_read_line(text, sizeof(text), "%s/class/block/%s/queue/logical_block_size",
			      rrpath_roots.sys, name) ||
	    rrpath_parse_u64(text, 1, UINT32_MAX, &size))
		return 512;
	return size;
}

/* Two WWIDs may look the same in a UUID, which cannot have every character: the record can. */
static bool is_of_map(const struct rrpath_dev *dev, const struct rrpath_map *map,
		      const struct rrpath_conf_map *entry)
{
	char uuid[RRPATH_UUID_LEN];

	rrpath_uuid_for(dev, map->name, uuid);
	return *dev->wwid && !strcmp(uuid, map->info.uuid) &&
	       (!entry || !strcmp(dev->wwid, entry->wwid));
}

/* What the record says about this disk as a path; NULL: nothing. */
static const struct rrpath_conf_path *record_of(const struct rrpath_conf_map *entry,
						const struct rrpath_dev *dev)
{
	return entry ? rrpath_record_path(entry, dev) : NULL;
}

/* NAMELESS: it may be anything, so nothing brings it back by itself. */
enum verdict { RIGHT, NAMELESS, GOING, UNFIT, OTHER_LUN };

/*
 * What is to be thought of a path's disk, and why. Only what the disk itself says now
 * counts against it: one that is being removed has no size, and a WWID that udev
 * remembers, in words of its own. The kernel fails that path, which is no wrong LUN.
 */
static enum verdict judge(const struct rrpath_map *map, const struct rrpath_conf_map *entry,
			  const struct rrpath_dev *dev, char *why)
{
	const struct rrpath_conf_path *record = record_of(entry, dev);
	/* A map that was made without this tool may have a UUID that says nothing. */
	bool known = !strncmp(map->info.uuid, "rrpath-", strlen("rrpath-"));
	bool says = *dev->wwid && !dev->wwid_by_udev;

	if (!dev->sectors)
		return GOING;
	if (known && says && !is_of_map(dev, map, entry) && !(record && record->any_wwid)) {
		snprintf(why, RRPATH_WHY_LEN, "it is another LUN now, WWID %s",
			 rrpath_quote(dev->wwid));
		return OTHER_LUN;
	}
	if (dev->sectors < map->sectors)
		snprintf(why, RRPATH_WHY_LEN, "it has %llu sectors now, the map has %llu",
			 (unsigned long long)dev->sectors, (unsigned long long)map->sectors);
	else if (block_size(dev->name) > block_size(map->kname))
		snprintf(why, RRPATH_WHY_LEN, "it has blocks of %llu bytes now, the map of %llu",
			 (unsigned long long)block_size(dev->name),
			 (unsigned long long)block_size(map->kname));
	else
		return says || (record && record->any_wwid) ? RIGHT : NAMELESS;
	return UNFIT;
}

/* A usable path that is what the map is, as far as it has told. */
static bool is_good(const struct rrpath_map *map, const struct rrpath_conf_map *entry,
		    const struct rrpath_map_path *path)
{
	char why[RRPATH_WHY_LEN];
	enum verdict verdict;

	if (!path->present || !rrpath_state_usable(path->status.state))
		return false;
	verdict = judge(map, entry, &path->dev, why);
	return verdict == RIGHT || verdict == NAMELESS;
}

/* May the path be taken out? One that is the right LUN but unfit is better than none. */
static bool may_take(const struct rrpath_map *map, const struct rrpath_conf_map *entry,
		     enum verdict verdict)
{
	size_t i;

	for (i = 0; verdict == UNFIT && i < map->nr_paths; i++)
		if (is_good(map, entry, &map->path[i]))
			return true;
	return verdict == OTHER_LUN;
}

static bool has_become_unfit(const struct rrpath_map *map, const struct rrpath_conf_map *entry)
{
	char why[RRPATH_WHY_LEN];
	size_t i;

	for (i = 0; i < map->nr_paths; i++)
		if (map->path[i].present && map->path[i].status.state != RRPATH_DISABLED &&
		    judge(map, entry, &map->path[i].dev, why) == UNFIT)
			return true;
	return false;
}

static pid_t start_rescan(const struct rrpath_dev *dev)
{
	char *file __rr_cleanup(rrpath_freep) = rrpath_printf("%s/device/rescan", dev->dir);

	return rrpath_rescan_start(file);
}

/*
 * A LUN that has changed says so on one path first: the others may look good only because
 * nobody has asked them since, which is done here.
 */
static void ask_good_paths(struct rrpath_map *map, const struct rrpath_conf_map *entry)
{
	pid_t *pid __rr_cleanup(rrpath_freep) = rrpath_alloc(map->nr_paths, sizeof(*pid));
	uint64_t end = rrpath_now_ms() + RESCAN_MS;
	size_t i;

	for (i = 0; i < map->nr_paths; i++)
		if (is_good(map, entry, &map->path[i]))
			pid[i] = start_rescan(&map->path[i].dev);
	for (i = 0; i < map->nr_paths; i++) {
		struct rrpath_map_path *path = &map->path[i];

		if (!pid[i])
			continue;
		while (!rrpath_rescan_ended(pid[i], NULL) && rrpath_now_ms() < end)
			usleep(10000);
		rrpath_dev_free(&path->dev);
		path->present = !rrpath_dev_facts(path->status.major, path->status.minor,
						  &path->dev);
	}
}

/* Takes out paths that have become something else, and puts back those that are right again. */
static int judge_paths(struct rrpath_map *map, const struct rrpath_conf_map *entry)
{
	char why[RRPATH_WHY_LEN];
	int ret = RRPATH_DONE;
	size_t i;

	if (has_become_unfit(map, entry))
		ask_good_paths(map, entry);
	for (i = 0; i < map->nr_paths; i++) {
		char *mark __rr_cleanup(rrpath_freep) = NULL;
		const struct rrpath_map_path *path = &map->path[i];
		bool out = path->status.state == RRPATH_DISABLED;
		enum verdict verdict;

		if (!path->present)
			continue;
		mark = rrpath_mark_name(map, path);
		verdict = judge(map, entry, &path->dev, why);
		if (verdict == GOING)
			continue;
		if (verdict == UNFIT || verdict == OTHER_LUN) {
			if (out || !may_take(map, entry, verdict))
				continue;
			set_mark(mark);
			if (send_path(map, "fail_path", path))
				ret = RRPATH_FAILED;
			else
				rrpath_error("%s is taken out of %s: %s", path->dev.name,
					     rrpath_quote(map->name), why);
		} else if (verdict == RIGHT && !access(mark, F_OK)) {
			unlink(mark);
			if (out && !send_path(map, "reinstate_path", path))
				printf("%s: %s is the right disk again\n", rrpath_safe(map->name),
				       path->dev.name);
		}
	}
	return ret;
}

static struct rrpath_table_path settings_for(const struct rrpath_conf_map *entry,
					     const struct rrpath_dev *dev)
{
	const struct rrpath_conf_path *record = record_of(entry, dev);
	struct rrpath_table_path path = { .priority = 1, .weight = 1 };

	path.major = dev->major;
	path.minor = dev->minor;
	if (record) {
		path.priority = record->priority;
		path.weight = record->weight;
	}
	return path;
}

static bool is_out(const struct rrpath_conf_map *entry, const struct rrpath_dev *dev)
{
	const struct rrpath_conf_path *record = record_of(entry, dev);

	return record && record->out;
}

/* Two names for one disk, or a partition of it, are no two paths. */
static bool is_there(const struct rrpath_map *map, const struct rrpath_dev *dev)
{
	size_t i;

	for (i = 0; i < map->nr_paths; i++)
		if (map->path[i].present && rrpath_dev_same_disk(&map->path[i].dev, dev))
			return true;
	return false;
}

/* A good path to compare with: the disk of one that is what the map is. */
static const struct rrpath_dev *like(const struct rrpath_map *map,
				     const struct rrpath_conf_map *entry)
{
	size_t i;

	for (i = 0; i < map->nr_paths; i++)
		if (map->path[i].present && is_of_map(&map->path[i].dev, map, entry) &&
		    map->path[i].dev.sectors >= map->sectors)
			return &map->path[i].dev;
	return NULL;
}

/* Adds to @table the disks of the map that it lacks. How many; their names go to @names. */
static size_t join_disks(const struct assemble *a, const struct rrpath_map *map,
			 const struct rrpath_conf_map *entry, struct rrpath_table *table,
			 struct rrpath_str *names, int *ret)
{
	struct rrpath_check check = { .map = map, .like = like(map, entry) };
	size_t i, nr = 0;

	for (i = 0; i < a->disks.nr && table->nr_paths < RRPATH_MAX_PATHS; i++) {
		const struct rrpath_dev *dev = &a->disks.dev[i];
		struct rrpath_table_path path;

		if (!is_of_map(dev, map, entry) || is_there(map, dev) || is_out(entry, dev))
			continue;
		if (rrpath_check_disk(&check, dev)) {
			*ret = RRPATH_FAILED;
			continue;
		}
		path = settings_for(entry, dev);
		rrpath_table_add(table, &path);
		rrpath_str_add(names, "%s%s", nr++ ? ", " : "", dev->name);
	}
	return nr;
}

/* Takes from @table the paths whose device is gone; one path always stays. */
static size_t drop_gone(const struct rrpath_map *map, struct rrpath_table *table)
{
	size_t i, nr = 0;

	for (i = 0; i < map->nr_paths && table->nr_paths > 1; i++) {
		const struct rrpath_path_status *status = &map->path[i].status;
		int at = rrpath_table_find(table, status->major, status->minor);

		if (map->path[i].present || at < 0)
			continue;
		rrpath_table_del(table, (size_t)at);
		nr++;
	}
	return nr;
}

static int update_map(const struct assemble *a, struct rrpath_map *map,
		      const struct rrpath_conf_map *entry)
{
	struct rrpath_table table __rr_cleanup(rrpath_table_free) = map->table;
	const struct rrpath_chosen chosen = { .dev = a->disks.dev, .nr = a->disks.nr };
	struct rrpath_str names __rr_cleanup(rrpath_str_free) = { 0 };
	size_t joined, gone = 0;
	int ret, checks = RRPATH_DONE;

	table.paths = rrpath_alloc(table.nr_paths, sizeof(*table.paths));
	memcpy(table.paths, map->table.paths, table.nr_paths * sizeof(*table.paths));
	ret = judge_paths(map, entry);
	joined = join_disks(a, map, entry, &table, &names, &checks);
	/*
	 * A path that is gone stays in sight until there is another one for it, or
	 * somebody asks for order.
	 */
	if (joined || !a->device)
		gone = drop_gone(map, &table);
	if (!joined && !gone)
		return ret ? ret : checks;
	if (rrpath_reload(map, &table, map->sectors, &chosen))
		return RRPATH_FAILED;
	if (joined)
		printf("%s: %s joined\n", rrpath_safe(map->name), names.text);
	if (gone)
		printf("%s: %zu path%s without a disk dropped\n", rrpath_safe(map->name), gone,
		       gone == 1 ? "" : "s");
	return ret ? ret : checks;
}

static void table_of_entry(const struct rrpath_conf_map *entry, struct rrpath_table *table)
{
	memset(table, 0, sizeof(*table));
	rrpath_copy(table->policy, sizeof(table->policy), entry->policy);
	memcpy(table->opt, entry->opt, sizeof(table->opt));
}

static bool is_double(const struct rrpath_dev *dev, size_t nr, const struct rrpath_dev *other)
{
	while (nr--)
		if (rrpath_dev_same_disk(&dev[nr], other))
			return true;
	return false;
}

/* The map of @entry from the disks that are there; none at all is no error. */
static int make_map(const struct assemble *a, const struct rrpath_conf_map *entry)
{
	struct rrpath_dev *dev __rr_cleanup(rrpath_freep) =
		rrpath_alloc(a->disks.nr, sizeof(*dev));
	struct rrpath_table table __rr_cleanup(rrpath_table_free);
	struct rrpath_str names __rr_cleanup(rrpath_str_free) = { 0 };
	struct rrpath_check check = { 0 };
	size_t i, nr = 0, out = 0;
	int ret = RRPATH_DONE;

	table_of_entry(entry, &table);
	for (i = 0; i < a->disks.nr && nr < RRPATH_MAX_PATHS; i++) {
		const struct rrpath_dev *disk = &a->disks.dev[i];
		struct rrpath_table_path path;

		if (strcmp(disk->wwid, entry->wwid) || is_double(dev, nr, disk))
			continue;
		if (is_out(entry, disk)) {
			out++;
			continue;
		}
		check.like = nr ? &dev[0] : NULL;
		if (rrpath_check_disk(&check, disk)) {
			ret = RRPATH_FAILED;
			continue;
		}
		path = settings_for(entry, disk);
		rrpath_table_add(&table, &path);
		rrpath_str_add(&names, "%s%s", nr ? ", " : "", disk->name);
		/* Borrowed: the strings in it belong to the list of disks. */
		dev[nr++] = *disk;
	}
	if (!nr && out && !ret) {
		rrpath_error("%s is not made: its disk%s 'out' in its record: see 'rrpath create'",
			     rrpath_quote(entry->name), out == 1 ? " is" : "s are");
		/* Another one may follow, which udev tells us then. */
		return a->device ? RRPATH_DONE : RRPATH_FAILED;
	}
	if (!nr)
		return ret;
	if (rrpath_make(entry->name, &table, dev, false))
		return RRPATH_FAILED;
	printf("%s: made of %s\n", entry->name, names.text);
	return ret;
}

static int wrong_lun(const struct rrpath_map *map, const struct rrpath_conf_map *entry)
{
	rrpath_error("%s runs with the UUID %s, its record has WWID %s: rename one of them",
		     rrpath_quote(map->name), rrpath_quote(map->info.uuid),
		     rrpath_quote(entry->wwid));
	return RRPATH_FAILED;
}

/* The map of @entry that runs under another name. NULL if there is none. */
static struct rrpath_map *find_renamed(const struct assemble *a, const struct rrpath_maps *maps,
				       const struct rrpath_conf_map *entry)
{
	size_t i;

	for (i = 0; i < maps->nr; i++)
		if (rrpath_record_entry(&a->conf, &maps->map[i]) == entry)
			return &maps->map[i];
	return NULL;
}

static int assemble_absent(const struct assemble *a, const struct rrpath_conf_map *entry)
{
	struct rrpath_maps maps __rr_cleanup(rrpath_maps_free) = { 0 };
	struct rrpath_map *map;
	int ret;

	if (rrpath_maps_load(NULL, &maps))
		return RRPATH_FAILED;
	map = find_renamed(a, &maps, entry);
	if (!map) {
		ret = make_map(a, entry);
		rrpath_timers_changed(entry->name);
		return ret;
	}
	rrpath_record_follow(map);
	ret = update_map(a, map, entry);
	rrpath_timers_changed(map->name);
	return ret;
}

static int assemble_entry(const struct assemble *a, const struct rrpath_conf_map *entry)
{
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	struct rrpath_dev dev = { 0 };
	struct rrpath_dm_info info;
	int ret;

	ret = rrpath_dm_info(entry->name, &info);
	if (ret) {
		rrpath_error("cannot look for a map %s: %s", rrpath_quote(entry->name),
			     strerror(-ret));
		return RRPATH_FAILED;
	}
	if (!info.exists)
		return assemble_absent(a, entry);
	if (rrpath_map_load(entry->name, &map))
		return RRPATH_FAILED;
	rrpath_copy(dev.wwid, sizeof(dev.wwid), entry->wwid);
	if (!is_of_map(&dev, &map, entry))
		return wrong_lun(&map, entry);
	ret = update_map(a, &map, entry);
	/* A disk that is there again has the limits of any other. */
	rrpath_timers_changed(entry->name);
	return ret;
}

/* The paths of each running map with that disk, whatever it has become. */
static int judge_maps_over(const struct assemble *a, const struct rrpath_dev *dev)
{
	struct rrpath_maps maps __rr_cleanup(rrpath_maps_free) = { 0 };
	int ret = rrpath_maps_load(NULL, &maps);
	size_t i;

	/* What one map refuses is no reason to leave a wrong LUN in the next one. */
	for (i = 0; i < maps.nr; i++) {
		struct rrpath_map *map = &maps.map[i];
		const struct rrpath_conf_map *entry = rrpath_record_entry(&a->conf, map);

		if (rrpath_status_find(&map->status, dev->major, dev->minor) >= 0)
			ret |= judge_paths(map, entry);
		else if (is_of_map(dev, map, entry))
			ret |= update_map(a, map, entry);
	}
	return ret;
}

static int assemble_device(const struct assemble *a)
{
	struct rrpath_dev dev __rr_cleanup(rrpath_dev_free) = { 0 };
	const struct rrpath_conf_map *entry;
	unsigned int major, minor;
	int ret;

	ret = rrpath_dev_number(a->device, &major, &minor);
	if (ret == -ENOTBLK) {
		rrpath_error("%s is not a block device", rrpath_quote(a->device));
		return RRPATH_FAILED;
	}
	/* It may be gone again by now, which somebody else will be told. */
	if (ret || rrpath_dev_facts(major, minor, &dev))
		return RRPATH_DONE;
	ret = judge_maps_over(a, &dev);
	entry = *dev.wwid ? rrpath_conf_find_wwid(&a->conf, dev.wwid) : NULL;
	if (entry)
		ret |= assemble_entry(a, entry);
	return ret;
}

/* What the map that is now called @name is called in the record. */
static const char *name_in_record(const struct assemble *a, const char *name)
{
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	const struct rrpath_conf_map *entry = rrpath_conf_find(&a->conf, name);
	struct rrpath_dm_info info;

	if (!entry && !rrpath_dm_info(name, &info) && info.exists && !rrpath_map_load(name, &map))
		entry = rrpath_record_entry(&a->conf, &map);
	return entry ? entry->name : NULL;
}

static int assemble_all(const struct assemble *a, const char *name)
{
	const char *recorded = name ? name_in_record(a, name) : NULL;
	int ret = RRPATH_DONE;
	size_t i;

	if (name && !recorded) {
		rrpath_error("%s/rrpath/maps.conf has no map %s: see 'rrpath create'",
			     rrpath_roots.etc, rrpath_quote(name));
		return RRPATH_FAILED;
	}
	for (i = 0; i < a->conf.nr; i++)
		if ((!name || !strcmp(recorded, a->conf.map[i].name)) &&
		    assemble_entry(a, &a->conf.map[i]))
			ret = RRPATH_FAILED;
	return ret;
}

/*
 * For udev: its workers may not wait for what waits for udev. What there is to say
 * goes to the kernel log. 1 in the process that is to do it, 0 in the one that was called,
 * or a negative errno: then there is no other.
 */
static int go_to_background(void)
{
	pid_t pid;
	int log;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid < 0 ? -errno : 0;
	setsid();
	log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (log < 0)
		log = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	/* Each line is a record of its own there. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	return 1;
}

/* The length of "host:channel:target" in "host:channel:target:lun". */
static size_t target_length(const char *hctl)
{
	const char *colon = strrchr(hctl, ':');

	return colon ? (size_t)(colon - hctl) : 0;
}

/* The paths of the map as they are now. A map that is gone by now has nothing wrong. */
static int judge_again(const char *name)
{
	struct rrpath_conf conf __rr_cleanup(rrpath_conf_free) = { 0 };
	struct rrpath_map now __rr_cleanup(rrpath_map_free) = { 0 };
	int ret = RRPATH_DONE;

	rrpath_lock();
	rrpath_record_load(&conf, false);
	if (!rrpath_map_load(name, &now))
		ret = judge_paths(&now, rrpath_record_entry(&conf, &now));
	rrpath_unlock();
	return ret;
}

/* Paths over a target that are being read again. */
struct rescans {
	struct rescan {
		pid_t pid;	/* 0: that has come to its end */
		const char *map;
		const char *disk;
	} *rescan;
	size_t nr;
};

static void free_rescans(struct rescans *r)
{
	free(r->rescan);
}

/* Judges the paths that were read. True if none is left, or @all is not asked for. */
static bool judge_read(struct rescans *r, bool all, int *ret)
{
	bool ok, left = false;
	size_t i;

	for (i = 0; i < r->nr; i++) {
		struct rescan *one = &r->rescan[i];

		if (!one->pid)
			continue;
		if (!rrpath_rescan_ended(one->pid, &ok)) {
			left |= all || i == r->nr - 1;
			continue;
		}
		one->pid = 0;
		if (!ok)
			rrpath_error("cannot rescan %s: see 'dmesg'", one->disk);
		*ret |= judge_again(one->map);
	}
	return !left;
}

static void wait_for_rescans(struct rescans *r, bool all, uint64_t ms, int *ret)
{
	uint64_t end = rrpath_now_ms() + ms;

	while (!judge_read(r, all, ret) && rrpath_now_ms() < end)
		usleep(all ? 200000 : 10000);
}

/* Where no process can be had for it the path is judged by what is known of it. */
static void rescan_disk(struct rescans *r, const struct rrpath_map *map,
			const struct rrpath_dev *dev, int *ret)
{
	struct rescan *one;
	pid_t pid = start_rescan(dev);

	if (!pid) {
		rrpath_error("cannot rescan %s: %s", dev->name, strerror(errno));
		judge_again(map->name);
		*ret = RRPATH_FAILED;
		return;
	}
	r->rescan = rrpath_grow(r->rescan, r->nr + 1, sizeof(*r->rescan));
	one = &r->rescan[r->nr++];
	one->pid = pid;
	one->map = map->name;
	one->disk = dev->name;
}

/*
 * A unit attention says that something about this device, or about what the target
 * has, has changed. It is told once only, to whichever LUN came first: so all paths
 * over that target are read again. Each is judged at once: the next one to be read
 * may hang, and this one be in use as the wrong LUN all the while. One that hangs is
 * judged when it has answered. Nobody is locked out meanwhile.
 */
static int rescan_target(const struct assemble *a)
{
	struct rrpath_maps maps __rr_cleanup(rrpath_maps_free) = { 0 };
	struct rescans rescans __rr_cleanup(free_rescans) = { 0 };
	size_t length = target_length(a->scsi), i, p;
	int ret;

	ret = rrpath_maps_load(NULL, &maps);
	for (i = 0; i < maps.nr; i++) {
		const struct rrpath_map *map = &maps.map[i];

		for (p = 0; p < map->nr_paths; p++) {
			const struct rrpath_dev *dev = &map->path[p].dev;

			if (!map->path[p].present || target_length(dev->hctl) != length ||
			    strncmp(dev->hctl, a->scsi, length))
				continue;
			rescan_disk(&rescans, map, dev, &ret);
			wait_for_rescans(&rescans, false, RESCAN_MS, &ret);
		}
	}
	wait_for_rescans(&rescans, true, RESCAN_LATE_MS, &ret);
	return ret;
}

static int assemble(struct assemble *a, const char *name)
{
	int ret = rrpath_need_dm();

	if (ret)
		return ret;
	/*
	 * While disks come and go udev's database may have an earlier disk of that number:
	 * only what the kernel says now counts.
	 */
	if (a->device || a->scsi)
		rrpath_roots.udev = false;
	if (a->scsi)
		return rescan_target(a);
	rrpath_lock();
	rrpath_timers_settle();
	rrpath_record_load(&a->conf, true);
	rrpath_disks_load(&a->disks, true);
	return a->device ? assemble_device(a) : assemble_all(a, name);
}

int rrpath_cmd_assemble(int argc, char **argv)
{
	static const struct option options[] = {
		{ "incremental", required_argument, NULL, 'i' },
		{ "rescan", required_argument, NULL, 'r' },
		{ "query", required_argument, NULL, 'q' },
		{ "background", no_argument, NULL, 'b' },
		{ 0 }
	};
	struct assemble a __rr_cleanup(free_assemble) = { 0 };
	const char *query = NULL;
	bool background = false;
	int opt, ret;

	while ((opt = rrpath_getopt(argc, argv, ":i:r:q:b", options)) != -1) {
		switch (opt) {
		case 'i':
			a.device = optarg;
			break;
		case 'r':
			a.scsi = optarg;
			break;
		case 'q':
			query = optarg;
			break;
		case 'b':
			background = true;
			break;
		default:
			return RRPATH_USAGE;
		}
	}
	ret = rrpath_need_args(argc, argv, 0, query || a.device || a.scsi ? 0 : 1, "");
	if (ret)
		return ret;
	if (query)
		return rrpath_query(query);
	if (background) {
		ret = go_to_background();
		if (!ret)
			return RRPATH_DONE;
		if (ret < 0) {
			rrpath_error("cannot go on in the background: %s", strerror(-ret));
			return RRPATH_FAILED;
		}
	}
	return assemble(&a, argv[optind]);
}
