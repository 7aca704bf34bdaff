// SPDX-License-Identifier: GPL-2.0
/* What monitor prints of which event, and what wait waits for. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../events.h"
#include "../util.h"
#include "fake.h"

#define UUID	"rrpath-naa.6001"
/* Why a path is stalled. */
#define WHY	"stalled"
/* How a monitor ends that has nothing more to wait for. */
#define ENDED	"the kernel's events cannot be read: Input/output error"

static struct fake_map *map;

static int setup(void **state)
{
	fake_setup(state);
	map = fake_add_map("lun0", UUID, 614400,
			   "failover 2 2 8:0 50 1 8:16 10 1 1 queue_if_no_path");
	fake_events(NULL);
	return 0;
}

static void event(const char *action, const char *kname, const char *name, void (*before)(void))
{
	const struct fake_event one = {
		.action = action, .kname = kname, .name = name, .before = before, .major = 253,
	};

	fake_event(&one);
}

static void path_event(const char *dm_action, const char *path, void (*before)(void))
{
	const struct fake_event one = {
		.action = "change", .kname = "dm-0", .name = "lun0", .uuid = UUID,
		.dm_action = dm_action, .path = path, .before = before, .major = 253,
	};

	fake_event(&one);
}

/* The lines without their times, which have to look like one. */
static const char *lines(const struct run *run)
{
	static char text[2048];
	const char *line, *end;

	*text = '\0';
	for (line = run->out; *line; line = end + 1) {
		int year, len = 0;

		end = strchr(line, '\n');
		assert_non_null(end);
		if (sscanf(line, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ %n", &year, &len) != 1 || !len)
			fail_msg("no time: %s", line);
		line += len;
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s\n",
			 (int)(end - line), line);
	}
	return text;
}

static void prints(const char *want)
{
	const struct run *run = rrpath("monitor", NULL);

	expect(run, 1, ENDED);
	assert_string_equal(lines(run), want);
	assert_int_equal(fake_udev.nr_open, 0);
}

/* ---- what happens */

static void sda_fails(void)
{
	fake_set_state(8, 0, 'F');
}

static void sdb_fails(void)
{
	fake_set_state(8, 16, 'F');
}

static void all_are_good(void)
{
	fake_set_states_good();
}

static void fails_if_no_path(void)
{
	fake_set_params(map, "failover 2 2 8:0 50 1 8:16 10 1 0");
}

static void sda_stalls(void)
{
	fake_set_states_good();
	fake_set_state(8, 0, 'T');
}

static void sda_is_disabled(void)
{
	fake_set_states_good();
	fake_set_state(8, 0, 'D');
}

static void sdb_is_on_standby(void)
{
	fake_set_states_good();
	fake_set_state(8, 16, 'S');
}

static void sdb_is_gone_and_sdc_there(void)
{
	fake_set_params(map, "failover 2 2 8:0 50 1 8:32 10 1 1 queue_if_no_path");
}

static void grows(void)
{
	map->live.length *= 2;
}

static void is_renamed(void)
{
	rrpath_copy(map->name, sizeof(map->name), "lun1");
}

static void is_another(void)
{
	rrpath_copy(map->uuid, sizeof(map->uuid), "rrpath-naa.7002");
}

static void is_no_map_of_ours(void)
{
	rrpath_copy(map->live.target, sizeof(map->live.target), "linear");
}

static void has_gone(void)
{
	fake_close(map->name);
}

static void follows_paths(void **state)
{
	(void)state;
	path_event("PATH_FAILED", "8:0", sda_fails);
	path_event("PATH_FAILED", "8:16", sdb_fails);
	path_event("PATH_REINSTATED", "8:0", all_are_good);
	prints("lun0 - present - 2/2\n"
	       "lun0 sda failed - 1/2\n"
	       "lun0 sdb failed - 0/2\n"
	       "lun0 - no-path queueing 0/2\n"
	       "lun0 sda reinstated - 2/2\n"
	       "lun0 sdb reinstated - 2/2\n"
	       "lun0 - path-again queueing-ends 2/2\n");
}

static void follows_a_map_without_a_path(void **state)
{
	(void)state;
	sda_fails();
	sdb_fails();
	path_event("PATH_FAILED", "8:0", NULL);
	event("change", "dm-0", NULL, fails_if_no_path);
	path_event("PATH_REINSTATED", "8:0", all_are_good);
	path_event("PATH_FAILED", "8:0", sda_fails);
	path_event("PATH_FAILED", "8:16", sdb_fails);
	fake_file("sys/block/dm-0/dm/name", "lun0\n");
	fake_file("sys/block/dm-0/dm/uuid", UUID "\n");
	prints("lun0 - present - 0/2\n"
	       "lun0 - no-path failing 0/2\n"
	       "lun0 sda reinstated - 2/2\n"
	       "lun0 sdb reinstated - 2/2\n"
	       "lun0 - path-again - 2/2\n"
	       "lun0 sda failed - 1/2\n"
	       "lun0 sdb failed - 0/2\n"
	       "lun0 - no-path failing 0/2\n");
}

/* Back before anybody looked: in the event only. */
static void failed_and_back(void **state)
{
	(void)state;
	path_event("PATH_FAILED", "8:0", NULL);
	path_event("PATH_FAILED", "8:1", NULL);
	path_event("PATH_FAILED", "9:0", NULL);
	path_event("PATH_FAILED", "nonsense", NULL);
	path_event("PATH_REINSTATED", "8:0", NULL);
	event("change", "dm-0", "lun0", NULL);
	path_event("PATH_FAILED", "8:16", sda_fails);
	prints("lun0 - present - 2/2\n"
	       "lun0 sda failed back-already 2/2\n"
	       "lun0 sda failed - 1/2\n"
	       "lun0 sdb failed back-already 1/2\n");
}

static void says_why(void **state)
{
	(void)state;
	path_event("PATH_FAILED", "8:0", sda_stalls);
	path_event("PATH_FAILED", "8:0", sda_is_disabled);
	path_event("PATH_REINSTATED", "8:0", sdb_is_on_standby);
	path_event("PATH_REINSTATED", "8:16", all_are_good);
	prints("lun0 - present - 2/2\n"
	       "lun0 sda stalled " WHY " 1/2\n"
	       "lun0 sda disabled admin 1/2\n"
	       "lun0 sda reinstated - 2/2\n"
	       "lun0 sdb standby - 2/2\n"
	       "lun0 sdb active - 2/2\n");
}

static void follows_tables(void **state)
{
	(void)state;
	event("change", "dm-0", "lun0", sdb_is_gone_and_sdc_there);
	event("change", "dm-0", "lun0", grows);
	event("change", "dm-0", "lun1", is_renamed);
	event("change", "dm-0", "lun1", is_another);
	event("change", "dm-0", "lun1", is_no_map_of_ours);
	event("change", "dm-0", "lun1", NULL);
	event("remove", "dm-0", "lun1", NULL);
	prints("lun0 - present - 2/2\n"
	       "lun0 sdb dropped - 2/2\n"
	       "lun0 sdc added - 2/2\n"
	       "lun0 - resized - 2/2\n"
	       "lun1 - renamed lun0 2/2\n"
	       "lun1 - removed - 2/2\n"
	       "lun1 - created - 2/2\n"
	       "lun1 - removed - 2/2\n");
}

/* A disk that has gone keeps the name that it had. */
static void disk_disappears(void)
{
	fake_remove_disk("sda", 8, 0);
	fake_set_state(8, 0, 'F');
}

static void names_of_disks(void **state)
{
	(void)state;
	event("change", "dm-0", "lun0", disk_disappears);
	prints("lun0 - present - 2/2\n"
	       "lun0 sda failed - 1/2\n");
	/* Nobody has seen it. */
	event("change", "dm-0", "lun0", all_are_good);
	prints("lun0 - present - 1/2\n"
	       "lun0 8:0 reinstated - 2/2\n");
}

static void one_more(void)
{
	fake_add_map("lun1", "rrpath-naa.7002", 614400, "failover 1 0 8:32");
}

static void other_has_gone(void)
{
	fake_close("lun1");
}

static void maps_come_and_go(void **state)
{
	(void)state;
	/* No map of ours, no map, one whose name neither the event nor sysfs has. */
	event("change", "sda", NULL, NULL);
	event("add", "dm-7", "root", NULL);
	event("change", "dm-7", NULL, NULL);
	event("remove", "dm-7", NULL, NULL);
	event("change", "dm-1", "lun1", one_more);
	/* By now it is the name of another number. */
	event("change", "dm-5", "lun1", NULL);
	event("remove", "dm-0", NULL, has_gone);
	event("change", "dm-1", "lun1", other_has_gone);
	prints("lun0 - present - 2/2\n"
	       "lun1 - created - 1/1\n"
	       "lun0 - removed - 2/2\n"
	       "lun1 - removed - 1/1\n");
}

static void much_happens(void)
{
	has_gone();
	one_more();
}

/* Lost: the maps as they are now are compared with what was seen of them. */
static void lost_events(void **state)
{
	const struct fake_event lost = { .error = ENOBUFS, .before = sda_fails };
	const struct fake_event more = { .error = ENOBUFS, .before = much_happens };
	const struct fake_event interrupted = { .poll_error = EINTR };
	const struct run *run;

	(void)state;
	fake_event(&interrupted);
	fake_event(&lost);
	fake_event(&more);
	run = rrpath("monitor", NULL);
	assert_int_equal(run->status, 1);
	assert_int_equal(run->err_lines, 3);
	assert_non_null(strstr(run->err, "rrpath: events came too fast: what happened in between"));
	assert_non_null(strstr(run->err, ENDED));
	assert_string_equal(lines(run),
			    "lun0 - present - 2/2\n"
			    "lun0 sda failed - 1/2\n"
			    "lun0 - removed - 1/2\n"
			    "lun1 - created - 1/1\n");
}

static void one_map_only(void **state)
{
	const struct run *run;

	(void)state;
	one_more();
	event("remove", "dm-1", NULL, other_has_gone);
	path_event("PATH_FAILED", "8:0", sda_fails);
	run = rrpath("monitor", "/dev/mapper/lun0", NULL);
	expect(run, 1, ENDED);
	assert_string_equal(lines(run), "lun0 - present - 2/2\nlun0 sda failed - 1/2\n");
}

static void json(void **state)
{
	static const char *const want[] = {
		"\"path\": null, \"dev\": null, \"event\": \"present\", \"reason\": null, \"usable\": 2",
		"\"path\": \"sda\", \"dev\": \"8:0\", \"event\": \"disabled\", \"reason\": \"admin\"",
		"\"path\": null, \"dev\": \"8:16\", \"event\": \"failed\", \"reason\": null",
		"\"event\": \"no-path\", \"reason\": \"queueing\", \"usable\": 0, \"paths\": 2}",
	};
	const struct run *run;
	char *line, *rest;
	size_t nr = 0;

	(void)state;
	fake_remove_disk("sdb", 8, 16);
	path_event("PATH_FAILED", "8:0", sda_is_disabled);
	path_event("PATH_FAILED", "8:16", sdb_fails);
	run = rrpath("monitor", "--json", NULL);
	expect(run, 1, ENDED);
	for (rest = run->out; (line = strsep(&rest, "\n")) && *line; nr++) {
		assert_true(nr < RRPATH_ARRAY_SIZE(want));
		if (!is_json(line) || strncmp(line, "{\"schema\": 1, \"time\": \"", 23) ||
		    !strstr(line, "Z\", \"map\": \"lun0\", \"uuid\": \"" UUID "\", ") ||
		    !strstr(line, want[nr]))
			fail_msg("not as it should be: %s", line);
	}
	assert_int_equal(nr, RRPATH_ARRAY_SIZE(want));
}

static void nobody_reads(void)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_true(full >= 0 && dup2(full, STDOUT_FILENO) == STDOUT_FILENO);
	close(full);
	sda_fails();
}

static void ends_when_nobody_reads(void **state)
{
	const struct run *run;

	(void)state;
	path_event("PATH_FAILED", "8:0", nobody_reads);
	path_event("PATH_FAILED", "8:16", sdb_fails);
	run = rrpath("monitor", NULL);
	clearerr(stdout);
	expect(run, 1, "cannot write the output");
	assert_string_equal(lines(run), "lun0 - present - 2/2\n");
	assert_int_equal(fake_udev.nr_open, 0);
}

/* Each way in which the kernel's events are not to be had. */
static void no_events(void **state)
{
	(void)state;
	fake_udev.no_monitor = EPERM;
	expect(rrpath("monitor", NULL), 1, "cannot listen to the kernel's events: Operation not");
	expect(rrpath("wait", "lun0", NULL), 1, "cannot listen to the kernel's events: Operat");
	fake_udev.no_monitor = 0;
	fake_udev.no_filter = ENOMEM;
	expect(rrpath("monitor", NULL), 1, "cannot listen to the kernel's events: Cannot alloc");
	fake_udev.no_filter = 0;
	fake_udev.no_receiving = EADDRINUSE;
	expect(rrpath("monitor", NULL), 1, "cannot listen to the kernel's events: Address already");
	fake_udev.no_receiving = 0;
	assert_int_equal(fake_udev.nr_open, 0);
	fake_fail("list", 1, EPERM, FAKE_NOTHING);
	expect(rrpath("monitor", NULL), 1, "cannot list the maps: Operation not permitted");
	assert_int_equal(fake_udev.nr_open, 0);
}

static void bad_usage(void **state)
{
	(void)state;
	expect(rrpath("monitor", "--jason", NULL), 2, "unknown option '--jason'");
	expect(rrpath("monitor", "lun0", "lun1", NULL), 2, "too many arguments, from 'lun1' on");
	expect(rrpath("monitor", "a/b", NULL), 2, "'a/b' is not the name of a map");
	expect(rrpath("wait", NULL), 2, "wait needs NAME");
	expect(rrpath("wait", "--patience", "1", "lun0", NULL), 2, "unknown option");
	expect(rrpath("wait", "--paths", "0", "lun0", NULL), 2, "'0' is no value of --paths");
	expect(rrpath("wait", "--paths", "x", "lun0", NULL), 2, "'x' is no value of --paths");
	expect(rrpath("wait", "--timeout", "-1", "lun0", NULL), 2, "'-1' is no value of --time");
	expect(rrpath("wait", "--timeout", "1.2.3", "lun0", NULL), 2, "no value of --timeout");
	expect(rrpath("wait", "--timeout", "86401", "lun0", NULL), 2, "no value of --timeout");
	expect(rrpath("wait", "--timeout", "", "lun0", NULL), 2, "no value of --timeout");
	expect(rrpath("wait", "--timeout", "00000000000000001", "lun0", NULL), 2, "no value");
	expect(rrpath("wait", "a/b", NULL), 2, "'a/b' is not the name of a map");
	fake.uid = 1000;
	expect(rrpath("monitor", NULL), 1, "device-mapper needs root");
	expect(rrpath("wait", "lun0", NULL), 1, "device-mapper needs root");
}

/* ---- wait */

static void comes(void)
{
	map = fake_add_map("lun0", UUID, 614400, "failover 2 0 8:0 8:16");
}

static void waits_for_a_map(void **state)
{
	(void)state;
	expect(rrpath("wait", "lun0", NULL), 0, NULL);
	has_gone();
	event("add", "sda", NULL, NULL);
	event("change", "dm-0", "lun0", comes);
	expect(rrpath("wait", "lun0", "--timeout", "60", NULL), 0, NULL);
	assert_int_equal(fake_waited_ms(), 0);
	assert_int_equal(fake_udev.nr_open, 0);
}

static bool comes_in_the_end(unsigned int nth)
{
	const struct fake_event change = { .action = "change", .kname = "dm-0" };

	if (nth == 1) {
		comes();
		fake_event(&change);
	}
	return nth > 1;
}

static void waits_again(void **state)
{
	const struct fake_event lost = { .error = ENOBUFS };
	const struct fake_event lost_all = { .error = ENOBUFS, .before = comes };
	const struct fake_event interrupted = { .poll_error = EINTR };

	(void)state;
	has_gone();
	fake_events(comes_in_the_end);
	fake_event(&interrupted);
	fake_event(&lost);
	expect(rrpath("wait", "lun0", NULL), 0, NULL);
	has_gone();
	fake_event(&lost_all);
	expect(rrpath("wait", "lun0", NULL), 0, NULL);
}

static void waits_for_paths(void **state)
{
	(void)state;
	sda_fails();
	expect(rrpath("wait", "lun0", "--paths", "1", NULL), 0, NULL);
	path_event("PATH_REINSTATED", "8:0", all_are_good);
	expect(rrpath("wait", "lun0", NULL), 0, NULL);
	sda_fails();
	path_event("PATH_REINSTATED", "8:0", all_are_good);
	expect(rrpath("wait", "lun0", "--paths", "2", "--timeout", "1", NULL), 0, NULL);
}

static void times_out(void **state)
{
	(void)state;
	sda_fails();
	expect(rrpath("wait", "lun0", "--timeout", "2.5", NULL), 1,
	       "after 2.5 s 1 of 2 paths of 'lun0' are usable, not 2: rrpath show");
	assert_in_range(fake_waited_ms(), 2500, 2502);
	expect(rrpath("wait", "lun0", "--timeout", "0", "--paths", "3", NULL), 1,
	       "after 0 s 1 of 2 paths of 'lun0' are usable, not 3: rrpath show");
	expect(rrpath("wait", "nosuch", "--timeout", "1", NULL), 1,
	       "after 1 s there is no map 'nosuch': see 'rrpath list'");
	is_no_map_of_ours();
	expect(rrpath("wait", "lun0", "--timeout", "1", NULL), 1, "there is no map 'lun0'");
	expect(rrpath("wait", "lun0", NULL), 1, "events cannot be read: Input/output error");
}

/* ---- what the kernel says of an event */

static void reads_events(void **state)
{
	const struct fake_event one = {
		.action = NULL, .kname = "dm-0", .major = 253, .minor = 3, .resize = "1",
		.dm_action = "PATH_FAILED", .path = "8:0",
	};
	struct rrpath_events *events;
	struct rrpath_event e;

	(void)state;
	rrpath_events_close(NULL);
	fake_event(&one);
	assert_int_equal(rrpath_events_open(&events), 0);
	assert_int_equal(rrpath_events_next(events, 0, &e), 1);
	assert_string_equal(e.action, "");
	assert_string_equal(e.kname, "dm-0");
	assert_int_equal(e.major, 253);
	assert_int_equal(e.minor, 3);
	assert_string_equal(e.name, "");
	assert_string_equal(e.uuid, "");
	assert_string_equal(e.dm_action, "PATH_FAILED");
	assert_string_equal(e.path, "8:0");
	assert_int_equal(e.nr_usable, -1);
	assert_true(e.resized);
	assert_int_equal(rrpath_events_next(events, 7, &e), 0);
	assert_int_equal(fake_waited_ms(), 7);
	rrpath_events_close(events);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(follows_paths),
		TEST(follows_a_map_without_a_path),
		TEST(failed_and_back),
		TEST(says_why),
		TEST(follows_tables),
		TEST(names_of_disks),
		TEST(maps_come_and_go),
		TEST(lost_events),
		TEST(one_map_only),
		TEST(json),
		TEST(ends_when_nobody_reads),
		TEST(no_events),
		TEST(bad_usage),
		TEST(waits_for_a_map),
		TEST(waits_again),
		TEST(waits_for_paths),
		TEST(times_out),
		TEST(reads_events),
	};

	return cmocka_run_group_tests_name("monitor", tests, NULL, NULL);
}
