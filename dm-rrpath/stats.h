/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RRPATH_STATS_H
#define RRPATH_STATS_H

#include <linux/types.h>

#include "counters.h"

struct rrpath_map;
struct rrpath_path;

/**
 * struct rrpath_stats - the counters of a path, added up
 * @bios: dispatched to the path
 * @sectors: of 512 bytes, that they cover; of RRPATH_OTHER never shown
 * @errors: bios that came back with a path error
 * @retries: those of them that were sent again
 * @completed: bios that came back from the path, with an error or without
 */
struct rrpath_stats {
	u64 bios[RRPATH_NR_OPS];
	u64 sectors[RRPATH_NR_OPS];
	u64 errors;
	u64 retries;
	u64 completed;
};

/*
 * Bios in flight, of counters that were added up. A bio that completes inside its
 * submission may be seen to come before it goes, where stores are not in order.
 */
static inline u64 rrpath_stats_in_flight(const struct rrpath_stats *sum)
{
	u64 bios = sum->bios[RRPATH_READ] + sum->bios[RRPATH_WRITE] + sum->bios[RRPATH_OTHER];

	return bios > sum->completed ? bios - sum->completed : 0;
}

int rrpath_stats_alloc(struct rrpath_map *map);
void rrpath_stats_free(struct rrpath_map *map);
void rrpath_stats_sum(const struct rrpath_path *path, struct rrpath_stats *sum);
void rrpath_stats_move(struct rrpath_path *to, const struct rrpath_path *from);
u64 rrpath_path_stats(struct rrpath_path *path, struct rrpath_stats *sum);
void rrpath_path_reset_stats(struct rrpath_path *path);
unsigned int rrpath_stats_print(const struct rrpath_stats *stats, char *result,
				unsigned int maxlen);

#endif /* RRPATH_STATS_H */
