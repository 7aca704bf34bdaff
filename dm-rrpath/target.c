// SPDX-License-Identifier: GPL-2.0
/*
 * The target: made, suspended, resumed, described and unmade by the core.
 */
#include <linux/module.h>

#include "compat.h"
#include "rrpath.h"

/*
 * For held bios; for probes and clocks; for what allocates memory or takes mutexes of
 * the core: events, and files in sysfs. The first two have rescuers and never stand
 * behind the third.
 */
struct workqueue_struct *rrpath_io_wq;
struct workqueue_struct *rrpath_wq;
struct workqueue_struct *rrpath_event_wq;

/* Clones of bios with a payload. */
struct bio_set rrpath_bios;

/* Defaults of new maps; the parameters below write to them. */
static struct rrpath_options rrpath_defaults = RRPATH_BUILTIN_OPTIONS;

static int rrpath_param_set(const char *val, const struct kernel_param *kp)
{
	const struct rrpath_option *option = rrpath_option_find(kp->name);
	char word[RRPATH_OPTION_TEXT];
	u32 value;

	if (strscpy(word, val, sizeof(word)) < 0 ||
	    rrpath_option_parse(option, strim(word), &value)) {
		DMERR("%s: '%.64s'", option->expects, val);
		return -EINVAL;
	}
	WRITE_ONCE(*(u32 *)kp->arg, value);
	return 0;
}

static int rrpath_param_get(char *buffer, const struct kernel_param *kp)
{
	const struct rrpath_option *option = rrpath_option_find(kp->name);
	char text[RRPATH_OPTION_TEXT];

	rrpath_option_print(option, READ_ONCE(*(u32 *)kp->arg), text, sizeof(text));
	return sysfs_emit(buffer, "%s\n", text);
}

static const struct kernel_param_ops rrpath_param_ops = {
	.set = rrpath_param_set,
	.get = rrpath_param_get,
};

module_param_cb(no_path_timeout_ms, &rrpath_param_ops, &rrpath_defaults.no_path_timeout_ms, 0644);
MODULE_PARM_DESC(no_path_timeout_ms, "How long new maps hold bios without a path, 0: for ever (default 0)");
module_param_cb(failback, &rrpath_param_ops, &rrpath_defaults.failback, 0644);
MODULE_PARM_DESC(failback, "When new maps return to a better path: immediate, manual or ms (default immediate)");
module_param_cb(probe_interval_ms, &rrpath_param_ops, &rrpath_defaults.probe_interval_ms, 0644);
MODULE_PARM_DESC(probe_interval_ms, "How often new maps probe a failed path, 0: never (default 1000)");
module_param_cb(rr_min_io, &rrpath_param_ops, &rrpath_defaults.rr_min_io, 0644);
MODULE_PARM_DESC(rr_min_io, "Bios per turn of round-robin of new maps (default 1)");
module_param_cb(stall_timeout_ms, &rrpath_param_ops, &rrpath_defaults.stall_timeout_ms, 0644);
MODULE_PARM_DESC(stall_timeout_ms, "When new maps leave a path out that completes nothing, 0: never (default 1000)");
module_param_cb(hold_down_max_ms, &rrpath_param_ops, &rrpath_defaults.hold_down_max_ms, 0644);
MODULE_PARM_DESC(hold_down_max_ms, "Longest time that new maps make a flapping path wait, 0: none (default 60000)");
module_param_cb(merge_kib, &rrpath_param_ops, &rrpath_defaults.merge_kib, 0644);
MODULE_PARM_DESC(merge_kib, "How large a request of new maps grows on one path, in KiB, 0: take turns (default 1024)");

/**
 * rrpath_default_options() - what a table line that names no option means now
 * @options: set to the module parameters
 *
 * Context: any.
 */
void rrpath_default_options(struct rrpath_options *options)
{
	const struct rrpath_option *option;

	for (option = rrpath_option_table; option->name; option++)
		*rrpath_option_value(options, option) = rrpath_option_get(&rrpath_defaults, option);
}

/**
 * rrpath_find_path() - look a path up by its device
 * @map: the map
 * @dev: the device's number
 *
 * Context: any.
 * Return: the path, or NULL.
 */
struct rrpath_path *rrpath_find_path(struct rrpath_map *map, dev_t dev)
{
	unsigned int i;

	for (i = 0; i < map->nr_paths; i++)
		if (map->path[i].member.bdev->bd_dev == dev)
			return &map->path[i];
	return NULL;
}

static int rrpath_refuse_device(struct dm_target *ti, const char *what, const char *word, int r)
{
	DMERR("%s: '%.64s'", what, word);
	ti->error = (char *)what;
	return r;
}

static int rrpath_open_path(struct dm_target *ti, struct rrpath_map *map, unsigned int index)
{
	struct rrpath_path *path = &map->path[index];
	const char *word = path->config->device;
	struct gendisk *disk;
	unsigned int i;
	int r;

	r = dm_get_device(ti, word, dm_table_get_mode(ti->table), &path->dev);
	if (r) {
		path->dev = NULL;
		return rrpath_refuse_device(ti, "Cannot open the device", word, r);
	}
	path->member.bdev = path->dev->bdev;
	path->config->device = path->dev->name;
	rrpath_path_identify(path);

	disk = path->member.bdev->bd_disk;
	if (disk == dm_disk(dm_table_get_md(ti->table)))
		return rrpath_refuse_device(ti, "The map as a path of itself", word, -EINVAL);
	for (i = 0; i < index; i++) {
		if (map->path[i].member.bdev == path->member.bdev)
			return rrpath_refuse_device(ti, "Device given twice", word, -EINVAL);
		if (map->path[i].member.bdev->bd_disk == disk)
			return rrpath_refuse_device(ti, "Two paths on one disk", word, -EINVAL);
	}
	if (bdev_nr_sectors(path->member.bdev) < ti->len)
		return rrpath_refuse_device(ti, "Device smaller than the map", word, -EINVAL);
	if (ti->len & ((bdev_logical_block_size(path->member.bdev) >> SECTOR_SHIFT) - 1))
		return rrpath_refuse_device(ti,
					    "Length of the map no multiple of the device's logical block",
					    word, -EINVAL);
	return 0;
}

static int rrpath_alloc_probe_page(struct rrpath_map *map)
{
	unsigned int i, size = PAGE_SIZE;

	for (i = 0; i < map->nr_paths; i++)
		size = max(size, bdev_logical_block_size(map->path[i].member.bdev));
	map->probe_order = get_order(size);
	map->probe_page = alloc_pages(GFP_KERNEL, map->probe_order);
	return map->probe_page ? 0 : -ENOMEM;
}

static void rrpath_destroy(struct rrpath_map *map)
{
	unsigned int i;

	rrpath_sysfs_detach(map);
	rrpath_map_stop(map);
	for (i = 0; i < map->nr_paths; i++)
		if (map->path[i].dev)
			dm_put_device(map->ti, map->path[i].dev);
	rrpath_map_free(map);
}

static int rrpath_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct rrpath_fault fault = { };
	struct rrpath_options defaults;
	struct rrpath_config *config;
	struct rrpath_map *map;
	unsigned int i;
	int r;

	rrpath_default_options(&defaults);
	r = rrpath_config_parse(argc, argv, &defaults, &config, &fault);
	if (r == -EINVAL)
		return rrpath_refuse_device(ti, fault.what, fault.word ?: "(missing)", r);
	if (r) {
		ti->error = "Out of memory";
		return r;
	}

	map = rrpath_map_alloc(ti, config);
	if (!map) {
		ti->error = "Out of memory";
		return -ENOMEM;
	}
	for (i = 0; i < map->nr_paths; i++) {
		r = rrpath_open_path(ti, map, i);
		if (r)
			goto bad;
	}
	r = rrpath_alloc_probe_page(map);
	if (r) {
		ti->error = "Out of memory";
		goto bad;
	}

	map->nr_usable = map->nr_paths;
	rrpath_map_refresh(map);

	ti->num_flush_bios = 1;
	ti->num_discard_bios = 1;
	ti->num_secure_erase_bios = 1;
	ti->num_write_zeroes_bios = 1;
	/* What is held is accounted for when it is sent, by dm_submit_bio_remap(). */
	ti->accounts_remapped_io = true;
	ti->per_io_data_size = sizeof(struct rrpath_bio);
	ti->private = map;
	return 0;

bad:
	rrpath_destroy(map);
	return r;
}

static void rrpath_dtr(struct dm_target *ti)
{
	rrpath_destroy(ti->private);
}

static void rrpath_presuspend(struct dm_target *ti)
{
	rrpath_map_suspend(ti->private);
}

static void rrpath_presuspend_undo(struct dm_target *ti)
{
	rrpath_map_unsuspend(ti->private);
}

static void rrpath_postsuspend(struct dm_target *ti)
{
	rrpath_map_pause(ti->private);
}

static void rrpath_resume(struct dm_target *ti)
{
	struct rrpath_map *map = ti->private;

	/* First: on a reload, this is where the old table's states come from. */
	rrpath_sysfs_attach(map);
	rrpath_map_resume(map);
}

/* One path in the status line: the fields of the interface document, in their order. */
#define RRPATH_NR_FIELDS	15

static unsigned int rrpath_status_info(struct rrpath_map *map, char *result, unsigned int maxlen)
{
	unsigned int i, sz = 0;

	DMEMIT("%s %u %u %u %u %u", map->config->policy->name,
	       map->config->options.queue_if_no_path, READ_ONCE(map->queued),
	       READ_ONCE(map->nr_usable), map->nr_paths, RRPATH_NR_FIELDS);
	/* What does not fit is asked for once more, with more room. */
	for (i = 0; i < map->nr_paths && sz + 1 < maxlen; i++) {
		struct rrpath_path *path = &map->path[i];
		struct rrpath_stats stats;
		u64 in_flight = rrpath_path_stats(path, &stats);

		/* One moment for the whole of its state. */
		spin_lock_irq(&map->lock);
		DMEMIT(" %s %c %u %u %u %llu ", path->dev->name, rrpath_path_letter(path),
		       path->config->priority, path->config->weight, path->fail_count, in_flight);
		sz += rrpath_stats_print(&stats, result + sz, maxlen - sz);
		DMEMIT(" %u %u %s", path->stalls, rrpath_path_hold_left_ms(path),
		       rrpath_path_reason(path));
		spin_unlock_irq(&map->lock);
	}
	return sz;
}

static unsigned int rrpath_status_table(struct rrpath_map *map, char *result, unsigned int maxlen)
{
	struct rrpath_options defaults;

	rrpath_default_options(&defaults);
	return rrpath_config_print(map->config, &defaults, result, maxlen);
}

static unsigned int rrpath_status_ima(struct rrpath_map *map, char *result, unsigned int maxlen)
{
	const struct rrpath_option *option;
	char text[RRPATH_OPTION_TEXT];
	unsigned int i, sz = 0;

	DMEMIT_TARGET_NAME_VERSION(map->ti->type);
	DMEMIT(",policy=%s", map->config->policy->name);
	for (option = rrpath_option_table; option->name; option++) {
		rrpath_option_print(option, rrpath_option_get(&map->config->options, option),
				    text, sizeof(text));
		DMEMIT(",%s=%s", option->name, text);
	}
	DMEMIT(",nr_paths=%u", map->nr_paths);
	for (i = 0; i < map->nr_paths; i++) {
		struct rrpath_path *path = &map->path[i];

		DMEMIT(",path_name_%u=%s,path_state_%u=%c,path_priority_%u=%u,path_weight_%u=%u",
		       i, path->dev->name, i, rrpath_path_letter(path),
		       i, path->config->priority, i, path->config->weight);
	}
	DMEMIT(";");
	return sz;
}

static void rrpath_status(struct dm_target *ti, status_type_t type, unsigned int status_flags,
			  char *result, unsigned int maxlen)
{
	struct rrpath_map *map = ti->private;

	*result = '\0';
	mutex_lock(&map->mutex);
	switch (type) {
	case STATUSTYPE_INFO:
		rrpath_status_info(map, result, maxlen);
		break;
	case STATUSTYPE_TABLE:
		rrpath_status_table(map, result, maxlen);
		break;
	case STATUSTYPE_IMA:
		rrpath_status_ima(map, result, maxlen);
		break;
	}
	mutex_unlock(&map->mutex);
}

/* The path to begin with: one in use, else a usable one, else any. */
static unsigned int rrpath_first_path(struct rrpath_map *map)
{
	unsigned int i, first = 0;
	bool usable = false;

	for (i = 0; i < map->nr_paths; i++) {
		char letter = rrpath_path_letter(&map->path[i]);

		if (letter == 'A')
			return i;
		if (letter == 'S' && !usable) {
			usable = true;
			first = i;
		}
	}
	return first;
}

/*
 * The order matters to one caller: a persistent reservation is made by the first
 * path that takes it, and conflicts with what is written over the others. So it
 * begins with one that is in use. Every path comes once, whatever happens to states
 * meanwhile.
 */
static int rrpath_iterate_devices(struct dm_target *ti, iterate_devices_callout_fn fn, void *data)
{
	struct rrpath_map *map = ti->private;
	unsigned int i, first = rrpath_first_path(map);
	int r = 0;

	for (i = 0; i < map->nr_paths && !r; i++)
		r = fn(ti, map->path[(first + i) % map->nr_paths].dev, 0, ti->len, data);
	return r;
}

static struct target_type rrpath_target = {
	.name = "rrpath",
	.version = { 1, 0, 0 },
	.features = DM_TARGET_SINGLETON | DM_TARGET_NOWAIT |
		    DM_TARGET_PASSES_INTEGRITY | DM_TARGET_PASSES_CRYPTO,
	.module = THIS_MODULE,
	.ctr = rrpath_ctr,
	.dtr = rrpath_dtr,
	.map = rrpath_map_bio,
	.end_io = rrpath_end_io,
	.presuspend = rrpath_presuspend,
	.presuspend_undo = rrpath_presuspend_undo,
	.postsuspend = rrpath_postsuspend,
	.resume = rrpath_resume,
	.status = rrpath_status,
	.message = rrpath_message,
	.prepare_ioctl = rrpath_compat_prepare_ioctl,
	.iterate_devices = rrpath_iterate_devices,
};

static void rrpath_free_resources(void)
{
	if (rrpath_event_wq)
		destroy_workqueue(rrpath_event_wq);
	if (rrpath_wq)
		destroy_workqueue(rrpath_wq);
	if (rrpath_io_wq)
		destroy_workqueue(rrpath_io_wq);
	bioset_exit(&rrpath_bios);
}

static int __init rrpath_init(void)
{
	int r;

	/* Several clones may be queued on one task's stack, hence the rescuer. */
	r = bioset_init(&rrpath_bios, BIO_POOL_SIZE, 0, BIOSET_NEED_RESCUER);
	if (r)
		return r;
	rrpath_io_wq = alloc_workqueue("rrpath_io", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	rrpath_wq = alloc_workqueue("rrpath", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	rrpath_event_wq = alloc_workqueue("rrpath_event", WQ_UNBOUND, 0);
	r = -ENOMEM;
	if (rrpath_io_wq && rrpath_wq && rrpath_event_wq)
		r = dm_register_target(&rrpath_target);
	if (r)
		rrpath_free_resources();
	return r;
}

static void __exit rrpath_exit(void)
{
	/* First: as long as the target is known, a map may come to use the rest. */
	dm_unregister_target(&rrpath_target);
	rrpath_free_resources();
}

module_init(rrpath_init);
module_exit(rrpath_exit);

MODULE_DESCRIPTION(DM_NAME " target for several paths to one disk");
MODULE_AUTHOR("The dm-rrpath developers");
MODULE_LICENSE("GPL");
MODULE_ALIAS("dm-rrpath");
