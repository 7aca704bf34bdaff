// SPDX-License-Identifier: GPL-2.0
/*
 * Inputs of the fuzzers: table lines, messages and writes to sysfs, from a generator that knows the
 * grammar; good ones, some spoilt a little, and some hostile. The same seed makes the same inputs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "rrt.h"
#include "rrt-fuzz.h"

struct fuzz_input fuzz_in;
static struct fuzz_input * const in = &fuzz_in;
unsigned long long fuzz_seed;

unsigned int fuzz_below(unsigned int n)
{
	fuzz_seed = fuzz_seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (fuzz_seed >> 33) % n;
}

int fuzz_one_in(unsigned int n)
{
	return !fuzz_below(n);
}

/* ---- words */

static void put(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (in->nr == FUZZ_WORDS || vasprintf(&in->word[in->nr], format, ap) < 0)
		exit(ENOMEM);
	va_end(ap);
	in->nr++;
}

const struct fuzz_option fuzz_options[FUZZ_OPTIONS] = {
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
	switch (fuzz_below(4)) {
	case 0:
		return min;
	case 1:
		return max;
	}
	return min + fuzz_below(max - min + 1);
}

static void put_value(const struct fuzz_option *option)
{
	if (!strcmp(option->name, "failback") && fuzz_one_in(2))
		put("%s", fuzz_one_in(2) ? "immediate" : "manual");
	else
		put("%u", number(option->min, option->max));
}

static const char *device(void)
{
	return fuzz_lab.device[fuzz_below(fuzz_lab.nr_devices)];
}

static void make_table(void)
{
	unsigned int first = fuzz_below(fuzz_lab.nr_devices);
	unsigned int nr = 1 + fuzz_below(fuzz_lab.nr_devices);
	unsigned int args = fuzz_below(3), i, words = 0, chosen = fuzz_below(1 << FUZZ_OPTIONS);
	int say = fuzz_one_in(2);

	put("%s", policies[fuzz_below(ARRAY_SIZE(policies))]);
	put("%u", nr);
	put("%u", args);
	for (i = 0; i < nr; i++) {
		unsigned int n = (first + i) % fuzz_lab.nr_devices;

		if (fuzz_one_in(4))
			put("/dev/mapper/%s", fuzz_lab.name[n]);
		else
			put("%s", fuzz_lab.device[n]);
		if (args > 0)
			put("%u", number(0, 65535));
		if (args > 1)
			put("%u", number(1, 256));
	}
	if (!say)
		return;
	for (i = 0; i < FUZZ_OPTIONS; i++)
		if (chosen & 1 << i)
			words += i ? 2 : 1;
	put("%u", words);
	for (i = 0; i < FUZZ_OPTIONS; i++) {
		if (!(chosen & 1 << i))
			continue;
		put("%s", fuzz_options[i].name);
		if (i)
			put_value(&fuzz_options[i]);
	}
}

static const char *path(void)
{
	const char *dev = device();
	int tries;

	/* A table of spoilt words may have none that we know. */
	for (tries = 0; tries < 1000 && !fuzz_is_path(dev); tries++)
		dev = device();
	if (!fuzz_is_path(dev))
		in->spoilt = 1;
	return dev;
}

static void make_message(void)
{
	const struct fuzz_option *option = &fuzz_options[1 + fuzz_below(FUZZ_OPTIONS - 1)];

	switch (fuzz_below(9)) {
	case 0:
		put("fail_path");
		return put("%s", path());
	case 1:
		put("reinstate_path");
		return put("%s", path());
	case 2:
		put("set_policy");
		return put("%s", policies[fuzz_below(ARRAY_SIZE(policies))]);
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
	const struct fuzz_option *option = &fuzz_options[fuzz_below(FUZZ_OPTIONS)];
	static const char * const others[] = {
		"queued", "paths/%s/in_flight", "paths/%s/stat", "paths/%s/fail_count",
		"paths/%s/reason", "paths/%s/device", "paths/1:2/state", "paths", "nosuch",
	};

	switch (fuzz_below(7)) {
	case 0:
		strcpy(in->file, "policy");
		return put("%s", policies[fuzz_below(ARRAY_SIZE(policies))]);
	case 1:
		snprintf(in->file, sizeof(in->file), "paths/%s/state", path());
		return put("%s", fuzz_one_in(2) ? "active" : "disabled");
	case 2:
		snprintf(in->file, sizeof(in->file), "paths/%s/priority", path());
		return put("%u", number(0, 65535));
	case 3:
		snprintf(in->file, sizeof(in->file), "paths/%s/weight", path());
		return put("%u", number(1, 256));
	case 4:
		strcpy(in->file, option->name);
		return put_value(option);
	case 5:
		/* What the table line of every map leaves out then is something else. */
		option = &fuzz_options[1 + fuzz_below(FUZZ_OPTIONS - 1)];
		snprintf(in->file, sizeof(in->file), "%s/%s", FUZZ_PARAMETERS, option->name);
		return put_value(option);
	}
	/* What cannot be written, or is not there. */
	in->spoilt = 1;
	/* The only conversion in a name is the one for the device. */
	snprintf(in->file, sizeof(in->file), others[fuzz_below(ARRAY_SIZE(others))], path());
	put("%u", fuzz_below(2));
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

	switch (fuzz_below(12)) {
	case 0:
		return strdup(device());
	case 1:
		/* Long enough for what measures a page, or 64 kB of them. */
		n = 1 + fuzz_below(fuzz_one_in(8) ? 30000 : 300);
		word = malloc(n + 1);
		if (!word)
			exit(ENOMEM);
		memset(word, 'a' + fuzz_below(26), n);
		word[n] = '\0';
		return word;
	case 2:
		n = 1 + fuzz_below(40);
		word = malloc(n + 1);
		if (!word)
			exit(ENOMEM);
		for (i = 0; i < n; i++)
			word[i] = 1 + fuzz_below(255);
		word[n] = '\0';
		return word;
	}
	return strdup(list[fuzz_below(ARRAY_SIZE(list))]);
}

static void empty(void)
{
	while (in->nr)
		free(in->word[--in->nr]);
}

static void remove_word(unsigned int n)
{
	free(in->word[n]);
	in->nr--;
	memmove(&in->word[n], &in->word[n + 1], (in->nr - n) * sizeof(in->word[0]));
}

static void insert_word(unsigned int n, char *word)
{
	if (in->nr == FUZZ_WORDS || !word) {
		free(word);
		return;
	}
	memmove(&in->word[n + 1], &in->word[n], (in->nr - n) * sizeof(in->word[0]));
	in->word[n] = word;
	in->nr++;
}

void fuzz_cut(const char *text)
{
	static const char blanks[] = " \t\n";
	size_t len;

	in->spoilt = 0;
	empty();
	for (; in->nr < FUZZ_WORDS; text += len) {
		text += strspn(text, blanks);
		len = strcspn(text, blanks);
		if (!len)
			break;
		insert_word(in->nr, strndup(text, len));
	}
}

void fuzz_spoil(void)
{
	unsigned int n, m;
	long long number;
	char *word;

	in->spoilt = 1;
	if (!in->nr)
		return insert_word(0, odd_word());
	n = fuzz_below(in->nr);
	m = fuzz_below(in->nr);
	switch (fuzz_below(8)) {
	case 0:
		if (in->nr > 1)
			remove_word(n);
		break;
	case 1:
		insert_word(n, strdup(in->word[m]));
		break;
	case 2:
		word = in->word[n];
		in->word[n] = in->word[m];
		in->word[m] = word;
		break;
	case 3:
		insert_word(fuzz_below(in->nr + 1), odd_word());
		break;
	case 4:
		/* A number that is one more or less. */
		word = in->word[n];
		number = strtoull(word, NULL, 10) + (fuzz_one_in(2) ? 1 : -1);
		if (asprintf(&in->word[n], "%lld", number) < 0)
			exit(ENOMEM);
		free(word);
		break;
	case 5:
		if (*in->word[n])
			in->word[n][fuzz_below(strlen(in->word[n]))] = 1 + fuzz_below(255);
		break;
	case 6:
		in->word[n][strlen(in->word[n]) / 2] = '\0';
		break;
	default:
		free(in->word[n]);
		in->word[n] = odd_word();
	}
}

void fuzz_join(void)
{
	static const char blanks[] = "   \t\n";
	unsigned int i;

	in->len = 0;
	for (i = 0; i < in->nr; i++) {
		size_t len = strlen(in->word[i]);

		if (in->len + len + 4 > sizeof(in->text))
			break;
		if (i && in->spoilt)
			in->text[in->len++] = blanks[fuzz_below(sizeof(blanks) - 1)];
		else if (i)
			in->text[in->len++] = ' ';
		memcpy(in->text + in->len, in->word[i], len);
		in->len += len;
	}
	in->text[in->len] = '\0';
}

enum fuzz_kind fuzz_make(void)
{
	enum fuzz_kind kind = fuzz_below(FUZZ_MADE);
	unsigned int how = fuzz_below(8);

	empty();
	in->spoilt = 0;
	switch (kind) {
	case FUZZ_TABLE:
		make_table();
		break;
	case FUZZ_MESSAGE:
		make_message();
		break;
	default:
		make_write();
	}
	/* Three of eight are good, four a little spoilt, one is beyond recognition. */
	if (how == 7)
		for (how = 1 + fuzz_below(10); how && in->nr; how--)
			fuzz_spoil();
	else if (how > 2)
		fuzz_spoil();
	fuzz_join();
	/* With a newline, without, or with more behind it. */
	if (kind == FUZZ_WRITE && in->spoilt && fuzz_one_in(8))
		in->text[in->len++] = '\0';
	if (kind == FUZZ_WRITE && fuzz_one_in(2))
		in->text[in->len++] = '\n';
	return kind;
}
