// SPDX-License-Identifier: GPL-2.0
/*
 * The state of a map: what bios may choose from, the clocks of "no path" and of
 * failback, and the setters that messages and sysfs share.
 */
#include <linux/jiffies.h>
#include <linux/sched/mm.h>

#include "compat.h"
#include "rrpath.h"

/**
 * rrpath_map_arm() - have one of the map's clocks go off
 * @map: the map
 * @work: which; an earlier time that it was set to is forgotten
 * @delay: jiffies
 *
 * Nothing of it may be queued once the destructor runs.
 *
 * Context: any, under map->lock.
 */
void rrpath_map_arm(struct rrpath_map *map, struct delayed_work *work, unsigned long delay)
{
	lockdep_assert_held(&map->lock);
	if (!map->stopped)
		mod_delayed_work(rrpath_wq, work, delay);
}

/**
 * rrpath_map_kick() - have the choice refreshed and the held bios looked at
 * @map: the map
 *
 * Context: any, under map->lock.
 */
void rrpath_map_kick(struct rrpath_map *map)
{
	lockdep_assert_held(&map->lock);
	if (!map->stopped)
		queue_work(rrpath_io_wq, &map->work);
}

static bool rrpath_path_eligible(const struct rrpath_path *path)
{
	return path->state == RRPATH_USABLE && !path->waiting;
}

/* The priority of the active group as it ought to be, -1 if there is none. */
static int rrpath_map_top_priority(struct rrpath_map *map)
{
	unsigned int i;
	int top = -1;

	for (i = 0; i < map->nr_paths; i++)
		if (rrpath_path_eligible(&map->path[i]))
			top = max_t(int, top, map->path[i].config->priority);
	return top;
}

static void rrpath_map_end_waiting(struct rrpath_map *map)
{
	unsigned int i;

	for (i = 0; i < map->nr_paths; i++)
		map->path[i].waiting = false;
}

static void rrpath_choice_build(struct rrpath_map *map, struct rrpath_choice *choice)
{
	struct rrpath_entry *entry = choice->entry;
	unsigned int i;
	int top;

	lockdep_assert_held(&map->lock);

	top = rrpath_map_top_priority(map);
	if (top < 0) {
		/* What waited for failback is all there is now. */
		rrpath_map_end_waiting(map);
		top = rrpath_map_top_priority(map);
	}

	for (i = 0; i < map->nr_paths; i++) {
		struct rrpath_path *path = &map->path[i];

		path->active = rrpath_path_eligible(path) && path->config->priority == top;
		if (!path->active)
			continue;
		entry->member = &path->member;
		entry->weight = path->config->weight;
		entry->turn = path->config->weight * map->config->options.rr_min_io;
		entry++;
	}
	choice->nr = entry - choice->entry;
	choice->policy = map->config->policy;
	/* In the order of the table there are no turns to take. */
	choice->merge = choice->policy->ordered ? 0 : map->config->options.merge_kib << 10;
	rrpath_choice_complete(choice);
}

/* Publish what is the case now. */
static void rrpath_map_publish(struct rrpath_map *map)
{
	struct rrpath_choice *old;

	lockdep_assert_held(&map->mutex);

	/* A bio may still look at what was the choice before the last one. */
	cond_synchronize_rcu(map->grace);

	spin_lock_irq(&map->lock);
	rrpath_choice_build(map, map->spare);
	map->stale = false;
	old = rcu_dereference_protected(map->choice, lockdep_is_held(&map->lock));
	rcu_assign_pointer(map->choice, map->spare);
	map->spare = old;
	spin_unlock_irq(&map->lock);

	/* Begin the grace period now, so that it is likely over when it is needed. */
	map->grace = start_poll_synchronize_rcu();
}

/**
 * rrpath_map_refresh() - publish a new choice if the old one is stale
 * @map: the map
 *
 * Context: may sleep for an RCU grace period; takes map->mutex.
 */
void rrpath_map_refresh(struct rrpath_map *map)
{
	mutex_lock(&map->mutex);
	if (READ_ONCE(map->stale))
		rrpath_map_publish(map);
	mutex_unlock(&map->mutex);
}

static void rrpath_map_work(struct work_struct *work)
{
	struct rrpath_map *map = container_of(work, struct rrpath_map, work);

	rrpath_map_refresh(map);
	rrpath_send_held(map);
}

static void rrpath_map_event_work(struct work_struct *work)
{
	struct rrpath_map *map = container_of(work, struct rrpath_map, event_work);
	/* postsuspend waits for this: it must not wait for I/O to the device. */
	unsigned int noio = memalloc_noio_save();

	dm_table_event(map->ti->table);
	memalloc_noio_restore(noio);
}

/* Start, move or stop the clock of "no usable path", as state and options say. */
static void rrpath_map_set_no_path_clock(struct rrpath_map *map)
{
	u32 timeout = map->config->options.no_path_timeout_ms;
	unsigned long due;

	lockdep_assert_held(&map->lock);
	if (map->nr_usable || !timeout) {
		map->timed_out = false;
		cancel_delayed_work(&map->no_path_work);
		return;
	}
	due = map->no_path_since + msecs_to_jiffies(timeout);
	map->timed_out = map->timed_out && time_after_eq(jiffies, due);
	if (!map->timed_out)
		rrpath_map_arm(map, &map->no_path_work,
			       time_after(due, jiffies) ? due - jiffies : 0);
}

static void rrpath_map_no_path_work(struct work_struct *work)
{
	struct rrpath_map *map = container_of(to_delayed_work(work), struct rrpath_map,
					      no_path_work);
	u32 timeout;

	spin_lock_irq(&map->lock);
	timeout = map->config->options.no_path_timeout_ms;
	if (!map->nr_usable && timeout &&
	    time_after_eq(jiffies, map->no_path_since + msecs_to_jiffies(timeout))) {
		map->timed_out = true;
		if (map->queued)
			DMERR("%s: no usable path for %u ms: failing %u held bios",
			      rrpath_map_name(map), timeout, map->queued);
		rrpath_map_kick(map);
	}
	spin_unlock_irq(&map->lock);
}

/* End the waiting of the paths that are due, and come back for the next one. */
static void rrpath_map_failback_work(struct work_struct *work)
{
	struct rrpath_map *map = container_of(to_delayed_work(work), struct rrpath_map,
					      failback_work);
	unsigned long now = jiffies, next = MAX_JIFFY_OFFSET;
	unsigned int i;
	u32 failback;

	spin_lock_irq(&map->lock);
	failback = map->config->options.failback;
	for (i = 0; i < map->nr_paths && failback != RRPATH_FAILBACK_MANUAL; i++) {
		struct rrpath_path *path = &map->path[i];
		unsigned long due = path->usable_since + msecs_to_jiffies(failback);

		if (!path->waiting)
			continue;
		if (time_after(due, now)) {
			next = min(next, due - now);
			continue;
		}
		path->waiting = false;
		map->stale = true;
	}
	if (next != MAX_JIFFY_OFFSET)
		rrpath_map_arm(map, &map->failback_work, next);
	spin_unlock_irq(&map->lock);

	/* Here, not by the worker: that may be waiting for room on a path that hangs. */
	rrpath_map_refresh(map);
}

/**
 * rrpath_map_outranked_by() - would bios move to a path that became usable?
 * @map: the map
 * @path: one of its paths, not counted as usable yet
 *
 * Context: any, under map->lock.
 * Return: true if @path has a higher priority than what is in use, or stands
 *	before it where the policy goes by the order of the table.
 */
bool rrpath_map_outranked_by(struct rrpath_map *map, const struct rrpath_path *path)
{
	const struct rrpath_path *used;
	int top;

	lockdep_assert_held(&map->lock);
	top = rrpath_map_top_priority(map);
	if (top < 0)
		return false;
	if ((int)path->config->priority != top || !map->config->policy->ordered)
		return (int)path->config->priority > top;
	for (used = map->path; used < path; used++)
		if (rrpath_path_eligible(used) && (int)used->config->priority == top)
			return false;
	return true;
}

/* After a change of order: who waits for failback with nothing better in use? */
static void rrpath_map_review_waiting(struct rrpath_map *map)
{
	unsigned int i;

	lockdep_assert_held(&map->lock);
	for (i = 0; i < map->nr_paths; i++) {
		struct rrpath_path *path = &map->path[i];

		if (path->waiting && !rrpath_map_outranked_by(map, path))
			path->waiting = false;
	}
}

/**
 * rrpath_map_usable_changed() - a path has become usable, or has ceased to be
 * @map: the map; the state of the path has been set
 * @more: it has become usable
 *
 * Context: any, under map->lock.
 */
void rrpath_map_usable_changed(struct rrpath_map *map, bool more)
{
	u32 failback = map->config->options.failback;

	lockdep_assert_held(&map->lock);
	if (more) {
		map->nr_usable++;
	} else if (!--map->nr_usable) {
		map->no_path_since = jiffies;
		map->timed_out = false;
	}
	map->stale = true;
	rrpath_map_set_no_path_clock(map);
	if (more && failback != RRPATH_FAILBACK_IMMEDIATE && failback != RRPATH_FAILBACK_MANUAL)
		rrpath_map_arm(map, &map->failback_work, 0);
	rrpath_map_kick(map);
}

/**
 * rrpath_set_policy() - change the policy
 * @map: a map, in use or not
 * @policy: the new one
 *
 * Bios in flight stay where they are, the next ones are chosen for by @policy.
 *
 * Context: may sleep; takes map->mutex.
 */
void rrpath_set_policy(struct rrpath_map *map, const struct rrpath_policy *policy)
{
	mutex_lock(&map->mutex);
	if (map->config->policy != policy) {
		spin_lock_irq(&map->lock);
		map->config->policy = policy;
		rrpath_map_review_waiting(map);
		spin_unlock_irq(&map->lock);
		rrpath_map_publish(map);
	}
	mutex_unlock(&map->mutex);
}

/**
 * rrpath_set_priority() - change the priority of a path
 * @path: the path
 * @priority: 0..RRPATH_MAX_PRIORITY
 *
 * Decides the active group anew, also for paths that waited for failback.
 *
 * Context: may sleep; takes map->mutex.
 */
void rrpath_set_priority(struct rrpath_path *path, u32 priority)
{
	struct rrpath_map *map = path->map;

	mutex_lock(&map->mutex);
	if (path->config->priority != priority) {
		spin_lock_irq(&map->lock);
		path->config->priority = priority;
		rrpath_map_end_waiting(map);
		spin_unlock_irq(&map->lock);
		rrpath_map_publish(map);
	}
	mutex_unlock(&map->mutex);
}

/**
 * rrpath_set_weight() - change the weight of a path
 * @path: the path
 * @weight: 1..RRPATH_MAX_WEIGHT
 *
 * Context: may sleep; takes map->mutex.
 */
void rrpath_set_weight(struct rrpath_path *path, u32 weight)
{
	struct rrpath_map *map = path->map;

	mutex_lock(&map->mutex);
	spin_lock_irq(&map->lock);
	path->config->weight = weight;
	spin_unlock_irq(&map->lock);
	rrpath_map_publish(map);
	mutex_unlock(&map->mutex);
}

/* Without probes nothing would find out that a stalled path answers again. */
static void rrpath_map_end_stalls(struct rrpath_map *map)
{
	lockdep_assert_held(&map->lock);
	if (!map->config->options.probe_interval_ms)
		rrpath_path_take_back(map, true);
}

/**
 * rrpath_set_option() - change an option
 * @map: the map
 * @option: which
 * @value: as rrpath_option_parse() yields it
 *
 * Whatever the option drives is told, whichever it is: clocks are set again from
 * when they began, failed paths are probed at the new pace, the stall watch goes at
 * its own, held bios that are not to be held any more are failed.
 *
 * Context: may sleep; takes map->mutex.
 */
void rrpath_set_option(struct rrpath_map *map, const struct rrpath_option *option, u32 value)
{
	struct rrpath_options *options = &map->config->options;
	unsigned int i;

	mutex_lock(&map->mutex);
	spin_lock_irq(&map->lock);
	WRITE_ONCE(*rrpath_option_value(options, option), value);
	if (options->failback == RRPATH_FAILBACK_IMMEDIATE)
		rrpath_map_end_waiting(map);
	rrpath_map_set_no_path_clock(map);
	if (option->offset == offsetof(struct rrpath_options, probe_interval_ms))
		for (i = 0; i < map->nr_paths; i++) {
			map->path[i].probe_delay_ms = options->probe_interval_ms;
			rrpath_path_schedule_probe(&map->path[i],
						   options->probe_interval_ms);
		}
	if (options->failback != RRPATH_FAILBACK_MANUAL)
		rrpath_map_arm(map, &map->failback_work, 0);
	rrpath_map_end_stalls(map);
	rrpath_watch_restart(map);
	spin_unlock_irq(&map->lock);

	rrpath_map_publish(map);

	spin_lock_irq(&map->lock);
	rrpath_map_kick(map);
	spin_unlock_irq(&map->lock);
	mutex_unlock(&map->mutex);
}

/**
 * rrpath_reset_stats() - zero the counters of all paths
 * @map: the map
 *
 * Context: any.
 */
void rrpath_reset_stats(struct rrpath_map *map)
{
	unsigned int i;

	for (i = 0; i < map->nr_paths; i++)
		rrpath_path_reset_stats(&map->path[i]);
}

/**
 * rrpath_map_suspend() - stop holding bios
 * @map: the map
 *
 * The core waits for every bio. Those that no usable path is there for go back to
 * it in a noflush suspend, and fail in a flushing one: as dm-multipath has it.
 *
 * Context: may sleep.
 */
void rrpath_map_suspend(struct rrpath_map *map)
{
	spin_lock_irq(&map->lock);
	map->suspending = true;
	map->noflush = dm_noflush_suspending(map->ti);
	rrpath_map_kick(map);
	spin_unlock_irq(&map->lock);
}

/**
 * rrpath_map_unsuspend() - hold bios again, as the options say
 * @map: the map, whose suspend was undone
 *
 * Context: may sleep.
 */
void rrpath_map_unsuspend(struct rrpath_map *map)
{
	spin_lock_irq(&map->lock);
	map->suspending = false;
	spin_unlock_irq(&map->lock);
}

/**
 * rrpath_map_pause() - send no more probes, raise no more events
 * @map: the map, suspended: no bio is in flight
 *
 * Does not wait for a probe in flight, which may take as long as the transport
 * likes: a read of the path that touches nothing of ours but the probe page. Waits
 * for events that were raised, while there is still somebody to take them.
 *
 * Context: may sleep.
 */
void rrpath_map_pause(struct rrpath_map *map)
{
	spin_lock_irq(&map->lock);
	map->running = false;
	spin_unlock_irq(&map->lock);
	flush_work(&map->event_work);
}

/**
 * rrpath_map_resume() - begin or go on
 * @map: the map, just before the core lets bios in
 *
 * Context: may sleep.
 */
void rrpath_map_resume(struct rrpath_map *map)
{
	unsigned int i;

	rrpath_map_refresh(map);

	spin_lock_irq(&map->lock);
	map->suspending = false;
	map->running = true;
	rrpath_map_set_no_path_clock(map);
	rrpath_map_arm(map, &map->failback_work, 0);
	rrpath_map_end_stalls(map);
	for (i = 0; i < map->nr_paths; i++) {
		rrpath_path_tell(&map->path[i]);
		rrpath_path_schedule_probe(&map->path[i], map->path[i].probe_delay_ms);
	}
	rrpath_watch_restart(map);
	spin_unlock_irq(&map->lock);
}

static struct rrpath_path *rrpath_find_old_path(struct rrpath_map *old, unsigned int hint,
						dev_t dev)
{
	/* Most reloads keep the order. */
	if (hint < old->nr_paths && old->path[hint].member.bdev->bd_dev == dev)
		return &old->path[hint];
	return rrpath_find_path(old, dev);
}

/**
 * rrpath_map_inherit() - go on where the table before this one left off
 * @map: a map that has not been resumed yet
 * @old: the map of the same device, suspended, not destroyed yet
 *
 * The paths that are in both keep their state, fail count and counters: a reload
 * neither turns a disabled path on nor forgets that one has failed.
 *
 * Context: may sleep.
 */
void rrpath_map_inherit(struct rrpath_map *map, struct rrpath_map *old)
{
	struct rrpath_path *from;
	unsigned int i;

	for (i = 0; i < map->nr_paths; i++) {
		from = rrpath_find_old_path(old, i, map->path[i].member.bdev->bd_dev);
		if (from)
			rrpath_path_inherit(&map->path[i], from);
	}

	spin_lock_irq(&map->lock);
	rrpath_map_review_waiting(map);
	if (!map->nr_usable)
		rrpath_path_take_back(map, true);
	if (!map->nr_usable) {
		/* The usable ones may have been left out of the new table just now. */
		bool had_path = READ_ONCE(old->nr_usable);

		map->no_path_since = had_path ? jiffies : READ_ONCE(old->no_path_since);
		map->timed_out = !had_path && READ_ONCE(old->timed_out);
	}
	spin_unlock_irq(&map->lock);
}

/* In whole cache lines: what stands beside it may be written to at any time. */
static struct rrpath_choice *rrpath_choice_alloc(unsigned int nr)
{
	struct rrpath_choice *choice;

	return kvzalloc(ALIGN(struct_size(choice, entry, nr), SMP_CACHE_BYTES), GFP_KERNEL);
}

/**
 * rrpath_map_alloc() - make a map without devices
 * @ti: its target
 * @config: belongs to the map from now on, also when this fails
 *
 * Context: may sleep.
 * Return: the map, or NULL for want of memory.
 */
struct rrpath_map *rrpath_map_alloc(struct dm_target *ti, struct rrpath_config *config)
{
	unsigned int i, cpu, nr = config->nr_paths;
	struct rrpath_map *map;

	map = kvzalloc(struct_size(map, path, nr), GFP_KERNEL);
	if (!map) {
		rrpath_config_free(config);
		return NULL;
	}
	map->ti = ti;
	map->config = config;
	mutex_init(&map->mutex);
	spin_lock_init(&map->lock);
	bio_list_init(&map->held);
	INIT_WORK(&map->work, rrpath_map_work);
	INIT_WORK(&map->event_work, rrpath_map_event_work);
	INIT_DELAYED_WORK(&map->no_path_work, rrpath_map_no_path_work);
	INIT_DELAYED_WORK(&map->failback_work, rrpath_map_failback_work);
	rrpath_watch_init(map);
	init_waitqueue_head(&map->probe_wait);
	map->grace = get_completed_synchronize_rcu();
	map->stale = true;
	map->nr_paths = nr;
	for (i = 0; i < nr; i++) {
		map->path[i].config = &config->path[i];
		rrpath_path_init(&map->path[i], map);
	}

	map->cursor = alloc_percpu(struct rrpath_cursor);
	map->spare = rrpath_choice_alloc(nr);
	RCU_INIT_POINTER(map->choice, rrpath_choice_alloc(nr));
	map->probe_bios = kvcalloc(nr, sizeof(*map->probe_bios), GFP_KERNEL);
	if (rrpath_stats_alloc(map) || !map->cursor || !map->spare ||
	    !rcu_access_pointer(map->choice) || !map->probe_bios)
		goto no_memory;
	for_each_possible_cpu(cpu)
		rrpath_cursor_start(per_cpu_ptr(map->cursor, cpu), nr, cpu, nr_cpu_ids);
	return map;

no_memory:
	rrpath_map_free(map);
	return NULL;
}

/**
 * rrpath_map_stop() - end all activity that does not come from bios
 * @map: the map; no bio of it is left, or there never was one
 *
 * Waits for probes in flight, as long as their transports take.
 *
 * Context: may sleep.
 */
void rrpath_map_stop(struct rrpath_map *map)
{
	unsigned int i;

	flush_work(&map->work);

	spin_lock_irq(&map->lock);
	map->stopped = true;
	map->running = false;
	spin_unlock_irq(&map->lock);

	for (i = 0; i < map->nr_paths; i++)
		rrpath_path_stop(&map->path[i]);
	cancel_delayed_work_sync(&map->no_path_work);
	cancel_delayed_work_sync(&map->failback_work);
	cancel_delayed_work_sync(&map->watch_work);
	cancel_work_sync(&map->work);
	flush_work(&map->event_work);
	WARN_ON_ONCE(!bio_list_empty(&map->held));
}

/**
 * rrpath_map_free() - free a map, however much of it there is
 * @map: stopped, or never started; its devices are put by the caller
 *
 * Context: may sleep.
 */
void rrpath_map_free(struct rrpath_map *map)
{
	if (map->probe_page)
		__free_pages(map->probe_page, map->probe_order);
	rrpath_stats_free(map);
	free_percpu(map->cursor);
	kvfree(map->probe_bios);
	kvfree(map->spare);
	kvfree(rcu_access_pointer(map->choice));
	rrpath_config_free(map->config);
	mutex_destroy(&map->mutex);
	kvfree(map);
}
