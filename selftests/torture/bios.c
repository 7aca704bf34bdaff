// SPDX-License-Identifier: GPL-2.0
/* The bios of a round: what the block layer saw of the map and its paths, what the map says. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "torture.h"

#define TRACING "/sys/kernel/tracing/events/block/"

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

/* Of one device, or of several. */
struct traced {
	long long hits[NR_EVENTS], split[NR_OPS];
	long long good[NR_OPS];		/* completed without an error */
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

	snprintf(path, sizeof(path), TRACING "%s/trigger", events[which].name);
	snprintf(text, sizeof(text), "%s%s%s", before, events[which].keys, after);
	return operate_write(path, text);
}

/* 0 where the kernel counts what its tracepoints see. */
int bios_trace(void)
{
	enum event event;
	int err = 0;

	for (event = 0; event < NR_EVENTS && !err; event++)
		err = set_trigger(event, "", "");
	return err;
}

void bios_trace_anew(struct torture *t)
{
	enum event event;

	for (event = 0; event < NR_EVENTS && t->can_trace; event++)
		set_trigger(event, "", ":clear");
}

void bios_trace_no_more(struct torture *t)
{
	enum event event;

	for (event = 0; event < NR_EVENTS && t->can_trace; event++)
		set_trigger(event, "!", "");
}

/* Device-mapper's devices are the map, and its paths: those of now and those that were deleted. */
static void add_traced(struct torture *t, enum event which, struct traced *map,
		       struct traced *paths)
{
	unsigned long long dev, error, hits;
	struct traced *traced;
	char line[300], rwbs[16];
	enum op op;
	FILE *f;

	snprintf(line, sizeof(line), TRACING "%s/hist", events[which].name);
	f = fopen(line, "re");
	while (f && fgets(line, sizeof(line), f)) {
		error = 0;
		if (sscanf(line, "{ dev: %llu, rwbs: %15[^ ,] , error: %llu } hitcount: %llu",
			   &dev, rwbs, &error, &hits) != 4 &&
		    sscanf(line, "{ dev: %llu, rwbs: %15[^ ,] } hitcount: %llu",
			   &dev, rwbs, &hits) != 3)
			continue;
		if (dev >> 20 != t->major)
			continue;
		traced = (dev & 0xfffff) == t->minor ? map : paths;
		op = op_of(rwbs);
		traced->hits[which] += hits;
		if (which == SPLIT)
			traced->split[op] += hits;
		if (which == COMPLETED && !error)
			traced->good[op] += hits;
	}
	if (f)
		fclose(f);
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
	enum event event;
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
	for (event = 0; event < NR_EVENTS; event++)
		add_traced(t, event, &map, &paths);
	if (map.hits[QUEUED] != map.hits[COMPLETED])
		torture_fault(t, "%lld bios came to the map, but %lld completed",
			      map.hits[QUEUED], map.hits[COMPLETED]);
	/* The core itself refuses some: readahead while it is suspended. */
	for (op = 0; op < NR_OPS; op++)
		good += map.good[op] + map.split[op];
	if (exact && bios != good)
		torture_fault(t, "%lld bios of the map succeeded (%lld splits), %lld counted",
			      good - map.hits[SPLIT], map.hits[SPLIT], bios);
	if (t->round.direct && map.hits[QUEUED] < submitted)
		torture_fault(t, "the block layer saw %lld bios, %lld were submitted",
			      map.hits[QUEUED], submitted);
	judge_paths(t, &map, &paths);
}
