// SPDX-License-Identifier: GPL-2.0
/* The door to device-mapper. */
#include <errno.h>
#include <libdevmapper.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dm.h"
#include "util.h"

#define UDEV_CONTROL	"/run/udev/control"

static void free_task(struct dm_task **task)
{
	if (*task)
		dm_task_destroy(*task);
}

#define __task	__rr_cleanup(free_task)

/* Every error is reported by the caller, in one line, so the library is silent. */
__rr_printf(5, 6)
static void no_log(int level, const char *file, int line, int dm_errno, const char *fmt, ...)
{
	(void)level;
	(void)file;
	(void)line;
	(void)dm_errno;
	(void)fmt;
}

/*
 * The library takes udevd for running when its socket is there. A socket that
 * nobody listens on (a udevd that was killed) would make it wait for ever.
 */
static bool udevd_is_dead(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = UDEV_CONTROL };
	bool dead = false;
	int fd;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		dead = errno == ECONNREFUSED;
	close(fd);
	return dead;
}

int rrpath_dm_init(void)
{
	char version[32];

	dm_log_with_errno_init(no_log);
	dm_hold_control_dev(1);
	if (udevd_is_dead())
		dm_udev_set_sync_support(0);
	return dm_driver_version(version, sizeof(version)) ? 0 : -ENODEV;
}

void rrpath_dm_exit(void)
{
	dm_hold_control_dev(0);
	dm_lib_release();
}

static int run(struct dm_task *task)
{
	int error;

	if (dm_task_run(task))
		return 0;
	error = dm_task_get_errno(task);
	return error ? -error : -EIO;
}

static struct dm_task *new_task(int type, const char *name)
{
	struct dm_task *task = dm_task_create(type);

	if (task && !dm_task_set_name(task, name)) {
		dm_task_destroy(task);
		task = NULL;
	}
	return task;
}

static int run_simple(int type, const char *name)
{
	struct dm_task *task __task = new_task(type, name);

	return task ? run(task) : -ENOMEM;
}

bool rrpath_dm_has_target(void)
{
	struct dm_task *task __task = dm_task_create(DM_DEVICE_LIST_VERSIONS);
	struct dm_versions *target;

	if (!task || run(task))
		return false;
	for (target = dm_task_get_versions(task); target;
	     target = (struct dm_versions *)((char *)target + target->next)) {
		if (!strcmp(target->name, RRPATH_TARGET))
			return true;
		if (!target->next)
			break;
	}
	return false;
}

int rrpath_dm_names(char ***names, size_t *nr)
{
	struct dm_task *task __task = dm_task_create(DM_DEVICE_LIST);
	struct dm_names *entry;
	int ret;

	*names = NULL;
	*nr = 0;
	if (!task)
		return -ENOMEM;
	ret = run(task);
	if (ret)
		return ret;
	/* With no map there is one entry, of device 0. */
	for (entry = dm_task_get_names(task); entry && entry->dev;
	     entry = (struct dm_names *)((char *)entry + entry->next)) {
		*names = rrpath_grow(*names, *nr + 1, sizeof(**names));
		(*names)[(*nr)++] = rrpath_dup(entry->name);
		if (!entry->next)
			break;
	}
	return 0;
}

int rrpath_dm_info(const char *name, struct rrpath_dm_info *info)
{
	struct dm_task *task __task = new_task(DM_DEVICE_INFO, name);
	struct dm_info dmi = { 0 };
	const char *uuid;
	int ret;

	memset(info, 0, sizeof(*info));
	if (!task)
		return -ENOMEM;
	ret = run(task);
	/* The library makes "no such map" a success with exists == 0, an old one does not. */
	if (ret == -ENXIO)
		return 0;
	if (ret)
		return ret;
	if (!dm_task_get_info(task, &dmi))
		return -EIO;
	info->exists = dmi.exists;
	info->suspended = dmi.suspended;
	info->live_table = dmi.live_table;
	info->inactive_table = dmi.inactive_table;
	info->read_only = dmi.read_only;
	info->deferred_remove = dmi.deferred_remove;
	info->open_count = dmi.open_count;
	info->major = dmi.major;
	info->minor = dmi.minor;
	uuid = dm_task_get_uuid(task);
	if (uuid)
		rrpath_copy(info->uuid, sizeof(info->uuid), uuid);
	return 0;
}

static int read_line(int type, const char *name, struct rrpath_dm_line *line)
{
	struct dm_task *task __task = new_task(type, name);
	char *target = NULL, *params = NULL;
	struct dm_info dmi = { 0 };
	void *next;
	int ret;

	memset(line, 0, sizeof(*line));
	if (!task)
		return -ENOMEM;
	/* What waits for a path must not be waited for to show it. */
	if (!dm_task_no_flush(task))
		return -ENOMEM;
	ret = run(task);
	if (ret)
		return ret;
	if (!dm_task_get_info(task, &dmi))
		return -EIO;
	if (!dmi.exists)
		return -ENXIO;
	next = dm_get_next_target(task, NULL, &line->start, &line->length, &target, &params);
	line->nr_targets = target ? (next ? 2 : 1) : 0;
	rrpath_copy(line->target, sizeof(line->target), target ? target : "");
	line->params = rrpath_dup(params ? params : "");
	return 0;
}

int rrpath_dm_table(const char *name, struct rrpath_dm_line *line)
{
	return read_line(DM_DEVICE_TABLE, name, line);
}

int rrpath_dm_status(const char *name, struct rrpath_dm_line *line)
{
	return read_line(DM_DEVICE_STATUS, name, line);
}

void rrpath_dm_line_free(struct rrpath_dm_line *line)
{
	free(line->params);
	memset(line, 0, sizeof(*line));
}

int rrpath_dm_message(const char *name, const char *message)
{
	struct dm_task *task __task = new_task(DM_DEVICE_TARGET_MSG, name);

	if (!task || !dm_task_set_sector(task, 0) || !dm_task_set_message(task, message))
		return -ENOMEM;
	return run(task);
}

int rrpath_dm_create(const char *name, const char *uuid)
{
	struct dm_task *task __task = new_task(DM_DEVICE_CREATE, name);

	if (!task || !dm_task_set_uuid(task, uuid))
		return -ENOMEM;
	return run(task);
}

int rrpath_dm_load(const char *name, const char *target, uint64_t length, const char *params,
		   bool read_only)
{
	struct dm_task *task __task = new_task(DM_DEVICE_RELOAD, name);

	if (!task || !dm_task_add_target(task, 0, length, target, params))
		return -ENOMEM;
	if (read_only && !dm_task_set_ro(task))
		return -ENOMEM;
	return run(task);
}

int rrpath_dm_clear(const char *name)
{
	return run_simple(DM_DEVICE_CLEAR, name);
}

int rrpath_dm_resume(const char *name, uint32_t *cookie)
{
	struct dm_task *task __task = new_task(DM_DEVICE_RESUME, name);

	if (cookie)
		*cookie = 0;
	if (!task || !dm_task_no_flush(task) || !dm_task_skip_lockfs(task) ||
	    (cookie && !dm_task_set_cookie(task, cookie, 0)))
		return -ENOMEM;
	return run(task);
}

int rrpath_dm_remove(const char *name, bool deferred, bool retry, uint32_t *cookie)
{
	struct dm_task *task __task = new_task(DM_DEVICE_REMOVE, name);

	*cookie = 0;
	if (!task || (deferred && !dm_task_deferred_remove(task)) ||
	    (retry && !dm_task_retry_remove(task)) || !dm_task_set_cookie(task, cookie, 0))
		return -ENOMEM;
	return run(task);
}

void rrpath_dm_wait_udev(uint32_t cookie)
{
	/* Cookie 0: nothing to wait for, but the library's list of nodes is to be worked off. */
	dm_udev_wait(cookie);
}
