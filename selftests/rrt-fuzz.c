// SPDX-License-Identifier: GPL-2.0
/*
 * Table lines, messages and sysfs writes from a generator (rrt-fuzz-input.c). After every one of
 * them, or of a sample where they are many,
 *
 *	what was refused has changed nothing: table, status, open paths, the module's references
 *	what was accepted gives a table line that, loaded, gives the same table line
 *	what is good has been accepted
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rrt.h"
#include "rrt-fuzz.h"

#define LINE 8192

const char * const fuzz_kinds[FUZZ_KINDS] = {
	"table", "message", "write", "live", "suspend", "resume", "read", "status", "bio", "fault",
};

struct fuzz_lab fuzz_lab;
static struct fuzz_input * const in = &fuzz_in;
static struct fuzz_lab * const lab = &fuzz_lab;

struct state {
	char table[LINE];
	char status[LINE];
	int opens[FUZZ_DEVICES];
	long references;
};

static struct state now, was;
/* Is `now` what is the case? Is this input watched? */
static int fresh, watched;
/* Of the map and of the module parameters, as they were found. */
static char first[LINE], found[FUZZ_OPTIONS][32];
/* Of the devices, each in its place. */
static char linear[FUZZ_DEVICES][64];

int fuzz_is_path(const char *device)
{
	char word[40];

	snprintf(word, sizeof(word), " %s ", device);
	return !!strstr(now.status, word);
}

void fuzz_watch(int yes)
{
	watched = yes;
}

/* ---- what holds */

static int read_number(const char *name)
{
	char text[32] = "";
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) < 0)
		*text = '\0';
	close(fd);
	return atoi(text);
}

/*
 * A path returns to the active group, or a better one comes back, when failback says so and not
 * only when told to: usable is usable.
 */
static void blur(char *status)
{
	for (; *status; status++)
		if (*status == 'S' && status[-1] == ' ' && status[1] == ' ')
			*status = 'A';
}

/* Of each path what bios count: in flight, reads and writes and their sectors, others. */
static void forget_bios(char *status)
{
	char *word, *to = status;
	unsigned int n;

	/* Policy, queueing, queued, usable, paths, fields; then those of each path. */
	for (n = 0; *(word = rrt_word(&status)); n++) {
		unsigned int field = n < 6 ? 0 : (n - 6) % 16;
		size_t len = strlen(word);

		if (field >= 5 && field <= 10)
			continue;
		memmove(to, word, len);
		to += len;
		*to++ = ' ';
	}
	*to = '\0';
}

/* The open count of a device. Somebody else may look at it: what is ours stays as it is. */
static int open_count(unsigned int i)
{
	int tries, count;

	for (tries = 0; tries < 500; tries++) {
		count = rrt_dm_open_count(lab->name[i]);
		if (count == fuzz_is_path(lab->device[i]))
			break;
		usleep(10000);
	}
	return count;
}

static int look(void)
{
	unsigned int i;

	memset(&now, 0, sizeof(now));
	if (rrt_dm_line(lab->map, RRT_TABLE, now.table, sizeof(now.table)) ||
	    rrt_dm_line(lab->map, RRT_STATUS, now.status, sizeof(now.status)))
		return -1;
	blur(now.status);
	if (lab->bios)
		forget_bios(now.status);
	for (i = 0; i < lab->nr_devices; i++)
		now.opens[i] = open_count(i);
	now.references = read_number("/sys/module/dm_rrpath/refcnt");
	return 0;
}

/* NULL, or what has changed that must not. */
static const char *difference(void)
{
	if (strcmp(was.table, now.table))
		return "it has another table";
	if (strcmp(was.status, now.status))
		return "it has another status";
	if (memcmp(was.opens, now.opens, sizeof(was.opens)))
		return "paths are open that were not, or the other way round";
	if (was.references != now.references)
		return "the module has other references";
	return NULL;
}

/* The map has its paths open, once, and none else. */
static const char *opens(void)
{
	unsigned int i;

	for (i = 0; i < lab->nr_devices; i++)
		if (now.opens[i] != fuzz_is_path(lab->device[i]))
			return "a path is not open, or what is no path is";
	return NULL;
}

/* The line of a table that is loaded here, loaded again, is the same line. */
static const char *round_trip(const char *line)
{
	char again[LINE] = "";

	if (rrt_dm_load(lab->spare, lab->sectors, "rrpath", line))
		return "its table line is refused";
	if (rrt_dm_line(lab->spare, RRT_INACTIVE, again, sizeof(again)))
		return "it has no table";
	if (strcmp(again, line))
		return "its table line gives another table line";
	return NULL;
}

/* The files of a path that a live map has been given come a moment after it. */
static int open_file(int flags)
{
	char name[512];
	int fd, tries;

	snprintf(name, sizeof(name), "%s%s%s", *in->file == '/' ? "" : lab->dir,
		 *in->file == '/' ? "" : "/", in->file);
	for (tries = 0; tries < 30000; tries++) {
		fd = open(name, flags | O_CLOEXEC);
		if (fd >= 0 || errno != ENOENT || in->spoilt)
			break;
		usleep(1000);
	}
	return fd;
}

const char *fuzz_wait_files(void)
{
	unsigned int i;

	in->spoilt = 0;
	for (i = 0; i < lab->nr_devices; i++) {
		int fd;

		if (!fuzz_is_path(lab->device[i]))
			continue;
		snprintf(in->file, sizeof(in->file), "paths/%s/stat", lab->device[i]);
		fd = open_file(O_RDONLY);
		if (fd < 0)
			return "a path has no files";
		close(fd);
	}
	return NULL;
}

static const char *make_live(const char *line)
{
	int err;

	rrt_trace_start();
	err = rrt_dm_load(lab->map, lab->sectors, "rrpath", line);
	if (!err)
		err = rrt_dm_resume(lab->map);
	rrt_trace_end();
	if (err)
		return "it cannot be made live";
	lab->suspended = 0;
	if (look())
		return "the map has no table";
	fresh = 1;
	if (strcmp(now.table, line))
		return "live it has another table line";
	was = now;
	return opens();
}

static const char *try_table(int live, int *err)
{
	char line[LINE] = "";
	const char *wrong;

	rrt_trace_start();
	*err = rrt_dm_load(lab->spare, lab->sectors, "rrpath", in->text);
	rrt_trace_end();
	if (*err && !watched)
		return NULL;
	if (*err)
		return rrt_dm_line(lab->spare, RRT_INACTIVE, line, sizeof(line)) ?
			NULL : "it was refused and is there";
	if (rrt_dm_line(lab->spare, RRT_INACTIVE, line, sizeof(line)))
		return "it has no table";
	wrong = watched ? round_trip(line) : NULL;
	rrt_dm_clear(lab->spare);
	if (wrong || !live)
		return wrong;
	return make_live(line);
}

static int try_message(void)
{
	int err;

	rrt_trace_start();
	err = rrt_dm_message(lab->map, in->text);
	rrt_trace_end();
	return err;
}

static int try_write(void)
{
	int fd = open_file(O_WRONLY), err = 0;

	if (fd < 0)
		return errno;
	if (*in->file == '/')
		lab->parameters = 1;
	rrt_trace_start();
	if (write(fd, in->text, in->len) < 0)
		err = errno;
	else if (!in->len)
		err = EINVAL;
	rrt_trace_end();
	close(fd);
	return err;
}

static int try_read(void)
{
	int fd = open_file(O_RDONLY), err = 0;
	char text[4096];

	if (fd < 0)
		return errno;
	rrt_trace_start();
	if (read(fd, text, sizeof(text)) < 0)
		err = errno;
	rrt_trace_end();
	close(fd);
	return err;
}

static int try_status(void)
{
	char line[LINE];
	int err;

	rrt_trace_start();
	err = rrt_dm_line(lab->map, RRT_STATUS, line, sizeof(line));
	if (!err)
		err = rrt_dm_line(lab->map, RRT_TABLE, line, sizeof(line));
	rrt_trace_end();
	return err;
}

static int try_suspend(int yes)
{
	int err;

	rrt_trace_start();
	err = yes ? rrt_dm_suspend(lab->map) : rrt_dm_resume(lab->map);
	rrt_trace_end();
	lab->suspended = yes;
	return err;
}

static int set_device(unsigned int i, int good)
{
	int err = rrt_dm_load(lab->name[i], lab->sectors, good ? "linear" : "error",
			      good ? linear[i] : "");

	return err ? err : rrt_dm_resume(lab->name[i]);
}

/* "DEVICE bad", or good again: what comes to it fails from now on. */
static int try_fault(void)
{
	const char *word = strchr(in->text, ' ');
	unsigned int i;

	for (i = 0; i < lab->nr_devices; i++)
		if (word && !strncmp(in->text, lab->device[i], word - in->text))
			break;
	if (i == lab->nr_devices)
		return EINVAL;
	lab->faults = 1;
	return set_device(i, strcmp(word, " bad"));
}

static const char *try(enum fuzz_kind kind, int *err)
{
	switch (kind) {
	case FUZZ_TABLE:
	case FUZZ_LIVE:
		return try_table(kind == FUZZ_LIVE, err);
	case FUZZ_MESSAGE:
		*err = try_message();
		break;
	case FUZZ_SUSPEND:
	case FUZZ_RESUME:
		*err = try_suspend(kind == FUZZ_SUSPEND);
		break;
	case FUZZ_READ:
		*err = try_read();
		break;
	case FUZZ_STATUS:
		*err = try_status();
		break;
	case FUZZ_BIO:
		*err = rrt_kcov_bio(in->text);
		break;
	case FUZZ_FAULT:
		*err = try_fault();
		break;
	default:
		*err = try_write();
	}
	return NULL;
}

static int changes_nothing(enum fuzz_kind kind)
{
	return kind == FUZZ_TABLE || kind == FUZZ_LIVE || kind == FUZZ_READ || kind == FUZZ_STATUS;
}

const char *fuzz_step(enum fuzz_kind kind, int *err)
{
	const char *wrong;

	if (watched && !fresh && look())
		return "the map has no table";
	was = now;
	fresh = 0;
	wrong = try(kind, err);
	if (wrong)
		return wrong;
	if (*err && !in->spoilt)
		return "it is good, and was refused";
	if (!watched)
		return NULL;
	if (look())
		return "the map has no table";
	fresh = 1;
	/* A live table is one by now that has been looked at. */
	if (*err || changes_nothing(kind))
		return difference();
	wrong = opens();
	/* Most of the time goes there. */
	if (wrong || !fuzz_one_in(4))
		return wrong;
	wrong = round_trip(now.table);
	rrt_dm_clear(lab->spare);
	return wrong;
}

static int parameter(unsigned int i, int flags)
{
	char name[128];

	snprintf(name, sizeof(name), "%s/%s", FUZZ_PARAMETERS, fuzz_options[i].name);
	return open(name, flags | O_CLOEXEC);
}

static int read_parameters(void)
{
	unsigned int i;

	memset(found, 0, sizeof(found));
	/* queue_if_no_path is none. */
	for (i = 1; i < FUZZ_OPTIONS; i++) {
		int fd = parameter(i, O_RDONLY);
		ssize_t n = fd < 0 ? -1 : read(fd, found[i], sizeof(found[i]) - 1);

		close(fd);
		if (n < 0)
			return -1;
	}
	return 0;
}

int fuzz_setup(char *args)
{
	char *word;

	memset(lab, 0, sizeof(*lab));
	lab->map = rrt_word(&args);
	lab->spare = rrt_word(&args);
	lab->dir = rrt_word(&args);
	lab->sectors = rrt_number(&args);
	lab->every = rrt_number(&args);
	while (*(word = rrt_word(&args)) && lab->nr_devices < FUZZ_DEVICES) {
		unsigned int i = lab->nr_devices++;
		char *name = strchr(word, '=');

		if (!name)
			return EINVAL;
		*name++ = '\0';
		lab->name[i] = name;
		lab->device[i] = word;
		if (rrt_dm_line(name, RRT_TABLE, linear[i], sizeof(linear[i])))
			return EINVAL;
	}
	if (!lab->nr_devices || !lab->every || look() || opens() || read_parameters())
		return EINVAL;
	strcpy(first, now.table);
	return 0;
}

/* So that the next seed, or input, meets what it would meet alone. */
const char *fuzz_restore(void)
{
	char text[64];
	unsigned int i;

	for (i = 0; lab->faults && i < lab->nr_devices; i++)
		if (set_device(i, 1))
			return "a device cannot be made good again";
	lab->faults = 0;
	for (i = 1; lab->parameters && i < FUZZ_OPTIONS; i++) {
		int fd = parameter(i, O_WRONLY);
		ssize_t n = fd < 0 ? -1 : write(fd, found[i], strlen(found[i]));

		close(fd);
		if (n < 0)
			return "a module parameter does not take what it had";
	}
	lab->parameters = 0;
	if (rrt_dm_load(lab->map, lab->sectors, "rrpath", first) || rrt_dm_resume(lab->map) ||
	    look())
		return "the first table cannot be had again";
	lab->suspended = 0;
	for (i = 0; i < lab->nr_devices; i++) {
		if (!fuzz_is_path(lab->device[i]))
			continue;
		snprintf(text, sizeof(text), "reinstate_path %s", lab->device[i]);
		if (rrt_dm_message(lab->map, text))
			return "a path cannot be reinstated";
	}
	if (look() || strcmp(now.table, first))
		return "the first table is another one now";
	/* Bios may still be on their way. */
	fresh = 0;
	return NULL;
}

static void print(FILE *out, const char *text, size_t len)
{
	for (; len--; text++)
		fprintf(out, *text < ' ' || *text > '~' ? "\\x%02x" : "%c", (unsigned char)*text);
}

void fuzz_tell(FILE *out, enum fuzz_kind kind, int err, const char *wrong)
{
	fprintf(out, "%s %s '", fuzz_kinds[kind], kind == FUZZ_WRITE ? in->file : "");
	print(out, in->text, in->len < 400 ? in->len : 400);
	fprintf(out, "', errno %d: %s; table was '%s', is '%s'; status was '%s', is '%s'",
		err, wrong, was.table, now.table, was.status, now.status);
}

/*
 * SEED COUNT and what fuzz_setup() takes. Gives how many of each kind were accepted and refused, or
 * what went wrong.
 */
static int do_fuzz(char *args, FILE *out)
{
	unsigned long long count, i, accepted[FUZZ_MADE] = { 0 }, refused[FUZZ_MADE] = { 0 };
	enum fuzz_kind kind = FUZZ_TABLE, made;
	const char *wrong = NULL;
	int err = 0;

	fuzz_seed = rrt_number(&args);
	count = rrt_number(&args);
	err = fuzz_setup(args);
	if (err)
		return err;
	for (i = 0; i < count && !wrong; i++) {
		/* A map that is suspended takes all of it, too. */
		if (fuzz_one_in(64)) {
			fresh = 0;
			if (try_suspend(!lab->suspended))
				wrong = "it cannot be suspended or resumed";
		}
		fuzz_watch(fuzz_one_in(lab->every));
		kind = fuzz_make();
		made = kind == FUZZ_TABLE && fuzz_one_in(16) ? FUZZ_LIVE : kind;
		if (!wrong)
			wrong = fuzz_step(made, &err);
		++*(err ? &refused[kind] : &accepted[kind]);
		if (i % 16 == 0)
			rrt_read_log();
	}
	if (!wrong)
		wrong = fuzz_restore();
	else if (lab->suspended)
		rrt_dm_resume(lab->map);
	if (wrong) {
		fprintf(out, "input %llu, ", i);
		fuzz_tell(out, kind, err, wrong);
		return EPROTO;
	}
	for (i = 0; i < FUZZ_MADE; i++)
		fprintf(out, "%s %llu %llu ", fuzz_kinds[i], accepted[i], refused[i]);
	return 0;
}

const struct rrt_op rrt_fuzz_ops[] = {
	{ "fuzz", do_fuzz, "SEED COUNT MAP SPARE SYSFSDIR LEN EVERY DEVICE=NAME...: good and bad" },
	{ }
};
