// SPDX-License-Identifier: GPL-2.0
/* /etc/rrpath/timers: what was changed, and what it was. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "replace.h"
#include "timers-file.h"
#include "util.h"

#define NOBODY	"-"

static char *file_name(void)
{
	return rrpath_printf("%s/rrpath/timers", rrpath_roots.etc);
}

static void free_limit(struct rrpath_limit *limit)
{
	free(limit->earlier);
	free(limit->maps);
	free(limit->owner);
	free(limit->name);
}

void rrpath_limits_free(struct rrpath_limits *r)
{
	size_t i;

	for (i = 0; i < r->nr; i++)
		free_limit(&r->limit[i]);
	for (i = 0; i < r->nr_maps; i++)
		free(r->map[i]);
	free(r->limit);
	free(r->map);
	memset(r, 0, sizeof(*r));
}

struct rrpath_limit *rrpath_limits_add(struct rrpath_limits *r, const char *maps,
				       const char *owner, const char *name, long before,
				       long set)
{
	struct rrpath_limit *limit;

	r->limit = rrpath_grow(r->limit, r->nr + 1, sizeof(*r->limit));
	limit = &r->limit[r->nr++];
	memset(limit, 0, sizeof(*limit));
	limit->maps = rrpath_dup(maps);
	limit->owner = rrpath_dup(owner);
	limit->name = rrpath_dup(name);
	limit->before = before;
	limit->set = set;
	return limit;
}

void rrpath_limits_add_map(struct rrpath_limits *r, const char *name)
{
	r->map = rrpath_grow(r->map, r->nr_maps + 1, sizeof(*r->map));
	r->map[r->nr_maps++] = rrpath_dup(name);
}

bool rrpath_limits_has_map(const struct rrpath_limits *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->nr_maps; i++)
		if (!strcmp(r->map[i], name))
			return true;
	return false;
}

void rrpath_limits_remove_map(struct rrpath_limits *r, const char *name)
{
	size_t i, left = 0;

	for (i = 0; i < r->nr_maps; i++) {
		if (strcmp(r->map[i], name))
			r->map[left++] = r->map[i];
		else
			free(r->map[i]);
	}
	r->nr_maps = left;
}

static bool parse_long(const char *text, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(text, &end, 10);
	return !errno && end > text && !*end;
}

static void add_earlier(struct rrpath_limit *limit, long value)
{
	limit->earlier = rrpath_grow(limit->earlier, limit->nr_earlier + 1,
				     sizeof(*limit->earlier));
	limit->earlier[limit->nr_earlier++] = value;
}

bool rrpath_limit_is_ours(const struct rrpath_limit *limit, long value)
{
	size_t i;

	for (i = 0; i < limit->nr_earlier; i++)
		if (limit->earlier[i] == value)
			return true;
	return limit->set == value;
}

void rrpath_limit_set(struct rrpath_limit *limit, long value)
{
	long was = limit->set;

	if (was == value)
		return;
	limit->set = value;
	if (!rrpath_limit_is_ours(limit, was))
		add_earlier(limit, was);
}

/* The line of a limit, from its numbers: "5,1". */
static void load_limit(struct rrpath_limits *r, const struct rrpath_words *w)
{
	struct rrpath_limit *limit;
	char *rest = w->word[5], *word = strsep(&rest, ",");
	long before, set;

	if (!parse_long(w->word[4], &before) || !parse_long(word, &set))
		return;
	limit = rrpath_limits_add(r, w->word[1], w->word[2], w->word[3], before, set);
	while ((word = strsep(&rest, ",")))
		if (parse_long(word, &set))
			add_earlier(limit, set);
}

/* Lines that cannot be read are left out: there is nothing to put back by them. */
void rrpath_limits_load(struct rrpath_limits *r)
{
	char *name __rr_cleanup(rrpath_freep) = file_name();
	FILE *file __rr_cleanup(rrpath_fclosep) = rrpath_open_ours(name);
	char *line __rr_cleanup(rrpath_freep) = NULL;
	size_t size = 0;

	memset(r, 0, sizeof(*r));
	while (file && getline(&line, &size, file) > 0) {
		struct rrpath_words w __rr_cleanup(rrpath_words_free) = { 0 };

		rrpath_words_split(&w, line);
		if (w.nr == 2 && !strcmp(w.word[0], "map"))
			rrpath_limits_add_map(r, w.word[1]);
		else if (w.nr == 6 && !strcmp(w.word[0], "limit"))
			load_limit(r, &w);
	}
}

static void print_limit(struct rrpath_str *text, const struct rrpath_limit *limit)
{
	size_t i;

	rrpath_str_add(text, "limit %s %s %s %ld %ld", limit->maps, limit->owner, limit->name,
		       limit->before, limit->set);
	for (i = 0; i < limit->nr_earlier; i++)
		rrpath_str_add(text, ",%ld", limit->earlier[i]);
	rrpath_str_add(text, "\n");
}

static void print_record(struct rrpath_str *text, const struct rrpath_limits *r)
{
	size_t i;

	rrpath_str_add(text, "# What rrpath has changed, to be put back when the map goes:\n"
		       "# limit <maps> <of what> <name> <before> <set to>[,<earlier>]\n");
	for (i = 0; i < r->nr_maps; i++)
		rrpath_str_add(text, "map %s\n", r->map[i]);
	for (i = 0; i < r->nr; i++)
		if (!r->limit[i].done)
			print_limit(text, &r->limit[i]);
}

static bool is_empty(const struct rrpath_limits *r)
{
	size_t i;

	for (i = 0; i < r->nr; i++)
		if (!r->limit[i].done)
			return false;
	return !r->nr_maps;
}

int rrpath_limits_save(const struct rrpath_limits *r)
{
	char *name __rr_cleanup(rrpath_freep) = file_name();
	struct rrpath_str text __rr_cleanup(rrpath_str_free) = { 0 };

	if (is_empty(r))
		return unlink(name) && errno != ENOENT ? -errno : 0;
	print_record(&text, r);
	return rrpath_replace_file(name, text.text, 0600);
}

bool rrpath_limit_has_user(const struct rrpath_limit *limit, const char *name)
{
	size_t len = strlen(name);
	const char *c = limit->maps;

	while (*c) {
		size_t word = strcspn(c, ",");

		if (word == len && !strncmp(c, name, len))
			return true;
		c += word + (c[word] == ',');
	}
	return false;
}

bool rrpath_limit_is_only(const struct rrpath_limit *limit, const char *name)
{
	return !strcmp(limit->maps, name) || !strcmp(limit->maps, NOBODY);
}

void rrpath_limit_add_user(struct rrpath_limit *limit, const char *name)
{
	char *old = limit->maps;

	if (rrpath_limit_has_user(limit, name))
		return;
	limit->maps = !strcmp(old, NOBODY) ? rrpath_dup(name) : rrpath_printf("%s,%s", old, name);
	free(old);
}

void rrpath_limit_remove_user(struct rrpath_limit *limit, const char *name)
{
	struct rrpath_str left = { 0 };
	char *rest = limit->maps, *word;

	while ((word = strsep(&rest, ",")))
		if (strcmp(word, name))
			rrpath_str_add(&left, "%s%s", left.len ? "," : "", word);
	if (!left.len)
		rrpath_str_add(&left, NOBODY);
	free(limit->maps);
	limit->maps = left.text;
}

bool rrpath_limit_is_node(const struct rrpath_limit *limit)
{
	return !strncmp(limit->name, "node.", 5);
}

struct rrpath_limit *rrpath_limits_find(struct rrpath_limits *r, const char *owner,
					const char *name)
{
	size_t i;

	for (i = 0; i < r->nr; i++)
		if (!strcmp(r->limit[i].owner, owner) && !strcmp(r->limit[i].name, name))
			return &r->limit[i];
	return NULL;
}

bool rrpath_limit_is_unused(const struct rrpath_limit *limit)
{
	return !strcmp(limit->maps, NOBODY);
}
