// SPDX-License-Identifier: GPL-2.0
/*
 * The stall watch: finds paths that have bios in flight and complete none of them.
 *
 * A link that drops without a word is an error only when the transport gives up, which
 * takes seconds to minutes. The watch leaves such a path out for new bios after
 * stall_timeout_ms; those in flight have to wait for the transport.
 *
 * Bios are not timed: the watch adds the paths' counters up, RRPATH_STALL_ROUNDS times
 * in stall_timeout_ms. It counts rounds, not time, so a machine that stood still
 * itself finds no path stalled. It runs only while there are bios.
 */
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "rrpath.h"

#define RRPATH_STALL_ROUNDS	8

/* Rounds without a bio after which the watch ends: seldom enough not to matter. */
#define RRPATH_QUIET_ROUNDS	16

static unsigned long rrpath_watch_interval(struct rrpath_map *map)
{
	u32 timeout = READ_ONCE(map->config->options.stall_timeout_ms);

	return msecs_to_jiffies(DIV_ROUND_UP(timeout, RRPATH_STALL_ROUNDS));
}

/**
 * rrpath_watch_wanted() - is there anything to be gained?
 * @map: the map
 *
 * Context: any, under map->lock.
 * Return: true if paths can be spared, and can come back by themselves.
 */
bool rrpath_watch_wanted(struct rrpath_map *map)
{
	lockdep_assert_held(&map->lock);
	return map->running && map->nr_paths > 1 && map->config->options.stall_timeout_ms &&
	       map->config->options.probe_interval_ms;
}

/**
 * rrpath_watch_set() - let bios know whether they have to begin the watch
 * @map: the map
 * @watching: false if they have to
 *
 * Context: any, under map->lock.
 */
void rrpath_watch_set(struct rrpath_map *map, bool watching)
{
	lockdep_assert_held(&map->lock);
	WRITE_ONCE(map->watching, watching);
	/* Who sees the pool sees map->pool_offset. */
	smp_store_release(&map->pool, watching ? map->known_pool : NULL);
}

/**
 * rrpath_watch_begin() - a bio has been sent, and nobody is watching
 * @map: the map
 *
 * Context: any, right after the RCU section in which the bio was counted and @watching
 *	seen; takes map->lock.
 */
void rrpath_watch_begin(struct rrpath_map *map)
{
	unsigned long flags;

	spin_lock_irqsave(&map->lock, flags);
	if (!map->watching) {
		rrpath_watch_set(map, true);
		rrpath_map_arm(map, &map->watch_work, rrpath_watch_interval(map));
	}
	spin_unlock_irqrestore(&map->lock, flags);
}

/**
 * rrpath_watch_restart() - the map has been resumed, or an option has changed
 * @map: the map
 *
 * Without bios it ends by itself. If it is not wanted, @watching stays true: bios
 * need not begin it.
 *
 * Context: any, under map->lock.
 */
void rrpath_watch_restart(struct rrpath_map *map)
{
	lockdep_assert_held(&map->lock);
	rrpath_watch_set(map, true);
	if (rrpath_watch_wanted(map))
		rrpath_map_arm(map, &map->watch_work, rrpath_watch_interval(map));
}

/* Look at one path; true if bios are, or have been, on their way since the last look. */
static bool rrpath_watch_path(struct rrpath_path *path)
{
	u64 in_flight, dispatched, completed;
	struct rrpath_stats sum;
	bool progress, busy;

	rrpath_stats_sum(path, &sum);
	in_flight = rrpath_stats_in_flight(&sum);
	dispatched = sum.completed + in_flight;
	/* Counted after the sum: a bounce too many hides progress for one round. */
	completed = sum.completed - atomic64_read(&path->bounced);

	busy = in_flight || dispatched != path->dispatched;
	progress = (s64)(completed - path->completed) > 0;
	if (progress)
		path->completed = completed;
	path->dispatched = dispatched;

	/*
	 * The first round that sees bios is the one that they may have begun in. A path
	 * that has come back with bios that once stalled it is not stalled by them again.
	 */
	if (!in_flight || progress || path->idle || dispatched == path->stalled_at)
		path->stuck_rounds = 0;
	else if (path->stuck_rounds < RRPATH_STALL_ROUNDS)
		path->stuck_rounds++;
	path->idle = !in_flight;

	if (path->stuck_rounds == RRPATH_STALL_ROUNDS && rrpath_path_stall(path)) {
		path->stalled_at = dispatched;
		path->stuck_rounds = 0;
	}
	return busy;
}

/*
 * Go on, end, or look one last time: once @watching is false, and every bio that was
 * sent before it could know has been counted, finding none means that the next one
 * begins the watch anew.
 */
static void rrpath_watch_next(struct rrpath_map *map, bool busy)
{
	bool last = false;

	spin_lock_irq(&map->lock);
	if (!rrpath_watch_wanted(map)) {
		rrpath_watch_set(map, true);
		goto out;
	}
	if (busy) {
		map->watch_rounds = 0;
		rrpath_watch_set(map, true);
	} else if (!map->watching) {
		goto out;
	} else if (++map->watch_rounds >= RRPATH_QUIET_ROUNDS) {
		map->watch_rounds = 0;
		rrpath_watch_set(map, false);
		last = true;
	}
	rrpath_map_arm(map, &map->watch_work, rrpath_watch_interval(map));
out:
	spin_unlock_irq(&map->lock);
	/* With interrupts on, and before the work that it is for can run. */
	if (last)
		map->watch_grace = start_poll_synchronize_rcu();
}

static void rrpath_watch_work(struct work_struct *work)
{
	struct rrpath_map *map = container_of(to_delayed_work(work), struct rrpath_map,
					      watch_work);
	bool busy = false;
	unsigned int i;

	cond_synchronize_rcu(map->watch_grace);
	for (i = 0; i < map->nr_paths; i++) {
		if (READ_ONCE(map->path[i].state) != RRPATH_USABLE)
			continue;
		busy |= rrpath_watch_path(&map->path[i]);
		cond_resched();
	}
	rrpath_watch_next(map, busy);

	/* Here, not by the worker: that may be waiting for room on the very path. */
	rrpath_map_refresh(map);
}

/**
 * rrpath_watch_init() - prepare the watch of a new map
 * @map: the map
 *
 * Context: any.
 */
void rrpath_watch_init(struct rrpath_map *map)
{
	map->watching = true;
	map->watch_grace = get_completed_synchronize_rcu();
	INIT_DELAYED_WORK(&map->watch_work, rrpath_watch_work);
}
