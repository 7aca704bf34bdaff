// SPDX-License-Identifier: GPL-2.0
/*
 * Bios that are neighbours on the disk: the block layer makes one request of them, if they
 * take the same path.
 *
 * What can still be joined is in the plug of the task: the requests that it has made since
 * blk_start_plug() and not sent off. Nobody else touches them until it does, or sleeps. So
 * a bio is compared with the last of them, and nothing is remembered of any stream: a run
 * ends with the batch, and bios that are sent one by one find no request to join.
 */
#include "compat.h"
#include "rrpath.h"

/* Would the two be larger than a request may be? */
static bool rrpath_merge_fits(const struct request *rq, const struct bio *bio, u32 limit)
{
	u64 bytes = (u64)blk_rq_bytes(rq) + bio->bi_iter.bi_size;

	if (bytes > limit || bytes >> SECTOR_SHIFT > queue_max_sectors(rq->q))
		return false;
	/* Bios of a stream are alike: as many segments for its size as the others needed. */
	return rq->nr_phys_segments * bytes <= (u64)queue_max_segments(rq->q) * blk_rq_bytes(rq);
}

/**
 * rrpath_merge_select() - choose the member whose request a bio continues
 * @choice: to choose from
 * @cursor: of this CPU
 * @rq: the request that the task made last, for whatever device
 * @bio: whose sector is that of the map, hence of the path
 *
 * The member used last is the only one that is looked at. Where the task has moved to
 * another CPU since, or others have sent bios on this one, the bio takes its turn.
 *
 * Context: preemption off.
 * Return: a usable member, or NULL if the policy is to choose.
 */
struct rrpath_member *rrpath_merge_select(const struct rrpath_choice *choice,
					  const struct rrpath_cursor *cursor,
					  const struct request *rq, struct bio *bio)
{
	const struct rrpath_entry *last;
	enum req_op op = bio_op(bio);
	struct block_device *bdev;

	/* Passthrough requests have operations of their own. */
	if (!choice->merge || (op != REQ_OP_READ && op != REQ_OP_WRITE) || req_op(rq) != op ||
	    (rq->cmd_flags | bio->bi_opf) & REQ_NOMERGE_FLAGS || blk_queue_nomerges(rq->q))
		return NULL;
	last = rrpath_last_entry(choice, cursor);
	if (!last || !rrpath_member_usable(last->member))
		return NULL;
	bdev = last->member->bdev;
	if (rq->q != bdev_get_queue(bdev) ||
	    blk_rq_pos(rq) + blk_rq_sectors(rq) != bdev->bd_start_sect + bio->bi_iter.bi_sector)
		return NULL;
	return rrpath_merge_fits(rq, bio, choice->merge) ? last->member : NULL;
}
