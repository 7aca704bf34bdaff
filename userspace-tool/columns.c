// SPDX-License-Identifier: GPL-2.0
/* One table of columns for everything that is printed. */
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "columns.h"
#include "util.h"

enum col_type {
	COL_TEXT,
	COL_NUMBER,
	COL_SIZE,	/* bytes, shortened for people */
	COL_BOOL,	/* a number, 0 or 1 */
	COL_FLAG,	/* a text, "0" or "1" */
	COL_DIGITS,	/* a text that is a number */
	COL_RATE,
};

struct rrpath_col {
	const char *head;
	const char *key;	/* in JSON */
	const char *help;
	enum rrpath_scope scope;
	enum col_type type;
	size_t offset;		/* in struct rrpath_row */
};

#define AT(member)	offsetof(struct rrpath_row, member)

static const struct rrpath_col columns[] = {
	{ "NAME", "name", "name of the map", RRPATH_SCOPE_MAP, COL_TEXT, AT(name) },
	{ "KNAME", "kname", "the kernel's name of the map", RRPATH_SCOPE_MAP, COL_TEXT, AT(kname) },
	{ "UUID", "uuid", "device-mapper UUID", RRPATH_SCOPE_MAP, COL_TEXT, AT(uuid) },
	{ "SIZE", "size", "size of the map", RRPATH_SCOPE_MAP, COL_SIZE, AT(size) },
	{ "POLICY", "policy", "policy", RRPATH_SCOPE_MAP, COL_TEXT, AT(policy) },
	{ "PATHS", "nr_paths", "number of paths", RRPATH_SCOPE_MAP, COL_NUMBER, AT(nr_paths) },
	{ "USABLE", "nr_usable", "number of usable paths", RRPATH_SCOPE_MAP, COL_NUMBER,
	  AT(nr_usable) },
	{ "QUEUED", "queued", "bios held because no path is usable", RRPATH_SCOPE_MAP, COL_NUMBER,
	  AT(queued) },
	{ "QUEUE", "queue_if_no_path", "1 if bios are held while no path is usable",
	  RRPATH_SCOPE_MAP, COL_FLAG, AT(opt[RRPATH_OPT_QUEUE]) },
	{ "TIMEOUT", "no_path_timeout_ms", "for so many ms at most; 0: for ever", RRPATH_SCOPE_MAP,
	  COL_DIGITS, AT(opt[RRPATH_OPT_NO_PATH_TIMEOUT]) },
	{ "FAILBACK", "failback", "immediate, manual or ms", RRPATH_SCOPE_MAP, COL_TEXT,
	  AT(opt[RRPATH_OPT_FAILBACK]) },
	{ "PROBE", "probe_interval_ms", "ms between probes of a failed path; 0: none",
	  RRPATH_SCOPE_MAP, COL_DIGITS, AT(opt[RRPATH_OPT_PROBE_INTERVAL]) },
	{ "MIN-IO", "rr_min_io", "bios per turn of round-robin", RRPATH_SCOPE_MAP, COL_DIGITS,
	  AT(opt[RRPATH_OPT_RR_MIN_IO]) },
	{ "STALL", "stall_timeout_ms", "ms until a path without a completion is left out; 0: never",
	  RRPATH_SCOPE_MAP, COL_DIGITS, AT(opt[RRPATH_OPT_STALL_TIMEOUT]) },
	{ "HOLD-MAX", "hold_down_max_ms", "ms that a flapping path must answer, at most; 0: none",
	  RRPATH_SCOPE_MAP, COL_DIGITS, AT(opt[RRPATH_OPT_HOLD_DOWN_MAX]) },
	{ "MERGE", "merge_kib", "KiB that a request grows to on one path; 0: takes turns",
	  RRPATH_SCOPE_MAP, COL_DIGITS, AT(opt[RRPATH_OPT_MERGE_KIB]) },
	{ "OPEN", "open_count", "how often the map is open", RRPATH_SCOPE_MAP, COL_NUMBER,
	  AT(open_count) },
	{ "SUSPENDED", "suspended", "1 if the map is suspended", RRPATH_SCOPE_MAP, COL_BOOL,
	  AT(suspended) },
	{ "RO", "read_only", "1 if the map is read-only", RRPATH_SCOPE_MAP, COL_BOOL,
	  AT(read_only) },

	{ "PATH", "path", "name of the path's disk; none if the kernel has lost it",
	  RRPATH_SCOPE_PATH, COL_TEXT, AT(path) },
	{ "DEV", "dev", "major:minor of the path", RRPATH_SCOPE_PATH, COL_TEXT, AT(devno) },
	{ "STATE", "state", "active, standby, stalled, failed or disabled", RRPATH_SCOPE_PATH,
	  COL_TEXT, AT(state) },
	{ "REASON", "reason", "why it is not used, or should not be; none if it is in order",
	  RRPATH_SCOPE_PATH, COL_TEXT, AT(reason) },
	{ "HCTL", "hctl", "SCSI host:channel:target:lun", RRPATH_SCOPE_PATH, COL_TEXT, AT(hctl) },
	{ "TRAN", "transport", "transport of the path", RRPATH_SCOPE_PATH, COL_TEXT,
	  AT(transport) },
	{ "VENDOR", "vendor", "vendor of the disk", RRPATH_SCOPE_PATH, COL_TEXT, AT(vendor) },
	{ "MODEL", "model", "model of the disk", RRPATH_SCOPE_PATH, COL_TEXT, AT(model) },
	{ "WWID", "wwid", "identity of the disk", RRPATH_SCOPE_PATH, COL_TEXT, AT(wwid) },
	{ "GROUP", "group", "number of its group, 1 has the highest priority", RRPATH_SCOPE_PATH,
	  COL_NUMBER, AT(group) },
	{ "PRIORITY", "priority", "priority", RRPATH_SCOPE_PATH, COL_NUMBER, AT(priority) },
	{ "WEIGHT", "weight", "weight", RRPATH_SCOPE_PATH, COL_NUMBER, AT(weight) },
	{ "INFLIGHT", "in_flight", "bios in flight", RRPATH_SCOPE_PATH, COL_NUMBER,
	  AT(counter[RRPATH_IN_FLIGHT]) },
	{ "FAILS", "fail_count", "how often the path was taken out of use", RRPATH_SCOPE_PATH,
	  COL_NUMBER, AT(counter[RRPATH_FAIL_COUNT]) },
	{ "STALLS", "stalls", "how often it completed nothing for stall_timeout_ms",
	  RRPATH_SCOPE_PATH, COL_NUMBER, AT(stalls) },
	{ "HOLD", "hold_down_ms", "ms that it must go on answering before it is used",
	  RRPATH_SCOPE_PATH, COL_NUMBER, AT(hold_down_ms) },
	{ "IOS", "ios", "bios sent: reads, writes and others", RRPATH_SCOPE_PATH, COL_NUMBER,
	  AT(ios) },
	{ "READS", "reads", "reads sent", RRPATH_SCOPE_PATH, COL_NUMBER,
	  AT(counter[RRPATH_READS]) },
	{ "READ", "read_bytes", "amount read", RRPATH_SCOPE_PATH, COL_SIZE, AT(read_bytes) },
	{ "WRITES", "writes", "writes sent", RRPATH_SCOPE_PATH, COL_NUMBER,
	  AT(counter[RRPATH_WRITES]) },
	{ "WRITTEN", "written_bytes", "amount written", RRPATH_SCOPE_PATH, COL_SIZE,
	  AT(written_bytes) },
	{ "OTHERS", "others", "flushes, discards, ... sent", RRPATH_SCOPE_PATH, COL_NUMBER,
	  AT(counter[RRPATH_OTHERS]) },
	{ "ERRORS", "errors", "bios that came back with a path error", RRPATH_SCOPE_PATH,
	  COL_NUMBER, AT(counter[RRPATH_ERRORS]) },
	{ "RETRIES", "retries", "of them, those sent to another path", RRPATH_SCOPE_PATH,
	  COL_NUMBER, AT(counter[RRPATH_RETRIES]) },

	{ "WWID", "wwid", "identity of the LUN", RRPATH_SCOPE_LUN, COL_TEXT, AT(wwid) },
	{ "SIZE", "size", "its size", RRPATH_SCOPE_LUN, COL_SIZE, AT(size) },
	{ "VENDOR", "vendor", "its vendor", RRPATH_SCOPE_LUN, COL_TEXT, AT(vendor) },
	{ "MODEL", "model", "its model", RRPATH_SCOPE_LUN, COL_TEXT, AT(model) },
	{ "DISKS", "nr_disks", "by how many disks it is seen", RRPATH_SCOPE_LUN, COL_NUMBER,
	  AT(nr_paths) },
	{ "HELD-BY", "held_by", "who has it: map, mount, multipath, LVM, ...", RRPATH_SCOPE_LUN,
	  COL_TEXT, AT(lun_used) },
	{ "COMMAND", "command", "what to type for a map of it, if nobody has it",
	  RRPATH_SCOPE_LUN, COL_TEXT, AT(command) },
	{ "DISK", "disk", "name of the disk", RRPATH_SCOPE_DISK, COL_TEXT, AT(path) },
	{ "DEV", "dev", "major:minor of the disk", RRPATH_SCOPE_DISK, COL_TEXT, AT(devno) },
	{ "HCTL", "hctl", "SCSI host:channel:target:lun", RRPATH_SCOPE_DISK, COL_TEXT, AT(hctl) },
	{ "TRAN", "transport", "what carries it: iscsi, fc, nvme-tcp, ...", RRPATH_SCOPE_DISK,
	  COL_TEXT, AT(transport) },
	{ "PORTAL", "portal", "address of the target's port", RRPATH_SCOPE_DISK, COL_TEXT,
	  AT(portal) },
	{ "TARGET", "target", "name of the target: IQN, NQN, WWPN", RRPATH_SCOPE_DISK, COL_TEXT,
	  AT(target) },
	{ "NIC", "nic", "network interface it is reached over", RRPATH_SCOPE_DISK, COL_TEXT,
	  AT(nic) },
	{ "USED-BY", "used_by", "who has this disk", RRPATH_SCOPE_DISK, COL_TEXT, AT(used) },

	{ "SHARE", "share", "% of the map's bios: in the interval, or since the counters began",
	  RRPATH_SCOPE_RATE, COL_RATE, AT(share) },
	{ "IOPS", "iops", "bios per second", RRPATH_SCOPE_RATE, COL_RATE, AT(iops) },
	{ "R/S", "reads_per_s", "reads per second", RRPATH_SCOPE_RATE, COL_RATE, AT(reads) },
	{ "W/S", "writes_per_s", "writes per second", RRPATH_SCOPE_RATE, COL_RATE, AT(writes) },
	{ "RMB/S", "read_mb_per_s", "MB (1048576 bytes) read per second", RRPATH_SCOPE_RATE,
	  COL_RATE, AT(read_mb) },
	{ "WMB/S", "written_mb_per_s", "MB written per second", RRPATH_SCOPE_RATE, COL_RATE,
	  AT(written_mb) },
	{ "ERR/S", "errors_per_s", "path errors per second", RRPATH_SCOPE_RATE, COL_RATE,
	  AT(errors) },
};

void rrpath_columns_help(FILE *out, unsigned int scopes)
{
	size_t i;

	fprintf(out, "\nColumns for -o, by the names here or by their keys in --json:\n");
	for (i = 0; i < RRPATH_ARRAY_SIZE(columns); i++)
		if (columns[i].scope & scopes)
			fprintf(out, "  %-9s  %-18s  %s\n", columns[i].head, columns[i].key,
				columns[i].help);
}

static const struct rrpath_col *find_column(const char *name, unsigned int scopes)
{
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(columns); i++)
		if ((columns[i].scope & scopes) &&
		    (!strcasecmp(name, columns[i].head) || !strcasecmp(name, columns[i].key)))
			return &columns[i];
	return NULL;
}

/* RRPATH_DONE, or RRPATH_USAGE with one line on stderr. */
static int choose_columns(struct rrpath_format *format, const char *list)
{
	char *copy __rr_cleanup(rrpath_freep) = rrpath_dup(list);
	char *rest = copy, *name;

	while ((name = strsep(&rest, ","))) {
		const struct rrpath_col *col = find_column(name, format->scopes);

		if (!col) {
			rrpath_error("there is no column %s here: --help lists them",
				     rrpath_quote(name));
			return RRPATH_USAGE;
		}
		if (format->nr_cols == RRPATH_MAX_COLS) {
			rrpath_error("more than %d columns", RRPATH_MAX_COLS);
			return RRPATH_USAGE;
		}
		format->col[format->nr_cols++] = col;
	}
	return RRPATH_DONE;
}

int rrpath_format_option(struct rrpath_format *format, int opt, const char *arg)
{
	switch (opt) {
	case 'J':
		format->json = true;
		break;
	case 'r':
		format->raw = true;
		break;
	case 'n':
		format->noheadings = true;
		break;
	case 'b':
		format->bytes = true;
		break;
	case 'o':
		format->nr_cols = 0;
		format->chosen = true;
		return choose_columns(format, arg);
	}
	return RRPATH_DONE;
}

void rrpath_format_default(struct rrpath_format *format, const char *list)
{
	size_t i;

	if (format->chosen)
		return;
	format->nr_cols = 0;
	if (!format->json) {
		choose_columns(format, list);
		return;
	}
	/* A program reads it, and nothing is too wide for a program. */
	for (i = 0; i < RRPATH_ARRAY_SIZE(columns); i++)
		if (columns[i].scope & format->scopes)
			format->col[format->nr_cols++] = &columns[i];
}

void rrpath_human_size(char *to, size_t size, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	/* One decimal, but not a ".0". */
	if (value * 10 - (double)(uint64_t)value * 10 < 0.5)
		snprintf(to, size, "%.0f%c", value, units[unit]);
	else
		snprintf(to, size, "%.1f%c", value, units[unit]);
}

/* The text of a cell, as it is. False if there is nothing to show. */
static bool raw_text(const struct rrpath_format *format, const struct rrpath_col *col,
		     const struct rrpath_row *row, char *to, size_t size)
{
	const char *member = (const char *)row + col->offset;
	const char *text;
	uint64_t number;
	double rate;

	switch (col->type) {
	case COL_TEXT:
	case COL_FLAG:
	case COL_DIGITS:
		memcpy(&text, member, sizeof(text));
		if (!text || !*text)
			return false;
		snprintf(to, size, "%s", text);
		return true;
	case COL_NUMBER:
	case COL_SIZE:
	case COL_BOOL:
		memcpy(&number, member, sizeof(number));
		if (number == RRPATH_NO_NUMBER)
			return false;
		if (col->type == COL_SIZE && !format->bytes && !format->json)
			rrpath_human_size(to, size, number);
		else
			snprintf(to, size, "%llu", (unsigned long long)number);
		return true;
	case COL_RATE:
		memcpy(&rate, member, sizeof(rate));
		if (rate < 0)
			return false;
		snprintf(to, size, "%.1f", rate);
		return true;
	}
	return false;
}

static bool cell_text(const struct rrpath_format *format, const struct rrpath_col *col,
		      const struct rrpath_row *row, char *to, size_t size)
{
	bool known = raw_text(format, col, row, to, size);

	if (known)
		rrpath_make_safe(to);
	return known;
}

void rrpath_row_init(struct rrpath_row *row)
{
	size_t i;

	memset(row, 0, sizeof(*row));
	for (i = 0; i < RRPATH_ARRAY_SIZE(columns); i++) {
		static const uint64_t number = RRPATH_NO_NUMBER;
		static const double rate = RRPATH_NO_RATE;
		char *member = (char *)row + columns[i].offset;

		switch (columns[i].type) {
		case COL_NUMBER:
		case COL_SIZE:
		case COL_BOOL:
			memcpy(member, &number, sizeof(number));
			break;
		case COL_RATE:
			memcpy(member, &rate, sizeof(rate));
			break;
		default:
			break;
		}
	}
}

void rrpath_row_map(struct rrpath_row *row, const struct rrpath_map *map)
{
	int i;

	row->name = map->name;
	row->kname = map->kname;
	row->uuid = map->info.uuid;
	row->policy = map->status.policy;
	for (i = 0; i < RRPATH_NR_OPTS; i++)
		row->opt[i] = map->opt[i];
	row->size = map->sectors * 512;
	row->nr_paths = map->nr_paths;
	row->nr_usable = map->status.nr_usable;
	row->queued = map->status.queued;
	row->open_count = (uint64_t)map->info.open_count;
	row->suspended = map->info.suspended;
	row->read_only = map->info.read_only;
}

static uint64_t all_ios(const uint64_t *counter)
{
	return counter[RRPATH_READS] + counter[RRPATH_WRITES] + counter[RRPATH_OTHERS];
}

void rrpath_row_path(struct rrpath_row *row, const struct rrpath_map *map,
		     const struct rrpath_map_path *path)
{
	const uint64_t *counter = path->status.counter;
	uint64_t total = 0;
	size_t i;

	if (path->present) {
		row->path = path->dev.name;
		row->hctl = path->dev.hctl;
		row->wwid = path->dev.wwid;
		row->vendor = path->dev.vendor;
		row->model = path->dev.model;
		row->transport = path->dev.transport;
	}
	row->devno = path->devno;
	row->state = rrpath_state_word(path->status.state);
	row->reason = strcmp(path->status.reason, "-") ? path->status.reason : NULL;
	row->stalls = path->status.stalls;
	row->hold_down_ms = path->status.hold_down_ms;
	row->group = path->group;
	row->priority = path->status.priority;
	row->weight = path->status.weight;
	memcpy(row->counter, counter, sizeof(row->counter));
	row->ios = all_ios(counter);
	row->read_bytes = counter[RRPATH_READ_SECTORS] * 512;
	row->written_bytes = counter[RRPATH_WRITE_SECTORS] * 512;
	for (i = 0; i < map->nr_paths; i++)
		total += all_ios(map->path[i].status.counter);
	if (total)
		row->share = 100.0 * (double)row->ios / (double)total;
}

struct rrpath_row *rrpath_rows_add(struct rrpath_rows *rows, unsigned int depth)
{
	rows->row = rrpath_grow(rows->row, rows->nr + 1, sizeof(*rows->row));
	rows->depth = rrpath_grow(rows->depth, rows->nr + 1, sizeof(*rows->depth));
	rows->depth[rows->nr] = (unsigned char)depth;
	rrpath_row_init(&rows->row[rows->nr]);
	return &rows->row[rows->nr++];
}

void rrpath_rows_free(struct rrpath_rows *rows)
{
	free(rows->row);
	free(rows->depth);
	memset(rows, 0, sizeof(*rows));
}

static void *no_memory_is_fatal(void *pointer)
{
	if (!pointer) {
		rrpath_error("out of memory");
		exit(RRPATH_FAILED);
	}
	return pointer;
}

static int json_type(enum col_type type)
{
	switch (type) {
	case COL_NUMBER:
	case COL_SIZE:
	case COL_DIGITS:
	case COL_RATE:
		return SCOLS_JSON_NUMBER;
	case COL_BOOL:
	case COL_FLAG:
		return SCOLS_JSON_BOOLEAN;
	default:
		return SCOLS_JSON_STRING;
	}
}

/* A table with those of the columns that are in @scopes. */
static struct libscols_table *new_table(const struct rrpath_format *format, unsigned int scopes,
					bool tree)
{
	struct libscols_table *table = no_memory_is_fatal(scols_new_table());
	size_t i;

	scols_table_enable_raw(table, format->raw && !format->json);
	scols_table_enable_json(table, format->json);
	scols_table_enable_noheadings(table, format->noheadings);
	for (i = 0; i < format->nr_cols; i++) {
		const struct rrpath_col *col = format->col[i];
		struct libscols_column *column;
		int flags = 0;

		if (!(col->scope & scopes))
			continue;
		if (tree && !i)
			flags |= SCOLS_FL_TREE;
		if (col->type != COL_TEXT)
			flags |= SCOLS_FL_RIGHT;
		column = scols_table_new_column(table, format->json ? col->key : col->head, 0,
						flags);
		no_memory_is_fatal(column);
		scols_column_set_json_type(column, json_type(col->type));
	}
	return table;
}

static struct libscols_line *add_line(const struct rrpath_format *format,
				      struct libscols_table *table, unsigned int scopes,
				      struct libscols_line *parent, const struct rrpath_row *row)
{
	struct libscols_line *line = no_memory_is_fatal(scols_table_new_line(table, parent));
	char text[512];
	size_t i, at = 0;
	bool known;

	for (i = 0; i < format->nr_cols; i++) {
		if (!(format->col[i]->scope & scopes))
			continue;
		known = cell_text(format, format->col[i], row, text, sizeof(text));
		/* For scripts that count the words of a line. */
		if (!known && format->raw && !format->json)
			snprintf(text, sizeof(text), "-");
		else if (!known)
			*text = '\0';
		if (*text && scols_line_set_data(line, at, text))
			no_memory_is_fatal(NULL);
		at++;
	}
	return line;
}

void rrpath_print_table(const struct rrpath_format *format, const struct rrpath_rows *rows,
			bool tree)
{
	struct libscols_table *table = new_table(format, ~0U, tree);
	struct libscols_line *parent = NULL, *line;
	char *text = NULL, *rest, *end;
	size_t i, len;

	for (i = 0; i < rows->nr; i++) {
		line = add_line(format, table, ~0U, rows->depth[i] ? parent : NULL, &rows->row[i]);
		if (!rows->depth[i])
			parent = line;
	}
	if (scols_print_table_to_string(table, &text))
		text = NULL;
	scols_unref_table(table);
	for (rest = text; rest && *rest; rest = end + (*end == '\n')) {
		end = strchrnul(rest, '\n');
		/* The library fills the last column of a tree with blanks. */
		for (len = (size_t)(end - rest); len && rest[len - 1] == ' '; len--)
			;
		printf("%.*s\n", (int)len, rest);
	}
	free(text);
	fflush(stdout);
}

/* What smartcols prints for the rows: [ {...}, ... ]. The caller frees it. */
static char *json_array(const struct rrpath_format *format, unsigned int scopes,
			const struct rrpath_row *row, size_t nr)
{
	struct libscols_table *table = new_table(format, scopes, false);
	char *text = NULL, *open, *close, *array;
	size_t i;

	scols_table_set_name(table, "x");
	for (i = 0; i < nr; i++)
		add_line(format, table, scopes, NULL, &row[i]);
	if (!nr || !scols_table_get_ncols(table) || scols_print_table_to_string(table, &text)) {
		scols_unref_table(table);
		return rrpath_dup("[]");
	}
	scols_unref_table(table);
	/* From { "x": [ ... ] } what is in the middle. */
	open = strchr(text, '[');
	close = strrchr(text, ']');
	if (!open || !close) {
		free(text);
		return rrpath_dup("[]");
	}
	array = rrpath_printf("%.*s", (int)(close - open + 1), open);
	free(text);
	return array;
}

/* Prints @text with everything behind a newline moved to the right. */
static void print_indented(const char *text, unsigned int by)
{
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			printf("%*s", (int)by, "");
	}
}

void rrpath_print_json(const struct rrpath_format *format, const struct rrpath_rows *rows,
		       bool with_paths)
{
	bool luns = format->scopes & RRPATH_SCOPE_LUN;
	unsigned int outer = luns ? RRPATH_SCOPE_LUN : RRPATH_SCOPE_MAP;
	size_t i, next;

	printf("{\n   \"schema\": %d,\n   \"%s\": [", RRPATH_JSON_SCHEMA, luns ? "luns" : "maps");
	for (i = 0; i < rows->nr; i = next) {
		char *map __rr_cleanup(rrpath_freep) = NULL;
		char *paths __rr_cleanup(rrpath_freep) = NULL;
		const char *start;
		char *end;

		for (next = i + 1; next < rows->nr && rows->depth[next]; next++)
			;
		map = json_array(format, outer, &rows->row[i], 1);
		start = strchr(map, '{');
		end = strrchr(map, '}');
		printf("%s\n      {", i ? "," : "");
		if (start && end) {
			while (end > start + 1 && (end[-1] == ' ' || end[-1] == '\n'))
				end--;
			*end = '\0';
			print_indented(start + 1, 0);
		}
		if (with_paths) {
			paths = json_array(format, ~outer, &rows->row[i + 1], next - i - 1);
			printf("%s\n         \"%s\": ", start && end ? "," : "",
			       luns ? "disks" : "paths");
			print_indented(paths, 6);
		}
		printf("\n      }");
	}
	printf("%s]\n}\n", rows->nr ? "\n   " : "");
	fflush(stdout);
}
