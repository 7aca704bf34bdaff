// SPDX-License-Identifier: GPL-2.0
/* The table line of an rrpath map. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "util.h"

/* A week, as in the module. */
#define MAX_MS	604800000

const struct rrpath_opt_type rrpath_opt_types[RRPATH_NR_OPTS] = {
	[RRPATH_OPT_QUEUE] = {
		.name = "queue_if_no_path", .deflt = "0", .accepts = "yes or no", .flag = true,
	},
	[RRPATH_OPT_NO_PATH_TIMEOUT] = {
		.name = "no_path_timeout_ms", .deflt = "0",
		.accepts = "milliseconds, 0 to 604800000 (0: for ever)",
		.max = MAX_MS,
	},
	[RRPATH_OPT_FAILBACK] = {
		.name = "failback", .deflt = "immediate",
		.accepts = "immediate, manual, or milliseconds up to 604800000",
		.max = MAX_MS,
	},
	[RRPATH_OPT_PROBE_INTERVAL] = {
		.name = "probe_interval_ms", .deflt = "1000",
		.accepts = "milliseconds, 0 to 604800000 (0: off)",
		.max = MAX_MS,
	},
	[RRPATH_OPT_RR_MIN_IO] = {
		.name = "rr_min_io", .deflt = "1", .accepts = "a number, 1 to 1000000",
		.min = 1, .max = 1000000,
	},
	[RRPATH_OPT_STALL_TIMEOUT] = {
		.name = "stall_timeout_ms", .deflt = "1000",
		.accepts = "milliseconds, 0 to 604800000 (0: off)",
		.max = MAX_MS,
	},
	[RRPATH_OPT_HOLD_DOWN_MAX] = {
		.name = "hold_down_max_ms", .deflt = "60000",
		.accepts = "milliseconds, 0 to 604800000 (0: none)",
		.max = MAX_MS,
	},
	[RRPATH_OPT_MERGE_KIB] = {
		.name = "merge_kib", .deflt = "1024",
		.accepts = "a number of KiB, 0 to 16384 (0: none)",
		.max = 16384,
	},
};

const char *const rrpath_policies[] = { "failover", "round-robin", "queue-length", NULL };

int rrpath_opt_find(const char *name)
{
	size_t len = strlen(name);
	int opt;

	for (opt = 0; opt < RRPATH_NR_OPTS; opt++) {
		const char *known = rrpath_opt_types[opt].name;
		size_t i;

		for (i = 0; i < len && known[i]; i++)
			if (known[i] != (name[i] == '-' ? '_' : name[i]))
				break;
		if (i == len && (!known[i] || !strcmp(known + i, "_ms")))
			return opt;
	}
	return -1;
}

int rrpath_opt_parse(enum rrpath_opt opt, const char *value, char *to)
{
	static const char *const yes[] = { "1", "yes", "on", "true" };
	static const char *const no[] = { "0", "no", "off", "false" };
	const struct rrpath_opt_type *type = &rrpath_opt_types[opt];
	uint64_t n;
	size_t i;

	if (type->flag) {
		for (i = 0; i < RRPATH_ARRAY_SIZE(yes); i++) {
			if (!strcmp(value, yes[i]) || !strcmp(value, no[i])) {
				to[0] = strcmp(value, yes[i]) ? '0' : '1';
				to[1] = '\0';
				return 0;
			}
		}
		return -EINVAL;
	}
	if (opt == RRPATH_OPT_FAILBACK &&
	    (!strcmp(value, "immediate") || !strcmp(value, "manual"))) {
		rrpath_copy(to, RRPATH_VALUE_LEN, value);
		return 0;
	}
	if (rrpath_parse_u64(value, type->min, type->max, &n))
		return -EINVAL;
	snprintf(to, RRPATH_VALUE_LEN, "%llu", (unsigned long long)n);
	return 0;
}

bool rrpath_policy_is_word(const char *policy)
{
	size_t len = strlen(policy);

	return len && len < RRPATH_POLICY_LEN &&
	       strspn(policy, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

int rrpath_table_find(const struct rrpath_table *table, unsigned int major, unsigned int minor)
{
	size_t i;

	for (i = 0; i < table->nr_paths; i++)
		if (table->paths[i].major == major && table->paths[i].minor == minor)
			return (int)i;
	return -1;
}

void rrpath_table_add(struct rrpath_table *table, const struct rrpath_table_path *path)
{
	table->paths = rrpath_grow(table->paths, table->nr_paths + 1, sizeof(*table->paths));
	table->paths[table->nr_paths++] = *path;
}

void rrpath_table_del(struct rrpath_table *table, size_t index)
{
	table->nr_paths--;
	memmove(&table->paths[index], &table->paths[index + 1],
		(table->nr_paths - index) * sizeof(*table->paths));
}

void rrpath_table_free(struct rrpath_table *table)
{
	free(table->paths);
	memset(table, 0, sizeof(*table));
}

/* The words of a line, and how far they are read. */
struct reader {
	struct rrpath_words words;
	size_t at;
	char *why;
};

static void free_reader(struct reader *r)
{
	rrpath_words_free(&r->words);
}

static const char *next_word(struct reader *r, const char *what)
{
	if (r->at < r->words.nr)
		return r->words.word[r->at++];
	snprintf(r->why, RRPATH_WHY_LEN, "ends before %s", what);
	return NULL;
}

static int next_number(struct reader *r, const char *what, uint64_t min, uint64_t max,
		       uint64_t *value)
{
	const char *word = next_word(r, what);

	if (!word)
		return -EINVAL;
	if (!rrpath_parse_u64(word, min, max, value))
		return 0;
	snprintf(r->why, RRPATH_WHY_LEN, "%s is not %s", rrpath_quote(word), what);
	return -EINVAL;
}

static int read_path(struct reader *r, struct rrpath_table *table, uint64_t nr_args)
{
	struct rrpath_table_path path = { .priority = 1, .weight = 1 };
	const char *word = next_word(r, "a device");
	uint64_t n;

	if (!word)
		return -EINVAL;
	if (rrpath_parse_devno(word, &path.major, &path.minor)) {
		snprintf(r->why, RRPATH_WHY_LEN, "%s is not major:minor", rrpath_quote(word));
		return -EINVAL;
	}
	if (rrpath_table_find(table, path.major, path.minor) >= 0) {
		snprintf(r->why, RRPATH_WHY_LEN, "%s is there twice", rrpath_quote(word));
		return -EINVAL;
	}
	if (nr_args > 0) {
		if (next_number(r, "a priority", 0, RRPATH_MAX_PRIORITY, &n))
			return -EINVAL;
		path.priority = (unsigned int)n;
	}
	if (nr_args > 1) {
		if (next_number(r, "a weight", 1, RRPATH_MAX_WEIGHT, &n))
			return -EINVAL;
		path.weight = (unsigned int)n;
	}
	rrpath_table_add(table, &path);
	return 0;
}

static int read_option(struct reader *r, struct rrpath_table *table, size_t end)
{
	const char *name = next_word(r, "an option");
	const char *value = "1";
	int opt;

	if (!name)
		return -EINVAL;
	for (opt = 0; opt < RRPATH_NR_OPTS; opt++)
		if (!strcmp(name, rrpath_opt_types[opt].name))
			break;
	if (opt == RRPATH_NR_OPTS) {
		snprintf(r->why, RRPATH_WHY_LEN, "%s is not an option", rrpath_quote(name));
		return -EINVAL;
	}
	if (*table->opt[opt]) {
		snprintf(r->why, RRPATH_WHY_LEN, "%s is there twice", rrpath_quote(name));
		return -EINVAL;
	}
	if (!rrpath_opt_types[opt].flag) {
		if (r->at >= end) {
			snprintf(r->why, RRPATH_WHY_LEN, "%s has no value", rrpath_quote(name));
			return -EINVAL;
		}
		value = r->words.word[r->at++];
	}
	if (rrpath_opt_parse((enum rrpath_opt)opt, value, table->opt[opt])) {
		snprintf(r->why, RRPATH_WHY_LEN, "%s is no value of %s", rrpath_quote(value), name);
		return -EINVAL;
	}
	return 0;
}

static int read_table(struct reader *r, struct rrpath_table *table)
{
	const char *policy = next_word(r, "the policy");
	uint64_t nr_paths, nr_args, nr_opts;
	size_t end;

	if (!policy)
		return -EINVAL;
	if (!rrpath_policy_is_word(policy)) {
		snprintf(r->why, RRPATH_WHY_LEN, "%s is not a policy", rrpath_quote(policy));
		return -EINVAL;
	}
	rrpath_copy(table->policy, sizeof(table->policy), policy);
	if (next_number(r, "a number of paths", 1, RRPATH_MAX_PATHS, &nr_paths) ||
	    next_number(r, "a number of path arguments", 0, 2, &nr_args))
		return -EINVAL;
	while (nr_paths--)
		if (read_path(r, table, nr_args))
			return -EINVAL;
	if (r->at == r->words.nr)
		return 0;
	if (next_number(r, "a number of option words", 0, 2 * RRPATH_NR_OPTS, &nr_opts))
		return -EINVAL;
	end = r->at + nr_opts;
	if (end != r->words.nr) {
		snprintf(r->why, RRPATH_WHY_LEN, "%zu option words instead of %zu",
			 r->words.nr - r->at, (size_t)nr_opts);
		return -EINVAL;
	}
	while (r->at < end)
		if (read_option(r, table, end))
			return -EINVAL;
	return 0;
}

int rrpath_table_parse(struct rrpath_table *table, const char *params, char *why)
{
	struct reader r __rr_cleanup(free_reader) = { .why = why };
	int ret;

	memset(table, 0, sizeof(*table));
	rrpath_words_split(&r.words, params);
	ret = read_table(&r, table);
	if (ret)
		rrpath_table_free(table);
	return ret;
}

char *rrpath_table_format(const struct rrpath_table *table)
{
	struct rrpath_str line = { 0 }, opts = { 0 };
	unsigned int nr_args = 0, nr_opts = 0;
	size_t i;

	for (i = 0; i < table->nr_paths; i++) {
		if (table->paths[i].weight != 1)
			nr_args = 2;
		else if (table->paths[i].priority != 1 && !nr_args)
			nr_args = 1;
	}
	rrpath_str_add(&line, "%s %zu %u", table->policy, table->nr_paths, nr_args);
	for (i = 0; i < table->nr_paths; i++) {
		const struct rrpath_table_path *path = &table->paths[i];

		rrpath_str_add(&line, " %u:%u", path->major, path->minor);
		if (nr_args > 0)
			rrpath_str_add(&line, " %u", path->priority);
		if (nr_args > 1)
			rrpath_str_add(&line, " %u", path->weight);
	}
	for (i = 0; i < RRPATH_NR_OPTS; i++) {
		const struct rrpath_opt_type *type = &rrpath_opt_types[i];

		if (!*table->opt[i] || (type->flag && !strcmp(table->opt[i], "0")))
			continue;
		rrpath_str_add(&opts, " %s", type->name);
		nr_opts++;
		if (!type->flag) {
			rrpath_str_add(&opts, " %s", table->opt[i]);
			nr_opts++;
		}
	}
	if (nr_opts)
		rrpath_str_add(&line, " %u%s", nr_opts, opts.text);
	rrpath_str_free(&opts);
	return line.text;
}
