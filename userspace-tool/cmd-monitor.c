// SPDX-License-Identifier: GPL-2.0
/* rrpath monitor: a line for each thing that happens to a map or path. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "events.h"
#include "map.h"
#include "util.h"

/* Goes up when a key changes its meaning or disappears, not when one is added. */
#define MONITOR_SCHEMA	1

struct seen_path {
	unsigned int major;
	unsigned int minor;
	char name[64];		/* kept when the disk is gone */
	enum rrpath_state state;
	char reason[RRPATH_REASON_LEN];
};

/* A map as it was last seen. */
struct seen {
	char kname[16];
	char name[RRPATH_NAME_LEN];
	char uuid[RRPATH_UUID_LEN];
	uint64_t sectors;
	bool queue;
	size_t nr_usable;
	size_t nr_paths;
	struct seen_path *path;
};

struct monitor {
	const char *only;	/* NULL: all maps */
	bool json;
	struct timespec time;
	size_t nr;
	struct seen *seen;
};

/* ---- a line */

static void print_string(const char *key, const char *text)
{
	printf(", \"%s\": ", key);
	rrpath_print_json_string(text);
}

static void format_time(char *to, size_t size, const struct timespec *time)
{
	char date[32];
	struct tm tm;

	gmtime_r(&time->tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(to, size, "%s.%03ldZ", date, time->tv_nsec / 1000000);
}

/* @path, @why: NULL where there is none. */
static void print_event(const struct monitor *m, const struct seen *map,
			const struct seen_path *path, const char *what, const char *why)
{
	char when[48], devno[24] = "";

	if (m->only && strcmp(map->name, m->only))
		return;
	format_time(when, sizeof(when), &m->time);
	if (path)
		snprintf(devno, sizeof(devno), "%u:%u", path->major, path->minor);
	if (why && !strcmp(why, "-"))
		why = NULL;
	if (m->json) {
		printf("{\"schema\": %d, \"time\": \"%s\"", MONITOR_SCHEMA, when);
		print_string("map", map->name);
		print_string("uuid", map->uuid);
		print_string("path", path && *path->name ? path->name : NULL);
		print_string("dev", path ? devno : NULL);
		print_string("event", what);
		print_string("reason", why);
		printf(", \"usable\": %zu, \"paths\": %zu}\n", map->nr_usable, map->nr_paths);
	} else {
		printf("%s %s %s %s %s %zu/%zu\n", when, rrpath_safe(map->name),
		       !path ? "-" : *path->name ? path->name : devno, what,
		       why ? rrpath_safe(why) : "-",
		       map->nr_usable, map->nr_paths);
	}
	fflush(stdout);
}

/* ---- what there is */

static void free_seen(struct seen *map)
{
	free(map->path);
	memset(map, 0, sizeof(*map));
}

static struct seen_path *find_path(const struct seen *map, unsigned int major, unsigned int minor)
{
	size_t i;

	for (i = 0; i < map->nr_paths; i++)
		if (map->path[i].major == major && map->path[i].minor == minor)
			return &map->path[i];
	return NULL;
}

static void take_status(struct seen *map, const struct rrpath_status *status)
{
	size_t i;

	map->queue = status->queue_if_no_path;
	map->nr_usable = status->nr_usable;
	map->nr_paths = status->nr_paths;
	map->path = rrpath_alloc(map->nr_paths, sizeof(*map->path));
	for (i = 0; i < map->nr_paths; i++) {
		const struct rrpath_path_status *from = &status->paths[i];
		struct seen_path *path = &map->path[i];
		struct rrpath_dev dev;

		path->major = from->major;
		path->minor = from->minor;
		path->state = from->state;
		rrpath_copy(path->reason, sizeof(path->reason), from->reason);
		if (rrpath_dev_facts(path->major, path->minor, &dev))
			continue;
		rrpath_copy(path->name, sizeof(path->name), dev.name);
		rrpath_dev_free(&dev);
	}
}

/* False if there is no rrpath map of this name (any more). */
static bool read_map(const char *name, struct seen *map)
{
	struct rrpath_dm_line line __rr_cleanup(rrpath_dm_line_free) = { 0 };
	struct rrpath_dm_info info;
	struct rrpath_status status;
	char why[RRPATH_WHY_LEN];

	memset(map, 0, sizeof(*map));
	if (rrpath_dm_info(name, &info) || !info.exists || rrpath_dm_status(name, &line) ||
	    line.nr_targets != 1 || strcmp(line.target, RRPATH_TARGET) ||
	    rrpath_status_parse(&status, line.params, why))
		return false;
	snprintf(map->kname, sizeof(map->kname), "dm-%u", info.minor);
	rrpath_copy(map->name, sizeof(map->name), name);
	rrpath_copy(map->uuid, sizeof(map->uuid), info.uuid);
	map->sectors = line.length;
	take_status(map, &status);
	rrpath_status_free(&status);
	return true;
}

static struct seen *find_seen(const struct monitor *m, const char *kname)
{
	size_t i;

	for (i = 0; i < m->nr; i++)
		if (!strcmp(m->seen[i].kname, kname))
			return &m->seen[i];
	return NULL;
}

static void forget(struct monitor *m, struct seen *map)
{
	free_seen(map);
	*map = m->seen[--m->nr];
}

/* Takes over what is in @map. */
static struct seen *remember(struct monitor *m, const struct seen *map)
{
	m->seen = rrpath_grow(m->seen, m->nr + 1, sizeof(*m->seen));
	m->seen[m->nr] = *map;
	return &m->seen[m->nr++];
}

/* ---- what has changed */

static const char *word_for(enum rrpath_state state, bool was_usable)
{
	if (state == RRPATH_ACTIVE && !was_usable)
		return "reinstated";
	return rrpath_state_word(state);
}

static void print_path(const struct monitor *m, const struct seen *map,
		       const struct seen_path *path, const struct seen_path *before)
{
	if (!before)
		print_event(m, map, path, "added", path->reason);
	else if (path->state != before->state)
		print_event(m, map, path,
			    word_for(path->state, rrpath_state_usable(before->state)),
			    path->reason);
	else if (strcmp(path->reason, before->reason) && !rrpath_state_usable(path->state))
		print_event(m, map, path, rrpath_state_word(path->state), path->reason);
}

static void print_map(const struct monitor *m, const struct seen *map, const struct seen *before)
{
	bool none = !map->nr_usable, had_none = !before->nr_usable;

	if (map->sectors != before->sectors)
		print_event(m, map, NULL, "resized", NULL);
	if (none && !had_none)
		print_event(m, map, NULL, "no-path", map->queue ? "queueing" : "failing");
	else if (none && map->queue != before->queue)
		print_event(m, map, NULL, "no-path", map->queue ? "queueing" : "failing");
	else if (!none && had_none)
		print_event(m, map, NULL, "path-again", before->queue ? "queueing-ends" : NULL);
}

/*
 * @event: that of a path, or NULL. A path that failed and came back before it was
 * looked at is in the event only.
 */
static void print_changes(const struct monitor *m, const struct seen *map,
			  const struct seen *before, const struct rrpath_event *event)
{
	unsigned int major, minor;
	size_t i;

	for (i = 0; i < before->nr_paths; i++)
		if (!find_path(map, before->path[i].major, before->path[i].minor))
			print_event(m, map, &before->path[i], "dropped", NULL);
	for (i = 0; i < map->nr_paths; i++) {
		const struct seen_path *path = &map->path[i];
		const struct seen_path *was = find_path(before, path->major, path->minor);

		if (event && was && path->state == was->state &&
		    rrpath_state_usable(path->state) &&
		    !strcmp(event->dm_action, "PATH_FAILED") &&
		    !rrpath_parse_devno(event->path, &major, &minor) && path->major == major &&
		    path->minor == minor)
			print_event(m, map, path, "failed", "back-already");
		else
			print_path(m, map, path, was);
	}
	print_map(m, map, before);
}

static void update(struct monitor *m, const char *kname, const char *name,
		   const struct rrpath_event *event)
{
	struct seen *before = find_seen(m, kname);
	struct seen map;
	size_t i;

	if (!read_map(name, &map) || strcmp(map.kname, kname)) {
		free_seen(&map);
		if (before) {
			print_event(m, before, NULL, "removed", NULL);
			forget(m, before);
		}
		return;
	}
	if (before && strcmp(before->uuid, map.uuid)) {
		print_event(m, before, NULL, "removed", NULL);
		forget(m, before);
		before = NULL;
	}
	if (!before) {
		print_event(m, remember(m, &map), NULL, "created", NULL);
		return;
	}
	if (strcmp(before->name, map.name))
		print_event(m, &map, NULL, "renamed", before->name);
	/* A disk that is gone keeps its name here. */
	for (i = 0; i < map.nr_paths; i++) {
		struct seen_path *path = &map.path[i];
		struct seen_path *was = find_path(before, path->major, path->minor);

		if (was && !*path->name)
			rrpath_copy(path->name, sizeof(path->name), was->name);
	}
	print_changes(m, &map, before, event);
	free_seen(before);
	*before = map;
}

/* @present: a line for each map. */
static int read_all(struct monitor *m, bool present)
{
	char **names;
	size_t nr, i;
	int ret = rrpath_dm_names(&names, &nr);

	if (ret) {
		rrpath_error("cannot list the maps: %s", strerror(-ret));
		return RRPATH_FAILED;
	}
	clock_gettime(CLOCK_REALTIME, &m->time);
	for (i = m->nr; i > 0; i--) {
		struct seen map;

		if (!read_map(m->seen[i - 1].name, &map)) {
			print_event(m, &m->seen[i - 1], NULL, "removed", NULL);
			forget(m, &m->seen[i - 1]);
		}
		free_seen(&map);
	}
	for (i = 0; i < nr; i++) {
		struct seen map;

		if (read_map(names[i], &map)) {
			if (present)
				print_event(m, remember(m, &map), NULL, "present", NULL);
			else
				update(m, map.kname, names[i], NULL);
		}
		if (!present)
			free_seen(&map);
		free(names[i]);
	}
	free(names);
	return RRPATH_DONE;
}

static void take_event(struct monitor *m, const struct rrpath_event *event)
{
	struct seen *before = find_seen(m, event->kname);

	m->time = event->time;
	if (!strcmp(event->action, "remove")) {
		if (!before)
			return;
		print_event(m, before, NULL, "removed", NULL);
		forget(m, before);
	} else if (*event->name) {
		update(m, event->kname, event->name, *event->dm_action ? event : NULL);
	}
}

static int follow(struct monitor *m, struct rrpath_events *events)
{
	struct rrpath_event event;

	for (;;) {
		int ret = rrpath_events_next(events, -1, &event);

		if (ret == -ENOBUFS) {
			rrpath_error("events came too fast: what happened in between is summed up");
			read_all(m, false);
		} else if (ret < 0 && ret != -EINTR) {
			rrpath_error("the kernel's events cannot be read: %s", strerror(-ret));
			return RRPATH_FAILED;
		} else if (ret > 0 && rrpath_event_is_map(&event)) {
			take_event(m, &event);
		}
		/* Nobody reads it any more. */
		if (ferror(stdout))
			return RRPATH_FAILED;
	}
}

static int run(struct monitor *m)
{
	struct rrpath_events *events;
	int ret = rrpath_events_open(&events);

	if (ret) {
		rrpath_error("cannot listen to the kernel's events: %s", strerror(-ret));
		return RRPATH_FAILED;
	}
	ret = read_all(m, true);
	if (!ret)
		ret = follow(m, events);
	rrpath_events_close(events);
	while (m->nr)
		forget(m, &m->seen[0]);
	free(m->seen);
	return ret;
}

int rrpath_cmd_monitor(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'J' },
		{ 0 }
	};
	struct monitor m = { 0 };
	char name[RRPATH_NAME_LEN];
	int opt, ret;

	while ((opt = rrpath_getopt(argc, argv, ":J", options)) != -1) {
		if (opt == '?')
			return RRPATH_USAGE;
		m.json = true;
	}
	ret = rrpath_need_args(argc, argv, 0, 1, "");
	if (!ret && optind < argc) {
		if (!rrpath_name_of(argv[optind], name))
			return RRPATH_USAGE;
		m.only = name;
	}
	if (!ret)
		ret = rrpath_need_dm();
	return ret ? ret : run(&m);
}
