// SPDX-License-Identifier: GPL-2.0
/*
 * What a bio costs: disks that do nothing, and threads that send bios to a device.
 *
 * The disks (/dev/rrb0, ...; parameter `devices`) are bio-based and complete in their
 * submit function, so nothing is measured but what lies above them. With `hold` set
 * they keep what they get until the thread has sent its whole batch: then as many bios
 * are in flight as the queue depth says.
 *
 * A line written to debugfs, rrpath_bench/run, measures; reading the file tells what
 * came of the last one, one line for each CPU:
 *
 *	DEVICE DEPTH read|write BIOS CPUS	/dev/mapper/x 32 read 1000000 0-1
 *	cpu 0 bios 1000000 ns 134000000 best 13391
 *
 * ns is the time of all bios, best that of the fastest hundred of them, in ns for 100
 * bios. Bios and pages are allocated beforehand. Under User-Mode Linux the clock is the
 * CPU time of the kernel's own thread, elsewhere it is the time of day.
 */
#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"

#define BENCH_MAX_DEVICES	2048
#define BENCH_MAX_DEPTH		1024
#define BENCH_BLOCK		4096
#define BENCH_BLOCK_SECTORS	(BENCH_BLOCK >> SECTOR_SHIFT)
/* Bios between two looks at the clock: the look shall not count. */
#define BENCH_CHUNK		2048

static unsigned int devices = 2;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "How many disks to make (default 2)");

static unsigned int size_mb = 1024;
module_param(size_mb, uint, 0444);
MODULE_PARM_DESC(size_mb, "Size of each, in MiB (default 1024)");

static bool hold;
module_param(hold, bool, 0644);
MODULE_PARM_DESC(hold, "Complete a batch of bios when all of it was sent (default: each at once)");

/* Bios that were sent on a CPU and are held. */
struct bench_held {
	spinlock_t lock;	/* of @bios */
	struct bio_list bios;
};

static DEFINE_PER_CPU(struct bench_held, bench_held);

static void bench_submit_bio(struct bio *bio)
{
	struct bench_held *held;

	if (likely(!READ_ONCE(hold))) {
		bio_endio(bio);
		return;
	}
	held = raw_cpu_ptr(&bench_held);
	spin_lock_irq(&held->lock);
	bio_list_add(&held->bios, bio);
	spin_unlock_irq(&held->lock);
}

static void bench_complete_held(void)
{
	struct bench_held *held;
	struct bio_list bios;
	struct bio *bio;
	unsigned int cpu;

	/* A target may have sent them from another CPU. */
	for_each_online_cpu(cpu) {
		held = per_cpu_ptr(&bench_held, cpu);
		if (bio_list_empty(&held->bios))
			continue;
		spin_lock_irq(&held->lock);
		bios = held->bios;
		bio_list_init(&held->bios);
		spin_unlock_irq(&held->lock);
		while ((bio = bio_list_pop(&bios)))
			bio_endio(bio);
	}
}

/* One bio of a thread's batch. */
struct bench_slot {
	struct bio bio;
	struct bio_vec vec;
	bool done;
};

struct bench_thread {
	struct bench_slot *slot;
	struct page *page;
	unsigned int cpu;
	sector_t sector;
	u64 bios;
	u64 errors;
	u64 ns;
	u64 best;
	struct completion *ready;
	struct completion *start;
	struct completion done;
};

/* What was asked for, and what came of it; under the mutex. */
static DEFINE_MUTEX(bench_mutex);
static struct bench_run {
	char device[128];
	char op[8];
	char cpus[32];
	unsigned int depth;
	unsigned int bios;
	struct block_device *bdev;
	struct bench_thread *thread;
	unsigned int nr_threads;
} bench;

static void bench_end_io(struct bio *bio)
{
	struct bench_slot *slot = container_of(bio, struct bench_slot, bio);

	if (unlikely(bio->bi_status))
		((struct bench_thread *)bio->bi_private)->errors++;
	/* The bio is done with before the thread may send it anew. */
	smp_store_release(&slot->done, true);
}

static void bench_send(struct bench_thread *thread, struct bench_slot *slot, blk_opf_t opf)
{
	struct bio *bio = &slot->bio;

	bio_reset(bio, bench.bdev, opf);
	__bio_add_page(bio, thread->page, BENCH_BLOCK, 0);
	bio->bi_iter.bi_sector = thread->sector;
	bio->bi_private = thread;
	bio->bi_end_io = bench_end_io;
	slot->done = false;
	submit_bio(bio);

	thread->sector += BENCH_BLOCK_SECTORS;
	if (thread->sector + BENCH_BLOCK_SECTORS > bdev_nr_sectors(bench.bdev))
		thread->sector = 0;
}

static void bench_wait(struct bench_slot *slot)
{
	/* Pairs with the end of the bio. */
	while (unlikely(!smp_load_acquire(&slot->done))) {
		bench_complete_held();
		cond_resched();
	}
}

static void bench_batch(struct bench_thread *thread, blk_opf_t opf)
{
	struct blk_plug plug;
	unsigned int i;

	if (bench.depth > 1)
		blk_start_plug(&plug);
	for (i = 0; i < bench.depth; i++)
		bench_send(thread, &thread->slot[i], opf);
	if (bench.depth > 1)
		blk_finish_plug(&plug);
	if (READ_ONCE(hold))
		bench_complete_held();
	for (i = 0; i < bench.depth; i++)
		bench_wait(&thread->slot[i]);
}

static void bench_measure(struct bench_thread *thread, u64 bios, blk_opf_t opf)
{
	u64 sent, chunk, begin, ns;

	thread->ns = 0;
	thread->best = U64_MAX;
	for (sent = 0; sent < bios; sent += chunk) {
		begin = bench_clock();
		for (chunk = 0; chunk < BENCH_CHUNK; chunk += bench.depth)
			bench_batch(thread, opf);
		ns = bench_clock() - begin;
		thread->ns += ns;
		thread->best = min(thread->best, div64_u64(100 * ns, chunk));
		cond_resched();
	}
	thread->bios = sent;
}

static int bench_main(void *data)
{
	struct bench_thread *thread = data;
	blk_opf_t opf = !strcmp(bench.op, "write") ? REQ_OP_WRITE : REQ_OP_READ;

	bench_measure(thread, bench.bios / 16, opf);
	complete(thread->ready);
	wait_for_completion(thread->start);
	bench_measure(thread, bench.bios, opf);
	kthread_complete_and_exit(&thread->done, 0);
}

static void bench_free_threads(void)
{
	unsigned int i, j;

	for (i = 0; i < bench.nr_threads; i++) {
		struct bench_thread *thread = &bench.thread[i];

		for (j = 0; thread->slot && j < bench.depth; j++)
			bio_uninit(&thread->slot[j].bio);
		kvfree(thread->slot);
		if (thread->page)
			__free_page(thread->page);
		thread->slot = NULL;
		thread->page = NULL;
	}
}

static int bench_alloc_threads(const struct cpumask *cpus)
{
	sector_t share = bdev_nr_sectors(bench.bdev) / cpumask_weight(cpus);
	unsigned int cpu, j;

	kfree(bench.thread);
	bench.nr_threads = 0;
	bench.thread = kcalloc(cpumask_weight(cpus), sizeof(*bench.thread), GFP_KERNEL);
	if (!bench.thread)
		return -ENOMEM;
	for_each_cpu(cpu, cpus) {
		struct bench_thread *thread = &bench.thread[bench.nr_threads];

		thread->cpu = cpu;
		thread->sector = round_down(share * bench.nr_threads, BENCH_BLOCK_SECTORS);
		bench.nr_threads++;
		init_completion(&thread->done);
		thread->page = alloc_page(GFP_KERNEL);
		thread->slot = kvcalloc(bench.depth, sizeof(*thread->slot), GFP_KERNEL);
		if (!thread->page || !thread->slot)
			return -ENOMEM;
		for (j = 0; j < bench.depth; j++)
			bio_init(&thread->slot[j].bio, bench.bdev, &thread->slot[j].vec, 1, 0);
	}
	return 0;
}

/* All threads begin together, once each of them is warm. */
static int bench_run_threads(void)
{
	DECLARE_COMPLETION_ONSTACK(ready);
	DECLARE_COMPLETION_ONSTACK(start);
	unsigned int i, running = 0;
	int r = 0;

	for (i = 0; i < bench.nr_threads; i++) {
		struct bench_thread *thread = &bench.thread[i];
		struct task_struct *task;

		thread->ready = &ready;
		thread->start = &start;
		task = kthread_create_on_cpu(bench_main, thread, thread->cpu, "rrpath_bench/%u");
		if (IS_ERR(task)) {
			r = PTR_ERR(task);
			break;
		}
		wake_up_process(task);
		running++;
	}
	for (i = 0; i < running; i++)
		wait_for_completion(&ready);
	complete_all(&start);
	for (i = 0; i < running; i++) {
		wait_for_completion(&bench.thread[i].done);
		if (bench.thread[i].errors)
			r = -EIO;
	}
	return r;
}

static int bench_parse(char *line, struct cpumask *cpus)
{
	if (sscanf(line, "%127s %u %7s %u %31s", bench.device, &bench.depth, bench.op,
		   &bench.bios, bench.cpus) != 5)
		return -EINVAL;
	if (strcmp(bench.op, "read") && strcmp(bench.op, "write"))
		return -EINVAL;
	if (!bench.depth || bench.depth > BENCH_MAX_DEPTH || !bench.bios)
		return -EINVAL;
	if (cpulist_parse(bench.cpus, cpus) || cpumask_empty(cpus) ||
	    !cpumask_subset(cpus, cpu_online_mask))
		return -EINVAL;
	return 0;
}

static int bench_run_line(char *line)
{
	cpumask_var_t cpus;
	void *handle;
	int r;

	if (!alloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	r = bench_parse(line, cpus);
	if (r)
		goto out;
	handle = bench_open(bench.device);
	if (IS_ERR(handle)) {
		r = PTR_ERR(handle);
		goto out;
	}
	bench.bdev = bench_bdev(handle);
	r = bench_alloc_threads(cpus);
	if (!r)
		r = bench_run_threads();
	bench_free_threads();
	bench_close(handle);
	if (r)
		bench.nr_threads = 0;
out:
	free_cpumask_var(cpus);
	return r;
}

static ssize_t bench_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char line[256];
	int r;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, len))
		return -EFAULT;
	line[len] = '\0';
	mutex_lock(&bench_mutex);
	r = bench_run_line(line);
	mutex_unlock(&bench_mutex);
	return r ?: len;
}

static int bench_show(struct seq_file *seq, void *unused)
{
	unsigned int i;

	mutex_lock(&bench_mutex);
	for (i = 0; i < bench.nr_threads; i++)
		seq_printf(seq, "cpu %u bios %llu ns %llu best %llu\n", bench.thread[i].cpu,
			   bench.thread[i].bios, bench.thread[i].ns, bench.thread[i].best);
	mutex_unlock(&bench_mutex);
	return 0;
}

static int bench_open_file(struct inode *inode, struct file *file)
{
	return single_open(file, bench_show, NULL);
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.open = bench_open_file,
	.read = seq_read,
	.write = bench_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct block_device_operations bench_disk_ops = {
	.owner = THIS_MODULE,
	.submit_bio = bench_submit_bio,
};

static struct gendisk **bench_disk;
static unsigned int bench_nr_disks;
static struct dentry *bench_dir;

static int bench_add_disk(void)
{
	struct gendisk *disk = bench_alloc_disk();
	int r;

	if (IS_ERR(disk))
		return PTR_ERR(disk);
	snprintf(disk->disk_name, sizeof(disk->disk_name), "rrb%u", bench_nr_disks);
	disk->flags |= GENHD_FL_NO_PART;
	disk->fops = &bench_disk_ops;
	set_capacity(disk, (sector_t)size_mb << (20 - SECTOR_SHIFT));
	r = add_disk(disk);
	if (r) {
		put_disk(disk);
		return r;
	}
	bench_disk[bench_nr_disks++] = disk;
	return 0;
}

static void bench_remove(void)
{
	debugfs_remove_recursive(bench_dir);
	while (bench_nr_disks) {
		struct gendisk *disk = bench_disk[--bench_nr_disks];

		del_gendisk(disk);
		put_disk(disk);
	}
	kvfree(bench_disk);
	kfree(bench.thread);
}

static int __init bench_init(void)
{
	unsigned int cpu;
	int r = 0;

	if (!devices || devices > BENCH_MAX_DEVICES || !size_mb)
		return -EINVAL;
	for_each_possible_cpu(cpu) {
		spin_lock_init(&per_cpu(bench_held, cpu).lock);
		bio_list_init(&per_cpu(bench_held, cpu).bios);
	}
	bench_disk = kvcalloc(devices, sizeof(*bench_disk), GFP_KERNEL);
	if (!bench_disk)
		return -ENOMEM;
	while (!r && bench_nr_disks < devices)
		r = bench_add_disk();
	if (r) {
		bench_remove();
		return r;
	}
	bench_dir = debugfs_create_dir("rrpath_bench", NULL);
	debugfs_create_file("run", 0600, bench_dir, NULL, &bench_fops);
	return 0;
}

static void __exit bench_exit(void)
{
	bench_remove();
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Disks that do nothing, and a measure of what lies above them");
MODULE_AUTHOR("The dm-rrpath developers");
MODULE_LICENSE("GPL");
