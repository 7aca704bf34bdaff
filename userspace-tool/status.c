// SPDX-License-Identifier: GPL-2.0
/* The status line of an rrpath map. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"
#include "util.h"

/* Words before the paths: policy, queue_if_no_path, queued, usable, paths, fields. */
#define NR_HEAD		6
/* Fields of a path: state, priority, weight, then the counters. */
#define NR_FIELDS	(3 + RRPATH_NR_COUNTERS)
/* With what a module that watches for stalls appends: stalls, hold_down_ms, reason. */
#define NR_FIELDS_STALL	(NR_FIELDS + 3)
/* More than any version appends; keeps the product below from overflowing. */
#define MAX_FIELDS	256

bool rrpath_state_usable(enum rrpath_state state)
{
	return state == RRPATH_ACTIVE || state == RRPATH_STANDBY;
}

const char *rrpath_state_word(enum rrpath_state state)
{
	switch (state) {
	case RRPATH_ACTIVE:
		return "active";
	case RRPATH_STANDBY:
		return "standby";
	case RRPATH_FAILED_PATH:
		return "failed";
	case RRPATH_DISABLED:
		return "disabled";
	case RRPATH_STALLED:
		return "stalled";
	}
	return "unknown";
}

int rrpath_status_find(const struct rrpath_status *status, unsigned int major, unsigned int minor)
{
	size_t i;

	for (i = 0; i < status->nr_paths; i++)
		if (status->paths[i].major == major && status->paths[i].minor == minor)
			return (int)i;
	return -1;
}

void rrpath_status_free(struct rrpath_status *status)
{
	free(status->paths);
	memset(status, 0, sizeof(*status));
}

static int bad_word(char *why, const char *word, const char *what)
{
	snprintf(why, RRPATH_WHY_LEN, "%s is not %s", rrpath_quote(word), what);
	return -EINVAL;
}

static int read_stall(struct rrpath_path_status *path, char **word, char *why)
{
	if (rrpath_parse_u64(word[0], 0, UINT64_MAX, &path->stalls))
		return bad_word(why, word[0], "a number of stalls");
	if (rrpath_parse_u64(word[1], 0, UINT64_MAX, &path->hold_down_ms))
		return bad_word(why, word[1], "a time in milliseconds");
	if (strlen(word[2]) >= sizeof(path->reason))
		return bad_word(why, word[2], "a reason");
	rrpath_copy(path->reason, sizeof(path->reason), word[2]);
	return 0;
}

static int read_path(struct rrpath_path_status *path, char **word, uint64_t nr_fields, char *why)
{
	uint64_t n;
	int i;

	if (rrpath_parse_devno(word[0], &path->major, &path->minor))
		return bad_word(why, word[0], "major:minor");
	if (strlen(word[1]) != 1 || !strchr("ASFDT", *word[1]))
		return bad_word(why, word[1], "the state of a path");
	path->state = (enum rrpath_state)*word[1];
	if (rrpath_parse_u64(word[2], 0, RRPATH_MAX_PRIORITY, &n))
		return bad_word(why, word[2], "a priority");
	path->priority = (unsigned int)n;
	if (rrpath_parse_u64(word[3], 1, RRPATH_MAX_WEIGHT, &n))
		return bad_word(why, word[3], "a weight");
	path->weight = (unsigned int)n;
	for (i = 0; i < RRPATH_NR_COUNTERS; i++)
		if (rrpath_parse_u64(word[4 + i], 0, UINT64_MAX, &path->counter[i]))
			return bad_word(why, word[4 + i], "a counter");
	rrpath_copy(path->reason, sizeof(path->reason), "-");
	if (nr_fields >= NR_FIELDS_STALL)
		return read_stall(path, word + 4 + i, why);
	return 0;
}

static int read_status(struct rrpath_status *status, struct rrpath_words *words, char *why)
{
	uint64_t queue, usable, nr_paths, nr_fields;
	char **word = words->word;
	size_t i;

	if (words->nr < NR_HEAD) {
		snprintf(why, RRPATH_WHY_LEN, "%zu words only", words->nr);
		return -EINVAL;
	}
	if (!rrpath_policy_is_word(word[0]))
		return bad_word(why, word[0], "a policy");
	if (rrpath_parse_u64(word[1], 0, 1, &queue))
		return bad_word(why, word[1], "0 or 1");
	if (rrpath_parse_u64(word[2], 0, UINT64_MAX, &status->queued))
		return bad_word(why, word[2], "a number of held bios");
	if (rrpath_parse_u64(word[4], 1, RRPATH_MAX_PATHS, &nr_paths))
		return bad_word(why, word[4], "a number of paths");
	if (rrpath_parse_u64(word[3], 0, nr_paths, &usable))
		return bad_word(why, word[3], "a number of usable paths");
	if (rrpath_parse_u64(word[5], NR_FIELDS, MAX_FIELDS, &nr_fields))
		return bad_word(why, word[5], "a number of fields");
	if (words->nr != NR_HEAD + nr_paths * (1 + nr_fields)) {
		snprintf(why, RRPATH_WHY_LEN, "%zu words instead of %zu", words->nr,
			 (size_t)(NR_HEAD + nr_paths * (1 + nr_fields)));
		return -EINVAL;
	}
	rrpath_copy(status->policy, sizeof(status->policy), word[0]);
	status->queue_if_no_path = queue;
	status->nr_usable = (size_t)usable;
	status->paths = rrpath_alloc(nr_paths, sizeof(*status->paths));
	for (i = 0; i < nr_paths; i++) {
		struct rrpath_path_status *path = &status->paths[i];

		if (read_path(path, word + NR_HEAD + i * (1 + nr_fields), nr_fields,
			      why))
			return -EINVAL;
		if (rrpath_status_find(status, path->major, path->minor) >= 0) {
			snprintf(why, RRPATH_WHY_LEN, "%u:%u is there twice",
				 path->major, path->minor);
			return -EINVAL;
		}
		status->nr_paths++;
	}
	return 0;
}

int rrpath_status_parse(struct rrpath_status *status, const char *params, char *why)
{
	struct rrpath_words words __rr_cleanup(rrpath_words_free) = { 0 };
	int ret;

	memset(status, 0, sizeof(*status));
	rrpath_words_split(&words, params);
	ret = read_status(status, &words, why);
	if (ret)
		rrpath_status_free(status);
	return ret;
}
