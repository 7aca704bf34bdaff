// SPDX-License-Identifier: GPL-2.0
/* rrpath doctor: its sums, and each thing that it finds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../doctor.h"
#include "../util.h"
#include "fake-transport.h"

#define INTERVAL	"node.conn[0].timeo.noop_out_interval"

static struct rrpath_doctor_facts facts;
static struct rrpath_map map;
static struct rrpath_doctor doctor;

static int two_sessions(void **state)
{
	fake_setup(state);
	fake_iscsi_disk("sda", 0, 1, "naa.6001");
	fake_iscsi_disk("sdb", 16, 2, "naa.6001");
	memset(&facts, 0, sizeof(facts));
	facts.destroy = true;
	return 0;
}

static int done(void **state)
{
	rrpath_doctor_free(&doctor);
	rrpath_map_free(&map);
	return fake_teardown(state);
}

/* Looks at lun0, which is made, as it is, of sda and sdb if it is not there. */
static void look(void)
{
	if (!fake_find("lun0"))
		expect(rrpath("create", "--no-tune", "lun0", "sda", "sdb", NULL), 0, NULL);
	rrpath_doctor_free(&doctor);
	rrpath_map_free(&map);
	assert_int_equal(rrpath_map_load("lun0", &map), 0);
	rrpath_doctor_examine(&doctor, &map, &facts);
}

static long says(enum rrpath_trouble trouble)
{
	return doctor.path[0].outlook[trouble].ms;
}

/* The finding of that name, or NULL. */
static const struct rrpath_finding *find(const char *id)
{
	size_t i;

	for (i = 0; i < doctor.nr_findings; i++) {
		assert_true(*doctor.finding[i].text && *doctor.finding[i].remedy);
		assert_null(strchr(doctor.finding[i].remedy, '\n'));
		if (!strcmp(doctor.finding[i].id, id))
			return &doctor.finding[i];
	}
	return NULL;
}

static void finds(const char *id, const char *text)
{
	const struct rrpath_finding *finding = find(id);

	assert_non_null(finding);
	assert_string_equal(finding->text, text);
}

static void timers(const char *interval, const char *timeout, const char *recovery)
{
	unsigned int sid;

	for (sid = 1; sid <= 2; sid++) {
		fake_connection_file(sid, "recv_tmo", interval);
		fake_connection_file(sid, "ping_tmo", timeout);
		fake_session_file(sid, "recovery_tmo", recovery);
	}
}

/* Each as it was measured in the lab, give or take what the block layer takes. */
static void link_loss(void **state)
{
	(void)state;
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), 130000);
	timers("5", "5", "5");
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), 15000);
	timers("1", "1", "1");
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), 3000);
	timers("5", "5", "off");
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), RRPATH_NEVER);
}

static void link_loss_without_noops(void **state)
{
	(void)state;
	timers("0", "0", "5");
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), 30000 + 15000 + 5000);
	fake_device_file("sda", "timeout", "10");
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), 10000 + 15000 + 5000);
}

/* A command that is not tried again does not wait for the session to come back. */
static void link_loss_without_retries(void **state)
{
	(void)state;
	timers("2", "2", "1");
	fake_device_file("sda", "scsi_disk/1:0:0:1/max_retries", "0");
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), 4000);
	assert_int_equal(says(RRPATH_TARGET_REBOOT), 0);
}

static void link_loss_with_the_helper(void **state)
{
	(void)state;
	facts.unstick = true;
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), 1400);
	/* It does nothing where it cannot, or has nothing to go by. */
	facts.destroy = false;
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), 130000);
	facts.destroy = true;
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	expect(rrpath("create", "--no-tune", "--stall-timeout", "0", "lun0", "sda", "sdb", NULL),
	       0, NULL);
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), 130000);
	assert_non_null(find("no-stall-watch"));
}

static void lun_hang(void **state)
{
	(void)state;
	look();
	assert_int_equal(says(RRPATH_LUN_HANG), 6 * 3 * 30000 + 15000);
	fake_device_file("sda", "timeout", "10");
	fake_device_file("sda", "scsi_disk/1:0:0:1/max_retries", "0");
	fake_session_file(1, "abort_tmo", "5");
	look();
	assert_int_equal(says(RRPATH_LUN_HANG), 35000);
}

static void target_reboot(void **state)
{
	(void)state;
	/* Both paths lead to it: the map fails what the session gives back. */
	look();
	assert_int_equal(says(RRPATH_TARGET_REBOOT), 120000);
	assert_true(doctor.path[0].outlook[RRPATH_TARGET_REBOOT].no_other);
	fake_session_file(2, "targetname", "iqn.2026-11.lab:s9");
	look();
	assert_false(doctor.path[0].outlook[RRPATH_TARGET_REBOOT].no_other);
	expect(rrpath("set", "lun0", "queue_if_no_path", "yes", NULL), 0, NULL);
}

static void held_by_the_map(void **state)
{
	(void)state;
	expect(rrpath("create", "lun0", "sda", "sdb", NULL), 0, NULL);
	look();
	/* No retries, so at once; then no_path_timeout_ms. */
	assert_int_equal(says(RRPATH_TARGET_REBOOT), 120000);
	assert_int_equal(says(RRPATH_LINK_LOSS), 4000);
	assert_null(find("unbounded-queue"));
	assert_null(find("slow-timers"));
}

static void other_transports(void **state)
{
	char file[256];

	(void)state;
	snprintf(file, sizeof(file), "sys/%s/%s/%s/fast_io_fail_tmo",
		 "devices/platform/host5/rport-5:0-1", "fc_remote_ports", "rport-5:0-1");
	fake_fc_disk("sda", 0, 5, "naa.6001");
	fake_fc_disk("sdb", 16, 6, "naa.6001");
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), 60000);
	assert_int_equal(says(RRPATH_LUN_HANG), 6 * 30000 + 10000);
	fake_file(file, "5\n");
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), 5000);
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	fake_nvme_disk(1, "uuid.1");
	fake_nvme_disk(2, "uuid.1");
	expect(rrpath("create", "--no-tune", "lun0", "nvme1n1", "nvme2n1", NULL), 0, NULL);
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), 7500);
	assert_int_equal(says(RRPATH_LUN_HANG), 30000);
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	fake_disk("loop0", 7, 0, 2048, NULL);
	fake_disk("loop1", 7, 1, 2048, NULL);
	/* Without a WWID, of which it has something to say. */
	assert_int_equal(rrpath("create", "lun0", "loop0", "loop1", NULL)->status, 0);
	look();
	assert_int_equal(says(RRPATH_LINK_LOSS), RRPATH_UNKNOWN);
	assert_int_equal(says(RRPATH_LUN_HANG), RRPATH_UNKNOWN);
}

static void nothing_wrong(void **state)
{
	(void)state;
	facts.unstick = true;
	expect(rrpath("create", "lun0", "sda", "sdb", NULL), 0, NULL);
	look();
	assert_int_equal(doctor.nr_findings, 0);
}

static void one_nic_one_portal(void **state)
{
	(void)state;
	look();
	assert_null(find("same-nic"));
	assert_null(find("same-portal"));
	fake_file("sys/class/net/eth1/lower_enp3s0", "%s", "");
	fake_file("sys/class/net/eth2/lower_enp3s0", "%s", "");
	look();
	finds("same-nic", "all paths go over one NIC, enp3s0");
	fake_connection_file(2, "address", "10.0.1.8");
	look();
	finds("same-portal", "all paths lead to one portal, 10.0.1.8:3260");
}

static void one_path(void **state)
{
	(void)state;
	expect(rrpath("create", "lun0", "sda", NULL), 0, NULL);
	look();
	assert_non_null(find("one-path"));
	assert_null(find("same-nic"));
	assert_null(find("slow-timers"));
	assert_true(doctor.path[0].outlook[RRPATH_LINK_LOSS].no_other);
}

static void other_luns(void **state)
{
	(void)state;
	look();
	assert_null(find("different-luns"));
	fake_device_file("sdb", "wwid", "naa.6002");
	look();
	assert_non_null(strstr(find("different-luns")->text, "naa.6001 and naa.6002"));
	fake_device_file("sdb", "wwid", "naa.6001");
	fake_file("sys/block/sdb/size", "614000\n");
	look();
	assert_non_null(find("different-sizes"));
}

static void used_otherwise(void **state)
{
	(void)state;
	look();
	assert_null(find("path-in-use"));
	fake_file("proc/self/mountinfo", "30 1 8:16 / /mnt rw - ext4 /dev/sdb rw\n");
	look();
	finds("path-in-use", "sdb, a path, is mounted on /mnt itself");
	fake_holder("sda", "dm-7", "mpatha");
	look();
	assert_null(find("multipathd-claims"));
	fake_file("sys/devices/virtual/block/dm-7/dm/uuid", "mpath-36001\n");
	fake_file("sys/dev/block/253:7/dm/uuid", "mpath-36001\n");
	look();
	finds("multipathd-claims", "multipathd has sda in its map mpatha");
}

static void multipathd_runs(void **state)
{
	struct rrpath_doctor_facts f;

	(void)state;
	rrpath_doctor_facts(&f);
	assert_false(f.multipathd);
	assert_false(f.unstick);
	fake_file("proc/812/cmdline", "/sbin/multipathd%c-d%c-s", 0, 0);
	fake_file("proc/813/cmdline", "/usr/local/sbin/rrpath%cunstick%c", 0, 0);
	rrpath_doctor_facts(&f);
	assert_true(f.multipathd);
	assert_true(f.unstick);
	assert_false(f.multipathd_told);
	facts.multipathd = true;
	look();
	assert_non_null(find("multipathd-not-told"));
	fake_file("etc/multipath/conf.d/rrpath.conf", "blacklist {\n}\n");
	rrpath_doctor_facts(&f);
	assert_true(f.multipathd_told);
	facts.multipathd_told = true;
	look();
	assert_null(find("multipathd-not-told"));
}

static void lvm_sees_paths(void **state)
{
	struct rrpath_doctor_facts f;

	(void)state;
	look();
	assert_null(find("lvm-not-told"));
	rrpath_roots.udev = true;
	fake.udev_fs_type = "ext4";
	look();
	assert_null(find("lvm-not-told"));
	fake.udev_fs_type = "LVM2_member";
	look();
	assert_non_null(find("lvm-not-told"));

	rrpath_doctor_facts(&f);
	assert_false(f.lvm_told);
	fake_file("etc/lvm/lvm.conf",
		  "devices {\n\t# external_device_info_source = \"udev\"\n"
		  "\texternal_device_info_source = \"none\"\n}\n");
	rrpath_doctor_facts(&f);
	assert_false(f.lvm_told);
	fake_file("etc/lvm/lvmlocal.conf", "devices/external_device_info_source=\"udev\"\n");
	rrpath_doctor_facts(&f);
	assert_true(f.lvm_told);
	fake_file("etc/lvm/lvmlocal.conf", "\n");
	fake_file("etc/lvm/lvm.conf", "devices {\n\texternal_device_info_source = \"udev\"\n}\n");
	rrpath_doctor_facts(&f);
	assert_true(f.lvm_told);
	facts.lvm_told = true;
	look();
	assert_null(find("lvm-not-told"));
}

static void unbounded_queue(void **state)
{
	(void)state;
	expect(rrpath("create", "-q", "lun0", "sda", "sdb", NULL), 0, NULL);
	look();
	assert_non_null(find("unbounded-queue"));
	assert_int_equal(says(RRPATH_TARGET_REBOOT), RRPATH_NEVER);
}

static void caches(void **state)
{
	(void)state;
	look();
	assert_null(find("cache-without-flush"));
	assert_null(find("cache-mismatch"));
	fake_device_file("sda", "scsi_disk/1:0:0:1/cache_type", "write back");
	look();
	assert_non_null(find("cache-without-flush"));
	fake_file("sys/block/sda/queue/write_cache", "write back\n");
	look();
	assert_null(find("cache-without-flush"));
	assert_non_null(find("cache-mismatch"));
	fake_file("sys/block/sdb/queue/write_cache", "write back\n");
	look();
	assert_null(find("cache-mismatch"));
	fake_file("sys/block/dm-0/queue/write_cache", "write through\n");
	look();
	assert_non_null(find("cache-without-flush"));
}

static void helper(void **state)
{
	(void)state;
	look();
	assert_non_null(find("no-unstick"));
	assert_null(find("no-destroy"));
	facts.destroy = false;
	facts.unstick = true;
	look();
	assert_null(find("no-unstick"));
	assert_non_null(find("no-destroy"));
}

static void not_recorded(void **state)
{
	(void)state;
	look();
	assert_null(find("not-recorded"));
	fake_file("etc/rrpath/maps.conf", "%s", "");
	look();
	assert_non_null(find("not-recorded"));
}

static void fix(void **state)
{
	const struct run *run;

	(void)state;
	look();
	assert_non_null(find("slow-timers"));
	run = rrpath("doctor", "--fix", "lun0", NULL);
	assert_int_equal(run->status, 1);
	assert_non_null(strstr(run->out, "sda: recovery_tmo 120 -> 5\n"));
	assert_non_null(strstr(run->out, "sdb: node record, " INTERVAL " 5 -> 2\n"));
	look();
	assert_null(find("slow-timers"));
	/* The map fails I/O at once: it is not made to hold it behind one's back. */
	assert_string_equal(fake_find("lun0")->live.params, "failover 2 0 8:0 8:16");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
}

static bool yes(void)
{
	return true;
}

static void prints(void **state)
{
	const struct run *run;

	(void)state;
	rrpath_doctor_can_destroy = yes;
	fake_file("proc/813/cmdline", "/usr/local/sbin/rrpath%cunstick%c", 0, 0);
	expect(rrpath("create", "lun0", "sda", "sdb", NULL), 0, NULL);
	run = rrpath("doctor", NULL);
	expect(run, 0, NULL);
	assert_non_null(strstr(run->out, "10.0.1.8:3260"));
	assert_non_null(strstr(run->out, "1.4 s"));
	assert_non_null(strstr(run->out, "Nothing is wrong.\n"));
	run = rrpath("doctor", "-v", "lun0", NULL);
	assert_non_null(strstr(run->out, "stall (stall_timeout_ms)"));
	assert_non_null(strstr(run->out, "/scsi_disk/1:0:0:1/max_retries\n"));
	run = rrpath("doctor", "--json", NULL);
	expect(run, 0, NULL);
	assert_true(is_json(run->out));
	assert_non_null(strstr(run->out, "\"link_loss_ms\": 1400, "));
	assert_non_null(strstr(run->out, "\"link_loss_ends\": \"other-path\""));
	assert_non_null(strstr(run->out, "\"unstick\": true"));
	expect(rrpath("doctor", "lun7", NULL), 1, "there is no map 'lun7'");
	expect(rrpath("doctor", "--frob", NULL), 2, "'--frob'");
	expect(rrpath("doctor", "a", "b", NULL), 2, "b");
}

/* More than one map; timers that are not as they should be, with what they should be. */
static void prints_advice(void **state)
{
	const struct run *run;

	(void)state;
	fake_disk("vda", 254, 0, 614400, "naa.5");
	expect(rrpath("create", "--no-tune", "lun0", "sda", "sdb", NULL), 0, NULL);
	expect(rrpath("create", "--no-tune", "lun1", "vda", NULL), 0, NULL);
	fake_session_file(1, "recovery_tmo", "off");
	fake_session_file(2, "recovery_tmo", "-1");
	run = rrpath("doctor", NULL);
	assert_int_equal(run->status, 1);
	assert_non_null(strstr(run->out, "never ends"));
	assert_non_null(strstr(run->out, "\n\nlun1: I/O that is in flight"));
	run = rrpath("doctor", "--verbose", NULL);
	assert_int_equal(run->status, 1);
	assert_non_null(strstr(run->out, "    recv_tmo         5, should be 2\n"));
	assert_non_null(strstr(run->out, "    recovery_tmo     off, should be 5\n"));
	assert_non_null(strstr(run->out, "  sda, link loss: never ends\n"));
	/* Of that disk nothing is known. */
	assert_null(strstr(run->out, "  vda, link loss"));
	run = rrpath("doctor", "--json", NULL);
	assert_int_equal(run->status, 1);
	assert_true(is_json(run->out));
	assert_non_null(strstr(run->out, "\"should_be\": 2"));
	assert_non_null(strstr(run->out, "\"name\": \"lun1\""));
	assert_non_null(strstr(run->out, "\"link_loss_ends\": \"never\""));
	assert_non_null(strstr(run->out, "\"link_loss_ends\": \"unknown\""));
	expect(rrpath("doctor", "a/b", NULL), 2, "'a/b' is not the name of a map");
}

/* What was done is no part of the JSON. */
static void fixes_beside_the_json(void **state)
{
	const struct run *run;

	(void)state;
	expect(rrpath("create", "--no-tune", "lun0", "sda", "sdb", NULL), 0, NULL);
	run = rrpath("doctor", "--fix", "--json", NULL);
	assert_true(is_json(run->out));
	assert_non_null(strstr(run->err, "sda: recovery_tmo 120 -> 5\n"));
	/* It could not be done. */
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	expect(rrpath("create", "--no-tune", "lun0", "sda", "sdb", NULL), 0, NULL);
	fake_call_fails("write", 0, EROFS);
	run = rrpath("doctor", "--fix", "lun0", NULL);
	assert_int_equal(run->status, 1);
	assert_non_null(strstr(run->err, "etc/rrpath/timers: Read-only file system"));
	assert_string_equal(fake_session_value(2, "recovery_tmo"), "120");
}

#define WITH(setup, test)	cmocka_unit_test_setup_teardown(test, setup, done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(two_sessions, link_loss),
		WITH(two_sessions, link_loss_without_noops),
		WITH(two_sessions, link_loss_without_retries),
		WITH(two_sessions, link_loss_with_the_helper),
		WITH(two_sessions, lun_hang),
		WITH(two_sessions, target_reboot),
		WITH(two_sessions, held_by_the_map),
		WITH(two_sessions, other_transports),
		WITH(two_sessions, nothing_wrong),
		WITH(two_sessions, one_nic_one_portal),
		WITH(two_sessions, one_path),
		WITH(two_sessions, other_luns),
		WITH(two_sessions, used_otherwise),
		WITH(two_sessions, multipathd_runs),
		WITH(two_sessions, lvm_sees_paths),
		WITH(two_sessions, unbounded_queue),
		WITH(two_sessions, caches),
		WITH(two_sessions, helper),
		WITH(two_sessions, not_recorded),
		WITH(two_sessions, fix),
		WITH(two_sessions, prints),
		WITH(two_sessions, prints_advice),
		WITH(two_sessions, fixes_beside_the_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
