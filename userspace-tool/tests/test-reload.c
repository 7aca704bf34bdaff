// SPDX-License-Identifier: GPL-2.0
/* rrpath add and drop: whichever step fails, the map runs, with one table or the other. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "../util.h"
#include "fake.h"

#define OLD	"round-robin 2 2 8:0 50 3 8:16 50 1 3 queue_if_no_path no_path_timeout_ms 30000"
#define ADDED	"round-robin 3 2 8:0 50 3 8:16 50 1 8:48 20 2 3 queue_if_no_path no_path_timeout_ms 30000"
#define DROPPED	"round-robin 1 2 8:0 50 3 3 queue_if_no_path no_path_timeout_ms 30000"

static struct fake_map *map;

static int setup(void **state)
{
	fake_setup(state);
	fake_disk("sdd", 8, 48, 614400, "naa.6001");
	map = fake_add_map("lun0", "rrpath-naa.6001", 614400, OLD);
	map->open_count = 1;
	return 0;
}

static const struct run *add(void)
{
	return rrpath("add", "lun0", "sdd", "--priority", "20", "--weight", "2", NULL);
}

static const struct run *drop(void)
{
	return rrpath("drop", "lun0", "sdb", NULL);
}

/* The map runs, with this table and no other. */
static void runs_with(const char *params)
{
	assert_non_null(fake_find("lun0"));
	assert_false(map->suspended);
	assert_string_equal(map->live.params, params);
	assert_string_equal(map->live.target, "rrpath");
	assert_int_equal(map->live.length, 614400);
	assert_null(map->inactive.params);
	assert_false(fake.flushed);
	assert_false(fake.frozen);
	assert_false(fake.interruptible);
}

static void add_works(void **state)
{
	(void)state;
	expect(add(), 0, NULL);
	runs_with(ADDED);
	assert_string_equal(fake.journal, "load,resume,");
}

static void is_another_lun(void)
{
	fake_file("sys/devices/host/2:0:0:48/wwid", "naa.666\n");
}

static void is_smaller(void)
{
	fake_file("sys/devices/sdd/block/sdd/size", "1024\n");
}

/* Between the check and the load. */
static void disk_changes(void **state)
{
	(void)state;
	fake.on_load = is_another_lun;
	expect(add(), 1, "sdd became another LUN while it was taken: WWID 'naa.666'");
	runs_with(OLD);
	assert_string_equal(fake.journal, "load,clear,");
	fake_file("sys/devices/host/2:0:0:48/wwid", "naa.6001\n");
	fake.on_load = is_smaller;
	expect(add(), 1, "sdd changed its size while it was taken: 1024 sectors, was 614400");
	runs_with(OLD);
}

static void disk_changes_by_force(void **state)
{
	(void)state;
	fake.on_load = is_another_lun;
	expect(rrpath("add", "lun0", "sdd", "--force", NULL), 0, "--force: although sdd became");
	assert_string_equal(fake.journal, "load,resume,");
}

static void drop_works(void **state)
{
	(void)state;
	expect(drop(), 0, NULL);
	runs_with(DROPPED);
	assert_string_equal(fake.journal, "load,resume,");
}

static void read_only_stays(void **state)
{
	(void)state;
	map->read_only = true;
	expect(drop(), 0, NULL);
	assert_true(map->live.read_only);
}

static void load_fails(void **state)
{
	(void)state;
	fake_fail("load", 1, EINVAL, FAKE_NOTHING);
	expect(add(), 1, "cannot load the new table of 'lun0'");
	runs_with(OLD);
	expect(drop(), 0, NULL);
}

static void load_fails_but_leaves_a_table(void **state)
{
	(void)state;
	fake_fail("load", 1, ENOMEM, FAKE_DONE);
	expect(add(), 1, "cannot load the new table of 'lun0'");
	runs_with(OLD);
	assert_string_equal(fake.journal, "load,clear,");
}

/* The suspend within the resume did not happen. */
static void suspend_fails(void **state)
{
	(void)state;
	fake_fail("resume", 1, EINTR, FAKE_NOTHING);
	expect(drop(), 1, "cannot switch the table of 'lun0'");
	runs_with(OLD);
	assert_string_equal(fake.journal, "load,resume,clear,");
}

/* The map was suspended, the new table refused: the map is left suspended. */
static void resume_fails_once(void **state)
{
	(void)state;
	fake_fail("resume", 1, EINVAL, FAKE_SUSPENDED);
	expect(add(), 1, "cannot switch the table of 'lun0'");
	runs_with(OLD);
	assert_string_equal(fake.journal, "load,resume,resume,");
}

static void resume_fails_twice(void **state)
{
	(void)state;
	fake_fail("resume", 1, EINVAL, FAKE_SUSPENDED);
	fake_fail("resume", 1, EINTR, FAKE_NOTHING);
	expect(drop(), 1, "cannot switch the table of 'lun0'");
	runs_with(OLD);
}

static void resume_fails_for_ever(void **state)
{
	(void)state;
	fake_fail("resume", 0, EINVAL, FAKE_SUSPENDED);
	expect(add(), 1, "dmsetup resume lun0");
	assert_true(map->suspended);
	assert_string_equal(map->live.params, OLD);
	assert_string_equal(fake.journal, "load,resume,resume,resume,resume,");
}

/* An error is reported, yet the kernel did it: what counts is what the map has now. */
static void resume_fails_but_is_done(void **state)
{
	(void)state;
	fake_fail("resume", 1, EINTR, FAKE_DONE);
	expect(add(), 0, NULL);
	runs_with(ADDED);
}

static void clear_fails_once(void **state)
{
	(void)state;
	fake_fail("resume", 1, EINTR, FAKE_NOTHING);
	fake_fail("clear", 1, ENOMEM, FAKE_NOTHING);
	expect(add(), 1, "cannot switch the table of 'lun0'");
	runs_with(OLD);
	assert_string_equal(fake.journal, "load,resume,clear,clear,");
}

/* The second table cannot be got rid of, but the map runs with the first. */
static void clear_fails_for_ever(void **state)
{
	(void)state;
	fake_fail("resume", 1, EINTR, FAKE_NOTHING);
	fake_fail("clear", 0, ENOMEM, FAKE_NOTHING);
	expect(add(), 1, "cannot switch the table of 'lun0'");
	assert_false(map->suspended);
	assert_string_equal(map->live.params, OLD);
}

static void clear_and_resume_fail(void **state)
{
	(void)state;
	fake_fail("load", 1, ENOMEM, FAKE_SUSPENDED);
	fake_fail("clear", 0, ENOMEM, FAKE_NOTHING);
	fake_fail("resume", 1, ENOMEM, FAKE_NOTHING);
	expect(drop(), 1, "cannot load the new table of 'lun0'");
	runs_with(OLD);
}

/* Each ioctl of the whole command in turn. */
static void each_ioctl_fails(void **state)
{
	static const char *const ioctls[] = {
		"info", "table", "status", "load", "resume", "clear",
	};
	static const enum fake_effect effects[] = { FAKE_NOTHING, FAKE_SUSPENDED, FAKE_DONE };
	unsigned int i, effect, nth;

	for (i = 0; i < RRPATH_ARRAY_SIZE(ioctls); i++) {
		for (effect = 0; effect < 3; effect++) {
			/* Reading does not change a map. */
			if (i < 3 && effect)
				continue;
			for (nth = 1; nth <= 4; nth++) {
				const struct run *run;
				bool added;

				setup(state);
				fake_fail(ioctls[i], nth, EIO, effects[effect]);
				run = add();
				added = !strcmp(map->live.params, ADDED);
				if (map->suspended)
					fail_msg("suspended after %s %u: %s", ioctls[i], nth,
						 run->err);
				if (!run->status && !added)
					fail_msg("%s %u: not added, not said", ioctls[i], nth);
				if (run->status && run->err_lines != 1)
					fail_msg("%s %u: stderr: %s", ioctls[i], nth, run->err);
				if (!added)
					runs_with(OLD);
			}
		}
	}
}

static void suspended_map_is_left_alone(void **state)
{
	(void)state;
	map->suspended = true;
	expect(add(), 1, "'lun0' is suspended");
	expect(drop(), 1, "'lun0' is suspended");
	assert_true(map->suspended);
	assert_string_equal(map->live.params, OLD);
	assert_string_equal(fake.journal, "");
}

static void somebody_elses_table_is_left_alone(void **state)
{
	(void)state;
	rrpath_copy(map->inactive.target, sizeof(map->inactive.target), "linear");
	map->inactive.params = strdup("8:32 0");
	expect(add(), 1, "somebody is changing the table");
	assert_string_equal(map->inactive.params, "8:32 0");
	assert_string_equal(fake.journal, "");
}

static char journal_at_signal[sizeof(fake.journal)];

static void on_signal(int signal)
{
	(void)signal;
	memcpy(journal_at_signal, fake.journal, sizeof(journal_at_signal));
}

static void signal_waits_for_the_resume(void **state)
{
	(void)state;
	signal(SIGTERM, on_signal);
	fake.signal = SIGTERM;
	expect(add(), 0, NULL);
	signal(SIGTERM, SIG_DFL);
	runs_with(ADDED);
	assert_string_equal(journal_at_signal, "load,resume,");
}

static void add_refuses(void **state)
{
	(void)state;
	fake_disk("sde", 8, 64, 614399, "naa.6001");
	fake_disk("sdf", 8, 80, 614401, "naa.6001");
	fake_disk("dm-3", 253, 3, 614400, NULL);
	fake_disk("dm-0", 253, 0, 614400, NULL);
	fake_slave("dm-3", "dm-0");
	fake_disk("sdb1", 8, 17, 614400, "naa.6001");
	expect(rrpath("add", "lun0", "sda", NULL), 1, "is a path of 'lun0' already");
	expect(rrpath("add", "lun0", "8:16", NULL), 1, "is a path of 'lun0' already");
	expect(rrpath("add", "lun0", "sdc", NULL), 1, "not the same LUN");
	expect(rrpath("add", "lun0", "sde", NULL), 1, "cannot be smaller");
	expect(rrpath("add", "-f", "lun0", "sde", NULL), 1, "cannot be smaller");
	expect(rrpath("add", "lun0", "sdf", NULL), 1, "differ in size");
	expect(rrpath("add", "lun0", "dm-3", NULL), 1, "lies on the map 'lun0' itself");
	expect(rrpath("add", "-f", "lun0", "dm-0", NULL), 1, "lies on the map 'lun0' itself");
	expect(rrpath("add", "lun0", "sdb1", NULL), 1, "one disk");
	expect(rrpath("add", "lun0", "sdz", NULL), 1, "no block device 'sdz'");
	expect(rrpath("add", "nosuch", "sdd", NULL), 1, "no map 'nosuch'");
	fake_holder("sdd", "dm-7", "other");
	expect(rrpath("add", "lun0", "sdd", NULL), 1, "held by the map 'other'");
	runs_with(OLD);
	assert_string_equal(fake.journal, "");
}

static void add_is_forced(void **state)
{
	const struct run *run;

	(void)state;
	fake_holder("sdc", "dm-7", "other");
	run = rrpath("add", "--force", "lun0", "sdc", NULL);
	assert_int_equal(run->status, 0);
	assert_non_null(strstr(run->err, "--force: although sdc is held by the map 'other'\n"));
	assert_non_null(strstr(run->err, "--force: although sdc and sda are not the same LUN"));
	assert_int_equal(run->err_lines, 2);
	assert_non_null(strstr(map->live.params, " 8:32 1 1 "));
}

static void drop_refuses(void **state)
{
	(void)state;
	expect(rrpath("drop", "lun0", "sdd", NULL), 1, "its paths are sda, sdb");
	fake_set_state(8, 0, 'F');
	expect(drop(), 1, "last usable path");
	runs_with(OLD);
	expect(rrpath("drop", "lun0", "sda", NULL), 0, NULL);
	expect(drop(), 1, "is the only path");
	expect(rrpath("drop", "-f", "lun0", "sdb", NULL), 1, "is the only path");
}

static void drop_is_forced(void **state)
{
	const struct run *run;

	(void)state;
	fake_set_state(8, 0, 'D');
	run = rrpath("drop", "lun0", "sdb", "--force", NULL);
	assert_int_equal(run->status, 0);
	assert_non_null(strstr(run->err, "--force: although 'sdb' is the last usable path"));
	assert_int_equal(run->err_lines, 1);
	runs_with(DROPPED);
}

/* By its number, when the kernel has lost the disk. */
static void drop_of_a_lost_disk(void **state)
{
	(void)state;
	fake_remove_disk("sdb", 8, 16);
	expect(rrpath("drop", "lun0", "sdb", NULL), 1, "its paths are sda, 8:16");
	expect(rrpath("drop", "lun0", "8:16", NULL), 0, NULL);
	runs_with(DROPPED);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(add_works),
		TEST(disk_changes),
		TEST(disk_changes_by_force),
		TEST(drop_works),
		TEST(read_only_stays),
		TEST(load_fails),
		TEST(load_fails_but_leaves_a_table),
		TEST(suspend_fails),
		TEST(resume_fails_once),
		TEST(resume_fails_twice),
		TEST(resume_fails_for_ever),
		TEST(resume_fails_but_is_done),
		TEST(clear_fails_once),
		TEST(clear_fails_for_ever),
		TEST(clear_and_resume_fail),
		TEST(each_ioctl_fails),
		TEST(suspended_map_is_left_alone),
		TEST(somebody_elses_table_is_left_alone),
		TEST(signal_waits_for_the_resume),
		TEST(add_refuses),
		TEST(add_is_forced),
		TEST(drop_refuses),
		TEST(drop_is_forced),
		TEST(drop_of_a_lost_disk),
	};

	return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
