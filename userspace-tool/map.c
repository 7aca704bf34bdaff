// SPDX-License-Identifier: GPL-2.0
/* A map as it is now. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "map.h"
#include "util.h"

static int lock_fd = -1;

/* @how: LOCK_EX, and LOCK_NB not to wait. */
static bool take_lock(int how)
{
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("%s/rrpath.lock", rrpath_roots.run);

	/* Where /run cannot be written there is nobody to be kept out. */
	lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	while (lock_fd >= 0 && flock(lock_fd, how))
		if (errno == EWOULDBLOCK) {
			rrpath_unlock();
			return false;
		} else if (errno != EINTR) {
			break;
		}
	return true;
}

void rrpath_lock(void)
{
	take_lock(LOCK_EX);
}

bool rrpath_trylock(void)
{
	return take_lock(LOCK_EX | LOCK_NB);
}

void rrpath_unlock(void)
{
	if (lock_fd >= 0)
		close(lock_fd);
	lock_fd = -1;
}

int rrpath_need_dm(void)
{
	if (geteuid()) {
		rrpath_error("device-mapper needs root: run it with sudo");
		return RRPATH_FAILED;
	}
	if (rrpath_dm_init()) {
		rrpath_error("this kernel has no device-mapper: modprobe dm-mod");
		return RRPATH_FAILED;
	}
	return RRPATH_DONE;
}

bool rrpath_name_is_good(const char *name)
{
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		rrpath_error("%s cannot be the name of a map", rrpath_quote(name));
	else if (strlen(name) >= RRPATH_NAME_LEN)
		rrpath_error("the name %s is too long: %d characters at most", rrpath_quote(name),
			     RRPATH_NAME_LEN - 1);
	else if (strspn(name, RRPATH_DM_CHARACTERS) != strlen(name))
		rrpath_error("the name %s has more in it than letters, digits and #+-.:=@_",
			     rrpath_quote(name));
	else if (*name == '-')
		rrpath_error("the name %s begins with '-'", rrpath_quote(name));
	else
		return true;
	return false;
}

bool rrpath_name_of(const char *word, char *name)
{
	static const char mapper[] = "/dev/mapper/";
	unsigned int major, minor;

	*name = '\0';
	if (!strncmp(word, mapper, strlen(mapper)))
		word += strlen(mapper);
	else if (*word == '/' && !rrpath_dev_number(word, &major, &minor) &&
		 rrpath_read_line(name, RRPATH_NAME_LEN, "%s/dev/block/%u:%u/dm/name",
				  rrpath_roots.sys, major, minor))
		return true;
	if (!*word || strchr(word, '/') || strlen(word) >= RRPATH_NAME_LEN) {
		rrpath_error("%s is not the name of a map: see 'rrpath list'", rrpath_quote(word));
		return false;
	}
	rrpath_copy(name, RRPATH_NAME_LEN, word);
	return true;
}

/* The options in force: what sysfs says, else the table, else the default. */
static void read_options(struct rrpath_map *map)
{
	char text[64];
	int i;

	for (i = 0; i < RRPATH_NR_OPTS; i++) {
		const struct rrpath_opt_type *type = &rrpath_opt_types[i];

		rrpath_copy(map->opt[i], RRPATH_VALUE_LEN,
			    *map->table.opt[i] ? map->table.opt[i] : type->deflt);
		if (rrpath_read_line(text, sizeof(text), "%s/block/%s/rrpath/%s", rrpath_roots.sys,
				     map->kname, type->name))
			rrpath_opt_parse((enum rrpath_opt)i, text, map->opt[i]);
	}
}

static int by_number(const void *a, const void *b)
{
	unsigned int first = *(const unsigned int *)a, second = *(const unsigned int *)b;

	/* Downwards: the first group has the highest priority. */
	return first < second ? 1 : first > second ? -1 : 0;
}

static void number_groups(struct rrpath_map *map)
{
	unsigned int *priority __rr_cleanup(rrpath_freep) =
		rrpath_alloc(map->nr_paths, sizeof(*priority));
	size_t i, nr = 0;

	for (i = 0; i < map->nr_paths; i++)
		priority[i] = map->path[i].status.priority;
	qsort(priority, map->nr_paths, sizeof(*priority), by_number);
	for (i = 0; i < map->nr_paths; i++)
		if (!i || priority[i] != priority[i - 1])
			priority[nr++] = priority[i];
	map->nr_groups = (unsigned int)nr;
	for (i = 0; i < map->nr_paths; i++) {
		unsigned int group = 0;

		while (priority[group] != map->path[i].status.priority)
			group++;
		map->path[i].group = group + 1;
	}
}

static void read_paths(struct rrpath_map *map)
{
	size_t i;

	map->nr_paths = map->status.nr_paths;
	map->path = rrpath_alloc(map->nr_paths, sizeof(*map->path));
	for (i = 0; i < map->nr_paths; i++) {
		struct rrpath_map_path *path = &map->path[i];

		path->status = map->status.paths[i];
		snprintf(path->devno, sizeof(path->devno), "%u:%u", path->status.major,
			 path->status.minor);
		path->present = !rrpath_dev_facts(path->status.major, path->status.minor,
						  &path->dev);
	}
	number_groups(map);
}

/*
 * Returns 0, -ENXIO (no such map), -EMEDIUMTYPE (not an rrpath map; @type says
 * what it is), -EINVAL (@why says what is wrong with its lines), or another
 * error of the ioctls.
 */
static int load(const char *name, struct rrpath_map *map, char *type, char *why)
{
	struct rrpath_dm_line table __rr_cleanup(rrpath_dm_line_free) = { 0 };
	struct rrpath_dm_line status __rr_cleanup(rrpath_dm_line_free) = { 0 };
	int ret;

	memset(map, 0, sizeof(*map));
	rrpath_copy(map->name, sizeof(map->name), name);
	ret = rrpath_dm_info(name, &map->info);
	if (!ret && !map->info.exists)
		ret = -ENXIO;
	if (!ret)
		ret = rrpath_dm_table(name, &table);
	if (ret)
		return ret;
	if (table.nr_targets != 1 || strcmp(table.target, RRPATH_TARGET)) {
		rrpath_copy(type, sizeof(table.target), table.nr_targets ? table.target : "");
		return -EMEDIUMTYPE;
	}
	ret = rrpath_dm_status(name, &status);
	if (ret)
		return ret;
	snprintf(map->kname, sizeof(map->kname), "dm-%u", map->info.minor);
	map->sectors = table.length;
	if (rrpath_table_parse(&map->table, table.params, why) ||
	    rrpath_status_parse(&map->status, status.params, why))
		return -EINVAL;
	read_options(map);
	read_paths(map);
	return 0;
}

int rrpath_map_load(const char *name, struct rrpath_map *map)
{
	char why[RRPATH_WHY_LEN] = "", type[32] = "";
	int ret = load(name, map, type, why);

	if (!ret)
		return RRPATH_DONE;
	rrpath_map_free(map);
	if (ret == -ENXIO)
		rrpath_error("there is no map %s: see 'rrpath list'", rrpath_quote(name));
	else if (ret == -EMEDIUMTYPE && *type)
		rrpath_error("%s is a map of target '%s', not of rrpath: use dmsetup",
			     rrpath_quote(name), type);
	else if (ret == -EMEDIUMTYPE)
		rrpath_error("the map %s has no live table: 'dmsetup remove' it, create it again",
			     rrpath_quote(name));
	else if (*why)
		rrpath_error("cannot read the line of %s: %s: is the module newer than this tool?",
			     rrpath_quote(name), why);
	else
		rrpath_error("cannot read the map %s: %s", rrpath_quote(name), strerror(-ret));
	return RRPATH_FAILED;
}

int rrpath_map_open(const char *word, struct rrpath_map *map)
{
	char name[RRPATH_NAME_LEN];
	int ret;

	if (!rrpath_name_of(word, name))
		return RRPATH_USAGE;
	ret = rrpath_need_dm();
	if (ret)
		return ret;
	rrpath_lock();
	return rrpath_map_load(name, map);
}

void rrpath_map_free(struct rrpath_map *map)
{
	size_t i;

	for (i = 0; i < map->nr_paths; i++)
		rrpath_dev_free(&map->path[i].dev);
	free(map->path);
	rrpath_table_free(&map->table);
	rrpath_status_free(&map->status);
	memset(map, 0, sizeof(*map));
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int load_all(struct rrpath_maps *maps)
{
	char **names;
	size_t nr, i;
	int ret;

	ret = rrpath_dm_names(&names, &nr);
	if (ret) {
		rrpath_error("cannot list the maps: %s", strerror(-ret));
		return RRPATH_FAILED;
	}
	if (nr)
		qsort(names, nr, sizeof(*names), by_name);
	maps->map = rrpath_alloc(nr, sizeof(*maps->map));
	for (i = 0; i < nr; i++) {
		struct rrpath_map *map = &maps->map[maps->nr];
		char why[RRPATH_WHY_LEN] = "", type[32];

		/* One that is gone by now, or of another target, is not in the list. */
		ret = load(names[i], map, type, why);
		if (!ret)
			maps->nr++;
		else
			rrpath_map_free(map);
		if (*why)
			rrpath_error("left out %s: its line cannot be read: %s",
				     rrpath_quote(names[i]), why);
		else if (ret && ret != -ENXIO && ret != -EMEDIUMTYPE)
			rrpath_error("left out %s: %s", rrpath_quote(names[i]), strerror(-ret));
		free(names[i]);
	}
	free(names);
	return RRPATH_DONE;
}

int rrpath_maps_load(const char *name, struct rrpath_maps *maps)
{
	int ret;

	memset(maps, 0, sizeof(*maps));
	if (!name)
		return load_all(maps);
	maps->map = rrpath_alloc(1, sizeof(*maps->map));
	ret = rrpath_map_load(name, maps->map);
	if (!ret)
		maps->nr = 1;
	return ret;
}

void rrpath_maps_free(struct rrpath_maps *maps)
{
	size_t i;

	for (i = 0; i < maps->nr; i++)
		rrpath_map_free(&maps->map[i]);
	free(maps->map);
	memset(maps, 0, sizeof(*maps));
}

int rrpath_map_path_find(const struct rrpath_map *map, const char *word)
{
	struct rrpath_str paths = { 0 };
	unsigned int major, minor;
	size_t i;
	int ret;

	ret = rrpath_dev_number(word, &major, &minor);
	if (ret == -ENOTBLK) {
		rrpath_error("%s is not a block device", rrpath_quote(word));
		return -1;
	}
	if (!ret) {
		ret = rrpath_status_find(&map->status, major, minor);
		if (ret >= 0)
			return ret;
	}
	for (i = 0; i < map->nr_paths && i < 8; i++)
		rrpath_str_add(&paths, "%s%s", i ? ", " : "",
			       map->path[i].present ? map->path[i].dev.name : map->path[i].devno);
	rrpath_error("%s is not a path of %s: its paths are %s%s", rrpath_quote(word),
		     rrpath_quote(map->name), paths.text, i < map->nr_paths ? ", ..." : "");
	rrpath_str_free(&paths);
	return -1;
}

char *rrpath_mark_name(const struct rrpath_map *map, const struct rrpath_map_path *path)
{
	return rrpath_printf("%s/rrpath/out-%s-%s", rrpath_roots.run, path->devno, map->info.uuid);
}

void rrpath_marks_drop(const struct rrpath_map *map, const struct rrpath_table *table)
{
	size_t i;

	/* The number of a path that has left may be another disk's soon. */
	for (i = 0; i < map->nr_paths; i++) {
		char *mark __rr_cleanup(rrpath_freep) = rrpath_mark_name(map, &map->path[i]);
		const struct rrpath_path_status *status = &map->path[i].status;

		if (!table || rrpath_table_find(table, status->major, status->minor) < 0)
			unlink(mark);
	}
}
