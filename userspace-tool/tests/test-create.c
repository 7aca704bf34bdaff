// SPDX-License-Identifier: GPL-2.0
/* rrpath create and remove: what they make, what they refuse, what --force overrides. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../util.h"
#include "fake.h"

static const struct run *create(const char *a, const char *b)
{
	return rrpath("create", "lun0", a, b, NULL);
}

static const struct run *forced(const char *a, const char *b)
{
	return rrpath("create", "--force", "lun0", a, b, NULL);
}

static void nothing_was_made(void)
{
	assert_null(fake_find("lun0"));
	assert_string_equal(fake.journal, "");
}

static void makes_a_map(void **state)
{
	struct fake_map *map;

	(void)state;
	expect(create("sda", "8:16"), 0, NULL);
	map = fake_find("lun0");
	assert_non_null(map);
	assert_string_equal(map->uuid, "rrpath-naa.6001");
	assert_string_equal(map->live.params, "failover 2 0 8:0 8:16");
	assert_int_equal(map->live.length, 614400);
	assert_false(map->live.read_only);
	assert_string_equal(fake.journal, "create,load,resume,");
}

static void is_another_lun(void)
{
	fake_file("sys/devices/host/2:0:0:16/wwid", "naa.666\n");
}

/* Between the check and the load. */
static void disk_changes(void **state)
{
	(void)state;
	fake.on_load = is_another_lun;
	expect(create("sda", "sdb"), 1, "sdb became another LUN while it was taken");
	assert_null(fake_find("lun0"));
	assert_string_equal(fake.journal, "create,load,remove,");
}

static void takes_every_option(void **state)
{
	(void)state;
	expect(rrpath("create", "lun0", "--policy", "round-robin", "--priority", "50,10",
		      "--weight=3", "--queue-if-no-path", "--no-path-timeout", "30000",
		      "--failback", "manual", "--probe-interval", "500", "--rr-min-io", "8",
		      "--merge-kib", "256", "sda", "sdb", NULL), 0, NULL);
	assert_string_equal(fake_find("lun0")->live.params,
			    "round-robin 2 2 8:0 50 3 8:16 10 3 11 queue_if_no_path no_path_timeout_ms 30000 failback manual probe_interval_ms 500 rr_min_io 8 merge_kib 256");
}

static void one_path_is_enough(void **state)
{
	(void)state;
	expect(create("sda", NULL), 0, NULL);
	assert_string_equal(fake_find("lun0")->live.params, "failover 1 0 8:0");
}

static void without_a_wwid(void **state)
{
	(void)state;
	fake_disk("loop0", 7, 0, 2048, NULL);
	fake_disk("loop1", 7, 1, 2048, NULL);
	expect(create("loop0", "loop1"), 0, "note: without a WWID the disks of 'lun0'");
	assert_string_equal(fake_find("lun0")->uuid, "rrpath-lun0");
}

static void uuid_of_an_odd_wwid(void **state)
{
	char wwid[201], uuid[129] = "rrpath-";

	(void)state;
	fake_disk("sdd", 8, 48, 2048, "t10.ATA     disk/7 x");
	expect(rrpath("create", "a", "sdd", NULL), 0, NULL);
	assert_string_equal(fake_find("a")->uuid, "rrpath-t10.ATA_____disk_7_x");
	memset(wwid, 'w', 200);
	memcpy(wwid + 190, "serial1234", 11);
	fake_disk("sde", 8, 64, 2048, wwid);
	expect(rrpath("create", "b", "sde", NULL), 0, NULL);
	strcat(uuid, wwid + 200 - 121);
	assert_string_equal(fake_find("b")->uuid, uuid);
}

static void mounted(void **state)
{
	(void)state;
	fake_file("proc/self/mountinfo", "30 1 8:16 / /mnt/a\\040b rw - ext4 /dev/sdb rw\n");
	expect(create("sda", "sdb"), 1, "sdb is mounted on '/mnt/a b'");
	expect(forced("sda", "sdb"), 1, "sdb is mounted on '/mnt/a b'");
	nothing_was_made();
}

/* btrfs: the number is not that of the disk. */
static void mounted_by_source(void **state)
{
	(void)state;
	fake_file("proc/self/mountinfo", "30 1 0:44 / /data rw shared:1 - btrfs /dev/sdb rw\n");
	expect(create("sda", "sdb"), 1, "sdb is mounted on '/data'");
	nothing_was_made();
}

/* By a service whose mount namespace hides it. */
static void mounted_for_init(void **state)
{
	(void)state;
	fake_file("proc/1/mountinfo", "30 1 8:16 / /home rw - ext4 /dev/sdb rw\n");
	expect(create("sda", "sdb"), 1, "sdb is mounted on '/home'");
	nothing_was_made();
}

static void partition_mounted(void **state)
{
	(void)state;
	fake_disk("sdb1", 8, 17, 2048, NULL);
	fake_file("proc/self/mountinfo", "30 1 8:17 / /boot rw - ext4 /dev/sdb1 rw\n");
	expect(create("sda", "sdb"), 1, "sdb1 is mounted on '/boot'");
	nothing_was_made();
}

static void swap(void **state)
{
	(void)state;
	fake_file("proc/swaps", "Filename Type Size Used Priority\n/dev/sda partition 1 0 -2\n");
	expect(create("sda", "sdb"), 1, "sda is used as swap");
	fake_disk("sda2", 8, 2, 2048, NULL);
	fake_file("proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n");
	expect(forced("sda", "sdb"), 1, "sda2 is used as swap");
	nothing_was_made();
}

static void held(void **state)
{
	(void)state;
	fake_holder("sdb", "md0", NULL);
	expect(create("sda", "sdb"), 1, "sdb is held by 'md0'");
	expect(forced("sda", "sdb"), 1, "sdb is held by 'md0'");
	fake_holder("sda", "dm-7", "mpatha");
	expect(create("sda", "sdb"), 1, "sda is held by the map 'mpatha'");
	nothing_was_made();
}

static void partition_held(void **state)
{
	(void)state;
	fake_disk("sda3", 8, 3, 2048, NULL);
	fake_holder("sda3", "dm-7", "vg-root");
	expect(create("sda", "sdb"), 1, "sda3 is held by the map 'vg-root'");
	nothing_was_made();
}

/* The disk has it, and one takes a partition of it. */
static void disk_of_partition_held(void **state)
{
	(void)state;
	fake_disk("sda3", 8, 3, 2048, NULL);
	fake_holder("sda", "dm-7", "mpatha");
	expect(create("sda3", NULL), 1, "sda is held by the map 'mpatha'");
	nothing_was_made();
}

static void held_but_forced(void **state)
{
	const struct run *run;

	(void)state;
	fake_holder("sda", "dm-7", "other");
	run = forced("sda", "sdb");
	assert_int_equal(run->status, 0);
	assert_string_equal(run->err, "rrpath: --force: although sda is held by the map 'other'\n");
	assert_non_null(fake_find("lun0"));
}

static void other_wwid(void **state)
{
	const struct run *run;

	(void)state;
	expect(create("sda", "sdc"), 1, "not the same LUN: WWID 'naa.7002' and 'naa.6001'");
	fake_disk("loop0", 7, 0, 614400, NULL);
	expect(create("sda", "loop0"), 1, "not the same LUN: WWID none and 'naa.6001'");
	nothing_was_made();
	run = forced("sda", "sdc");
	assert_int_equal(run->status, 0);
	assert_int_equal(run->err_lines, 1);
}

static void other_size(void **state)
{
	const struct run *run;

	(void)state;
	fake_disk("sdd", 8, 48, 614000, "naa.6001");
	expect(create("sda", "sdd"), 1, "differ in size: 614000 and 614400 sectors");
	nothing_was_made();
	run = forced("sda", "sdd");
	assert_int_equal(run->status, 0);
	assert_int_equal(fake_find("lun0")->live.length, 614000);
}

static void read_only(void **state)
{
	(void)state;
	fake_file("sys/block/sdb/ro", "1\n");
	expect(create("sda", "sdb"), 1, "sdb is read-only and sda is not");
	nothing_was_made();
	fake_file("sys/block/sda/ro", "1\n");
	expect(create("sda", "sdb"), 0, NULL);
	assert_true(fake_find("lun0")->live.read_only);
}

static void same_disk(void **state)
{
	(void)state;
	expect(create("sda", "8:0"), 1, "sda is there twice");
	expect(forced("sda", "sda"), 1, "sda is there twice");
	fake_disk("sda1", 8, 1, 614400, "naa.6001");
	fake_disk("sda2", 8, 2, 614400, "naa.6001");
	expect(create("sda", "sda1"), 1, "one disk");
	expect(forced("sda1", "sda"), 1, "one disk");
	expect(forced("sda1", "sda2"), 1, "one disk");
	fake_disk("dm-4", 253, 4, 614400, NULL);
	fake_slave("dm-4", "sda");
	expect(forced("dm-4", "sda"), 1, "one disk");
	nothing_was_made();
}

static void not_a_disk(void **state)
{
	(void)state;
	expect(create("sda", "/dev/null"), 1, "'/dev/null' is not a block device");
	expect(forced("sda", "/dev/null"), 1, "'/dev/null' is not a block device");
	expect(create("sda", "/no/such/file"), 1, "no block device '/no/such/file'");
	expect(create("sda", "sdq"), 1, "no block device 'sdq'");
	expect(create("sda", "9:9"), 1, "no block device '9:9'");
	expect(create("sda", ""), 1, "no block device ''");
	fake_disk("loop0", 7, 0, 0, NULL);
	expect(forced("loop0", NULL), 1, "loop0 has no size");
	nothing_was_made();
}

static void bad_names(void **state)
{
	char name[129];

	(void)state;
	expect(rrpath("create", "a/b", "sda", NULL), 2, "'a/b'");
	expect(rrpath("create", "", "sda", NULL), 2, "''");
	expect(rrpath("create", ".", "sda", NULL), 2, "'.'");
	expect(rrpath("create", "a b", "sda", NULL), 2, "'a b'");
	expect(rrpath("create", "a\nb", "sda", NULL), 2, "'a?b'");
	memset(name, 'n', 128);
	name[128] = '\0';
	expect(rrpath("create", name, "sda", NULL), 2, "too long");
	name[127] = '\0';
	expect(rrpath("create", name, "sda", NULL), 0, NULL);
	assert_non_null(fake_find(name));
}

static void name_is_taken(void **state)
{
	(void)state;
	fake_add_map("lun0", "", 614400, "failover 1 0 8:64");
	expect(create("sda", "sdb"), 1, "there is a map 'lun0' already");
	expect(forced("sda", "sdb"), 1, "there is a map 'lun0' already");
	assert_string_equal(fake.journal, "");
}

static void lun_is_taken(void **state)
{
	(void)state;
	fake_add_map("old", "rrpath-naa.6001", 614400, "failover 1 0 8:64");
	expect(create("sda", "sdb"), 1, "the map 'old' has the UUID 'rrpath-naa.6001' already");
	nothing_was_made();
}

static void kernel_refuses(void **state)
{
	(void)state;
	fake_fail("load", 1, EINVAL, FAKE_NOTHING);
	expect(create("sda", "sdb"), 1, "cannot create 'lun0': Invalid argument");
	assert_null(fake_find("lun0"));
	fake_fail("resume", 1, ENOMEM, FAKE_NOTHING);
	expect(create("sda", "sdb"), 1, "cannot create 'lun0'");
	assert_null(fake_find("lun0"));
	fake_fail("create", 1, EPERM, FAKE_NOTHING);
	expect(create("sda", "sdb"), 1, "cannot create 'lun0'");
	assert_null(fake_find("lun0"));
}

/* Not removed either: one line, with what to do. */
static void kernel_refuses_twice(void **state)
{
	(void)state;
	fake_fail("resume", 1, ENOMEM, FAKE_NOTHING);
	fake_fail("remove", 1, EBUSY, FAKE_NOTHING);
	expect(create("sda", "sdb"), 1, "'dmsetup remove lun0' removes what is left");
}

static void no_target(void **state)
{
	(void)state;
	fake.no_target = true;
	expect(create("sda", "sdb"), 1, "modprobe dm-rrpath");
	assert_null(fake_find("lun0"));
}

static void no_device_mapper(void **state)
{
	(void)state;
	fake.no_dm = true;
	expect(create("sda", "sdb"), 1, "modprobe dm-mod");
}

static void not_root(void **state)
{
	(void)state;
	fake.uid = 1000;
	expect(create("sda", "sdb"), 1, "needs root");
	expect(rrpath("list", NULL), 1, "needs root");
	/* What is wrong with the words is said first. */
	expect(rrpath("create", "lun0", NULL), 2, "create needs");
	expect(rrpath("--version", NULL), 0, NULL);
	expect(rrpath("help", "create", NULL), 0, NULL);
}

static void wrong_numbers(void **state)
{
	static const char *const words[][2] = {
		{ "--priority", "65536" }, { "--priority", "-1" }, { "--priority", "" },
		{ "--priority", "1,2,3" }, { "--priority", "1,,2" }, { "--weight", "0" },
		{ "--weight", "257" }, { "--weight", "1,x" }, { "--policy", "service-time" },
		{ "--no-path-timeout", "18446744073709551617" }, { "--failback", "never" },
		{ "--probe-interval", "1s" }, { "--rr-min-io", "0" },
		{ "--stall-timeout", "-1" }, { "--hold-down-max", "604800001" },
		{ "--merge-kib", "16385" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < RRPATH_ARRAY_SIZE(words); i++)
		expect(rrpath("create", "lun0", words[i][0], words[i][1], "sda", "sdb", NULL), 2,
		       words[i][0]);
	nothing_was_made();
}

static void removes(void **state)
{
	(void)state;
	fake_add_map("lun0", "", 614400, "failover 1 0 8:0");
	expect(rrpath("remove", "/dev/mapper/lun0", NULL), 0, NULL);
	assert_null(fake_find("lun0"));
	expect(rrpath("remove", "lun0", NULL), 1, "no map 'lun0'");
}

static void removes_no_other_map(void **state)
{
	struct fake_map *map = fake_add_map("root", "LVM-x", 614400, "8:0 0");

	(void)state;
	rrpath_copy(map->live.target, sizeof(map->live.target), "linear");
	expect(rrpath("remove", "root", NULL), 1, "'linear'");
	expect(rrpath("remove", "-f", "root", NULL), 1, "'linear'");
	assert_string_equal(fake.journal, "");
}

static void remove_says_who_has_it(void **state)
{
	struct fake_map *map = fake_add_map("lun0", "", 614400, "failover 1 0 8:0");

	(void)state;
	map->open_count = 2;
	fake_disk("dm-0", 253, 0, 614400, NULL);
	fake_file("proc/self/mountinfo", "30 1 253:0 / /srv rw - ext4 /dev/mapper/lun0 rw\n");
	fake_holder("dm-0", "dm-7", "vg-data");
	expect(rrpath("remove", "lun0", NULL), 1, "mounted on '/srv', held by 'vg-data'");
	fake_file("proc/self/mountinfo", "21 1 8:128 / / rw - ext4 /dev/sdi rw\n");
	expect(rrpath("remove", "lun0", NULL), 1, "open count 2");
	assert_non_null(fake_find("lun0"));
	expect(rrpath("remove", "--deferred", "lun0", NULL), 0, NULL);
}

static void remove_forced(void **state)
{
	struct fake_map *map = fake_add_map("lun0", "", 614400, "failover 1 0 8:0");

	(void)state;
	expect(rrpath("remove", "--force", "lun0", NULL), 0, NULL);
	assert_null(fake_find("lun0"));
	assert_string_equal(fake.journal, "load,resume,remove,");
	map = fake_add_map("lun0", "", 614400, "failover 1 0 8:0");
	map->open_count = 1;
	expect(rrpath("remove", "--force", "lun0", NULL), 1, "open count 1");
	assert_string_equal(map->live.target, "error");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(makes_a_map),
		TEST(disk_changes),
		TEST(takes_every_option),
		TEST(one_path_is_enough),
		TEST(without_a_wwid),
		TEST(uuid_of_an_odd_wwid),
		TEST(mounted),
		TEST(mounted_by_source),
		TEST(mounted_for_init),
		TEST(partition_mounted),
		TEST(swap),
		TEST(held),
		TEST(partition_held),
		TEST(disk_of_partition_held),
		TEST(held_but_forced),
		TEST(other_wwid),
		TEST(other_size),
		TEST(read_only),
		TEST(same_disk),
		TEST(not_a_disk),
		TEST(bad_names),
		TEST(name_is_taken),
		TEST(lun_is_taken),
		TEST(kernel_refuses),
		TEST(kernel_refuses_twice),
		TEST(no_target),
		TEST(no_device_mapper),
		TEST(not_root),
		TEST(wrong_numbers),
		TEST(removes),
		TEST(removes_no_other_map),
		TEST(remove_says_who_has_it),
		TEST(remove_forced),
	};

	return cmocka_run_group_tests_name("create", tests, NULL, NULL);
}
