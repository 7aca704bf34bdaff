// SPDX-License-Identifier: GPL-2.0
/*
 * The table line, parsed and printed:
 *
 *	<policy> <#paths> <#path_args> {<device> [<priority> [<weight>]]}...
 *	[<#opts> <opt>...]
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "policy.h"
#include "table.h"

#define RRPATH_DEFAULT_PRIORITY	1
#define RRPATH_DEFAULT_WEIGHT	1
#define RRPATH_MAX_PATH_ARGS	2

const struct rrpath_option rrpath_option_table[] = {
	{
		.name = "queue_if_no_path",
		.offset = offsetof(struct rrpath_options, queue_if_no_path),
		.max = 1,
		.flag = true,
		.expects = "queue_if_no_path takes 0 or 1",
	}, {
		.name = "no_path_timeout_ms",
		.offset = offsetof(struct rrpath_options, no_path_timeout_ms),
		.max = RRPATH_MAX_MS,
		.expects = "no_path_timeout_ms takes 0..604800000",
	}, {
		.name = "failback",
		.offset = offsetof(struct rrpath_options, failback),
		.max = RRPATH_MAX_MS,
		.expects = "failback takes immediate, manual or 0..604800000 ms",
	}, {
		.name = "probe_interval_ms",
		.offset = offsetof(struct rrpath_options, probe_interval_ms),
		.max = RRPATH_MAX_MS,
		.expects = "probe_interval_ms takes 0..604800000",
	}, {
		.name = "rr_min_io",
		.offset = offsetof(struct rrpath_options, rr_min_io),
		.min = 1,
		.max = RRPATH_MAX_RR_MIN_IO,
		.expects = "rr_min_io takes 1..1000000",
	}, {
		.name = "stall_timeout_ms",
		.offset = offsetof(struct rrpath_options, stall_timeout_ms),
		.max = RRPATH_MAX_MS,
		.expects = "stall_timeout_ms takes 0..604800000",
	}, {
		.name = "hold_down_max_ms",
		.offset = offsetof(struct rrpath_options, hold_down_max_ms),
		.max = RRPATH_MAX_MS,
		.expects = "hold_down_max_ms takes 0..604800000",
	}, {
		.name = "merge_kib",
		.offset = offsetof(struct rrpath_options, merge_kib),
		.max = RRPATH_MAX_MERGE_KIB,
		.expects = "merge_kib takes 0..16384",
	},
	{ }
};

static const struct rrpath_options rrpath_builtin_options = RRPATH_BUILTIN_OPTIONS;

/* The words not yet read, and where to say what is wrong with them. */
struct rrpath_words {
	unsigned int argc;
	char **argv;
	struct rrpath_fault *fault;
};

static int rrpath_refuse(struct rrpath_words *words, const char *what, const char *word)
{
	words->fault->what = what;
	words->fault->word = word;
	return -EINVAL;
}

static const char *rrpath_next_word(struct rrpath_words *words)
{
	if (!words->argc)
		return NULL;
	words->argc--;
	return *words->argv++;
}

/**
 * rrpath_number_parse() - read a decimal number
 * @word: the text, digits only
 * @min: least value accepted
 * @max: largest value accepted
 * @value: set on success only
 *
 * Context: any.
 * Return: 0, or -EINVAL for what is no number or out of range.
 */
int rrpath_number_parse(const char *word, u32 min, u32 max, u32 *value)
{
	unsigned int number;

	/* kstrtouint() would take a sign and a final newline. */
	if (!*word || word[strspn(word, "0123456789")])
		return -EINVAL;
	if (kstrtouint(word, 10, &number) || number < min || number > max)
		return -EINVAL;
	*value = number;
	return 0;
}

static int rrpath_read_number(struct rrpath_words *words, u32 min, u32 max, u32 *value,
			      const char *what)
{
	const char *word = rrpath_next_word(words);

	if (!word || rrpath_number_parse(word, min, max, value))
		return rrpath_refuse(words, what, word);
	return 0;
}

/**
 * rrpath_option_find() - look an option up by its name
 * @name: NUL-terminated
 *
 * Context: any.
 * Return: the option, or NULL.
 */
const struct rrpath_option *rrpath_option_find(const char *name)
{
	const struct rrpath_option *option;

	for (option = rrpath_option_table; option->name; option++)
		if (!strcmp(option->name, name))
			return option;
	return NULL;
}

static bool rrpath_option_is_failback(const struct rrpath_option *option)
{
	return option->offset == offsetof(struct rrpath_options, failback);
}

/**
 * rrpath_option_parse() - read the value of an option
 * @option: which
 * @word: the text
 * @value: set on success only
 *
 * Context: any.
 * Return: 0, or -EINVAL (rrpath_option.expects says what would have been right).
 */
int rrpath_option_parse(const struct rrpath_option *option, const char *word, u32 *value)
{
	if (rrpath_option_is_failback(option)) {
		if (!strcmp(word, "immediate")) {
			*value = RRPATH_FAILBACK_IMMEDIATE;
			return 0;
		}
		if (!strcmp(word, "manual")) {
			*value = RRPATH_FAILBACK_MANUAL;
			return 0;
		}
	}
	return rrpath_number_parse(word, option->min, option->max, value);
}

/**
 * rrpath_option_print() - write the value of an option as rrpath_option_parse() reads it
 * @option: which
 * @value: its value
 * @buf: where to
 * @size: of @buf; RRPATH_OPTION_TEXT is enough
 *
 * Context: any.
 * Return: the number of characters written.
 */
int rrpath_option_print(const struct rrpath_option *option, u32 value, char *buf, size_t size)
{
	if (rrpath_option_is_failback(option)) {
		if (value == RRPATH_FAILBACK_IMMEDIATE)
			return scnprintf(buf, size, "immediate");
		if (value == RRPATH_FAILBACK_MANUAL)
			return scnprintf(buf, size, "manual");
	}
	return scnprintf(buf, size, "%u", value);
}

static int rrpath_read_options(struct rrpath_words *words, struct rrpath_options *options)
{
	const struct rrpath_option *option;
	unsigned long seen = 0;
	const char *word;
	u32 count;

	if (!words->argc)
		return 0;
	if (rrpath_read_number(words, 0, U32_MAX, &count, "Invalid number of option words"))
		return -EINVAL;
	if (count != words->argc)
		return rrpath_refuse(words, "Number of option words does not match what follows",
				     words->argv[-1]);

	while ((word = rrpath_next_word(words))) {
		option = rrpath_option_find(word);
		if (!option)
			return rrpath_refuse(words, "Unknown option", word);
		if (seen & (1UL << (option - rrpath_option_table)))
			return rrpath_refuse(words, "Option given twice", word);
		seen |= 1UL << (option - rrpath_option_table);

		if (option->flag) {
			*rrpath_option_value(options, option) = 1;
			continue;
		}
		word = rrpath_next_word(words);
		if (!word)
			return rrpath_refuse(words, "Option without its value", option->name);
		if (rrpath_option_parse(option, word, rrpath_option_value(options, option)))
			return rrpath_refuse(words, option->expects, word);
	}
	return 0;
}

static int rrpath_read_path(struct rrpath_words *words, u32 nr_args,
			    struct rrpath_path_config *path)
{
	path->device = rrpath_next_word(words);
	if (!path->device)
		return rrpath_refuse(words, "Fewer devices than the number of paths says", NULL);

	path->priority = RRPATH_DEFAULT_PRIORITY;
	path->weight = RRPATH_DEFAULT_WEIGHT;
	if (nr_args > 0 &&
	    rrpath_read_number(words, 0, RRPATH_MAX_PRIORITY, &path->priority,
			       "Invalid priority, it is 0..65535"))
		return -EINVAL;
	if (nr_args > 1 &&
	    rrpath_read_number(words, 1, RRPATH_MAX_WEIGHT, &path->weight,
			       "Invalid weight, it is 1..256"))
		return -EINVAL;
	return 0;
}

/**
 * rrpath_config_parse() - read a table line
 * @argc: number of words
 * @argv: the words; rrpath_path_config.device points into them
 * @defaults: values of the options that the line does not give
 * @result: set on success only; free it with rrpath_config_free()
 * @fault: set on -EINVAL
 *
 * Context: may sleep.
 * Return: 0, -EINVAL or -ENOMEM (then nothing is left behind).
 */
int rrpath_config_parse(unsigned int argc, char **argv, const struct rrpath_options *defaults,
			struct rrpath_config **result, struct rrpath_fault *fault)
{
	struct rrpath_words words = { .argc = argc, .argv = argv, .fault = fault };
	const struct rrpath_policy *policy;
	struct rrpath_config *config;
	u32 nr_paths, nr_args;
	const char *word;
	unsigned int i;
	int r;

	word = rrpath_next_word(&words);
	policy = word ? rrpath_policy_find(word) : NULL;
	if (!policy)
		return rrpath_refuse(&words, RRPATH_UNKNOWN_POLICY, word);
	if (rrpath_read_number(&words, 1, RRPATH_MAX_PATHS, &nr_paths,
			       "Invalid number of paths, it is 1..1024"))
		return -EINVAL;
	if (rrpath_read_number(&words, 0, RRPATH_MAX_PATH_ARGS, &nr_args,
			       "Invalid number of path arguments, it is 0, 1 or 2"))
		return -EINVAL;

	config = kvzalloc(struct_size(config, path, nr_paths), GFP_KERNEL);
	if (!config)
		return -ENOMEM;
	config->policy = policy;
	config->options = *defaults;
	config->nr_paths = nr_paths;

	for (i = 0, r = 0; i < nr_paths && !r; i++)
		r = rrpath_read_path(&words, nr_args, &config->path[i]);
	if (!r)
		r = rrpath_read_options(&words, &config->options);
	if (r) {
		rrpath_config_free(config);
		return r;
	}
	*result = config;
	return 0;
}

/**
 * rrpath_config_free() - free what rrpath_config_parse() made
 * @config: may be NULL
 *
 * Context: may sleep.
 */
void rrpath_config_free(struct rrpath_config *config)
{
	kvfree(config);
}

static u32 rrpath_config_nr_args(const struct rrpath_config *config)
{
	u32 nr_args = 0;
	unsigned int i;

	for (i = 0; i < config->nr_paths; i++) {
		if (config->path[i].weight != RRPATH_DEFAULT_WEIGHT)
			return 2;
		if (config->path[i].priority != RRPATH_DEFAULT_PRIORITY)
			nr_args = 1;
	}
	return nr_args;
}

/*
 * An option may be left out where the line means the same on every machine: it
 * has the built-in value, and no module parameter puts another one in its place.
 */
static bool rrpath_option_implied(const struct rrpath_config *config,
				  const struct rrpath_options *defaults,
				  const struct rrpath_option *option)
{
	u32 value = rrpath_option_get(&config->options, option);

	return value == rrpath_option_get(&rrpath_builtin_options, option) &&
	       value == rrpath_option_get(defaults, option);
}

/**
 * rrpath_config_print() - write the table line that rrpath_config_parse() reads as @config
 * @config: what to write; the caller keeps it from changing
 * @defaults: what rrpath_config_parse() would be given now
 * @result: where to, NUL-terminated even when cut off
 * @maxlen: size of @result
 *
 * Context: any.
 * Return: the number of characters written, @maxlen - 1 at most.
 */
unsigned int rrpath_config_print(const struct rrpath_config *config,
				 const struct rrpath_options *defaults,
				 char *result, unsigned int maxlen)
{
	u32 nr_args = rrpath_config_nr_args(config);
	const struct rrpath_option *option;
	char text[RRPATH_OPTION_TEXT];
	unsigned int i, count = 0, sz;

	sz = scnprintf(result, maxlen, "%s %u %u", config->policy->name, config->nr_paths, nr_args);
	for (i = 0; i < config->nr_paths; i++) {
		const struct rrpath_path_config *path = &config->path[i];

		sz += scnprintf(result + sz, maxlen - sz, " %s", path->device);
		if (nr_args > 0)
			sz += scnprintf(result + sz, maxlen - sz, " %u", path->priority);
		if (nr_args > 1)
			sz += scnprintf(result + sz, maxlen - sz, " %u", path->weight);
	}

	for (option = rrpath_option_table; option->name; option++)
		if (!rrpath_option_implied(config, defaults, option))
			count += option->flag ? 1 : 2;
	if (!count)
		return sz;

	sz += scnprintf(result + sz, maxlen - sz, " %u", count);
	for (option = rrpath_option_table; option->name; option++) {
		if (rrpath_option_implied(config, defaults, option))
			continue;
		sz += scnprintf(result + sz, maxlen - sz, " %s", option->name);
		if (option->flag)
			continue;
		rrpath_option_print(option, rrpath_option_get(&config->options, option),
				    text, sizeof(text));
		sz += scnprintf(result + sz, maxlen - sz, " %s", text);
	}
	return sz;
}
