// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a bio: choose a path, send it; when it comes back with a path
 * error, hold it and send it again.
 */
#include "compat.h"
#include "rrpath.h"

/**
 * rrpath_path_error() - may another path do better?
 * @status: that a bio came back with, not BLK_STS_OK
 *
 * Medium, target, protection and space errors and reservation conflicts are the
 * LUN's answer and the same on every path; "again" and resource limits of zones
 * are between the submitter and the device.
 *
 * Context: any.
 * Return: true if the bio is to be sent on another path.
 */
bool rrpath_path_error(blk_status_t status)
{
	switch (status) {
	case BLK_STS_AGAIN:
	case BLK_STS_DM_REQUEUE:
	case BLK_STS_ZONE_OPEN_RESOURCE:
	case BLK_STS_ZONE_ACTIVE_RESOURCE:
		return false;
	}
	return blk_path_error(status) && !rrpath_compat_caller_error(status);
}

static void rrpath_bio_save(struct rrpath_bio *rb, struct bio *bio)
{
	rb->path = NULL;
	rb->failed = NULL;
	rb->iter = bio->bi_iter;
	rb->opf = bio->bi_opf;
	rb->flags = bio->bi_flags;
}

/*
 * Undo what the layers below did to the bio. Once it has been held, its submitter
 * neither waits in the call nor polls: so it is sent without REQ_NOWAIT, which
 * would turn a full queue into an error, and without REQ_POLLED, whose cookie
 * would be that of another queue.
 */
static void rrpath_bio_restore(struct rrpath_bio *rb, struct bio *bio)
{
	bio->bi_iter = rb->iter;
	bio->bi_opf = rb->opf & ~(REQ_NOWAIT | REQ_POLLED);
	bio->bi_flags = rb->flags;
	bio->bi_status = BLK_STS_OK;
	bio->bi_cookie = BLK_QC_T_NONE;
	/* A bio that was split on its way down ended at 0, not at the 1 it began with. */
	atomic_set(&bio->__bi_remaining, 1);
}

/*
 * Choose a path and point the bio at it; the caller submits it. False when there
 * is nothing to choose from: the choice may be empty, or list only paths that
 * failed since it was made.
 *
 * The choice is only read, as is map->watching, the cursor and the counters are this
 * CPU's; what else is written is the in_flight of the path, if the policy wants it.
 */
static bool rrpath_choose(struct rrpath_map *map, struct rrpath_bio *rb, struct bio *bio)
{
	const struct rrpath_choice *choice;
	struct rrpath_member *member;

	rcu_read_lock();
	choice = rcu_dereference(map->choice);
	member = choice->policy->select(choice, raw_cpu_ptr(map->cursor));
	if (unlikely(!member)) {
		rcu_read_unlock();
		return false;
	}
	rb->counted = choice->policy->counts_in_flight;
	if (rb->counted)
		atomic_inc(&member->in_flight);
	rb->path = container_of(member, struct rrpath_path, member);
	rrpath_stats_dispatched(member->stats, bio);
	/* After the bio was counted, and still in the section that the watch waits for. */
	if (unlikely(!READ_ONCE(map->watching)))
		rrpath_watch_begin(map);
	rcu_read_unlock();

	bio_set_dev(bio, member->bdev);
	/*
	 * The transport shall give up early: there is another path to try. To the block
	 * layer readahead has all of these flags, and some of them are a contradiction
	 * that it warns of when it merges requests (6.1).
	 */
	bio->bi_opf |= bio->bi_opf & REQ_RAHEAD ? REQ_FAILFAST_MASK : REQ_FAILFAST_TRANSPORT;
	return true;
}

/* The bio has come back from its path. */
static void rrpath_leave(struct rrpath_bio *rb)
{
	rrpath_stats_completed(rb->path->member.stats);
	if (rb->counted)
		atomic_dec(&rb->path->member.in_flight);
}

/*
 * Keep a bio that has no path now, if there is hope. When this returns true the
 * bio is no longer the caller's: the worker may have sent it already.
 */
static bool rrpath_hold(struct rrpath_map *map, struct bio *bio)
{
	unsigned long flags;
	bool hold;

	spin_lock_irqsave(&map->lock, flags);
	hold = map->nr_usable || rrpath_map_queues(map);
	if (hold) {
		bio_list_add(&map->held, bio);
		map->queued++;
		/* Without a usable path the worker is called when there is one. */
		if (map->nr_usable)
			rrpath_map_kick(map);
	}
	spin_unlock_irqrestore(&map->lock, flags);
	return hold;
}

static int rrpath_end_failed(struct rrpath_map *map, struct rrpath_bio *rb, struct bio *bio,
			     blk_status_t *error)
{
	struct rrpath_path *path = rb->path;

	this_cpu_inc(path->member.stats->errors);
	rrpath_path_fail(path, *error);

	rb->path = NULL;
	rb->failed = path;
	rrpath_bio_restore(rb, bio);
	if (rrpath_hold(map, bio))
		return DM_ENDIO_INCOMPLETE;

	if (dm_noflush_suspending(map->ti))
		return DM_ENDIO_REQUEUE;
	*error = BLK_STS_IOERR;
	return DM_ENDIO_DONE;
}

/**
 * rrpath_end_io() - the target's end_io function
 * @ti: the target
 * @bio: came back from a path, or was ended by rrpath_give_up()
 * @error: its status; set to what the core shall see
 *
 * Context: any, interrupts included.
 * Return: DM_ENDIO_DONE; DM_ENDIO_INCOMPLETE when the bio is held to be sent
 *	again; DM_ENDIO_REQUEUE when a noflush suspend takes it.
 */
int rrpath_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *error)
{
	struct rrpath_bio *rb = dm_per_bio_data(bio, sizeof(*rb));
	struct rrpath_path *path = rb->path;

	if (likely(path)) {
		/* First: it must not look as if the path had done something. */
		if (unlikely(*error == BLK_STS_AGAIN))
			atomic64_inc(&path->bounced);
		rrpath_leave(rb);
		if (unlikely(*error) && rrpath_path_error(*error))
			return rrpath_end_failed(ti->private, rb, bio, error);
	}
	return DM_ENDIO_DONE;
}

/* End a bio that is ours. The core calls rrpath_end_io() for it once more. */
static void rrpath_give_up(struct bio *bio, blk_status_t status)
{
	bio->bi_status = status;
	bio_endio(bio);
}

/*
 * Bios with an integrity payload or an encryption context. The layers below change
 * both, and bio_endio() frees them before it calls end_io (6.1). So what is sent is
 * a clone, and the core's bio keeps its own until it succeeds.
 */
static bool rrpath_has_payload(struct bio *bio)
{
	return bio_integrity(bio) || bio_has_crypt_ctx(bio);
}

static void rrpath_clone_end_io(struct bio *clone)
{
	struct bio *bio = clone->bi_private;
	struct rrpath_bio *rb = dm_per_bio_data(bio, sizeof(*rb));
	struct rrpath_map *map = rb->path->map;
	blk_status_t status = clone->bi_status;

	bio_put(clone);
	switch (rrpath_end_io(map->ti, bio, &status)) {
	case DM_ENDIO_INCOMPLETE:
		return;
	case DM_ENDIO_REQUEUE:
		status = BLK_STS_DM_REQUEUE;
		break;
	}
	rb->path = NULL;
	rrpath_give_up(bio, status);
}

static void rrpath_submit_clone(struct bio *bio)
{
	struct rrpath_bio *rb = dm_per_bio_data(bio, sizeof(*rb));
	struct bio *clone;

	clone = bio_alloc_clone(bio->bi_bdev, bio, GFP_NOIO, &rrpath_bios);
	if (!clone) {
		/* Not for want of the clone, which is from a pool, but of its payload. */
		rrpath_leave(rb);
		rb->path = NULL;
		rrpath_give_up(bio, BLK_STS_RESOURCE);
		return;
	}
	/* The core polls its own bio, not this one. */
	clone->bi_opf &= ~REQ_POLLED;
	clone->bi_private = bio;
	clone->bi_end_io = rrpath_clone_end_io;
	dm_submit_bio_remap(bio, clone);
}

/**
 * rrpath_map_bio() - the target's map function
 * @ti: the target
 * @bio: the core's clone, which is ours until we return, or until end_io
 *
 * Context: does not sleep, but for the memory of a clone.
 * Return: DM_MAPIO_REMAPPED; _SUBMITTED when the bio is held or a clone of it was
 *	sent; _REQUEUE or _KILL for want of a path.
 */
int rrpath_map_bio(struct dm_target *ti, struct bio *bio)
{
	struct rrpath_map *map = ti->private;
	struct rrpath_bio *rb = dm_per_bio_data(bio, sizeof(*rb));

	rrpath_bio_save(rb, bio);
	if (likely(rrpath_choose(map, rb, bio))) {
		if (likely(!rrpath_has_payload(bio)))
			return DM_MAPIO_REMAPPED;
		rrpath_submit_clone(bio);
		return DM_MAPIO_SUBMITTED;
	}
	if (rrpath_hold(map, bio))
		return DM_MAPIO_SUBMITTED;
	return dm_noflush_suspending(ti) ? DM_MAPIO_REQUEUE : DM_MAPIO_KILL;
}

static void rrpath_send_again(struct rrpath_map *map, struct bio *bio)
{
	struct rrpath_bio *rb = dm_per_bio_data(bio, sizeof(*rb));
	struct rrpath_path *failed = rb->failed;

	/* Not only after an error: a bio held from the start is sent late as well. */
	rrpath_bio_restore(rb, bio);
	if (rrpath_choose(map, rb, bio)) {
		rb->failed = NULL;
		if (failed)
			this_cpu_inc(failed->member.stats->retries);
		if (unlikely(rrpath_has_payload(bio)))
			rrpath_submit_clone(bio);
		else
			dm_submit_bio_remap(bio, NULL);
		return;
	}
	if (rrpath_hold(map, bio))
		return;
	rrpath_give_up(bio, dm_noflush_suspending(map->ti) ? BLK_STS_DM_REQUEUE : BLK_STS_IOERR);
}

/**
 * rrpath_send_held() - send what is held, or end it if there is no hope left
 * @map: the map; its choice is fresh
 *
 * Context: rrpath_io_wq, may sleep; allocates nothing that could wait for I/O to
 *	this map.
 */
void rrpath_send_held(struct rrpath_map *map)
{
	struct bio_list bios = BIO_EMPTY_LIST;
	struct blk_plug plug;
	struct bio *bio;

	spin_lock_irq(&map->lock);
	if (map->nr_usable || !rrpath_map_queues(map)) {
		bio_list_merge(&bios, &map->held);
		bio_list_init(&map->held);
		map->queued = 0;
	}
	spin_unlock_irq(&map->lock);

	blk_start_plug(&plug);
	while ((bio = bio_list_pop(&bios)))
		rrpath_send_again(map, bio);
	blk_finish_plug(&plug);
}

/**
 * rrpath_prepare_ioctl() - the target's prepare_ioctl function
 * @ti: the target
 * @bdev: set to the device of a usable path
 *
 * Context: may sleep.
 * Return: 0; 1 if the path is not just as large as the map, so that the caller
 *	needs CAP_SYS_RAWIO; -ENOTCONN while there may be a path later (the core
 *	tries again until a signal ends it); -EIO.
 */
int rrpath_prepare_ioctl(struct dm_target *ti, struct block_device **bdev)
{
	struct rrpath_map *map = ti->private;
	const struct rrpath_choice *choice;
	struct rrpath_member *member;
	bool hope;

	rcu_read_lock();
	choice = rcu_dereference(map->choice);
	member = choice->policy->select(choice, raw_cpu_ptr(map->cursor));
	rcu_read_unlock();
	if (member) {
		*bdev = member->bdev;
		return ti->len != bdev_nr_sectors(*bdev);
	}

	spin_lock_irq(&map->lock);
	hope = map->nr_usable || rrpath_map_queues(map);
	spin_unlock_irq(&map->lock);
	return hope ? -ENOTCONN : -EIO;
}
