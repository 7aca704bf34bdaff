// SPDX-License-Identifier: GPL-2.0
/* The record of maps: its text, and what the commands write there. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../maps-conf.h"
#include "../util.h"
#include "fake.h"

static const char two[] =
	"# by hand\n"
	"map lun0\n"
	"	wwid t10.ATA   A disk\n"
	"	policy round-robin\n"
	"  # why: the tape robot\n"
	"	no-path-timeout 5000\n"
	"	queue_if_no_path\n"
	"	path hctl:2:0:0:1 priority 50 weight 3\n"
	"	path iscsi:iqn.a,10.0.0.1:3260 out\n"
	"\n"
	"# the second\n"
	"map lun1\n"
	"	wwid naa.6\n";

static void reads(void **state)
{
	struct rrpath_conf conf;
	struct rrpath_str why = { 0 };
	struct rrpath_conf_map *map;

	(void)state;
	assert_int_equal(rrpath_conf_parse(&conf, two, &why), 0);
	assert_int_equal(conf.nr, 2);
	map = rrpath_conf_find_wwid(&conf, "t10.ATA   A disk");
	assert_non_null(map);
	assert_string_equal(map->name, "lun0");
	assert_string_equal(map->policy, "round-robin");
	assert_string_equal(map->opt[RRPATH_OPT_NO_PATH_TIMEOUT], "5000");
	assert_string_equal(map->opt[RRPATH_OPT_QUEUE], "1");
	assert_string_equal(map->opt[RRPATH_OPT_FAILBACK], "");
	assert_int_equal(rrpath_conf_path(map, "hctl:2:0:0:1")->weight, 3);
	assert_true(rrpath_conf_path(map, "iscsi:iqn.a,10.0.0.1:3260")->out);
	assert_string_equal(rrpath_conf_find(&conf, "lun1")->policy, "failover");
	assert_null(rrpath_conf_find(&conf, "lun2"));
	rrpath_conf_free(&conf);
	rrpath_str_free(&why);
}

static void complains(const char *text, const char *about, size_t nr_left)
{
	struct rrpath_conf conf;
	struct rrpath_str why = { 0 };

	assert_int_not_equal(rrpath_conf_parse(&conf, text, &why), 0);
	if (!strstr(why.text, about) || conf.nr != nr_left)
		fail_msg("%zu maps, '%s' instead of '%s'", conf.nr, why.text, about);
	rrpath_conf_free(&conf);
	rrpath_str_free(&why);
}

static void bad_lines(void **state)
{
	char long_name[300] = "map ", long_wwid[600] = "map a\nwwid ";

	(void)state;
	memset(long_name + 4, 'a', sizeof(long_name) - 14);
	strcat(long_name, "\nwwid x\n");
	memset(long_wwid + 11, 'x', sizeof(long_wwid) - 20);
	strcat(long_wwid, "\n");
	complains("policy failover\n", "line 1: 'policy' comes before any", 0);
	complains("map\n", "line 1: 'map' needs a name", 0);
	complains("map a b\nwwid x\n", "line 1: 'b': a name is one word", 0);
	complains("map a/b\nwwid x\n", "line 1: 'a/b' is no name", 0);
	complains("map -a\nwwid x\n", "line 1: '-a' is no name", 0);
	complains(long_name, "is no name", 0);
	complains(long_wwid, "is too long for a wwid", 0);
	complains("\n\nmap a\npolicy failover\nmap b\nwwid x\n",
		  "line 3: the map 'a' has no wwid", 1);
	complains("map a\nwwid x\nmap a\nwwid y\n", "line 3: the map 'a' is there twice", 1);
	complains("map a\nwwid x\nmap b\nwwid x\n", "line 3: the map 'b' has the wwid of", 1);
	complains("map a\nwwid\n", "line 2: 'wwid' needs a value", 0);
	complains("map a\nwwid x\nwwid y\n", "line 3: 'wwid' is there twice", 0);
	complains("map a\nwwid x\npolicy Fast\n", "line 3: 'Fast' is no policy", 0);
	complains("map a\nwwid x\npolicy\n", "line 3: 'policy' needs a value", 0);
	complains("map a\nwwid x\ncolour red\n", "line 3: there is no setting 'colour'", 0);
	complains("map a\nwwid x\nrr_min_io 0\n", "line 3: '0' is no value of rr_min_io", 0);
	complains("map a\nwwid x\nrr_min_io 1 2\n", "line 3: '2': 'rr_min_io' takes one", 0);
	complains("map a\nwwid x\nrr_min_io 1\nrr_min_io 1\n", "line 4: 'rr_min_io' is there", 0);
	complains("map a\nwwid x\npath\n", "line 3: 'path' needs", 0);
	complains("map a\nwwid x\npath k\npath k\n", "line 4: the path 'k' is there twice", 0);
	complains("map a\nwwid x\npath k speed 5\n", "line 3: 'speed' is not priority", 0);
	complains("map a\nwwid x\npath k weight\n", "line 3: 'weight' needs a number", 0);
	complains("map a\nwwid x\npath k weight 0\n", "line 3: '0' is no weight", 0);
	complains("map a\nwwid x\npath k priority 65536\n", "line 3: '65536' is no priority", 0);
}

static void edits(void **state)
{
	struct rrpath_conf conf;
	struct rrpath_str why = { 0 };
	char *text, *again;

	(void)state;
	assert_int_equal(rrpath_conf_parse(&conf, two, &why), 0);
	rrpath_copy(conf.map[0].policy, sizeof(conf.map[0].policy), "failover");
	*conf.map[0].opt[RRPATH_OPT_QUEUE] = '\0';
	rrpath_conf_path(&conf.map[0], "iscsi:iqn.a,10.0.0.1:3260")->out = false;
	rrpath_conf_path_get(&conf.map[0], "hctl:3:0:0:1")->weight = 2;
	text = rrpath_conf_put(two, &conf.map[0]);
	assert_string_equal(text,
			    "# by hand\n"
			    "map lun0\n"
			    "	wwid t10.ATA   A disk\n"
			    "	policy failover\n"
			    "  # why: the tape robot\n"
			    "	path hctl:2:0:0:1 priority 50 weight 3\n"
			    "	no_path_timeout_ms 5000\n"
			    "	path hctl:3:0:0:1 weight 2\n"
			    "\n"
			    "# the second\n"
			    "map lun1\n"
			    "	wwid naa.6\n");
	again = rrpath_conf_put(text, &conf.map[0]);
	assert_string_equal(text, again);
	free(again);
	again = rrpath_conf_cut(text, "lun0");
	assert_string_equal(again, "# by hand\n\n# the second\nmap lun1\n	wwid naa.6\n");
	free(text);
	text = rrpath_conf_put(again, &conf.map[0]);
	assert_non_null(strstr(text, "\nmap lun0\n	wwid t10.ATA   A disk\n"));
	free(text);
	text = rrpath_conf_cut(again, "lun9");
	assert_string_equal(text, again);
	free(text);
	free(again);
	rrpath_conf_free(&conf);
	rrpath_str_free(&why);
}

/* The whole file, "" if there is none. */
static const char *file_text(const char *name)
{
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("%s/%s", fake.root, name);
	FILE *file __rr_cleanup(rrpath_fclosep) = fopen(path, "r");
	static char text[4096];

	text[file ? fread(text, 1, sizeof(text) - 1, file) : 0] = '\0';
	return text;
}

static const char etc[] = "etc/rrpath/maps.conf", run[] = "run/rrpath/maps.conf";

static void has(const char *file, const char *word)
{
	if (!strstr(file_text(file), word))
		fail_msg("no '%s' in %s: %s", word, file, file_text(file));
}

static void has_not(const char *file, const char *word)
{
	if (strstr(file_text(file), word))
		fail_msg("'%s' in %s: %s", word, file, file_text(file));
}

static void commands(void **state)
{
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("%s/%s", fake.root, etc);
	struct stat st;

	(void)state;
	fake_file("etc/rrpath/maps.conf", "# mine\nmap other\n\twwid naa.9\n");
	expect(rrpath("create", "lun0", "sda", "sdb", "--priority", "50,1", "-q", NULL), 0, NULL);
	has(etc, "# mine\nmap other\n\twwid naa.9\n\nmap lun0\n\twwid naa.6001\n"
	    "\tpolicy failover\n\tqueue_if_no_path yes\n\tpath hctl:2:0:0:0 priority 50\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_string_equal(file_text(run), "");
	expect(rrpath("drop", "lun0", "sdb", NULL), 0, NULL);
	has(etc, "\tpath hctl:2:0:0:16 out\n");
	expect(rrpath("add", "lun0", "sdb", "-w", "2", NULL), 0, NULL);
	has(etc, "\tpath hctl:2:0:0:16 weight 2\n");
	expect(rrpath("remove", "--keep-record", "lun0", NULL), 0, NULL);
	has(etc, "map lun0\n");
	expect(rrpath("create", "lun0", "sda", NULL), 0, NULL);
	has_not(etc, "queue_if_no_path");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	assert_string_equal(file_text(etc), "# mine\nmap other\n\twwid naa.9\n");
	expect(rrpath("create", "lun0", "sda", "--transient", NULL), 0, NULL);
	has_not(etc, "lun0");
	has(run, "map lun0\n\twwid naa.6001\n");
	expect(rrpath("remove", "lun0", NULL), 0, NULL);
	has_not(run, "lun0");
}

/* The kernel's table is what counts, not what was asked for. */
static void live_changes(void **state)
{
	(void)state;
	expect(rrpath("create", "lun0", "sda", "sdb", NULL), 0, NULL);
	free(fake_find("lun0")->live.params);
	fake_find("lun0")->live.params =
		rrpath_dup("queue-length 2 0 8:0 8:16 2 no_path_timeout_ms 700");
	expect(rrpath("policy", "lun0", "queue-length", NULL), 0, NULL);
	has(etc, "\tpolicy queue-length\n\tno_path_timeout_ms 700\n");
	/* One that is not in the record does not get there by a change. */
	fake_add_map("lun1", "rrpath-naa.7002", 614400, "failover 1 0 8:32");
	expect(rrpath("set", "lun1", "failback", "manual", NULL), 0, NULL);
	has_not(etc, "lun1");
	/* The same LUN under another name: the old entry is stale. */
	expect(rrpath("remove", "lun0", "--keep-record", NULL), 0, NULL);
	expect(rrpath("create", "newname", "sda", NULL), 0, NULL);
	has(etc, "map newname\n");
	has_not(etc, "map lun0\n");
}

/* The record of a map that does not run now is not lost to one of the same name. */
static void name_of_another(void **state)
{
	static const char other[] = "map lun0\n\twwid naa.7002\n\tpolicy round-robin\n";

	(void)state;
	fake_file(etc, "%s", other);
	expect(rrpath("create", "lun0", "sda", NULL), 1,
	       "maps.conf has a map 'lun0' of another LUN, WWID 'naa.7002': take another name");
	assert_string_equal(file_text(etc), other);
	assert_null(fake_find("lun0"));
	expect(rrpath("create", "lun1", "sda", NULL), 0, NULL);
	expect(rrpath("create", "lun0", "sdc", NULL), 0, NULL);
	has(etc, "map lun0\n\twwid naa.7002\n\tpolicy failover\n");
	expect(rrpath("remove", "-k", "lun0", NULL), 0, NULL);
	expect(rrpath("remove", "lun1", NULL), 0, NULL);
	assert_int_equal(rrpath("create", "--force", "lun0", "sda", NULL)->status, 0);
	has(etc, "map lun0\n\twwid naa.6001\n");
	has_not(etc, "naa.7002");
}

/* As dmsetup rename does it: the entry is that of the LUN. */
static void renamed(void **state)
{
	(void)state;
	expect(rrpath("create", "lun0", "sda", "sdb", "--weight", "2,1", NULL), 0, NULL);
	has(etc, "map lun0\n");
	rrpath_copy(fake_find("lun0")->name, sizeof(fake.map[0].name), "db");
	expect(rrpath("assemble", NULL), 0, NULL);
	has(etc, "\nmap db\n\twwid naa.6001\n");
	has_not(etc, "lun0");
	rrpath_copy(fake_find("db")->name, sizeof(fake.map[0].name), "db2");
	expect(rrpath("assemble", "db2", NULL), 0, NULL);
	has(etc, "map db2\n");
	rrpath_copy(fake_find("db2")->name, sizeof(fake.map[0].name), "db3");
	expect(rrpath("drop", "db3", "sdb", NULL), 0, NULL);
	has(etc, "\nmap db3\n\twwid naa.6001\n\tpolicy failover\n"
	    "\tpath hctl:2:0:0:0 weight 2\n\tpath hctl:2:0:0:16 out\n");
	has_not(etc, "map db2");
	rrpath_copy(fake_find("db3")->name, sizeof(fake.map[0].name), "last");
	expect(rrpath("remove", "last", NULL), 0, NULL);
	assert_null(strstr(file_text(etc), "\nmap "));
}

/* What has got the name of another LUN's entry does not write into that. */
static void renamed_to_another(void **state)
{
	static const char other[] = "map other\n\twwid naa.7002\n\tpolicy round-robin\n";

	(void)state;
	fake_file(etc, "%s", other);
	expect(rrpath("create", "lun0", "sda", "sdb", NULL), 0, NULL);
	rrpath_copy(fake_find("lun0")->name, sizeof(fake.map[0].name), "other");
	expect(rrpath("drop", "other", "sdb", NULL), 0, NULL);
	has(etc, other);
	has(etc, "\nmap lun0\n\twwid naa.6001\n\tpolicy failover\n\tpath hctl:2:0:0:16 out\n");
	expect(rrpath("remove", "other", NULL), 0, NULL);
	assert_string_equal(file_text(etc), other);
}

/* As on a root filesystem that is read-only. */
static void not_writable(void **state)
{
	const struct run *r;

	(void)state;
	fake_file("etc/rrpath", "a file, no directory\n");
	r = rrpath("create", "lun0", "sda", NULL);
	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->err, "warning: cannot write "));
	assert_int_equal(r->err_lines, 1);
	has(run, "map lun0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(edits),
		cmocka_unit_test_setup_teardown(commands, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(live_changes, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(name_of_another, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(renamed, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(renamed_to_another, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(not_writable, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests_name("maps.conf", tests, NULL, NULL);
}
