// SPDX-License-Identifier: GPL-2.0
/* The transport's limits: set for a map with another path, put back exactly. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../open-iscsi.h"
#include "../timers.h"
#include "../util.h"
#include "fake-transport.h"

#define RECOVERY	"node.session.timeo.replacement_timeout"
#define INTERVAL	"node.conn[0].timeo.noop_out_interval"

/* Two sessions to one LUN: sda and sdb. */
static int two_sessions(void **state)
{
	fake_setup(state);
	fake_iscsi_disk("sda", 0, 1, "naa.6001");
	fake_iscsi_disk("sdb", 16, 2, "naa.6001");
	fake_node_calls = 0;
	return 0;
}

static void create(void)
{
	expect(rrpath("create", "lun0", "sda", "sdb", NULL), 0, NULL);
}

static void untouched(unsigned int sid, const char *disk)
{
	assert_string_equal(fake_session_value(sid, "recovery_tmo"), "120");
	assert_string_equal(fake_session_value(sid, "abort_tmo"), "15");
	assert_string_equal(fake_session_value(sid, "lu_reset_tmo"), "30");
	assert_string_equal(fake_session_value(sid, "tgt_reset_tmo"), "30");
	assert_string_equal(fake_connection_value(sid, "recv_tmo"), "5");
	assert_string_equal(fake_connection_value(sid, "ping_tmo"), "5");
	assert_string_equal(fake_device_value(disk, "timeout"), "30");
	assert_string_equal(fake_node_value(sid, RECOVERY), "120");
	assert_string_equal(fake_node_value(sid, INTERVAL), "5");
}

static void tuned(unsigned int sid, const char *disk)
{
	assert_string_equal(fake_session_value(sid, "recovery_tmo"), "1");
	assert_string_equal(fake_session_value(sid, "abort_tmo"), "5");
	assert_string_equal(fake_connection_value(sid, "recv_tmo"), "2");
	assert_string_equal(fake_connection_value(sid, "ping_tmo"), "2");
	assert_string_equal(fake_device_value(disk, "timeout"), "10");
	assert_string_equal(fake_node_value(sid, RECOVERY), "1");
	assert_string_equal(fake_node_value(sid, INTERVAL), "2");
}

static const char *retries(unsigned int sid, const char *disk)
{
	char file[64];

	snprintf(file, sizeof(file), "scsi_disk/%u:0:0:1/max_retries", sid);
	return fake_device_value(disk, file);
}

static bool is_recorded(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/etc/rrpath/timers", fake.root);
	return !access(path, F_OK);
}

static void create_sets_and_remove_restores(void **state)
{
	(void)state;
	create();
	tuned(1, "sda");
	tuned(2, "sdb");
	assert_string_equal(retries(1, "sda"), "0");
	assert_true(is_recorded());
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	untouched(1, "sda");
	untouched(2, "sdb");
	assert_string_equal(retries(1, "sda"), "5");
	assert_false(is_recorded());
}

/* The patience that the transport loses goes into the map. */
static void patience_moves(void **state)
{
	(void)state;
	create();
	assert_string_equal(fake_find("lun0")->live.params,
			    "failover 2 0 8:0 8:16 3 queue_if_no_path no_path_timeout_ms 120000");
}

static void told_otherwise(void **state)
{
	(void)state;
	expect(rrpath("create", "--no-path-timeout", "3000", "lun0", "sda", "sdb", NULL), 0, NULL);
	assert_string_equal(fake_find("lun0")->live.params,
			    "failover 2 0 8:0 8:16 2 no_path_timeout_ms 3000");
	/* A map that fails at once leaves the transport more time. */
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "5");
	assert_string_equal(retries(1, "sda"), "5");
}

static void no_tune(void **state)
{
	(void)state;
	expect(rrpath("create", "--no-tune", "lun0", "sda", "sdb", NULL), 0, NULL);
	assert_string_equal(fake_find("lun0")->live.params, "failover 2 0 8:0 8:16");
	untouched(1, "sda");
	assert_false(is_recorded());
	assert_int_equal(fake_node_calls, 0);
	/* And stays so. */
	fake_iscsi_disk("sdd", 48, 3, "naa.6001");
	expect(rrpath("add", "lun0", "sdd", NULL), 0, NULL);
	untouched(3, "sdd");
}

static void one_path_is_left_alone(void **state)
{
	(void)state;
	expect(rrpath("create", "lun0", "sda", NULL), 0, NULL);
	assert_string_equal(fake_find("lun0")->live.params, "failover 1 0 8:0");
	untouched(1, "sda");
	expect(rrpath("add", "lun0", "sdb", NULL), 0, NULL);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "5");
	assert_string_equal(fake_session_value(2, "recovery_tmo"), "5");
	expect(rrpath("drop", "lun0", "sda", NULL), 0, NULL);
	untouched(1, "sda");
	untouched(2, "sdb");
}

static void dropped_path_is_put_back(void **state)
{
	(void)state;
	fake_iscsi_disk("sdd", 48, 3, "naa.6001");
	expect(rrpath("create", "lun0", "sda", "sdb", "sdd", NULL), 0, NULL);
	expect(rrpath("drop", "lun0", "sda", NULL), 0, NULL);
	untouched(1, "sda");
	tuned(2, "sdb");
	tuned(3, "sdd");
}

/* Each session has two LUNs: the last map puts its limits back. */
static void two_maps_share_sessions(void **state)
{
	(void)state;
	fake_file("sys/devices/platform/host1/session1/target1:0:0/1:0:0:2/wwid", "naa.7002\n");
	create();
	fake_add_map("lun1", "rrpath-naa.7002", 2048, "failover 2 0 8:0 8:16");
	{
		struct rrpath_map map;
		struct rrpath_timers_say say = { 0 };

		assert_int_equal(rrpath_map_load("lun1", &map), 0);
		rrpath_timers_set(&map, &say);
		/* It does not hold I/O and gets the more patient limit. */
		assert_string_equal(fake_session_value(1, "recovery_tmo"), "5");
		rrpath_map_free(&map);
	}
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "5");
	assert_string_equal(fake_connection_value(1, "recv_tmo"), "2");
	assert_string_equal(fake_node_value(1, INTERVAL), "2");
	expect(rrpath("remove", "lun1", NULL), 0, NULL);
	untouched(1, "sda");
	untouched(2, "sdb");
	assert_false(is_recorded());
}

static void again(void)
{
	struct rrpath_timers_say say = { 0 };
	struct rrpath_map map;

	assert_int_equal(rrpath_map_load("lun0", &map), 0);
	rrpath_timers_again(&map, &say);
	rrpath_map_free(&map);
	assert_int_equal(say.failures, 0);
}

/* The session has its limits from the record, its disk is new and comes as sdc. */
static void relogin(void **state)
{
	(void)state;
	create();
	fake_relogin(2);
	assert_string_equal(fake_session_value(2, "recovery_tmo"), "1");
	assert_string_equal(fake_connection_value(2, "recv_tmo"), "2");
	fake_device_file("sdb", "timeout", "30");
	again();
	tuned(2, "sdb");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	untouched(2, "sdb");
}

/* iscsid remembers what the record said when it logged in, not what it says now. */
static void reconnect(void **state)
{
	(void)state;
	create();
	fake_connection_file(1, "recv_tmo", "5");
	fake_connection_file(1, "ping_tmo", "5");
	again();
	tuned(1, "sda");
}

/* What the helper does then, without anybody calling. */
static void set_by_the_helper(void **state)
{
	struct rrpath_dev dev;

	(void)state;
	create();
	fake_connection_file(1, "recv_tmo", "5");
	fake_connection_file(1, "ping_tmo", "1");
	fake_node_calls = 0;
	assert_int_equal(rrpath_dev_facts(8, 0, &dev), 0);
	rrpath_timers_reconnected(&dev);
	assert_string_equal(fake_connection_value(1, "recv_tmo"), "2");
	assert_string_equal(fake_connection_value(1, "ping_tmo"), "1");
	assert_int_equal(fake_node_calls, 0);
	fake_connection_file(1, "recv_tmo", "0");
	rrpath_timers_reconnected(&dev);
	assert_string_equal(fake_connection_value(1, "recv_tmo"), "0");
	rrpath_dev_free(&dev);
}

static void set_by_somebody_else(void **state)
{
	(void)state;
	create();
	fake_device_file("sda", "timeout", "7");
	fake_session_file(1, "recovery_tmo", "3");
	fake_session_file(2, "recovery_tmo", "0");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_device_value("sda", "timeout"), "7");
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "3");
	/* 0 is what the helper sets before it closes a dead connection. */
	assert_string_equal(fake_session_value(2, "recovery_tmo"), "120");
}

static void shorter_ones_stay(void **state)
{
	(void)state;
	fake_session_file(1, "recovery_tmo", "0");
	fake_connection_file(1, "recv_tmo", "1");
	create();
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "0");
	assert_string_equal(fake_connection_value(1, "recv_tmo"), "1");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "0");
}

/* Their timer does not run in it: only the record is of use. */
static void noops_off(void **state)
{
	(void)state;
	fake_connection_file(1, "recv_tmo", "0");
	fake_connection_file(1, "ping_tmo", "0");
	fake_file("nodes/10.0.1.8:3260/" INTERVAL, "0\n");
	create();
	assert_string_equal(fake_connection_value(1, "recv_tmo"), "0");
	assert_string_equal(fake_node_value(1, INTERVAL), "2");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_node_value(1, INTERVAL), "0");
}

/* node.session.nr_sessions = 2: one record, one target, one portal, two sessions. */
static void sessions_of_one_node(void **state)
{
	(void)state;
	fake_connection_file(2, "persistent_address",
			     fake_connection_value(1, "persistent_address"));
	fake_connection_file(2, "persistent_port", fake_connection_value(1, "persistent_port"));
	fake_session_file(2, "targetname", fake_session_value(1, "targetname"));
	create();
	assert_string_equal(fake_session_value(2, "recovery_tmo"), "1");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
	assert_string_equal(fake_session_value(2, "recovery_tmo"), "120");
	assert_string_equal(fake_connection_value(2, "recv_tmo"), "5");
}

/* What was set changes, and not every session is there to get it. */
static void set_again(void **state)
{
	struct fake_table *table;

	(void)state;
	fake_connection_file(2, "persistent_address",
			     fake_connection_value(1, "persistent_address"));
	fake_connection_file(2, "persistent_port", fake_connection_value(1, "persistent_port"));
	fake_session_file(2, "targetname", fake_session_value(1, "targetname"));
	create();
	assert_string_equal(fake_session_value(2, "recovery_tmo"), "1");
	fake_session_file(2, "state", "FAILED");
	table = &fake_find("lun0")->live;
	free(table->params);
	table->params = rrpath_dup("failover 2 0 8:0 8:16");
	expect(rrpath("set", "lun0", "fail_if_no_path", NULL), 0, NULL);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "5");
	assert_string_equal(fake_session_value(2, "recovery_tmo"), "1");
	fake_session_file(2, "state", "LOGGED_IN");
	expect(rrpath("assemble", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_session_value(2, "recovery_tmo"), "5");
	/* And without anybody having looked at it. */
	fake_session_file(2, "recovery_tmo", "1");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
	assert_string_equal(fake_session_value(2, "recovery_tmo"), "120");
}

static bool record_has(const char *text)
{
	char *command __rr_cleanup(rrpath_freep) =
		rrpath_printf("grep -qsF '%s' %s/etc/rrpath/timers", text, fake.root);

	return !system(command);
}

static bool was_recorded;

static int fail_update(const struct rrpath_node *node, const struct rrpath_node_value *values,
		       size_t nr)
{
	(void)node;
	(void)values;
	(void)nr;
	was_recorded = record_has(RECOVERY " 120 1") && record_has("recovery_tmo 120 1");
	return -EIO;
}

/* What is interrupted has left what the values were; what failed has left nothing. */
static void recorded_first(void **state)
{
	struct rrpath_open_iscsi saved = rrpath_open_iscsi;

	(void)state;
	rrpath_open_iscsi.update = fail_update;
	rrpath("create", "lun0", "sda", "sdb", NULL);
	rrpath_open_iscsi = saved;
	assert_true(was_recorded);
	assert_false(record_has(RECOVERY));
	assert_true(record_has("recovery_tmo"));
}

/* The limits stay for as long as the map is in use. */
static void deferred_removal(void **state)
{
	const struct run *run;

	(void)state;
	create();
	fake_find("lun0")->open_count = 1;
	run = rrpath("remove", "--deferred", "lun0", NULL);
	expect(run, 0, NULL);
	assert_non_null(strstr(run->out, "goes with its last user"));
	tuned(1, "sda");
	/* And are not set again, nor put back too early. */
	fake_device_file("sda", "timeout", "30");
	expect(rrpath("assemble", NULL), 0, NULL);
	assert_string_equal(fake_device_value("sda", "timeout"), "30");
	tuned(2, "sdb");
	fake_close("lun0");
	expect(rrpath("assemble", "-i", "/dev/dm-0", NULL), 0, NULL);
	untouched(1, "sda");
	untouched(2, "sdb");
	assert_false(is_recorded());
	assert_null(fake_find("lun0"));
}

static void renamed_map(void **state)
{
	(void)state;
	create();
	rrpath_copy(fake_find("lun0")->name, sizeof(fake.map[0].name), "db");
	expect(rrpath("remove", "db", NULL), 0, NULL);
	untouched(1, "sda");
	untouched(2, "sdb");
	assert_false(is_recorded());
}

static void session_gone_on_remove(void **state)
{
	(void)state;
	create();
	fake_remove_disk("sdb", 8, 16);
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_node_value(2, RECOVERY), "120");
	untouched(1, "sda");
}

static void policy_of_no_path_counts(void **state)
{
	struct fake_table *table;

	(void)state;
	create();
	expect(rrpath("set", "lun0", "fail_if_no_path", NULL), 0, NULL);
	table = &fake_find("lun0")->live;
	free(table->params);
	table->params = rrpath_dup("failover 2 0 8:0 8:16");
	again();
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "5");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	untouched(1, "sda");
}

static void fc(void **state)
{
	const char *rport = "sys/devices/platform/host5/rport-5:0-1/fc_remote_ports/rport-5:0-1";
	char path[256];

	(void)state;
	fake_fc_disk("sda", 0, 5, "naa.6001");
	fake_fc_disk("sdb", 16, 6, "naa.6001");
	create();
	snprintf(path, sizeof(path), "%s/fast_io_fail_tmo", rport);
	assert_string_equal(fake_read(path), "2");
	assert_string_equal(fake_device_value("sda", "timeout"), "20");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_read(path), "off");
	assert_string_equal(fake_device_value("sda", "timeout"), "30");
	assert_string_equal(fake_device_value("sdb", "timeout"), "30");
}

static void nvme(void **state)
{
	(void)state;
	fake_nvme_disk(1, "uuid.1");
	fake_nvme_disk(2, "uuid.1");
	expect(rrpath("create", "lun0", "nvme1n1", "nvme2n1", NULL), 0, NULL);
	assert_string_equal(fake_device_value("nvme1n1", "reconnect_delay"), "2");
	assert_string_equal(fake_device_value("nvme1n1", "fast_io_fail_tmo"), "1");
	assert_string_equal(fake_device_value("nvme1n1", "ctrl_loss_tmo"), "-1");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_device_value("nvme1n1", "reconnect_delay"), "10");
	assert_string_equal(fake_device_value("nvme1n1", "fast_io_fail_tmo"), "-1");
	assert_string_equal(fake_device_value("nvme1n1", "ctrl_loss_tmo"), "600");
}

static void others_are_left_alone(void **state)
{
	(void)state;
	expect(rrpath("create", "lun0", "sda", "sdb", NULL), 0, NULL);
	assert_string_equal(fake_find("lun0")->live.params, "failover 2 0 8:0 8:16");
	assert_false(is_recorded());
}

static void only_root_reads_the_record(void **state)
{
	char *text;

	(void)state;
	create();
	text = rrpath_printf("stat -c %%a %s/etc/rrpath/timers | grep -qx 600", fake.root);
	assert_int_equal(system(text), 0);
	free(text);
}

/* One that could not be written is empty: opening it cuts a file here, and not one in sysfs. */
static bool cut_is_well;

static bool is_now(const char *value, const char *want)
{
	return (cut_is_well && !*value) || !strcmp(value, want);
}

static bool all_untouched(void)
{
	unsigned int sid;

	for (sid = 1; sid < 3; sid++) {
		const char *disk = sid == 1 ? "sda" : "sdb";

		if (!is_now(fake_session_value(sid, "recovery_tmo"), "120") ||
		    !is_now(fake_session_value(sid, "abort_tmo"), "15") ||
		    !is_now(fake_connection_value(sid, "recv_tmo"), "5") ||
		    !is_now(fake_connection_value(sid, "ping_tmo"), "5") ||
		    !is_now(fake_device_value(disk, "timeout"), "30") ||
		    !is_now(retries(sid, disk), "5") ||
		    !is_now(fake_node_value(sid, RECOVERY), "120") ||
		    !is_now(fake_node_value(sid, INTERVAL), "5"))
			return false;
	}
	return true;
}

/* Whichever file cannot be written when limits are set: it is said, and all is put back. */
static void each_write_fails_once(void **state)
{
	unsigned int n, complaints = 0;

	cut_is_well = true;
	for (n = 1; ; n++) {
		const struct run *run;

		fake_teardown(state);
		two_sessions(state);
		fake_call_fails("write", n, EIO);
		run = rrpath("create", "lun0", "sda", "sdb", NULL);
		assert_int_equal(run->status, 0);
		if (fake_calls_failed() == 0)
			break;
		complaints += run->err_lines;
		if (run->err_lines && !strstr(run->err, "rrpath: cannot set ") &&
		    !strstr(run->err, "rrpath: warning: cannot write ") &&
		    !strstr(run->err, "/etc/rrpath/timers: Input/output error: timers will not"))
			fail_msg("write %u: %s", n, run->err);
		fake_calls_reset();
		expect(rrpath("remove", "lun0", NULL), 0, NULL);
		if (!all_untouched() || is_recorded())
			fail_msg("after write %u something is left", n);
	}
	/* The record, and several timers of each disk. */
	assert_true(n > 10 && complaints > 5);
}

/* The same when they are put back: what is left as it is has been named. */
static void each_write_fails_on_removal(void **state)
{
	unsigned int n;

	cut_is_well = false;
	for (n = 1; ; n++) {
		const struct run *run;
		bool untouched;

		fake_teardown(state);
		two_sessions(state);
		create();
		fake_call_fails("write", n, EIO);
		run = rrpath("remove", "lun0", NULL);
		assert_int_equal(run->status, 0);
		assert_null(fake_find("lun0"));
		if (fake_calls_failed() == 0)
			break;
		fake_calls_reset();
		untouched = all_untouched();
		if (!untouched && !strstr(run->err, "rrpath: cannot set "))
			fail_msg("write %u: changed, and nothing said: %s", n, run->err);
	}
	assert_true(n > 5);
}

static int set_fails(const struct rrpath_transport *t, enum rrpath_timer_id id, long value)
{
	(void)t;
	(void)id;
	(void)value;
	return -ENOTCONN;
}

static char *no_record(const struct rrpath_node *node)
{
	(void)node;
	return NULL;
}

static int update_fails(const struct rrpath_node *node, const struct rrpath_node_value *values,
			size_t nr)
{
	(void)node;
	(void)values;
	(void)nr;
	return -EIO;
}

static void kernel_takes_nothing(void **state)
{
	const struct run *run;

	(void)state;
	rrpath_open_iscsi.set_live = set_fails;
	run = rrpath("create", "lun0", "sda", "sdb", NULL);
	assert_int_equal(run->status, 0);
	assert_non_null(strstr(run->err, "rrpath: cannot set recv_tmo of sda to 2: Transport"));
	assert_non_null(strstr(run->err, "rrpath: cannot set abort_tmo of sdb to 5: Transport"));
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "1");
	assert_string_equal(fake_connection_value(1, "recv_tmo"), "5");
	assert_true(record_has(" recovery_tmo 120 1"));
	assert_false(record_has(" recv_tmo "));
	assert_false(record_has(" abort_tmo "));
	/* What could not be set is nothing to be put back. */
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	untouched(1, "sda");
	untouched(2, "sdb");
	assert_false(is_recorded());
}

static void node_record_takes_nothing(void **state)
{
	const struct run *run;

	(void)state;
	rrpath_open_iscsi.update = update_fails;
	run = rrpath("create", "lun0", "sda", "sdb", NULL);
	assert_int_equal(run->status, 0);
	assert_int_equal(run->err_lines, 2);
	assert_non_null(strstr(run->err, "cannot set " INTERVAL " of the node record to 2: Input"));
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "1");
	assert_string_equal(fake_node_value(1, RECOVERY), "120");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	untouched(1, "sda");
	untouched(2, "sdb");
	/* And when it is to be put back. */
	fake_open_iscsi();
	create();
	rrpath_open_iscsi.update = update_fails;
	run = rrpath("remove", "lun0", NULL);
	assert_int_equal(run->status, 0);
	assert_int_equal(run->err_lines, 2);
	assert_non_null(strstr(run->err, "of the node record to "));
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
	assert_string_equal(fake_node_value(1, RECOVERY), "1");
	assert_false(is_recorded());
}

/* No iscsiadm, or a session that nobody recorded. */
static void no_node_record(void **state)
{
	(void)state;
	rrpath_open_iscsi.show = no_record;
	create();
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "1");
	assert_string_equal(fake_node_value(1, RECOVERY), "120");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	untouched(1, "sda");
	/* It was removed meanwhile. */
	fake_open_iscsi();
	create();
	rrpath_open_iscsi.show = no_record;
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
	assert_string_equal(fake_node_value(1, RECOVERY), "1");
	assert_false(is_recorded());
}

/* Lines that say nothing that could be put back are no reason to stop. */
static void odd_record(void **state)
{
	(void)state;
	fake_file("etc/rrpath/timers",
		  "map\nlimit\nlimit a b c 1\nnonsense here and there now 1\n"
		  "limit gone1 iscsi:a " RECOVERY " 120 1\n"
		  "limit gone2 iscsi:a,b " RECOVERY " 120 1\n"
		  "limit gone3 fc:a,b,c " RECOVERY " 120 1\n"
		  "limit gone4 iscsi:x,10.0.1.8:3260,default recovery_tmo x 1\n"
		  "limit gone4 iscsi:x,10.0.1.8:3260,default recovery_tmo 120 y\n"
		  "limit gone4 iscsi:x,10.0.1.8:3260,default recovery_tmo 99999999999999999999 1\n"
		  "limit gone4 iscsi:x,10.0.1.8:3260,default recovery_tmo 120 1,z\n");
	expect(rrpath("assemble", NULL), 0, NULL);
	untouched(1, "sda");
	assert_false(is_recorded());
}

/* A name of a target or an interface with a blank in it is one word in the record. */
static void blanks(void **state)
{
	(void)state;
	fake_session_file(1, "targetname", "iqn a\tb");
	fake_session_file(1, "ifacename", "(null)");
	create();
	tuned(1, "sda");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
	assert_false(is_recorded());
}

/* Each as it was, though the helper had to do with one. */
static void sessions_that_are_down(void **state)
{
	(void)state;
	create();
	fake_session_file(1, "state", "FAILED");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "1");
	assert_string_equal(fake_session_value(2, "recovery_tmo"), "120");
	/* It is put back when it is there again. */
	assert_true(is_recorded());
	fake_session_file(1, "state", "LOGGED_IN");
	expect(rrpath("assemble", NULL), 0, NULL);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "120");
	assert_false(is_recorded());
}

#define WITH(setup, test)	cmocka_unit_test_setup_teardown(test, setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(two_sessions, create_sets_and_remove_restores),
		WITH(two_sessions, patience_moves),
		WITH(two_sessions, told_otherwise),
		WITH(two_sessions, no_tune),
		WITH(two_sessions, one_path_is_left_alone),
		WITH(two_sessions, dropped_path_is_put_back),
		WITH(two_sessions, two_maps_share_sessions),
		WITH(two_sessions, relogin),
		WITH(two_sessions, reconnect),
		WITH(two_sessions, set_by_the_helper),
		WITH(two_sessions, set_by_somebody_else),
		WITH(two_sessions, shorter_ones_stay),
		WITH(two_sessions, noops_off),
		WITH(two_sessions, sessions_of_one_node),
		WITH(two_sessions, set_again),
		WITH(two_sessions, recorded_first),
		WITH(two_sessions, deferred_removal),
		WITH(two_sessions, renamed_map),
		WITH(two_sessions, session_gone_on_remove),
		WITH(two_sessions, policy_of_no_path_counts),
		WITH(fake_setup, fc),
		WITH(fake_setup, nvme),
		WITH(fake_setup, others_are_left_alone),
		WITH(two_sessions, only_root_reads_the_record),
		WITH(two_sessions, each_write_fails_once),
		WITH(two_sessions, each_write_fails_on_removal),
		WITH(two_sessions, kernel_takes_nothing),
		WITH(two_sessions, node_record_takes_nothing),
		WITH(two_sessions, no_node_record),
		WITH(two_sessions, odd_record),
		WITH(two_sessions, blanks),
		WITH(two_sessions, sessions_that_are_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
