// SPDX-License-Identifier: GPL-2.0
/* The files that hold the record of maps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "record.h"
#include "replace.h"
#include "timers.h"
#include "transport.h"

#define NR_FILES	2

static char *file_name(int file)
{
	return rrpath_printf("%s/rrpath/maps.conf", file ? rrpath_roots.run : rrpath_roots.etc);
}

/* The file's text; "" if there is none. NULL if it cannot be read. */
static char *read_file(const char *name)
{
	FILE *stream __rr_cleanup(rrpath_fclosep) = rrpath_open_ours(name);
	struct rrpath_str text = { 0 };
	char part[4096];
	size_t len;

	if (!stream)
		return errno == ENOENT || errno == ENOTDIR ? rrpath_dup("") : NULL;
	rrpath_str_add(&text, "%s", "");
	while ((len = fread(part, 1, sizeof(part), stream)))
		rrpath_str_add(&text, "%.*s", (int)len, part);
	if (!ferror(stream))
		return text.text;
	rrpath_str_free(&text);
	return NULL;
}

/* Writes @text if it is not what the file has. 0 or a negative errno. */
static int update_file(int file, const char *old, const char *text)
{
	char *name __rr_cleanup(rrpath_freep) = file_name(file);

	return strcmp(old, text) ? rrpath_replace_file(name, text, 0644) : 0;
}

static void report_lines(const char *file, char *lines)
{
	char *line;

	while (lines && (line = strsep(&lines, "\n")))
		if (*line)
			rrpath_error("%s: %s", file, line);
}

static void load_file(int file, struct rrpath_conf *conf, bool loud)
{
	char *name __rr_cleanup(rrpath_freep) = file_name(file);
	char *text __rr_cleanup(rrpath_freep) = read_file(name);
	struct rrpath_str why __rr_cleanup(rrpath_str_free) = { 0 };

	memset(conf, 0, sizeof(*conf));
	if (!text) {
		if (loud && errno == EPERM)
			rrpath_error("%s is not read: it is another user's, or open to all", name);
		else if (loud)
			rrpath_error("cannot read %s: %s", name, strerror(errno));
		return;
	}
	rrpath_conf_parse(conf, text, &why);
	if (loud)
		report_lines(name, why.text);
}

void rrpath_record_load(struct rrpath_conf *conf, bool loud)
{
	struct rrpath_conf other;
	size_t i;

	load_file(0, conf, loud);
	load_file(1, &other, loud);
	for (i = 0; i < other.nr; i++) {
		if (rrpath_conf_find(conf, other.map[i].name) ||
		    rrpath_conf_find_wwid(conf, other.map[i].wwid)) {
			rrpath_conf_map_free(&other.map[i]);
			continue;
		}
		conf->map = rrpath_grow(conf->map, conf->nr + 1, sizeof(*conf->map));
		conf->map[conf->nr++] = other.map[i];
	}
	free(other.map);
}

/* @full: with the way from here, which the key once lacked, and the portal asked for. */
static void make_key(const struct rrpath_dev *dev, bool full, char *key)
{
	struct rrpath_transport t;
	char portal[128] = "", from[160] = "";
	char *c;

	if (rrpath_transport_of(dev, &t)) {
		t.type = RRPATH_TRANSPORT_NONE;
	} else if (full) {
		rrpath_transport_login_portal(&t, portal, sizeof(portal));
		*from = ',';
		rrpath_transport_login_from(&t, from + 1, sizeof(from) - 1);
	} else {
		rrpath_transport_portal(&t, portal, sizeof(portal));
	}
	if (t.type == RRPATH_TRANSPORT_NVME_PCIE)
		*from = '\0';
	if (t.type == RRPATH_TRANSPORT_ISCSI && *t.target && *portal)
		snprintf(key, RRPATH_KEY_LEN, "iscsi:%s,%s%s", t.target, portal, from);
	else if (t.type == RRPATH_TRANSPORT_FC && *t.target)
		snprintf(key, RRPATH_KEY_LEN, "fc:%s,%s", t.target, t.local);
	else if (rrpath_transport_is_nvme(t.type) && *portal)
		snprintf(key, RRPATH_KEY_LEN, "%s:%s%s", rrpath_transport_name(t.type), portal,
			 from);
	else if (*dev->hctl)
		snprintf(key, RRPATH_KEY_LEN, "hctl:%s", dev->hctl);
	else
		snprintf(key, RRPATH_KEY_LEN, "dev:%s", dev->name);
	for (c = key; *c; c++)
		if ((unsigned char)*c <= ' ')
			*c = '_';
}

void rrpath_path_key(const struct rrpath_dev *dev, char *key)
{
	make_key(dev, true, key);
}

struct rrpath_conf_path *rrpath_record_path(const struct rrpath_conf_map *entry,
					    const struct rrpath_dev *dev)
{
	struct rrpath_conf_path *path;
	char key[RRPATH_KEY_LEN];

	make_key(dev, true, key);
	path = rrpath_conf_path(entry, key);
	if (path)
		return path;
	make_key(dev, false, key);
	return rrpath_conf_path(entry, key);
}

static const char *map_wwid(const struct rrpath_map *map)
{
	char uuid[RRPATH_UUID_LEN];
	size_t i;

	/* Of a disk that gave the map its UUID, if there is one. */
	for (i = 0; i < map->nr_paths; i++) {
		rrpath_uuid_for(&map->path[i].dev, map->name, uuid);
		if (map->path[i].present && *map->path[i].dev.wwid &&
		    !strcmp(uuid, map->info.uuid))
			return map->path[i].dev.wwid;
	}
	return "";
}

static bool has_disk(const struct rrpath_map *map, const char *wwid)
{
	size_t i;

	for (i = 0; i < map->nr_paths; i++)
		if (map->path[i].present && !strcmp(map->path[i].dev.wwid, wwid))
			return true;
	return false;
}

struct rrpath_conf_map *rrpath_record_entry(const struct rrpath_conf *conf,
					    const struct rrpath_map *map)
{
	struct rrpath_conf_map *found = NULL;
	char uuid[RRPATH_UUID_LEN];
	size_t i;

	if (strncmp(map->info.uuid, "rrpath-", strlen("rrpath-")))
		return rrpath_conf_find(conf, map->name);
	for (i = 0; i < conf->nr; i++) {
		struct rrpath_dev dev = { 0 };

		rrpath_copy(dev.wwid, sizeof(dev.wwid), conf->map[i].wwid);
		rrpath_uuid_for(&dev, map->name, uuid);
		if (strcmp(uuid, map->info.uuid))
			continue;
		/* Two WWIDs may look the same in a UUID: the disks know which it is. */
		if (has_disk(map, conf->map[i].wwid))
			return &conf->map[i];
		found = &conf->map[i];
	}
	return *map_wwid(map) ? NULL : found;
}

/* What of an entry is as the map is now. */
static void copy_settings(struct rrpath_conf_map *entry, const struct rrpath_map *map)
{
	char key[RRPATH_KEY_LEN];
	size_t i;

	rrpath_copy(entry->policy, sizeof(entry->policy), map->table.policy);
	for (i = 0; i < RRPATH_NR_OPTS; i++)
		rrpath_copy(entry->opt[i], sizeof(entry->opt[i]), map->table.opt[i]);
	for (i = 0; i < map->nr_paths; i++) {
		const struct rrpath_map_path *path = &map->path[i];
		struct rrpath_conf_path *to;
		bool any_wwid;

		if (!path->present)
			continue;
		to = rrpath_record_path(entry, &path->dev);
		any_wwid = to && to->any_wwid;
		rrpath_path_key(&path->dev, key);
		to = rrpath_conf_path_get(entry, key);
		to->any_wwid = any_wwid;
		to->priority = path->status.priority;
		to->weight = path->status.weight;
		to->out = false;
	}
}

/*
 * At the moment when the disk is taken, and not later: what it has become by then is
 * not what somebody wanted.
 */
static void note_wwid(struct rrpath_conf_map *entry, const struct rrpath_dev *dev)
{
	char key[RRPATH_KEY_LEN];

	rrpath_path_key(dev, key);
	rrpath_conf_path_get(entry, key)->any_wwid = strcmp(dev->wwid, entry->wwid);
}

/* Puts the entry into the file, and takes away one of the same LUN that has another name. */
static int put_entry(int file, const char *old, const struct rrpath_conf *conf,
		     const struct rrpath_conf_map *entry)
{
	char *text __rr_cleanup(rrpath_freep) = NULL;
	char *cut __rr_cleanup(rrpath_freep) = NULL;
	const struct rrpath_conf_map *same;

	same = rrpath_conf_find_wwid(conf, entry->wwid);
	if (same && strcmp(same->name, entry->name))
		cut = rrpath_conf_cut(old, same->name);
	text = rrpath_conf_put(cut ? cut : old, entry);
	return update_file(file, old, text);
}

static void report_write(int file, int error)
{
	char *name __rr_cleanup(rrpath_freep) = file_name(file);

	rrpath_error("warning: cannot write %s: %s: the map will not come back by itself %s",
		     name, strerror(-error), file ? "when its disks do" : "after a boot");
}

static int cut_entry(int file, const char *name)
{
	char *path __rr_cleanup(rrpath_freep) = file_name(file);
	char *old __rr_cleanup(rrpath_freep) = read_file(path);
	char *text __rr_cleanup(rrpath_freep) = NULL;

	if (!old)
		return -EIO;
	text = rrpath_conf_cut(old, name);
	return update_file(file, old, text);
}

static int record_in(int file, const struct rrpath_map *map, const char *wwid)
{
	struct rrpath_str why __rr_cleanup(rrpath_str_free) = { 0 };
	struct rrpath_conf conf __rr_cleanup(rrpath_conf_free) = { 0 };
	char *path __rr_cleanup(rrpath_freep) = file_name(file);
	char *old __rr_cleanup(rrpath_freep) = read_file(path);
	struct rrpath_conf_map entry = { 0 };
	size_t i;
	int ret;

	if (!old)
		return -EIO;
	rrpath_conf_parse(&conf, old, &why);
	rrpath_copy(entry.name, sizeof(entry.name), map->name);
	rrpath_copy(entry.wwid, sizeof(entry.wwid), wwid);
	copy_settings(&entry, map);
	for (i = 0; i < map->nr_paths; i++)
		if (map->path[i].present)
			note_wwid(&entry, &map->path[i].dev);
	ret = put_entry(file, old, &conf, &entry);
	rrpath_conf_map_free(&entry);
	return ret;
}

void rrpath_record_new(const char *name, bool transient)
{
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	const char *wwid;
	int file, ret;

	if (rrpath_map_load(name, &map))
		return;
	wwid = map_wwid(&map);
	if (!*wwid) {
		if (!transient)
			rrpath_error("note: without a WWID the disks of %s cannot be found again",
				     rrpath_quote(name));
		return;
	}
	for (file = transient; file < NR_FILES; file++) {
		ret = record_in(file, &map, wwid);
		if (!ret)
			break;
		/* Where /etc cannot be written: then at least until the next boot. */
		report_write(file, ret);
	}
	if (!file)
		cut_entry(1, name);
}

/* Changes the entry in one file. False if there is none. */
static bool change_in(int file, const struct rrpath_map *map, const struct rrpath_dev *added,
		      const struct rrpath_dev *dropped)
{
	struct rrpath_str why __rr_cleanup(rrpath_str_free) = { 0 };
	struct rrpath_conf conf __rr_cleanup(rrpath_conf_free) = { 0 };
	char *path __rr_cleanup(rrpath_freep) = file_name(file);
	char *old __rr_cleanup(rrpath_freep) = read_file(path);
	struct rrpath_conf_map *entry;
	char key[RRPATH_KEY_LEN];
	int ret;

	if (!old)
		return false;
	rrpath_conf_parse(&conf, old, &why);
	entry = rrpath_record_entry(&conf, map);
	if (!entry)
		return false;
	copy_settings(entry, map);
	if (added)
		note_wwid(entry, added);
	if (dropped) {
		rrpath_path_key(dropped, key);
		rrpath_conf_path_get(entry, key)->out = true;
	}
	ret = put_entry(file, old, &conf, entry);
	if (ret)
		report_write(file, ret);
	return true;
}

void rrpath_record_changed(const char *name, const struct rrpath_dev *added,
			   const struct rrpath_dev *dropped)
{
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	int file;

	if (rrpath_map_load(name, &map))
		return;
	rrpath_record_follow(&map);
	for (file = 0; file < NR_FILES; file++)
		if (change_in(file, &map, added, dropped))
			return;
}

/* What the map is called in that file; NULL if it is not there. To be freed. */
static char *name_in(int file, const struct rrpath_map *map, bool *taken)
{
	struct rrpath_conf conf __rr_cleanup(rrpath_conf_free) = { 0 };
	const struct rrpath_conf_map *entry;

	load_file(file, &conf, false);
	entry = rrpath_record_entry(&conf, map);
	*taken = rrpath_conf_find(&conf, map->name);
	return entry ? rrpath_dup(entry->name) : NULL;
}

static int rename_in(int file, const char *name, const char *to)
{
	char *path __rr_cleanup(rrpath_freep) = file_name(file);
	char *old __rr_cleanup(rrpath_freep) = read_file(path);
	char *text __rr_cleanup(rrpath_freep) = NULL;

	if (!old)
		return -EIO;
	text = rrpath_conf_rename(old, name, to);
	return update_file(file, old, text);
}

void rrpath_record_follow(const struct rrpath_map *map)
{
	int file, ret;
	bool taken;

	for (file = 0; file < NR_FILES; file++) {
		char *name __rr_cleanup(rrpath_freep) = name_in(file, map, &taken);

		if (!name || !strcmp(name, map->name))
			continue;
		/* Two maps have changed their names, or it will be made under the old one. */
		if (taken)
			continue;
		rrpath_timers_renamed(name, map->name);
		ret = rename_in(file, name, map->name);
		if (ret)
			report_write(file, ret);
	}
}

void rrpath_record_remove(const struct rrpath_map *map)
{
	int file, ret;
	bool taken;

	for (file = 0; file < NR_FILES; file++) {
		char *path __rr_cleanup(rrpath_freep) = file_name(file);
		char *name __rr_cleanup(rrpath_freep) = name_in(file, map, &taken);

		/* Its name in the record may by now be that of another LUN. */
		if (!name && taken)
			continue;
		ret = cut_entry(file, name ? name : map->name);
		if (ret)
			rrpath_error("warning: cannot take %s out of %s: %s: it will come back",
				     rrpath_quote(map->name), path, strerror(-ret));
	}
}
