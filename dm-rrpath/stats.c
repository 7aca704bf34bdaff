// SPDX-License-Identifier: GPL-2.0
#include "rrpath.h"

/* Paths whose counters are allocated in one go, which is less work: a page for each CPU. */
#define RRPATH_COUNTERS_AT_ONCE	((unsigned int)(PAGE_SIZE / sizeof(struct rrpath_counters)))

/**
 * rrpath_stats_alloc() - make the counters of a new map
 * @map: the map
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM; rrpath_stats_free() is due in both cases.
 */
int rrpath_stats_alloc(struct rrpath_map *map)
{
	struct rrpath_counters __percpu *counters = NULL;
	unsigned int i, nr;

	for (i = 0; i < map->nr_paths; i++) {
		if (i % RRPATH_COUNTERS_AT_ONCE == 0) {
			nr = min(map->nr_paths - i, RRPATH_COUNTERS_AT_ONCE);
			counters = __alloc_percpu(nr * sizeof(*counters), __alignof__(*counters));
			if (!counters)
				return -ENOMEM;
		}
		map->path[i].member.counters = counters++;
	}
	return 0;
}

/**
 * rrpath_stats_free() - free what rrpath_stats_alloc() made
 * @map: stopped, or never started
 *
 * Context: may sleep.
 */
void rrpath_stats_free(struct rrpath_map *map)
{
	unsigned int i;

	for (i = 0; i < map->nr_paths; i += RRPATH_COUNTERS_AT_ONCE)
		free_percpu(map->path[i].member.counters);
}

static void rrpath_stats_add(struct rrpath_stats *sum, const struct rrpath_counters *counters)
{
	unsigned int i;

	for (i = 0; i < RRPATH_NR_OPS; i++) {
		sum->bios[i] += READ_ONCE(counters->op[i].bios);
		sum->sectors[i] += READ_ONCE(counters->op[i].bytes) >> SECTOR_SHIFT;
	}
}

/**
 * rrpath_stats_sum() - add the CPUs' counters up
 * @path: whose
 * @sum: set to their sum
 *
 * Exact while no bio starts or ends; else each counter may lag by the bios that
 * do. What completed is added up first, so that a bio which completes meanwhile is
 * still taken for one in flight, and not for one less than none.
 *
 * Context: any.
 */
void rrpath_stats_sum(const struct rrpath_path *path, struct rrpath_stats *sum)
{
	const struct rrpath_counters __percpu *counters = path->member.counters;
	unsigned int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu)
		sum->completed += READ_ONCE(per_cpu_ptr(counters, cpu)->completed);
	/* A bio was counted as dispatched before the device could complete it. */
	smp_rmb();
	for_each_possible_cpu(cpu)
		rrpath_stats_add(sum, per_cpu_ptr(counters, cpu));
	sum->errors = atomic64_read(&path->errors);
	sum->retries = atomic64_read(&path->retries);
}

/**
 * rrpath_stats_move() - take over the counters of the same path of another table
 * @to: a path whose counters nobody writes to yet
 * @from: one whose counters nobody writes to any more
 *
 * Context: any.
 */
void rrpath_stats_move(struct rrpath_path *to, const struct rrpath_path *from)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		memcpy(per_cpu_ptr(to->member.counters, cpu),
		       per_cpu_ptr(from->member.counters, cpu), sizeof(struct rrpath_counters));
	atomic64_set(&to->errors, atomic64_read(&from->errors));
	atomic64_set(&to->retries, atomic64_read(&from->retries));
}

/**
 * rrpath_path_stats() - the counters of a path since their last reset
 * @path: the path
 * @sum: set to them
 *
 * Context: any; takes map->lock.
 * Return: bios in flight, which a reset leaves as they are.
 */
u64 rrpath_path_stats(struct rrpath_path *path, struct rrpath_stats *sum)
{
	unsigned long flags;
	unsigned int i;
	u64 in_flight;

	spin_lock_irqsave(&path->map->lock, flags);
	rrpath_stats_sum(path, sum);
	in_flight = rrpath_stats_in_flight(sum);
	for (i = 0; i < ARRAY_SIZE(sum->bios); i++)
		sum->bios[i] -= path->base.bios[i];
	for (i = 0; i < ARRAY_SIZE(sum->sectors); i++)
		sum->sectors[i] -= path->base.sectors[i];
	sum->errors -= path->base.errors;
	sum->retries -= path->base.retries;
	spin_unlock_irqrestore(&path->map->lock, flags);
	return in_flight;
}

/**
 * rrpath_path_reset_stats() - zero the counters of a path, but for in_flight
 * @path: the path
 *
 * The per-CPU counters belong to their CPUs, so they are not written to: what
 * they show now is remembered and subtracted from then on. No bio is counted
 * twice or lost by it.
 *
 * Context: any; takes map->lock.
 */
void rrpath_path_reset_stats(struct rrpath_path *path)
{
	unsigned long flags;

	spin_lock_irqsave(&path->map->lock, flags);
	rrpath_stats_sum(path, &path->base);
	spin_unlock_irqrestore(&path->map->lock, flags);
}

/**
 * rrpath_stats_print() - write the counters as status line and sysfs show them
 * @stats: what to write
 * @result: where to, NUL-terminated even when cut off
 * @maxlen: size of @result
 *
 * Context: any.
 * Return: the number of characters written.
 */
unsigned int rrpath_stats_print(const struct rrpath_stats *stats, char *result,
				unsigned int maxlen)
{
	return scnprintf(result, maxlen, "%llu %llu %llu %llu %llu %llu %llu",
			 stats->bios[RRPATH_READ], stats->sectors[RRPATH_READ],
			 stats->bios[RRPATH_WRITE], stats->sectors[RRPATH_WRITE],
			 stats->bios[RRPATH_OTHER], stats->errors, stats->retries);
}
