/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The grammar of the table line and of the options, and the configuration that
 * it yields. Opens no device; builds in user space for its tests.
 */
#ifndef RRPATH_TABLE_H
#define RRPATH_TABLE_H

#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/types.h>

struct rrpath_policy;

/* Longest interval that an option takes, a week: far below the jiffies' wrap. */
#define RRPATH_MAX_MS		604800000U

#define RRPATH_FAILBACK_IMMEDIATE	0U
#define RRPATH_FAILBACK_MANUAL		U32_MAX

/* Room for the text of any option's value. */
#define RRPATH_OPTION_TEXT	16

/**
 * struct rrpath_options - the values of the options
 * @queue_if_no_path: 1: hold bios while no path is usable; 0: fail them
 * @no_path_timeout_ms: how long to hold them; 0: for ever
 * @failback: RRPATH_FAILBACK_IMMEDIATE, RRPATH_FAILBACK_MANUAL or milliseconds
 * @probe_interval_ms: how often a failed path is read from; 0: never
 * @rr_min_io: bios of a turn of round-robin, for a weight of 1
 * @stall_timeout_ms: a path that completes nothing for that long is left out of the
 *	choice; 0: never
 * @hold_down_max_ms: how long a path that keeps failing must answer its probes before
 *	it is used again, at most; 0: not at all
 * @merge_kib: how large a request may grow by bios that continue it, which then take its
 *	path, not their turn; 0: none does
 */
struct rrpath_options {
	u32 queue_if_no_path;
	u32 no_path_timeout_ms;
	u32 failback;
	u32 probe_interval_ms;
	u32 rr_min_io;
	u32 stall_timeout_ms;
	u32 hold_down_max_ms;
	u32 merge_kib;
};

/**
 * struct rrpath_option - what an option accepts
 * @name: the word for it, the same in table line, message and sysfs
 * @offset: of its value in struct rrpath_options
 * @min: least value
 * @max: largest value
 * @flag: stands in the table line without a value
 * @expects: for error messages
 */
struct rrpath_option {
	const char *name;
	size_t offset;
	u32 min;
	u32 max;
	bool flag;
	const char *expects;
};

/* Every option, in the order in which they are printed; ends with a NULL name. */
extern const struct rrpath_option rrpath_option_table[];

/* What the options are when neither table line nor module parameter says otherwise. */
#define RRPATH_BUILTIN_OPTIONS {				\
	.failback = RRPATH_FAILBACK_IMMEDIATE,			\
	.probe_interval_ms = 1000,				\
	.rr_min_io = 1,						\
	.stall_timeout_ms = 1000,				\
	.hold_down_max_ms = 60000,				\
	.merge_kib = 1024,					\
}

/**
 * struct rrpath_path_config - a path as the table line gives it
 * @device: the word for the device, then major:minor once it is open; not owned
 * @priority: 0..RRPATH_MAX_PRIORITY
 * @weight: 1..RRPATH_MAX_WEIGHT
 */
struct rrpath_path_config {
	const char *device;
	u32 priority;
	u32 weight;
};

/**
 * struct rrpath_config - a table line, parsed
 * @policy: how to choose
 * @options: every option's value
 * @nr_paths: 1..RRPATH_MAX_PATHS
 * @path: in table order
 */
struct rrpath_config {
	const struct rrpath_policy *policy;
	struct rrpath_options options;
	unsigned int nr_paths;
	struct rrpath_path_config path[];
};

/**
 * struct rrpath_fault - why some text was refused
 * @what: a constant string that ends in the remedy, fit for dm_target.error
 * @word: the word at fault, NULL where one is missing; not owned
 */
struct rrpath_fault {
	const char *what;
	const char *word;
};

int rrpath_config_parse(unsigned int argc, char **argv, const struct rrpath_options *defaults,
			struct rrpath_config **result, struct rrpath_fault *fault);
void rrpath_config_free(struct rrpath_config *config);
unsigned int rrpath_config_print(const struct rrpath_config *config,
				 const struct rrpath_options *defaults,
				 char *result, unsigned int maxlen);

const struct rrpath_option *rrpath_option_find(const char *name);
int rrpath_option_parse(const struct rrpath_option *option, const char *word, u32 *value);
int rrpath_option_print(const struct rrpath_option *option, u32 value, char *buf, size_t size);
int rrpath_number_parse(const char *word, u32 min, u32 max, u32 *value);

static inline u32 *rrpath_option_value(struct rrpath_options *options,
				       const struct rrpath_option *option)
{
	return (u32 *)((char *)options + option->offset);
}

static inline u32 rrpath_option_get(const struct rrpath_options *options,
				    const struct rrpath_option *option)
{
	return READ_ONCE(*(const u32 *)((const char *)options + option->offset));
}

#endif /* RRPATH_TABLE_H */
