// SPDX-License-Identifier: GPL-2.0
/* rrpath resize: a map as large as its disks have become */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "columns.h"
#include "map.h"
#include "reload.h"
#include "rescan.h"
#include "transport.h"
#include "util.h"

#define DEFAULT_TIMEOUT	10
#define MAX_TIMEOUT	3600
#define POLL_MS		100
/* NVMe reads anew after the file is written: what has not changed by then has not. */
#define SETTLE_MS	2000

struct path {
	const struct rrpath_map_path *path;
	const char *name;
	bool usable;
	bool nvme;
	pid_t rescan;		/* 0: done, or nothing to do */
	uint64_t sectors;
};

struct resize {
	struct rrpath_map map;
	struct path *path;
	size_t nr;
	uint64_t timeout;
	bool force;
};

static void free_resize(struct resize *r)
{
	rrpath_map_free(&r->map);
	free(r->path);
}

static void take_paths(struct resize *r)
{
	size_t i;

	r->path = rrpath_alloc(r->map.nr_paths, sizeof(*r->path));
	for (i = 0; i < r->map.nr_paths; i++) {
		const struct rrpath_map_path *path = &r->map.path[i];

		if (!path->present)
			continue;
		r->path[r->nr].path = path;
		r->path[r->nr].name = path->dev.name;
		r->path[r->nr++].usable = rrpath_state_usable(path->status.state);
	}
}

/* The file that makes the kernel ask the disk again, NULL if there is none. */
static char *rescan_file(struct path *path)
{
	struct rrpath_transport t;
	char *file;

	if (rrpath_transport_of(&path->path->dev, &t))
		return NULL;
	path->nvme = rrpath_transport_is_nvme(t.type);
	if (path->nvme)
		file = rrpath_printf("%s/rescan_controller", t.session);
	else
		file = rrpath_printf("%s/device/rescan", t.disk);
	if (!access(file, F_OK))
		return file;
	free(file);
	return NULL;
}

static void start_rescan(struct path *path)
{
	char *file __rr_cleanup(rrpath_freep) = rescan_file(path);

	if (file)
		path->rescan = rrpath_rescan_start(file);
}

static void read_size(struct path *path)
{
	char text[32];

	if (!rrpath_read_line(text, sizeof(text), "%s/size", path->path->dev.dir) ||
	    rrpath_parse_u64(text, 0, UINT64_MAX, &path->sectors))
		path->sectors = 0;
}

/* Reads all sizes again. True if nobody has to be waited for any more. */
static bool look(struct resize *r, uint64_t waited)
{
	uint64_t first = 0;
	bool nvme = false, same = true, done = true;
	size_t i;

	for (i = 0; i < r->nr; i++) {
		struct path *path = &r->path[i];

		if (path->rescan && rrpath_rescan_ended(path->rescan, NULL))
			path->rescan = 0;
		read_size(path);
		if (!path->usable)
			continue;
		done &= !path->rescan;
		nvme |= path->nvme;
		if (!first)
			first = path->sectors;
		same &= path->sectors == first;
	}
	if (!done || !same)
		return false;
	return !nvme || first != r->map.sectors || waited >= SETTLE_MS;
}

static void wait_for_paths(struct resize *r)
{
	uint64_t begin = rrpath_now_ms(), waited = 0;
	size_t i;

	for (i = 0; i < r->nr; i++)
		if (r->path[i].usable)
			start_rescan(&r->path[i]);
	while (!look(r, waited) && waited < r->timeout * 1000) {
		usleep(POLL_MS * 1000);
		waited = rrpath_now_ms() - begin;
	}
}

static const char *size_text(uint64_t sectors)
{
	static char text[4][32];
	static unsigned int next;
	char *to = text[next++ % RRPATH_ARRAY_SIZE(text)];

	rrpath_human_size(to, sizeof(text[0]), sectors * 512);
	return to;
}

/* The paths that are not of the size @sectors: "sdb (64M), sdc (64M, failed)". */
static void list_others(const struct resize *r, uint64_t sectors, struct rrpath_str *list)
{
	size_t i;

	for (i = 0; i < r->nr; i++) {
		const struct path *path = &r->path[i];
		const char *what = "";

		/* A path larger than the map does no harm while it is not used. */
		if (!path->rescan && (path->sectors == sectors ||
				      (!path->usable && path->sectors > sectors)))
			continue;
		if (path->rescan)
			what = ", does not answer";
		else if (!path->usable)
			what = ", not in use";
		rrpath_str_add(list, "%s%s (%s%s)", list->len ? ", " : "", path->name,
			       size_text(path->sectors), what);
	}
}

/* The size that the map is to have: the largest of a usable path, or if it shrinks the smallest. */
static uint64_t wanted_size(const struct resize *r)
{
	uint64_t max = 0, min = UINT64_MAX;
	size_t i;

	for (i = 0; i < r->nr; i++) {
		if (!r->path[i].usable)
			continue;
		if (r->path[i].sectors > max)
			max = r->path[i].sectors;
		if (r->path[i].sectors < min)
			min = r->path[i].sectors;
	}
	return max > r->map.sectors ? max : min == UINT64_MAX ? 0 : min;
}

static int check_size(const struct resize *r, uint64_t sectors)
{
	struct rrpath_str others __rr_cleanup(rrpath_str_free) = { 0 };
	const char *name = rrpath_quote(r->map.name);

	if (!sectors) {
		rrpath_error("no usable path of %s tells its size: see 'rrpath show %s'", name,
			     r->map.name);
		return RRPATH_FAILED;
	}
	list_others(r, sectors, &others);
	if (others.len) {
		rrpath_error("%s stays as it is: not all paths have %s: %s: grow or drop them",
			     name, size_text(sectors), others.text);
		return RRPATH_FAILED;
	}
	if (sectors >= r->map.sectors)
		return RRPATH_DONE;
	if (!r->force) {
		rrpath_error("%s would shrink from %s to %s, and lose what is behind (--force)",
			     name, size_text(r->map.sectors), size_text(sectors));
		return RRPATH_FAILED;
	}
	rrpath_error("--force: although %s shrinks from %s to %s", name,
		     size_text(r->map.sectors), size_text(sectors));
	return RRPATH_DONE;
}

static int resize(struct resize *r)
{
	uint64_t sectors;

	take_paths(r);
	wait_for_paths(r);
	sectors = wanted_size(r);
	if (check_size(r, sectors))
		return RRPATH_FAILED;
	if (sectors == r->map.sectors) {
		printf("%s: %s, as before\n", rrpath_safe(r->map.name), size_text(sectors));
		return RRPATH_DONE;
	}
	if (rrpath_reload(&r->map, &r->map.table, sectors, NULL))
		return RRPATH_FAILED;
	printf("%s: %s, was %s\n", rrpath_safe(r->map.name), size_text(sectors),
	       size_text(r->map.sectors));
	return RRPATH_DONE;
}

int rrpath_cmd_resize(int argc, char **argv)
{
	static const struct option options[] = {
		{ "timeout", required_argument, NULL, 't' },
		{ "force", no_argument, NULL, 'f' },
		{ 0 }
	};
	struct resize r __rr_cleanup(free_resize) = { .timeout = DEFAULT_TIMEOUT };
	int opt, ret;

	while ((opt = rrpath_getopt(argc, argv, ":t:f", options)) != -1) {
		switch (opt) {
		case 't':
			if (!rrpath_parse_u64(optarg, 0, MAX_TIMEOUT, &r.timeout))
				break;
			rrpath_error("%s is no value of --timeout: seconds, 0 to %d",
				     rrpath_quote(optarg), MAX_TIMEOUT);
			return rrpath_see_help(argv[0]);
		case 'f':
			r.force = true;
			break;
		default:
			return RRPATH_USAGE;
		}
	}
	ret = rrpath_need_args(argc, argv, 1, 1, "NAME");
	if (!ret)
		ret = rrpath_map_open(argv[optind], &r.map);
	return ret ? ret : resize(&r);
}
