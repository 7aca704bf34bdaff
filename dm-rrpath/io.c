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

/* bi_opf, bi_flags and bi_ioprio fill a word: one load and one store instead of six. */
#define RRPATH_BIO_WORD	offsetof(struct bio, bi_opf)
static_assert(offsetof(struct bio, bi_flags) == RRPATH_BIO_WORD + 4 &&
	      offsetofend(struct bio, bi_ioprio) == RRPATH_BIO_WORD + sizeof(u64));

static __always_inline void rrpath_bio_save(struct rrpath_bio *rb, const struct bio *bio)
{
	rb->word = *(const u64 *)((const void *)bio + RRPATH_BIO_WORD);
	rb->iter = bio->bi_iter;
}

/*
 * Undo what the layers below did to the bio. Once it has been held, its submitter
 * neither waits in the call nor polls: so it is sent without REQ_NOWAIT, which
 * would turn a full queue into an error, and without REQ_POLLED, whose cookie
 * would be that of another queue.
 */
static void rrpath_bio_restore(struct rrpath_bio *rb, struct bio *bio)
{
	memcpy((void *)bio + RRPATH_BIO_WORD, &rb->word, sizeof(rb->word));
	bio->bi_opf &= ~(REQ_NOWAIT | REQ_POLLED);
	bio->bi_iter = rb->iter;
	bio->bi_status = BLK_STS_OK;
	bio->bi_cookie = BLK_QC_T_NONE;
	/* A bio that was split on its way down ended at 0, not at the 1 it began with. */
	atomic_set(&bio->__bi_remaining, 1);
}

static enum rrpath_op rrpath_bio_op(struct bio *bio)
{
	if (bio_op(bio) == REQ_OP_READ)
		return RRPATH_READ;
	/* A flush without data is a write of no sectors. */
	if (bio_op(bio) == REQ_OP_WRITE && bio_sectors(bio))
		return RRPATH_WRITE;
	return RRPATH_OTHER;
}

/* What rrpath_map_bio() leaves to rrpath_map_special(), as one test. */
#define RRPATH_SPECIAL	((REQ_OP_MASK & ~REQ_OP_WRITE) | REQ_PREFLUSH | REQ_RAHEAD | REQ_INTEGRITY)

/*
 * The transport shall give up early: there is another path to try. To the block layer
 * readahead has all of these flags, and some of them are a contradiction that it warns
 * of when it merges requests (6.1).
 */
static blk_opf_t rrpath_failfast(blk_opf_t opf)
{
	return opf & REQ_RAHEAD ? REQ_FAILFAST_MASK : REQ_FAILFAST_TRANSPORT;
}

/*
 * Preemption is off from here to the end of the counting, rather than rcu_read_lock()
 * held: both keep the choice from being written to meanwhile, and this is three
 * instructions instead of two calls. The choice is only read; the cursor and the
 * counters are this CPU's.
 */
static __always_inline struct rrpath_member *rrpath_choose(struct rrpath_map *map)
{
	return rrpath_select(rcu_dereference_sched(map->choice), map->cursor);
}

/* The request that this task made last, if it has not sent it off. */
static __always_inline const struct request *rrpath_last_request(void)
{
	return current->plug ? rrpath_compat_last_plugged(current->plug) : NULL;
}

/* By task context only, which is all that map functions are called from. */
static __always_inline void rrpath_count(struct rrpath_counters __percpu *counters,
					 struct bio *bio, enum rrpath_op op)
{
	__this_cpu_inc(counters->op[op].bios);
	__this_cpu_add(counters->op[op].bytes, bio->bi_iter.bi_size);
}

/*
 * Choose a path and point the bio at it. False when there is nothing to choose from: the
 * choice may be empty, or list only paths that failed since it was made.
 */
static bool rrpath_dispatch(struct rrpath_map *map, struct bio *bio)
{
	const struct request *rq = rrpath_last_request();
	struct rrpath_member *member = NULL;
	bool watching;

	preempt_disable();
	if (rq)
		member = rrpath_merge_select(rcu_dereference_sched(map->choice),
					     this_cpu_ptr(map->cursor), rq, bio);
	if (!member)
		member = rrpath_choose(map);
	if (member)
		rrpath_count(member->counters, bio, rrpath_bio_op(bio));
	/* In the section that the watch waits for. */
	watching = READ_ONCE(map->watching);
	preempt_enable();
	if (!member)
		return false;
	if (!watching)
		rrpath_watch_begin(map);
	bio->bi_private = container_of(member, struct rrpath_path, member);
	bio->bi_opf |= rrpath_failfast(bio->bi_opf);
	bio_set_dev(bio, member->bdev);
	return true;
}

/* The bio has come back from its path. */
static inline void rrpath_leave(struct rrpath_path *path)
{
	this_cpu_inc(path->member.counters->completed);
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

static int rrpath_end_failed(struct rrpath_map *map, struct rrpath_path *path, struct bio *bio,
			     blk_status_t *error)
{
	struct rrpath_bio *rb = dm_per_bio_data(bio, sizeof(*rb));

	atomic64_inc(&path->errors);
	rrpath_path_fail(path, *error);

	bio->bi_private = NULL;
	rb->failed = path;
	rrpath_bio_restore(rb, bio);
	if (rrpath_hold(map, bio))
		return DM_ENDIO_INCOMPLETE;

	if (dm_noflush_suspending(map->ti))
		return DM_ENDIO_REQUEUE;
	*error = BLK_STS_IOERR;
	return DM_ENDIO_DONE;
}

/* Takes what rrpath_end_io() does, in its order, so that nothing is moved for it. */
static noinline int rrpath_end_error(struct dm_target *ti, struct bio *bio, blk_status_t *error)
{
	struct rrpath_path *path = bio->bi_private;

	if (!path)
		return DM_ENDIO_DONE;
	/* First: it must not look as if the path had done something. */
	if (*error == BLK_STS_AGAIN)
		atomic64_inc(&path->bounced);
	rrpath_leave(path);
	if (rrpath_path_error(*error))
		return rrpath_end_failed(ti->private, path, bio, error);
	return DM_ENDIO_DONE;
}

/**
 * rrpath_end_io() - the target's end_io function
 * @ti: the target
 * @bio: came back from its path, or was ended by rrpath_give_up() with an error
 * @error: its status; set to what the core shall see
 *
 * Context: any, interrupts included.
 * Return: DM_ENDIO_DONE; DM_ENDIO_INCOMPLETE when the bio is held to be sent
 *	again; DM_ENDIO_REQUEUE when a noflush suspend takes it.
 */
int rrpath_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *error)
{
	if (unlikely(*error))
		return rrpath_end_error(ti, bio, error);
	rrpath_leave(bio->bi_private);
	return DM_ENDIO_DONE;
}

/* End a bio that is ours with an error. The core calls rrpath_end_io() for it once more. */
static void rrpath_give_up(struct bio *bio, blk_status_t status)
{
	bio->bi_private = NULL;
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
	blk_status_t status = clone->bi_status;
	struct rrpath_path *path = bio->bi_private;

	bio_put(clone);
	if (likely(!status)) {
		bio_endio(bio);
		return;
	}
	switch (rrpath_end_error(path->map->ti, bio, &status)) {
	case DM_ENDIO_INCOMPLETE:
		return;
	case DM_ENDIO_REQUEUE:
		status = BLK_STS_DM_REQUEUE;
		break;
	}
	rrpath_give_up(bio, status);
}

static void rrpath_submit_clone(struct bio *bio)
{
	struct bio *clone;

	clone = bio_alloc_clone(bio->bi_bdev, bio, GFP_NOIO, &rrpath_bios);
	if (!clone) {
		/* Not for want of the clone, which is from a pool, but of its payload. */
		rrpath_leave(bio->bi_private);
		rrpath_give_up(bio, BLK_STS_RESOURCE);
		return;
	}
	/* The core polls its own bio, not this one. */
	clone->bi_opf &= ~REQ_POLLED;
	clone->bi_private = bio;
	clone->bi_end_io = rrpath_clone_end_io;
	dm_submit_bio_remap(bio, clone);
}

/*
 * dm_per_bio_data() is a call for what is the same distance for all bios of a pool: the
 * core has one pool for nearly all of them, and the pool decides. Remember the first one.
 */
static void rrpath_learn_pool(struct rrpath_map *map, struct rrpath_bio *rb, struct bio *bio)
{
	unsigned long flags;

	spin_lock_irqsave(&map->lock, flags);
	if (!map->known_pool) {
		map->known_pool = bio->bi_pool;
		map->pool_offset = (char *)rb - (char *)bio;
	}
	if (map->watching)
		rrpath_watch_set(map, true);
	spin_unlock_irqrestore(&map->lock, flags);
}

static noinline int rrpath_map_special(struct bio *bio, struct rrpath_map *map)
{
	struct rrpath_bio *rb = dm_per_bio_data(bio, sizeof(*rb));

	if (unlikely(!READ_ONCE(map->known_pool)))
		rrpath_learn_pool(map, rb, bio);
	rrpath_bio_save(rb, bio);
	if (rrpath_dispatch(map, bio)) {
		if (!rrpath_has_payload(bio))
			return DM_MAPIO_REMAPPED;
		rrpath_submit_clone(bio);
		return DM_MAPIO_SUBMITTED;
	}
	bio->bi_private = NULL;
	rb->failed = NULL;
	if (rrpath_hold(map, bio))
		return DM_MAPIO_SUBMITTED;
	return dm_noflush_suspending(map->ti) ? DM_MAPIO_REQUEUE : DM_MAPIO_KILL;
}

/* The end of the short way; turns preemption on again. */
static __always_inline int rrpath_map_to(struct rrpath_map *map, struct bio *bio,
					 struct rrpath_member *member)
{
	struct rrpath_bio *rb = (void *)bio + map->pool_offset;
	struct rrpath_counters __percpu *counters = member->counters;

	if (likely(!(bio->bi_opf & REQ_OP_WRITE)))
		rrpath_count(counters, bio, RRPATH_READ);
	else
		rrpath_count(counters, bio, RRPATH_WRITE);
	preempt_enable();

	rrpath_bio_save(rb, bio);
	bio->bi_private = container_of(member, struct rrpath_path, member);
	bio->bi_opf |= REQ_FAILFAST_TRANSPORT;
	/* bio_set_dev(), but that it need not ask whether the device is another one. */
	bio->bi_flags &= ~(1U << BIO_REMAPPED | 1U << BIO_BPS_THROTTLED);
	bio->bi_bdev = member->bdev;
	bio_associate_blkg(bio);
	return DM_MAPIO_REMAPPED;
}

static noinline int rrpath_map_asked(struct bio *bio, struct rrpath_map *map)
{
	const struct rrpath_choice *choice = rcu_dereference_sched(map->choice);
	struct rrpath_member *member = choice->policy->select(choice, this_cpu_ptr(map->cursor));

	if (member)
		return rrpath_map_to(map, bio, member);
	preempt_enable();
	return rrpath_map_special(bio, map);
}

static noinline int rrpath_map_plugged(struct bio *bio, struct rrpath_map *map,
				       const struct request *rq)
{
	const struct rrpath_choice *choice = rcu_dereference_sched(map->choice);
	struct rrpath_member *member;

	member = rrpath_merge_select(choice, this_cpu_ptr(map->cursor), rq, bio);
	if (member || rrpath_select_even(choice, map->cursor, &member))
		return rrpath_map_to(map, bio, member);
	return rrpath_map_asked(bio, map);
}

/**
 * rrpath_map_bio() - the target's map function
 * @ti: the target
 * @bio: the core's clone, which is ours until we return, or until end_io
 *
 * Reads and writes of data, while there is a path and the watch runs, are all done here;
 * selftests/bench/ counts what that takes. The rest is done by rrpath_map_special(), from
 * the beginning.
 *
 * Context: does not sleep, but for the memory of a clone.
 * Return: DM_MAPIO_REMAPPED; _SUBMITTED when the bio is held or a clone of it was
 *	sent; _REQUEUE or _KILL for want of a path.
 */
int rrpath_map_bio(struct dm_target *ti, struct bio *bio)
{
	const struct rrpath_choice *choice;
	struct rrpath_map *map = ti->private;
	struct rrpath_member *member;
	const struct request *rq;

	if (unlikely(bio->bi_opf & RRPATH_SPECIAL || bio_has_crypt_ctx(bio)))
		return rrpath_map_special(bio, map);

	preempt_disable();
	/* NULL while the watch does not run. Pairs with rrpath_watch_set(). */
	if (unlikely(smp_load_acquire(&map->pool) != bio->bi_pool)) {
		preempt_enable();
		return rrpath_map_special(bio, map);
	}
	choice = rcu_dereference_sched(map->choice);
	member = READ_ONCE(choice->always);
	/* Likely, so that what follows stands once, and is jumped to by who need not ask. */
	if (likely(!member)) {
		rq = rrpath_last_request();
		if (unlikely(rq))
			return rrpath_map_plugged(bio, map, rq);
		if (!rrpath_select_even(choice, map->cursor, &member))
			return rrpath_map_asked(bio, map);
	}
	return rrpath_map_to(map, bio, member);
}

static void rrpath_send_again(struct rrpath_map *map, struct bio *bio)
{
	struct rrpath_bio *rb = dm_per_bio_data(bio, sizeof(*rb));
	struct rrpath_path *failed = rb->failed;

	/* Not only after an error: a bio held from the start is sent late as well. */
	rrpath_bio_restore(rb, bio);
	if (rrpath_dispatch(map, bio)) {
		rb->failed = NULL;
		if (failed)
			atomic64_inc(&failed->retries);
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
	struct rrpath_member *member;
	bool hope;

	preempt_disable();
	member = rrpath_choose(map);
	preempt_enable();
	if (member) {
		*bdev = member->bdev;
		return ti->len != bdev_nr_sectors(*bdev);
	}

	spin_lock_irq(&map->lock);
	hope = map->nr_usable || rrpath_map_queues(map);
	spin_unlock_irq(&map->lock);
	return hope ? -ENOTCONN : -EIO;
}
