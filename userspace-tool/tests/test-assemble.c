// SPDX-License-Identifier: GPL-2.0
/* Maps from their record; disks that come, go, and are not what they were. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../dev.h"
#include "../util.h"
#include "fake-transport.h"

#define ENTRY	"map lun0\n\twwid naa.6001\n\tpolicy round-robin\n\tpath hctl:2:0:0:16 priority 5\n"

static void table_is(const char *params)
{
	assert_non_null(fake_find("lun0"));
	assert_string_equal(fake_find("lun0")->live.params, params);
}

static void makes(void **state)
{
	(void)state;
	expect(rrpath("assemble", NULL), 0, NULL);
	assert_null(fake_find("lun0"));
	fake_file("etc/rrpath/maps.conf", ENTRY);
	expect(rrpath("assemble", NULL), 0, NULL);
	table_is("round-robin 2 1 8:0 1 8:16 5");
	assert_string_equal(fake_find("lun0")->uuid, "rrpath-naa.6001");
	*fake.journal = '\0';
	expect(rrpath("assemble", NULL), 0, NULL);
	assert_string_equal(fake.journal, "");
	expect(rrpath("assemble", "lun1", NULL), 1, "has no map 'lun1'");
}

static void joins(void **state)
{
	(void)state;
	fake_file("etc/rrpath/maps.conf", ENTRY);
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "round-robin 1 0 8:0");
	expect(rrpath("assemble", "--incremental", "sdc", NULL), 0, NULL);
	table_is("round-robin 1 0 8:0");
	expect(rrpath("assemble", "--incremental", "sdb", NULL), 0, NULL);
	table_is("round-robin 2 1 8:0 1 8:16 5");
	/* The disk goes and comes back as another one. */
	fake_remove_disk("sdb", 8, 16);
	expect(rrpath("assemble", "--incremental", "sda", NULL), 0, NULL);
	table_is("round-robin 2 1 8:0 1 8:16 5");
	fake_disk("sdd", 8, 48, 614400, "naa.6001");
	expect(rrpath("assemble", "--incremental", "sdd", NULL), 0, NULL);
	table_is("round-robin 2 0 8:0 8:48");
	expect(rrpath("assemble", "--incremental", "sdz", NULL), 0, NULL);
}

static void is_another_lun(void)
{
	fake_file("sys/devices/host/2:0:0:16/wwid", "naa.666\n");
}

/* Between the look at all disks and the load. */
static void disk_changes(void **state)
{
	(void)state;
	fake_file("etc/rrpath/maps.conf", ENTRY);
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "round-robin 1 0 8:0");
	fake.on_load = is_another_lun;
	expect(rrpath("assemble", NULL), 1, "sdb became another LUN while it was taken");
	table_is("round-robin 1 0 8:0");
	assert_string_equal(fake.journal, "load,clear,");
}

static void not_what_was_dropped(void **state)
{
	(void)state;
	fake_file("etc/rrpath/maps.conf", "map lun0\nwwid naa.6001\npath hctl:2:0:0:16 out\n");
	expect(rrpath("assemble", NULL), 0, NULL);
	table_is("failover 1 0 8:0");
	expect(rrpath("assemble", "-i", "sdb", NULL), 0, NULL);
	table_is("failover 1 0 8:0");
}

static void takes_out(void **state)
{
	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	fake_file("sys/devices/host/2:0:0:16/wwid", "naa.666\n");
	expect(rrpath("assemble", "-i", "sdb", NULL), 0,
	       "sdb is taken out of 'lun0': it is another LUN now, WWID 'naa.666'");
	assert_string_equal(fake.message, "fail_path 8:16");
	*fake.message = '\0';
	expect(rrpath("assemble", "-i", "sdb", NULL), 0, NULL);
	assert_string_equal(fake.message, "");
	fake_file("sys/devices/host/2:0:0:16/wwid", "naa.6001\n");
	expect(rrpath("assemble", "-i", "sdb", NULL), 0, NULL);
	assert_string_equal(fake.message, "reinstate_path 8:16");
}

/* A disk that is being removed tells nothing any more: that is the kernel's to find out. */
static void is_going(void **state)
{
	char wwid[128];

	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	fake_file("sys/devices/sdb/block/sdb/size", "0\n");
	expect(rrpath("assemble", "-i", "sdb", NULL), 0, NULL);
	fake_file("sys/devices/sdb/block/sdb/size", "614400\n");
	snprintf(wwid, sizeof(wwid), "%s/sys/devices/host/2:0:0:16/wwid", fake.root);
	assert_int_equal(unlink(wwid), 0);
	/* As scsi_id says it. */
	rrpath_roots.udev = true;
	fake.udev_serial = "36001";
	expect(rrpath("assemble", NULL), 0, NULL);
	expect(rrpath("assemble", "-i", "sdb", NULL), 0, NULL);
	assert_string_equal(fake.journal, "");
}

/* In a UUID they look the same. */
static void mangled_alike(void **state)
{
	(void)state;
	fake_file("etc/rrpath/maps.conf", "map lun0\n\twwid t10.a b\n");
	fake_disk("sde", 8, 64, 614400, "t10.a b");
	fake_disk("sdf", 8, 80, 614400, "t10.a_b");
	expect(rrpath("assemble", NULL), 0, NULL);
	table_is("failover 1 0 8:64");
	expect(rrpath("assemble", "-i", "sdf", NULL), 0, NULL);
	expect(rrpath("assemble", NULL), 0, NULL);
	table_is("failover 1 0 8:64");
	fake_disk("sdg", 8, 96, 614400, "t10.a b");
	expect(rrpath("assemble", "-i", "sdg", NULL), 0, NULL);
	table_is("failover 2 0 8:64 8:96");
	fake_file("sys/devices/host/2:0:0:64/wwid", "t10.a_b\n");
	expect(rrpath("assemble", "-i", "sde", NULL), 0, "it is another LUN now, WWID 't10.a_b'");
	assert_string_equal(fake.message, "fail_path 8:64");
}

/* What udev has under a number may be about the disk that had it before. */
static void stale_database(void **state)
{
	(void)state;
	fake_file("etc/rrpath/maps.conf", ENTRY);
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "round-robin 1 0 8:0");
	fake_disk("sde", 8, 64, 614400, NULL);
	rrpath_roots.udev = true;
	fake.udev_serial = "naa.6001";
	expect(rrpath("assemble", "-i", "sde", NULL), 0, NULL);
	table_is("round-robin 1 0 8:0");
	expect(rrpath("assemble", "-i", "sdb", NULL), 0, NULL);
	table_is("round-robin 2 1 8:0 1 8:16 5");
}

static bool has_mark(void)
{
	char mark[128];

	snprintf(mark, sizeof(mark), "%s/run/rrpath/out-8:16-rrpath-naa.6001", fake.root);
	return !access(mark, F_OK);
}

/* A disk that does not say what it is does not come back, nor one with another's mark. */
static void no_wwid(void **state)
{
	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	fake_file("etc/rrpath/maps.conf", ENTRY);
	fake_file("run/rrpath/out-8:16-rrpath-naa.6001", "%s", "");
	fake_file("sys/devices/host/2:0:0:16/wwid", "%s", "");
	fake_set_state(8, 16, 'D');
	expect(rrpath("assemble", "-i", "sdb", NULL), 0, NULL);
	assert_string_equal(fake.message, "");
	assert_true(has_mark());
	fake_remove_disk("sdb", 8, 16);
	expect(rrpath("assemble", NULL), 0, NULL);
	assert_false(has_mark());
}

static void marks_go(void **state)
{
	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	fake_file("run/rrpath/out-8:16-rrpath-naa.6001", "%s", "");
	expect(rrpath("drop", "lun0", "sdb", NULL), 0, NULL);
	assert_false(has_mark());
	expect(rrpath("add", "lun0", "sdb", NULL), 0, NULL);
	fake_file("run/rrpath/out-8:16-rrpath-naa.6001", "%s", "");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_false(has_mark());
}

/* Two interfaces to one portal are two paths. */
static void two_interfaces(void **state)
{
	(void)state;
	fake_iscsi_disk("sdf", 80, 1, "naa.9009");
	fake_iscsi_disk("sdg", 96, 2, "naa.9009");
	fake_session_file(1, "ifacename", "eth1");
	fake_session_file(2, "ifacename", "eth2");
	fake_connection_file(2, "address", "10.0.1.8");
	fake_connection_file(2, "persistent_address", "10.0.1.8");
	fake_file("etc/rrpath/maps.conf", "map l\nwwid naa.9009\n");
	expect(rrpath("assemble", "l", NULL), 0, NULL);
	expect(rrpath("drop", "l", "sdg", NULL), 0, NULL);
	expect(rrpath("remove", "--keep-record", "l", NULL), 0, NULL);
	/* Up or down: what was asked for is the same. */
	fake_connection_file(2, "address", "(null)");
	expect(rrpath("assemble", "l", NULL), 0, NULL);
	assert_string_equal(fake_find("l")->live.params, "failover 1 0 8:80");
	expect(rrpath("remove", "--keep-record", "l", NULL), 0, NULL);
	fake_connection_file(2, "address", "10.0.1.8");
	/* As it was once written: it is about both, until one of them is in use. */
	fake_file("etc/rrpath/maps.conf", "map l\nwwid naa.9009\n"
		  "path iscsi:iqn.2026-11.lab:s8,10.0.1.8:3260 out\n");
	expect(rrpath("assemble", "l", NULL), 1, "disks are 'out' in its record");
	expect(rrpath("assemble", "-i", "sdf", NULL), 0, "disks are 'out' in its record");
	fake_add_map("l", "rrpath-naa.9009", 614400, "failover 1 0 8:80");
	expect(rrpath("policy", "l", "round-robin", NULL), 0, NULL);
	expect(rrpath("remove", "--keep-record", "l", NULL), 0, NULL);
	expect(rrpath("assemble", "l", NULL), 0, NULL);
	assert_string_equal(fake_find("l")->live.params, "failover 1 0 8:80");
}

/* What one map refuses does not save the wrong LUN of another. */
static void goes_on(void **state)
{
	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	fake_add_map("lun1", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	fake_file("sys/devices/host/2:0:0:16/wwid", "naa.666\n");
	fake_fail("message", 1, EIO, FAKE_NOTHING);
	assert_int_equal(rrpath("assemble", "-i", "sdb", NULL)->status, 1);
	assert_string_equal(fake.journal, "message,message,");
	assert_string_equal(fake.message, "fail_path 8:16");
}

static void rescan_changes(unsigned int minor, unsigned int other)
{
	char link[128], target[64];

	snprintf(link, sizeof(link), "%s/sys/devices/host/2:0:0:%u/rescan", fake.root, minor);
	snprintf(target, sizeof(target), "../2:0:0:%u/wwid", other);
	assert_int_equal(symlink(target, link), 0);
}

static const char *hung;

/* The path that hangs answers when the other one has been judged. */
static void other_rrpath(void)
{
	int fd = hung ? open(hung, O_RDONLY | O_NONBLOCK) : -1;

	assert_true(fd >= 0);
	hung = NULL;
	/* Open until the end of the test program: the writer may be late. */
}

/* Reading one disk again makes the other another LUN: each time it is seen at once. */
static void judges_each(void **state)
{
	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	fake_add_map("lun1", "rrpath-naa.7002", 614400, "failover 1 0 8:32");
	rescan_changes(0, 16);
	rescan_changes(16, 0);
	rescan_changes(32, 32);
	fake_fail("message", 1, EIO, FAKE_NOTHING);
	assert_int_equal(rrpath("assemble", "--rescan", "2:0:0:16", NULL)->status, 1);
	assert_string_equal(fake.journal, "message,message,message,message,");
	assert_string_equal(fake.message, "fail_path 8:32");
}

/* As a path that hangs: who opens a pipe to write waits for one who reads. */
static void rescan_hangs(void **state)
{
	char name[128];

	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	snprintf(name, sizeof(name), "%s/sys/devices/host/2:0:0:0/rescan", fake.root);
	assert_int_equal(mkfifo(name, 0600), 0);
	rescan_changes(16, 16);
	hung = name;
	fake.on_message = other_rrpath;
	expect(rrpath("assemble", "--rescan", "2:0:0:16", NULL), 0, "sdb is taken out of 'lun0'");
	/* The second one was judged while the first one hung, and the lock was free. */
	assert_string_equal(fake.message, "fail_path 8:16");
	assert_null(hung);
}

static void smaller(void **state)
{
	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	fake_file("sys/devices/sdb/block/sdb/size", "1024\n");
	expect(rrpath("assemble", "-i", "sdb", NULL), 0, "it has 1024 sectors now");
	assert_string_equal(fake.message, "fail_path 8:16");
	/* The last one is better than none, as far as it goes. */
	*fake.message = '\0';
	fake_file("sys/devices/sda/block/sda/size", "1024\n");
	expect(rrpath("assemble", "-i", "sda", NULL), 0, NULL);
	assert_string_equal(fake.message, "");
}

/* The other path has not been told yet that the LUN has become smaller: it is asked. */
static void both_smaller(void **state)
{
	char link[128], size[128];

	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	fake_file("sys/devices/sdb/block/sdb/size", "1024\n");
	snprintf(link, sizeof(link), "%s/sys/devices/host/2:0:0:0/rescan", fake.root);
	snprintf(size, sizeof(size), "%s/sys/devices/sda/block/sda/size", fake.root);
	/* What is written to it, a 1, makes the first digit of the size one. */
	assert_int_equal(symlink(size, link), 0);
	expect(rrpath("assemble", "-i", "sdb", NULL), 0, NULL);
	assert_string_equal(fake.journal, "");
}

static void hostile_disk(void **state)
{
	const char *out;

	(void)state;
	fake_file("sys/devices/host/2:0:0:0/vendor", "\033[2J\377\n");
	out = rrpath("discover", "--json", NULL)->out;
	assert_true(is_json(out));
	assert_null(strchr(out, '\377'));
	assert_null(strchr(rrpath("discover", NULL)->out, '\033'));
	/* As its identity, in which no two bytes may become one. */
	fake_file("sys/devices/host/2:0:0:0/wwid", "t10.\033[2J\377\\x41\n");
	fake_file("sys/devices/host/2:0:0:16/wwid", "t10.\033[2J\376\\x41\n");
	out = rrpath("discover", "--all", "--json", NULL)->out;
	assert_true(is_json(out));
	assert_non_null(strstr(out, "\"t10.\\\\x1b[2J\\\\xff\\\\x5cx41\""));
	assert_null(strpbrk(out, "\033\376\377"));
	assert_null(strpbrk(rrpath("discover", "--all", NULL)->out, "\033\376\377"));
	expect(rrpath("create", "lun0", "sda", "sdb", NULL), 1, "not the same LUN");
	expect(rrpath("create", "lun0", "sda", NULL), 0, NULL);
	expect(rrpath("remove", "-k", "lun0", NULL), 0, NULL);
	expect(rrpath("assemble", NULL), 0, NULL);
	table_is("failover 1 0 8:0");
}

/* Where somebody has mounted it, and what somebody has called it. */
static void hostile_names(void **state)
{
	const struct run *run;

	(void)state;
	fake_file("proc/self/mountinfo",
		  "30 1 8:16 / /m\303\244\033[2J\302\233\377 rw - ext4 x rw\n");
	run = rrpath("discover", "--json", NULL);
	assert_true(is_json(run->out));
	assert_non_null(strstr(run->out, "mounted on /m\303\244?[2J?\?\?\""));
	run = rrpath("discover", NULL);
	assert_null(strpbrk(run->out, "\033\233\377"));
	expect(rrpath("create", "lun0", "sdb", NULL), 1, "mounted on '/m\303\244?[2J?\?\?'");
	fake_add_map("a\033b", "rrpath-\377", 614400, "failover 2 0 8:0 8:32");
	assert_true(is_json(rrpath("show", "--json", NULL)->out));
	assert_null(strpbrk(rrpath("show", NULL)->out, "\033\377"));
	assert_null(strpbrk(rrpath("list", NULL)->out, "\033\377"));
	assert_true(is_json(rrpath("doctor", "--json", NULL)->out));
	assert_null(strpbrk(rrpath("doctor", NULL)->out, "\033\377"));
	assert_null(strpbrk(rrpath("resize", "a\033b", NULL)->out, "\033\377"));
}

static void queries(void **state)
{
	const struct run *run;

	(void)state;
	run = rrpath("assemble", "--query", "sda", NULL);
	assert_int_equal(run->status, 1);
	assert_string_equal(run->err, "");
	fake_file("etc/rrpath/maps.conf", ENTRY);
	assert_string_equal(rrpath("assemble", "-q", "sda", NULL)->out, "DM_RRPATH_MAP=lun0\n");
	assert_int_equal(rrpath("assemble", "-q", "sdc", NULL)->status, 1);
	/* One that is open in a map counts, record or not. */
	fake_holder("sdc", "dm-7", "other");
	fake_file("sys/devices/virtual/block/dm-7/dm/uuid", "rrpath-naa.7002\n");
	assert_string_equal(rrpath("assemble", "-q", "sdc", NULL)->out, "DM_RRPATH_MAP=other\n");
}

static void resizes(void **state)
{
	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	expect(rrpath("resize", "lun0", NULL), 0, NULL);
	assert_string_equal(fake.journal, "");
	fake_file("sys/devices/sda/block/sda/size", "1228800\n");
	expect(rrpath("resize", "-t", "0", "lun0", NULL), 1, "sdb (300M)");
	assert_string_equal(fake.journal, "");
	fake_file("sys/devices/sdb/block/sdb/size", "1228800\n");
	expect(rrpath("resize", "lun0", NULL), 0, NULL);
	assert_int_equal(fake_find("lun0")->live.length, 1228800);
	assert_false(fake.flushed || fake.frozen || fake.interruptible);
	fake_file("sys/devices/sda/block/sda/size", "2048\n");
	fake_file("sys/devices/sdb/block/sdb/size", "2048\n");
	expect(rrpath("resize", "lun0", NULL), 1, "would shrink from 600M to 1M");
	assert_int_equal(fake_find("lun0")->live.length, 1228800);
	expect(rrpath("resize", "-t", "soon", "lun0", NULL), 2, "'soon'");
}

static void discovers(void **state)
{
	const struct run *run;

	(void)state;
	run = rrpath("discover", NULL);
	expect(run, 0, NULL);
	assert_non_null(strstr(run->out, "naa.6001  300M"));
	assert_non_null(strstr(run->out, "\n  rrpath create lun0 sda sdb\n"));
	assert_null(strstr(run->out, "naa.7002"));
	assert_non_null(strstr(rrpath("discover", "--all", NULL)->out, "naa.7002"));
	run = rrpath("discover", "--json", NULL);
	assert_true(is_json(run->out));
	assert_non_null(strstr(run->out, "\"luns\""));
	fake_file("proc/swaps", "Filename Type Size Used Priority\n/dev/sdb partition 1 0 -2\n");
	run = rrpath("discover", "-nr", "-o", "DISK,USED-BY,COMMAND,HELD-BY", NULL);
	assert_string_equal(run->out, "sda - - swap\nsdb swap - swap\n");
}

/* ---- what cannot be done */

static const struct run *run_of(const char *a, const char *b, const char *c)
{
	return rrpath("assemble", a, b, c, NULL);
}

static void not_without_a_process(void **state)
{
	const struct run *run;

	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	fake_file("sys/devices/host/2:0:0:16/wwid", "naa.666\n");
	fake_call_fails("fork", 0, EAGAIN);
	/* It is judged as it is known to be. */
	run = run_of("--rescan", "2:0:0:16", NULL);
	assert_int_equal(run->status, 1);
	assert_non_null(strstr(run->err, "rrpath: cannot rescan sdb: Resource temporarily"));
	assert_non_null(strstr(run->err, "rrpath: sdb is taken out of 'lun0': it is another LUN"));
	assert_string_equal(fake.message, "fail_path 8:16");
	fake_file("etc/rrpath/maps.conf", "map lun1\n\twwid naa.7002\n");
	expect(run_of("--background", "--incremental", "sdc"), 1,
	       "cannot go on in the background: Resource temporarily unavailable");
	assert_null(fake_find("lun1"));
}

static void in_the_background(void **state)
{
	const struct run *run;
	pid_t self = getpid();
	int status;

	(void)state;
	fake_file("etc/rrpath/maps.conf", ENTRY);
	/* Its lines are nobody's then. */
	fake_call_fails("open /dev/kmsg", 1, EPERM);
	run = run_of("--background", "--incremental", "sda");
	if (getpid() != self)
		_exit(!fake_find("lun0") || run->status || *run->out || *run->err);
	expect(run, 0, NULL);
	assert_null(fake_find("lun0"));
	assert_int_equal(waitpid(-1, &status, 0) > 0, 1);
	assert_int_equal(status, 0);
}

/* The file is not there: the disk has gone, or is none that can be read again. */
static void nothing_to_rescan(void **state)
{
	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 3 0 8:0 8:16 8:80");
	expect(run_of("--rescan", "2:0:0:16", NULL), 0, "cannot rescan sdb: see 'dmesg'");
}

static void bad_usage(void **state)
{
	(void)state;
	expect(rrpath("assemble", "--all", NULL), 2, "unknown option '--all'");
	expect(rrpath("assemble", "--query", NULL), 2, "--query needs a value");
	expect(rrpath("assemble", "lun0", "lun1", NULL), 2, "too many arguments");
	expect(run_of("--incremental", "sda", "lun0"), 2, "too many arguments, from 'lun0' on");
	expect(run_of("--incremental", "/dev/null", NULL), 1, "'/dev/null' is not a block device");
	expect(run_of("--incremental", "77:7", NULL), 0, NULL);
	expect(rrpath("discover", "--every", NULL), 2, "unknown option '--every'");
	expect(rrpath("discover", "-o", "COLOUR", NULL), 2, "no column 'COLOUR'");
	expect(rrpath("discover", "sda", NULL), 2, "too many arguments, from 'sda' on");
	fake.uid = 1000;
	expect(rrpath("assemble", NULL), 1, "device-mapper needs root");
	expect(rrpath("resize", "lun0", NULL), 1, "device-mapper needs root");
}

static void kernel_does_not_tell(void **state)
{
	(void)state;
	fake_file("etc/rrpath/maps.conf", ENTRY);
	fake_fail("info", 0, EIO, FAKE_NOTHING);
	expect(rrpath("assemble", NULL), 1, "cannot look for a map 'lun0': Input/output error");
	assert_string_equal(fake.journal, "");
}

/* ---- disks that are not what they should be */

static void other_blocks(void **state)
{
	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	fake_file("sys/devices/sdb/block/sdb/queue/logical_block_size", "4096\n");
	expect(run_of("-i", "sdb", NULL), 0,
	       "sdb is taken out of 'lun0': it has blocks of 4096 bytes now, the map of 512");
	assert_string_equal(fake.message, "fail_path 8:16");
	fake_file("sys/devices/sdb/block/sdb/queue/logical_block_size", "many\n");
	expect(run_of("-i", "sdb", NULL), 0, NULL);
	assert_string_equal(fake.message, "reinstate_path 8:16");
}

static void name_of_another(void **state)
{
	(void)state;
	fake_file("etc/rrpath/maps.conf", ENTRY);
	fake_add_map("lun0", "rrpath-naa.7002", 614400, "failover 1 0 8:32");
	expect(rrpath("assemble", NULL), 1,
	       "UUID 'rrpath-naa.7002', its record has WWID 'naa.6001': rename one of them");
	table_is("failover 1 0 8:32");
}

static void disks_in_use(void **state)
{
	const struct run *run;

	(void)state;
	fake_file("etc/rrpath/maps.conf", ENTRY);
	fake_file("proc/self/mountinfo", "21 1 8:0 / /mnt rw - ext4 /dev/sda rw\n");
	expect(rrpath("assemble", NULL), 1, "sda is mounted on '/mnt'");
	table_is("round-robin 1 1 8:16 5");
	/* Nor does it join. */
	expect(rrpath("assemble", NULL), 1, "sda is mounted on '/mnt'");
	table_is("round-robin 1 1 8:16 5");
	fake_close("lun0");
	fake_file("proc/self/mountinfo", "21 1 8:0 / /mnt rw - ext4 /dev/sda rw\n"
		  "22 1 8:16 / /data rw - ext4 /dev/sdb rw\n");
	run = rrpath("assemble", NULL);
	assert_int_equal(run->status, 1);
	assert_int_equal(run->err_lines, 2);
	assert_null(fake_find("lun0"));
}

/* Two names for one disk are one path, also of a map that is made. */
static void one_disk_twice(void **state)
{
	(void)state;
	fake_file("etc/rrpath/maps.conf", ENTRY);
	fake_slave("sdb", "sda");
	expect(rrpath("assemble", NULL), 0, NULL);
	table_is("round-robin 1 0 8:0");
	expect(run_of("-i", "sdb", NULL), 0, NULL);
	table_is("round-robin 1 0 8:0");
}

static void kernel_takes_no_table(void **state)
{
	(void)state;
	fake_file("etc/rrpath/maps.conf", ENTRY);
	fake_fail("load", 0, EINVAL, FAKE_NOTHING);
	assert_int_equal(rrpath("assemble", NULL)->status, 1);
	assert_null(fake_find("lun0"));
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "round-robin 1 0 8:0");
	assert_int_equal(run_of("-i", "sdb", NULL)->status, 1);
	table_is("round-robin 1 0 8:0");
}

static void drops_what_is_gone(void **state)
{
	const struct run *run;

	(void)state;
	fake_file("etc/rrpath/maps.conf", ENTRY);
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "round-robin 3 0 8:80 8:0 8:96");
	fake_remove_disk("sdb", 8, 16);
	run = rrpath("assemble", NULL);
	expect(run, 0, NULL);
	assert_string_equal(run->out, "lun0: 2 paths without a disk dropped\n");
	table_is("round-robin 1 0 8:0");
}

/* Nothing of the map is there to compare with: what is left of it is its UUID. */
static void no_path_to_compare_with(void **state)
{
	const struct run *run;

	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 1 0 8:96");
	expect(rrpath("add", "lun0", "sdc", NULL), 1,
	       "sdc has WWID 'naa.7002' and the map 'lun0' the UUID 'rrpath-naa.6001'");
	table_is("failover 1 0 8:96");
	expect(rrpath("add", "lun0", "sdb", NULL), 0, NULL);
	table_is("failover 2 0 8:96 8:16");
	fake_set_params(fake_find("lun0"), "failover 1 0 8:96");
	run = rrpath("add", "--force", "lun0", "sdc", NULL);
	assert_int_equal(run->status, 0);
	assert_non_null(strstr(run->err, "although sdc has WWID 'naa.7002'"));
	table_is("failover 2 0 8:96 8:32");
	/* One that was made without this tool says nothing. */
	*fake_find("lun0")->uuid = '\0';
	fake_set_params(fake_find("lun0"), "failover 1 0 8:96");
	expect(rrpath("add", "lun0", "sdc", NULL), 0, NULL);
}

static void goes_away(void)
{
	fake_remove_disk("sdb", 8, 16);
}

static void gone_while_it_is_taken(void **state)
{
	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 1 0 8:0");
	fake.on_load = goes_away;
	expect(rrpath("add", "lun0", "sdb", NULL), 1, "sdb went away while it was taken");
	table_is("failover 1 0 8:0");
}

/* ---- resize */

static void disk_size(const char *disk, const char *sectors)
{
	char file[64];

	snprintf(file, sizeof(file), "sys/devices/%s/block/%s/size", disk, disk);
	fake_file(file, "%s\n", sectors);
}

static void resizes_what_is_in_use(void **state)
{
	const struct run *run;

	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 3 0 8:0 8:16 8:96");
	/* A path that is larger does no harm while it is not used. */
	fake_set_state(8, 16, 'D');
	disk_size("sdb", "1228800");
	expect(rrpath("resize", "lun0", NULL), 0, NULL);
	assert_string_equal(fake.journal, "");
	/* One that is smaller does, if it ever comes back. */
	disk_size("sda", "2457600");
	expect(rrpath("resize", "lun0", NULL), 1,
	       "not all paths have 1.2G: sdb (600M, not in use): grow or drop them");
	disk_size("sda", "none");
	expect(rrpath("resize", "lun0", NULL), 1, "no usable path of 'lun0' tells its size");
	disk_size("sda", "2048");
	disk_size("sdb", "2048");
	run = rrpath("resize", "--force", "lun0", NULL);
	assert_int_equal(run->status, 0);
	assert_string_equal(run->out, "lun0: 1M, was 300M\n");
	assert_non_null(strstr(run->err, "--force: although 'lun0' shrinks from 300M to 1M"));
	assert_int_equal(fake_find("lun0")->live.length, 2048);
	disk_size("sda", "4096");
	disk_size("sdb", "4096");
	fake_fail("load", 0, ENOMEM, FAKE_NOTHING);
	assert_int_equal(rrpath("resize", "lun0", NULL)->status, 1);
	assert_int_equal(fake_find("lun0")->live.length, 2048);
	fake_set_state(8, 0, 'F');
	expect(rrpath("resize", "lun0", NULL), 1, "no usable path of 'lun0' tells its size");
	expect(rrpath("resize", "lun0", "--all", NULL), 2, "unknown option");
	expect(rrpath("resize", "a/b", NULL), 2, "'a/b' is not the name of a map");
	expect(rrpath("resize", "nosuch", NULL), 1, "no map 'nosuch'");
}

static void resize_waits_for_a_path(void **state)
{
	const struct run *run;
	char name[128];
	int fd;

	(void)state;
	fake_add_map("lun0", "rrpath-naa.6001", 614400, "failover 2 0 8:0 8:16");
	snprintf(name, sizeof(name), "%s/sys/devices/host/2:0:0:16/rescan", fake.root);
	assert_int_equal(mkfifo(name, 0600), 0);
	run = rrpath("resize", "--timeout", "0", "lun0", NULL);
	/* What was started may end. */
	fd = open(name, O_RDONLY | O_NONBLOCK);
	while (waitpid(-1, NULL, 0) > 0)
		;
	close(fd);
	expect(run, 1, "not all paths have 300M: sdb (300M, does not answer): grow or drop them");
}

#define CONTROLLER	"sys/devices/virtual/nvme-fabrics/ctl/nvme1"

/* A controller is read again as a whole, and what it answers comes when it is through. */
static void resizes_nvme(void **state)
{
	(void)state;
	fake_nvme_disk(1, "uuid.1");
	fake_nvme_disk(2, "uuid.1");
	fake_file(CONTROLLER "/rescan_controller", "%s", "");
	fake_add_map("lun0", "rrpath-uuid.1", 307200, "failover 2 0 259:1 259:2");
	expect(rrpath("resize", "lun0", NULL), 0, NULL);
	assert_int_equal(fake_find("lun0")->live.length, 614400);
	assert_string_equal(fake_read(CONTROLLER "/rescan_controller"), "1");
}

/* ---- discover */

static void is_held_by(const char *uuid, const char *want)
{
	char *row __rr_cleanup(rrpath_freep) = rrpath_printf("sda %s\nsdb -\n", want);
	const struct run *run;

	fake_file("sys/dev/block/253:7/dm/uuid", "%s\n", uuid);
	run = rrpath("discover", "-nr", "-o", "DISK,USED-BY", NULL);
	expect(run, 0, NULL);
	assert_string_equal(run->out, row);
}

static void says_who_has_it(void **state)
{
	(void)state;
	fake_holder("sda", "dm-7", "root");
	is_held_by("LVM-x", "LVM\\x20root");
	is_held_by("mpath-x", "multipath\\x20root");
	is_held_by("CRYPT-x", "crypt\\x20root");
	is_held_by("part1-x", "partition\\x20root");
	is_held_by("x", "device-mapper\\x20root");
	is_held_by("rrpath-naa.6001", "map\\x20root");
	/* What has it twice, with a partition for example, is named once. */
	fake_disk("sda1", 8, 1, 1024, NULL);
	fake_holder("sda1", "dm-7", "root");
	is_held_by("rrpath-naa.6001", "map\\x20root");
	fake_holder("sda", "md0", NULL);
	assert_non_null(strstr(rrpath("discover", NULL)->out, "md0"));
}

static const char *command(void)
{
	static char text[256];
	const char *line = strstr(rrpath("discover", NULL)->out, "\n  rrpath ");

	*text = '\0';
	if (line)
		snprintf(text, sizeof(text), "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
	return text;
}

static void says_what_to_type(void **state)
{
	(void)state;
	assert_string_equal(command(), "rrpath create lun0 sda sdb");
	/* A name that another LUN's record has. */
	fake_file("etc/rrpath/maps.conf", "map lun0\n\twwid naa.7002\n");
	assert_string_equal(command(), "rrpath create lun1 sda sdb");
	fake_file("etc/rrpath/maps.conf", "map db\n\twwid naa.6001\n");
	assert_string_equal(command(), "rrpath assemble db");
	fake_holder("sda", "dm-7", "db");
	fake_file("sys/dev/block/253:7/dm/uuid", "rrpath-naa.6001\n");
	assert_string_equal(command(), "rrpath add db sdb");
	fake_disk("sdd", 8, 48, 614400, "naa.6001");
	assert_string_equal(command(), "rrpath add db sdb; rrpath add db sdd");
	/* Somebody else has it. */
	fake_file("sys/dev/block/253:7/dm/uuid", "LVM-x\n");
	assert_string_equal(command(), "");
}

#define TEST(function)	cmocka_unit_test_setup_teardown(function, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(makes),
		TEST(joins),
		TEST(disk_changes),
		TEST(not_what_was_dropped),
		TEST(takes_out),
		TEST(is_going),
		TEST(mangled_alike),
		TEST(stale_database),
		TEST(no_wwid),
		TEST(marks_go),
		TEST(two_interfaces),
		TEST(goes_on),
		TEST(judges_each),
		TEST(rescan_hangs),
		TEST(smaller),
		TEST(both_smaller),
		TEST(hostile_disk),
		TEST(hostile_names),
		TEST(queries),
		TEST(resizes),
		TEST(discovers),
		TEST(not_without_a_process),
		TEST(in_the_background),
		TEST(nothing_to_rescan),
		TEST(bad_usage),
		TEST(kernel_does_not_tell),
		TEST(other_blocks),
		TEST(name_of_another),
		TEST(disks_in_use),
		TEST(one_disk_twice),
		TEST(kernel_takes_no_table),
		TEST(drops_what_is_gone),
		TEST(no_path_to_compare_with),
		TEST(gone_while_it_is_taken),
		TEST(resizes_what_is_in_use),
		TEST(resize_waits_for_a_path),
		TEST(resizes_nvme),
		TEST(says_who_has_it),
		TEST(says_what_to_type),
	};

	return cmocka_run_group_tests_name("assemble", tests, NULL, NULL);
}
