// SPDX-License-Identifier: GPL-2.0
/* The operators: what is done to the map, its paths and the machine while I/O goes on. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "torture.h"

const char * const torture_kinds[NR_KINDS] = {
	[SUSPEND] = "suspend", [RESUME] = "resume", [LOAD] = "load", [CLEAR] = "clear",
	[RENAME] = "rename", [REMOVE_BUSY] = "remove in use", [UNLOAD_BUSY] = "unload in use",
	[DROP_PATH] = "path deleted", [CREATE_PATH] = "path made", [MESSAGE] = "message",
	[SYSFS] = "sysfs write", [TOOL] = "tool", [REFUSED] = "bad message", [LOOK] = "look",
	[COUNT] = "count",
	[FAULT] = "path fault", [RELEASE] = "path good", [CPU] = "CPU hotplug",
	[MEMORY] = "memory", [CREATE] = "create", [REMOVE] = "remove",
	[MODULE_LOAD] = "module load", [MODULE_UNLOAD] = "module unload",
};

static const char *pick(uint64_t *rng, const char * const *words, unsigned int n)
{
	return words[torture_below(rng, n)];
}

static const char * const policies[] = { "failover", "round-robin", "queue-length" };
static const char * const probe_intervals[] = { "20", "50", "100", "200", "1000" };
static const char * const stall_timeouts[] = { "0", "50", "200", "1000" };
static const char * const hold_downs[] = { "0", "0", "100", "2000" };
static const char * const failbacks[] = { "immediate", "manual", "100" };
static const char * const no_path_timeouts[] = { "0", "50", "300", "600000" };
static const char * const turns[] = { "1", "2", "8" };

#define PICK(rng, list) pick(rng, list, sizeof(list) / sizeof(char *))

static void pause_ms(unsigned int ms)
{
	usleep(ms * 1000);
}

static int goes_on(struct torture *t, struct operator *o)
{
	o->number++;
	pause_ms(torture_below(&o->rng, t->round.pause_ms));
	return !atomic_load(&t->stop) && !atomic_load(&t->failed);
}

/* Any path, but for the one that must stay good. */
static unsigned int expendable(struct torture *t, struct operator *o)
{
	if (t->round.mode == ANCHORED)
		return 1 + torture_below(&o->rng, t->round.nr_paths - 1);
	return torture_below(&o->rng, t->round.nr_paths);
}

/* ---- one operation: logged, timed, watched by the supervisor */

void operate_begin(struct torture *t, struct operator *o, const char *format, ...)
{
	char line[TEXT + 64];
	va_list args;
	int n;

	va_start(args, format);
	vsnprintf(o->what, sizeof(o->what), format, args);
	va_end(args);
	o->injected = 0;
	atomic_store(&o->since, torture_now());
	if (t->log_fd < 0)
		return;
	n = snprintf(line, sizeof(line), "%u %c %u %s\n", t->round.number, o->name, o->number,
		     o->what);
	if (write(t->log_fd, line, n) != n)
		return;
}

void operate_end(struct torture *t, struct operator *o, enum kind kind, int err)
{
	uint64_t us = torture_now() - atomic_load(&o->since);
	struct latency *l = &o->latency[kind];

	atomic_store(&o->since, 0);
	l->count++;
	l->refused += err != 0;
	l->total_us += us;
	if (us > l->max_us)
		l->max_us = us;
	if (us > t->limit_s * 1000000ull)
		torture_fault(t, "took %llu ms: %s", (unsigned long long)us / 1000, o->what);
}

/* The nth allocation of what comes next fails, where the kernel can do that. */
static void fail_allocation(struct torture *t, struct operator *o, unsigned int nth)
{
	char text[16];

	if (!t->can_fail_nth)
		return;
	if (nth)
		o->injected = 1;
	snprintf(text, sizeof(text), "%u", nth);
	operate_write("/proc/thread-self/fail-nth", text);
}

static int fails_allocation(enum kind kind)
{
	return kind == LOAD || kind == MESSAGE || kind == SYSFS || kind == LOOK;
}

/* Whose tables an operation changes; NULL: nobody's. */
static pthread_mutex_t *tables_of(struct torture *t, const char *text)
{
	static const char * const words[] = {
		"load", "swap", "resume", "clear", "create", "rename", "remove",
	};
	char word[16];
	unsigned int i, path = MAX_PATHS;
	int skip = 0;

	if (sscanf(text, "%15s %n", word, &skip) < 1 || !skip)
		return NULL;
	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(word, words[i]))
			continue;
		if (!strncmp(text + skip, "rrt-p", 5))
			path = text[skip + 5] - '0';
		return &t->tables[path];
	}
	return NULL;
}

static int vaoperate(struct torture *t, struct operator *o, enum kind kind, char *reply,
		     size_t size, const char *format, va_list va)
{
	unsigned int nth = torture_below(&o->rng, 4) ? 0 : 1 + torture_below(&o->rng, 40);
	char text[TEXT], *args = text, *name;
	pthread_mutex_t *tables;
	FILE *out;
	int err;

	vsnprintf(text, sizeof(text), format, va);
	tables = tables_of(t, text);
	if (tables)
		pthread_mutex_lock(tables);
	operate_begin(t, o, "%s", text);
	out = fmemopen(reply, size, "w");
	if (!out)
		exit(ENOMEM);
	name = rrt_word(&args);
	if (fails_allocation(kind) && nth)
		fail_allocation(t, o, nth);
	err = rrt_run(name, args, out);
	if (fails_allocation(kind) && nth)
		fail_allocation(t, o, 0);
	fclose(out);
	operate_end(t, o, kind, err);
	if (tables)
		pthread_mutex_unlock(tables);
	return err;
}

/* An operation of rrt; what it says goes to `reply`. */
int operate_reply(struct torture *t, struct operator *o, enum kind kind, char *reply, size_t size,
		  const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = vaoperate(t, o, kind, reply, size, format, args);
	va_end(args);
	return err;
}

int operate(struct torture *t, struct operator *o, enum kind kind, const char *format, ...)
{
	char reply[4096];
	va_list args;
	int err;

	va_start(args, format);
	err = vaoperate(t, o, kind, reply, sizeof(reply), format, args);
	va_end(args);
	return err;
}

int operate_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

/* Nothing of it may be refused; for want of memory only where that was injected. */
static int must(struct torture *t, struct operator *o, int err)
{
	if (err && !(err == ENOMEM && o->injected))
		torture_fault(t, "refused: %s: %s", o->what, strerror(err));
	return err;
}

static const char *disk_of(struct torture *t, unsigned int path)
{
	struct backend *backend = &t->backend[t->round.backend];

	return backend->disk[path % backend->nr_disks];
}

/* ---- table lines */

/* Options that fit what the round promises. */
static int options(struct torture *t, uint64_t *rng, char *text, size_t size)
{
	int words = 0, n = 0;

#define ADD(w, ...) do {							\
		words += w;							\
		n += snprintf(text + n, size - n, " " __VA_ARGS__);		\
	} while (0)

	ADD(2, "probe_interval_ms %s", PICK(rng, probe_intervals));
	ADD(2, "stall_timeout_ms %s", PICK(rng, stall_timeouts));
	ADD(2, "hold_down_max_ms %s", PICK(rng, hold_downs));
	if (torture_below(rng, 2))
		ADD(2, "failback %s", PICK(rng, failbacks));
	if (torture_below(rng, 2))
		ADD(2, "rr_min_io %s", PICK(rng, turns));
	if (t->round.mode == QUEUEING || torture_below(rng, 2))
		ADD(1, "queue_if_no_path");
	if (t->round.mode != QUEUEING && torture_below(rng, 2))
		ADD(2, "no_path_timeout_ms %s", PICK(rng, no_path_timeouts));
#undef ADD
	return words;
}

/* A table line over the paths in `mask`, in any order. */
void operate_table(struct torture *t, uint64_t *rng, unsigned int mask, char *table, size_t size)
{
	unsigned int order[MAX_PATHS], nr = 0, args = torture_below(rng, 3), i, swap, other;
	char opts[300];
	int n, words;

	for (i = 0; i < t->round.nr_paths; i++)
		if (mask & 1u << i)
			order[nr++] = i;
	for (i = nr; i > 1; i--) {
		other = torture_below(rng, i);
		swap = order[i - 1];
		order[i - 1] = order[other];
		order[other] = swap;
	}
	n = snprintf(table, size, "%s %u %u", PICK(rng, policies), nr, args);
	for (i = 0; i < nr; i++) {
		n += snprintf(table + n, size - n, " %s", t->path_dev[order[i]]);
		if (args > 0)
			n += snprintf(table + n, size - n, " %u", torture_below(rng, 3));
		if (args > 1)
			n += snprintf(table + n, size - n, " %u", 1 + torture_below(rng, 4));
	}
	words = options(t, rng, opts, sizeof(opts));
	snprintf(table + n, size - n, " %d%s", words, opts);
}

/* ---- the structure of the map */

/* To be called while nothing is in flight: then what the paths of `mask` have counted is exact. */
void operate_count(struct torture *t, struct operator *o, unsigned int mask,
		   struct counted *counted)
{
	char reply[4096], *words = reply;
	unsigned int nr, fields, i, path;

	if (must(t, o, operate_reply(t, o, COUNT, reply, sizeof(reply), "status %s noflush",
				     torture_name(t))))
		return;
	for (i = 0; i < 5; i++)
		rrt_word(&words);
	if (rrt_number(&words))
		torture_fault(t, "suspended or idle, but bios are held");
	rrt_word(&words);
	nr = rrt_number(&words);
	fields = rrt_number(&words);
	for (i = 0; i < nr; i++) {
		unsigned long long field[32] = { 0 };
		char *dev = rrt_word(&words);
		unsigned int k;

		for (path = 0; path < t->round.nr_paths; path++)
			if (!strcmp(dev, t->path_dev[path]))
				break;
		for (k = 0; k < fields && k < ARRAY_SIZE(field); k++)
			field[k] = strtoull(rrt_word(&words), NULL, 10);
		if (path == t->round.nr_paths) {
			torture_fault(t, "status names a path %s that is none", dev);
		} else if (field[4]) {
			torture_fault(t, "suspended or idle, but path %u has %llu in flight", path,
				      field[4]);
		} else if (mask & 1u << path) {
			counted->bios += field[5] + field[7] + field[9];
			counted->errors += field[10];
			counted->retries += field[11];
		}
	}
}

static const char *suspend_how(struct torture *t, struct operator *o)
{
	static const char * const anchored[] = { "", "noflush", "lockfs" };
	static const char * const queueing[] = { "noflush", "noflush", "noflush lockfs" };
	/* To lock is to write what the page cache has, which may fail. */
	static const char * const any[] = { "", "noflush" };

	switch (t->round.mode) {
	case QUEUEING:
		return PICK(&o->rng, queueing);
	case FREE:
		return PICK(&o->rng, any);
	default:
		return PICK(&o->rng, anchored);
	}
}

/* A table that was loaded makes a resume suspend once more. */
static const char *resume_how(struct torture *t, struct operator *o)
{
	return t->round.mode == QUEUEING || torture_below(&o->rng, 2) ? " noflush" : "";
}

static void suspend_map(struct torture *t, struct operator *o)
{
	must(t, o, operate(t, o, SUSPEND, "suspend %s %s", torture_name(t), suspend_how(t, o)));
}

static void resume_map(struct torture *t, struct operator *o)
{
	must(t, o, operate(t, o, RESUME, "resume %s%s", torture_name(t), resume_how(t, o)));
}

static int load_table(struct torture *t, struct operator *o, unsigned int mask)
{
	char table[500];
	int err;

	operate_table(t, &o->rng, mask, table, sizeof(table));
	err = must(t, o, operate(t, o, LOAD, "load %s 0 %llu rrpath %s", torture_name(t),
				 t->sectors, table));
	if (!err)
		t->cleared = 0;
	return err;
}

/* Another table; what the paths that leave it have counted is noted while nothing is in flight. */
static int reload(struct torture *t, struct operator *o, unsigned int mask)
{
	unsigned int was = atomic_load(&t->in_table);

	if (load_table(t, o, mask))
		return ENOMEM;
	suspend_map(t, o);
	operate_count(t, o, was & ~mask, &t->gone);
	pause_ms(torture_below(&o->rng, 30));
	resume_map(t, o);
	atomic_store(&t->in_table, mask);
	return 0;
}

/* Some of those that are there. */
static unsigned int some_paths(struct torture *t, struct operator *o)
{
	unsigned int there = atomic_load(&t->there), mask;

	mask = torture_below(&o->rng, 1u << t->round.nr_paths) & there;
	if (t->round.mode == ANCHORED)
		mask |= 1;
	return mask ? mask : there;
}

static void delete_and_make_path(struct torture *t, struct operator *o)
{
	unsigned int path = expendable(t, o), there = atomic_load(&t->there);
	unsigned int left = atomic_load(&t->in_table) & ~(1u << path);
	char reply[32];
	int err, tries;

	if (!left)
		left = there & ~(1u << path);
	if (reload(t, o, left))
		return;
	/* Whoever looks at block devices may have it open for a moment. */
	for (tries = 0; tries < 100; tries++) {
		err = operate(t, o, DROP_PATH, "remove rrt-p%u", path);
		if (err != EBUSY)
			break;
		pause_ms(50);
	}
	if (must(t, o, err))
		return;
	atomic_store(&t->there, there & ~(1u << path));
	pause_ms(torture_below(&o->rng, 50));
	must(t, o, operate_reply(t, o, CREATE_PATH, reply, sizeof(reply),
				 "create rrt-p%u - 0 %llu linear %s 0", path, t->sectors,
				 disk_of(t, path)));
	snprintf(t->path_dev[path], sizeof(t->path_dev[path]), "%.15s", reply);
	atomic_store(&t->there, there);
	reload(t, o, left | 1u << path);
}

static void clear_table(struct torture *t, struct operator *o)
{
	if (load_table(t, o, some_paths(t, o)))
		return;
	if (!must(t, o, operate(t, o, CLEAR, "clear %s", torture_name(t))))
		t->cleared = 1;
}

static void rename_map(struct torture *t, struct operator *o)
{
	const char *from = torture_name(t);
	unsigned int renamed = !atomic_load(&t->renamed);

	if (t->can_ima && t->cleared)
		return;
	if (!must(t, o, operate(t, o, RENAME, "rename %s %s", from,
				renamed ? "rrt-renamed" : "rrt")))
		atomic_store(&t->renamed, renamed);
}

static void expect(struct torture *t, struct operator *o, int err, int want)
{
	if (err != want)
		torture_fault(t, "%s gave errno %d, not %d", o->what, err, want);
}

static void unload_busy(struct torture *t, struct operator *o)
{
	int err;

	operate_begin(t, o, "rmmod");
	err = syscall(SYS_delete_module, "dm_rrpath", O_NONBLOCK) ? errno : 0;
	operate_end(t, o, UNLOAD_BUSY, err);
	expect(t, o, err, EWOULDBLOCK);
}

static void change_structure(struct torture *t, struct operator *o)
{
	unsigned int what = torture_below(&o->rng, 100);

	if (what < 25) {
		suspend_map(t, o);
		operate_count(t, o, 0, &t->gone);
		pause_ms(torture_below(&o->rng, 60));
		resume_map(t, o);
	} else if (what < 50) {
		reload(t, o, some_paths(t, o));
	} else if (what < 60) {
		/* The same paths, without a suspend of ours. */
		if (!load_table(t, o, atomic_load(&t->in_table)))
			resume_map(t, o);
	} else if (what < 68) {
		clear_table(t, o);
	} else if (what < 76) {
		rename_map(t, o);
	} else if (what < 82) {
		expect(t, o, operate(t, o, REMOVE_BUSY, "remove %s", torture_name(t)), EBUSY);
	} else if (what < 86) {
		unload_busy(t, o);
	} else {
		delete_and_make_path(t, o);
	}
}

void operate_structure(struct torture *t, struct operator *o)
{
	while (o->number < t->round.operations && torture_now() < t->round_end && goes_on(t, o)) {
		atomic_fetch_add(&t->changing, 1);
		change_structure(t, o);
		atomic_fetch_add(&t->changing, 1);
	}
}

/* ---- changes of the live map, by message, sysfs and tool */

/* The files of a path that has come into the table are made soon after the resume. */
static int has_files_soon(struct torture *t, unsigned int before, unsigned int path)
{
	char name[100];
	int tries;

	snprintf(name, sizeof(name), "/sys/block/dm-%u/rrpath/paths/%.15s/state", t->minor,
		 t->path_dev[path]);
	for (tries = 0; tries < 1000 && atomic_load(&t->changing) == before; tries++) {
		if (!access(name, F_OK))
			return 1;
		pause_ms(10);
	}
	return atomic_load(&t->changing) != before;
}

/*
 * What may be refused: a path that is in no table, or anything while the tables or the name of the
 * map change.
 */
static void allowed(struct torture *t, struct operator *o, unsigned int before, int path, int err)
{
	unsigned int in_table = atomic_load(&t->in_table);

	if (!err || (before & 1) || atomic_load(&t->changing) != before)
		return;
	if (path >= 0 && !(in_table & 1u << path))
		return;
	if (path >= 0 && err == ENOENT && has_files_soon(t, before, path))
		return;
	must(t, o, err);
}

static int by_sysfs(struct torture *t, struct operator *o, const char *file, const char *value)
{
	unsigned int nth = torture_below(&o->rng, 4) ? 0 : 1 + torture_below(&o->rng, 10);
	char path[160];
	int err;

	snprintf(path, sizeof(path), "/sys/block/dm-%u/rrpath/%s", t->minor, file);
	operate_begin(t, o, "sysfs %s %s", file, value);
	if (nth)
		fail_allocation(t, o, nth);
	err = operate_write(path, value);
	if (nth)
		fail_allocation(t, o, 0);
	operate_end(t, o, SYSFS, err);
	return err;
}

static int by_tool(struct torture *t, struct operator *o, const char *verb, const char *dev)
{
	const char *name = torture_name(t);
	int status;
	pid_t pid;

	operate_begin(t, o, "tool %s %s", verb, dev);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execlp("rrpath", "rrpath", verb, name, *dev ? dev : NULL, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		exit(errno);
	operate_end(t, o, TOOL, status);
	return status ? EIO : 0;
}

static void set_state(struct torture *t, struct operator *o, unsigned int before, int active)
{
	unsigned int path = active ? torture_below(&o->rng, t->round.nr_paths) : expendable(t, o);
	unsigned int how = torture_below(&o->rng, 100);
	char dev[16], file[64];
	int err;

	memcpy(dev, t->path_dev[path], sizeof(dev));
	snprintf(file, sizeof(file), "paths/%.15s/state", dev);
	if (how < 3 && t->can_tool)
		err = by_tool(t, o, active ? "reinstate" : "fail", dev);
	else if (how < 50)
		err = by_sysfs(t, o, file, active ? "active" : "disabled");
	else
		err = operate(t, o, MESSAGE, "message %s %s %.15s", torture_name(t),
			      active ? "reinstate_path" : "fail_path", dev);
	allowed(t, o, before, path, err);
}

static void set_number(struct torture *t, struct operator *o, unsigned int before,
		       const char *what, unsigned int value)
{
	unsigned int path = torture_below(&o->rng, t->round.nr_paths);
	char file[64], number[16];
	int err;

	snprintf(number, sizeof(number), "%u", value);
	snprintf(file, sizeof(file), "paths/%.15s/%s", t->path_dev[path], what);
	if (torture_below(&o->rng, 2))
		err = by_sysfs(t, o, file, number);
	else
		err = operate(t, o, MESSAGE, "message %s set_%s %.15s %s", torture_name(t), what,
			      t->path_dev[path], number);
	allowed(t, o, before, path, err);
}

static void set_option(struct torture *t, struct operator *o, unsigned int before)
{
	static const char * const names[] = {
		"probe_interval_ms", "stall_timeout_ms", "hold_down_max_ms", "failback",
		"rr_min_io", "no_path_timeout_ms", "queue_if_no_path",
	};
	unsigned int which = torture_below(&o->rng, ARRAY_SIZE(names));
	const char *value;
	int err;

	switch (which) {
	case 0:
		value = PICK(&o->rng, probe_intervals);
		break;
	case 1:
		value = PICK(&o->rng, stall_timeouts);
		break;
	case 2:
		value = PICK(&o->rng, hold_downs);
		break;
	case 3:
		value = PICK(&o->rng, failbacks);
		break;
	case 4:
		value = PICK(&o->rng, turns);
		break;
	case 5:
		value = t->round.mode == QUEUEING ? "600000" : PICK(&o->rng, no_path_timeouts);
		break;
	default:
		value = t->round.mode == QUEUEING || torture_below(&o->rng, 2) ? "1" : "0";
		break;
	}
	if (torture_below(&o->rng, 2))
		err = by_sysfs(t, o, names[which], value);
	else
		err = operate(t, o, MESSAGE, "message %s set %s %s", torture_name(t),
			      names[which], value);
	allowed(t, o, before, -1, err);
}

static void bad_message(struct torture *t, struct operator *o, unsigned int before)
{
	static const char * const messages[] = {
		"fail_path", "fail_path 0:0", "set_policy best", "set_weight 0:0 0",
		"set nothing 1", "set rr_min_io 0", "reset_stats now", "unknown",
	};
	int err = operate(t, o, REFUSED, "message %s %s", torture_name(t),
			  PICK(&o->rng, messages));

	if (!err)
		torture_fault(t, "taken: %s", o->what);
	else if (err != EINVAL && err != ENODEV)
		allowed(t, o, before, -1, err);
}

static int read_sysfs(struct torture *t, struct operator *o)
{
	static const char * const files[] = {
		"policy", "queue_if_no_path", "queued", "failback", "paths/%s/state",
		"paths/%s/stat", "paths/%s/in_flight", "paths/%s/fail_count",
	};
	unsigned int path = torture_below(&o->rng, t->round.nr_paths);
	char name[200], text[256];
	int fd, err = 0, n;

	n = snprintf(name, sizeof(name), "/sys/block/dm-%u/rrpath/", t->minor);
	snprintf(name + n, sizeof(name) - n, PICK(&o->rng, files), t->path_dev[path]);
	operate_begin(t, o, "read %s", name + n);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text)) <= 0)
		err = errno;
	if (fd >= 0)
		close(fd);
	operate_end(t, o, LOOK, err);
	/* The path may well be in no table. */
	return err == ENOENT || err == ENODEV ? 0 : err;
}

static void look(struct torture *t, struct operator *o, unsigned int before)
{
	switch (torture_below(&o->rng, 4)) {
	case 0:
		allowed(t, o, before, -1, operate(t, o, LOOK, "status %s noflush",
						  torture_name(t)));
		break;
	case 1:
		allowed(t, o, before, -1, operate(t, o, LOOK, "table %s", torture_name(t)));
		break;
	case 2:
		allowed(t, o, before, -1, operate(t, o, LOOK, "info %s", torture_name(t)));
		break;
	default:
		allowed(t, o, before, -1, read_sysfs(t, o));
		break;
	}
}

static void change_live(struct torture *t, struct operator *o)
{
	unsigned int what = torture_below(&o->rng, 100), before = atomic_load(&t->changing);
	int err;

	if (what < 18) {
		set_state(t, o, before, 0);
	} else if (what < 46) {
		set_state(t, o, before, 1);
	} else if (what < 53) {
		if (torture_below(&o->rng, 2))
			err = by_sysfs(t, o, "policy", PICK(&o->rng, policies));
		else
			err = operate(t, o, MESSAGE, "message %s set_policy %s", torture_name(t),
				      PICK(&o->rng, policies));
		allowed(t, o, before, -1, err);
	} else if (what < 60) {
		set_number(t, o, before, "priority", torture_below(&o->rng, 3));
	} else if (what < 67) {
		set_number(t, o, before, "weight", 1 + torture_below(&o->rng, 8));
	} else if (what < 80) {
		set_option(t, o, before);
	} else if (what < 82 && t->round.mode == FREE) {
		err = operate(t, o, MESSAGE, "message %s %s", torture_name(t),
			      torture_below(&o->rng, 2) ? "fail_if_no_path" : "reset_stats");
		allowed(t, o, before, -1, err);
	} else if (what < 86) {
		bad_message(t, o, before);
	} else {
		look(t, o, before);
	}
}

void operate_live(struct torture *t, struct operator *o)
{
	while (goes_on(t, o))
		change_live(t, o);
}

/* ---- what befalls paths, CPUs and memory */

/* A path that `structure` has just deleted cannot be changed. */
static void path_allowed(struct torture *t, struct operator *o, unsigned int before,
			 unsigned int path, int err)
{
	if (!err || (before & 1) || atomic_load(&t->changing) != before)
		return;
	if (atomic_load(&t->there) & 1u << path)
		must(t, o, err);
}

/*
 * While a table is swapped the core fails readahead, which looks like an error of the path: the
 * one that must stay good keeps its table where there is a page cache.
 */
static int left_alone(struct torture *t, unsigned int path)
{
	return t->round.mode == ANCHORED && !t->round.direct && path == 0;
}

void operate_good_path(struct torture *t, struct operator *o, unsigned int path)
{
	unsigned int before = atomic_load(&t->changing);
	int err;

	if (left_alone(t, path))
		return;
	err = operate(t, o, RELEASE, "swap rrt-p%u 0 %llu linear %s 0", path, t->sectors,
		      disk_of(t, path));
	path_allowed(t, o, before, path, err);
}

static void bad_path(struct torture *t, struct operator *o, unsigned int path)
{
	unsigned int before = atomic_load(&t->changing);
	int err;

	/* Flakey, never up: it has the limits of its disk, which the target "error" has not. */
	if (t->can_flakey)
		err = operate(t, o, FAULT, "swap rrt-p%u 0 %llu flakey %s 0 0 60", path,
			      t->sectors, disk_of(t, path));
	else
		err = operate(t, o, FAULT, "swap rrt-p%u 0 %llu error", path, t->sectors);
	path_allowed(t, o, before, path, err);
}

/* Every other stripe fails: bios over a border are split below the map, and partly done. */
static void spoil_path(struct torture *t, struct operator *o, unsigned int path)
{
	unsigned int before = atomic_load(&t->changing), bad = torture_below(&o->rng, 2), at = 0;
	unsigned int stripe = (8 << torture_below(&o->rng, 3)) * (BLOCK / 512);
	const char *disk = disk_of(t, path);
	char table[TEXT - 64];
	int n = 0, err;

	if (!t->can_flakey)
		return;
	for (; at < WRITERS * BLOCKS * (BLOCK / 512); at += stripe, bad = !bad)
		n += snprintf(table + n, sizeof(table) - n, "%u %u %s %s %u%s|", at, stripe,
			      bad ? "flakey" : "linear", disk, at, bad ? " 0 60" : "");
	err = operate(t, o, FAULT, "swap rrt-p%u %s%u %llu linear %s %u", path, table, at,
		      t->sectors - at, disk, at);
	path_allowed(t, o, before, path, err);
}

static void delay_path(struct torture *t, struct operator *o, unsigned int path)
{
	unsigned int before = atomic_load(&t->changing), ms = 1 + torture_below(&o->rng, 60);
	int err;

	if (!t->can_delay || left_alone(t, path))
		return;
	err = operate(t, o, FAULT, "swap rrt-p%u 0 %llu delay %s 0 %u", path, t->sectors,
		      disk_of(t, path), ms);
	path_allowed(t, o, before, path, err);
}

static void hang_path(struct torture *t, struct operator *o, unsigned int path)
{
	unsigned int before = atomic_load(&t->changing);

	path_allowed(t, o, before, path, operate(t, o, FAULT, "suspend rrt-p%u", path));
}

static void release_path(struct torture *t, struct operator *o, unsigned int path)
{
	unsigned int before = atomic_load(&t->changing);

	path_allowed(t, o, before, path, operate(t, o, RELEASE, "resume rrt-p%u", path));
}

static void for_all(struct torture *t, struct operator *o,
		    void (*fn)(struct torture *t, struct operator *o, unsigned int path))
{
	unsigned int i;

	for (i = t->round.mode == ANCHORED; i < t->round.nr_paths; i++)
		fn(t, o, i);
}

static void hotplug(struct torture *t, struct operator *o)
{
	static const char file[] = "/sys/devices/system/cpu/cpu1/online";

	if (!t->can_hotplug)
		return;
	operate_begin(t, o, "CPU 1 off");
	operate_end(t, o, CPU, operate_write(file, "0"));
	pause_ms(torture_below(&o->rng, 300));
	operate_begin(t, o, "CPU 1 on");
	operate_end(t, o, CPU, operate_write(file, "1"));
}

/*
 * Most of what is left is taken for a moment, so that memory is reclaimed for I/O to the map; less
 * where that takes seconds.
 */
static void press_memory(struct torture *t, struct operator *o)
{
	unsigned long long kb = 0, size, end;
	void *parts[16];
	unsigned int n;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu", &kb) == 1)
			break;
	if (f)
		fclose(f);
	size = kb * 1024 / 100 * 80;
	if (size > 1ull << 30)
		size = 1ull << 30;
	size /= ARRAY_SIZE(parts);
	operate_begin(t, o, "memory");
	end = torture_now() + 5000000;
	for (n = 0; n < ARRAY_SIZE(parts) && torture_now() < end; n++) {
		parts[n] = mmap(NULL, size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (parts[n] == MAP_FAILED)
			break;
	}
	operate_end(t, o, MEMORY, !n);
	while (n--)
		munmap(parts[n], size);
}

static void fault(struct torture *t, struct operator *o)
{
	unsigned int what = torture_below(&o->rng, 1000), path = expendable(t, o), i;
	unsigned int ms = 10 + torture_below(&o->rng, 700);

	if (what < 340) {
		operate_good_path(t, o, torture_below(&o->rng, t->round.nr_paths));
	} else if (what < 470) {
		bad_path(t, o, path);
	} else if (what < 560) {
		spoil_path(t, o, path);
		pause_ms(ms);
	} else if (what < 660) {
		delay_path(t, o, torture_below(&o->rng, t->round.nr_paths));
	} else if (what < 780) {
		hang_path(t, o, path);
		pause_ms(ms);
		release_path(t, o, path);
	} else if (what < 830) {
		/* It hangs, and then all that hung is an error. */
		hang_path(t, o, path);
		pause_ms(ms);
		bad_path(t, o, path);
	} else if (what < 880) {
		for_all(t, o, bad_path);
		pause_ms(ms);
		for_all(t, o, operate_good_path);
	} else if (what < 920) {
		for_all(t, o, hang_path);
		pause_ms(ms);
		for_all(t, o, release_path);
	} else if (what < 980) {
		for (i = 0; i < 5; i++) {
			bad_path(t, o, path);
			operate_good_path(t, o, path);
		}
	} else if (what < 990) {
		hotplug(t, o);
	} else if (what < 995) {
		press_memory(t, o);
	} else {
		operate_begin(t, o, "drop caches");
		operate_end(t, o, MEMORY, operate_write("/proc/sys/vm/drop_caches", "3"));
	}
}

void operate_faults(struct torture *t, struct operator *o)
{
	while (goes_on(t, o))
		fault(t, o);
}
