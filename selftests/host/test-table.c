// SPDX-License-Identifier: GPL-2.0
/* The grammar of the table line: what it takes, what it refuses and by which word, and back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy.h"
#include "table.h"

/* The policies are linked in, but choose nothing here. */
unsigned long jiffies;
unsigned int host_cpu, host_nr_cpus;

#define MAX_WORDS 4096
#define MAX_TEXT 65536
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

int host_areas, host_no_memory;

static const struct rrpath_options defaults = RRPATH_BUILTIN_OPTIONS;
static char text[MAX_TEXT];
static char *words[MAX_WORDS];
static struct rrpath_fault fault;
static struct rrpath_config *config;

static int parse_with(const char *line, const struct rrpath_options *options)
{
	unsigned int argc = 0;
	char *word;

	assert_true(strlen(line) < sizeof(text));
	strcpy(text, line);
	for (word = strtok(text, " "); word; word = strtok(NULL, " "))
		words[argc++] = word;
	memset(&fault, 0, sizeof(fault));
	config = NULL;
	return rrpath_config_parse(argc, words, options, &config, &fault);
}

static int parse(const char *line)
{
	return parse_with(line, &defaults);
}

static void good(const char *line, const char *printed)
{
	char out[MAX_TEXT];
	unsigned int len;

	if (parse(line))
		fail_msg("refused: %s (%s: %s)", line, fault.what, fault.word ? fault.word : "");
	len = rrpath_config_print(config, &defaults, out, sizeof(out));
	assert_string_equal(out, printed);
	assert_int_equal(len, strlen(out));
	rrpath_config_free(config);
	assert_int_equal(host_areas, 0);
}

static void bad(const char *line, const char *word)
{
	if (!parse(line))
		fail_msg("accepted: %s", line);
	assert_non_null(fault.what);
	assert_true(strlen(fault.what) > 8);
	if (word)
		assert_string_equal(fault.word, word);
	else
		assert_null(fault.word);
	assert_null(config);
	assert_int_equal(host_areas, 0);
}

static void test_good(void **state)
{
	(void)state;
	good("failover 1 0 8:0", "failover 1 0 8:0");
	good("round-robin 2 0 8:0 8:16", "round-robin 2 0 8:0 8:16");
	good("queue-length 2 1 8:0 5 8:16 0", "queue-length 2 1 8:0 5 8:16 0");
	good("failover 2 1 8:0 1 8:16 1", "failover 2 0 8:0 8:16");
	good("failover 2 2 8:0 1 1 8:16 1 1", "failover 2 0 8:0 8:16");
	good("failover 2 2 8:0 65535 256 8:16 0 1", "failover 2 2 8:0 65535 256 8:16 0 1");
	good("failover 1 0 a 0", "failover 1 0 a");
	good("failover 1 0 a 1 queue_if_no_path", "failover 1 0 a 1 queue_if_no_path");
	good("failover 1 0 a 2 failback 0", "failover 1 0 a");
	good("failover 1 0 a 2 failback immediate", "failover 1 0 a");
	good("failover 1 0 a 2 failback manual", "failover 1 0 a 2 failback manual");
	good("failover 1 0 a 2 probe_interval_ms 1000", "failover 1 0 a");
	good("failover 1 0 a 2 merge_kib 1024", "failover 1 0 a");
	good("failover 1 0 a 4 merge_kib 16384 stall_timeout_ms 0",
	     "failover 1 0 a 4 stall_timeout_ms 0 merge_kib 16384");
	good("failover 1 0 a 4 rr_min_io 1000000 no_path_timeout_ms 604800000",
	     "failover 1 0 a 4 no_path_timeout_ms 604800000 rr_min_io 1000000");
	good("failover 1 0 a 7 rr_min_io 2 failback 7 no_path_timeout_ms 5 queue_if_no_path",
	     "failover 1 0 a 7 queue_if_no_path no_path_timeout_ms 5 failback 7 rr_min_io 2");
}

static void test_values(void **state)
{
	static const char line[] =
		"round-robin 2 2 8:0 9 3 8:16 4 1 5 queue_if_no_path failback manual rr_min_io 8";

	(void)state;
	assert_int_equal(parse(line), 0);
	assert_ptr_equal(config->policy, &rrpath_policy_round_robin);
	assert_int_equal(config->nr_paths, 2);
	assert_string_equal(config->path[0].device, "8:0");
	assert_int_equal(config->path[0].priority, 9);
	assert_int_equal(config->path[0].weight, 3);
	assert_string_equal(config->path[1].device, "8:16");
	assert_int_equal(config->path[1].priority, 4);
	assert_int_equal(config->path[1].weight, 1);
	assert_int_equal(config->options.queue_if_no_path, 1);
	assert_int_equal(config->options.failback, RRPATH_FAILBACK_MANUAL);
	assert_int_equal(config->options.rr_min_io, 8);
	assert_int_equal(config->options.no_path_timeout_ms, 0);
	assert_int_equal(config->options.probe_interval_ms, 1000);
	rrpath_config_free(config);
}

static void test_bad(void **state)
{
	(void)state;
	bad("", NULL);
	bad("nosuch 1 0 a", "nosuch");
	bad("Failover 1 0 a", "Failover");
	bad("failover", NULL);
	bad("failover 1", NULL);
	bad("failover 0 0", "0");
	bad("failover 1025 0 a", "1025");
	bad("failover 1 3 a 1 1 1", "3");
	bad("failover 2 0 a", NULL);
	bad("failover 1024 0 a b", NULL);
	bad("failover 1 1 a", NULL);
	bad("failover 1 2 a 1", NULL);
	bad("failover 1 1 a 65536", "65536");
	bad("failover 1 2 a 1 257", "257");
	bad("failover 1 2 a 1 0", "0");
	bad("failover 1 0 a b", "b");
	bad("failover 1 0 a 1", "1");
	bad("failover 1 0 a 0 queue_if_no_path", "0");
	bad("failover 1 0 a 4294967295 queue_if_no_path", "4294967295");
	bad("failover 1 0 a 1 nosuch", "nosuch");
	bad("failover 1 0 a 1 failback", "failback");
	bad("failover 1 0 a 2 failback later", "later");
	bad("failover 1 0 a 2 failback 604800001", "604800001");
	bad("failover 1 0 a 2 rr_min_io 0", "0");
	bad("failover 1 0 a 2 rr_min_io 1000001", "1000001");
	bad("failover 1 0 a 2 merge_kib 16385", "16385");
	bad("failover 1 0 a 2 queue_if_no_path queue_if_no_path", "queue_if_no_path");
	bad("failover 1 0 a 4 rr_min_io 1 rr_min_io 1", "rr_min_io");
	bad("failover 1 0 a 2 queue_if_no_path 1", "1");
}

/* Every number of a line, replaced by what is none. */
static void test_bad_numbers(void **state)
{
	static const char * const lines[] = {
		"failover %s 0 a", "failover 1 %s a", "failover 1 1 a %s", "failover 1 2 a 1 %s",
		"failover 1 0 a %s", "failover 1 0 a 2 no_path_timeout_ms %s",
		"failover 1 0 a 2 failback %s", "failover 1 0 a 2 probe_interval_ms %s",
		"failover 1 0 a 2 rr_min_io %s", "failover 1 0 a 2 merge_kib %s",
	};
	static const char * const numbers[] = {
		"-1", "+1", "x", "1x", "0x1", "1.0", "4294967296", "18446744073709551616",
		"99999999999999999999999999999999999999", "1\n", "\t1", "-", "+",
	};
	char line[256];
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		for (j = 0; j < ARRAY_SIZE(numbers); j++) {
			snprintf(line, sizeof(line), lines[i], numbers[j]);
			bad(line, numbers[j]);
		}
	}
}

static void test_empty_words(void **state)
{
	char empty[] = "", policy[] = "failover", one[] = "1", zero[] = "0";
	char *argv[5] = { empty };

	(void)state;
	config = NULL;
	assert_int_equal(rrpath_config_parse(1, argv, &defaults, &config, &fault), -EINVAL);
	argv[0] = policy;
	argv[1] = empty;
	argv[2] = zero;
	assert_int_equal(rrpath_config_parse(3, argv, &defaults, &config, &fault), -EINVAL);
	argv[1] = one;
	argv[3] = one;
	argv[4] = empty;
	assert_int_equal(rrpath_config_parse(5, argv, &defaults, &config, &fault), -EINVAL);
	assert_int_equal(rrpath_config_parse(0, NULL, &defaults, &config, &fault), -EINVAL);
	assert_null(config);
	assert_int_equal(host_areas, 0);
}

static void test_no_memory(void **state)
{
	(void)state;
	host_no_memory = 1;
	assert_int_equal(parse("failover 1 0 a"), -ENOMEM);
	host_no_memory = 0;
	assert_null(config);
	assert_int_equal(host_areas, 0);
}

/*
 * With other defaults (module parameters) the line says what it means: parsed under any defaults it
 * gives the same.
 */
static void test_other_defaults(void **state)
{
	static const struct rrpath_options other = {
		.no_path_timeout_ms = 9, .failback = 5, .probe_interval_ms = 77, .rr_min_io = 3,
	};
	char out[MAX_TEXT], again[MAX_TEXT];

	(void)state;
	assert_int_equal(parse_with("failover 1 0 a", &other), 0);
	rrpath_config_print(config, &other, out, sizeof(out));
	rrpath_config_free(config);
	assert_int_equal(parse(out), 0);
	assert_int_equal(config->options.no_path_timeout_ms, 9);
	assert_int_equal(config->options.failback, 5);
	assert_int_equal(config->options.probe_interval_ms, 77);
	assert_int_equal(config->options.rr_min_io, 3);
	assert_int_equal(config->options.stall_timeout_ms, 0);
	rrpath_config_free(config);

	/* Built-in values in use while the parameters say otherwise: they are printed. */
	assert_int_equal(parse("failover 1 0 a"), 0);
	rrpath_config_print(config, &other, out, sizeof(out));
	rrpath_config_free(config);
	assert_int_equal(parse_with(out, &other), 0);
	rrpath_config_print(config, &defaults, again, sizeof(again));
	assert_string_equal(again, "failover 1 0 a");
	rrpath_config_free(config);
}

static unsigned int seed;

static unsigned int below(unsigned int n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 12) % n;
}

static void test_round_trip(void **state)
{
	static const char * const policies[] = { "failover", "round-robin", "queue-length" };
	static char line[MAX_TEXT], out[MAX_TEXT], again[MAX_TEXT];
	unsigned int round, i, n, args, len;

	(void)state;
	seed = 1;
	for (round = 0; round < 3000; round++) {
		n = 1 + below(round % 100 ? 6 : 1024);
		args = below(3);
		len = sprintf(line, "%s %u %u", policies[below(3)], n, args);
		for (i = 0; i < n; i++) {
			len += sprintf(line + len, " %u:%u", 8 + i / 256, i % 256);
			if (args > 0)
				len += sprintf(line + len, " %u", below(3) ? below(65536) : 1);
			if (args > 1)
				len += sprintf(line + len, " %u", below(2) ? 1 + below(256) : 1);
		}
		if (below(2))
			sprintf(line + len, " 5 rr_min_io %u queue_if_no_path failback %u",
				1 + below(1000000), below(604800001));
		assert_int_equal(parse(line), 0);
		rrpath_config_print(config, &defaults, out, sizeof(out));
		rrpath_config_free(config);
		assert_int_equal(parse(out), 0);
		rrpath_config_print(config, &defaults, again, sizeof(again));
		rrpath_config_free(config);
		assert_string_equal(out, again);
	}
	assert_int_equal(host_areas, 0);
}

/* However little room there is: no byte beyond it, and a NUL at the end. */
static void test_print_short(void **state)
{
	static const char line[] =
		"round-robin 2 2 8:0 50 3 8:16 50 1 5 queue_if_no_path failback manual rr_min_io 9";
	char out[256], full[256];
	unsigned int size, len;

	(void)state;
	assert_int_equal(parse(line), 0);
	rrpath_config_print(config, &defaults, full, sizeof(full));
	for (size = 1; size < sizeof(out); size++) {
		char *exact = malloc(size);

		len = rrpath_config_print(config, &defaults, exact, size);
		assert_true(len < size);
		assert_int_equal(exact[len], 0);
		assert_memory_equal(exact, full, len);
		free(exact);
	}
	rrpath_config_free(config);
}

/* Words of the grammar and others, in any order: refused or printed again, and nothing leaks. */
static void test_garbage(void **state)
{
	static const char * const some[] = {
		"failover", "round-robin", "queue-length", "0", "1", "2", "3", "1024", "1025",
		"65536", "-1", "4294967295", "4294967296", "8:0", "8:16", "/dev/sda",
		"queue_if_no_path", "failback", "manual", "immediate", "no_path_timeout_ms",
		"probe_interval_ms", "rr_min_io", "merge_kib", "x", "%s%n", "\xff\xfe",
	};
	static char line[MAX_TEXT], out[MAX_TEXT];
	unsigned int round, i, n, len, accepted = 0;

	(void)state;
	seed = 20261;
	for (round = 0; round < 200000; round++) {
		len = 0;
		line[0] = '\0';
		/* Half of them begin well, or nothing would get far. */
		if (below(2))
			len = sprintf(line, "failover %u %u ", 1 + below(3), below(3));
		n = below(12);
		for (i = 0; i < n; i++) {
			if (below(20)) {
				len += sprintf(line + len, "%s ",
					       some[below(ARRAY_SIZE(some))]);
			} else {
				unsigned int bytes = below(64);

				while (bytes--)
					line[len++] = 1 + below(255);
				line[len++] = ' ';
				line[len] = '\0';
			}
		}
		if (!parse(line)) {
			accepted++;
			rrpath_config_print(config, &defaults, out, sizeof(out));
			rrpath_config_free(config);
			assert_int_equal(parse(out), 0);
			rrpath_config_free(config);
		} else {
			assert_non_null(fault.what);
		}
		assert_int_equal(host_areas, 0);
	}
	assert_true(accepted > 100);
}

static void test_options(void **state)
{
	const struct rrpath_option *option;
	char value[RRPATH_OPTION_TEXT];
	u32 number = 42;

	(void)state;
	assert_null(rrpath_option_find("nosuch"));
	assert_null(rrpath_option_find(""));
	for (option = rrpath_option_table; option->name; option++) {
		assert_ptr_equal(rrpath_option_find(option->name), option);
		assert_non_null(option->expects);
		number = 42;
		assert_int_equal(rrpath_option_parse(option, "", &number), -EINVAL);
		assert_int_equal(rrpath_option_parse(option, "x", &number), -EINVAL);
		assert_int_equal(number, 42);
		snprintf(value, sizeof(value), "%u", option->max);
		assert_int_equal(rrpath_option_parse(option, value, &number), 0);
		assert_int_equal(number, option->max);
		rrpath_option_print(option, number, value, sizeof(value));
		assert_int_equal(rrpath_option_parse(option, value, &number), 0);
		assert_int_equal(number, option->max);
		snprintf(value, sizeof(value), "%llu", option->max + 1ULL);
		assert_int_equal(rrpath_option_parse(option, value, &number), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bad_numbers),
		cmocka_unit_test(test_empty_words),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_other_defaults),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_print_short),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
