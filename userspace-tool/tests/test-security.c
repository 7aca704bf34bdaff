// SPDX-License-Identifier: GPL-2.0
/* What other users, and disks, can not do: see dm-rrpath-security.rst. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../util.h"
#include "fake.h"

#define ENTRY	"map lun0\n\twwid naa.6001\n"
#define VICTIM	"victim"

static char *full(const char *path)
{
	return rrpath_printf("%s/%s", fake.root, path);
}

static mode_t mode_of(const char *path)
{
	char *name __rr_cleanup(rrpath_freep) = full(path);
	struct stat st;

	if (lstat(name, &st))
		fail_msg("no %s", path);
	return st.st_mode & 07777;
}

/* @path is a link to a file that nobody may touch. */
static void trap(const char *path)
{
	char *name __rr_cleanup(rrpath_freep) = full(path);
	char *victim __rr_cleanup(rrpath_freep) = full(VICTIM);

	fake_file(VICTIM, "untouched\n");
	fake_file(path, "x");
	assert_int_equal(unlink(name), 0);
	assert_int_equal(symlink(victim, name), 0);
}

static void victim_is_as_before(void)
{
	char *victim __rr_cleanup(rrpath_freep) = full(VICTIM);
	char text[32] = "";
	int fd = open(victim, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	close(fd);
	assert_string_equal(text, "untouched\n");
}

/* Every verb that asks device-mapper: one line, and nothing done. */
static void not_root(void **state)
{
	static const char *const verbs[][5] = {
		{ "create", "lun1", "sda", "sdb" }, { "remove", "lun0" }, { "assemble" },
		{ "list" }, { "show" }, { "policy", "lun0", "failover" },
		{ "fail", "lun0", "sda" }, { "reinstate", "lun0", "sda" },
		{ "add", "lun0", "sdb" }, { "drop", "lun0", "sda" },
		{ "resize", "lun0" }, { "set", "lun0", "failback", "manual" }, { "stat" },
		{ "wait", "lun0" }, { "doctor" }, { "doctor", "--fix" },
	};
	size_t i;

	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	fake.uid = 65534;
	for (i = 0; i < RRPATH_ARRAY_SIZE(verbs); i++)
		expect(rrpath(verbs[i][0], verbs[i][1], verbs[i][2], verbs[i][3], verbs[i][4],
			      NULL), 1, "needs root");
	assert_string_equal(fake.journal, "");
}

/* Whatever umask it is called with. */
static void modes(void **state)
{
	mode_t old = umask(0);

	(void)state;
	expect(rrpath("create", "lun0", "sda", "sdb", NULL), 0, NULL);
	expect(rrpath("create", "--transient", "lun1", "sdc", NULL), 0, NULL);
	umask(old);
	assert_int_equal(mode_of("etc/rrpath"), 0755);
	assert_int_equal(mode_of("etc/rrpath/maps.conf"), 0644);
	assert_int_equal(mode_of("run/rrpath"), 0755);
	assert_int_equal(mode_of("run/rrpath/maps.conf"), 0644);
	assert_int_equal(mode_of("run/rrpath.lock"), 0600);
}

static void links_are_not_followed(void **state)
{
	static const char *const files[] = {
		"etc/rrpath/maps.conf.new", "etc/rrpath/maps.conf", "run/rrpath/maps.conf.new",
		"run/rrpath.lock",
	};
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(files); i++) {
		fake_setup(state);
		trap(files[i]);
		rrpath("create", "lun0", "sda", "sdb", NULL);
		assert_non_null(fake_find("lun0"));
		rrpath("create", "--transient", "lun1", "sdc", NULL);
		rrpath("remove", "lun0", NULL);
		victim_is_as_before();
	}
}

static void assemble_nothing(const char *why)
{
	const struct run *run = rrpath("assemble", NULL);

	assert_non_null(strstr(run->err, why));
	assert_null(fake_find("lun0"));
}

/* What another user has written there is not acted on. */
static void records_of_others(void **state)
{
	char *name __rr_cleanup(rrpath_freep) = full("etc/rrpath/maps.conf");

	(void)state;
	fake_file("etc/rrpath/maps.conf", ENTRY);
	assert_int_equal(chmod(name, 0666), 0);
	assemble_nothing("maps.conf is not read: it is another user's, or open to all");
	assert_int_equal(rrpath("assemble", "--query", "sda", NULL)->status, 1);
	assert_int_equal(chmod(name, 0644), 0);
	if (!getuid()) {
		assert_int_equal(chown(name, 65534, 65534), 0);
		assemble_nothing("maps.conf is not read: it is another user's, or open to all");
		assert_int_equal(chown(name, 0, 0), 0);
	}
	expect(rrpath("assemble", NULL), 0, NULL);
	assert_non_null(fake_find("lun0"));
}

/*
 * udev's rules substitute what --query prints: a line per property, and of a WWID only
 * what means nothing to udev, to a shell or in the name of a file.
 */
static void properties(void **state)
{
	static const char *const uuids[] = {
		"rrpath-naa.6001$(reboot)", "rrpath-naa.6001;reboot", "rrpath-naa./../../etc",
		"rrpath-naa.60`x`", "rrpath-eui.%c{x}", "rrpath-uuid.a b", "rrpath-naa.6\033[2J",
		"rrpath-naa.$env{PATH}", "rrpath-naa.\"6\"", "rrpath-naa.6\\x2f", "rrpath-t10.a/b",
		"rrpath-naa.\303\244",
	};
	size_t i;

	(void)state;
	fake_disk("dm-0", 253, 0, 614400, NULL);
	for (i = 0; i < RRPATH_ARRAY_SIZE(uuids); i++) {
		fake_file("sys/devices/dm-0/block/dm-0/dm/uuid", "%s\nDM_WWN=x\n", uuids[i]);
		assert_string_equal(rrpath("assemble", "--query", "dm-0", NULL)->out,
				    "DM_RRPATH_USABLE=0\n");
	}
	fake_file("sys/devices/dm-0/block/dm-0/dm/uuid", "rrpath-naa.6001\n");
	assert_string_equal(rrpath("assemble", "--query", "dm-0", NULL)->out,
			    "DM_RRPATH_USABLE=0\nDM_TYPE=scsi\nDM_SERIAL=36001\nDM_WWN=0x6001\n");
	/* A disk has a WWID with all of that: its map is found by it, and named as recorded. */
	fake_file("sys/devices/host/2:0:0:0/wwid", "naa.6;$(reboot)`x`/../\"'%%c\\x0a&|\n");
	expect(rrpath("create", "lun0", "sda", NULL), 0, NULL);
	assert_string_equal(fake_find("lun0")->uuid + strlen("rrpath-naa.6"),
			    "___reboot__x__..____c_x5cx0a__");
	assert_string_equal(rrpath("assemble", "--query", "sda", NULL)->out,
			    "DM_RRPATH_MAP=lun0\n");
	expect(rrpath("remove", "-k", "lun0", NULL), 0, NULL);
	expect(rrpath("assemble", NULL), 0, NULL);
	assert_non_null(fake_find("lun0"));
}

int main(void)
{
#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(not_root),
		TEST(modes),
		TEST(links_are_not_followed),
		TEST(records_of_others),
		TEST(properties),
	};

	return cmocka_run_group_tests_name("security", tests, NULL, NULL);
}
