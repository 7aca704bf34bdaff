// SPDX-License-Identifier: GPL-2.0
/*
 * The messages: a table of verbs over the setters.
 */
#include "rrpath.h"

/* Longest word that a log line quotes. */
#define RRPATH_WORD "'%.64s'"

/**
 * struct rrpath_verb - a message
 * @name: its first word
 * @words: how many words follow
 * @usage: for error messages
 * @handle: do it, with the words that follow; 0, or an error code once it has
 *	logged the word at fault. Either all is done or nothing.
 */
struct rrpath_verb {
	const char *name;
	unsigned int words;
	const char *usage;
	int (*handle)(struct rrpath_map *map, char **words);
};

/*
 * major:minor or a path below /dev. The first works for disks that are gone, too:
 * their nodes vanish, but the map has them still open.
 */
static struct rrpath_path *rrpath_message_path(struct rrpath_map *map, const char *word)
{
	unsigned int major, minor;
	struct rrpath_path *path;
	dev_t dev;
	char end;

	if (sscanf(word, "%u:%u%c", &major, &minor, &end) == 2) {
		dev = MKDEV(major, minor);
		if (MAJOR(dev) != major || MINOR(dev) != minor)
			goto unknown;
	} else if (lookup_bdev(word, &dev)) {
		goto unknown;
	}

	path = rrpath_find_path(map, dev);
	if (path)
		return path;
unknown:
	DMERR("%s: no path of this map: " RRPATH_WORD, rrpath_map_name(map), word);
	return NULL;
}

static int rrpath_message_refuse(struct rrpath_map *map, const char *what, const char *word)
{
	DMERR("%s: %s: " RRPATH_WORD, rrpath_map_name(map), what, word);
	return -EINVAL;
}

static int rrpath_message_fail_path(struct rrpath_map *map, char **words)
{
	struct rrpath_path *path = rrpath_message_path(map, words[0]);

	if (!path)
		return -ENODEV;
	rrpath_path_disable(path);
	return 0;
}

static int rrpath_message_reinstate_path(struct rrpath_map *map, char **words)
{
	struct rrpath_path *path = rrpath_message_path(map, words[0]);

	if (!path)
		return -ENODEV;
	return rrpath_path_reinstate(path);
}

static int rrpath_message_set_policy(struct rrpath_map *map, char **words)
{
	const struct rrpath_policy *policy = rrpath_policy_find(words[0]);

	if (!policy)
		return rrpath_message_refuse(map, RRPATH_UNKNOWN_POLICY, words[0]);
	rrpath_set_policy(map, policy);
	return 0;
}

static int rrpath_message_set_priority(struct rrpath_map *map, char **words)
{
	struct rrpath_path *path = rrpath_message_path(map, words[0]);
	u32 priority;

	if (!path)
		return -ENODEV;
	if (rrpath_number_parse(words[1], 0, RRPATH_MAX_PRIORITY, &priority))
		return rrpath_message_refuse(map, "Invalid priority, it is 0..65535", words[1]);
	rrpath_set_priority(path, priority);
	return 0;
}

static int rrpath_message_set_weight(struct rrpath_map *map, char **words)
{
	struct rrpath_path *path = rrpath_message_path(map, words[0]);
	u32 weight;

	if (!path)
		return -ENODEV;
	if (rrpath_number_parse(words[1], 1, RRPATH_MAX_WEIGHT, &weight))
		return rrpath_message_refuse(map, "Invalid weight, it is 1..256", words[1]);
	rrpath_set_weight(path, weight);
	return 0;
}

static int rrpath_message_queue_if_no_path(struct rrpath_map *map, char **words)
{
	rrpath_set_option(map, rrpath_option_find("queue_if_no_path"), 1);
	return 0;
}

static int rrpath_message_fail_if_no_path(struct rrpath_map *map, char **words)
{
	rrpath_set_option(map, rrpath_option_find("queue_if_no_path"), 0);
	return 0;
}

static int rrpath_message_set(struct rrpath_map *map, char **words)
{
	const struct rrpath_option *option = rrpath_option_find(words[0]);
	u32 value;

	if (!option)
		return rrpath_message_refuse(map, "Unknown option", words[0]);
	if (rrpath_option_parse(option, words[1], &value))
		return rrpath_message_refuse(map, option->expects, words[1]);
	rrpath_set_option(map, option, value);
	return 0;
}

static int rrpath_message_reset_stats(struct rrpath_map *map, char **words)
{
	rrpath_reset_stats(map);
	return 0;
}

static const struct rrpath_verb rrpath_verbs[] = {
	{ "fail_path", 1, "fail_path <dev>", rrpath_message_fail_path },
	{ "reinstate_path", 1, "reinstate_path <dev>", rrpath_message_reinstate_path },
	{ "set_policy", 1, "set_policy <policy>", rrpath_message_set_policy },
	{ "set_priority", 2, "set_priority <dev> <n>", rrpath_message_set_priority },
	{ "set_weight", 2, "set_weight <dev> <n>", rrpath_message_set_weight },
	{ "queue_if_no_path", 0, "queue_if_no_path", rrpath_message_queue_if_no_path },
	{ "fail_if_no_path", 0, "fail_if_no_path", rrpath_message_fail_if_no_path },
	{ "set", 2, "set <option> <value>", rrpath_message_set },
	{ "reset_stats", 0, "reset_stats", rrpath_message_reset_stats },
};

/**
 * rrpath_message() - the target's message function
 * @ti: the target
 * @argc: number of words, at least 1
 * @argv: the words
 * @result: not used: what a message sets is read from status, table and sysfs
 * @maxlen: size of @result
 *
 * Context: may sleep.
 * Return: 0; -EINVAL for bad words, -ENODEV for a device that is no path; then
 *	the log names the word, and nothing has changed.
 */
int rrpath_message(struct dm_target *ti, unsigned int argc, char **argv,
		   char *result, unsigned int maxlen)
{
	struct rrpath_map *map = ti->private;
	const struct rrpath_verb *verb;

	for (verb = rrpath_verbs; verb < rrpath_verbs + ARRAY_SIZE(rrpath_verbs); verb++) {
		if (strcmp(argv[0], verb->name))
			continue;
		if (argc - 1 == verb->words)
			return verb->handle(map, argv + 1);
		DMERR("%s: Wrong number of words, usage is '%s': " RRPATH_WORD,
		      rrpath_map_name(map), verb->usage, argv[0]);
		return -EINVAL;
	}
	return rrpath_message_refuse(map, "Unknown message", argv[0]);
}
