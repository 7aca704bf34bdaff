/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The record of maps, maps.conf(5): what there is to be made again after a boot,
 * and how. Reading, printing, editing of the text. Pure: no file, no ioctl.
 *
 *	map lun0
 *		wwid naa.60014053ac5b0be2
 *		policy round-robin
 *		no_path_timeout_ms 30000
 *		path iscsi:iqn.2024-01.org.example:a,192.168.100.8:3260,default priority 50
 */
#ifndef RRPATH_MAPS_CONF_H
#define RRPATH_MAPS_CONF_H

#include "dm.h"
#include "table.h"
#include "util.h"

#define RRPATH_WWID_LEN	256

/* What is to be known about a path before it is there. */
struct rrpath_conf_path {
	char *key;		/* by what carries the disk, not by its name */
	unsigned int priority;
	unsigned int weight;
	bool out;		/* dropped by hand: does not join by itself */
	bool any_wwid;		/* taken with --force: its WWID is another */
};

struct rrpath_conf_map {
	char name[RRPATH_NAME_LEN];
	char wwid[RRPATH_WWID_LEN];
	char policy[RRPATH_POLICY_LEN];
	/* Empty where nothing is said. */
	char opt[RRPATH_NR_OPTS][RRPATH_VALUE_LEN];
	size_t nr_paths;
	struct rrpath_conf_path *path;
};

struct rrpath_conf {
	struct rrpath_conf_map *map;
	size_t nr;
};

/*
 * Reads @text. A map with a line that cannot be read, or without a WWID, is left
 * out; each such line is a line of @why: "line 7: 'x' is ...". 0 or -EINVAL.
 */
int rrpath_conf_parse(struct rrpath_conf *conf, const char *text, struct rrpath_str *why);
void rrpath_conf_free(struct rrpath_conf *conf);
void rrpath_conf_map_free(struct rrpath_conf_map *map);

struct rrpath_conf_map *rrpath_conf_find(const struct rrpath_conf *conf, const char *name);
struct rrpath_conf_map *rrpath_conf_find_wwid(const struct rrpath_conf *conf, const char *wwid);

/* The path of @key, or NULL. */
struct rrpath_conf_path *rrpath_conf_path(const struct rrpath_conf_map *map, const char *key);
/* The same, added with priority and weight 1 if there is none. */
struct rrpath_conf_path *rrpath_conf_path_get(struct rrpath_conf_map *map, const char *key);

/*
 * @text with the entry of @map in it: lines that say the same as before, comments
 * and other maps stay as they are. The caller frees it.
 */
char *rrpath_conf_put(const char *text, const struct rrpath_conf_map *map);

/* @text with the entry @name under the name @to. The caller frees it. */
char *rrpath_conf_rename(const char *text, const char *name, const char *to);

/* @text without the entry @name. The caller frees it. */
char *rrpath_conf_cut(const char *text, const char *name);

#endif
