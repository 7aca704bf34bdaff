// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/block/dm-N/rrpath: thin over the setters.
 *
 * A directory belongs to the mapped device and outlives tables: the first table
 * that is resumed makes it, each later one takes it over, and the destructor of
 * the one that has it last removes it. So an open file goes on over a reload, and
 * the old table's destructor, which runs when the new table is in use already,
 * leaves it alone.
 *
 * A file finds what it shows through the directory, under its lock, which is held
 * as long as a setter takes and by nobody who waits for files to be closed.
 *
 * Making and removing files may wait for memory, hence perhaps for I/O. So a resume
 * does it only for a device that had no such directory; when a reload adds or drops
 * paths, their files follow right after it, from work.
 */
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "rrpath.h"

struct rrpath_attr;
struct rrpath_node;

/**
 * struct rrpath_file - one file
 * @attr: what sysfs knows of it; its storage must outlive the file
 * @def: what it is
 * @node: the directory that it is in
 */
struct rrpath_file {
	struct kobj_attribute attr;
	const struct rrpath_attr *def;
	struct rrpath_node *node;
};

/**
 * struct rrpath_node - a directory of files, of a map or of one of its paths
 * @list: in rrpath_dir.nodes if it is a path's; under dir->lock
 * @dir: the directory of the map
 * @path: NULL once the path has left the map; under dir->lock
 * @bdev: the path's device; what it is, not that it is open, is held by a reference
 * @kobj: released by the kobject core, not by us; NULL until there are files
 * @files: the files
 */
struct rrpath_node {
	struct list_head list;
	struct rrpath_dir *dir;
	struct rrpath_path *path;
	struct block_device *bdev;
	struct kobject *kobj;
	struct rrpath_file *files;
};

/**
 * struct rrpath_dir - the rrpath directory of a mapped device
 * @list: in rrpath_dirs; rrpath_dirs_lock
 * @disk: whose it is, only ever compared
 * @lock: guards @map, @nodes and the nodes' path
 * @map: the table shown
 * @node: the directory's own files
 * @paths: its subdirectory "paths"
 * @nodes: of the paths
 * @work: makes the files agree with @nodes, after a reload
 */
struct rrpath_dir {
	struct list_head list;
	struct gendisk *disk;
	struct mutex lock;	/* map, nodes, the nodes' path */
	struct rrpath_map *map;
	struct rrpath_node node;
	struct kobject *paths;
	struct list_head nodes;
	struct work_struct work;
};

/*
 * rrpath_files_lock keeps a directory that is being removed from meeting a new one of
 * the same name. It is taken before rrpath_dirs_lock, and not by a resume that
 * follows a reload.
 */
static DEFINE_MUTEX(rrpath_files_lock);
static DEFINE_MUTEX(rrpath_dirs_lock);
static LIST_HEAD(rrpath_dirs);

/**
 * struct rrpath_attr - what a file is
 * @name: of the file; of an option it is the option's
 * @show: write the value and a newline; dir->lock is held
 * @store: set the value from one word; NULL for files that are read only
 */
struct rrpath_attr {
	const char *name;
	int (*show)(struct rrpath_node *node, const struct rrpath_attr *attr, char *buf);
	int (*store)(struct rrpath_node *node, const struct rrpath_attr *attr, const char *word);
};

static int rrpath_sysfs_refuse(struct rrpath_node *node, const char *what, const char *word)
{
	DMERR("%s: %s: '%.64s'", rrpath_map_name(node->dir->map), what, word);
	return -EINVAL;
}

static int rrpath_policy_show(struct rrpath_node *node, const struct rrpath_attr *attr, char *buf)
{
	const struct rrpath_policy *policy = READ_ONCE(node->dir->map->config->policy);
	const struct rrpath_policy *const *p;
	int sz = 0;

	for (p = rrpath_policies; *p; p++)
		sz += sysfs_emit_at(buf, sz, *p == policy ? "%s[%s]" : "%s%s",
				    sz ? " " : "", (*p)->name);
	return sz + sysfs_emit_at(buf, sz, "\n");
}

static int rrpath_policy_store(struct rrpath_node *node, const struct rrpath_attr *attr,
			       const char *word)
{
	const struct rrpath_policy *policy = rrpath_policy_find(word);

	if (!policy)
		return rrpath_sysfs_refuse(node, RRPATH_UNKNOWN_POLICY, word);
	rrpath_set_policy(node->dir->map, policy);
	return 0;
}

static int rrpath_option_show(struct rrpath_node *node, const struct rrpath_attr *attr, char *buf)
{
	const struct rrpath_option *option = rrpath_option_find(attr->name);
	u32 value = rrpath_option_get(&node->dir->map->config->options, option);
	char text[RRPATH_OPTION_TEXT];

	rrpath_option_print(option, value, text, sizeof(text));
	return sysfs_emit(buf, "%s\n", text);
}

static int rrpath_option_store(struct rrpath_node *node, const struct rrpath_attr *attr,
			       const char *word)
{
	const struct rrpath_option *option = rrpath_option_find(attr->name);
	u32 value;

	if (rrpath_option_parse(option, word, &value))
		return rrpath_sysfs_refuse(node, option->expects, word);
	rrpath_set_option(node->dir->map, option, value);
	return 0;
}

static int rrpath_queued_show(struct rrpath_node *node, const struct rrpath_attr *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(node->dir->map->queued));
}

static int rrpath_state_show(struct rrpath_node *node, const struct rrpath_attr *attr, char *buf)
{
	static const char * const words[] = {
		['A'] = "active",
		['S'] = "standby",
		['T'] = "stalled",
		['F'] = "failed",
		['D'] = "disabled",
	};

	return sysfs_emit(buf, "%s\n", words[(u8)rrpath_path_letter(node->path)]);
}

static int rrpath_state_store(struct rrpath_node *node, const struct rrpath_attr *attr,
			      const char *word)
{
	if (!strcmp(word, "active"))
		return rrpath_path_reinstate(node->path);
	if (strcmp(word, "disabled"))
		return rrpath_sysfs_refuse(node, "state takes active or disabled", word);
	rrpath_path_disable(node->path);
	return 0;
}

static int rrpath_priority_show(struct rrpath_node *node, const struct rrpath_attr *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(node->path->config->priority));
}

static int rrpath_priority_store(struct rrpath_node *node, const struct rrpath_attr *attr,
				 const char *word)
{
	u32 value;

	if (rrpath_number_parse(word, 0, RRPATH_MAX_PRIORITY, &value))
		return rrpath_sysfs_refuse(node, "Invalid priority, it is 0..65535", word);
	rrpath_set_priority(node->path, value);
	return 0;
}

static int rrpath_weight_show(struct rrpath_node *node, const struct rrpath_attr *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(node->path->config->weight));
}

static int rrpath_weight_store(struct rrpath_node *node, const struct rrpath_attr *attr,
			       const char *word)
{
	u32 value;

	if (rrpath_number_parse(word, 1, RRPATH_MAX_WEIGHT, &value))
		return rrpath_sysfs_refuse(node, "Invalid weight, it is 1..256", word);
	rrpath_set_weight(node->path, value);
	return 0;
}

static int rrpath_in_flight_show(struct rrpath_node *node, const struct rrpath_attr *attr,
				 char *buf)
{
	struct rrpath_stats stats;

	return sysfs_emit(buf, "%llu\n", rrpath_path_stats(node->path, &stats));
}

static int rrpath_fail_count_show(struct rrpath_node *node, const struct rrpath_attr *attr,
				  char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(node->path->fail_count));
}

static int rrpath_stalls_show(struct rrpath_node *node, const struct rrpath_attr *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(node->path->stalls));
}

static int rrpath_hold_down_show(struct rrpath_node *node, const struct rrpath_attr *attr,
				 char *buf)
{
	return sysfs_emit(buf, "%u\n", rrpath_path_hold_left_ms(node->path));
}

static int rrpath_reason_show(struct rrpath_node *node, const struct rrpath_attr *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", rrpath_path_reason(node->path));
}

static int rrpath_stat_show(struct rrpath_node *node, const struct rrpath_attr *attr, char *buf)
{
	struct rrpath_stats stats;
	int sz;

	rrpath_path_stats(node->path, &stats);
	sz = rrpath_stats_print(&stats, buf, PAGE_SIZE);
	return sz + sysfs_emit_at(buf, sz, "\n");
}

static const struct rrpath_attr rrpath_map_attrs[] = {
	{ "policy", rrpath_policy_show, rrpath_policy_store },
	{ "queue_if_no_path", rrpath_option_show, rrpath_option_store },
	{ "no_path_timeout_ms", rrpath_option_show, rrpath_option_store },
	{ "failback", rrpath_option_show, rrpath_option_store },
	{ "probe_interval_ms", rrpath_option_show, rrpath_option_store },
	{ "rr_min_io", rrpath_option_show, rrpath_option_store },
	{ "stall_timeout_ms", rrpath_option_show, rrpath_option_store },
	{ "hold_down_max_ms", rrpath_option_show, rrpath_option_store },
	{ "merge_kib", rrpath_option_show, rrpath_option_store },
	{ "queued", rrpath_queued_show },
	{ }
};

static const struct rrpath_attr rrpath_path_attrs[] = {
	{ "state", rrpath_state_show, rrpath_state_store },
	{ "priority", rrpath_priority_show, rrpath_priority_store },
	{ "weight", rrpath_weight_show, rrpath_weight_store },
	{ "in_flight", rrpath_in_flight_show },
	{ "fail_count", rrpath_fail_count_show },
	{ "stalls", rrpath_stalls_show },
	{ "hold_down_ms", rrpath_hold_down_show },
	{ "reason", rrpath_reason_show },
	{ "stat", rrpath_stat_show },
	{ }
};

/* A path's file may be open while the path leaves the map: then it is gone. */
static bool rrpath_node_gone(struct rrpath_node *node)
{
	return node != &node->dir->node && !node->path;
}

static ssize_t rrpath_file_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct rrpath_file *file = container_of(attr, struct rrpath_file, attr);
	struct rrpath_node *node = file->node;
	ssize_t sz = -ENODEV;

	mutex_lock(&node->dir->lock);
	if (!rrpath_node_gone(node))
		sz = file->def->show(node, file->def, buf);
	mutex_unlock(&node->dir->lock);
	return sz;
}

static ssize_t rrpath_file_store(struct kobject *kobj, struct kobj_attribute *attr,
				 const char *buf, size_t count)
{
	struct rrpath_file *file = container_of(attr, struct rrpath_file, attr);
	struct rrpath_node *node = file->node;
	char text[32];
	int r = -ENODEV;

	mutex_lock(&node->dir->lock);
	if (rrpath_node_gone(node))
		goto out;
	if (strscpy(text, buf, sizeof(text)) < 0)
		r = rrpath_sysfs_refuse(node, "Text too long", buf);
	else
		r = file->def->store(node, file->def, strim(text));
out:
	mutex_unlock(&node->dir->lock);
	return r ?: count;
}

static int rrpath_node_fill(struct rrpath_node *node, const struct rrpath_attr *attrs)
{
	const struct rrpath_attr *def;
	struct rrpath_file *file;
	unsigned int nr = 0;
	int r;

	for (def = attrs; def->name; def++)
		nr++;
	node->files = kcalloc(nr, sizeof(*node->files), GFP_KERNEL);
	if (!node->files)
		return -ENOMEM;

	for (def = attrs, file = node->files; def->name; def++, file++) {
		sysfs_attr_init(&file->attr.attr);
		file->attr.attr.name = def->name;
		file->attr.attr.mode = def->store ? 0644 : 0444;
		file->attr.show = rrpath_file_show;
		file->attr.store = def->store ? rrpath_file_store : NULL;
		file->def = def;
		file->node = node;
		r = sysfs_create_file(node->kobj, &file->attr.attr);
		if (r)
			return r;
	}
	return 0;
}

/* Waits for readers and writers of the files: then nobody refers to them any more. */
static void rrpath_node_empty(struct rrpath_node *node)
{
	if (node->kobj) {
		kobject_del(node->kobj);
		kobject_put(node->kobj);
	}
	kfree(node->files);
	node->kobj = NULL;
	node->files = NULL;
}

static void rrpath_node_free(struct rrpath_node *node)
{
	rrpath_node_empty(node);
	put_device(&node->bdev->bd_device);
	kfree(node);
}

/* Without its device, which may have gone just now, a path still has its files. */
static int rrpath_node_link(struct rrpath_node *node, const char *name)
{
	int r = sysfs_create_link(node->kobj, bdev_kobj(node->bdev), "device");

	if (r != -ENOENT)
		return r;
	DMWARN("no link to the device of path %s in sysfs", name);
	return 0;
}

static int rrpath_node_make(struct rrpath_node *node)
{
	char name[sizeof(((struct dm_dev *)NULL)->name)];
	int r;

	format_dev_t(name, node->bdev->bd_dev);
	node->kobj = kobject_create_and_add(name, node->dir->paths);
	if (!node->kobj)
		return -ENOMEM;
	r = rrpath_node_fill(node, rrpath_path_attrs);
	if (!r)
		r = rrpath_node_link(node, name);
	if (r)
		rrpath_node_empty(node);
	return r;
}

static void rrpath_dir_unmake(struct rrpath_dir *dir)
{
	if (dir->paths) {
		kobject_del(dir->paths);
		kobject_put(dir->paths);
		dir->paths = NULL;
	}
	rrpath_node_empty(&dir->node);
}

/* All or nothing, like rrpath_node_make(): the next update tries again. */
static int rrpath_dir_make(struct rrpath_dir *dir)
{
	int r = -ENOMEM;

	dir->node.kobj = kobject_create_and_add("rrpath", &disk_to_dev(dir->disk)->kobj);
	if (!dir->node.kobj)
		return r;
	dir->paths = kobject_create_and_add("paths", dir->node.kobj);
	if (dir->paths)
		r = rrpath_node_fill(&dir->node, rrpath_map_attrs);
	if (r)
		rrpath_dir_unmake(dir);
	return r;
}

/*
 * A node whose files are not as they should be, off the list if it has no path, else
 * behind those that are left to do: so the next one is found at once.
 */
static struct rrpath_node *rrpath_dir_next(struct rrpath_dir *dir)
{
	struct rrpath_node *node;

	mutex_lock(&dir->lock);
	list_for_each_entry(node, &dir->nodes, list) {
		if (node->path && node->kobj)
			continue;
		if (node->path)
			list_move_tail(&node->list, &dir->nodes);
		else
			list_del_init(&node->list);
		mutex_unlock(&dir->lock);
		return node;
	}
	mutex_unlock(&dir->lock);
	return NULL;
}

/*
 * Make the files agree with the nodes. Runs once at a time: in the resume that made
 * the directory, later as the directory's work.
 */
static void rrpath_dir_update(struct rrpath_dir *dir)
{
	struct rrpath_node *node;
	int r = 0;

	if (!dir->node.kobj)
		r = rrpath_dir_make(dir);
	while (!r && (node = rrpath_dir_next(dir))) {
		if (list_empty(&node->list))
			rrpath_node_free(node);
		else
			r = rrpath_node_make(node);
	}
	if (r)
		DMWARN("%s: not all files in sysfs could be made (error %d)",
		       dir->disk->disk_name, r);
}

static void rrpath_dir_work(struct work_struct *work)
{
	rrpath_dir_update(container_of(work, struct rrpath_dir, work));
}

static struct rrpath_dir *rrpath_dir_find(struct gendisk *disk)
{
	struct rrpath_dir *dir;

	lockdep_assert_held(&rrpath_dirs_lock);
	list_for_each_entry(dir, &rrpath_dirs, list)
		if (dir->disk == disk)
			return dir;
	return NULL;
}

static struct rrpath_dir *rrpath_dir_alloc(struct gendisk *disk)
{
	struct rrpath_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL);

	if (!dir)
		return NULL;
	dir->disk = disk;
	dir->node.dir = dir;
	mutex_init(&dir->lock);
	INIT_LIST_HEAD(&dir->nodes);
	INIT_WORK(&dir->work, rrpath_dir_work);
	list_add(&dir->list, &rrpath_dirs);
	return dir;
}

static void rrpath_dir_free(struct rrpath_dir *dir)
{
	struct rrpath_node *node, *next;

	list_for_each_entry_safe(node, next, &dir->nodes, list)
		rrpath_node_free(node);
	rrpath_dir_unmake(dir);
	mutex_destroy(&dir->lock);
	kfree(dir);
}

/*
 * The node of a device, a new one if it has none; to the end of the list, where those are
 * that have a path. Most reloads keep the order, so the one that is sought comes first.
 */
static struct rrpath_node *rrpath_dir_node(struct rrpath_dir *dir, struct block_device *bdev)
{
	struct rrpath_node *node;

	list_for_each_entry(node, &dir->nodes, list) {
		if (node->path)
			break;
		if (node->bdev == bdev) {
			list_move_tail(&node->list, &dir->nodes);
			return node;
		}
	}

	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return NULL;
	node->dir = dir;
	node->bdev = bdev;
	get_device(&bdev->bd_device);
	list_add_tail(&node->list, &dir->nodes);
	return node;
}

/* Show @map from now on: readers and writers see the old table or it. */
static void rrpath_dir_show(struct rrpath_dir *dir, struct rrpath_map *map)
{
	struct rrpath_node *node;
	unsigned int i;

	mutex_lock(&dir->lock);
	if (dir->map)
		rrpath_map_inherit(map, dir->map);
	dir->map = map;
	list_for_each_entry(node, &dir->nodes, list)
		node->path = NULL;
	for (i = 0; i < map->nr_paths; i++) {
		node = rrpath_dir_node(dir, map->path[i].member.bdev);
		if (node)
			node->path = &map->path[i];
	}
	mutex_unlock(&dir->lock);
}

/**
 * rrpath_sysfs_attach() - show a map in sysfs
 * @map: about to be resumed, for the first time or not
 *
 * If the device had another table before, this is also when the map inherits what
 * the old one knew of its paths. A failure is logged and costs only files: a
 * device that stays suspended would cost more.
 *
 * Context: may sleep; the device is suspended, so memory is had without I/O.
 */
void rrpath_sysfs_attach(struct rrpath_map *map)
{
	struct gendisk *disk = dm_disk(dm_table_get_md(map->ti->table));
	unsigned int noio = memalloc_noio_save();
	struct rrpath_dir *dir;
	bool reload;

	mutex_lock(&rrpath_dirs_lock);
	dir = rrpath_dir_find(disk);
	reload = dir;
	if (!dir)
		dir = rrpath_dir_alloc(disk);
	if (!dir)
		DMWARN("%s: no memory for files in sysfs", rrpath_map_name(map));
	else if (dir->map != map)
		rrpath_dir_show(dir, map);
	mutex_unlock(&rrpath_dirs_lock);

	if (dir && reload) {
		queue_work(rrpath_event_wq, &dir->work);
	} else if (dir) {
		mutex_lock(&rrpath_files_lock);
		rrpath_dir_update(dir);
		mutex_unlock(&rrpath_files_lock);
	}
	memalloc_noio_restore(noio);
}

/**
 * rrpath_sysfs_detach() - show a map in sysfs no longer
 * @map: being destroyed; another table may have taken its directory over
 *
 * Waits for readers and writers of the files, which wait for nobody but an RCU
 * grace period.
 *
 * Context: may sleep.
 */
void rrpath_sysfs_detach(struct rrpath_map *map)
{
	struct rrpath_dir *dir;

	mutex_lock(&rrpath_files_lock);
	mutex_lock(&rrpath_dirs_lock);
	dir = rrpath_dir_find(dm_disk(dm_table_get_md(map->ti->table)));
	if (dir && dir->map == map)
		list_del(&dir->list);
	else
		dir = NULL;
	mutex_unlock(&rrpath_dirs_lock);

	if (dir) {
		cancel_work_sync(&dir->work);
		rrpath_dir_free(dir);
	}
	mutex_unlock(&rrpath_files_lock);
}
