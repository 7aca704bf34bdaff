/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table line of an rrpath map: reading what the kernel prints, writing
 * what the kernel reads. Pure: no ioctl, no file, no global state.
 */
#ifndef RRPATH_TABLE_H
#define RRPATH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RRPATH_POLICY_LEN	32
#define RRPATH_VALUE_LEN	16
#define RRPATH_MAX_PATHS	1024
#define RRPATH_MAX_PRIORITY	65535
#define RRPATH_MAX_WEIGHT	256
/* Of table, status and option texts: room for an error. */
#define RRPATH_WHY_LEN		256

enum rrpath_opt {
	RRPATH_OPT_QUEUE,
	RRPATH_OPT_NO_PATH_TIMEOUT,
	RRPATH_OPT_FAILBACK,
	RRPATH_OPT_PROBE_INTERVAL,
	RRPATH_OPT_RR_MIN_IO,
	RRPATH_OPT_STALL_TIMEOUT,
	RRPATH_OPT_HOLD_DOWN_MAX,
	RRPATH_OPT_MERGE_KIB,
	RRPATH_NR_OPTS
};

struct rrpath_opt_type {
	const char *name;	/* as in the table line, messages and sysfs */
	const char *deflt;
	const char *accepts;	/* for messages */
	bool flag;		/* a word alone in the table line */
	uint64_t min;
	uint64_t max;
};

extern const struct rrpath_opt_type rrpath_opt_types[RRPATH_NR_OPTS];
/* The policies this version knows, NULL at the end. */
extern const char *const rrpath_policies[];

struct rrpath_table_path {
	unsigned int major;
	unsigned int minor;
	unsigned int priority;
	unsigned int weight;
};

struct rrpath_table {
	char policy[RRPATH_POLICY_LEN];
	size_t nr_paths;
	struct rrpath_table_path *paths;
	/* Empty where the line does not say. */
	char opt[RRPATH_NR_OPTS][RRPATH_VALUE_LEN];
};

/*
 * Reads the parameters of a table line, devices as major:minor.
 * Returns 0, or -EINVAL with @why (RRPATH_WHY_LEN bytes) set and @table empty.
 */
int rrpath_table_parse(struct rrpath_table *table, const char *params, char *why);

/* The parameters for @table, in the shortest form. The caller frees them. */
char *rrpath_table_format(const struct rrpath_table *table);

void rrpath_table_free(struct rrpath_table *table);

/* The path's index, or -1. */
int rrpath_table_find(const struct rrpath_table *table, unsigned int major, unsigned int minor);
void rrpath_table_add(struct rrpath_table *table, const struct rrpath_table_path *path);
void rrpath_table_del(struct rrpath_table *table, size_t index);

/*
 * The option called @name; '-' stands for '_', and the "_ms" at the end may be
 * left out. -1 if there is none.
 */
int rrpath_opt_find(const char *name);

/*
 * Checks @value and writes it as the kernel prints it (flags: "1", "0") to @to
 * (RRPATH_VALUE_LEN bytes). 0 or -EINVAL.
 */
int rrpath_opt_parse(enum rrpath_opt opt, const char *value, char *to);

/* A policy's name is a word of small letters, digits and '-'. */
bool rrpath_policy_is_word(const char *policy);

#endif
