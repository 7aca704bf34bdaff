// SPDX-License-Identifier: GPL-2.0
/*
 * Every verb with every call of libdevmapper's failing, and every allocation: one after
 * the other, and all from there. A verb that fails ends with 1 and one line; the map is
 * as it was, or as it was to be, or the line says what it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../util.h"
#include "fake.h"

#define MAX_WORDS	12
#define RECORD \
	"map lun0\n\twwid naa.6001\n\tpolicy round-robin\n\tpath hctl:2:0:0:16 priority 5\n"
#define TABLE	"round-robin 2 2 8:0 50 3 8:16 50 1 3 queue_if_no_path no_path_timeout_ms 30000"

enum before { NOTHING, A_MAP, A_RECORD };

struct verb {
	enum before before;
	const char *words[MAX_WORDS];
};

static const struct verb verbs[] = {
	{ NOTHING, { "create", "lun0", "sda", "sdb" } },
	{ NOTHING, { "create", "--transient", "--no-tune", "--force", "lun0", "sda", "sdc" } },
	{ NOTHING, { "discover" } },
	{ NOTHING, { "discover", "--json" } },
	{ A_RECORD, { "assemble" } },
	{ A_RECORD, { "assemble", "--incremental", "sda" } },
	{ A_RECORD, { "assemble", "--query", "sda" } },
	{ A_MAP, { "assemble", "--incremental", "sdd" } },
	{ A_MAP, { "remove", "lun0" } },
	{ A_MAP, { "remove", "--force", "lun0" } },
	{ A_MAP, { "remove", "--deferred", "lun0" } },
	{ A_MAP, { "add", "lun0", "sdd", "--priority", "20" } },
	{ A_MAP, { "drop", "lun0", "sdb" } },
	{ A_MAP, { "resize", "lun0", "--timeout", "0" } },
	{ A_MAP, { "policy", "lun0", "failover" } },
	{ A_MAP, { "policy", "lun0" } },
	{ A_MAP, { "fail", "lun0", "sda" } },
	{ A_MAP, { "reinstate", "lun0", "sda" } },
	{ A_MAP, { "set", "lun0", "failback", "manual" } },
	{ A_MAP, { "set", "lun0", "weight", "sda", "7" } },
	{ A_MAP, { "list" } },
	{ A_MAP, { "list", "--json" } },
	{ A_MAP, { "show", "lun0" } },
	{ A_MAP, { "show", "--json" } },
	{ A_MAP, { "stat", "lun0" } },
	{ A_MAP, { "stat", "--reset", "lun0" } },
	{ A_MAP, { "doctor", "lun0" } },
	{ A_MAP, { "doctor", "--fix", "lun0" } },
	{ A_MAP, { "wait", "lun0", "--timeout", "0" } },
};

static void begin(const struct verb *verb)
{
	void *state = NULL;

	fake_setup(&state);
	fake_disk("sdd", 8, 48, 614400, "naa.6001");
	if (verb->before != NOTHING)
		fake_file("etc/rrpath/maps.conf", RECORD);
	if (verb->before == A_MAP)
		fake_add_map("lun0", "rrpath-naa.6001", 614400, TABLE);
}

static void end(void)
{
	void *state = NULL;

	fake_memory(0, false);
	fake_teardown(&state);
}

/* What there is of maps. To be freed. */
static char *snapshot(void)
{
	struct rrpath_str s = { 0 };
	size_t i;

	rrpath_str_add(&s, "%s;", fake.message);
	for (i = 0; i < RRPATH_ARRAY_SIZE(fake.map); i++) {
		const struct fake_map *map = &fake.map[i];

		if (!*map->name)
			continue;
		rrpath_str_add(&s, "%s %s%s: %s %s; inactive %s %s;", map->name, map->uuid,
			       map->suspended ? " suspended" : "", map->live.target,
			       map->live.params ? map->live.params : "-", map->inactive.target,
			       map->inactive.params ? map->inactive.params : "-");
	}
	return s.text;
}

static const struct run *run(const struct verb *verb)
{
	char *argv[MAX_WORDS + 2] = { (char *)"rrpath" };
	int argc;

	for (argc = 0; verb->words[argc]; argc++)
		argv[argc + 1] = (char *)(uintptr_t)verb->words[argc];
	return rrpath_argv(argc + 1, argv);
}

static void text_of(const struct verb *verb, char *to, size_t size)
{
	size_t i;

	*to = '\0';
	for (i = 0; verb->words[i]; i++)
		snprintf(to + strlen(to), size - strlen(to), "%s%s", i ? " " : "",
			 verb->words[i]);
}

struct good {
	char *before;
	char *after;
	char *out;
	unsigned int calls;
	unsigned int allocations;
};

static void try_good(const struct verb *verb, struct good *good)
{
	const struct run *r;

	begin(verb);
	good->before = snapshot();
	fake_memory(0, false);
	fake.nr_calls = 0;
	r = run(verb);
	if (r->status > 1)
		fail_msg("%s: exit status %d: %s", verb->words[0], r->status, r->err);
	good->calls = fake.nr_calls;
	good->allocations = fake_memory_calls();
	good->after = snapshot();
	good->out = rrpath_dup(r->out);
	end();
}

/* How many lines say what has failed: a remark on the way to it does not. */
static unsigned int errors_in(const char *text)
{
	static const char *const remarks[] = { "rrpath: --force:", "rrpath: note:" };
	unsigned int nr = 0;
	size_t i;

	for (; *text; text = strchr(text, '\n') + 1) {
		for (i = 0; i < RRPATH_ARRAY_SIZE(remarks); i++)
			if (!strncmp(text, remarks[i], strlen(remarks[i])))
				break;
		nr += i == RRPATH_ARRAY_SIZE(remarks);
	}
	return nr;
}

/* NULL, or what is wrong with the end that the verb has come to. */
static const char *verdict(const struct verb *verb, const struct run *r, const struct good *good,
			   const char *now)
{
	bool said = strstr(r->err, "'dmsetup ");

	if (r->status != RRPATH_DONE && r->status != RRPATH_FAILED)
		return "it does not end with 1";
	/* One for each map that it could not do anything for. */
	if (r->status == RRPATH_FAILED && errors_in(r->err) != 1 &&
	    (strcmp(verb->words[0], "assemble") || !errors_in(r->err)))
		return "it does not say why in one line";
	if (r->status == RRPATH_DONE && strcmp(now, good->after))
		return "it says that it is done, and it is not";
	/* A map of which it is not known whether it has gone is said to go. */
	if (r->status == RRPATH_DONE && strcmp(r->out, good->out) && !r->err_lines &&
	    strcmp(verb->words[0], "remove"))
		return "it prints less than there is, and does not say so";
	if (strcmp(now, good->before) && strcmp(now, good->after) && !said)
		return "what it leaves it does not say";
	return NULL;
}

static unsigned int failures;

/* Every so manieth: with sanitizers, and under valgrind, all of them take too long. */
static unsigned int every(void)
{
	const char *text = getenv("RRPATH_EVERY");
	int n = text ? atoi(text) : 1;

	return n > 0 ? (unsigned int)n : 1;
}

static void report(const struct verb *verb, const char *what, unsigned int n, bool on,
		   const struct run *r, const char *now, const char *wrong)
{
	char text[256];

	text_of(verb, text, sizeof(text));
	/* The first of them are enough. */
	if (failures++ < 40)
		fprintf(stderr, "# rrpath %s, %s %u%s: %s: status %d, stderr '%s', maps '%s'\n",
			text, what, n, on ? " and on" : "", wrong, r->status, r->err, now);
}

static void failing_calls(void **state)
{
	struct good good;
	size_t i;
	unsigned int n;
	int on;

	(void)state;
	failures = 0;
	for (i = 0; i < RRPATH_ARRAY_SIZE(verbs); i++) {
		try_good(&verbs[i], &good);
		for (n = 1; n <= good.calls; n += every()) {
			for (on = 0; on < 2; on++) {
				const struct run *r;
				const char *wrong;
				char *now;

				begin(&verbs[i]);
				fake.fail_call = n;
				fake.fail_on = on;
				fake.nr_calls = 0;
				r = run(&verbs[i]);
				now = snapshot();
				wrong = verdict(&verbs[i], r, &good, now);
				if (wrong)
					report(&verbs[i], "call", n, on, r, now, wrong);
				free(now);
				end();
			}
		}
		free(good.before);
		free(good.after);
		free(good.out);
	}
	assert_int_equal(failures, 0);
}

/* In a process of its own: one that ends in the middle frees nothing. */
static bool without_memory(const struct verb *verb, const struct good *good, unsigned int n,
			   bool on)
{
	const struct run *r;
	const char *wrong;
	char *now;

	begin(verb);
	fake_memory(n, on);
	r = run(verb);
	now = snapshot();
	wrong = verdict(verb, r, good, now);
	if (wrong)
		report(verb, "allocation", n, on, r, now, wrong);
	end();
	return !wrong;
}

static void failing_allocations(void **state)
{
	/* A process each takes its time. */
	unsigned int step = 5 * every(), n;
	struct good good;
	size_t i;
	int status;

	(void)state;
	failures = 0;
	for (i = 0; i < RRPATH_ARRAY_SIZE(verbs); i++) {
		try_good(&verbs[i], &good);
		for (n = 1; n <= good.allocations; n += step) {
			pid_t pid = fork();

			assert_true(pid >= 0);
			if (!pid)
				_exit(!without_memory(&verbs[i], &good, n, n % 2));
			assert_int_equal(waitpid(pid, &status, 0), pid);
			failures += status != 0;
		}
		free(good.before);
		free(good.after);
		free(good.out);
	}
	assert_int_equal(failures, 0);
}

/* RRPATH_FAIL: "calls" or "allocations", if only those are to fail. */
static bool wanted(const char *what)
{
	const char *only = getenv("RRPATH_FAIL");

	return !only || !strcmp(only, what);
}

int main(void)
{
	const struct CMUnitTest calls[] = { cmocka_unit_test(failing_calls) };
	const struct CMUnitTest allocations[] = { cmocka_unit_test(failing_allocations) };
	int failed = 0;

	if (wanted("calls"))
		failed |= cmocka_run_group_tests_name("failing calls", calls, NULL, NULL);
	if (wanted("allocations"))
		failed |= cmocka_run_group_tests_name("failing allocations", allocations, NULL,
						      NULL);
	return failed;
}
