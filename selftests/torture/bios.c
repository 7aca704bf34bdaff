// SPDX-License-Identifier: GPL-2.0
/* The bios of a round: what the block layer saw of the map and its paths, what the map says. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "torture.h"

#define TRACING "/sys/kernel/tracing/"

/* A kernel without histograms keeps what its tracepoints saw in a buffer of ours. */
#define KEPT TRACING "instances/rrt-torture/"
#define KEPT_KB "32768"

/* Told apart by what the block layer writes as rwbs. */
enum op { READS, WRITES, FUA_WRITES, FLUSHES, DISCARDS, ZEROES, NR_OPS };

static const char * const ops[NR_OPS] = {
	[READS] = "reads", [WRITES] = "writes", [FUA_WRITES] = "writes with FUA",
	[FLUSHES] = "flushes", [DISCARDS] = "discards", [ZEROES] = "write zeroes",
};

enum event { QUEUED, COMPLETED, SPLIT, NR_EVENTS };

static const struct {
	const char *name, *keys;
} events[NR_EVENTS] = {
	[QUEUED] = { "block_bio_queue", "hist:keys=dev,rwbs" },
	[COMPLETED] = { "block_bio_complete", "hist:keys=dev,rwbs,error" },
	[SPLIT] = { "block_split", "hist:keys=dev,rwbs" },
};

static int by_line;			/* no histograms */
static long long succeeded[NR_OPS];	/* on all maps */

/* Of one device, or of several. */
struct traced {
	long long hits[NR_EVENTS], split[NR_OPS];
	long long good[NR_OPS];		/* completed without an error */
	long long bad[NR_OPS];
};

static enum op op_of(const char *rwbs)
{
	switch (*rwbs) {
	case 'R':
		return READS;
	case 'F':
		return FLUSHES;
	case 'W':
		return rwbs[1] == 'F' ? FUA_WRITES : WRITES;
	case 'D':
		return DISCARDS;
	default:
		return ZEROES;
	}
}

static int set_trigger(enum event which, const char *before, const char *after)
{
	char path[160], text[80];

	snprintf(path, sizeof(path), TRACING "events/block/%s/trigger", events[which].name);
	snprintf(text, sizeof(text), "%s%s%s", before, events[which].keys, after);
	return operate_write(path, text);
}

static int set_kept(enum event which, const char *file, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), KEPT "events/block/%s/%s", events[which].name, file);
	return operate_write(path, text);
}

static int keep(void)
{
	enum event event;
	int err;

	if (mkdir(KEPT, 0700) && errno != EEXIST)
		return errno;
	err = operate_write(KEPT "buffer_size_kb", KEPT_KB);
	for (event = 0; event < NR_EVENTS && !err; event++)
		err = set_kept(event, "enable", "1");
	if (err)
		rmdir(KEPT);
	return err;
}

/* 0 where the kernel tells what its tracepoints see. */
int bios_trace(void)
{
	enum event event;
	int err = 0;

	for (event = 0; event < NR_EVENTS && !err; event++)
		err = set_trigger(event, "", "");
	by_line = err != 0;
	for (event = 0; event < NR_EVENTS && by_line; event++)
		set_trigger(event, "!", "");
	return by_line ? keep() : 0;
}

static void keep_anew(struct torture *t)
{
	enum event event;
	char filter[80];
	int fd;

	snprintf(filter, sizeof(filter), "dev >= %u && dev < %u", t->major << 20,
		 (t->major + 1) << 20);
	for (event = 0; event < NR_EVENTS; event++)
		set_kept(event, "filter", filter);
	fd = open(KEPT "trace", O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
}

void bios_trace_anew(struct torture *t)
{
	enum event event;

	if (!t->can_trace)
		return;
	if (by_line)
		keep_anew(t);
	for (event = 0; event < NR_EVENTS && !by_line; event++)
		set_trigger(event, "", ":clear");
}

void bios_trace_no_more(struct torture *t)
{
	enum event event;
	enum op op;

	if (!t->can_trace)
		return;
	if (by_line)
		rmdir(KEPT);
	for (event = 0; event < NR_EVENTS && !by_line; event++)
		set_trigger(event, "!", "");
	printf("note the maps did");
	for (op = 0; op < NR_OPS; op++)
		printf("%s %lld %s", op ? "," : "", succeeded[op], ops[op]);
	puts("");
}

static void add(struct traced *traced, enum event which, const char *rwbs, int error,
		unsigned long long hits)
{
	enum op op = op_of(rwbs);

	traced->hits[which] += hits;
	if (which == SPLIT)
		traced->split[op] += hits;
	if (which == COMPLETED)
		(error ? traced->bad : traced->good)[op] += hits;
}

static void read_histogram(struct torture *t, enum event which, struct traced *map,
			   struct traced *paths)
{
	unsigned long long dev, error, hits;
	char line[300], rwbs[16];
	FILE *f;

	snprintf(line, sizeof(line), TRACING "events/block/%s/hist", events[which].name);
	f = fopen(line, "re");
	while (f && fgets(line, sizeof(line), f)) {
		error = 0;
		if (sscanf(line, "{ dev: %llu, rwbs: %15[^ ,] , error: %llu } hitcount: %llu",
			   &dev, rwbs, &error, &hits) != 4 &&
		    sscanf(line, "{ dev: %llu, rwbs: %15[^ ,] } hitcount: %llu",
			   &dev, rwbs, &hits) != 3)
			continue;
		if (dev >> 20 == t->major)
			add((dev & 0xfffff) == t->minor ? map : paths, which, rwbs, error != 0,
			    hits);
	}
	if (f)
		fclose(f);
}

/* `... block_bio_complete: 254,5 WFS 1024 + 8 [0]`, where the others have a name for the error. */
static void add_line(struct torture *t, const char *line, struct traced *map,
		     struct traced *paths)
{
	unsigned int major, minor;
	const char *at = NULL;
	enum event event;
	char rwbs[16];
	int error = 0;

	for (event = 0; event < NR_EVENTS; event++) {
		at = strstr(line, events[event].name);
		if (at)
			break;
	}
	if (at && sscanf(at + strlen(events[event].name), ": %u,%u %15s %*u + %*u [%d]", &major,
			 &minor, rwbs, &error) >= 3 && major == t->major)
		add(minor == t->minor ? map : paths, event, rwbs, error, 1);
}

/* False if there were more lines than the buffer holds. */
static int read_kept(struct torture *t, struct traced *map, struct traced *paths)
{
	unsigned long long kept, written;
	FILE *f = fopen(KEPT "trace", "re");
	char line[300];
	int whole = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "# entries-in-buffer/entries-written: %llu/%llu", &kept,
			   &written) == 2)
			whole = kept == written;
		add_line(t, line, map, paths);
	}
	if (f)
		fclose(f);
	return whole;
}

/* Device-mapper's devices are the map, and its paths: those of now and those that were deleted. */
static int read_traced(struct torture *t, struct traced *map, struct traced *paths)
{
	enum event event;

	if (by_line)
		return read_kept(t, map, paths);
	for (event = 0; event < NR_EVENTS; event++)
		read_histogram(t, event, map, paths);
	return 1;
}

/*
 * What succeeded on the map did so on one path, and once. The kernel's probes are reads of the
 * paths too; a bio that was split succeeded in each of its parts, or in some of them.
 */
static void judge_paths(struct torture *t, const struct traced *map, const struct traced *paths)
{
	long long least, most;
	enum op op;

	for (op = 0; op < NR_OPS; op++) {
		least = map->good[op];
		most = least + map->split[op];
		if (paths->good[op] < least || (op != READS && paths->good[op] > most))
			torture_fault(t, "%lld %s of the map succeeded (%lld splits), %lld below",
				      least, ops[op], map->split[op], paths->good[op]);
	}
}

/*
 * Every bio completed once, and the map has counted each of them once. Without tracepoints that
 * is known only of disks without a write cache, where a flush is no bio.
 */
void bios_judge(struct torture *t, const struct counted *counted)
{
	struct traced map = { 0 }, paths = { 0 };
	long long bios = counted->bios - counted->errors, good = 0, submitted = 0;
	int exact = t->round.mode != FREE;
	unsigned int i;
	enum op op;

	for (i = 0; i < WRITERS; i++)
		submitted += t->writer[i].bios;
	/* A failed bio is not sent again by the map if a suspend takes it, or there is no path. */
	if (exact && (counted->retries > counted->errors ||
		      (t->round.mode == ANCHORED && counted->retries != counted->errors)))
		torture_fault(t, "%lld bios failed on a path, %lld were sent again",
			      counted->errors, counted->retries);
	if (!t->can_trace) {
		if (t->round.direct && exact && !t->write_cache && bios != submitted)
			torture_fault(t, "%lld bios were submitted, the map counted %lld",
				      submitted, bios);
		return;
	}
	if (!read_traced(t, &map, &paths)) {
		printf("note round %u: more was traced than is kept, its bios are not judged\n",
		       t->round.number);
		return;
	}
	if (map.hits[QUEUED] != map.hits[COMPLETED])
		torture_fault(t, "%lld bios came to the map, but %lld completed",
			      map.hits[QUEUED], map.hits[COMPLETED]);
	/*
	 * The core itself refuses some: readahead while it is suspended, write zeroes while the
	 * table has none. Those that a path refuses, for it has none, have been counted.
	 */
	for (op = 0; op < NR_OPS; op++) {
		good += map.good[op] + map.split[op];
		succeeded[op] += map.good[op];
	}
	if (exact && (bios < good || bios > good + map.bad[ZEROES]))
		torture_fault(t, "%lld bios of the map succeeded (%lld splits), %lld counted",
			      good - map.hits[SPLIT], map.hits[SPLIT], bios);
	if (t->round.direct && map.hits[QUEUED] < submitted)
		torture_fault(t, "the block layer saw %lld bios, %lld were submitted",
			      map.hits[QUEUED], submitted);
	judge_paths(t, &map, &paths);
}
