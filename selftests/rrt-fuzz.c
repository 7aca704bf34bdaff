// SPDX-License-Identifier: GPL-2.0
/*
 * Table lines, messages and sysfs writes from a generator that knows the grammar: good ones, some
 * spoilt a little, and some hostile. After every one of them, or of a sample where they are many,
 *
 *	what was refused has changed nothing: table, status, open paths, the module's references
 *	what was accepted gives a table line that, loaded, gives the same table line
 *	what is good has been accepted
 *
 * The same seed makes the same inputs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rrt.h"

#define MAX_DEVICES 8
#define MAX_WORDS 64
#define ROOM 65536
#define LINE 8192

#define PARAMETERS "/sys/module/dm_rrpath/parameters"

enum kind { TABLE, MESSAGE, WRITE, NR_KINDS };

static const char * const kinds[] = { "table", "message", "write" };

/* An input while it is made: words, which are joined at the end. */
static struct {
	char *word[MAX_WORDS];
	unsigned int nr;
	int spoilt;
	char text[ROOM];
	size_t len;
	char file[256];		/* of a write, below the map's directory if not absolute */
} in;

static struct {
	const char *map;	/* live: it gets messages and writes, now and then a table */
	const char *spare;	/* has no live table: the lines are tried on it */
	const char *dir;
	unsigned long long sectors;
	unsigned int nr_devices;
	const char *device[MAX_DEVICES];	/* major:minor */
	char name[MAX_DEVICES][32];		/* of its map, rrt-pN */
	int suspended;
	unsigned int every;	/* one of so many is watched */
} lab;

struct state {
	char table[LINE];
	char status[LINE];
	int opens[MAX_DEVICES];
	long references;
};

static struct state now, was;
/* Is `now` what is the case? Is this input watched? */
static int fresh, watched;
static unsigned long long seed;

static unsigned int below(unsigned int n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % n;
}

static int one_in(unsigned int n)
{
	return !below(n);
}

/* ---- words */

static void put(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (in.nr == MAX_WORDS || vasprintf(&in.word[in.nr], format, ap) < 0)
		exit(ENOMEM);
	va_end(ap);
	in.nr++;
}

static const struct option {
	const char *name;
	unsigned int min, max;
} options[] = {
	{ "queue_if_no_path", 0, 1 },
	{ "no_path_timeout_ms", 0, 604800000 },
	{ "failback", 0, 604800000 },
	{ "probe_interval_ms", 0, 604800000 },
	{ "rr_min_io", 1, 1000000 },
	{ "stall_timeout_ms", 0, 604800000 },
	{ "hold_down_max_ms", 0, 604800000 },
	{ "merge_kib", 0, 16384 },
};

static const char * const policies[] = { "failover", "round-robin", "queue-length" };

/* Often one of the ends. */
static unsigned int number(unsigned int min, unsigned int max)
{
	switch (below(4)) {
	case 0:
		return min;
	case 1:
		return max;
	}
	return min + below(max - min + 1);
}

static void put_value(const struct option *option)
{
	if (!strcmp(option->name, "failback") && one_in(2))
		put("%s", one_in(2) ? "immediate" : "manual");
	else
		put("%u", number(option->min, option->max));
}

static const char *device(void)
{
	return lab.device[below(lab.nr_devices)];
}

static void make_table(void)
{
	unsigned int first = below(lab.nr_devices), nr = 1 + below(lab.nr_devices);
	unsigned int args = below(3), i, words = 0, chosen = below(1 << ARRAY_SIZE(options));
	int say = one_in(2);

	put("%s", policies[below(ARRAY_SIZE(policies))]);
	put("%u", nr);
	put("%u", args);
	for (i = 0; i < nr; i++) {
		unsigned int n = (first + i) % lab.nr_devices;

		if (one_in(4))
			put("/dev/mapper/%s", lab.name[n]);
		else
			put("%s", lab.device[n]);
		if (args > 0)
			put("%u", number(0, 65535));
		if (args > 1)
			put("%u", number(1, 256));
	}
	if (!say)
		return;
	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (chosen & 1 << i)
			words += i ? 2 : 1;
	put("%u", words);
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (!(chosen & 1 << i))
			continue;
		put("%s", options[i].name);
		if (i)
			put_value(&options[i]);
	}
}

/* Is the device one of the map's now? */
static int is_path(const char *dev)
{
	char word[40];

	snprintf(word, sizeof(word), " %s ", dev);
	return !!strstr(now.status, word);
}

static const char *path(void)
{
	const char *dev;

	do {
		dev = device();
	} while (!is_path(dev));
	return dev;
}

static void make_message(void)
{
	const struct option *option = &options[1 + below(ARRAY_SIZE(options) - 1)];

	switch (below(9)) {
	case 0:
		put("fail_path");
		return put("%s", path());
	case 1:
		put("reinstate_path");
		return put("%s", path());
	case 2:
		put("set_policy");
		return put("%s", policies[below(ARRAY_SIZE(policies))]);
	case 3:
		put("set_priority");
		put("%s", path());
		return put("%u", number(0, 65535));
	case 4:
		put("set_weight");
		put("%s", path());
		return put("%u", number(1, 256));
	case 5:
		return put("queue_if_no_path");
	case 6:
		return put("fail_if_no_path");
	case 7:
		return put("reset_stats");
	}
	put("set");
	put("%s", option->name);
	put_value(option);
}

static void make_write(void)
{
	const struct option *option = &options[below(ARRAY_SIZE(options))];
	static const char * const others[] = {
		"queued", "paths/%s/in_flight", "paths/%s/stat", "paths/%s/fail_count",
		"paths/%s/reason", "paths/%s/device", "paths/1:2/state", "paths", "nosuch",
	};

	switch (below(7)) {
	case 0:
		strcpy(in.file, "policy");
		return put("%s", policies[below(ARRAY_SIZE(policies))]);
	case 1:
		snprintf(in.file, sizeof(in.file), "paths/%s/state", path());
		return put("%s", one_in(2) ? "active" : "disabled");
	case 2:
		snprintf(in.file, sizeof(in.file), "paths/%s/priority", path());
		return put("%u", number(0, 65535));
	case 3:
		snprintf(in.file, sizeof(in.file), "paths/%s/weight", path());
		return put("%u", number(1, 256));
	case 4:
		strcpy(in.file, option->name);
		return put_value(option);
	case 5:
		/* What the table line of every map leaves out then is something else. */
		option = &options[1 + below(ARRAY_SIZE(options) - 1)];
		snprintf(in.file, sizeof(in.file), "%s/%s", PARAMETERS, option->name);
		return put_value(option);
	}
	/* What cannot be written, or is not there. */
	in.spoilt = 1;
	/* The only conversion in a name is the one for the device. */
	snprintf(in.file, sizeof(in.file), others[below(ARRAY_SIZE(others))], path());
	put("%u", below(2));
}

/* ---- spoiling */

static char *odd_word(void)
{
	static const char * const list[] = {
		"", "0", "-1", "+1", "1x", "0x10", "1.5", "256", "257", "1024", "1025", "65535",
		"65536", "604800000", "604800001", "1000001", "4294967295", "4294967296",
		"18446744073709551616", "failover", "Round-robin", "queue-length ", "immediate",
		"queue_if_no_path", "failback", "set", "fail_path", "set_weight", "active",
		"disabled", "failed", "8:0", "999:999", ":", "1:", "/dev", "/dev/null",
		"/dev/mapper/../mapper/rrt-p0", "%s%n%d", "\\", "\\ ", "'",
		"@cancel_deferred_remove",
		"\t", "\n", "\r", "\x01", "\x7f", "\xff\xfe", "\xc3\xa9",
	};
	char *word;
	unsigned int i, n;

	switch (below(12)) {
	case 0:
		return strdup(device());
	case 1:
		/* Long enough for what measures a page, or 64 kB of them. */
		n = 1 + below(one_in(8) ? 30000 : 300);
		word = malloc(n + 1);
		if (!word)
			exit(ENOMEM);
		memset(word, 'a' + below(26), n);
		word[n] = '\0';
		return word;
	case 2:
		n = 1 + below(40);
		word = malloc(n + 1);
		if (!word)
			exit(ENOMEM);
		for (i = 0; i < n; i++)
			word[i] = 1 + below(255);
		word[n] = '\0';
		return word;
	}
	return strdup(list[below(ARRAY_SIZE(list))]);
}

static void remove_word(unsigned int n)
{
	free(in.word[n]);
	in.nr--;
	memmove(&in.word[n], &in.word[n + 1], (in.nr - n) * sizeof(in.word[0]));
}

static void insert_word(unsigned int n, char *word)
{
	if (in.nr == MAX_WORDS || !word) {
		free(word);
		return;
	}
	memmove(&in.word[n + 1], &in.word[n], (in.nr - n) * sizeof(in.word[0]));
	in.word[n] = word;
	in.nr++;
}

static void spoil(void)
{
	unsigned int n = below(in.nr), m = below(in.nr);
	char *word;

	in.spoilt = 1;
	switch (below(8)) {
	case 0:
		if (in.nr > 1)
			remove_word(n);
		break;
	case 1:
		insert_word(n, strdup(in.word[m]));
		break;
	case 2:
		word = in.word[n];
		in.word[n] = in.word[m];
		in.word[m] = word;
		break;
	case 3:
		insert_word(below(in.nr + 1), odd_word());
		break;
	case 4:
		/* A number that is one more or less. */
		word = in.word[n];
		if (asprintf(&in.word[n], "%lld", atoll(word) + (one_in(2) ? 1 : -1)) < 0)
			exit(ENOMEM);
		free(word);
		break;
	case 5:
		if (*in.word[n])
			in.word[n][below(strlen(in.word[n]))] = 1 + below(255);
		break;
	case 6:
		in.word[n][strlen(in.word[n]) / 2] = '\0';
		break;
	default:
		free(in.word[n]);
		in.word[n] = odd_word();
	}
}

static void join(void)
{
	static const char blanks[] = "   \t\n";
	unsigned int i;

	in.len = 0;
	for (i = 0; i < in.nr; i++) {
		size_t len = strlen(in.word[i]);

		if (in.len + len + 2 > sizeof(in.text))
			break;
		if (i)
			in.text[in.len++] = in.spoilt ? blanks[below(sizeof(blanks) - 1)] : ' ';
		memcpy(in.text + in.len, in.word[i], len);
		in.len += len;
	}
	in.text[in.len] = '\0';
}

static enum kind make(void)
{
	enum kind kind = below(NR_KINDS);
	unsigned int how = below(8);

	while (in.nr)
		free(in.word[--in.nr]);
	in.spoilt = 0;
	switch (kind) {
	case TABLE:
		make_table();
		break;
	case MESSAGE:
		make_message();
		break;
	default:
		make_write();
	}
	/* Three of eight are good, four a little spoilt, one is beyond recognition. */
	if (how == 7)
		for (how = 1 + below(10); how && in.nr; how--)
			spoil();
	else if (how > 2)
		spoil();
	join();
	return kind;
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

/* The open count of a device. Somebody else may look at it: what is ours stays as it is. */
static int open_count(unsigned int i)
{
	int tries, count;

	for (tries = 0; tries < 500; tries++) {
		count = rrt_dm_open_count(lab.name[i]);
		if (count == is_path(lab.device[i]))
			break;
		usleep(10000);
	}
	return count;
}

static int look(void)
{
	unsigned int i;

	memset(&now, 0, sizeof(now));
	if (rrt_dm_line(lab.map, RRT_TABLE, now.table, sizeof(now.table)) ||
	    rrt_dm_line(lab.map, RRT_STATUS, now.status, sizeof(now.status)))
		return -1;
	blur(now.status);
	for (i = 0; i < lab.nr_devices; i++)
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

	for (i = 0; i < lab.nr_devices; i++)
		if (now.opens[i] != is_path(lab.device[i]))
			return "a path is not open, or what is no path is";
	return NULL;
}

/* The line of a table that is loaded here, loaded again, is the same line. */
static const char *round_trip(const char *line)
{
	char again[LINE] = "";

	if (rrt_dm_load(lab.spare, lab.sectors, "rrpath", line))
		return "its table line is refused";
	if (rrt_dm_line(lab.spare, RRT_INACTIVE, again, sizeof(again)))
		return "it has no table";
	if (strcmp(again, line))
		return "its table line gives another table line";
	return NULL;
}

static const char *try_table(int *err)
{
	char line[LINE] = "";
	const char *wrong;

	*err = rrt_dm_load(lab.spare, lab.sectors, "rrpath", in.text);
	if (*err && !watched)
		return NULL;
	if (*err)
		return rrt_dm_line(lab.spare, RRT_INACTIVE, line, sizeof(line)) ?
			NULL : "it was refused and is there";
	if (rrt_dm_line(lab.spare, RRT_INACTIVE, line, sizeof(line)))
		return "it has no table";
	wrong = watched ? round_trip(line) : NULL;
	rrt_dm_clear(lab.spare);
	if (wrong || !one_in(16))
		return wrong;
	/* Live, too. */
	if (rrt_dm_load(lab.map, lab.sectors, "rrpath", line) || rrt_dm_resume(lab.map))
		return "it cannot be made live";
	lab.suspended = 0;
	if (look())
		return "the map has no table";
	fresh = 1;
	if (strcmp(now.table, line))
		return "live it has another table line";
	was = now;
	return opens();
}

/* The files of a path that a live map has been given come a moment after it. */
static int open_file(void)
{
	char name[512];
	int fd, tries;

	snprintf(name, sizeof(name), "%s%s%s", *in.file == '/' ? "" : lab.dir,
		 *in.file == '/' ? "" : "/", in.file);
	for (tries = 0; tries < 30000; tries++) {
		fd = open(name, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 || errno != ENOENT || in.spoilt)
			break;
		usleep(1000);
	}
	return fd;
}

static int try_write(void)
{
	int fd = open_file(), err = 0;

	if (fd < 0)
		return errno;
	/* With a newline, without, or with more behind it. */
	if (in.spoilt && one_in(8))
		in.text[in.len++] = '\0';
	if (one_in(2))
		in.text[in.len++] = '\n';
	if (write(fd, in.text, in.len) < 0)
		err = errno;
	else if (!in.len)
		err = EINVAL;
	close(fd);
	return err;
}

static const char *step(enum kind kind, int *err)
{
	const char *wrong = NULL;

	if (watched && !fresh && look())
		return "the map has no table";
	was = now;
	fresh = 0;
	switch (kind) {
	case TABLE:
		wrong = try_table(err);
		break;
	case MESSAGE:
		*err = rrt_dm_message(lab.map, in.text);
		break;
	default:
		*err = try_write();
	}
	if (wrong)
		return wrong;
	if (*err && !in.spoilt)
		return "it is good, and was refused";
	if (!watched)
		return NULL;
	if (look())
		return "the map has no table";
	fresh = 1;
	if (*err || kind == TABLE)
		return difference();
	wrong = opens();
	/* Most of the time goes there. */
	if (wrong || !one_in(4))
		return wrong;
	wrong = round_trip(now.table);
	rrt_dm_clear(lab.spare);
	return wrong;
}

/* Of the module parameters, as they were found. */
static char found[ARRAY_SIZE(options)][32];

static int parameter(unsigned int i, int flags)
{
	char name[128];

	snprintf(name, sizeof(name), "%s/%s", PARAMETERS, options[i].name);
	return open(name, flags | O_CLOEXEC);
}

static int read_parameters(void)
{
	unsigned int i;

	memset(found, 0, sizeof(found));
	/* queue_if_no_path is none. */
	for (i = 1; i < ARRAY_SIZE(options); i++) {
		int fd = parameter(i, O_RDONLY);
		ssize_t n = fd < 0 ? -1 : read(fd, found[i], sizeof(found[i]) - 1);

		close(fd);
		if (n < 0)
			return -1;
	}
	return 0;
}

/* As it was in the beginning, so that the next seed meets what it would meet alone. */
static const char *restore(const char *table)
{
	char text[64];
	unsigned int i;

	for (i = 1; i < ARRAY_SIZE(options); i++) {
		int fd = parameter(i, O_WRONLY);
		ssize_t n = fd < 0 ? -1 : write(fd, found[i], strlen(found[i]));

		close(fd);
		if (n < 0)
			return "a module parameter does not take what it had";
	}
	if (rrt_dm_load(lab.map, lab.sectors, "rrpath", table) || rrt_dm_resume(lab.map) ||
	    look())
		return "the first table cannot be had again";
	for (i = 0; i < lab.nr_devices; i++) {
		if (!is_path(lab.device[i]))
			continue;
		snprintf(text, sizeof(text), "reinstate_path %s", lab.device[i]);
		if (rrt_dm_message(lab.map, text))
			return "a path cannot be reinstated";
	}
	return look() || strcmp(now.table, table) ? "the first table is another one now" : NULL;
}

static void print(FILE *out, const char *text, size_t len)
{
	for (; len--; text++)
		fprintf(out, *text < ' ' || *text > '~' ? "\\x%02x" : "%c", (unsigned char)*text);
}

/*
 * MAP SPARE SYSFSDIR LEN SEED COUNT EVERY DEVICE=NAME...: MAP is live over some of the devices,
 * SPARE has no table; one of EVERY inputs is watched. Gives how many of each kind were accepted and
 * refused, or what went wrong.
 */
static int do_fuzz(char *args, FILE *out)
{
	unsigned long long count, i, accepted[NR_KINDS] = { 0 }, refused[NR_KINDS] = { 0 };
	const char *wrong = NULL;
	enum kind kind = TABLE;
	int err = 0;
	char *word, first[LINE];

	memset(&lab, 0, sizeof(lab));
	lab.map = rrt_word(&args);
	lab.spare = rrt_word(&args);
	lab.dir = rrt_word(&args);
	lab.sectors = rrt_number(&args);
	seed = rrt_number(&args);
	count = rrt_number(&args);
	lab.every = rrt_number(&args);
	while (*(word = rrt_word(&args)) && lab.nr_devices < MAX_DEVICES) {
		char *name = strchr(word, '=');

		if (!name)
			return EINVAL;
		*name++ = '\0';
		snprintf(lab.name[lab.nr_devices], sizeof(lab.name[0]), "%s", name);
		lab.device[lab.nr_devices++] = word;
	}
	if (!lab.nr_devices || !lab.every || look() || opens() || read_parameters())
		return EINVAL;
	strcpy(first, now.table);
	for (i = 0; i < count && !wrong; i++) {
		/* A map that is suspended takes all of it, too. */
		if (one_in(64)) {
			fresh = 0;
			lab.suspended = !lab.suspended;
			err = lab.suspended ? rrt_dm_suspend(lab.map) : rrt_dm_resume(lab.map);
			if (err)
				wrong = "it cannot be suspended or resumed";
		}
		watched = one_in(lab.every);
		kind = make();
		if (!wrong)
			wrong = step(kind, &err);
		++*(err ? &refused[kind] : &accepted[kind]);
		if (i % 16 == 0)
			rrt_read_log();
	}
	if (!wrong)
		wrong = restore(first);
	else if (lab.suspended)
		rrt_dm_resume(lab.map);
	if (wrong) {
		fprintf(out, "input %llu, %s %s '", i, kinds[kind], kind == WRITE ? in.file : "");
		print(out, in.text, in.len < 400 ? in.len : 400);
		fprintf(out, "', errno %d: %s; table was '%s', is '%s'; status was '%s', is '%s'",
			err, wrong, was.table, now.table, was.status, now.status);
		return EPROTO;
	}
	for (i = 0; i < NR_KINDS; i++)
		fprintf(out, "%s %llu %llu ", kinds[i], accepted[i], refused[i]);
	return 0;
}

const struct rrt_op rrt_fuzz_ops[] = {
	{ "fuzz", do_fuzz, "MAP SPARE SYSFSDIR LEN SEED COUNT EVERY DEVICE=NAME...: good and bad" },
	{ }
};
