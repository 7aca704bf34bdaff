/* SPDX-License-Identifier: GPL-2.0 */
/* The status line of an rrpath map. Pure: no ioctl, no file, no global state. */
#ifndef RRPATH_STATUS_H
#define RRPATH_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

enum rrpath_state {
	RRPATH_ACTIVE = 'A',
	RRPATH_STANDBY = 'S',
	RRPATH_FAILED_PATH = 'F',
	RRPATH_DISABLED = 'D',
	RRPATH_STALLED = 'T',
};

/* In the order of the status line. */
enum rrpath_counter {
	RRPATH_FAIL_COUNT,
	RRPATH_IN_FLIGHT,
	RRPATH_READS,
	RRPATH_READ_SECTORS,
	RRPATH_WRITES,
	RRPATH_WRITE_SECTORS,
	RRPATH_OTHERS,
	RRPATH_ERRORS,
	RRPATH_RETRIES,
	RRPATH_NR_COUNTERS
};

/* The longest of: -, io-error, stalled, hold-down, admin, other-lun, too-small; with room. */
#define RRPATH_REASON_LEN	24

struct rrpath_path_status {
	unsigned int major;
	unsigned int minor;
	enum rrpath_state state;
	unsigned int priority;
	unsigned int weight;
	uint64_t counter[RRPATH_NR_COUNTERS];
	/* What an older module does not say is 0, and "-". */
	uint64_t stalls;
	uint64_t hold_down_ms;
	char reason[RRPATH_REASON_LEN];
};

struct rrpath_status {
	char policy[RRPATH_POLICY_LEN];
	bool queue_if_no_path;
	uint64_t queued;
	size_t nr_usable;
	size_t nr_paths;
	struct rrpath_path_status *paths;
};

/*
 * Reads the parameters of a status line; fields that a later version of the
 * module appends to a path are skipped.
 * Returns 0, or -EINVAL with @why (RRPATH_WHY_LEN bytes) set and @status empty.
 */
int rrpath_status_parse(struct rrpath_status *status, const char *params, char *why);
void rrpath_status_free(struct rrpath_status *status);

/* The path's index, or -1. */
int rrpath_status_find(const struct rrpath_status *status, unsigned int major, unsigned int minor);

bool rrpath_state_usable(enum rrpath_state state);
const char *rrpath_state_word(enum rrpath_state state);

#endif
