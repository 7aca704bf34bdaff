// SPDX-License-Identifier: GPL-2.0
/* The parser and the printer of table lines. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../table.h"
#include "../util.h"
#include "fake.h"

static char why[RRPATH_WHY_LEN];

/* A line is read, and printed as the same line. */
static void round_trip(const char *line)
{
	struct rrpath_table table;
	char *printed;

	if (rrpath_table_parse(&table, line, why))
		fail_msg("'%s' is refused: %s", line, why);
	printed = rrpath_table_format(&table);
	assert_string_equal(printed, line);
	free(printed);
	rrpath_table_free(&table);
}

static void refused(const char *line, const char *because)
{
	struct rrpath_table table;

	*why = '\0';
	if (!rrpath_table_parse(&table, line, why)) {
		rrpath_table_free(&table);
		fail_msg("'%s' is accepted", line);
	}
	if (!strstr(why, because))
		fail_msg("'%s': '%s', not '%s'", line, why, because);
	assert_null(table.paths);
	assert_int_equal(table.nr_paths, 0);
}

static void good_lines(void **state)
{
	(void)state;
	round_trip("failover 1 0 8:0");
	round_trip("failover 2 0 8:0 8:16");
	round_trip("round-robin 2 2 8:0 50 3 8:16 9 1 3 queue_if_no_path no_path_timeout_ms 9");
	round_trip("queue-length 2 1 8:0 0 8:16 65535");
	round_trip("a-later-policy-7 1 0 4095:1048575");
	round_trip("failover 1 0 8:0 2 failback manual");
	round_trip("failover 1 0 8:0 2 failback 604800000");
	round_trip("failover 1 0 8:0 5 queue_if_no_path no_path_timeout_ms 1 failback immediate");
	round_trip("failover 1 0 8:0 4 probe_interval_ms 0 rr_min_io 1000000");
	round_trip("failover 1 0 8:0 4 stall_timeout_ms 0 hold_down_max_ms 604800000");
	round_trip("failover 1 0 8:0 2 merge_kib 16384");
}

/* What is read but printed shorter. */
static void shortest_form(void **state)
{
	static const char *const lines[][2] = {
		{ "failover 1 2 8:0 1 1", "failover 1 0 8:0" },
		{ "failover 2 2 8:0 5 1 8:16 1 1", "failover 2 1 8:0 5 8:16 1" },
		{ "failover 1 0 8:0 0", "failover 1 0 8:0" },
		{ " failover  1 0\t8:0 ", "failover 1 0 8:0" },
		{ "failover 1 0 08:000", "failover 1 0 8:0" },
	};
	struct rrpath_table table;
	char *printed;
	size_t i;

	(void)state;
	for (i = 0; i < RRPATH_ARRAY_SIZE(lines); i++) {
		assert_int_equal(rrpath_table_parse(&table, lines[i][0], why), 0);
		printed = rrpath_table_format(&table);
		assert_string_equal(printed, lines[i][1]);
		free(printed);
		rrpath_table_free(&table);
	}
}

/* Every line that ends too early, at every character. */
static void truncated_lines(void **state)
{
	static const char line[] =
		"round-robin 2 2 8:0 50 3 8:16 50 1 3 queue_if_no_path no_path_timeout_ms 30000";
	/* Here it may end: before the options, and within the last number. */
	const size_t before_options = strlen("round-robin 2 2 8:0 50 3 8:16 50 1");
	const size_t last_number = strlen(line) - 4;
	struct rrpath_table table;
	char copy[sizeof(line)];
	size_t len;

	(void)state;
	for (len = 0; len < strlen(line); len++) {
		bool accepted;

		memcpy(copy, line, len);
		copy[len] = '\0';
		accepted = !rrpath_table_parse(&table, copy, why);
		rrpath_table_free(&table);
		if (accepted != (len == before_options || len == before_options + 1 ||
				 len >= last_number))
			fail_msg("'%s' is %s", copy, accepted ? "accepted" : "refused");
	}
}

static void bad_lines(void **state)
{
	(void)state;
	refused("", "policy");
	refused("Failover 1 0 8:0", "policy");
	refused("fail,over 1 0 8:0", "policy");
	refused("a-policy-whose-name-is-longer-than-any 1 0 8:0", "policy");
	refused("failover 0 0", "number of paths");
	refused("failover 1025 0 8:0", "number of paths");
	refused("failover -1 0 8:0", "number of paths");
	refused("failover +1 0 8:0", "number of paths");
	refused("failover 0x1 0 8:0", "number of paths");
	refused("failover 1 3 8:0 1 1 1", "path arguments");
	refused("failover 1 0 sda", "major:minor");
	refused("failover 1 0 8:", "major:minor");
	refused("failover 1 0 :0", "major:minor");
	refused("failover 1 0 8:0:0", "major:minor");
	refused("failover 1 0 4096:0", "major:minor");
	refused("failover 1 0 8:1048576", "major:minor");
	refused("failover 2 0 8:0 8:0", "twice");
	refused("failover 1 1 8:0 65536", "priority");
	refused("failover 1 2 8:0 1 0", "weight");
	refused("failover 1 2 8:0 1 257", "weight");
	refused("failover 1 0 8:0 1 sleep", "option");
	refused("failover 1 0 8:0 2 queue_if_no_path queue_if_no_path", "twice");
	refused("failover 1 0 8:0 1 failback", "value");
	refused("failover 1 0 8:0 2 failback soon", "failback");
	refused("failover 1 0 8:0 2 rr_min_io 0", "rr_min_io");
	refused("failover 1 0 8:0 2 rr_min_io 1000001", "rr_min_io");
	refused("failover 1 0 8:0 2 merge_kib 16385", "merge_kib");
	refused("failover 1 0 8:0 2 stall_timeout_ms 604800001", "stall_timeout_ms");
	refused("failover 1 0 8:0 2 probe_interval_ms 604800001", "probe_interval_ms");
	refused("failover 1 0 8:0 1 queue_if_no_path more", "option words");
	refused("failover 1 0 8:0 5 queue_if_no_path", "option words");
}

static void huge_numbers(void **state)
{
	(void)state;
	refused("failover 18446744073709551617 0 8:0", "number of paths");
	refused("failover 99999999999999999999999999 0 8:0", "number of paths");
	refused("failover 1 18446744073709551616 8:0", "path arguments");
	refused("failover 1 0 18446744073709551624:0", "major:minor");
	refused("failover 1 1 8:0 18446744073709551617", "priority");
	refused("failover 1 0 8:0 18446744073709551617 queue_if_no_path", "option words");
	refused("failover 1 0 8:0 2 failback 18446744073709551617", "failback");
}

static void long_words(void **state)
{
	char line[4200];

	(void)state;
	memset(line, 'a', 4096);
	memcpy(line + 4096, " 1 0 8:0", 9);
	refused(line, "policy");
	memset(line, '8', 4096);
	memcpy(line, "failover 1 0 ", 13);
	refused(line, "major:minor");
}

static void many_paths(void **state)
{
	struct rrpath_table table = { .policy = "failover" }, again;
	struct rrpath_table_path path = { .major = 8, .priority = 7, .weight = 2 };
	char *line;

	(void)state;
	for (path.minor = 0; path.minor < RRPATH_MAX_PATHS; path.minor++)
		rrpath_table_add(&table, &path);
	line = rrpath_table_format(&table);
	assert_int_equal(rrpath_table_parse(&again, line, why), 0);
	assert_int_equal(again.nr_paths, RRPATH_MAX_PATHS);
	assert_int_equal(rrpath_table_find(&again, 8, 1023), 1023);
	rrpath_table_del(&again, 1023);
	rrpath_table_del(&again, 0);
	assert_int_equal(again.nr_paths, RRPATH_MAX_PATHS - 2);
	assert_int_equal(rrpath_table_find(&again, 8, 0), -1);
	assert_int_equal(rrpath_table_find(&again, 8, 1), 0);
	free(line);
	rrpath_table_free(&table);
	rrpath_table_free(&again);
}

/* A good line with some characters changed: what is accepted is printed as itself. */
static void mutated_lines(void **state)
{
	static const char good[] =
		"round-robin 2 2 8:0 50 3 8:16 50 1 5 queue_if_no_path failback 9 rr_min_io 2";
	static const char letters[] = "0123456789 :-_abcefilmnopqrtu\377\1";
	unsigned int seed = 1, i, accepted = 0;

	(void)state;
	for (i = 0; i < 20000; i++) {
		char line[sizeof(good)];
		unsigned int nr = 1 + i % 4;
		struct rrpath_table table, again;
		char *first, *second;

		memcpy(line, good, sizeof(good));
		while (nr--) {
			size_t at = (size_t)rand_r(&seed) % (sizeof(good) - 1);

			line[at] = letters[(size_t)rand_r(&seed) % (sizeof(letters) - 1)];
		}
		if (rrpath_table_parse(&table, line, why)) {
			assert_true(*why);
			continue;
		}
		accepted++;
		first = rrpath_table_format(&table);
		if (rrpath_table_parse(&again, first, why))
			fail_msg("'%s', from '%s': %s", first, line, why);
		second = rrpath_table_format(&again);
		assert_string_equal(first, second);
		free(first);
		free(second);
		rrpath_table_free(&table);
		rrpath_table_free(&again);
	}
	assert_in_range(accepted, 100, 19900);
}

static void option_names(void **state)
{
	(void)state;
	assert_int_equal(rrpath_opt_find("queue_if_no_path"), RRPATH_OPT_QUEUE);
	assert_int_equal(rrpath_opt_find("queue-if-no-path"), RRPATH_OPT_QUEUE);
	assert_int_equal(rrpath_opt_find("no-path-timeout"), RRPATH_OPT_NO_PATH_TIMEOUT);
	assert_int_equal(rrpath_opt_find("probe_interval"), RRPATH_OPT_PROBE_INTERVAL);
	assert_int_equal(rrpath_opt_find("probe_interval_ms"), RRPATH_OPT_PROBE_INTERVAL);
	assert_int_equal(rrpath_opt_find("rr_min"), -1);
	assert_int_equal(rrpath_opt_find("probe_interval_msx"), -1);
	assert_int_equal(rrpath_opt_find(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines),
		cmocka_unit_test(shortest_form),
		cmocka_unit_test(truncated_lines),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(huge_numbers),
		cmocka_unit_test(long_words),
		cmocka_unit_test(many_paths),
		cmocka_unit_test(mutated_lines),
		cmocka_unit_test(option_names),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
