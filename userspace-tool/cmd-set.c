// SPDX-License-Identifier: GPL-2.0
/* rrpath policy, fail, reinstate, set: what is a message to the map */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "map.h"
#include "record.h"
#include "timers.h"
#include "util.h"

static const struct option no_options[] = { { 0 } };

static int send(const struct rrpath_map *map, const char *message)
{
	int ret = rrpath_dm_message(map->name, message);

	if (!ret)
		return RRPATH_DONE;
	if (ret == -ENXIO)
		rrpath_error("the map %s is gone", rrpath_quote(map->name));
	else
		rrpath_error("%s refused '%s': %s: the end of 'dmesg' says why",
			     rrpath_quote(map->name), message, strerror(-ret));
	return RRPATH_FAILED;
}

/*
 * The kernel is told at once, also while another rrpath, which may wait for udev or
 * for iscsid, changes maps. What that one does may be to switch to a table that it
 * has read before: so it is told once more then. The lock is kept, for the record.
 */
static int change(const struct rrpath_map *map, const char *message)
{
	bool alone = rrpath_trylock();
	int ret = send(map, message);

	if (ret || alone)
		return ret;
	rrpath_lock();
	return send(map, message);
}

static int parse(int argc, char **argv, int min, int max, const char *names)
{
	if (rrpath_getopt(argc, argv, ":", no_options) != -1)
		return RRPATH_USAGE;
	return rrpath_need_args(argc, argv, min, max, names);
}

static int open_map(const char *word, struct rrpath_map *map)
{
	char name[RRPATH_NAME_LEN];
	int ret;

	if (!rrpath_name_of(word, name))
		return RRPATH_USAGE;
	ret = rrpath_need_dm();
	return ret ? ret : rrpath_map_load(name, map);
}

/* The policies the kernel has: "failover [round-robin] queue-length", or ours. */
static bool policy_exists(const struct rrpath_map *map, const char *policy, struct rrpath_str *all)
{
	struct rrpath_words w __rr_cleanup(rrpath_words_free) = { 0 };
	char text[256];
	bool found = false;
	size_t i;

	if (rrpath_read_line(text, sizeof(text), "%s/block/%s/rrpath/policy", rrpath_roots.sys,
			     map->kname)) {
		rrpath_words_split(&w, text);
	} else {
		rrpath_words_split(&w, "failover round-robin queue-length");
	}
	for (i = 0; i < w.nr; i++) {
		size_t len = strlen(w.word[i]);

		if (*w.word[i] == '[' && w.word[i][len - 1] == ']') {
			w.word[i][len - 1] = '\0';
			w.word[i]++;
		}
		found |= !strcmp(w.word[i], policy);
		rrpath_str_add(all, "%s%s", i ? ", " : "", w.word[i]);
	}
	return found;
}

int rrpath_cmd_policy(int argc, char **argv)
{
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	struct rrpath_str all __rr_cleanup(rrpath_str_free) = { 0 };
	char *message __rr_cleanup(rrpath_freep) = NULL;
	const char *policy;
	int ret;

	ret = parse(argc, argv, 1, 2, "NAME");
	if (!ret)
		ret = open_map(argv[optind], &map);
	if (ret)
		return ret;
	policy = argv[optind + 1];
	if (!policy) {
		printf("%s\n", map.status.policy);
		return RRPATH_DONE;
	}
	if (!policy_exists(&map, policy, &all)) {
		rrpath_error("%s is not a policy: there are %s", rrpath_quote(policy), all.text);
		return RRPATH_USAGE;
	}
	message = rrpath_printf("set_policy %s", policy);
	ret = change(&map, message);
	if (!ret)
		rrpath_record_changed(map.name, NULL, NULL);
	return ret;
}

static int path_message(int argc, char **argv, const char *verb, struct rrpath_map *map)
{
	char message[64];
	int ret, path;

	ret = parse(argc, argv, 2, 2, "NAME and DEV");
	if (!ret)
		ret = open_map(argv[optind], map);
	if (ret)
		return ret;
	path = rrpath_map_path_find(map, argv[optind + 1]);
	if (path < 0)
		return RRPATH_FAILED;
	snprintf(message, sizeof(message), "%s %s", verb, map->path[path].devno);
	return send(map, message);
}

int rrpath_cmd_fail(int argc, char **argv)
{
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	struct rrpath_map now __rr_cleanup(rrpath_map_free) = { 0 };
	int ret = path_message(argc, argv, "fail_path", &map);

	/* Not an error: one may want just that. But nobody should find out later. */
	if (!ret && map.status.nr_usable && !rrpath_map_load(map.name, &now) &&
	    !now.status.nr_usable)
		rrpath_error("note: that was the last usable path of %s: I/O to it %s now",
			     rrpath_quote(map.name),
			     now.status.queue_if_no_path ? "waits" : "fails");
	return ret;
}

int rrpath_cmd_reinstate(int argc, char **argv)
{
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };

	return path_message(argc, argv, "reinstate_path", &map);
}

static int usage_of_set(const char *value, const char *option, const char *accepts)
{
	rrpath_error("%s is no value of %s: %s", rrpath_quote(value), option, accepts);
	return rrpath_see_help("set");
}

static int set_of_path(const struct rrpath_map *map, const char *what, const char *dev,
		       const char *value)
{
	bool weight = !strcmp(what, "weight");
	char message[96];
	uint64_t n;
	int path;

	if (rrpath_parse_u64(value, weight, weight ? RRPATH_MAX_WEIGHT : RRPATH_MAX_PRIORITY, &n))
		return usage_of_set(value, what, weight ? "1 to 256" : "0 to 65535");
	path = rrpath_map_path_find(map, dev);
	if (path < 0)
		return RRPATH_FAILED;
	snprintf(message, sizeof(message), "set_%s %s %llu", what, map->path[path].devno,
		 (unsigned long long)n);
	return change(map, message);
}

static int set_of_map(const struct rrpath_map *map, const char *option, const char *value)
{
	char text[RRPATH_VALUE_LEN], message[64];
	int opt = rrpath_opt_find(option);

	if (rrpath_opt_parse((enum rrpath_opt)opt, value, text))
		return usage_of_set(value, rrpath_opt_types[opt].name,
				    rrpath_opt_types[opt].accepts);
	if (opt == RRPATH_OPT_QUEUE)
		return change(map, strcmp(text, "0") ? "queue_if_no_path" : "fail_if_no_path");
	snprintf(message, sizeof(message), "set %s %s", rrpath_opt_types[opt].name, text);
	return change(map, message);
}

/* "set NAME fail_if_no_path" is "set NAME queue_if_no_path no". */
static bool is_fail_if_no_path(const char *option)
{
	return !strcmp(option, "fail_if_no_path") || !strcmp(option, "fail-if-no-path");
}

/*
 * RRPATH_DONE if there is such an option and it takes @nr words, else
 * RRPATH_USAGE with one line on stderr and the hint.
 */
static int check_option(const char *option, int nr)
{
	int opt = rrpath_opt_find(option);
	int min = 1, max = 1;

	if (!strcmp(option, "priority") || !strcmp(option, "weight")) {
		min = 2;
		max = 2;
	} else if (is_fail_if_no_path(option) || opt == RRPATH_OPT_QUEUE) {
		min = 0;
	} else if (opt < 0) {
		rrpath_error("there is no option %s", rrpath_quote(option));
		return rrpath_see_help("set");
	}
	if (nr >= min && nr <= max)
		return RRPATH_DONE;
	rrpath_error("%s takes %s", rrpath_quote(option),
		     max == 2 ? "DEV and a number" : "a value");
	return rrpath_see_help("set");
}

static int set_option(const struct rrpath_map *map, const char *option, char **words)
{
	char text[RRPATH_VALUE_LEN];

	if (!strcmp(option, "priority") || !strcmp(option, "weight"))
		return set_of_path(map, option, words[0], words[1]);
	if (!is_fail_if_no_path(option))
		return set_of_map(map, option, words[0] ? words[0] : "yes");
	if (!words[0])
		return set_of_map(map, "queue_if_no_path", "no");
	if (rrpath_opt_parse(RRPATH_OPT_QUEUE, words[0], text))
		return usage_of_set(words[0], option, "yes or no");
	return set_of_map(map, "queue_if_no_path", *text == '0' ? "yes" : "no");
}

int rrpath_cmd_set(int argc, char **argv)
{
	struct rrpath_map map __rr_cleanup(rrpath_map_free) = { 0 };
	int ret;

	ret = parse(argc, argv, 2, 4, "NAME, OPTION and its value");
	if (!ret)
		ret = check_option(argv[optind + 1], argc - optind - 2);
	if (!ret)
		ret = open_map(argv[optind], &map);
	if (!ret)
		ret = set_option(&map, argv[optind + 1], argv + optind + 2);
	if (ret)
		return ret;
	rrpath_record_changed(map.name, NULL, NULL);
	/* How patient the transport has to be depends on that. */
	if (strstr(argv[optind + 1], "if_no_path"))
		rrpath_timers_changed(map.name);
	return RRPATH_DONE;
}
