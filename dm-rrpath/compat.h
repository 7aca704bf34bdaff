/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that the module builds for (6.1, 6.12, 7.3), and
 * what the device-mapper core exports without a public prototype. No other file
 * tests for a kernel version or option.
 */
#ifndef RRPATH_COMPAT_H
#define RRPATH_COMPAT_H

#include <linux/blk-crypto.h>
#include <linux/blk-integrity.h>
#include <linux/blk-mq.h>
#include <linux/blk_types.h>
#include <linux/device-mapper.h>

/*
 * Path uevents. Exported to modules, but declared in drivers/md/dm-uevent.h,
 * which is not among the installed headers; compiled in with CONFIG_DM_UEVENT.
 */
enum dm_uevent_type {
	DM_UEVENT_PATH_FAILED,
	DM_UEVENT_PATH_REINSTATED,
};

#ifdef CONFIG_DM_UEVENT
void dm_path_uevent(enum dm_uevent_type event_type, struct dm_target *ti,
		    const char *path, unsigned int nr_valid_paths);
#else
static inline void dm_path_uevent(enum dm_uevent_type event_type, struct dm_target *ti,
				  const char *path, unsigned int nr_valid_paths)
{
}
#endif

/*
 * Statuses that blame the caller and came after 6.1: BLK_STS_DURATION_LIMIT
 * (6.5) and BLK_STS_INVAL (6.11). blk_path_error() takes them for path errors.
 * Can go when 6.1 is not built for any more.
 */
static inline bool rrpath_compat_caller_error(blk_status_t status)
{
#ifdef BLK_STS_DURATION_LIMIT
	if (status == BLK_STS_DURATION_LIMIT)
		return true;
#endif
#ifdef BLK_STS_INVAL
	if (status == BLK_STS_INVAL)
		return true;
#endif
	return false;
}

/*
 * The request that was added to the plug last, or NULL. The list is a bare pointer and
 * begins with it up to 6.12, where rq_list_add() is a macro, and since has a tail and ends
 * with it. Can go when no kernel without struct rq_list is built for any more.
 */
static inline struct request *rrpath_compat_last_plugged(const struct blk_plug *plug)
{
#ifdef rq_list_add
	return plug->mq_list;
#else
	return plug->mq_list.head ? plug->mq_list.tail : NULL;
#endif
}

/*
 * Since 6.16 prepare_ioctl is told which ioctl it is, and may answer it itself. Ours does
 * not care. Can go when 6.12 is not built for any more.
 */
int rrpath_prepare_ioctl(struct dm_target *ti, struct block_device **bdev);

#ifdef DM_MPATH_PROBE_PATHS
static inline int rrpath_compat_prepare_ioctl(struct dm_target *ti, struct block_device **bdev,
					      unsigned int cmd, unsigned long arg, bool *forward)
{
	return rrpath_prepare_ioctl(ti, bdev);
}
#else
#define rrpath_compat_prepare_ioctl	rrpath_prepare_ioctl
#endif

#endif /* RRPATH_COMPAT_H */
