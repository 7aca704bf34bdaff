// SPDX-License-Identifier: GPL-2.0
/* Files that are written, when that fails; what the record says, and what udev asks. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../record.h"
#include "../replace.h"
#include "../util.h"
#include "fake-transport.h"

#define AFTER_BOOT	"the map will not come back by itself after a boot\n"

static const char etc[] = "etc/rrpath/maps.conf", run[] = "run/rrpath/maps.conf";

static char *full(const char *path)
{
	return rrpath_printf("%s/%s", fake.root, path);
}

static const char *text_of(const char *path)
{
	char *name __rr_cleanup(rrpath_freep) = full(path);
	FILE *file __rr_cleanup(rrpath_fclosep) = fopen(name, "r");
	static char text[2048];

	text[file ? fread(text, 1, sizeof(text) - 1, file) : 0] = '\0';
	return text;
}

static bool exists(const char *path)
{
	char *name __rr_cleanup(rrpath_freep) = full(path);

	return !access(name, F_OK);
}

static void has(const char *path, const char *what)
{
	if (!strstr(text_of(path), what))
		fail_msg("no '%s' in %s: %s", what, path, text_of(path));
}

/* ---- a file that is replaced */

static int replace(const char *path, const char *text)
{
	char *name __rr_cleanup(rrpath_freep) = full(path);

	return rrpath_replace_file(name, text, 0640);
}

static void replaces(void **state)
{
	char *name __rr_cleanup(rrpath_freep) = full("etc/new/file");
	struct stat st;

	(void)state;
	/* Interrupted, and taken in parts. */
	fake_call_fails("write", 1, EINTR);
	fake_call_fails("write", 1, 0);
	assert_int_equal(replace("etc/new/file", "one and two\n"), 0);
	assert_string_equal(text_of("etc/new/file"), "one and two\n");
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* Left by one that was killed. */
	fake_file("etc/new/file.new", "half\n");
	assert_int_equal(replace("etc/new/file", ""), 0);
	assert_string_equal(text_of("etc/new/file"), "");
	assert_false(exists("etc/new/file.new"));
}

/* Whatever fails: the old text stays, and nothing beside it. */
static void fails_to_replace(void **state)
{
	static const struct {
		const char *call;
		int error;
	} of[] = {
		{ "write", ENOSPC }, { "fsync", EIO }, { "fchmod", EPERM }, { "close", EDQUOT },
		{ "rename", EROFS },
	};
	size_t i;

	(void)state;
	fake_file("etc/new/file", "old\n");
	for (i = 0; i < RRPATH_ARRAY_SIZE(of); i++) {
		fake_call_fails(of[i].call, 1, of[i].error);
		assert_int_equal(replace("etc/new/file", "new\n"), -of[i].error);
		assert_string_equal(text_of("etc/new/file"), "old\n");
		assert_false(exists("etc/new/file.new"));
		fake_calls_reset();
	}
	/* The first error is the one to be told. */
	fake_call_fails("fsync", 1, EIO);
	fake_call_fails("close", 1, EDQUOT);
	assert_int_equal(replace("etc/new/file", "new\n"), -EIO);
	assert_string_equal(text_of("etc/new/file"), "old\n");
	fake_file("etc/new/file.new/in/the/way", "x\n");
	assert_int_equal(replace("etc/new/file", "new\n"), -EEXIST);
	assert_string_equal(text_of("etc/new/file"), "old\n");
	assert_int_equal(replace("etc/new/file/below", "new\n"), -ENOTDIR);
	assert_int_equal(replace("etc/no/such/file", "new\n"), -ENOENT);
}

/* ---- the record when it cannot be written or read */

static void record_is_full(void **state)
{
	const struct run *r;

	(void)state;
	fake_call_fails("write", 1, ENOSPC);
	r = rrpath("create", "lun0", "sda", NULL);
	assert_int_equal(r->status, 0);
	assert_int_equal(r->err_lines, 1);
	assert_non_null(strstr(r->err, "etc/rrpath/maps.conf: No space left on device: the map"));
	assert_non_null(strstr(r->err, AFTER_BOOT));
	assert_false(exists(etc));
	has(run, "map lun0\n\twwid naa.6001\n");
	/* Nor the other one. */
	fake_calls_reset();
	fake_call_fails("write", 0, ENOSPC);
	r = rrpath("create", "--transient", "lun1", "sdc", NULL);
	assert_int_equal(r->status, 0);
	assert_int_equal(r->err_lines, 1);
	assert_non_null(strstr(r->err, "run/rrpath/maps.conf: No space left on device: the map"));
	assert_non_null(strstr(r->err, "will not come back by itself when its disks do\n"));
	has(run, "map lun0\n");
	assert_null(strstr(text_of(run), "lun1"));
	assert_int_equal(rrpath("policy", "lun0", "round-robin", NULL)->status, 0);
	has(run, "policy failover\n");
	r = rrpath("remove", "lun0", NULL);
	assert_int_equal(r->status, 0);
	assert_int_equal(r->err_lines, 1);
	assert_non_null(strstr(r->err, "rrpath: warning: cannot take 'lun0' out of "));
	assert_non_null(strstr(r->err, "run/rrpath/maps.conf: No space left on device: it will"));
	assert_null(fake_find("lun0"));
	has(run, "map lun0\n");
}

static void changes_cannot_be_recorded(void **state)
{
	const struct run *r;

	(void)state;
	expect(rrpath("create", "lun0", "sda", "sdb", NULL), 0, NULL);
	fake_call_fails("fsync", 0, EIO);
	r = rrpath("drop", "lun0", "sdb", NULL);
	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->err, "maps.conf: Input/output error: " AFTER_BOOT));
	assert_null(strstr(text_of(etc), "out"));
	/* A map that has got another name, and its entry still the old one. */
	rrpath_copy(fake_find("lun0")->name, sizeof(fake.map[0].name), "db");
	r = rrpath("assemble", NULL);
	assert_int_equal(r->status, 0);
	assert_int_equal(r->err_lines, 1);
	assert_non_null(strstr(r->err, "maps.conf: Input/output error: the map will not"));
	has(etc, "map lun0\n");
}

/* A directory can be opened, and not be read. */
static void says_what_it_cannot_read(void **state)
{
	const struct run *r;

	(void)state;
	fake_file("etc/rrpath/maps.conf/in/the/way", "x\n");
	r = rrpath("assemble", NULL);
	assert_int_equal(r->status, 0);
	assert_int_equal(r->err_lines, 1);
	assert_non_null(strstr(r->err, "rrpath: cannot read "));
	assert_non_null(strstr(r->err, "etc/rrpath/maps.conf: Is a directory\n"));
	r = rrpath("create", "lun0", "sda", NULL);
	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->err, "warning: cannot write "));
	has(run, "map lun0\n");
	fake_set_params(fake_find("lun0"), "round-robin 1 0 8:0");
	expect(rrpath("policy", "lun0", "round-robin", NULL), 0, NULL);
	has(run, "policy round-robin\n");
	r = rrpath("remove", "lun0", NULL);
	assert_int_equal(r->status, 0);
	assert_int_equal(r->err_lines, 1);
	assert_non_null(strstr(r->err, "rrpath: warning: cannot take 'lun0' out of "));
	assert_null(strstr(text_of(run), "lun0"));
}

static void bad_lines_are_named(void **state)
{
	const struct run *r;

	(void)state;
	fake_file(etc, "map lun0\n\twwid naa.6001\n\tcolour blue\n\tpolicy quick!\n");
	fake_file(run, "nonsense\n");
	r = rrpath("assemble", NULL);
	assert_int_equal(r->err_lines, 3);
	assert_non_null(strstr(r->err, "etc/rrpath/maps.conf: line 3: "));
	assert_non_null(strstr(r->err, "etc/rrpath/maps.conf: line 4: 'quick!' is no policy"));
	assert_non_null(strstr(r->err, "run/rrpath/maps.conf: line 1: "));
}

/* What both files have counts as /etc has it. */
static void two_records(void **state)
{
	struct rrpath_conf conf __rr_cleanup(rrpath_conf_free) = { 0 };

	(void)state;
	fake_file(etc, "map lun0\n\twwid naa.6001\n\tpolicy failover\n");
	fake_file(run, "map lun0\n\twwid naa.9\n\tpolicy round-robin\n"
		  "map other\n\twwid naa.6001\n\tpolicy round-robin\n"
		  "map lun1\n\twwid naa.7002\n\tpolicy round-robin\n");
	rrpath_record_load(&conf, true);
	assert_int_equal(conf.nr, 2);
	assert_string_equal(conf.map[0].name, "lun0");
	assert_string_equal(conf.map[0].wwid, "naa.6001");
	assert_string_equal(conf.map[0].policy, "failover");
	assert_string_equal(conf.map[1].name, "lun1");
	assert_string_equal(conf.map[1].wwid, "naa.7002");
}

/* ---- what names a path */

static void key_is(unsigned int major, unsigned int minor, const char *want)
{
	struct rrpath_dev dev __rr_cleanup(rrpath_dev_free) = { 0 };
	char key[RRPATH_KEY_LEN];

	assert_int_equal(rrpath_dev_facts(major, minor, &dev), 0);
	rrpath_path_key(&dev, key);
	assert_string_equal(key, want);
}

static void keys(void **state)
{
	(void)state;
	fake_iscsi_disk("sdd", 48, 1, "naa.1");
	key_is(8, 48, "iscsi:iqn.2026-11.lab:s8,10.0.1.8:3260,default");
	fake_session_file(1, "targetname", "iqn a");
	key_is(8, 48, "iscsi:iqn_a,10.0.1.8:3260,default");
	/* Of a session that says no target or no portal: where it is in SCSI's numbers. */
	fake_connection_file(1, "persistent_address", "(null)");
	fake_connection_file(1, "address", "(null)");
	key_is(8, 48, "hctl:1:0:0:1");
	fake_connection_file(1, "persistent_address", "10.0.1.8");
	fake_session_file(1, "targetname", "(null)");
	key_is(8, 48, "hctl:1:0:0:1");
	fake_fc_disk("sde", 64, 3, "naa.2");
	key_is(8, 64, "fc:0x50060e8012345678,0x10000090fa1b2c03");
	fake_file("sys/devices/platform/host3/rport-3:0-1/fc_remote_ports/rport-3:0-1/port_name",
		  "%s", "");
	key_is(8, 64, "hctl:3:0:0:1");
	fake_nvme_disk(1, "eui.1");
	key_is(259, 1, "nvme-tcp:10.0.1.8:4420,default");
	fake_file("sys/devices/virtual/nvme-fabrics/ctl/nvme1/address",
		  "traddr=10.0.1.8,host_traddr=10.0.1.9,trsvcid=4420,host_iface=eth1\n");
	key_is(259, 1, "nvme-tcp:10.0.1.8:4420,10.0.1.9%eth1");
	fake_file("sys/devices/virtual/nvme-fabrics/ctl/nvme1/transport", "pcie\n");
	fake_file("sys/devices/virtual/nvme-fabrics/ctl/nvme1/address", "0000:3b:00.0\n");
	key_is(259, 1, "nvme-pcie:0000:3b:00.0");
	fake_file("sys/devices/virtual/nvme-fabrics/ctl/nvme1/address", "%s", "");
	key_is(259, 1, "dev:nvme1n1");
	fake_disk("vda", 254, 0, 2048, NULL);
	key_is(254, 0, "dev:vda");
}

/* A disk of the map's whose record says nothing, and one that is not there. */
static void entry_of_alike(void **state)
{
	(void)state;
	/* In a UUID the two look the same: the disks know which it is. */
	fake_disk("sde", 8, 64, 614400, "t10.a b");
	fake_add_map("lun0", "rrpath-t10.a_b", 614400, "failover 2 0 8:96 8:64");
	fake_file(etc, "map one\n\twwid t10.a_b\nmap two\n\twwid t10.a b\n\tpolicy failover\n");
	expect(rrpath("policy", "lun0", "queue-length", NULL), 0, NULL);
	has(etc, "map one\n\twwid t10.a_b\nmap ");
	fake_set_params(fake_find("lun0"), "queue-length 2 0 8:96 8:64");
	expect(rrpath("policy", "lun0", "queue-length", NULL), 0, NULL);
	has(etc, "\twwid t10.a b\n\tpolicy queue-length\n");
	has(etc, "map one\n\twwid t10.a_b\nmap lun0\n");
}

/* ---- udev */

static void query(const char *dev, int status, const char *out)
{
	const struct run *r = rrpath("assemble", "--query", dev, NULL);

	assert_int_equal(r->status, status);
	assert_string_equal(r->out, out);
	assert_string_equal(r->err, "");
}

static void map_is(const char *uuid)
{
	fake_file("sys/devices/dm-0/block/dm-0/dm/uuid", "%s\n", uuid);
}

static void path_is(const char *path, const char *state)
{
	char file[128];

	snprintf(file, sizeof(file), "sys/devices/dm-0/block/dm-0/rrpath/paths/%s/state", path);
	fake_file(file, "%s\n", state);
}

static void queries_of_maps(void **state)
{
	(void)state;
	fake_disk("dm-0", 253, 0, 614400, NULL);
	query("253:0", 1, "");
	map_is("LVM-x");
	query("253:0", 1, "");
	map_is("rrpath-naa.6001");
	query("253:0", 0, "DM_RRPATH_USABLE=0\nDM_TYPE=scsi\nDM_SERIAL=36001\nDM_WWN=0x6001\n");
	path_is("8:0", "active");
	path_is("8:16", "failed");
	path_is("8:32", "standby");
	path_is("8:48", "disabled");
	fake_file("sys/devices/dm-0/block/dm-0/rrpath/paths/8:64/going", "%s", "");
	map_is("rrpath-eui.01");
	query("253:0", 0,
	      "DM_RRPATH_USABLE=2\nDM_TYPE=nvme\nDM_SERIAL=eui.01\nDM_WWN=eui.01\n");
	map_is("rrpath-uuid.1-2");
	query("253:0", 0, "DM_RRPATH_USABLE=2\nDM_TYPE=nvme\nDM_SERIAL=uuid.1-2\n");
	map_is("rrpath-nvme.1-2");
	query("dm-0", 0, "DM_RRPATH_USABLE=2\nDM_TYPE=nvme\nDM_SERIAL=nvme.1-2\n");
	/* There are no such links of these. */
	map_is("rrpath-t10.x");
	query("253:0", 0, "DM_RRPATH_USABLE=2\n");
	map_is("rrpath-naa.");
	query("253:0", 0, "DM_RRPATH_USABLE=2\n");
	map_is("rrpath-lun0");
	query("253:0", 0, "DM_RRPATH_USABLE=2\n");
	map_is("rrpath-naa.6 X=1");
	query("253:0", 0, "DM_RRPATH_USABLE=2\n");
}

static void queries_of_disks(void **state)
{
	(void)state;
	query("sdz", 1, "");
	query("77:7", 1, "");
	query("sda", 1, "");
	/* Held by others, and by one that has no name any more. */
	fake_holder("sda", "dm-1", "root");
	fake_file("sys/devices/virtual/block/dm-1/dm/uuid", "LVM-x\n");
	fake_holder("sda", "dm-2", NULL);
	fake_file("sys/devices/virtual/block/dm-2/dm/uuid", "rrpath-naa.6001\n");
	fake_holder("sda", "md0", NULL);
	query("sda", 1, "");
	fake_holder("sda", "dm-3", "lun3");
	fake_file("sys/devices/virtual/block/dm-3/dm/uuid", "rrpath-naa.6001\n");
	query("sda", 0, "DM_RRPATH_MAP=lun3\n");
	/* One without a WWID is in no record. */
	fake_file(etc, "map lun0\n\twwid naa.6001\n");
	fake_disk("vda", 254, 0, 2048, NULL);
	query("vda", 1, "");
	query("sdb", 0, "DM_RRPATH_MAP=lun0\n");
}

/* ---- texts */

/* What is no character in UTF-8 does not reach a terminal or a JSON file. */
static void characters(void **state)
{
	static const struct {
		const char *text;
		const char *safe;
	} of[] = {
		{ "a~ z", "a~ z" }, { "\x1f\x7f", "??" }, { "\x80", "?" }, { "\xc1\xbf", "??" },
		{ "\xc2\x9f", "??" }, { "\xc2\xa0", "\xc2\xa0" }, { "\xc3", "?" },
		{ "\xc3z", "?z" }, { "\xdf\xbf", "\xdf\xbf" },
		{ "\xe0\x9f\xbf", "???" }, { "\xe0\xa0\x80", "\xe0\xa0\x80" },
		{ "\xe1\x80z", "??z" }, { "\xed\xa0\x80", "???" },
		{ "\xed\x9f\xbf", "\xed\x9f\xbf" },
		{ "\xf0\x8f\xbf\xbf", "????" }, { "\xf0\x90\x80\x80", "\xf0\x90\x80\x80" },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" }, { "\xf4\x90\x80\x80", "????" },
		{ "\xf5\x80\x80\x80", "????" }, { "\xff", "?" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < RRPATH_ARRAY_SIZE(of); i++)
		assert_string_equal(rrpath_safe(of[i].text), of[i].safe);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replaces),
		TEST(fails_to_replace),
		TEST(record_is_full),
		TEST(changes_cannot_be_recorded),
		TEST(says_what_it_cannot_read),
		TEST(bad_lines_are_named),
		TEST(two_records),
		TEST(keys),
		TEST(entry_of_alike),
		TEST(queries_of_maps),
		TEST(queries_of_disks),
		cmocka_unit_test(characters),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
