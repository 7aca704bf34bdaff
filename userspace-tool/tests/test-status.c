// SPDX-License-Identifier: GPL-2.0
/* The parser of status lines. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../status.h"
#include "../util.h"
#include "fake.h"

#define HEAD	"round-robin 1 7 2 3 "
#define FIRST	" 8:0 A 50 3 0 1 10 80 20 160 2 0 0"
#define SECOND	" 8:16 F 50 1 4 0 11 88 21 168 3 5 6"
#define THIRD	" 253:4 D 10 256 1 0 0 0 0 0 0 0 0"
#define STALLED	" 253:4 T 10 256 1 0 0 0 0 0 0 0 0"
#define ONE	" 8:0 A 1 1 0 0 0 0 0 0 0 0 0"

static const char good[] = HEAD "12" FIRST SECOND THIRD;

static char why[RRPATH_WHY_LEN];

static void refused(const char *line, const char *because)
{
	struct rrpath_status status;

	*why = '\0';
	if (!rrpath_status_parse(&status, line, why)) {
		rrpath_status_free(&status);
		fail_msg("'%s' is accepted", line);
	}
	if (!strstr(why, because))
		fail_msg("'%s': '%s', not '%s'", line, why, because);
	assert_null(status.paths);
}

static void check_good(const struct rrpath_status *status)
{
	assert_string_equal(status->policy, "round-robin");
	assert_true(status->queue_if_no_path);
	assert_int_equal(status->queued, 7);
	assert_int_equal(status->nr_usable, 2);
	assert_int_equal(status->nr_paths, 3);
	assert_int_equal(status->paths[1].major, 8);
	assert_int_equal(status->paths[1].minor, 16);
	assert_int_equal(status->paths[1].state, RRPATH_FAILED_PATH);
	assert_int_equal(status->paths[1].priority, 50);
	assert_int_equal(status->paths[1].weight, 1);
	assert_int_equal(status->paths[1].counter[RRPATH_FAIL_COUNT], 4);
	assert_int_equal(status->paths[0].counter[RRPATH_IN_FLIGHT], 1);
	assert_int_equal(status->paths[1].counter[RRPATH_READS], 11);
	assert_int_equal(status->paths[1].counter[RRPATH_READ_SECTORS], 88);
	assert_int_equal(status->paths[1].counter[RRPATH_WRITES], 21);
	assert_int_equal(status->paths[1].counter[RRPATH_WRITE_SECTORS], 168);
	assert_int_equal(status->paths[1].counter[RRPATH_OTHERS], 3);
	assert_int_equal(status->paths[1].counter[RRPATH_ERRORS], 5);
	assert_int_equal(status->paths[1].counter[RRPATH_RETRIES], 6);
	assert_int_equal(status->paths[2].state, RRPATH_DISABLED);
	assert_int_equal(rrpath_status_find(status, 253, 4), 2);
	assert_int_equal(rrpath_status_find(status, 253, 5), -1);
}

static void good_line(void **state)
{
	struct rrpath_status status;

	(void)state;
	assert_int_equal(rrpath_status_parse(&status, good, why), 0);
	check_good(&status);
	rrpath_status_free(&status);
}

/* A later module appends two fields to every path. */
static void appended_fields(void **state)
{
	static const char line[] = HEAD "14" FIRST " 12 x" SECOND " A 8:0" THIRD " - -";
	struct rrpath_status status;

	(void)state;
	assert_int_equal(rrpath_status_parse(&status, line, why), 0);
	check_good(&status);
	rrpath_status_free(&status);
}

static void stall_fields(void **state)
{
	static const char line[] = HEAD "15" FIRST " 0 0 -" SECOND " 7 1500 hold-down"
		STALLED " 3 0 stalled";
	struct rrpath_status status;

	(void)state;
	assert_int_equal(rrpath_status_parse(&status, line, why), 0);
	assert_string_equal(status.paths[0].reason, "-");
	assert_int_equal(status.paths[1].stalls, 7);
	assert_int_equal(status.paths[1].hold_down_ms, 1500);
	assert_string_equal(status.paths[1].reason, "hold-down");
	assert_int_equal(status.paths[2].state, RRPATH_STALLED);
	assert_string_equal(rrpath_state_word(status.paths[2].state), "stalled");
	assert_false(rrpath_state_usable(status.paths[2].state));
	assert_int_equal(status.paths[2].stalls, 3);
	rrpath_status_free(&status);

	assert_int_equal(rrpath_status_parse(&status, good, why), 0);
	assert_string_equal(status.paths[0].reason, "-");
	assert_int_equal(status.paths[0].stalls, 0);
	rrpath_status_free(&status);

	refused("failover 0 0 1 1 15 8:0 A 1 1 0 0 0 0 0 0 0 0 0 x 0 -", "stalls");
	refused("failover 0 0 1 1 15 8:0 A 1 1 0 0 0 0 0 0 0 0 0 0 x -", "time");
	refused("failover 0 0 1 1 15" ONE " 0 0 a-reason-that-nobody-gives",
		"reason");
}

static void truncated_lines(void **state)
{
	struct rrpath_status status;
	char copy[sizeof(good)];
	size_t len;

	(void)state;
	/* Within the last number it is complete. */
	for (len = 0; len < strlen(good) - 1; len++) {
		memcpy(copy, good, len);
		copy[len] = '\0';
		if (!rrpath_status_parse(&status, copy, why)) {
			rrpath_status_free(&status);
			fail_msg("'%s' is accepted", copy);
		}
	}
}

static void garbage(void **state)
{
	(void)state;
	refused("", "words");
	refused("   ", "words");
	refused("Round-Robin 0 0 1 1 12" ONE, "policy");
	refused("failover 2 0 1 1 12" ONE, "0 or 1");
	refused("failover 0 -1 1 1 12" ONE, "held");
	refused("failover 0 0 2 1 12" ONE, "usable");
	refused("failover 0 0 0 0 12", "number of paths");
	refused("failover 0 0 1 1 11 8:0 A 1 1 0 0 0 0 0 0 0 0", "fields");
	refused("failover 0 0 1 1 12 8;0 A 1 1 0 0 0 0 0 0 0 0 0", "major:minor");
	refused("failover 0 0 1 1 12 8:0 AA 1 1 0 0 0 0 0 0 0 0 0", "state");
	refused("failover 0 0 1 1 12 8:0 a 1 1 0 0 0 0 0 0 0 0 0", "state");
	refused("failover 0 0 1 1 12 8:0 A 65536 1 0 0 0 0 0 0 0 0 0", "priority");
	refused("failover 0 0 1 1 12 8:0 A 1 0 0 0 0 0 0 0 0 0 0", "weight");
	refused("failover 0 0 1 1 12 8:0 A 1 1 0 0 0 0 0 0 0 0 x", "counter");
	refused("failover 0 0 1 1 12 8:0 A 1 1 0 0 0 0 -1 0 0 0 0", "counter");
	refused("failover 0 0 1 1 12 8:0 A 1 1 0 0 0 0 0 0 0 0 0 more", "words");
	refused("failover 0 0 2 2 12" ONE ONE, "twice");
}

static void huge_numbers(void **state)
{
#define LARGEST	"18446744073709551615"
	static const char largest[] =
		"failover 0 " LARGEST " 1 1 12 8:0 A 1 1 0 0 " LARGEST " 0 0 0 0 0 0";
	struct rrpath_status status;

	(void)state;
	assert_int_equal(rrpath_status_parse(&status, largest, why), 0);
	assert_true(status.paths[0].counter[RRPATH_READS] == UINT64_MAX);
	assert_true(status.queued == UINT64_MAX);
	rrpath_status_free(&status);
	refused("failover 0 0 1 1 12 8:0 A 1 1 0 0 18446744073709551616 0 0 0 0 0 0", "counter");
	refused("failover 0 0 1 1 12 8:0 A 1 1 0 0 99999999999999999999 0 0 0 0 0 0", "counter");
	refused("failover 0 0 1 1025 12" ONE, "number of paths");
	/* Whose product would be small again. */
	refused("failover 0 0 1 18446744073709551615 12" ONE, "number of paths");
	refused("failover 0 0 1 1 18446744073709551615" ONE, "fields");
	refused("failover 0 0 1 1 4294967308" ONE, "fields");
}

/* A good line with some characters changed: refused with a reason, or in range. */
static void mutated_lines(void **state)
{
	static const char letters[] = "0123456789 :-ASFDTabcefilmnopqrtu\377\1";
	unsigned int seed = 1, i, accepted = 0;

	(void)state;
	for (i = 0; i < 20000; i++) {
		struct rrpath_status status;
		unsigned int nr = 1 + i % 4;
		char line[sizeof(good)];
		size_t p;

		memcpy(line, good, sizeof(good));
		while (nr--) {
			size_t at = (size_t)rand_r(&seed) % (sizeof(good) - 1);

			line[at] = letters[(size_t)rand_r(&seed) % (sizeof(letters) - 1)];
		}
		if (rrpath_status_parse(&status, line, why)) {
			assert_true(*why);
			continue;
		}
		accepted++;
		assert_true(status.nr_usable <= status.nr_paths);
		for (p = 0; p < status.nr_paths; p++) {
			assert_in_range(status.paths[p].priority, 0, RRPATH_MAX_PRIORITY);
			assert_in_range(status.paths[p].weight, 1, RRPATH_MAX_WEIGHT);
			assert_string_not_equal(rrpath_state_word(status.paths[p].state),
						"unknown");
		}
		rrpath_status_free(&status);
	}
	assert_in_range(accepted, 100, 19900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_line),
		cmocka_unit_test(appended_fields),
		cmocka_unit_test(stall_fields),
		cmocka_unit_test(truncated_lines),
		cmocka_unit_test(garbage),
		cmocka_unit_test(huge_numbers),
		cmocka_unit_test(mutated_lines),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
