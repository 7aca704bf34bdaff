// SPDX-License-Identifier: GPL-2.0
/* rrpath create, rrpath remove */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cmd.h"
#include "make.h"
#include "map.h"
#include "record.h"
#include "timers.h"
#include "util.h"

enum {
	OPT_FAILBACK = 0x100,
	OPT_PROBE_INTERVAL,
	OPT_RR_MIN_IO,
	OPT_STALL_TIMEOUT,
	OPT_HOLD_DOWN_MAX,
	OPT_MERGE_KIB,
	OPT_NO_TUNE,
	OPT_TRANSIENT,
};

struct create {
	const char *name;
	bool force;
	bool transient;
	bool no_tune;
	const char *priorities;
	const char *weights;
	struct rrpath_table table;
	size_t nr;
	struct rrpath_dev *dev;
};

static void free_create(struct create *c)
{
	size_t i;

	for (i = 0; i < c->nr; i++)
		rrpath_dev_free(&c->dev[i]);
	free(c->dev);
	rrpath_table_free(&c->table);
}

static int bad_value(const char *option, const char *value, const char *accepts)
{
	rrpath_error("%s is no value of --%s: %s", rrpath_quote(value), option, accepts);
	return rrpath_see_help("create");
}

static int take_option(struct create *c, enum rrpath_opt opt, const char *option,
		       const char *value)
{
	if (!rrpath_opt_parse(opt, value, c->table.opt[opt]))
		return RRPATH_DONE;
	return bad_value(option, value, rrpath_opt_types[opt].accepts);
}

static int take_policy(struct create *c, const char *policy)
{
	int i;

	for (i = 0; rrpath_policies[i]; i++)
		if (!strcmp(rrpath_policies[i], policy))
			break;
	if (!rrpath_policies[i])
		return bad_value("policy", policy, "failover, round-robin or queue-length");
	rrpath_copy(c->table.policy, sizeof(c->table.policy), policy);
	return RRPATH_DONE;
}

static int parse_options(struct create *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "policy", required_argument, NULL, 'p' },
		{ "priority", required_argument, NULL, 'P' },
		{ "weight", required_argument, NULL, 'w' },
		{ "queue-if-no-path", no_argument, NULL, 'q' },
		{ "no-path-timeout", required_argument, NULL, 't' },
		{ "no-path-timeout-ms", required_argument, NULL, 't' },
		{ "failback", required_argument, NULL, OPT_FAILBACK },
		{ "probe-interval", required_argument, NULL, OPT_PROBE_INTERVAL },
		{ "probe-interval-ms", required_argument, NULL, OPT_PROBE_INTERVAL },
		{ "rr-min-io", required_argument, NULL, OPT_RR_MIN_IO },
		{ "stall-timeout", required_argument, NULL, OPT_STALL_TIMEOUT },
		{ "stall-timeout-ms", required_argument, NULL, OPT_STALL_TIMEOUT },
		{ "hold-down-max", required_argument, NULL, OPT_HOLD_DOWN_MAX },
		{ "hold-down-max-ms", required_argument, NULL, OPT_HOLD_DOWN_MAX },
		{ "merge-kib", required_argument, NULL, OPT_MERGE_KIB },
		{ "transient", no_argument, NULL, OPT_TRANSIENT },
		{ "no-tune", no_argument, NULL, OPT_NO_TUNE },
		{ "force", no_argument, NULL, 'f' },
		{ 0 }
	};
	int opt, ret = RRPATH_DONE;

	rrpath_copy(c->table.policy, sizeof(c->table.policy), rrpath_policies[0]);
	while (!ret && (opt = rrpath_getopt(argc, argv, ":p:P:w:qt:f", options)) != -1) {
		switch (opt) {
		case 'p':
			ret = take_policy(c, optarg);
			break;
		case 'P':
			c->priorities = optarg;
			break;
		case 'w':
			c->weights = optarg;
			break;
		case 'q':
			ret = take_option(c, RRPATH_OPT_QUEUE, "queue-if-no-path", "1");
			break;
		case 't':
			ret = take_option(c, RRPATH_OPT_NO_PATH_TIMEOUT, "no-path-timeout", optarg);
			break;
		case OPT_FAILBACK:
			ret = take_option(c, RRPATH_OPT_FAILBACK, "failback", optarg);
			break;
		case OPT_PROBE_INTERVAL:
			ret = take_option(c, RRPATH_OPT_PROBE_INTERVAL, "probe-interval", optarg);
			break;
		case OPT_RR_MIN_IO:
			ret = take_option(c, RRPATH_OPT_RR_MIN_IO, "rr-min-io", optarg);
			break;
		case OPT_STALL_TIMEOUT:
			ret = take_option(c, RRPATH_OPT_STALL_TIMEOUT, "stall-timeout", optarg);
			break;
		case OPT_HOLD_DOWN_MAX:
			ret = take_option(c, RRPATH_OPT_HOLD_DOWN_MAX, "hold-down-max", optarg);
			break;
		case OPT_MERGE_KIB:
			ret = take_option(c, RRPATH_OPT_MERGE_KIB, "merge-kib", optarg);
			break;
		case OPT_TRANSIENT:
			c->transient = true;
			break;
		case OPT_NO_TUNE:
			c->no_tune = true;
			break;
		case 'f':
			c->force = true;
			break;
		default:
			return RRPATH_USAGE;
		}
	}
	return ret;
}

/* One number for all, or as many as there are paths: into the member at @offset. */
static int spread_numbers(struct create *c, const char *option, const char *list, uint64_t min,
			  uint64_t max, size_t offset)
{
	char *copy __rr_cleanup(rrpath_freep) = rrpath_dup(list);
	struct rrpath_table *table = &c->table;
	char *rest = copy, *word;
	size_t nr = 0, i;
	uint64_t n = 0;

	while ((word = strsep(&rest, ","))) {
		if (rrpath_parse_u64(word, min, max, &n)) {
			rrpath_error("%s is no value of --%s: %llu to %llu", rrpath_quote(word),
				     option, (unsigned long long)min, (unsigned long long)max);
			return rrpath_see_help("create");
		}
		if (nr < table->nr_paths)
			*(unsigned int *)((char *)&table->paths[nr] + offset) = (unsigned int)n;
		nr++;
	}
	if (nr == table->nr_paths)
		return RRPATH_DONE;
	if (nr != 1) {
		rrpath_error("--%s has %zu numbers for %zu disks: one for each, or one for all",
			     option, nr, table->nr_paths);
		return rrpath_see_help("create");
	}
	for (i = 0; i < table->nr_paths; i++)
		*(unsigned int *)((char *)&table->paths[i] + offset) = (unsigned int)n;
	return RRPATH_DONE;
}

static int parse_numbers(struct create *c, size_t nr_disks)
{
	static const struct rrpath_table_path path = { .priority = 1, .weight = 1 };
	int ret = RRPATH_DONE;

	if (nr_disks > RRPATH_MAX_PATHS) {
		rrpath_error("%zu disks: a map has %d paths at most", nr_disks, RRPATH_MAX_PATHS);
		return RRPATH_USAGE;
	}
	while (c->table.nr_paths < nr_disks)
		rrpath_table_add(&c->table, &path);
	if (c->priorities)
		ret = spread_numbers(c, "priority", c->priorities, 0, RRPATH_MAX_PRIORITY,
				     offsetof(struct rrpath_table_path, priority));
	if (!ret && c->weights)
		ret = spread_numbers(c, "weight", c->weights, 1, RRPATH_MAX_WEIGHT,
				     offsetof(struct rrpath_table_path, weight));
	return ret;
}

/* No two words for the same disk, and no disk with a partition of its own. */
static int check_pair(const struct rrpath_dev *a, const struct rrpath_dev *b)
{
	if (a->major == b->major && a->minor == b->minor) {
		rrpath_error("%s is there twice: a path each", a->name);
		return RRPATH_FAILED;
	}
	if (rrpath_dev_same_disk(a, b)) {
		rrpath_error("%s and %s are one disk, not two paths", a->name, b->name);
		return RRPATH_FAILED;
	}
	return RRPATH_DONE;
}

static int find_disks(struct create *c, char **words)
{
	struct rrpath_check check = { .force = c->force };
	size_t i, other;

	c->dev = rrpath_alloc(c->table.nr_paths, sizeof(*c->dev));
	for (i = 0; i < c->table.nr_paths; i++) {
		if (rrpath_check_device(words[i], &c->dev[i]))
			return RRPATH_FAILED;
		c->nr++;
		for (other = 0; other < i; other++)
			if (check_pair(&c->dev[i], &c->dev[other]))
				return RRPATH_FAILED;
		c->table.paths[i].major = c->dev[i].major;
		c->table.paths[i].minor = c->dev[i].minor;
	}
	for (i = 0; i < c->nr; i++) {
		check.like = i ? &c->dev[0] : NULL;
		if (rrpath_check_disk(&check, &c->dev[i]))
			return RRPATH_FAILED;
	}
	return RRPATH_DONE;
}

static int check_name(const char *name)
{
	struct rrpath_dm_info info;
	int ret = rrpath_dm_info(name, &info);

	if (ret)
		rrpath_error("cannot look for a map %s: %s", rrpath_quote(name), strerror(-ret));
	else if (info.exists)
		rrpath_error("there is a map %s already: remove it, or take another name",
			     rrpath_quote(name));
	return ret || info.exists ? RRPATH_FAILED : RRPATH_DONE;
}

/* A record that is replaced unsaid is a map that does not come back. */
static int check_record(const struct create *c)
{
	struct rrpath_conf conf __rr_cleanup(rrpath_conf_free) = { 0 };
	char *why __rr_cleanup(rrpath_freep) = NULL;
	const struct rrpath_conf_map *entry;

	rrpath_record_load(&conf, false);
	entry = rrpath_conf_find(&conf, c->name);
	if (!entry || !strcmp(entry->wwid, c->dev[0].wwid))
		return RRPATH_DONE;
	why = rrpath_printf("maps.conf has a map %s of another LUN, WWID %s: take another name",
			    rrpath_quote(c->name), rrpath_quote(entry->wwid));
	return rrpath_check_report(c->force, why);
}

/* True if the transport of a disk has limits that are set for a map. */
static bool is_tunable(const struct rrpath_dev *dev)
{
	struct rrpath_transport *t __rr_cleanup(rrpath_freep) = rrpath_alloc(1, sizeof(*t));

	return !rrpath_transport_of(dev, t) && rrpath_timers_apply_to(t->type);
}

/*
 * With its timers cut short the transport has no patience left for the case that
 * no path works. Where nothing is said about that the map takes it over: I/O waits
 * as long as it did, and does not fail within seconds.
 */
static void move_patience(struct create *c)
{
	bool tunable = false;
	size_t i;

	if (c->no_tune || c->nr < 2 || *c->table.opt[RRPATH_OPT_QUEUE] ||
	    *c->table.opt[RRPATH_OPT_NO_PATH_TIMEOUT])
		return;
	for (i = 0; i < c->nr && !tunable; i++)
		tunable = is_tunable(&c->dev[i]);
	if (!tunable)
		return;
	rrpath_copy(c->table.opt[RRPATH_OPT_QUEUE], RRPATH_VALUE_LEN, "1");
	rrpath_copy(c->table.opt[RRPATH_OPT_NO_PATH_TIMEOUT], RRPATH_VALUE_LEN,
		    RRPATH_PATIENCE_MS);
}

/* The map is made, whatever comes of this; what could not be set was said. */
static void tune(const char *name)
{
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	struct rrpath_timers_say say = { 0 };

	if (!rrpath_map_load(name, &map))
		rrpath_timers_set(&map, &say);
}

int rrpath_cmd_create(int argc, char **argv)
{
	struct create c __rr_cleanup(free_create) = { 0 };
	int ret;

	ret = parse_options(&c, argc, argv);
	if (!ret)
		ret = rrpath_need_args(argc, argv, 2, argc, "NAME and at least one DEV");
	if (!ret && !rrpath_name_is_good(argv[optind]))
		ret = rrpath_see_help(argv[0]);
	if (!ret)
		ret = parse_numbers(&c, (size_t)(argc - optind - 1));
	if (!ret)
		ret = rrpath_need_dm();
	if (ret)
		return ret;
	c.name = argv[optind];
	rrpath_lock();
	ret = check_name(c.name);
	if (!ret)
		ret = find_disks(&c, argv + optind + 1);
	if (!ret)
		ret = check_record(&c);
	if (ret)
		return ret;
	move_patience(&c);
	ret = rrpath_make(c.name, &c.table, c.dev, c.force);
	if (ret)
		return ret;
	rrpath_record_new(c.name, c.transient);
	if (!c.no_tune)
		tune(c.name);
	return RRPATH_DONE;
}

/* Names what has the map open, if that can be found. */
static bool report_users(const struct rrpath_map *map)
{
	struct rrpath_uses uses __rr_cleanup(rrpath_uses_free) = { 0 };
	struct rrpath_str text = { 0 };
	struct rrpath_dev dev;
	size_t i;

	if (!rrpath_dev_facts(map->info.major, map->info.minor, &dev))
		rrpath_dev_uses(&dev, &uses);
	rrpath_dev_free(&dev);
	for (i = 0; i < uses.nr && i < 4; i++) {
		const struct rrpath_use *use = &uses.use[i];

		rrpath_str_add(&text, "%s%s %s", i ? ", " : "",
			       use->kind == RRPATH_USE_MOUNT ? "mounted on" :
			       use->kind == RRPATH_USE_SWAP ? "swap" : "held by",
			       rrpath_quote(use->what));
	}
	if (uses.nr)
		rrpath_error("%s is in use (open count %d): %s%s", rrpath_quote(map->name),
			     map->info.open_count, text.text, i < uses.nr ? ", ..." : "");
	rrpath_str_free(&text);
	return uses.nr;
}

/* So that whatever waits in the map comes back with an error and lets go of it. */
static int replace_by_error(const struct rrpath_map *map)
{
	uint32_t cookie = 0;
	int ret;

	ret = rrpath_dm_load(map->name, "error", map->sectors, "", map->info.read_only);
	if (!ret) {
		ret = rrpath_dm_resume(map->name, &cookie);
		rrpath_dm_wait_udev(cookie);
	}
	if (!ret)
		return RRPATH_DONE;
	/* A table that waits to be switched to would be in the way of the next change. */
	if (rrpath_dm_clear(map->name))
		rrpath_error("cannot fail the I/O of %s: %s: 'dmsetup clear %s' is left to do",
			     rrpath_quote(map->name), strerror(-ret), map->name);
	else
		rrpath_error("cannot fail the I/O of %s: %s", rrpath_quote(map->name),
			     strerror(-ret));
	return RRPATH_FAILED;
}

static int remove_map(struct rrpath_map *map, bool force, bool deferred)
{
	uint32_t cookie = 0;
	int ret;

	if (map->info.open_count && !force && !deferred && report_users(map))
		return RRPATH_FAILED;
	/* What hangs in the map may be what has it open: fail that, then see. */
	if (force && replace_by_error(map))
		return RRPATH_FAILED;
	ret = rrpath_dm_remove(map->name, deferred, !deferred, &cookie);
	rrpath_dm_wait_udev(cookie);
	if (!ret)
		return RRPATH_DONE;
	if (ret == -EBUSY && rrpath_dm_info(map->name, &map->info))
		map->info.open_count = 0;
	if (ret == -EBUSY && report_users(map))
		return RRPATH_FAILED;
	if (ret == -EBUSY)
		rrpath_error("%s is in use (open count %d): see 'fuser -v /dev/mapper/%s'",
			     rrpath_quote(map->name), map->info.open_count, map->name);
	else if (force)
		rrpath_error("cannot remove %s: %s; its I/O fails now: 'dmsetup remove %s'",
			     rrpath_quote(map->name), strerror(-ret), map->name);
	else
		rrpath_error("cannot remove %s: %s", rrpath_quote(map->name), strerror(-ret));
	return RRPATH_FAILED;
}

/* Not after --deferred, by which one that is in use stays for a while. */
static bool is_gone(const char *name, bool deferred)
{
	struct rrpath_dm_info info;

	return !deferred || (!rrpath_dm_info(name, &info) && !info.exists);
}

/* Nothing makes it again, but its limits are needed for as long as it runs. */
static void forget_map(const struct rrpath_map *map, bool gone)
{
	struct rrpath_timers_say say = { 0 };

	rrpath_record_follow(map);
	rrpath_record_remove(map);
	if (gone) {
		rrpath_timers_restore(map->name, &say);
		return;
	}
	rrpath_timers_leave(map->name);
	printf("%s: not recorded any more, goes with its last user\n", rrpath_safe(map->name));
}

int rrpath_cmd_remove(int argc, char **argv)
{
	static const struct option options[] = {
		{ "force", no_argument, NULL, 'f' },
		{ "deferred", no_argument, NULL, 'd' },
		{ "keep-record", no_argument, NULL, 'k' },
		{ 0 }
	};
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	bool force = false, deferred = false, keep = false, gone;
	int opt, ret;

	while ((opt = rrpath_getopt(argc, argv, ":fdk", options)) != -1) {
		switch (opt) {
		case 'f':
			force = true;
			break;
		case 'd':
			deferred = true;
			break;
		case 'k':
			keep = true;
			break;
		default:
			return RRPATH_USAGE;
		}
	}
	ret = rrpath_need_args(argc, argv, 1, 1, "NAME");
	if (!ret)
		ret = rrpath_map_open(argv[optind], &map);
	if (!ret)
		ret = remove_map(&map, force, deferred);
	if (ret)
		return ret;
	gone = is_gone(map.name, deferred);
	if (gone)
		rrpath_marks_drop(&map, NULL);
	if (!keep)
		forget_map(&map, gone);
	return RRPATH_DONE;
}
