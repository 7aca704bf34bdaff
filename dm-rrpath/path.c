// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a path: usable, stalled, failed, disabled; probes, hold-down, events.
 */
#include <linux/jiffies.h>

#include "compat.h"
#include "rrpath.h"

/*
 * A path that does not answer is read from at every interval at first, so that it is
 * back soon after an outage of the usual kind, then ever more seldom.
 */
#define RRPATH_PROBES_STEADY	60
#define RRPATH_PROBE_BACKOFF	4

/*
 * The hold-down doubles with each time that a path lets us down less than a minute
 * after a probe had brought it back; each minute of good service takes one off.
 */
#define RRPATH_FLAP_WINDOW	(60 * HZ)
#define RRPATH_MAX_FLAPS	16
#define RRPATH_HOLD_DOWN_MS	1000

/*
 * Between postsuspend and resume nothing is said: whoever takes events may be gone before
 * they are sent off, and the core would keep them for ever. See rrpath_path_tell().
 */
static void rrpath_path_event(struct rrpath_path *path, enum dm_uevent_type type)
{
	struct rrpath_map *map = path->map;

	lockdep_assert_held(&map->lock);
	if (!map->running)
		return;
	path->told_usable = type == DM_UEVENT_PATH_REINSTATED;
	dm_path_uevent(type, map->ti, path->dev->name, map->nr_usable);
	queue_work(rrpath_event_wq, &map->event_work);
}

/**
 * rrpath_path_tell() - raise the event of what changed before the resume
 * @path: a path of a map that is running again
 *
 * Context: any, under map->lock.
 */
void rrpath_path_tell(struct rrpath_path *path)
{
	bool usable = path->state == RRPATH_USABLE;

	lockdep_assert_held(&path->map->lock);
	if (usable != path->told_usable)
		rrpath_path_event(path, usable ? DM_UEVENT_PATH_REINSTATED :
						 DM_UEVENT_PATH_FAILED);
}

/* The identifier that the driver has of a device: its length, or 0 if there is none. */
static int rrpath_device_id(struct block_device *bdev, u8 id[16])
{
	static const enum blk_unique_id types[] = { BLK_UID_NAA, BLK_UID_EUI64, BLK_UID_T10 };
	struct gendisk *disk = bdev->bd_disk;
	unsigned int i;
	int len;

	for (i = 0; disk->fops->get_unique_id && i < ARRAY_SIZE(types); i++) {
		len = disk->fops->get_unique_id(disk, id, types[i]);
		if (len > 0)
			return len;
	}
	return 0;
}

/**
 * rrpath_path_identify() - remember which LUN the device of a path is
 * @path: a path whose device has just been opened
 *
 * Context: may sleep.
 */
void rrpath_path_identify(struct rrpath_path *path)
{
	path->id_len = rrpath_device_id(path->member.bdev, path->id);
}

/* What a device is, compared with what it was, as far as its driver knows. */
enum rrpath_lun {
	RRPATH_LUN_SAME,
	RRPATH_LUN_OTHER,	/* another identifier */
	RRPATH_LUN_SMALLER,	/* ends before the map does */
};

static enum rrpath_lun rrpath_path_lun(struct rrpath_path *path)
{
	u8 id[16];

	if (path->id_len && (rrpath_device_id(path->member.bdev, id) != path->id_len ||
			     memcmp(id, path->id, path->id_len)))
		return RRPATH_LUN_OTHER;
	if (bdev_nr_sectors(path->member.bdev) < path->map->ti->len)
		return RRPATH_LUN_SMALLER;
	return RRPATH_LUN_SAME;
}

/* Before a path is trusted again. */
static bool rrpath_path_same_lun(struct rrpath_path *path)
{
	return rrpath_path_lun(path) == RRPATH_LUN_SAME;
}

/* How long the path must answer its probes before it is used again. */
static u32 rrpath_path_hold_ms(const struct rrpath_path *path)
{
	u32 max = READ_ONCE(path->map->config->options.hold_down_max_ms);
	u32 flaps = READ_ONCE(path->flaps);

	return flaps ? min_t(u32, max, RRPATH_HOLD_DOWN_MS << flaps) : 0;
}

/* The path is taken out of use: was that to be expected, so soon after it came back? */
static void rrpath_path_count_flap(struct rrpath_path *path)
{
	unsigned long good = (jiffies - path->usable_since) / RRPATH_FLAP_WINDOW;

	if (good || !path->revived)
		path->flaps -= min_t(unsigned long, good, path->flaps);
	else if (path->flaps < RRPATH_MAX_FLAPS)
		path->flaps++;
}

/* Policies see it at once, before the choice is made anew. */
static void rrpath_path_set_usable(struct rrpath_path *path, bool usable)
{
	struct rrpath_map *map = path->map;
	struct rrpath_choice *choice;

	WRITE_ONCE(path->member.usable, usable);
	choice = rcu_dereference_protected(map->choice, lockdep_is_held(&map->lock));
	if (!usable)
		rrpath_choice_forget(choice, &path->member);
}

static void rrpath_path_down(struct rrpath_path *path, enum rrpath_state state)
{
	enum rrpath_state was = path->state;
	struct rrpath_map *map = path->map;

	lockdep_assert_held(&map->lock);
	path->state = state;
	path->answers = false;
	if (was == RRPATH_USABLE) {
		rrpath_path_set_usable(path, false);
		path->waiting = false;
		path->fail_count++;
		rrpath_path_count_flap(path);
		rrpath_map_usable_changed(map, false);
	} else if (was != RRPATH_STALLED || state != RRPATH_FAILED) {
		return;
	}
	path->probe_delay_ms = map->config->options.probe_interval_ms;
	path->probes_failed = 0;
	rrpath_path_event(path, DM_UEVENT_PATH_FAILED);
	if (!map->nr_usable)
		rrpath_path_take_back(map, true);
}

static void rrpath_path_up(struct rrpath_path *path)
{
	struct rrpath_map *map = path->map;

	lockdep_assert_held(&map->lock);
	path->waiting = map->config->options.failback != RRPATH_FAILBACK_IMMEDIATE &&
			rrpath_map_outranked_by(map, path);
	path->usable_since = jiffies;
	path->answers = false;
	path->state = RRPATH_USABLE;
	rrpath_path_set_usable(path, true);
	rrpath_map_usable_changed(map, true);
	rrpath_path_event(path, DM_UEVENT_PATH_REINSTATED);
}

/**
 * rrpath_path_take_back() - use paths that were left out, for want of better ones
 * @map: the map
 * @stalled: not only those that answer and are held down, but stalled ones as well:
 *	they are slow, or so it may be
 *
 * Not a path that is known to be another LUN by now.
 *
 * Context: any, under map->lock.
 */
void rrpath_path_take_back(struct rrpath_map *map, bool stalled)
{
	bool none = !map->nr_usable;
	unsigned int i;

	lockdep_assert_held(&map->lock);
	for (i = 0; i < map->nr_paths; i++) {
		struct rrpath_path *path = &map->path[i];
		bool answers = path->answers;

		if (!answers && !(stalled && path->state == RRPATH_STALLED))
			continue;
		if (!rrpath_path_same_lun(path))
			continue;
		path->revived = false;
		rrpath_path_up(path);
		/* Nothing was in use, so there is nothing to fail back from. */
		if (none)
			path->waiting = false;
		DMWARN_LIMIT("%s: path %s is used although it is %s", rrpath_map_name(map),
			     path->dev->name, answers ? "held down" : "stalled");
	}
}

/**
 * rrpath_path_fail() - a bio came back from a path with a path error
 * @path: the path
 * @status: of the bio, for the log
 *
 * Context: any, interrupts included; takes map->lock.
 */
void rrpath_path_fail(struct rrpath_path *path, blk_status_t status)
{
	struct rrpath_map *map = path->map;
	unsigned long flags;

	spin_lock_irqsave(&map->lock, flags);
	if (path->state == RRPATH_USABLE || path->state == RRPATH_STALLED) {
		rrpath_path_down(path, RRPATH_FAILED);
		rrpath_path_schedule_probe(path, path->probe_delay_ms);
		DMWARN_LIMIT("%s: path %s failed (error %d), %u usable", rrpath_map_name(map),
			     path->dev->name, blk_status_to_errno(status), map->nr_usable);
	}
	spin_unlock_irqrestore(&map->lock, flags);
}

/**
 * rrpath_path_stall() - a path has completed nothing for stall_timeout_ms
 * @path: the path
 *
 * Leaves it out for new bios, unless it is the last one that is usable; but a path that
 * answers is better than one that does not, held down or not. The bios in flight on it
 * are its own: no other path may have them before it gives them back.
 *
 * Context: process; takes map->lock.
 * Return: true if it was taken out of use.
 */
bool rrpath_path_stall(struct rrpath_path *path)
{
	struct rrpath_map *map = path->map;
	bool stall;

	spin_lock_irq(&map->lock);
	stall = rrpath_watch_wanted(map) && path->state == RRPATH_USABLE;
	if (stall && map->nr_usable == 1)
		rrpath_path_take_back(map, false);
	stall = stall && map->nr_usable > 1;
	if (stall) {
		rrpath_path_down(path, RRPATH_STALLED);
		path->stalls++;
		rrpath_path_schedule_probe(path, 0);
		DMWARN_LIMIT("%s: path %s stalled, nothing came back for %u ms, %u usable",
			     rrpath_map_name(map), path->dev->name,
			     map->config->options.stall_timeout_ms, map->nr_usable);
	}
	spin_unlock_irq(&map->lock);
	return stall;
}

/**
 * rrpath_path_disable() - take a path out of use until rrpath_path_reinstate()
 * @path: the path, in any state
 *
 * Bios in flight on it go on, as does one that is choosing it right now.
 *
 * Context: may sleep; takes map->mutex and map->lock.
 */
void rrpath_path_disable(struct rrpath_path *path)
{
	struct rrpath_map *map = path->map;

	spin_lock_irq(&map->lock);
	rrpath_path_down(path, RRPATH_DISABLED);
	spin_unlock_irq(&map->lock);
	rrpath_map_refresh(map);
}

/**
 * rrpath_path_reinstate() - make a stalled, failed or disabled path usable
 * @path: the path, in any state
 *
 * Failback decides when it is used, if what is in use is not as good. Whoever says so
 * overrides the hold-down, and what led to it is forgotten.
 *
 * Context: may sleep; takes map->mutex and map->lock.
 * Return: 0, or -ENODEV if the device is not the LUN any more that it was.
 */
int rrpath_path_reinstate(struct rrpath_path *path)
{
	struct rrpath_map *map = path->map;

	if (!rrpath_path_same_lun(path)) {
		DMERR("%s: not the LUN that it was, drop and add the path if that is meant: '%s'",
		      rrpath_map_name(map), path->dev->name);
		return -ENODEV;
	}
	spin_lock_irq(&map->lock);
	path->flaps = 0;
	path->revived = false;
	if (path->state != RRPATH_USABLE)
		rrpath_path_up(path);
	spin_unlock_irq(&map->lock);
	rrpath_map_refresh(map);
	return 0;
}

/* Only what may come back by itself is probed. */
static bool rrpath_path_probed(const struct rrpath_path *path)
{
	lockdep_assert_held(&path->map->lock);
	return (path->state == RRPATH_FAILED || path->state == RRPATH_STALLED) &&
	       path->map->running && !path->probing &&
	       path->map->config->options.probe_interval_ms;
}

/**
 * rrpath_path_schedule_probe() - see to it that a stalled or failed path is probed
 * @path: the path, in any state
 * @delay_ms: when
 *
 * Context: any, under map->lock.
 */
void rrpath_path_schedule_probe(struct rrpath_path *path, u32 delay_ms)
{
	lockdep_assert_held(&path->map->lock);
	if (rrpath_path_probed(path))
		mod_delayed_work(rrpath_wq, &path->probe_work, msecs_to_jiffies(delay_ms));
}

static struct bio *rrpath_probe_bio(const struct rrpath_path *path)
{
	return &path->map->probe_bios[path - path->map->path];
}

static void rrpath_probe_end_io(struct bio *bio)
{
	struct rrpath_path *path = bio->bi_private;

	queue_work(rrpath_wq, &path->probe_done_work);
}

/*
 * Read a block. The bio is the path's own and the page the map's, so that a path
 * can come back when there is no memory to be had but through it.
 */
static void rrpath_probe_work(struct work_struct *work)
{
	struct rrpath_path *path = container_of(to_delayed_work(work), struct rrpath_path,
						probe_work);
	struct block_device *bdev = path->member.bdev;
	blk_opf_t opf = REQ_OP_READ | REQ_FAILFAST_TRANSPORT;
	struct rrpath_map *map = path->map;
	struct bio *bio = rrpath_probe_bio(path);
	bool probe;

	spin_lock_irq(&map->lock);
	probe = rrpath_path_probed(path);
	if (probe)
		path->probing = true;
	spin_unlock_irq(&map->lock);
	if (!probe)
		return;

	/* Rather ask again later than wait in line behind bios that are stuck. */
	if (bdev_nowait(bdev))
		opf |= REQ_NOWAIT;
	bio_init(bio, bdev, &path->probe_vec, 1, opf);
	__bio_add_page(bio, map->probe_page, bdev_logical_block_size(bdev), 0);
	bio->bi_private = path;
	bio->bi_end_io = rrpath_probe_end_io;
	submit_bio(bio);
}

/*
 * Did the LUN answer? A medium error does as well as data; an error that the block
 * layer may have made up (not supported, again) does not.
 */
static bool rrpath_probe_answered(blk_status_t status)
{
	switch (status) {
	case BLK_STS_OK:
	case BLK_STS_MEDIUM:
	case BLK_STS_TARGET:
	case BLK_STS_PROTECTION:
		return true;
	}
	return false;
}

/* What is left of the hold-down of a path that has been answering its probes. */
static u32 rrpath_path_hold_rest_ms(const struct rrpath_path *path)
{
	u32 hold = rrpath_path_hold_ms(path);
	unsigned int held;

	if (!READ_ONCE(path->answers))
		return hold;
	held = jiffies_to_msecs(jiffies - READ_ONCE(path->answers_since));
	return hold > held ? hold - held : 0;
}

/* A probe has been answered: use the path, or see how long it goes on to answer. */
static void rrpath_probe_succeeded(struct rrpath_path *path)
{
	struct rrpath_map *map = path->map;
	u32 rest;

	if (!path->answers) {
		path->answers = true;
		path->answers_since = jiffies;
	}
	path->probes_failed = 0;
	path->probe_delay_ms = map->config->options.probe_interval_ms;
	rest = rrpath_path_hold_rest_ms(path);
	if (rest && map->nr_usable) {
		rrpath_path_schedule_probe(path, min(rest, path->probe_delay_ms));
		return;
	}
	path->revived = true;
	rrpath_path_up(path);
	DMWARN_LIMIT("%s: path %s answers again, %u usable", rrpath_map_name(map),
		     path->dev->name, map->nr_usable);
}

static void rrpath_probe_failed(struct rrpath_path *path)
{
	u64 interval = path->map->config->options.probe_interval_ms;

	path->answers = false;
	if (++path->probes_failed > RRPATH_PROBES_STEADY)
		path->probe_delay_ms = min3((u64)path->probe_delay_ms * 2,
					    interval * RRPATH_PROBE_BACKOFF, (u64)RRPATH_MAX_MS);
	rrpath_path_schedule_probe(path, path->probe_delay_ms);
}

static void rrpath_probe_done_work(struct work_struct *work)
{
	struct rrpath_path *path = container_of(work, struct rrpath_path, probe_done_work);
	struct rrpath_map *map = path->map;
	struct bio *bio = rrpath_probe_bio(path);
	blk_status_t status = bio->bi_status;
	bool answered = rrpath_probe_answered(status), same;

	same = rrpath_path_same_lun(path);
	if (answered && !same)
		DMWARN_LIMIT("%s: path %s answers, but is not the LUN that it was",
			     rrpath_map_name(map), path->dev->name);
	bio_uninit(bio);

	spin_lock_irq(&map->lock);
	path->probing = false;
	/* Whoever has brought it back meanwhile did not know what the probe knows. */
	if (answered && !same && path->state != RRPATH_DISABLED)
		rrpath_path_down(path, RRPATH_FAILED);
	else if (path->state == RRPATH_STALLED && status && rrpath_path_error(status))
		rrpath_path_down(path, RRPATH_FAILED);
	/* Else it was reinstated or disabled meanwhile, or the map is suspended. */
	if (rrpath_path_probed(path)) {
		if (answered && same)
			rrpath_probe_succeeded(path);
		else
			rrpath_probe_failed(path);
	}
	wake_up(&map->probe_wait);
	spin_unlock_irq(&map->lock);

	/*
	 * Here, not by the worker: that may be waiting for room on a path that hangs.
	 * The destructor waits for this work, too.
	 */
	rrpath_map_refresh(map);
}

/**
 * rrpath_path_init() - prepare a path of a new map
 * @path: zeroed, but for its config
 * @map: the map it is part of
 *
 * Context: any.
 */
void rrpath_path_init(struct rrpath_path *path, struct rrpath_map *map)
{
	path->map = map;
	path->state = RRPATH_USABLE;
	path->member.usable = true;
	path->told_usable = true;
	path->member.load = &path->load;
	path->usable_since = jiffies;
	INIT_DELAYED_WORK(&path->probe_work, rrpath_probe_work);
	INIT_WORK(&path->probe_done_work, rrpath_probe_done_work);
}

static bool rrpath_path_probing(struct rrpath_path *path)
{
	bool probing;

	spin_lock_irq(&path->map->lock);
	probing = path->probing;
	spin_unlock_irq(&path->map->lock);
	return probing;
}

/**
 * rrpath_path_stop() - wait until nothing of a path's probing is left
 * @path: a path of a map whose stopped is set and whose running is not
 *
 * Context: may sleep, as long as the transport takes for a read in flight.
 */
void rrpath_path_stop(struct rrpath_path *path)
{
	cancel_delayed_work_sync(&path->probe_work);
	wait_event(path->map->probe_wait, !rrpath_path_probing(path));
	cancel_work_sync(&path->probe_done_work);
}

/**
 * rrpath_path_inherit() - go on where the same path of another table left off
 * @path: a path of a map that has not been resumed
 * @old: the path of the map before it, which no bio is in flight on
 *
 * Context: may sleep.
 */
void rrpath_path_inherit(struct rrpath_path *path, struct rrpath_path *old)
{
	struct rrpath_map *map = path->map;

	spin_lock_irq(&old->map->lock);
	spin_lock_nested(&map->lock, SINGLE_DEPTH_NESTING);
	/* A message may have come before: the new table is live already. */
	if (path->state == RRPATH_USABLE)
		map->nr_usable--;
	path->state = old->state;
	if (path->state == RRPATH_USABLE)
		map->nr_usable++;
	rrpath_path_set_usable(path, old->member.usable);
	path->waiting = old->waiting;
	path->revived = old->revived;
	path->told_usable = old->told_usable;
	path->usable_since = old->usable_since;
	path->fail_count = old->fail_count;
	path->stalls = old->stalls;
	/* What it was when it was taken in, not what may have become of it since. */
	path->id_len = old->id_len;
	memcpy(path->id, old->id, sizeof(path->id));
	path->flaps = old->flaps;
	path->probe_delay_ms = map->config->options.probe_interval_ms;
	path->base = old->base;
	rrpath_stats_move(path, old);
	map->stale = true;
	spin_unlock(&map->lock);
	spin_unlock_irq(&old->map->lock);
}

/**
 * rrpath_path_letter() - the state of a path as the status line shows it
 * @path: the path
 *
 * Context: any; takes no lock, so what it tells may be just over.
 * Return: A, S, T, F or D.
 */
char rrpath_path_letter(const struct rrpath_path *path)
{
	switch (READ_ONCE(path->state)) {
	case RRPATH_STALLED:
		return 'T';
	case RRPATH_FAILED:
		return 'F';
	case RRPATH_DISABLED:
		return 'D';
	default:
		return READ_ONCE(path->active) ? 'A' : 'S';
	}
}

/**
 * rrpath_path_hold_left_ms() - how long a path must yet answer before it is used
 * @path: the path
 *
 * Context: any; takes no lock, so what it tells may be just over.
 * Return: milliseconds; 0 for a path that is usable, disabled, or not held down.
 */
u32 rrpath_path_hold_left_ms(const struct rrpath_path *path)
{
	switch (READ_ONCE(path->state)) {
	case RRPATH_STALLED:
	case RRPATH_FAILED:
		return rrpath_path_hold_rest_ms(path);
	default:
		return 0;
	}
}

/**
 * rrpath_path_reason() - why a path is out of use, or should not be in use
 * @path: the path
 *
 * Context: any; takes no lock, so what it tells may be just over.
 * Return: a word without blanks, "-" for none.
 */
const char *rrpath_path_reason(struct rrpath_path *path)
{
	switch (rrpath_path_lun(path)) {
	case RRPATH_LUN_OTHER:
		return "other-lun";
	case RRPATH_LUN_SMALLER:
		return "too-small";
	case RRPATH_LUN_SAME:
		break;
	}
	switch (READ_ONCE(path->state)) {
	case RRPATH_STALLED:
		return READ_ONCE(path->answers) ? "hold-down" : "stalled";
	case RRPATH_FAILED:
		return READ_ONCE(path->answers) ? "hold-down" : "io-error";
	case RRPATH_DISABLED:
		return "admin";
	default:
		return "-";
	}
}
