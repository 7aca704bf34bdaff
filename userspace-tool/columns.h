/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One table of columns for everything that is printed: it drives -o, --raw,
 * --json and the help. Drawn by libsmartcols.
 */
#ifndef RRPATH_COLUMNS_H
#define RRPATH_COLUMNS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "map.h"

/* Goes up when a key changes its meaning or disappears, not when one is added. */
#define RRPATH_JSON_SCHEMA	1

/* What a column is about; a command offers the columns of some scopes. */
enum rrpath_scope {
	RRPATH_SCOPE_MAP = 1,
	RRPATH_SCOPE_PATH = 2,
	RRPATH_SCOPE_RATE = 4,
	RRPATH_SCOPE_LUN = 8,
	RRPATH_SCOPE_DISK = 16,
};

/* A number that is not known, and a rate that is not. */
#define RRPATH_NO_NUMBER	UINT64_MAX
#define RRPATH_NO_RATE		(-1.0)

/* What a line can show. Texts belong to the map. */
struct rrpath_row {
	/* map */
	const char *name;
	const char *kname;
	const char *uuid;
	const char *policy;
	const char *opt[RRPATH_NR_OPTS];
	uint64_t size;
	uint64_t nr_paths;
	uint64_t nr_usable;
	uint64_t queued;
	uint64_t open_count;
	uint64_t suspended;
	uint64_t read_only;
	/* path */
	const char *path;
	const char *devno;
	const char *state;
	const char *reason;
	const char *hctl;
	const char *wwid;
	const char *vendor;
	const char *model;
	const char *transport;
	uint64_t group;
	uint64_t priority;
	uint64_t weight;
	uint64_t counter[RRPATH_NR_COUNTERS];
	uint64_t stalls;
	uint64_t hold_down_ms;
	uint64_t ios;
	uint64_t read_bytes;
	uint64_t written_bytes;
	/* LUN and disk, before there is a map */
	const char *lun_used;
	const char *command;
	const char *portal;
	const char *target;
	const char *nic;
	const char *used;
	/* rates */
	double share;
	double iops;
	double reads;
	double writes;
	double read_mb;
	double written_mb;
	double errors;
};

struct rrpath_col;

#define RRPATH_MAX_COLS	64

struct rrpath_format {
	unsigned int scopes;	/* that the command offers */
	bool json;
	bool raw;
	bool noheadings;
	bool bytes;
	bool chosen;		/* by -o */
	const struct rrpath_col *col[RRPATH_MAX_COLS];
	size_t nr_cols;
};

#define RRPATH_FORMAT_SHORT	"Jrnbo:"

/*
 * Takes one of the options above; long: json, raw, noheadings, bytes, output.
 * RRPATH_DONE, or RRPATH_USAGE with one line on stderr.
 */
int rrpath_format_option(struct rrpath_format *format, int opt, const char *arg);

/* Chooses the columns in the list, unless -o did. */
void rrpath_format_default(struct rrpath_format *format, const char *list);

/* All numbers unknown, all texts absent. */
void rrpath_row_init(struct rrpath_row *row);
void rrpath_row_map(struct rrpath_row *row, const struct rrpath_map *map);
void rrpath_row_path(struct rrpath_row *row, const struct rrpath_map *map,
		     const struct rrpath_map_path *path);

/* Rows to be printed; a row with a @depth above that of the row before it is its child. */
struct rrpath_rows {
	struct rrpath_row *row;
	unsigned char *depth;
	size_t nr;
};

struct rrpath_row *rrpath_rows_add(struct rrpath_rows *rows, unsigned int depth);
void rrpath_rows_free(struct rrpath_rows *rows);

/*
 * Prints @rows as a table; @tree draws the first column as a tree.
 */
void rrpath_print_table(const struct rrpath_format *format, const struct rrpath_rows *rows,
			bool tree);

/*
 * Prints { "schema": ..., "maps": [...] }. Rows of depth 0 are maps and print
 * the columns of the map's scope, rows of depth 1 are that map's paths and print
 * the others, in its "paths", if @with_paths. The same for "luns" and their "disks",
 * if the format has that scope.
 */
void rrpath_print_json(const struct rrpath_format *format, const struct rrpath_rows *rows,
		       bool with_paths);

/* The columns of @scopes, one a line, for the help of a command. */
void rrpath_columns_help(FILE *out, unsigned int scopes);

/* 512 MiB as "512M", with one decimal where it is not whole. */
void rrpath_human_size(char *to, size_t size, uint64_t bytes);

#endif
