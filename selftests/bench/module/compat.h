/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that this builds for (6.1, 6.12), and the clock.
 * Between them limits have become a parameter of allocating a disk (6.9), NOWAIT one
 * of these limits (6.11), and an open block device a file (6.9).
 */
#ifndef RRPATH_BENCH_COMPAT_H
#define RRPATH_BENCH_COMPAT_H

#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/timekeeping.h>

#ifdef BLK_FEAT_NOWAIT

static inline struct gendisk *bench_alloc_disk(void)
{
	struct queue_limits limits = { .features = BLK_FEAT_NOWAIT };

	return blk_alloc_disk(&limits, NUMA_NO_NODE);
}

static inline void *bench_open(const char *path)
{
	return bdev_file_open_by_path(path, BLK_OPEN_READ | BLK_OPEN_WRITE, NULL, NULL);
}

static inline struct block_device *bench_bdev(void *handle)
{
	return file_bdev(handle);
}

static inline void bench_close(void *handle)
{
	fput(handle);
}

#else

static inline struct gendisk *bench_alloc_disk(void)
{
	struct gendisk *disk = blk_alloc_disk(NUMA_NO_NODE);

	if (!disk)
		return ERR_PTR(-ENOMEM);
	blk_queue_flag_set(QUEUE_FLAG_NOWAIT, disk->queue);
	return disk;
}

static inline void *bench_open(const char *path)
{
	return blkdev_get_by_path(path, FMODE_READ | FMODE_WRITE, NULL);
}

static inline struct block_device *bench_bdev(void *handle)
{
	return handle;
}

static inline void bench_close(void *handle)
{
	blkdev_put(handle, FMODE_READ | FMODE_WRITE);
}

#endif

#ifdef CONFIG_UML
/*
 * The whole kernel is one thread of a process: what the machine's own kernel says of
 * the CPU time of that thread leaves out what else the machine does meanwhile.
 */
static inline u64 bench_clock(void)
{
	struct { long sec, nsec; } now;
	long ret;

	asm volatile("syscall" : "=a" (ret)
		     : "0" (228L /* clock_gettime */), "D" (3L /* CLOCK_THREAD_CPUTIME_ID */),
		       "S" (&now) : "rcx", "r11", "memory");
	return now.sec * NSEC_PER_SEC + now.nsec;
}
#else
static inline u64 bench_clock(void)
{
	return ktime_get_ns();
}
#endif

#endif /* RRPATH_BENCH_COMPAT_H */
