/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RRPATH_H
#define RRPATH_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/device-mapper.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "policy.h"
#include "stats.h"
#include "table.h"

#define DM_MSG_PREFIX "rrpath"

/*
 * State, ownership and locking
 * ============================
 *
 * A map is one table of one mapped device. It is made by the constructor and
 * freed by the destructor, which the device-mapper core runs when no bio of the
 * map is left and no message or status call is inside it.
 *
 * Locks, outermost first:
 *
 *   rrpath_files_lock	mutex, one for the module: a sysfs directory is made by the first
 *			resume, or removed (sysfs.c). Held while readers and writers of
 *			files are waited for, who never take it.
 *   rrpath_dirs_lock	mutex, one for the module: the list of sysfs directories
 *			(sysfs.c). Files are made and removed without it.
 *   rrpath_dir.lock	mutex: which map a sysfs directory shows.
 *   rrpath_map.mutex	mutex: changes of the configuration, and publishing a
 *			new choice. Held across an RCU grace period, never across
 *			an allocation or I/O, so nothing that has it waits for the
 *			device it configures.
 *   rrpath_map.lock	spinlock, taken with interrupts off, also by the end of a
 *			bio that failed: the state of the paths and the list of
 *			held bios.
 *
 * What a bio that succeeds touches takes none of them: it reads the choice under
 * RCU, the member it was given, and counters of its own CPU.
 *
 * The choice: map->choice is what bios choose from, map->spare the room for the
 * next one. Who changes what a choice is made of (state, priority, weight,
 * policy, ...) sets map->stale; rrpath_map_refresh() builds the spare under both
 * locks and swaps the two, after a grace period since the last swap. No memory
 * is allocated, so paths can fail over while memory is being reclaimed to the
 * very map. Until a fresh choice is out, policies skip members that are no longer
 * usable; a bio that finds none left is held until it is out.
 *
 * A bio belongs to exactly one of: the device of the path in its bi_private (in flight),
 * the list map->held (where that is NULL), the worker that just took it from that list,
 * or the core again, once end_io returned DM_ENDIO_DONE or DM_ENDIO_REQUEUE. It is sent
 * to a path by whoever owns it, and only the end of that submission makes it ours again:
 * so it is never in flight twice, whatever happens to the path meanwhile.
 *
 * The stall watch (watch.c) runs while bios do, and never between postsuspend and
 * resume. A bio starts it by what it finds in map->watching (or in map->pool, which
 * mirrors it), without a barrier: the watch ends only when it has seen nothing in flight
 * after a grace period in which every bio found that it was over. What the watch
 * remembers of a path is its work's alone.
 *
 * Teardown (rrpath_map_stop(), in the destructor) waits for the work that ends what
 * was held, forbids new work, then waits for, in this order: probe work and reads in
 * flight, timers, the watch, the work that sends held bios (there are none by then),
 * the work that raises events.
 */

/* Owned by rrpath_map.lock. Active and standby are no states: the choice says. */
enum rrpath_state {
	RRPATH_USABLE,
	RRPATH_STALLED,		/* completed nothing; probed, taken back when no other is left */
	RRPATH_FAILED,		/* by an I/O error; probed */
	RRPATH_DISABLED,	/* by the administrator; left alone */
};

struct rrpath_map;

/**
 * struct rrpath_path - one path of a map
 * @member: what the hot path reads; @member.usable mirrors @state
 * @map: whose path it is
 * @dev: the open device
 * @config: its priority and weight; read under map->lock, or under map->mutex,
 *	changed under both
 * @state: under map->lock, like the members down to @base
 * @active: part of the choice built last
 * @waiting: usable and better than what is in use, but failback says not yet
 * @answers: stalled or failed, but its last probe succeeded: in hold-down
 * @revived: a probe was what made it usable the last time
 * @told_usable: whether it was usable, in the last event
 * @fail_count: how often it was taken out of use
 * @stalls: how often it was found stalled
 * @flaps: how often it was taken out soon after it had been revived
 * @usable_since: jiffies, of the last time that it became usable
 * @answers_since: jiffies, when @answers became true
 * @probe_delay_ms: until the next probe, doubles while probes go on to fail
 * @probes_failed: in a row, since it was taken out
 * @id: what the LUN calls itself, as it was when the device was opened
 * @id_len: of @id; 0 if the driver does not tell
 * @probing: a probe's bio is in flight, or its work_struct about to look at it
 * @base: counters at the last reset, subtracted from what is shown
 * @errors: bios that came back with a path error
 * @retries: those of them that were sent again
 * @bounced: bios that came back without having got anywhere, for want of room
 * @completed: others, when the watch last looked; only it reads and writes these
 * @dispatched: bios, then
 * @stalled_at: @dispatched when it last found the path stalled
 * @idle: it saw none in flight
 * @stuck_rounds: how often in a row it saw bios in flight and no other completed
 * @load: what queue-length makes of @member.load
 * @probe_work: sends the probe's bio
 * @probe_done_work: judges it
 * @probe_vec: its one segment, map->probe_page
 */
struct rrpath_path {
	struct rrpath_member member;
	struct rrpath_map *map;
	struct dm_dev *dev;
	struct rrpath_path_config *config;

	enum rrpath_state state;
	bool active;
	bool waiting;
	bool probing;
	bool answers;
	bool revived;
	bool told_usable;
	u8 id_len;
	u32 fail_count;
	u32 stalls;
	u32 flaps;
	u32 probe_delay_ms;
	u32 probes_failed;
	u8 id[16];
	unsigned long usable_since;
	unsigned long answers_since;
	struct rrpath_stats base;

	/* the watch's own */
	u64 completed;
	u64 dispatched;
	u64 stalled_at;
	bool idle;
	u8 stuck_rounds;

	/* written by whoever sends a bio, or has one come back with an error */
	s32 load;
	atomic64_t errors;
	atomic64_t retries;
	atomic64_t bounced;

	struct delayed_work probe_work;
	struct work_struct probe_done_work;
	struct bio_vec probe_vec;
} ____cacheline_aligned_in_smp;

/**
 * struct rrpath_map - a table
 * @choice: what bios choose from; RCU, swapped under @mutex and @lock
 * @cursor: where the policy stands
 * @ti: the target that the core knows
 * @pool: bios of this one take the short way: @known_pool while @watching, else NULL
 * @pool_offset: of the struct rrpath_bio of a bio of @known_pool, from the bio
 * @known_pool: of the first bio; set once, with @lock held, like @pool_offset
 * @watching: the stall watch runs, or there is nothing to watch; written under @lock
 * @mutex: see above
 * @spare: room for the next choice; @mutex
 * @grace: when @spare may be written to; @mutex
 * @config: as the constructor read it and as it was changed since; changed under
 *	@mutex and @lock
 * @lock: see above
 * @held: bios without a path; @lock, like all down to @no_path_since
 * @queued: length of @held
 * @nr_usable: paths in RRPATH_USABLE
 * @stale: @choice is not made of what is the case any more
 * @timed_out: there was no usable path for no_path_timeout_ms
 * @suspending: between presuspend and resume
 * @noflush: the suspend is, or was, one that takes bios back
 * @running: between resume and postsuspend: probes may be sent, events be raised
 * @stopped: in the destructor: no work may be queued any more
 * @no_path_since: jiffies, when @nr_usable became 0
 * @work: refreshes the choice, then sends or ends what is held
 * @event_work: tells user space that something changed
 * @no_path_work: no_path_timeout_ms has passed
 * @failback_work: a path in @waiting may be due
 * @watch_work: looks for paths that complete nothing
 * @watch_rounds: how often it has found no bio at all; its own, like @watch_grace
 * @watch_grace: when every bio knows that @watching is over
 * @probe_wait: woken when a path stops probing
 * @probe_page: where probes read to, all of them at once: nobody looks at it
 * @probe_order: of @probe_page
 * @probe_bios: of each path in turn; the block layer's while the path is @probing
 * @nr_paths: the length of @path
 * @path: in table order
 */
struct rrpath_map {
	struct rrpath_choice __rcu *choice;
	struct rrpath_cursor __percpu *cursor;
	struct dm_target *ti;
	struct bio_set *pool;
	ptrdiff_t pool_offset;
	struct bio_set *known_pool;
	bool watching;

	/* configuration, publishing a choice */
	struct mutex mutex ____cacheline_aligned_in_smp;
	struct rrpath_choice *spare;
	unsigned long grace;
	struct rrpath_config *config;

	/* states and held bios */
	spinlock_t lock ____cacheline_aligned_in_smp;
	struct bio_list held;
	unsigned int queued;
	unsigned int nr_usable;
	bool stale;
	bool timed_out;
	bool suspending;
	bool noflush;
	bool running;
	bool stopped;
	unsigned long no_path_since;

	struct work_struct work;
	struct work_struct event_work;
	struct delayed_work no_path_work;
	struct delayed_work failback_work;
	struct delayed_work watch_work;
	unsigned int watch_rounds;
	unsigned long watch_grace;
	wait_queue_head_t probe_wait;
	struct page *probe_page;
	struct bio *probe_bios;
	unsigned int probe_order;
	unsigned int nr_paths;
	struct rrpath_path path[];
};

/**
 * struct rrpath_bio - what is kept with each bio, to send it more than once
 *
 * The path that it is in flight on is not here but in bi_private, which belongs to who
 * submits a bio: so the end of one that succeeded need not look for this, and relies on
 * the layers below to have left it, or put it back, as all of them must. It is NULL while
 * the bio is ours.
 *
 * @failed: the path that it last came back from with a path error, or NULL
 * @word: operation, flags and priority, as they were before the first submission
 * @iter: what it is about, as it was then
 */
struct rrpath_bio {
	struct rrpath_path *failed;
	u64 word;
	struct bvec_iter iter;
};

/* target.c */
extern struct workqueue_struct *rrpath_io_wq;
extern struct workqueue_struct *rrpath_wq;
extern struct workqueue_struct *rrpath_event_wq;
extern struct bio_set rrpath_bios;
void rrpath_default_options(struct rrpath_options *options);
struct rrpath_path *rrpath_find_path(struct rrpath_map *map, dev_t dev);

static inline const char *rrpath_map_name(const struct rrpath_map *map)
{
	return dm_table_device_name(map->ti->table);
}

/* io.c */
int rrpath_map_bio(struct dm_target *ti, struct bio *bio);
int rrpath_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *error);
int rrpath_prepare_ioctl(struct dm_target *ti, struct block_device **bdev);
void rrpath_send_held(struct rrpath_map *map);
bool rrpath_path_error(blk_status_t status);

/* merge.c */
struct rrpath_member *rrpath_merge_select(const struct rrpath_choice *choice,
					  const struct rrpath_cursor *cursor,
					  const struct request *rq, struct bio *bio);

/* map.c */
struct rrpath_map *rrpath_map_alloc(struct dm_target *ti, struct rrpath_config *config);
void rrpath_map_stop(struct rrpath_map *map);
void rrpath_map_free(struct rrpath_map *map);
void rrpath_map_suspend(struct rrpath_map *map);
void rrpath_map_unsuspend(struct rrpath_map *map);
void rrpath_map_resume(struct rrpath_map *map);
void rrpath_map_pause(struct rrpath_map *map);
void rrpath_map_refresh(struct rrpath_map *map);
void rrpath_map_kick(struct rrpath_map *map);
void rrpath_map_arm(struct rrpath_map *map, struct delayed_work *work, unsigned long delay);
void rrpath_map_inherit(struct rrpath_map *map, struct rrpath_map *old);
void rrpath_map_usable_changed(struct rrpath_map *map, bool more);
bool rrpath_map_outranked_by(struct rrpath_map *map, const struct rrpath_path *path);
void rrpath_set_policy(struct rrpath_map *map, const struct rrpath_policy *policy);
void rrpath_set_priority(struct rrpath_path *path, u32 priority);
void rrpath_set_weight(struct rrpath_path *path, u32 weight);
void rrpath_set_option(struct rrpath_map *map, const struct rrpath_option *option, u32 value);
void rrpath_reset_stats(struct rrpath_map *map);

/*
 * Are bios held while no path is usable? Not in a suspend, which waits for them. But
 * when a noflush suspend is interrupted, the core sends what it took back before it
 * tells us, and that is to be held again.
 */
static inline bool rrpath_map_queues(const struct rrpath_map *map)
{
	lockdep_assert_held(&map->lock);
	if (map->suspending && !(map->noflush && !dm_noflush_suspending(map->ti)))
		return false;
	return map->config->options.queue_if_no_path && !map->timed_out;
}

/* path.c */
void rrpath_path_identify(struct rrpath_path *path);
void rrpath_path_init(struct rrpath_path *path, struct rrpath_map *map);
void rrpath_path_stop(struct rrpath_path *path);
void rrpath_path_fail(struct rrpath_path *path, blk_status_t status);
bool rrpath_path_stall(struct rrpath_path *path);
void rrpath_path_disable(struct rrpath_path *path);
int rrpath_path_reinstate(struct rrpath_path *path);
void rrpath_path_tell(struct rrpath_path *path);
void rrpath_path_schedule_probe(struct rrpath_path *path, u32 delay_ms);
void rrpath_path_inherit(struct rrpath_path *path, struct rrpath_path *old);
void rrpath_path_take_back(struct rrpath_map *map, bool stalled);
char rrpath_path_letter(const struct rrpath_path *path);
u32 rrpath_path_hold_left_ms(const struct rrpath_path *path);
const char *rrpath_path_reason(struct rrpath_path *path);

/* watch.c */
void rrpath_watch_init(struct rrpath_map *map);
bool rrpath_watch_wanted(struct rrpath_map *map);
void rrpath_watch_set(struct rrpath_map *map, bool watching);
void rrpath_watch_begin(struct rrpath_map *map);
void rrpath_watch_restart(struct rrpath_map *map);

/* message.c */
int rrpath_message(struct dm_target *ti, unsigned int argc, char **argv,
		   char *result, unsigned int maxlen);

/* sysfs.c */
void rrpath_sysfs_attach(struct rrpath_map *map);
void rrpath_sysfs_detach(struct rrpath_map *map);

#endif /* RRPATH_H */
