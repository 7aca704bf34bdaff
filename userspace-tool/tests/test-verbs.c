// SPDX-License-Identifier: GPL-2.0
/* What is a message to the map, and what is printed about maps. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../util.h"
#include "fake.h"

static struct fake_map *map;

static int setup(void **state)
{
	fake_setup(state);
	map = fake_add_map("lun0", "rrpath-naa.6001", 614400,
			   "round-robin 2 2 8:0 50 3 8:16 10 1 1 queue_if_no_path");
	return 0;
}

static void sends(const char *message, const struct run *run)
{
	expect(run, 0, NULL);
	assert_string_equal(fake.message, message);
}

static void messages(void **state)
{
	const struct run *run;

	(void)state;
	sends("set_policy failover", rrpath("policy", "lun0", "failover", NULL));
	sends("fail_path 8:16", rrpath("fail", "lun0", "sdb", NULL));
	sends("reinstate_path 8:16", rrpath("reinstate", "lun0", "8:16", NULL));
	sends("queue_if_no_path", rrpath("set", "lun0", "queue_if_no_path", "yes", NULL));
	sends("queue_if_no_path", rrpath("set", "lun0", "queue-if-no-path", NULL));
	sends("fail_if_no_path", rrpath("set", "lun0", "queue_if_no_path", "0", NULL));
	sends("fail_if_no_path", rrpath("set", "lun0", "fail_if_no_path", NULL));
	sends("queue_if_no_path", rrpath("set", "lun0", "fail_if_no_path", "no", NULL));
	sends("set no_path_timeout_ms 5", rrpath("set", "lun0", "no-path-timeout", "5", NULL));
	sends("set failback manual", rrpath("set", "lun0", "failback", "manual", NULL));
	sends("set failback 250", rrpath("set", "lun0", "failback", "250", NULL));
	sends("set probe_interval_ms 0", rrpath("set", "lun0", "probe_interval_ms", "0", NULL));
	sends("set rr_min_io 16", rrpath("set", "lun0", "rr_min_io", "16", NULL));
	sends("set stall_timeout_ms 0", rrpath("set", "lun0", "stall_timeout_ms", "0", NULL));
	sends("set hold_down_max_ms 8000",
	      rrpath("set", "lun0", "hold_down_max_ms", "8000", NULL));
	sends("set merge_kib 0", rrpath("set", "lun0", "merge_kib", "0", NULL));
	sends("set_priority 8:0 65535", rrpath("set", "lun0", "priority", "sda", "65535", NULL));
	sends("set_weight 8:16 256", rrpath("set", "lun0", "weight", "sdb", "256", NULL));
	run = rrpath("fail", "/dev/mapper/lun0", "8:0", NULL);
	assert_int_equal(run->status, 0);
	assert_string_equal(fake.message, "fail_path 8:0");
	sends("reset_stats", rrpath("stat", "--reset", "lun0", NULL));
}

static void bad_messages(void **state)
{
	(void)state;
	expect(rrpath("policy", "lun0", "fastest", NULL), 2, "failover, round-robin, queue-length");
	expect(rrpath("fail", "lun0", "sdc", NULL), 1, "its paths are sda, sdb");
	expect(rrpath("fail", "lun0", "/dev/null", NULL), 1, "not a block device");
	expect(rrpath("reinstate", "nosuch", "sda", NULL), 1, "no map 'nosuch'");
	expect(rrpath("set", "lun0", "colour", "blue", NULL), 2, "no option 'colour'");
	expect(rrpath("set", "lun0", "failback", "sometimes", NULL), 2, "'sometimes'");
	expect(rrpath("set", "lun0", "rr_min_io", NULL), 2, "takes a value");
	expect(rrpath("set", "lun0", "rr_min_io", "1", "2", NULL), 2, "takes a value");
	expect(rrpath("set", "lun0", "priority", "5", NULL), 2, "takes DEV and a number");
	expect(rrpath("set", "lun0", "priority", "sda", "65536", NULL), 2, "'65536'");
	expect(rrpath("set", "lun0", "weight", "sda", "0", NULL), 2, "'0'");
	expect(rrpath("set", "lun0", "weight", "sdc", "1", NULL), 1, "not a path");
	assert_string_equal(fake.message, "");
	fake_fail("message", 1, EINVAL, FAKE_NOTHING);
	expect(rrpath("set", "lun0", "rr_min_io", "1", NULL), 1, "refused 'set rr_min_io 1'");
}

/* What sysfs offers is what is accepted: a later module may have more. */
static void policies_of_the_kernel(void **state)
{
	(void)state;
	fake_file("sys/block/dm-0/rrpath/policy", "failover [round-robin] service-time\n");
	sends("set_policy service-time", rrpath("policy", "lun0", "service-time", NULL));
	expect(rrpath("policy", "lun0", "queue-length", NULL), 2, "service-time");
	expect(rrpath("policy", "lun0", NULL), 0, NULL);
	assert_string_equal(rrpath("policy", "lun0", NULL)->out, "round-robin\n");
}

static void last_path_is_mentioned(void **state)
{
	const struct run *run;

	(void)state;
	expect(rrpath("fail", "lun0", "sda", NULL), 0, NULL);
	run = rrpath("fail", "lun0", "sdb", NULL);
	assert_int_equal(run->status, 0);
	assert_non_null(strstr(run->err, "last usable path of 'lun0': I/O to it waits now\n"));
	assert_int_equal(run->err_lines, 1);
	/* It was so before. */
	expect(rrpath("fail", "lun0", "sdb", NULL), 0, NULL);
}

static void no_maps(void **state)
{
	fake_setup(state);
	expect(rrpath("list", NULL), 0, NULL);
	assert_string_equal(rrpath("list", NULL)->out, "");
	assert_string_equal(rrpath("show", NULL)->out, "");
	assert_true(is_json(rrpath("list", "--json", NULL)->out));
	assert_true(is_json(rrpath("show", "--json", NULL)->out));
	assert_true(is_json(rrpath("stat", "--json", NULL)->out));
}

static void lists(void **state)
{
	struct fake_map *other = fake_add_map("root", "LVM-x", 2048, "8:0 0");
	const struct run *run;

	(void)state;
	rrpath_copy(other->live.target, sizeof(other->live.target), "linear");
	fake_add_map("lun10", "rrpath-b", 2048, "failover 1 0 8:64");
	fake_add_map("lun9", "rrpath-a", 2048, "failover 1 0 8:80");
	assert_string_equal(rrpath("list", "-n", "--raw", "-o", "NAME", NULL)->out,
			    "lun0\nlun9\nlun10\n");
	run = rrpath("list", "--raw", "-o", "name,SIZE,nr_paths,policy,queue", NULL);
	assert_string_equal(run->out,
			    "NAME SIZE PATHS POLICY QUEUE\n"
			    "lun0 300M 2 round-robin 1\n"
			    "lun9 1M 1 failover 0\n"
			    "lun10 1M 1 failover 0\n");
	assert_string_equal(rrpath("list", "-nrb", "-o", "SIZE", NULL)->out,
			    "314572800\n1048576\n1048576\n");
}

static void shows_a_tree(void **state)
{
	const struct run *run;

	(void)state;
	fake_set_state(8, 16, 'S');
	fake_remove_disk("sdb", 8, 16);
	run = rrpath("show", "lun0", NULL);
	expect(run, 0, NULL);
	assert_non_null(strstr(run->out, "lun0  dm-0  300M  round-robin  2 of 2 paths usable\n"));
	assert_non_null(strstr(run->out, "  uuid     rrpath-naa.6001\n"));
	assert_non_null(strstr(run->out, "  options  queue_if_no_path yes, no_path_timeout_ms 0,"));
	assert_non_null(strstr(run->out, "priority 50 active"));
	assert_non_null(strstr(run->out, "sda       active         8:0  2:0:0:0      3"));
	assert_non_null(strstr(run->out, "priority 10 standby"));
	assert_non_null(strstr(run->out, "(gone)    standby        8:16"));
	fake_set_state(8, 0, 'T');
	run = rrpath("show", "lun0", NULL);
	assert_non_null(strstr(run->out, "sda       stalled  stalled 8:0"));
	run = rrpath("show", "lun0", "-nr", "-o", "state,reason,STALLS,hold_down_ms", NULL);
	assert_string_equal(run->out, "stalled stalled 2 0\nstandby - 2 0\n");
}

/* Options come from sysfs where it has them. */
static void shows_options_in_force(void **state)
{
	(void)state;
	fake_file("sys/block/dm-0/rrpath/failback", "250\n");
	fake_file("sys/block/dm-0/rrpath/queue_if_no_path", "0\n");
	assert_non_null(strstr(rrpath("show", NULL)->out, "queue_if_no_path no"));
	assert_non_null(strstr(rrpath("show", NULL)->out, "failback 250"));
}

static void shows_columns(void **state)
{
	(void)state;
	assert_string_equal(rrpath("show", "-nr", "-o", "name,path,dev,state,group,priority",
				   NULL)->out,
			    "lun0 sda 8:0 active 1 50\nlun0 sdb 8:16 active 2 10\n");
	assert_string_equal(rrpath("show", "-nr", "-o", "weight,hctl,vendor,wwid,ios,read_bytes",
				   NULL)->out,
			    "3 2:0:0:0 IET naa.6001 153 400K\n1 2:0:0:16 IET naa.6001 153 400K\n");
	fake_remove_disk("sdb", 8, 16);
	assert_string_equal(rrpath("show", "-nr", "-o", "path,hctl,dev", NULL)->out,
			    "sda 2:0:0:0 8:0\n- - 8:16\n");
}

static void json(void **state)
{
	const struct run *run;

	(void)state;
	/* What has to be escaped. */
	fake_file("sys/devices/host/2:0:0:0/model", "a \"b\" \\ {c}] \001 \303\244\n");
	run = rrpath("show", "--json", NULL);
	expect(run, 0, NULL);
	if (!is_json(run->out))
		fail_msg("not JSON: %s", run->out);
	assert_non_null(strstr(run->out, "\"schema\": 1,"));
	assert_non_null(strstr(run->out, "\"name\": \"lun0\""));
	assert_non_null(strstr(run->out, "\"size\": 314572800"));
	assert_non_null(strstr(run->out, "\"queue_if_no_path\": true"));
	assert_non_null(strstr(run->out, "\"paths\": ["));
	assert_non_null(strstr(run->out, "\"state\": \"active\""));
	assert_non_null(strstr(run->out, "\"transport\": null"));
	assert_non_null(strstr(run->out, "\"weight\": 3"));
	fake_remove_disk("sdb", 8, 16);
	fake_add_map("lun1", "", 2048, "failover 1 0 8:64");
	run = rrpath("show", "--json", NULL);
	if (!is_json(run->out))
		fail_msg("not JSON: %s", run->out);
	assert_non_null(strstr(run->out, "\"path\": null"));
	run = rrpath("show", "--json", "-o", "path", NULL);
	assert_true(is_json(run->out));
	assert_null(strstr(run->out, "name"));
	run = rrpath("show", "--json", "-o", "NAME", NULL);
	if (!is_json(run->out))
		fail_msg("not JSON: %s", run->out);
	run = rrpath("list", "--json", NULL);
	assert_true(is_json(run->out));
	assert_null(strstr(run->out, "paths\": ["));
	run = rrpath("stat", "--json", NULL);
	assert_true(is_json(run->out));
	assert_non_null(strstr(run->out, "\"share\": 50.0"));
	run = rrpath("stat", "--json", "--interval", "0.01", "--count", "1", NULL);
	assert_true(is_json(run->out));
	assert_non_null(strstr(run->out, "\"iops\": 0.0"));
}

static void columns_are_checked(void **state)
{
	(void)state;
	expect(rrpath("list", "-o", "NAME,COLOUR", NULL), 2, "no column 'COLOUR'");
	expect(rrpath("list", "-o", "", NULL), 2, "no column ''");
	expect(rrpath("list", "-o", "NAME,", NULL), 2, "no column ''");
	/* It is one of show's. */
	expect(rrpath("list", "-o", "HCTL", NULL), 2, "no column 'HCTL'");
	expect(rrpath("show", "-o", "IOPS", NULL), 2, "no column 'IOPS'");
	expect(rrpath("stat", "-o", "HCTL,IOPS,UUID", NULL), 0, NULL);
}

/* Every column in the help can be chosen, and every one of them is in the JSON. */
static void help_lists_the_columns(void **state)
{
	static const char *const commands[] = { "list", "show", "stat" };
	size_t i;

	(void)state;
	for (i = 0; i < RRPATH_ARRAY_SIZE(commands); i++) {
		char *help = strdup(rrpath(commands[i], "--help", NULL)->out);
		char *all = strdup(rrpath(commands[i], "--json", NULL)->out);
		char *line = strtok(strstr(help, "Columns"), "\n");
		unsigned int nr = 0;

		while ((line = strtok(NULL, "\n"))) {
			char head[32], key[32], quoted[40];

			if (sscanf(line, " %31s %31s", head, key) != 2)
				fail_msg("not a column: %s", line);
			snprintf(quoted, sizeof(quoted), "\"%s\":", key);
			if (!strstr(all, quoted))
				fail_msg("%s is not in the JSON of %s", key, commands[i]);
			expect(rrpath(commands[i], "-o", head, NULL), 0, NULL);
			expect(rrpath(commands[i], "-o", key, NULL), 0, NULL);
			nr++;
		}
		assert_true(nr > 10);
		free(help);
		free(all);
	}
}

static void stat_of_a_map_that_is_gone(void **state)
{
	(void)state;
	expect(rrpath("stat", "nosuch", NULL), 1, "no map 'nosuch'");
	fake_fail("info", 2, ENXIO, FAKE_NOTHING);
	expect(rrpath("stat", "-i", "0.01", "lun0", NULL), 1, "no map 'lun0'");
	expect(rrpath("stat", "-i", "0.01", "-c", "2", "lun0", NULL), 0, NULL);
}

/* With all maps, one that goes away is a row less. */
static void stat_with_maps_that_come_and_go(void **state)
{
	const struct run *run;

	(void)state;
	fake_add_map("lun1", "", 2048, "failover 1 0 8:64");
	/* lun0 is not there at first, lun1 not in the last: the 1st and the 6th look. */
	fake_fail("info", 1, ENXIO, FAKE_NOTHING);
	fake_fail("info", 5, ENXIO, FAKE_NOTHING);
	run = rrpath("stat", "-nri", "0.01", "-c", "2", "-o", "name,path,iops", NULL);
	expect(run, 0, NULL);
	assert_string_equal(run->out,
			    "lun0 sda -\nlun0 sdb -\nlun1 (gone) 0.0\nlun0 sda 0.0\nlun0 sdb 0.0\n");
}

static void stat_intervals(void **state)
{
	(void)state;
	expect(rrpath("stat", "-i", "0", NULL), 2, "--interval");
	expect(rrpath("stat", "-i", "-1", NULL), 2, "--interval");
	expect(rrpath("stat", "-i", "1e3", NULL), 2, "--interval");
	expect(rrpath("stat", "-i", "nan", NULL), 2, "--interval");
	expect(rrpath("stat", "-i", "99999", NULL), 2, "--interval");
	expect(rrpath("stat", "-i", "1..5", NULL), 2, "--interval");
	expect(rrpath("stat", "-i", "", NULL), 2, "--interval");
	expect(rrpath("stat", "-c", "0", NULL), 2, "--count");
	expect(rrpath("stat", "--reset", NULL), 2, "stat needs NAME");
}

static void lines_that_cannot_be_read(void **state)
{
	(void)state;
	fake_add_map("odd", "", 2048, "failover 1 0 8:0 3 a_later_option");
	expect(rrpath("show", "odd", NULL), 1, "cannot read the line of 'odd'");
	expect(rrpath("fail", "odd", "sda", NULL), 1, "cannot read the line of 'odd'");
	/* The others are listed, and it is named. */
	assert_string_equal(rrpath("list", "-nro", "NAME", NULL)->out, "lun0\n");
	assert_non_null(strstr(rrpath("list", NULL)->err, "left out 'odd'"));
}

static void help_and_version(void **state)
{
	static const char *const commands[] = {
		"create", "remove", "list", "show", "policy", "fail", "reinstate", "add", "drop",
		"set", "stat",
	};
	size_t i;

	(void)state;
	expect(rrpath("--version", NULL), 0, NULL);
	assert_true(!strncmp(rrpath("--version", NULL)->out, "rrpath ", 7));
	for (i = 0; i < RRPATH_ARRAY_SIZE(commands); i++) {
		char *help = strdup(rrpath("help", commands[i], NULL)->out);

		assert_true(!strncmp(help, "Usage: rrpath ", 14));
		assert_string_equal(rrpath(commands[i], "--help", NULL)->out, help);
		assert_non_null(strstr(rrpath("--help", NULL)->out, commands[i]));
		free(help);
	}
	expect(rrpath("help", "nosuch", NULL), 2, "no command 'nosuch'");
	expect(rrpath("nosuch", NULL), 2, "no command 'nosuch'");
	expect(rrpath_argv(1, (char *[]){ "rrpath", NULL }), 2, "no command");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

static int others_lock = -1;

static void other_is_done(void)
{
	if (others_lock >= 0)
		close(others_lock);
	others_lock = -1;
}

/* Another rrpath at work, until the kernel has been told: else this would last for ever. */
static void told_at_once(void **state)
{
	char *name __rr_cleanup(rrpath_freep) = rrpath_printf("%s/run/rrpath.lock", fake.root);

	(void)state;
	*fake.journal = '\0';
	fake_file("etc/rrpath/maps.conf", "map lun0\n\twwid naa.6001\n");
	others_lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(others_lock, LOCK_EX), 0);
	expect(rrpath("policy", "lun0", NULL), 0, NULL);
	expect(rrpath("fail", "lun0", "sda", NULL), 0, NULL);
	assert_string_equal(fake.message, "fail_path 8:0");
	expect(rrpath("reinstate", "lun0", "sda", NULL), 0, NULL);
	assert_string_equal(fake.journal, "message,message,");
	fake.on_message = other_is_done;
	expect(rrpath("policy", "lun0", "round-robin", NULL), 0, NULL);
	/* It may have had another table ready: so twice. */
	assert_string_equal(fake.journal, "message,message,message,message,");
	assert_string_equal(fake.message, "set_policy round-robin");
	expect(rrpath("set", "lun0", "rr_min_io", "3", NULL), 0, NULL);
	assert_string_equal(fake.journal, "message,message,message,message,message,");
}

/* Each map for itself, with a blank line between; what is odd about one is said. */
static void shows_several(void **state)
{
	struct fake_map *other = fake_add_map("lun1", "", 2048, "failover 1 0 8:32");
	const struct run *run;

	(void)state;
	other->read_only = true;
	other->suspended = true;
	run = rrpath("show", NULL);
	expect(run, 0, NULL);
	assert_non_null(strstr(run->out, "\n\nlun1  dm-1  1M  failover  1 of 1 paths usable "));
	assert_non_null(strstr(run->out, "  read-only  SUSPENDED\n  uuid     none\n"));
	expect(rrpath("show", "a/b", NULL), 2, "'a/b' is not the name of a map");
}

static void sizes(void **state)
{
	(void)state;
	map->live.length = 1;
	assert_string_equal(rrpath("list", "-nro", "SIZE", NULL)->out, "512B\n");
	map->live.length = 3 << 10;
	assert_string_equal(rrpath("list", "-nro", "SIZE", NULL)->out, "1.5M\n");
	map->live.length = UINT64_C(1) << 54;
	assert_string_equal(rrpath("list", "-nro", "SIZE", NULL)->out, "8E\n");
	map->live.length = UINT64_MAX >> 9;
	assert_string_equal(rrpath("list", "-nro", "SIZE", NULL)->out, "16E\n");
}

/* A map that has no table in use, one of another kind, one with several targets. */
static void maps_that_are_none(void **state)
{
	(void)state;
	fake_set_params(map, "nonsense");
	expect(rrpath("show", "lun0", NULL), 1, "cannot read the line of 'lun0'");
	rrpath_copy(map->live.target, sizeof(map->live.target), "linear");
	expect(rrpath("show", "lun0", NULL), 1, "a map of target 'linear', not of rrpath");
	map->targets = 2;
	expect(rrpath("show", "lun0", NULL), 1, "a map of target 'linear', not of rrpath");
	free(map->live.params);
	map->live.params = NULL;
	expect(rrpath("show", "lun0", NULL), 1, "the map 'lun0' has no live table");
	expect(rrpath("wait", "lun0", "--timeout", "0", NULL), 1, "there is no map 'lun0'");
}

/* The first paths of many are named. */
static void many_paths(void **state)
{
	(void)state;
	fake_set_params(map, "failover 9 0 8:0 8:16 65:1 65:2 65:3 65:4 65:5 65:6 65:7");
	expect(rrpath("fail", "lun0", "sdc", NULL), 1,
	       "its paths are sda, sdb, 65:1, 65:2, 65:3, 65:4, 65:5, 65:6, ...");
}

static void by_its_node(void **state)
{
	char *node __rr_cleanup(rrpath_freep) = rrpath_printf("%s/dev/dm-0", fake.root);
	char *disk __rr_cleanup(rrpath_freep) = rrpath_printf("%s/dev/sda", fake.root);

	(void)state;
	fake_file("sys/dev/block/253:0/dm/name", "lun0\n");
	if (mknod(node, S_IFBLK | 0600, makedev(253, 0)) ||
	    mknod(disk, S_IFBLK | 0600, makedev(8, 0)))
		skip();
	sends("set rr_min_io 3", rrpath("set", node, "rr_min_io", "3", NULL));
	expect(rrpath("set", disk, "rr_min_io", "3", NULL), 2, "is not the name of a map");
	expect(rrpath("set", "/dev/nosuch", "rr_min_io", "3", NULL), 2, "is not the name of a map");
}

static void map_is_gone(void **state)
{
	(void)state;
	fake_fail("message", 1, ENXIO, FAKE_NOTHING);
	expect(rrpath("set", "lun0", "rr_min_io", "3", NULL), 1, "the map 'lun0' is gone");
	expect(rrpath("set", "lun0", "queue_if_no_path", "perhaps", NULL), 2, "'perhaps'");
	expect(rrpath("set", "lun0", "fail-if-no-path", "perhaps", NULL), 2,
	       "yes or no");
	sends("fail_if_no_path", rrpath("set", "lun0", "fail_if_no_path", "yes", NULL));
}

/* The last path of one that fails I/O at once. */
static void last_path_of_one_that_fails(void **state)
{
	const struct run *run;

	(void)state;
	fake_set_params(map, "failover 1 0 8:0");
	run = rrpath("fail", "lun0", "sda", NULL);
	assert_int_equal(run->status, 0);
	assert_non_null(strstr(run->err, "last usable path of 'lun0': I/O to it fails now\n"));
}

/* Counts grow by so many while somebody looks; a map that was made anew begins with none. */
static void rates(void **state)
{
	const struct run *run;

	(void)state;
	fake.reads_each_time = 7;
	run = rrpath("stat", "-nri", "0.01", "-c", "1", "-o", "PATH,SHARE", NULL);
	expect(run, 0, NULL);
	assert_string_equal(run->out, "sda 50.0\nsdb 50.0\n");
	fake.reads_each_time = -7;
	run = rrpath("stat", "-nri", "0.01", "-c", "1", "-o", "IOPS", NULL);
	expect(run, 0, NULL);
	assert_in_range(atof(run->out), 1, 1000000);
	fake_fail("list", 1, EIO, FAKE_NOTHING);
	expect(rrpath("stat", "-i", "0.01", NULL), 1, "cannot list the maps");
	/* So many times, and not how often. */
	run = rrpath("stat", "-nr", "-c", "1", "-o", "PATH", NULL);
	expect(run, 0, NULL);
}

static void stdout_is_full(void)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_true(full >= 0 && dup2(full, STDOUT_FILENO) == STDOUT_FILENO);
	close(full);
}

static void nobody_reads(void **state)
{
	const struct run *run;

	(void)state;
	fake.on_status = stdout_is_full;
	run = rrpath("stat", "-i", "0.01", NULL);
	clearerr(stdout);
	expect(run, 1, "cannot write the output");
	fake.on_status = stdout_is_full;
	run = rrpath("list", NULL);
	clearerr(stdout);
	expect(run, 1, "cannot write the output");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(messages),
		TEST(bad_messages),
		TEST(policies_of_the_kernel),
		TEST(last_path_is_mentioned),
		TEST(no_maps),
		TEST(lists),
		TEST(shows_a_tree),
		TEST(shows_options_in_force),
		TEST(shows_columns),
		TEST(json),
		TEST(columns_are_checked),
		TEST(help_lists_the_columns),
		TEST(stat_of_a_map_that_is_gone),
		TEST(stat_with_maps_that_come_and_go),
		TEST(stat_intervals),
		TEST(lines_that_cannot_be_read),
		TEST(help_and_version),
		TEST(told_at_once),
		TEST(shows_several),
		TEST(sizes),
		TEST(maps_that_are_none),
		TEST(many_paths),
		TEST(by_its_node),
		TEST(map_is_gone),
		TEST(last_path_of_one_that_fails),
		TEST(rates),
		TEST(nobody_reads),
	};

	return cmocka_run_group_tests_name("verbs", tests, NULL, NULL);
}
