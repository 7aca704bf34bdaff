/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RRPATH_STATS_H
#define RRPATH_STATS_H

#include <linux/bio.h>
#include <linux/percpu.h>
#include <linux/types.h>

struct rrpath_path;

/* What a bio counts as. */
enum rrpath_op {
	RRPATH_READ,
	RRPATH_WRITE,
	RRPATH_OTHER,		/* flush, discard, write zeroes, ... */
	RRPATH_NR_OPS,
};

/**
 * struct rrpath_stats - the counters of a path, one for each CPU
 * @bios: dispatched to the path
 * @sectors: of 512 bytes, that they cover; of RRPATH_OTHER never shown
 * @errors: bios that came back with a path error
 * @retries: those of them that were sent again
 * @completed: bios that came back from the path, with an error or without
 *
 * Only ever added to, by the CPU that owns it; exactly one cache line. A bio may be
 * dispatched on one CPU and completed on another, so only sums over all CPUs tell
 * how many are in flight.
 */
struct rrpath_stats {
	u64 bios[RRPATH_NR_OPS];
	u64 sectors[RRPATH_NR_OPS - 1];
	u64 errors;
	u64 retries;
	u64 completed;
} ____cacheline_aligned_in_smp;

static inline enum rrpath_op rrpath_bio_op(struct bio *bio)
{
	if (bio_op(bio) == REQ_OP_READ)
		return RRPATH_READ;
	/* A flush without data is a write of no sectors. */
	if (bio_op(bio) == REQ_OP_WRITE && bio_sectors(bio))
		return RRPATH_WRITE;
	return RRPATH_OTHER;
}

static inline void rrpath_stats_dispatched(struct rrpath_stats __percpu *stats, struct bio *bio)
{
	enum rrpath_op op = rrpath_bio_op(bio);

	this_cpu_inc(stats->bios[op]);
	if (op != RRPATH_OTHER)
		this_cpu_add(stats->sectors[op], bio_sectors(bio));
}

static inline void rrpath_stats_completed(struct rrpath_stats __percpu *stats)
{
	this_cpu_inc(stats->completed);
}

/*
 * Bios in flight, of counters that were added up. A bio that completes inside its
 * submission may be seen to come before it goes, where stores are not in order.
 */
static inline u64 rrpath_stats_in_flight(const struct rrpath_stats *sum)
{
	u64 bios = sum->bios[RRPATH_READ] + sum->bios[RRPATH_WRITE] + sum->bios[RRPATH_OTHER];

	return bios > sum->completed ? bios - sum->completed : 0;
}

void rrpath_stats_sum(const struct rrpath_stats __percpu *stats, struct rrpath_stats *sum);
void rrpath_stats_move(struct rrpath_stats __percpu *to, const struct rrpath_stats __percpu *from);
u64 rrpath_path_stats(struct rrpath_path *path, struct rrpath_stats *sum);
void rrpath_path_reset_stats(struct rrpath_path *path);
unsigned int rrpath_stats_print(const struct rrpath_stats *stats, char *result,
				unsigned int maxlen);

#endif /* RRPATH_STATS_H */
