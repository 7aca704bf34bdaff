// SPDX-License-Identifier: GPL-2.0
/* Devices by their words, what they say of themselves, and who has them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../dev.h"
#include "../disks.h"
#include "../util.h"
#include "fake.h"

static char *full(const char *path)
{
	return rrpath_printf("%s/%s", fake.root, path);
}

static bool is(const char *word, unsigned int major, unsigned int minor)
{
	unsigned int ma = 0, mi = 0;

	return !rrpath_dev_number(word, &ma, &mi) && ma == major && mi == minor;
}

static int fails(const char *word)
{
	unsigned int major, minor;

	return rrpath_dev_number(word, &major, &minor);
}

/* A node below /dev. False where only root can make one. */
static bool node(const char *name, mode_t type, unsigned int major, unsigned int minor)
{
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("%s/dev/%s", fake.root, name);

	return !mknod(path, type | 0600, makedev(major, minor));
}

static void words(void **state)
{
	char *path __rr_cleanup(rrpath_freep) = full("dev/disk1");
	char *long_word __rr_cleanup(rrpath_freep) = rrpath_alloc(5000, 1);

	(void)state;
	memset(long_word, 'a', 4999);
	assert_true(is("8:16", 8, 16));
	assert_true(is("sdb", 8, 16));
	assert_int_equal(fails(""), -ENOENT);
	assert_int_equal(fails(long_word), -ENOENT);
	assert_int_equal(fails("nosuch"), -ENOENT);
	assert_int_equal(fails("/dev/null"), -ENOTBLK);
	assert_int_equal(fails("."), -ENOTBLK);
	fake_file("dev/file", "x\n");
	assert_int_equal(fails("file"), -ENOENT);
	/* sysfs has no slash in a name. */
	fake_disk("cciss!c0d0", 104, 0, 2048, "naa.3");
	assert_true(is("cciss/c0d0", 104, 0));
	fake_file("dev/mapper/.keep", "%s", "");
	if (!node("disk1", S_IFBLK, 9, 1) || !node("mapper/lun0", S_IFBLK, 9, 2))
		skip();
	assert_true(is("disk1", 9, 1));
	assert_true(is("lun0", 9, 2));
	assert_true(is(path, 9, 1));
}

static void facts(unsigned int major, unsigned int minor, struct rrpath_dev *dev)
{
	assert_int_equal(rrpath_dev_facts(major, minor, dev), 0);
}

static void says_of_itself(void **state)
{
	struct rrpath_dev dev;

	(void)state;
	assert_int_equal(rrpath_dev_facts(77, 7, &dev), -ENOENT);
	fake_disk("cciss!c0d0", 104, 0, 2048, " naa.3 \037\\x\177 ");
	fake_file("sys/devices/host/2:0:0:0/model", "a\377b\n");
	facts(104, 0, &dev);
	assert_string_equal(dev.name, "cciss/c0d0");
	/* Bytes that are no printable ASCII, and what would be taken for one. */
	assert_string_equal(dev.wwid, "\\x20naa.3 \\x1f\\x5cx\\x7f");
	rrpath_dev_free(&dev);
	/* No number at all is none. */
	fake_file("sys/devices/cciss!c0d0/block/cciss!c0d0/size", "large\n");
	fake_file("sys/devices/cciss!c0d0/block/cciss!c0d0/ro", "%s", "");
	facts(104, 0, &dev);
	assert_int_equal(dev.sectors, 0);
	assert_false(dev.read_only);
	rrpath_dev_free(&dev);
}

/* A WWID that is too long is cut between two bytes, and has no blank at its end. */
static void long_wwid(void **state)
{
	char wwid[300];
	struct rrpath_dev dev;

	(void)state;
	memset(wwid, 'a', sizeof(wwid));
	wwid[sizeof(wwid) - 1] = '\0';
	wwid[253] = '\001';
	wwid[252] = ' ';
	fake_file("sys/devices/host/2:0:0:0/wwid", "%s\n", wwid);
	facts(8, 0, &dev);
	wwid[252] = '\0';
	assert_string_equal(dev.wwid, wwid);
	rrpath_dev_free(&dev);
}

static void parts_of_disks(void **state)
{
	struct rrpath_dev dev;

	(void)state;
	fake_disk("sda1", 8, 1, 1024, "naa.6001");
	fake_file("sys/devices/host/2:0:0:0/wwid", "naa.6001\n");
	fake_file("sys/devices/sda/block/sda/wwid", "naa.6001\n");
	facts(8, 1, &dev);
	assert_true(dev.partition);
	assert_string_equal(dev.wwid, "naa.6001-part1");
	rrpath_dev_free(&dev);
	fake_file("sys/devices/sda/block/sda/sda1/partition", "first\n");
	facts(8, 1, &dev);
	assert_string_equal(dev.wwid, "naa.6001");
	rrpath_dev_free(&dev);
}

static void asks_udev(void **state)
{
	struct rrpath_dev dev;

	(void)state;
	fake_disk("vda", 254, 0, 2048, NULL);
	fake_disk("dm-3", 253, 3, 2048, NULL);
	rrpath_roots.udev = true;
	facts(254, 0, &dev);
	assert_string_equal(dev.wwid, "");
	assert_false(dev.wwid_by_udev);
	rrpath_dev_free(&dev);
	fake.udev_serial = "S1";
	facts(254, 0, &dev);
	assert_string_equal(dev.wwid, "S1");
	assert_true(dev.wwid_by_udev);
	rrpath_dev_free(&dev);
	fake.udev_serial = "";
	fake.udev_fs_type = "LVM2_member";
	facts(254, 0, &dev);
	assert_false(dev.wwid_by_udev);
	rrpath_dev_free(&dev);
	assert_true(rrpath_dev_udev_says(254, 0, "ID_FS_TYPE", "LVM2_member"));
	assert_false(rrpath_dev_udev_says(254, 0, "ID_FS_TYPE", "ext4"));
	/* What it knows about a map is not the identity of a disk. */
	fake.udev_serial = "S1";
	facts(253, 3, &dev);
	assert_string_equal(dev.wwid, "");
	rrpath_dev_free(&dev);
	rrpath_roots.udev = false;
	facts(254, 0, &dev);
	assert_string_equal(dev.wwid, "");
	rrpath_dev_free(&dev);
	assert_false(rrpath_dev_udev_says(254, 0, "ID_FS_TYPE", "LVM2_member"));
}

/* ---- who has it */

static unsigned int count_uses(const char *what)
{
	struct rrpath_uses uses;
	struct rrpath_dev dev;
	unsigned int nr = 0;
	size_t i;

	facts(8, 0, &dev);
	rrpath_dev_uses(&dev, &uses);
	for (i = 0; i < uses.nr; i++)
		nr += !strcmp(uses.use[i].what, what);
	/* And no other. */
	assert_int_equal(nr, uses.nr);
	rrpath_uses_free(&uses);
	rrpath_dev_free(&dev);
	return nr;
}

static void mounts(void **state)
{
	(void)state;
	fake_file("proc/self/mountinfo", "\n21 1 8:0\n22 1 no:no / /a rw - ext4 x rw\n"
		  "23 1 0:9 / /b rw shared:1\n24 1 0:9 / /b rw - btrfs\n"
		  "25 1 0:9 / /b rw - btrfs /images/sda rw\n"
		  "26 1 0:9 / /b rw - btrfs /dev/no/such/sdb rw\n");
	assert_int_equal(count_uses("/b"), 0);
	fake_file("proc/self/mountinfo",
		  "25 1 0:9 / /b\\040c\\08 rw - btrfs /dev/no/such/sda rw\n");
	assert_int_equal(count_uses("/b c\\08"), 1);
	/* Mounted for others, and where no mounts can be read. */
	fake_file("proc/self/mountinfo", "21 1 8:128 / / rw - ext4 /dev/sdi rw\n");
	fake_file("proc/1/mountinfo", "21 1 8:0 / /init rw - ext4 /dev/sda rw\n");
	assert_int_equal(count_uses("/init"), 1);
}

static void swapped_on(void **state)
{
	(void)state;
	fake_file("proc/swaps", "Filename\tType\n\n/swapfile file 1 0 -2\n"
		  "/dev/no/such/sda partition 1 0 -2\n");
	assert_int_equal(count_uses("/dev/no/such/sda"), 1);
}

static void nothing_can_be_read(void **state)
{
	char *proc __rr_cleanup(rrpath_freep) = full("nowhere");

	(void)state;
	rrpath_roots.proc = proc;
	assert_int_equal(count_uses(""), 0);
}

/* A partition that is just being made or removed has no number. */
static void parts(void **state)
{
	(void)state;
	fake_file("sys/devices/sda/block/sda/sda9/partition", "9\n");
	fake_disk("sda1", 8, 1, 1024, "naa.6001");
	fake_holder("sda1", "dm-7", "root");
	assert_int_equal(count_uses("root"), 1);
}

static bool is_claimed(void)
{
	struct rrpath_dev dev;
	bool claimed;

	facts(8, 0, &dev);
	claimed = rrpath_dev_is_claimed(&dev);
	rrpath_dev_free(&dev);
	return claimed;
}

static void claims(void **state)
{
	char *path __rr_cleanup(rrpath_freep) = full("dev/sda");

	(void)state;
	assert_false(is_claimed());
	/* The node of another disk says nothing. */
	if (!node("sda", S_IFBLK, 8, 200))
		skip();
	fake_call_fails("open", 0, EBUSY);
	assert_false(is_claimed());
	assert_int_equal(unlink(path), 0);
	assert_true(node("sda", S_IFBLK, 9, 0));
	assert_false(is_claimed());
	assert_int_equal(unlink(path), 0);
	assert_true(node("sda", S_IFBLK, 8, 0));
	assert_true(is_claimed());
	fake_calls_reset();
	fake_call_fails("open", 0, ENXIO);
	assert_false(is_claimed());
}

/* Somebody has it, and nobody can see who. */
static void claimed_disk(void **state)
{
	(void)state;
	if (!node("sda", S_IFBLK, 8, 0))
		skip();
	fake_call_fails("open", 0, EBUSY);
	expect(rrpath("create", "lun0", "sda", NULL), 1,
	       "sda is in use, perhaps mounted in another namespace: end that first");
	expect(rrpath("create", "--force", "lun0", "sda", NULL), 1, "sda is in use");
	assert_null(fake_find("lun0"));
	fake_calls_reset();
}

static bool lies_on(unsigned int major, unsigned int minor)
{
	struct rrpath_dev dev;
	bool ret;

	facts(8, 0, &dev);
	ret = rrpath_dev_lies_on(&dev, major, minor);
	rrpath_dev_free(&dev);
	return ret;
}

static void lies(void **state)
{
	(void)state;
	assert_true(lies_on(8, 0));
	assert_false(lies_on(8, 16));
	fake_slave("sda", "sdb");
	assert_true(lies_on(8, 16));
	/* One that has gone meanwhile. */
	fake_slave("sda", "sdx");
	assert_false(lies_on(8, 32));
	/* A ring, which cannot be, is not gone round for ever. */
	fake_slave("sdb", "sda");
	assert_true(lies_on(8, 32));
}

/* ---- all disks */

static void lists_disks(void **state)
{
	struct rrpath_disks disks;

	(void)state;
	fake_disk("sda1", 8, 1, 1024, NULL);
	fake_file("sys/devices/sda/block/sda/wwid", "naa.6001\n");
	fake_disk("sdd", 8, 48, 0, "naa.9");
	fake_disk("vda", 254, 0, 2048, NULL);
	fake_file("sys/class/block/sde/dev", "8:64\n");
	fake_file("sys/class/block/sdf/dev", "none\n");
	fake_file("sys/class/block/sdg/size", "1\n");
	fake_disk("dm-3", 253, 3, 2048, "naa.9");
	rrpath_disks_load(&disks, false);
	assert_int_equal(disks.nr, 3);
	assert_string_equal(disks.dev[2].name, "sdc");
	rrpath_disks_free(&disks);
	rrpath_disks_load(&disks, true);
	assert_int_equal(disks.nr, 4);
	assert_string_equal(disks.dev[1].wwid, "naa.6001-part1");
	rrpath_disks_free(&disks);
	rrpath_roots.sys = fake.root;
	rrpath_disks_load(&disks, true);
	assert_int_equal(disks.nr, 0);
	rrpath_disks_free(&disks);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words),
		TEST(says_of_itself),
		TEST(long_wwid),
		TEST(parts_of_disks),
		TEST(asks_udev),
		TEST(mounts),
		TEST(swapped_on),
		TEST(nothing_can_be_read),
		TEST(parts),
		TEST(claims),
		TEST(claimed_disk),
		TEST(lies),
		TEST(lists_disks),
	};

	return cmocka_run_group_tests_name("dev", tests, NULL, NULL);
}
