/* SPDX-License-Identifier: GPL-2.0 */
/* A map as it is now: its table, its status, and the disks behind its paths. */
#ifndef RRPATH_MAP_H
#define RRPATH_MAP_H

#include "dev.h"
#include "dm.h"
#include "status.h"
#include "table.h"

struct rrpath_map_path {
	struct rrpath_path_status status;
	struct rrpath_dev dev;		/* valid if present */
	bool present;			/* the kernel still has the device */
	char devno[24];
	unsigned int group;		/* 1: the highest priority */
};

struct rrpath_map {
	char name[RRPATH_NAME_LEN];
	char kname[16];
	struct rrpath_dm_info info;
	uint64_t sectors;
	struct rrpath_table table;
	struct rrpath_status status;
	/* Values in force, from sysfs where that has them. */
	char opt[RRPATH_NR_OPTS][RRPATH_VALUE_LEN];
	size_t nr_paths;
	struct rrpath_map_path *path;
	unsigned int nr_groups;
};

struct rrpath_maps {
	struct rrpath_map *map;
	size_t nr;
};

/*
 * True if a new map may have this name. Otherwise one line is on stderr.
 */
bool rrpath_name_is_good(const char *name);

/*
 * The name in what was given as NAME: also /dev/mapper/NAME and /dev/dm-N.
 * @name has RRPATH_NAME_LEN bytes. False if it can be no map's name; then one
 * line is on stderr.
 */
bool rrpath_name_of(const char *word, char *name);

/*
 * Ends the ways in which nothing can work: not root, no device-mapper.
 * Returns RRPATH_DONE, or RRPATH_FAILED with one line on stderr.
 */
int rrpath_need_dm(void);

/* RRPATH_DONE, or RRPATH_FAILED with one line on stderr and @map empty. */
int rrpath_map_load(const char *name, struct rrpath_map *map);

/*
 * The map that a command changes, given as @word: takes the lock, which is kept to
 * the end, and loads it. Returns an enum rrpath_exit; but for RRPATH_DONE one line is
 * on stderr and @map empty.
 */
int rrpath_map_open(const char *word, struct rrpath_map *map);

void rrpath_map_free(struct rrpath_map *map);

/* The map @name, or with NULL all rrpath maps. Returns as rrpath_map_load(). */
int rrpath_maps_load(const char *name, struct rrpath_maps *maps);
void rrpath_maps_free(struct rrpath_maps *maps);

/*
 * The map's path that @word names. A disk that is gone is found by its
 * major:minor. The index, or -1 with one line on stderr.
 */
int rrpath_map_path_find(const struct rrpath_map *map, const char *word);

/*
 * A path that assemble took out is put back when its disk is the right one again; one
 * that the administrator took out is not. This file tells them apart. To be freed.
 */
char *rrpath_mark_name(const struct rrpath_map *map, const struct rrpath_map_path *path);

/* Removes the marks of the paths that @table has not. NULL: of all. */
void rrpath_marks_drop(const struct rrpath_map *map, const struct rrpath_table *table);

/*
 * One rrpath at a time changes maps: what one has read stays true until it
 * writes. Released when the program ends, or by rrpath_unlock().
 */
void rrpath_lock(void);
/* False if another one has it, which is not waited for. */
bool rrpath_trylock(void);
void rrpath_unlock(void);

#endif
