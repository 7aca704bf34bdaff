// SPDX-License-Identifier: GPL-2.0
/* Device-mapper operations without udev: libdevmapper makes the nodes, no cookie is waited for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libdevmapper.h>
#include <linux/dm-ioctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "rrt.h"

static void quiet(int level, const char *file, int line, int dm_errno, const char *f, ...)
{
	(void)level;
	(void)file;
	(void)line;
	(void)dm_errno;
	(void)f;
}

static struct dm_task *task(int type, const char *name)
{
	struct dm_task *dmt;

	dm_log_with_errno_init(quiet);
	dmt = dm_task_create(type);
	if (!dmt || !dm_task_set_name(dmt, name))
		exit(ENOMEM);
	return dmt;
}

/* Runs it; leaves it to the caller to destroy it, who may want what came back. */
static int run(struct dm_task *dmt)
{
	int err = 0;

	if (!dm_task_run(dmt)) {
		err = dm_task_get_errno(dmt);
		if (!err)
			err = EINVAL;
	}
	dm_task_update_nodes();
	return err;
}

static int run_and_destroy(struct dm_task *dmt)
{
	int err = run(dmt);

	dm_task_destroy(dmt);
	return err;
}

/* `<start> <length> <target> <params>`, more of them after a `|`. */
static int add_targets(struct dm_task *dmt, char *table)
{
	char *next;

	do {
		unsigned long long start, len;
		char *target;

		next = strchr(table, '|');
		if (next)
			*next++ = '\0';
		start = rrt_number(&table);
		len = rrt_number(&table);
		target = rrt_word(&table);
		if (!*target || !dm_task_add_target(dmt, start, len, target, table))
			return EINVAL;
		table = next;
	} while (next);
	return 0;
}

static int do_create(char *args, FILE *out)
{
	char *name = rrt_word(&args), *uuid = rrt_word(&args);
	struct dm_task *dmt = task(DM_DEVICE_CREATE, name);
	struct dm_info info;
	int err = 0;

	if (strcmp(uuid, "-") && !dm_task_set_uuid(dmt, uuid))
		err = EINVAL;
	if (!err && *args)
		err = add_targets(dmt, args);
	if (!err)
		err = run(dmt);
	if (!err && dm_task_get_info(dmt, &info))
		fprintf(out, "%u:%u", info.major, info.minor);
	dm_task_destroy(dmt);
	return err;
}

static int do_load(char *args, FILE *out)
{
	char *name = rrt_word(&args);
	struct dm_task *dmt = task(DM_DEVICE_RELOAD, name);
	int err = add_targets(dmt, args);

	(void)out;
	if (!err)
		err = run(dmt);
	dm_task_destroy(dmt);
	return err;
}

int rrt_dm_load(const char *name, unsigned long long len, const char *target, const char *params)
{
	struct dm_task *dmt = task(DM_DEVICE_RELOAD, name);

	if (!dm_task_add_target(dmt, 0, len, target, params))
		exit(ENOMEM);
	return run_and_destroy(dmt);
}

int rrt_dm_clear(const char *name)
{
	return run_and_destroy(task(DM_DEVICE_CLEAR, name));
}

int rrt_dm_message(const char *name, const char *text)
{
	struct dm_task *dmt = task(DM_DEVICE_TARGET_MSG, name);

	if (!dm_task_set_message(dmt, text))
		exit(ENOMEM);
	return run_and_destroy(dmt);
}

/* Without flushing, for bios may be held, and without freezing. */
static int noflush(int type, const char *name)
{
	struct dm_task *dmt = task(type, name);

	if (!dm_task_no_flush(dmt) || !dm_task_skip_lockfs(dmt))
		exit(ENOMEM);
	return run_and_destroy(dmt);
}

int rrt_dm_suspend(const char *name)
{
	return noflush(DM_DEVICE_SUSPEND, name);
}

int rrt_dm_resume(const char *name)
{
	return noflush(DM_DEVICE_RESUME, name);
}

int rrt_dm_line(const char *name, enum rrt_line which, char *to, size_t size)
{
	struct dm_task *dmt = task(which == RRT_STATUS ? DM_DEVICE_STATUS : DM_DEVICE_TABLE, name);
	char *target = NULL, *params;
	uint64_t start, len;
	int err;

	dm_task_no_flush(dmt);
	if (which == RRT_INACTIVE)
		dm_task_query_inactive_table(dmt);
	err = run(dmt);
	if (!err)
		dm_get_next_target(dmt, NULL, &start, &len, &target, &params);
	if (!err && !target)
		err = ENXIO;
	if (!err && (size_t)snprintf(to, size, "%s", params) >= size)
		err = E2BIG;
	dm_task_destroy(dmt);
	return err;
}

int rrt_dm_open_count(const char *name)
{
	struct dm_task *dmt = task(DM_DEVICE_INFO, name);
	struct dm_info info;
	int count = -1;

	if (!run(dmt) && dm_task_get_info(dmt, &info) && info.exists)
		count = info.open_count;
	dm_task_destroy(dmt);
	return count;
}

static int do_clear(char *args, FILE *out)
{
	(void)out;
	return rrt_dm_clear(rrt_word(&args));
}

static int do_message(char *args, FILE *out)
{
	char *name = rrt_word(&args);

	(void)out;
	return rrt_dm_message(name, args);
}

static int change(int type, char *args)
{
	struct dm_task *dmt = task(type, rrt_word(&args));
	char *word;
	int lockfs = 0;

	while (*(word = rrt_word(&args))) {
		if (!strcmp(word, "noflush"))
			dm_task_no_flush(dmt);
		else if (!strcmp(word, "lockfs"))
			lockfs = 1;
		else if (!strcmp(word, "deferred"))
			dm_task_deferred_remove(dmt);
		else
			return EINVAL;
	}
	if (!lockfs)
		dm_task_skip_lockfs(dmt);
	return run_and_destroy(dmt);
}

static int do_suspend(char *args, FILE *out)
{
	(void)out;
	return change(DM_DEVICE_SUSPEND, args);
}

static int do_resume(char *args, FILE *out)
{
	(void)out;
	return change(DM_DEVICE_RESUME, args);
}

static int do_remove(char *args, FILE *out)
{
	(void)out;
	return change(DM_DEVICE_REMOVE, args);
}

/* Another table under a live map, as `dmsetup load` and `dmsetup resume` do it. */
static int do_swap(char *args, FILE *out)
{
	char *rest = args, *name = strdup(rrt_word(&rest)), *again = NULL;
	int err = ENOMEM;

	if (name && asprintf(&again, "%s %s", name, rest) > 0) {
		err = do_load(again, out);
		if (!err)
			err = change(DM_DEVICE_RESUME, name);
	}
	free(again);
	free(name);
	return err;
}

static int do_rename(char *args, FILE *out)
{
	struct dm_task *dmt = task(DM_DEVICE_RENAME, rrt_word(&args));

	(void)out;
	if (!dm_task_set_newname(dmt, rrt_word(&args)))
		return EINVAL;
	return run_and_destroy(dmt);
}

static int show(int type, char *args, FILE *out)
{
	struct dm_task *dmt = task(type, rrt_word(&args));
	void *next = NULL;
	int err;

	if (!strcmp(rrt_word(&args), "noflush"))
		dm_task_no_flush(dmt);
	err = run(dmt);
	while (!err) {
		uint64_t start, len;
		char *target, *params;

		next = dm_get_next_target(dmt, next, &start, &len, &target, &params);
		if (target)
			fprintf(out, "%llu %llu %s %s%s", (unsigned long long)start,
				(unsigned long long)len, target, params, next ? " | " : "");
		if (!next)
			break;
	}
	dm_task_destroy(dmt);
	return err;
}

static int do_status(char *args, FILE *out)
{
	return show(DM_DEVICE_STATUS, args, out);
}

/*
 * The status with ever more room for it, which libdevmapper only has in large steps: what came
 * first without the word that there was too little.
 */
static int do_status_room(char *args, FILE *out)
{
	size_t room = sizeof(struct dm_ioctl) + sizeof(struct dm_target_spec), limit = 1 << 16;
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC), err = 0;
	struct dm_ioctl *io = calloc(1, limit);
	char *name = rrt_word(&args);

	if (!io)
		exit(ENOMEM);
	if (fd < 0)
		err = errno;
	for (; !err && room < limit; room++) {
		memset(io, 0, room);
		io->version[0] = DM_VERSION_MAJOR;
		io->data_size = room;
		io->data_start = sizeof(*io);
		snprintf(io->name, sizeof(io->name), "%s", name);
		if (ioctl(fd, DM_TABLE_STATUS, io))
			err = errno;
		else if (!(io->flags & DM_BUFFER_FULL_FLAG))
			break;
	}
	if (!err && room == limit)
		err = E2BIG;
	if (!err)
		fprintf(out, "%s", (char *)io + io->data_start + sizeof(struct dm_target_spec));
	if (fd >= 0)
		close(fd);
	free(io);
	return err;
}

static int do_table(char *args, FILE *out)
{
	return show(DM_DEVICE_TABLE, args, out);
}

static int do_info(char *args, FILE *out)
{
	struct dm_task *dmt = task(DM_DEVICE_INFO, rrt_word(&args));
	struct dm_info info;
	int err = run(dmt);

	if (!err && (!dm_task_get_info(dmt, &info) || !info.exists))
		err = ENXIO;
	if (!err)
		fprintf(out, "%d %u %d %d %u:%u", info.open_count, info.event_nr, info.suspended,
			info.inactive_table, info.major, info.minor);
	dm_task_destroy(dmt);
	return err;
}

/* Every map, those without a table too, which are not in /sys/block. */
static int do_list(char *args, FILE *out)
{
	struct dm_task *dmt = dm_task_create(DM_DEVICE_LIST);
	struct dm_names *names;
	unsigned int next = 0;
	int err;

	(void)args;
	if (!dmt)
		exit(ENOMEM);
	dm_log_with_errno_init(quiet);
	err = run(dmt);
	names = err ? NULL : dm_task_get_names(dmt);
	if (names && names->dev) {
		do {
			names = (struct dm_names *)((char *)names + next);
			fprintf(out, "%s ", names->name);
			next = names->next;
		} while (next);
	}
	dm_task_destroy(dmt);
	return err;
}

const struct rrt_op rrt_dm_ops[] = {
	{ "create", do_create, "NAME UUID|- [START LEN TARGET PARAMS [| ...]]: gives major:minor" },
	{ "load", do_load, "NAME START LEN TARGET PARAMS [| ...]" },
	{ "clear", do_clear, "NAME" },
	{ "swap", do_swap, "NAME START LEN TARGET PARAMS: load and resume" },
	{ "suspend", do_suspend, "NAME [noflush] [lockfs]" },
	{ "resume", do_resume, "NAME [noflush] [lockfs]" },
	{ "remove", do_remove, "NAME [deferred]" },
	{ "rename", do_rename, "NAME NEW" },
	{ "message", do_message, "NAME TEXT" },
	{ "status", do_status, "NAME [noflush]" },
	{ "status-room", do_status_room, "NAME: parameters, the first that had room" },
	{ "table", do_table, "NAME" },
	{ "list", do_list, "names of all maps" },
	{ "info", do_info, "NAME: open count, event, suspended, inactive table, major:minor" },
	{ }
};
