// SPDX-License-Identifier: GPL-2.0
/* rrpath stat */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "columns.h"
#include "map.h"
#include "util.h"

#define MIN_INTERVAL	0.01
#define MAX_INTERVAL	86400.0
#define SECTORS_PER_MB	2048.0

#define RATES		"NAME,PATH,STATE,SHARE,IOPS,R/S,W/S,RMB/S,WMB/S,INFLIGHT,ERR/S"
#define COUNTERS \
	"NAME,PATH,STATE,SHARE,INFLIGHT,READS,READ,WRITES,WRITTEN,OTHERS,ERRORS,RETRIES"

enum { OPT_RESET = 0x100 };

struct stat_args {
	const char *name;	/* NULL: all maps */
	char name_buf[RRPATH_NAME_LEN];
	double interval;	/* 0: the counters, once */
	uint64_t count;		/* 0: for ever */
	bool reset;
	struct rrpath_format format;
};

/* What one map or path did within an interval. */
struct delta {
	bool known;		/* it was there when the interval began */
	uint64_t counter[RRPATH_NR_COUNTERS];
	uint64_t ios;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void wait_until(double when)
{
	struct timespec ts;

	ts.tv_sec = (time_t)when;
	ts.tv_nsec = (long)((when - (double)ts.tv_sec) * 1e9);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

/* The map of @maps that is the same one as @map, not another of that name. */
static const struct rrpath_map *find_map(const struct rrpath_maps *maps,
					 const struct rrpath_map *map)
{
	size_t i;

	for (i = 0; i < maps->nr; i++)
		if (!strcmp(maps->map[i].name, map->name) &&
		    maps->map[i].info.minor == map->info.minor &&
		    !strcmp(maps->map[i].info.uuid, map->info.uuid))
			return &maps->map[i];
	return NULL;
}

static void get_delta(struct delta *delta, const struct rrpath_map *before,
		      const struct rrpath_path_status *path)
{
	const uint64_t *old;
	int i, at = -1;

	memset(delta, 0, sizeof(*delta));
	if (before)
		at = rrpath_status_find(&before->status, path->major, path->minor);
	if (at < 0)
		return;
	delta->known = true;
	old = before->status.paths[at].counter;
	/* A counter that went down was zeroed: what it has is what has been since. */
	for (i = 0; i < RRPATH_NR_COUNTERS; i++)
		delta->counter[i] = path->counter[i] >= old[i] ? path->counter[i] - old[i] :
								 path->counter[i];
	delta->ios = delta->counter[RRPATH_READS] + delta->counter[RRPATH_WRITES] +
		     delta->counter[RRPATH_OTHERS];
}

static void set_rates(struct rrpath_row *row, const struct delta *delta, uint64_t total,
		      double seconds)
{
	row->share = RRPATH_NO_RATE;
	if (!delta->known)
		return;
	if (total)
		row->share = 100.0 * (double)delta->ios / (double)total;
	row->iops = (double)delta->ios / seconds;
	row->reads = (double)delta->counter[RRPATH_READS] / seconds;
	row->writes = (double)delta->counter[RRPATH_WRITES] / seconds;
	row->read_mb = (double)delta->counter[RRPATH_READ_SECTORS] / SECTORS_PER_MB / seconds;
	row->written_mb = (double)delta->counter[RRPATH_WRITE_SECTORS] / SECTORS_PER_MB / seconds;
	row->errors = (double)delta->counter[RRPATH_ERRORS] / seconds;
}

static void add_map(const struct stat_args *s, struct rrpath_rows *rows,
		    const struct rrpath_map *map, const struct rrpath_map *before, double seconds)
{
	struct delta *delta __rr_cleanup(rrpath_freep) =
		rrpath_alloc(map->nr_paths, sizeof(*delta));
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < map->nr_paths; i++) {
		get_delta(&delta[i], before, &map->path[i].status);
		total += delta[i].ios;
	}
	if (s->format.json)
		rrpath_row_map(rrpath_rows_add(rows, 0), map);
	for (i = 0; i < map->nr_paths; i++) {
		struct rrpath_row *row = rrpath_rows_add(rows, s->format.json);

		rrpath_row_map(row, map);
		rrpath_row_path(row, map, &map->path[i]);
		if (!row->path && !s->format.json)
			row->path = "(gone)";
		if (s->interval > 0)
			set_rates(row, &delta[i], total, seconds);
	}
}

static void print(const struct stat_args *s, const struct rrpath_maps *maps,
		  const struct rrpath_maps *before, double seconds)
{
	struct rrpath_rows rows __rr_cleanup(rrpath_rows_free) = { 0 };
	size_t i;

	for (i = 0; i < maps->nr; i++)
		add_map(s, &rows, &maps->map[i],
			before ? find_map(before, &maps->map[i]) : NULL, seconds);
	if (s->format.json)
		rrpath_print_json(&s->format, &rows, true);
	else
		rrpath_print_table(&s->format, &rows, false);
}

static int print_rates(const struct stat_args *s)
{
	struct rrpath_maps before __rr_cleanup(rrpath_maps_free) = { 0 };
	double began, next, then = now();
	uint64_t nr;

	began = then;
	if (rrpath_maps_load(s->name, &before))
		return RRPATH_FAILED;
	for (nr = 1; !s->count || nr <= s->count; nr++) {
		struct rrpath_maps maps;
		double when;

		next = began + (double)nr * s->interval;
		wait_until(next);
		if (rrpath_maps_load(s->name, &maps)) {
			rrpath_maps_free(&maps);
			return RRPATH_FAILED;
		}
		when = now();
		if (nr > 1 && !s->format.json && !s->format.raw)
			putchar('\n');
		print(s, &maps, &before, when - then);
		then = when;
		rrpath_maps_free(&before);
		before = maps;
		/* Nobody reads it any more: a pipe that was closed. */
		if (ferror(stdout))
			return RRPATH_FAILED;
	}
	return RRPATH_DONE;
}

static int parse_interval(const char *word, double *interval)
{
	size_t len = strlen(word);
	char *end;

	*interval = strtod(word, &end);
	if (len && len < 16 && strspn(word, "0123456789.") == len && !*end &&
	    *interval >= MIN_INTERVAL && *interval <= MAX_INTERVAL)
		return RRPATH_DONE;
	rrpath_error("%s is no value of --interval: seconds, 0.01 to 86400", rrpath_quote(word));
	return rrpath_see_help("stat");
}

static int parse(int argc, char **argv, struct stat_args *s)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'J' },
		{ "raw", no_argument, NULL, 'r' },
		{ "noheadings", no_argument, NULL, 'n' },
		{ "bytes", no_argument, NULL, 'b' },
		{ "output", required_argument, NULL, 'o' },
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'c' },
		{ "reset", no_argument, NULL, OPT_RESET },
		{ 0 }
	};
	int opt, ret = RRPATH_DONE;

	while (!ret && (opt = rrpath_getopt(argc, argv, ":" RRPATH_FORMAT_SHORT "i:c:",
					    options)) != -1) {
		switch (opt) {
		case '?':
			return RRPATH_USAGE;
		case 'i':
			ret = parse_interval(optarg, &s->interval);
			break;
		case 'c':
			if (rrpath_parse_u64(optarg, 1, UINT32_MAX, &s->count)) {
				rrpath_error("%s is no value of --count: 1 to 4294967295",
					     rrpath_quote(optarg));
				ret = rrpath_see_help(argv[0]);
			}
			break;
		case OPT_RESET:
			s->reset = true;
			break;
		default:
			ret = rrpath_format_option(&s->format, opt, optarg);
		}
	}
	if (!ret)
		ret = rrpath_need_args(argc, argv, s->reset, 1, "NAME");
	if (!ret && optind < argc) {
		if (!rrpath_name_of(argv[optind], s->name_buf))
			return RRPATH_USAGE;
		s->name = s->name_buf;
	}
	if (!ret && s->count && !(s->interval > 0))
		s->interval = 1;
	return ret;
}

static int reset_counters(const char *name)
{
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	int ret;

	if (rrpath_map_load(name, &map))
		return RRPATH_FAILED;
	ret = rrpath_dm_message(name, "reset_stats");
	if (ret)
		rrpath_error("cannot reset the counters of %s: %s", rrpath_quote(name),
			     strerror(-ret));
	return ret ? RRPATH_FAILED : RRPATH_DONE;
}

int rrpath_cmd_stat(int argc, char **argv)
{
	struct stat_args s = {
		.format.scopes = RRPATH_SCOPE_MAP | RRPATH_SCOPE_PATH | RRPATH_SCOPE_RATE,
	};
	struct rrpath_maps maps __rr_cleanup(rrpath_maps_free) = { 0 };
	int ret;

	ret = parse(argc, argv, &s);
	if (!ret)
		ret = rrpath_need_dm();
	if (!ret && s.reset)
		return reset_counters(s.name);
	if (ret)
		return ret;
	rrpath_format_default(&s.format, s.interval > 0 ? RATES : COUNTERS);
	if (s.interval > 0)
		return print_rates(&s);
	ret = rrpath_maps_load(s.name, &maps);
	if (!ret)
		print(&s, &maps, NULL, 1);
	return ret;
}
