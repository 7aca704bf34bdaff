// SPDX-License-Identifier: GPL-2.0
/*
 * Integrity payloads of bios that are sent more than once.
 *
 * The layers below advance the payload's iterator, and up to 6.10 bio_endio()
 * frees the payload of a bio before it calls its end_io: so a copy is made of
 * what is needed to attach it again. Only bios that came with a payload pay.
 */
#include "compat.h"
#include "rrpath.h"

#ifdef CONFIG_BLK_DEV_INTEGRITY

/**
 * struct rrpath_integrity - what bio_integrity_alloc() needs to be done again
 * @iter: of the payload, as it came; its sector is the seed of the reference tag
 * @flags: of the payload
 * @nr_vecs: length of @vec
 * @vec: the segments; their pages belong to the bio's submitter
 */
struct rrpath_integrity {
	struct bvec_iter iter;
	unsigned short flags;
	unsigned short nr_vecs;
	struct bio_vec vec[];
};

/**
 * rrpath_integrity_save() - remember the integrity payload of a bio
 * @rb: our part of @bio
 * @bio: about to be sent for the first time
 *
 * Without memory nothing is remembered, and the bio cannot be sent again.
 *
 * Context: as map: may sleep for memory, GFP_NOIO.
 */
void rrpath_integrity_save(struct rrpath_bio *rb, struct bio *bio)
{
	struct bio_integrity_payload *bip = bio_integrity(bio);
	gfp_t gfp = bio->bi_opf & REQ_NOWAIT ? GFP_NOWAIT : GFP_NOIO;
	struct rrpath_integrity *saved;

	saved = kmalloc(struct_size(saved, vec, bip->bip_vcnt), gfp | __GFP_NOWARN);
	rb->integrity = saved;
	if (!saved)
		return;
	saved->iter = bip->bip_iter;
	saved->flags = bip->bip_flags;
	saved->nr_vecs = bip->bip_vcnt;
	memcpy(saved->vec, bip->bip_vec, bip->bip_vcnt * sizeof(saved->vec[0]));
}

/**
 * rrpath_integrity_restore() - give a bio the payload that it came with
 * @rb: our part of @bio
 * @bio: ours, about to be sent again; the rest of it has been restored
 *
 * Context: may sleep for memory, GFP_NOIO.
 * Return: 0, or -ENOMEM: then it must not be sent.
 */
int rrpath_integrity_restore(struct rrpath_bio *rb, struct bio *bio)
{
	struct rrpath_integrity *saved = rb->integrity;
	struct bio_integrity_payload *bip = bio_integrity(bio);

	if (!saved)
		return -ENOMEM;
	if (!bip) {
		bip = bio_integrity_alloc(bio, GFP_NOIO, saved->nr_vecs);
		if (IS_ERR(bip))
			return -ENOMEM;
		memcpy(bip->bip_vec, saved->vec, saved->nr_vecs * sizeof(saved->vec[0]));
		bip->bip_vcnt = saved->nr_vecs;
		bip->bip_flags = saved->flags;
	}
	bip->bip_iter = saved->iter;
	return 0;
}

/**
 * rrpath_integrity_drop() - forget what rrpath_integrity_save() remembered
 * @rb: our part of a bio that will not be sent again
 *
 * Context: any.
 */
void rrpath_integrity_drop(struct rrpath_bio *rb)
{
	kfree(rb->integrity);
	rb->integrity = NULL;
}

#endif /* CONFIG_BLK_DEV_INTEGRITY */
