// SPDX-License-Identifier: GPL-2.0
/* Device-mapper below libdevmapper's functions, put in their place by ld --wrap. */
#include <errno.h>
#include <libdevmapper.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "../status.h"
#include "../table.h"
#include "../util.h"
#include "fake.h"

#define NR_FAILURES	8
#define MAJOR		253

struct dm_task {
	int type;
	int error;
	char name[128];
	char uuid[129];
	char message[256];
	struct fake_table table;
	bool no_flush;
	bool skip_lockfs;
	bool deferred;
	char *answer;
	struct fake_map found;
	bool exists;
};

struct failure {
	char ioctl[16];
	unsigned int nth;
	unsigned int seen;
	int error;
	enum fake_effect effect;
};

struct fake fake;

static struct failure failures[NR_FAILURES];
static unsigned int nr_status;
static struct {
	unsigned int major;
	unsigned int minor;
	char state;
} states[8];

static void free_table(struct fake_table *table)
{
	free(table->params);
	memset(table, 0, sizeof(*table));
}

static void free_map(struct fake_map *map)
{
	free_table(&map->live);
	free_table(&map->inactive);
	memset(map, 0, sizeof(*map));
}

struct fake_map *fake_find(const char *name)
{
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(fake.map); i++)
		if (*name && !strcmp(fake.map[i].name, name))
			return &fake.map[i];
	return NULL;
}

static struct fake_map *new_map(const char *name, const char *uuid)
{
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(fake.map); i++) {
		struct fake_map *map = &fake.map[i];

		if (*map->name)
			continue;
		rrpath_copy(map->name, sizeof(map->name), name);
		rrpath_copy(map->uuid, sizeof(map->uuid), uuid);
		map->minor = (unsigned int)i;
		return map;
	}
	abort();
}

struct fake_map *fake_add_map(const char *name, const char *uuid, uint64_t length,
			      const char *params)
{
	struct fake_map *map = new_map(name, uuid);

	rrpath_copy(map->live.target, sizeof(map->live.target), "rrpath");
	map->live.params = rrpath_dup(params);
	map->live.length = length;
	return map;
}

void fake_set_state(unsigned int major, unsigned int minor, char state)
{
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(states); i++) {
		if (states[i].state)
			continue;
		states[i].major = major;
		states[i].minor = minor;
		states[i].state = state;
		return;
	}
	abort();
}

void fake_set_states_good(void)
{
	memset(states, 0, sizeof(states));
}

void fake_set_params(struct fake_map *map, const char *params)
{
	free(map->live.params);
	map->live.params = rrpath_dup(params);
}

void fake_fail(const char *ioctl, unsigned int nth, int error, enum fake_effect effect)
{
	size_t i;

	for (i = 0; i < NR_FAILURES; i++) {
		if (*failures[i].ioctl)
			continue;
		rrpath_copy(failures[i].ioctl, sizeof(failures[i].ioctl), ioctl);
		failures[i].nth = nth;
		failures[i].error = error;
		failures[i].effect = effect;
		return;
	}
	abort();
}

void fake_dm_reset(void)
{
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(fake.map); i++)
		free_map(&fake.map[i]);
	memset(&fake, 0, sizeof(fake));
	nr_status = 0;
	memset(failures, 0, sizeof(failures));
	memset(states, 0, sizeof(states));
}

static char letter_of(char state)
{
	return state == FAKE_HELD_DOWN ? 'T' : state;
}

static const char *reason_of(char state)
{
	switch (state) {
	case 'T':
		return "stalled";
	case FAKE_HELD_DOWN:
		return "hold-down";
	case 'D':
		return "admin";
	default:
		return "-";
	}
}

/* What the target would say of itself. */
static char *status_of(const struct fake_table *live)
{
	struct rrpath_str text = { 0 };
	struct rrpath_table table;
	char why[RRPATH_WHY_LEN];
	size_t i, s, usable = 0;
	char *state;

	if (fake.on_status)
		fake.on_status();
	nr_status++;
	if (rrpath_table_parse(&table, live->params, why))
		return rrpath_dup(live->params);
	state = rrpath_alloc(table.nr_paths, 1);
	for (i = 0; i < table.nr_paths; i++) {
		state[i] = 'A';
		for (s = 0; s < RRPATH_ARRAY_SIZE(states); s++)
			if (states[s].state && states[s].major == table.paths[i].major &&
			    states[s].minor == table.paths[i].minor)
				state[i] = states[s].state;
		usable += state[i] == 'A' || state[i] == 'S';
	}
	rrpath_str_add(&text, "%s %d 0 %zu %zu 15", table.policy,
		       *table.opt[RRPATH_OPT_QUEUE] == '1', usable, table.nr_paths);
	for (i = 0; i < table.nr_paths; i++)
		rrpath_str_add(&text, " %u:%u %c %u %u 0 0 %d 800 50 400 3 0 0 2 0 %s",
			       table.paths[i].major, table.paths[i].minor, letter_of(state[i]),
			       table.paths[i].priority, table.paths[i].weight,
			       100 + (int)nr_status * fake.reads_each_time,
			       reason_of(state[i]));
	free(state);
	rrpath_table_free(&table);
	return text.text;
}

static const char *ioctl_name(int type)
{
	switch (type) {
	case DM_DEVICE_CREATE:
		return "create";
	case DM_DEVICE_RELOAD:
		return "load";
	case DM_DEVICE_CLEAR:
		return "clear";
	case DM_DEVICE_RESUME:
		return "resume";
	case DM_DEVICE_REMOVE:
		return "remove";
	case DM_DEVICE_TARGET_MSG:
		return "message";
	case DM_DEVICE_INFO:
		return "info";
	case DM_DEVICE_TABLE:
		return "table";
	case DM_DEVICE_STATUS:
		return "status";
	case DM_DEVICE_LIST:
		return "list";
	case DM_DEVICE_LIST_VERSIONS:
		return "versions";
	}
	abort();
}

static void note(const char *name)
{
	size_t len = strlen(fake.journal);

	snprintf(fake.journal + len, sizeof(fake.journal) - len, "%s,", name);
}

static bool changes_something(int type)
{
	return type == DM_DEVICE_CREATE || type == DM_DEVICE_RELOAD || type == DM_DEVICE_REMOVE ||
	       type == DM_DEVICE_RESUME || type == DM_DEVICE_CLEAR ||
	       type == DM_DEVICE_TARGET_MSG;
}

static bool signals_are_blocked(void)
{
	sigset_t now;

	sigprocmask(SIG_BLOCK, NULL, &now);
	return sigismember(&now, SIGINT) && sigismember(&now, SIGTERM) &&
	       sigismember(&now, SIGHUP);
}

static int do_create(struct dm_task *task)
{
	size_t i;

	if (fake_find(task->name))
		return EEXIST;
	for (i = 0; i < RRPATH_ARRAY_SIZE(fake.map); i++)
		if (*task->uuid && !strcmp(fake.map[i].uuid, task->uuid))
			return EBUSY;
	new_map(task->name, task->uuid);
	return 0;
}

void fake_close(const char *name)
{
	free_map(fake_find(name));
}

static int do_load(struct dm_task *task, struct fake_map *map)
{
	if (!strcmp(task->table.target, "rrpath") && fake.no_target)
		return EINVAL;
	if (fake.signal)
		raise(fake.signal);
	if (fake.on_load)
		fake.on_load();
	if (map->live.params)
		fake.interruptible |= !signals_are_blocked();
	free_table(&map->inactive);
	map->inactive = task->table;
	memset(&task->table, 0, sizeof(task->table));
	return 0;
}

static int do_resume(struct dm_task *task, struct fake_map *map)
{
	if (map->inactive.params) {
		if (map->live.params && !map->suspended) {
			fake.flushed |= !task->no_flush;
			fake.frozen |= !task->skip_lockfs;
			fake.interruptible |= !signals_are_blocked();
		}
		free_table(&map->live);
		map->live = map->inactive;
		memset(&map->inactive, 0, sizeof(map->inactive));
	}
	map->suspended = false;
	return 0;
}

static int do_remove(struct dm_task *task, struct fake_map *map)
{
	if (map->open_count && !task->deferred)
		return EBUSY;
	/* It goes with its last user: with the test's fake_close(). */
	if (!map->open_count)
		free_map(map);
	return 0;
}

/* Keeps it for the test, and lets a path be failed. */
static int do_message(struct dm_task *task)
{
	static const char fail[] = "fail_path ";
	unsigned int major, minor;

	if (fake.on_message)
		fake.on_message();
	rrpath_copy(fake.message, sizeof(fake.message), task->message);
	if (!strncmp(task->message, fail, strlen(fail)) &&
	    !rrpath_parse_devno(task->message + strlen(fail), &major, &minor))
		fake_set_state(major, minor, 'D');
	return 0;
}

static char *versions(void)
{
	size_t size = sizeof(struct dm_versions) + 16;
	struct dm_versions *answer = rrpath_alloc(1, size);

	rrpath_copy(answer->name, 16, fake.no_target ? "linear" : "rrpath");
	return (char *)answer;
}

static char *names(void)
{
	enum { ROOM = 160 };
	char *answer = rrpath_alloc(RRPATH_ARRAY_SIZE(fake.map) + 1, ROOM), *to = answer;
	struct dm_names *entry = NULL;
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(fake.map); i++) {
		if (!*fake.map[i].name)
			continue;
		if (entry)
			entry->next = ROOM;
		entry = (struct dm_names *)to;
		entry->dev = (uint64_t)(MAJOR << 8 | fake.map[i].minor);
		rrpath_copy(entry->name, sizeof(fake.map[i].name), fake.map[i].name);
		to += ROOM;
	}
	return answer;
}

static int do_ioctl(struct dm_task *task)
{
	struct fake_map *map = fake_find(task->name);

	switch (task->type) {
	case DM_DEVICE_LIST:
		task->answer = names();
		return 0;
	case DM_DEVICE_LIST_VERSIONS:
		task->answer = versions();
		return 0;
	case DM_DEVICE_CREATE:
		return do_create(task);
	}
	task->exists = map;
	if (task->type == DM_DEVICE_INFO || task->type == DM_DEVICE_TABLE ||
	    task->type == DM_DEVICE_STATUS) {
		if (map)
			task->found = *map;
		if (!map || !map->live.params)
			return 0;
		if (task->type == DM_DEVICE_TABLE)
			task->answer = rrpath_dup(map->live.params);
		else if (task->type == DM_DEVICE_STATUS)
			task->answer = status_of(&map->live);
		return 0;
	}
	if (!map)
		return ENXIO;
	switch (task->type) {
	case DM_DEVICE_RELOAD:
		return do_load(task, map);
	case DM_DEVICE_CLEAR:
		free_table(&map->inactive);
		return 0;
	case DM_DEVICE_RESUME:
		return do_resume(task, map);
	case DM_DEVICE_REMOVE:
		return do_remove(task, map);
	case DM_DEVICE_TARGET_MSG:
		return do_message(task);
	}
	abort();
}

static bool fails(void)
{
	fake.nr_calls++;
	return fake.fail_call && (fake.nr_calls == fake.fail_call ||
				  (fake.fail_on && fake.nr_calls > fake.fail_call));
}

static int run_task(struct dm_task *task)
{
	const char *name = ioctl_name(task->type);
	struct fake_map *map = fake_find(task->name);
	size_t i;

	if (changes_something(task->type))
		note(name);
	for (i = 0; i < NR_FAILURES; i++) {
		struct failure *f = &failures[i];

		if (strcmp(f->ioctl, name))
			continue;
		f->seen++;
		if (f->nth && f->seen != f->nth)
			continue;
		task->error = f->error;
		if (f->effect == FAKE_SUSPENDED && map) {
			map->suspended = true;
			free_table(&map->inactive);
		} else if (f->effect == FAKE_DONE) {
			do_ioctl(task);
		}
		return 0;
	}
	if (fails()) {
		task->error = ENOMEM;
		return 0;
	}
	task->error = do_ioctl(task);
	return !task->error;
}

int __wrap_dm_task_run(struct dm_task *task);
int __wrap_dm_task_run(struct dm_task *task)
{
	int ret;

	fake_kernel_enter();
	ret = run_task(task);
	fake_kernel_leave();
	return ret;
}

struct dm_task *__wrap_dm_task_create(int type);
struct dm_task *__wrap_dm_task_create(int type)
{
	struct dm_task *task;

	if (fails())
		return NULL;
	fake_kernel_enter();
	task = rrpath_alloc(1, sizeof(*task));
	fake_kernel_leave();
	task->type = type;
	return task;
}

void __wrap_dm_task_destroy(struct dm_task *task);
void __wrap_dm_task_destroy(struct dm_task *task)
{
	free_table(&task->table);
	free(task->answer);
	free(task);
}

int __wrap_dm_task_get_errno(struct dm_task *task);
int __wrap_dm_task_get_errno(struct dm_task *task)
{
	return task->error;
}

int __wrap_dm_task_set_name(struct dm_task *task, const char *name);
int __wrap_dm_task_set_name(struct dm_task *task, const char *name)
{
	assert_true(strlen(name) < sizeof(task->name));
	assert_null(strchr(name, '/'));
	rrpath_copy(task->name, sizeof(task->name), name);
	return !fails();
}

int __wrap_dm_task_set_uuid(struct dm_task *task, const char *uuid);
int __wrap_dm_task_set_uuid(struct dm_task *task, const char *uuid)
{
	assert_true(strlen(uuid) < sizeof(task->uuid));
	rrpath_copy(task->uuid, sizeof(task->uuid), uuid);
	return !fails();
}

int __wrap_dm_task_set_message(struct dm_task *task, const char *message);
int __wrap_dm_task_set_message(struct dm_task *task, const char *message)
{
	rrpath_copy(task->message, sizeof(task->message), message);
	return !fails();
}

int __wrap_dm_task_set_sector(struct dm_task *task, uint64_t sector);
int __wrap_dm_task_set_sector(struct dm_task *task, uint64_t sector)
{
	(void)task;
	assert_true(sector == 0);
	return !fails();
}

int __wrap_dm_task_add_target(struct dm_task *task, uint64_t start, uint64_t size,
			      const char *ttype, const char *params);
int __wrap_dm_task_add_target(struct dm_task *task, uint64_t start, uint64_t size,
			      const char *ttype, const char *params)
{
	assert_true(start == 0);
	if (fails())
		return 0;
	fake_kernel_enter();
	rrpath_copy(task->table.target, sizeof(task->table.target), ttype);
	task->table.params = rrpath_dup(params);
	task->table.length = size;
	fake_kernel_leave();
	return 1;
}

int __wrap_dm_task_set_ro(struct dm_task *task);
int __wrap_dm_task_set_ro(struct dm_task *task)
{
	task->table.read_only = true;
	return !fails();
}

int __wrap_dm_task_no_flush(struct dm_task *task);
int __wrap_dm_task_no_flush(struct dm_task *task)
{
	task->no_flush = true;
	return !fails();
}

int __wrap_dm_task_skip_lockfs(struct dm_task *task);
int __wrap_dm_task_skip_lockfs(struct dm_task *task)
{
	task->skip_lockfs = true;
	return !fails();
}

int __wrap_dm_task_deferred_remove(struct dm_task *task);
int __wrap_dm_task_deferred_remove(struct dm_task *task)
{
	task->deferred = true;
	return !fails();
}

int __wrap_dm_task_retry_remove(struct dm_task *task);
int __wrap_dm_task_retry_remove(struct dm_task *task)
{
	(void)task;
	return !fails();
}

int __wrap_dm_task_set_cookie(struct dm_task *task, uint32_t *cookie, uint16_t flags);
int __wrap_dm_task_set_cookie(struct dm_task *task, uint32_t *cookie, uint16_t flags)
{
	(void)task;
	(void)flags;
	*cookie = 0x0d4d0001;
	return !fails();
}

int __wrap_dm_udev_wait(uint32_t cookie);
int __wrap_dm_udev_wait(uint32_t cookie)
{
	(void)cookie;
	return 1;
}

int __wrap_dm_task_get_info(struct dm_task *task, struct dm_info *info);
int __wrap_dm_task_get_info(struct dm_task *task, struct dm_info *info)
{
	memset(info, 0, sizeof(*info));
	if (fails())
		return 0;
	info->exists = task->exists;
	if (!task->exists)
		return 1;
	info->major = MAJOR;
	info->minor = task->found.minor;
	info->suspended = task->found.suspended;
	info->live_table = !!task->found.live.params;
	info->inactive_table = !!task->found.inactive.params;
	info->open_count = task->found.open_count;
	info->read_only = task->found.read_only;
	return 1;
}

const char *__wrap_dm_task_get_uuid(const struct dm_task *task);
const char *__wrap_dm_task_get_uuid(const struct dm_task *task)
{
	return task->found.uuid;
}

struct dm_names *__wrap_dm_task_get_names(struct dm_task *task);
struct dm_names *__wrap_dm_task_get_names(struct dm_task *task)
{
	return (struct dm_names *)task->answer;
}

struct dm_versions *__wrap_dm_task_get_versions(struct dm_task *task);
struct dm_versions *__wrap_dm_task_get_versions(struct dm_task *task)
{
	return (struct dm_versions *)task->answer;
}

void *__wrap_dm_get_next_target(struct dm_task *task, void *next, uint64_t *start,
				uint64_t *length, char **type, char **params);
void *__wrap_dm_get_next_target(struct dm_task *task, void *next, uint64_t *start,
				uint64_t *length, char **type, char **params)
{
	(void)next;
	*start = 0;
	*length = task->found.live.length;
	*type = task->answer ? task->found.live.target : NULL;
	*params = task->answer;
	return task->found.targets > 1 ? task : NULL;
}

int __wrap_dm_driver_version(char *version, size_t size);
int __wrap_dm_driver_version(char *version, size_t size)
{
	rrpath_copy(version, size, "4.47.0");
	return !fake.no_dm && !fails();
}

void __wrap_dm_hold_control_dev(int hold_open);
void __wrap_dm_hold_control_dev(int hold_open)
{
	(void)hold_open;
}

void __wrap_dm_lib_release(void);
void __wrap_dm_lib_release(void)
{
}

uid_t __wrap_geteuid(void);
uid_t __wrap_geteuid(void)
{
	return fake.uid;
}
