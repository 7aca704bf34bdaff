// SPDX-License-Identifier: GPL-2.0
/* rrpath wait: until a map is there, with so many usable paths. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "events.h"
#include "map.h"
#include "util.h"

#define MAX_TIMEOUT	86400.0

struct wait_args {
	char name[RRPATH_NAME_LEN];
	uint64_t nr_paths;	/* 0: all that the map has */
	double timeout;		/* below 0: none */
};

/* What there is of it now. */
struct found {
	bool map;
	size_t nr_usable;
	size_t nr_paths;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void look(const char *name, struct found *found)
{
	struct rrpath_dm_line line __rr_cleanup(rrpath_dm_line_free) = { 0 };
	struct rrpath_status status;
	char why[RRPATH_WHY_LEN];

	memset(found, 0, sizeof(*found));
	if (rrpath_dm_status(name, &line) || line.nr_targets != 1 ||
	    strcmp(line.target, RRPATH_TARGET) || rrpath_status_parse(&status, line.params, why))
		return;
	found->map = true;
	found->nr_usable = status.nr_usable;
	found->nr_paths = status.nr_paths;
	rrpath_status_free(&status);
}

static bool is_enough(const struct wait_args *w, const struct found *found)
{
	return found->map && found->nr_usable >= (w->nr_paths ? w->nr_paths : found->nr_paths);
}

static int timed_out(const struct wait_args *w, const struct found *found)
{
	if (!found->map)
		rrpath_error("after %g s there is no map %s: see 'rrpath list'", w->timeout,
			     rrpath_quote(w->name));
	else
		rrpath_error("after %g s %zu of %zu paths of %s are usable, not %zu: rrpath show",
			     w->timeout, found->nr_usable, found->nr_paths, rrpath_quote(w->name),
			     w->nr_paths ? (size_t)w->nr_paths : found->nr_paths);
	return RRPATH_FAILED;
}

/* In milliseconds from now, rounded up; -1: for ever. */
static int left_until(double end)
{
	double left = end - now();

	if (end < 0)
		return -1;
	return left > 0 ? (int)(left * 1000) + 1 : 0;
}

static int wait_for(const struct wait_args *w, struct rrpath_events *events)
{
	double end = w->timeout < 0 ? -1 : now() + w->timeout;
	struct rrpath_event event;
	struct found found;

	for (;;) {
		int ret, left;

		/* What comes between this and the waiting is kept. */
		look(w->name, &found);
		if (is_enough(w, &found))
			return RRPATH_DONE;
		do {
			left = left_until(end);
			if (!left)
				return timed_out(w, &found);
			ret = rrpath_events_next(events, left, &event);
		} while (!ret || ret == -EINTR || (ret > 0 && !rrpath_event_is_map(&event)));
		if (ret < 0 && ret != -ENOBUFS) {
			rrpath_error("the kernel's events cannot be read: %s", strerror(-ret));
			return RRPATH_FAILED;
		}
	}
}

static int parse_timeout(const char *word, double *timeout)
{
	size_t len = strlen(word);
	char *end;

	*timeout = strtod(word, &end);
	if (len && len < 16 && strspn(word, "0123456789.") == len && !*end &&
	    *timeout <= MAX_TIMEOUT)
		return RRPATH_DONE;
	rrpath_error("%s is no value of --timeout: seconds, 0 to 86400", rrpath_quote(word));
	return rrpath_see_help("wait");
}

static int parse(int argc, char **argv, struct wait_args *w)
{
	static const struct option options[] = {
		{ "paths", required_argument, NULL, 'p' },
		{ "timeout", required_argument, NULL, 't' },
		{ 0 }
	};
	int opt, ret = RRPATH_DONE;

	while (!ret && (opt = rrpath_getopt(argc, argv, ":p:t:", options)) != -1) {
		switch (opt) {
		case '?':
			return RRPATH_USAGE;
		case 'p':
			if (rrpath_parse_u64(optarg, 1, RRPATH_MAX_PATHS, &w->nr_paths)) {
				rrpath_error("%s is no value of --paths: 1 to %d",
					     rrpath_quote(optarg), RRPATH_MAX_PATHS);
				ret = rrpath_see_help(argv[0]);
			}
			break;
		case 't':
			ret = parse_timeout(optarg, &w->timeout);
		}
	}
	if (!ret)
		ret = rrpath_need_args(argc, argv, 1, 1, "NAME");
	if (!ret && !rrpath_name_of(argv[optind], w->name))
		ret = RRPATH_USAGE;
	return ret;
}

int rrpath_cmd_wait(int argc, char **argv)
{
	struct wait_args w = { .timeout = -1 };
	struct rrpath_events *events;
	int ret;

	ret = parse(argc, argv, &w);
	if (!ret)
		ret = rrpath_need_dm();
	if (ret)
		return ret;
	ret = rrpath_events_open(&events);
	if (ret) {
		rrpath_error("cannot listen to the kernel's events: %s", strerror(-ret));
		return RRPATH_FAILED;
	}
	ret = wait_for(&w, events);
	rrpath_events_close(events);
	return ret;
}
