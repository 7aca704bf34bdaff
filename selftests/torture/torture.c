// SPDX-License-Identifier: GPL-2.0
/* The supervisor of torture: see torture.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "torture.h"

static const char * const modes[NR_MODES] = {
	[ANCHORED] = "one path stays good", [QUEUEING] = "I/O is queued", [FREE] = "anything goes",
};

uint64_t torture_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ull + ts.tv_nsec / 1000;
}

/* xorshift64* */
uint64_t torture_draw(uint64_t *rng)
{
	*rng ^= *rng >> 12;
	*rng ^= *rng << 25;
	*rng ^= *rng >> 27;
	return *rng * 0x2545f4914f6cdd1dull;
}

unsigned int torture_below(uint64_t *rng, unsigned int n)
{
	return (torture_draw(rng) >> 32) % n;
}

uint64_t torture_rng(uint64_t seed, unsigned int round, unsigned int who)
{
	uint64_t rng = (seed * 1000003 + round) * 1000003 + who + 1;
	unsigned int i;

	for (i = 0; i < 16; i++)
		torture_draw(&rng);
	return rng ? rng : 1;
}

const char *torture_name(struct torture *t)
{
	return atomic_load(&t->renamed) ? "rrt-renamed" : "rrt";
}

/* The first is what counts; everybody stops for it. */
void torture_fault(struct torture *t, const char *format, ...)
{
	va_list args;
	int none = 0;

	if (!atomic_compare_exchange_strong(&t->failed, &none, 1))
		return;
	va_start(args, format);
	vsnprintf(t->fault, sizeof(t->fault), format, args);
	va_end(args);
}

/* ---- what the kernel has */

static int try_target(const char *target, const char *params)
{
	char args[200];
	FILE *out = fopen("/dev/null", "we");
	int err;

	if (!out)
		exit(errno);
	snprintf(args, sizeof(args), "rrt-try - 0 8 %s %s", target, params);
	err = rrt_run("create", args, out);
	snprintf(args, sizeof(args), "rrt-try");
	rrt_run("remove", args, out);
	fclose(out);
	return !err;
}

static int kernel_has(const char *function)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[300], name[128];
	int found = 0;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %*s %127s", name) == 1 && !strcmp(name, function);
	if (f)
		fclose(f);
	return found;
}

static void find_abilities(struct torture *t)
{
	char params[100];

	snprintf(params, sizeof(params), "%s 0 0 60", t->backend[0].disk[0]);
	t->can_flakey = try_target("flakey", params);
	snprintf(params, sizeof(params), "%s 0 1", t->backend[0].disk[0]);
	t->can_delay = try_target("delay", params);
	t->can_hotplug = !access("/sys/devices/system/cpu/cpu1/online", W_OK);
	t->can_trace = !bios_trace();
	if (!access("/proc/self/fail-nth", W_OK)) {
		operate_write("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
		operate_write("/sys/kernel/debug/failslab/verbose", "0");
		operate_write("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
		operate_write("/sys/kernel/debug/fail_page_alloc/verbose", "0");
		t->can_fail_nth = !access("/sys/kernel/debug/failslab", F_OK);
	}
	t->can_ima = kernel_has("dm_ima_measure_on_device_rename");
	if (t->can_ima)
		puts("note left out: rename after clear, which makes dm-ima free twice");
	printf("note flakey %d, delay %d, hotplug %d, tracepoints %d, fail-nth %d, tool %d\n",
	       t->can_flakey, t->can_delay, t->can_hotplug, t->can_trace, t->can_fail_nth,
	       t->can_tool);
}

/* ---- module */

static void load_module(struct torture *t, struct operator *o)
{
	const char *ko = getenv("RRPATH_KO");
	int fd, err = 0, status;
	pid_t pid;

	operate_begin(t, o, "load the module");
	if (ko) {
		fd = open(ko, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			err = errno;
		if (fd >= 0)
			close(fd);
	} else {
		pid = fork();
		if (!pid) {
			execlp("modprobe", "modprobe", "dm-rrpath", NULL);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			err = EINVAL;
	}
	operate_end(t, o, MODULE_LOAD, err);
	if (err)
		torture_fault(t, "cannot load the module: %s", strerror(err));
}

static void unload_module(struct torture *t, struct operator *o)
{
	int err;

	operate_begin(t, o, "unload the module");
	err = syscall(SYS_delete_module, "dm_rrpath", O_NONBLOCK) ? errno : 0;
	operate_end(t, o, MODULE_UNLOAD, err);
	if (err)
		torture_fault(t, "cannot unload the module: %s", strerror(err));
}

/* ---- a round */

/* Anew in each round: who was ended at the end of the last one may have had them. */
static void free_tables(struct torture *t)
{
	pthread_mutexattr_t shared;
	unsigned int i;

	pthread_mutexattr_init(&shared);
	pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	for (i = 0; i < ARRAY_SIZE(t->tables); i++)
		pthread_mutex_init(&t->tables[i], &shared);
	pthread_mutexattr_destroy(&shared);
}

static void draw_round(struct torture *t, unsigned int number)
{
	uint64_t rng = torture_rng(t->seed, number, SUPERVISOR);
	struct round *r = &t->round;

	r->number = number;
	r->nr_paths = 2 + torture_below(&rng, MAX_PATHS - 1);
	r->backend = torture_below(&rng, t->nr_backends);
	r->mode = torture_below(&rng, NR_MODES);
	r->direct = torture_below(&rng, 2);
	r->operations = 20 + torture_below(&rng, 60);
	r->pause_ms = torture_below(&rng, 3) ? 40 : 4;
}

static int remove_map(struct torture *t, const char *name)
{
	struct operator *o = &t->operator[SUPERVISOR];
	int err, tries;

	for (tries = 0; tries < 200; tries++) {
		err = operate(t, o, REMOVE, "remove %s", name);
		if (err != EBUSY)
			break;
		usleep(50000);
	}
	return err;
}

static void make_map(struct torture *t, uint64_t *rng)
{
	struct operator *o = &t->operator[SUPERVISOR];
	struct backend *backend = &t->backend[t->round.backend];
	unsigned int i, all = (1u << t->round.nr_paths) - 1;
	char reply[64], table[500];

	for (i = 0; i < t->round.nr_paths; i++) {
		if (operate_reply(t, o, CREATE_PATH, reply, sizeof(reply),
				  "create rrt-p%u - 0 %llu linear %s 0", i, t->sectors,
				  backend->disk[i % backend->nr_disks]))
			torture_fault(t, "cannot make path %u", i);
		snprintf(t->path_dev[i], sizeof(t->path_dev[i]), "%.15s", reply);
	}
	operate_table(t, rng, all, table, sizeof(table));
	if (operate_reply(t, o, CREATE, reply, sizeof(reply), "create rrt - 0 %llu rrpath %s",
			  t->sectors, table))
		torture_fault(t, "cannot create the map: %s", table);
	else if (sscanf(reply, "%u:%u", &t->major, &t->minor) != 2)
		torture_fault(t, "cannot tell which device the map is: %s", reply);
	atomic_store(&t->there, all);
	atomic_store(&t->in_table, all);
	atomic_store(&t->renamed, 0);
	t->cleared = 0;
	t->gone = (struct counted){ 0 };
}

/* 0 in the child, which does not outlive us. */
static pid_t fork_child(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		exit(errno);
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static pid_t start(struct torture *t, enum operators which,
		   void (*fn)(struct torture *t, struct operator *o))
{
	struct operator *o = &t->operator[which];
	pid_t pid;

	o->rng = torture_rng(t->seed, t->round.number, which);
	o->number = 0;
	pid = fork_child();
	if (pid)
		return pid;
	if (fn)
		fn(t, o);
	else
		writer_process(t);
	_exit(0);
}

/* What has been under way for too long, of anybody. */
static void watch(struct torture *t)
{
	uint64_t now = torture_now(), limit = t->limit_s * 1000000ull, since;
	unsigned int i;

	for (i = 0; i < NR_OPERATORS; i++) {
		since = atomic_load(&t->operator[i].since);
		if (since && now > since + limit)
			torture_fault(t, "hangs for %u s: %s", t->limit_s, t->operator[i].what);
	}
	for (i = 0; i < WRITERS; i++) {
		since = atomic_load(&t->writer[i].since);
		if (since && now > since + limit)
			torture_fault(t, "held for %u s: writer %u: %s", t->limit_s, i,
				      t->writer[i].what);
	}
}

/* Whatever becomes of the round: true when the process has ended, as it should. */
static void wait_for(struct torture *t, pid_t pid, const char *who)
{
	uint64_t end = torture_now() + 2 * t->limit_s * 1000000ull;
	int status;

	for (;;) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid) {
			if (status)
				torture_fault(t, "%s ended with status %x", who, status);
			return;
		}
		watch(t);
		/* Once it has failed, whatever does not end soon is what failed. */
		if (atomic_load(&t->failed) && end > torture_now() + 10000000)
			end = torture_now() + 10000000;
		if (torture_now() > end) {
			torture_fault(t, "%s does not end", who);
			kill(pid, SIGKILL);
			return;
		}
		usleep(20000);
	}
}

/* With nobody else at work and no allocation failing, it cannot be refused. */
static void tell_paths(struct torture *t, const char *verb, unsigned int mask)
{
	struct operator *o = &t->operator[SUPERVISOR];
	unsigned int i;
	int err;

	for (i = 0; i < t->round.nr_paths; i++) {
		if (!(mask & 1u << i))
			continue;
		err = operate(t, o, RELEASE, "message %s %s %s", torture_name(t), verb,
			      t->path_dev[i]);
		if (err)
			torture_fault(t, "refused at the end: %s (path %u): %s", o->what, i,
				      strerror(err));
	}
}

/* Everything good again: then nothing may be held any more. */
static void heal(struct torture *t)
{
	struct operator *o = &t->operator[SUPERVISOR];
	unsigned int i;

	for (i = 0; i < t->round.nr_paths; i++) {
		operate(t, o, RELEASE, "resume rrt-p%u", i);
		operate_good_path(t, o, i);
	}
	if (t->can_hotplug)
		operate_write("/sys/devices/system/cpu/cpu1/online", "1");
	operate(t, o, RESUME, "resume %s noflush", torture_name(t));
	tell_paths(t, "reinstate_path", atomic_load(&t->in_table));
}

static void judge_bios(struct torture *t)
{
	struct counted counted = t->gone;

	operate_count(t, &t->operator[SUPERVISOR], atomic_load(&t->in_table), &counted);
	bios_judge(t, &counted);
}

/* What the map says is in flight on a path; -1 if it does not say. */
static int count_in_flight(struct torture *t, unsigned int path)
{
	char name[100];
	int n = -1;
	FILE *f;

	snprintf(name, sizeof(name), "/sys/block/dm-%u/rrpath/paths/%.15s/in_flight", t->minor,
		 t->path_dev[path]);
	f = fopen(name, "re");
	if (f && fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

static pid_t start_reading(struct torture *t)
{
	static char block[BLOCK] __attribute__((aligned(BLOCK)));
	char node[32];
	pid_t pid;
	int fd;

	snprintf(node, sizeof(node), "/dev/dm-%u", t->minor);
	pid = fork_child();
	if (pid)
		return pid;
	fd = open(node, O_RDONLY | O_DIRECT | O_CLOEXEC);
	_exit(fd < 0 || pread(fd, block, BLOCK, 0) != BLOCK);
}

/*
 * Nothing is in flight any more, as the paths have been counted. But if more had been taken off
 * than came, this would hide it: so one read hangs on one path.
 */
static void judge_in_flight(struct torture *t)
{
	unsigned int in_table = atomic_load(&t->in_table), path;
	uint64_t end = torture_now() + t->limit_s * 1000000ull;
	struct operator *o = &t->operator[SUPERVISOR];
	pid_t pid;
	int n, err;

	if (!(in_table & ((1u << t->round.nr_paths) - 1))) {
		torture_fault(t, "no path is in the table at the end");
		return;
	}
	do
		path = torture_below(&o->rng, t->round.nr_paths);
	while (!(in_table & 1u << path));
	tell_paths(t, "fail_path", in_table & ~(1u << path));
	err = operate(t, o, FAULT, "suspend rrt-p%u", path);
	if (err) {
		torture_fault(t, "refused at the end: %s: %s", o->what, strerror(err));
		return;
	}
	pid = start_reading(t);
	do {
		usleep(1000);
		n = count_in_flight(t, path);
	} while (n != 1 && torture_now() < end);
	operate(t, o, RELEASE, "resume rrt-p%u", path);
	if (n != 1)
		torture_fault(t, "one read hangs on path %u, but it has %d in flight", path, n);
	wait_for(t, pid, "a read of a path that is good again");
}

static void start_counting(struct torture *t)
{
	unsigned int i;

	bios_trace_anew(t);
	for (i = 0; i < WRITERS; i++) {
		struct writer *w = &t->writer[i];

		w->done = 0;
		w->errors = 0;
		w->bios = 0;
		w->bytes = 0;
		w->longest_us = 0;
		atomic_store(&w->since, 0);
	}
	for (i = 0; i < NR_OPERATORS; i++)
		atomic_store(&t->operator[i].since, 0);
}

static void trouble(struct torture *t)
{
	pid_t writers, structure, live, faults;

	atomic_store(&t->stop, 0);
	atomic_store(&t->writers_stop, 0);
	atomic_store(&t->writers_ready, 0);
	writers = start(t, SUPERVISOR, NULL);
	while (!atomic_load(&t->writers_ready) && !atomic_load(&t->failed))
		usleep(10000);
	structure = start(t, STRUCTURE, operate_structure);
	live = start(t, LIVE, operate_live);
	faults = start(t, FAULTS, operate_faults);
	wait_for(t, structure, "the process that suspends and reloads");
	atomic_store(&t->stop, 1);
	wait_for(t, live, "the process that changes the live map");
	wait_for(t, faults, "the process that makes faults");
	/* What hangs may hold a lock that is needed to mend anything. */
	if (!atomic_load(&t->failed))
		heal(t);
	atomic_store(&t->writers_stop, 1);
	wait_for(t, writers, "the writers");
}

static void remove_all(struct torture *t)
{
	char name[16];
	unsigned int i;

	if (remove_map(t, torture_name(t)))
		torture_fault(t, "cannot remove the map");
	for (i = 0; i < t->round.nr_paths; i++) {
		snprintf(name, sizeof(name), "rrt-p%u", i);
		if (remove_map(t, name))
			torture_fault(t, "cannot remove path %u", i);
	}
}

static void one_round(struct torture *t, unsigned int number)
{
	struct operator *o = &t->operator[SUPERVISOR];
	uint64_t rng = torture_rng(t->seed, number, SUPERVISOR), began = torture_now();
	unsigned long ios = 0, errors = 0, operations = 0;
	unsigned long long longest = 0;
	unsigned int i;

	draw_round(t, number);
	free_tables(t);
	t->round_end = began + 15000000;
	o->rng = rng;
	make_map(t, &o->rng);
	start_counting(t);
	if (!atomic_load(&t->failed)) {
		trouble(t);
		if (!atomic_load(&t->failed))
			judge_bios(t);
		if (!atomic_load(&t->failed))
			judge_in_flight(t);
	}
	if (!atomic_load(&t->failed)) {
		remove_all(t);
		writer_check_disks(t);
	}
	if (!atomic_load(&t->failed) && torture_below(&rng, 3) == 0) {
		unload_module(t, o);
		load_module(t, o);
	}
	for (i = 0; i < WRITERS; i++) {
		ios += t->writer[i].done;
		errors += t->writer[i].errors;
		if (t->writer[i].longest_us > longest)
			longest = t->writer[i].longest_us;
	}
	for (i = STRUCTURE; i < NR_OPERATORS; i++)
		operations += t->operator[i].number;
	printf("%s round %u: %u paths to %s, %s%s: %lu operations, ",
	       atomic_load(&t->failed) ? "fail" : "pass", number, t->round.nr_paths,
	       t->backend[t->round.backend].name, modes[t->round.mode],
	       t->round.direct ? "" : ", page cache", operations);
	printf("%lu I/Os, %lu errors, longest %llu ms, %llu s\n", ios, errors, longest / 1000,
	       (unsigned long long)(torture_now() - began) / 1000000);
	if (atomic_load(&t->failed))
		printf("note seed %llu, round %u: %s\n", (unsigned long long)t->seed, number,
		       t->fault);
	fflush(stdout);
}

static void tell_latencies(struct torture *t)
{
	unsigned int k, i;

	for (k = 0; k < NR_KINDS; k++) {
		struct latency sum = { 0 };

		for (i = 0; i < NR_OPERATORS; i++) {
			struct latency *l = &t->operator[i].latency[k];

			sum.count += l->count;
			sum.refused += l->refused;
			sum.total_us += l->total_us;
			if (l->max_us > sum.max_us)
				sum.max_us = l->max_us;
		}
		if (sum.count)
			printf("note %-14s %6lu times, %5lu refused, mean %.1f, longest %.1f ms\n",
			       torture_kinds[k], sum.count, sum.refused,
			       sum.total_us / 1000.0 / sum.count, sum.max_us / 1000.0);
	}
}

/* name=/dev/a,/dev/b: disks that share what is written */
static int add_backend(struct torture *t, char *text)
{
	struct backend *backend = &t->backend[t->nr_backends];
	char *disk = strchr(text, '=');

	if (!disk || t->nr_backends == MAX_BACKENDS)
		return EINVAL;
	*disk++ = '\0';
	snprintf(backend->name, sizeof(backend->name), "%s", text);
	for (disk = strtok(disk, ","); disk; disk = strtok(NULL, ",")) {
		if (backend->nr_disks == MAX_DISKS)
			return EINVAL;
		snprintf(backend->disk[backend->nr_disks++], sizeof(backend->disk[0]), "%s", disk);
	}
	t->nr_backends++;
	return backend->nr_disks ? 0 : EINVAL;
}

static int tool_works(void)
{
	return !system("command -v rrpath >/dev/null 2>&1");
}

/* Rounds from FIRST on, until SECONDS are over; NAME=DISK,DISK are disks that share their data. */
static int do_torture(char *args, FILE *out)
{
	unsigned int seconds = rrt_number(&args), i, number, made;
	static const char names[NR_OPERATORS] = "OSLF";
	uint64_t end = torture_now() + seconds * 1000000ull;
	const char *deadline = getenv("RRPATH_DEADLINE");
	struct torture *t;
	char *word;

	(void)out;
	t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t == MAP_FAILED)
		return errno;
	/* Twice what lib.sh waits for what ought to happen at once. */
	t->limit_s = deadline ? 2 * strtoul(deadline, NULL, 10) : 60;
	t->seed = rrt_number(&args);
	t->sectors = rrt_number(&args);
	number = rrt_number(&args);
	word = rrt_word(&args);
	t->log_fd = strcmp(word, "-") ?
		open(word, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600) : -1;
	while (*(word = rrt_word(&args)))
		if (add_backend(t, word))
			return EINVAL;
	for (i = 0; i < NR_OPERATORS; i++) {
		t->operator[i].name = names[i];
		t->operator[i].rng = 1;
	}
	if (!t->nr_backends)
		return EINVAL;
	t->can_tool = tool_works();
	find_abilities(t);
	for (i = 0; i < t->nr_backends; i++)
		writer_zero_disks(t, i);
	for (made = 0; !atomic_load(&t->failed) && (!made || torture_now() < end); made++)
		one_round(t, number++);
	bios_trace_no_more(t);
	tell_latencies(t);
	return atomic_load(&t->failed) ? EIO : 0;
}

const struct rrt_op rrt_torture_ops[] = {
	{ "torture", do_torture, "SECONDS SEED SECTORS FIRST LOG|- NAME=DISK[,DISK...]..." },
	{ }
};
