// SPDX-License-Identifier: GPL-2.0
/* The record of maps: its text. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps-conf.h"

static const char blanks[] = " \t\r";

static const char head[] =
	"# The maps of rrpath(8), as they are made again at boot; see FILES there.\n"
	"# rrpath keeps this up to date. Comments stay, and so do entries of other maps.\n";

void rrpath_conf_map_free(struct rrpath_conf_map *map)
{
	size_t i;

	for (i = 0; i < map->nr_paths; i++)
		free(map->path[i].key);
	free(map->path);
	memset(map, 0, sizeof(*map));
}

void rrpath_conf_free(struct rrpath_conf *conf)
{
	size_t i;

	for (i = 0; i < conf->nr; i++)
		rrpath_conf_map_free(&conf->map[i]);
	free(conf->map);
	memset(conf, 0, sizeof(*conf));
}

struct rrpath_conf_map *rrpath_conf_find(const struct rrpath_conf *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->nr; i++)
		if (!strcmp(conf->map[i].name, name))
			return &conf->map[i];
	return NULL;
}

struct rrpath_conf_map *rrpath_conf_find_wwid(const struct rrpath_conf *conf, const char *wwid)
{
	size_t i;

	for (i = 0; i < conf->nr; i++)
		if (!strcmp(conf->map[i].wwid, wwid))
			return &conf->map[i];
	return NULL;
}

struct rrpath_conf_path *rrpath_conf_path(const struct rrpath_conf_map *map, const char *key)
{
	size_t i;

	for (i = 0; i < map->nr_paths; i++)
		if (!strcmp(map->path[i].key, key))
			return &map->path[i];
	return NULL;
}

struct rrpath_conf_path *rrpath_conf_path_get(struct rrpath_conf_map *map, const char *key)
{
	struct rrpath_conf_path *path = rrpath_conf_path(map, key);

	if (path)
		return path;
	map->path = rrpath_grow(map->path, map->nr_paths + 1, sizeof(*map->path));
	path = &map->path[map->nr_paths++];
	memset(path, 0, sizeof(*path));
	path->key = rrpath_dup(key);
	path->priority = 1;
	path->weight = 1;
	return path;
}

/* The state of a reader. */
struct reader {
	struct rrpath_conf *conf;
	struct rrpath_conf_map map;	/* the entry being read */
	bool open;			/* there is one */
	bool bad;			/* and it has to be left out */
	unsigned int begin;		/* its first line */
	unsigned int line;
	struct rrpath_str *why;
};

__rr_printf(2, 3)
static void complain(struct reader *r, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	rrpath_str_add(r->why, "line %u: %s\n", r->line, text);
	r->bad = true;
}

/* What of an entry can be seen at its end only. */
static void end_map(struct reader *r)
{
	struct rrpath_conf_map *same;
	unsigned int line = r->line;

	if (!r->open)
		return;
	r->open = false;
	r->line = r->begin;
	if (!*r->map.wwid && !r->bad)
		complain(r, "the map %s has no wwid", rrpath_quote(r->map.name));
	same = rrpath_conf_find_wwid(r->conf, r->map.wwid);
	if (!r->bad && same)
		complain(r, "the map %s has the wwid of the map %s", rrpath_quote(r->map.name),
			 rrpath_quote(same->name));
	r->line = line;
	if (r->bad) {
		rrpath_conf_map_free(&r->map);
		return;
	}
	if (!*r->map.policy)
		rrpath_copy(r->map.policy, sizeof(r->map.policy), rrpath_policies[0]);
	r->conf->map = rrpath_grow(r->conf->map, r->conf->nr + 1, sizeof(*r->conf->map));
	r->conf->map[r->conf->nr++] = r->map;
	memset(&r->map, 0, sizeof(r->map));
}

static bool is_name(const char *name)
{
	return strlen(name) < RRPATH_NAME_LEN && *name != '-' &&
	       strspn(name, RRPATH_DM_CHARACTERS) == strlen(name);
}

static void begin_map(struct reader *r, const struct rrpath_words *w)
{
	end_map(r);
	r->open = true;
	r->bad = false;
	r->begin = r->line;
	if (w->nr != 2)
		complain(r, w->nr < 2 ? "%s needs a name" : "%s: a name is one word",
			 rrpath_quote(w->word[w->nr - 1]));
	else if (!is_name(w->word[1]))
		complain(r, "%s is no name of a map", rrpath_quote(w->word[1]));
	else if (rrpath_conf_find(r->conf, w->word[1]))
		complain(r, "the map %s is there twice", rrpath_quote(w->word[1]));
	else
		rrpath_copy(r->map.name, sizeof(r->map.name), w->word[1]);
}

/* A WWID can have blanks in it: it is the rest of the line. */
static void read_wwid(struct reader *r, const char *rest)
{
	if (!*rest)
		complain(r, "'wwid' needs a value");
	else if (*r->map.wwid)
		complain(r, "'wwid' is there twice");
	else if (strlen(rest) >= RRPATH_WWID_LEN)
		complain(r, "%s is too long for a wwid", rrpath_quote(rest));
	else
		rrpath_copy(r->map.wwid, sizeof(r->map.wwid), rest);
}

static void read_path(struct reader *r, const struct rrpath_words *w)
{
	struct rrpath_conf_path *path;
	size_t i;

	if (w->nr < 2) {
		complain(r, "'path' needs the path's address");
		return;
	}
	if (rrpath_conf_path(&r->map, w->word[1])) {
		complain(r, "the path %s is there twice", rrpath_quote(w->word[1]));
		return;
	}
	path = rrpath_conf_path_get(&r->map, w->word[1]);
	for (i = 2; i < w->nr; i++) {
		const char *what = w->word[i];
		bool weight = !strcmp(what, "weight");
		uint64_t n;

		if (!strcmp(what, "out")) {
			path->out = true;
			continue;
		}
		if (!strcmp(what, "any-wwid")) {
			path->any_wwid = true;
			continue;
		}
		if (!weight && strcmp(what, "priority")) {
			complain(r, "%s is not priority, weight, out or any-wwid",
				 rrpath_quote(what));
			return;
		}
		if (++i == w->nr) {
			complain(r, "'%s' needs a number", what);
			return;
		}
		if (rrpath_parse_u64(w->word[i], weight,
				     weight ? RRPATH_MAX_WEIGHT : RRPATH_MAX_PRIORITY, &n)) {
			complain(r, "%s is no %s: %s", rrpath_quote(w->word[i]), what,
				 weight ? "1 to 256" : "0 to 65535");
			return;
		}
		*(weight ? &path->weight : &path->priority) = (unsigned int)n;
	}
}

static void read_setting(struct reader *r, const struct rrpath_words *w)
{
	const char *key = w->word[0], *value = w->nr > 1 ? w->word[1] : NULL;
	int opt = rrpath_opt_find(key);
	bool policy = !strcmp(key, "policy");

	if (opt < 0 && !policy) {
		complain(r, "there is no setting %s", rrpath_quote(key));
		return;
	}
	if (w->nr > 2) {
		complain(r, "%s: %s takes one value", rrpath_quote(w->word[2]),
			 rrpath_quote(key));
		return;
	}
	if (policy ? *r->map.policy : *r->map.opt[opt]) {
		complain(r, "%s is there twice", rrpath_quote(key));
		return;
	}
	if (!value && (policy || !rrpath_opt_types[opt].flag)) {
		complain(r, "%s needs a value", rrpath_quote(key));
		return;
	}
	if (policy && !rrpath_policy_is_word(value))
		complain(r, "%s is no policy", rrpath_quote(value));
	else if (policy)
		rrpath_copy(r->map.policy, sizeof(r->map.policy), value);
	else if (rrpath_opt_parse((enum rrpath_opt)opt, value ? value : "yes", r->map.opt[opt]))
		complain(r, "%s is no value of %s: %s", rrpath_quote(value),
			 rrpath_opt_types[opt].name, rrpath_opt_types[opt].accepts);
}

/* From the text of a line: without its blanks at both ends, NULL if it is a comment. */
static char *trim(char *line)
{
	size_t len;

	line += strspn(line, blanks);
	len = strlen(line);
	while (len && strchr(blanks, line[len - 1]))
		line[--len] = '\0';
	return *line && *line != '#' ? line : NULL;
}

static void read_line(struct reader *r, char *line)
{
	struct rrpath_words w __rr_cleanup(rrpath_words_free) = { 0 };

	line = trim(line);
	if (!line)
		return;
	rrpath_words_split(&w, line);
	if (!strcmp(w.word[0], "map")) {
		begin_map(r, &w);
	} else if (!r->open) {
		complain(r, "%s comes before any 'map NAME'", rrpath_quote(w.word[0]));
	} else if (!strcmp(w.word[0], "wwid")) {
		line += strlen("wwid");
		read_wwid(r, line + strspn(line, blanks));
	} else if (!strcmp(w.word[0], "path")) {
		read_path(r, &w);
	} else {
		read_setting(r, &w);
	}
}

int rrpath_conf_parse(struct rrpath_conf *conf, const char *text, struct rrpath_str *why)
{
	char *copy __rr_cleanup(rrpath_freep) = rrpath_dup(text);
	struct reader r = { .conf = conf, .why = why };
	size_t complaints = why->len;
	char *rest = copy, *line;

	memset(conf, 0, sizeof(*conf));
	while ((line = strsep(&rest, "\n"))) {
		r.line++;
		read_line(&r, line);
	}
	end_map(&r);
	return why->len == complaints ? 0 : -EINVAL;
}

/* A line that an entry has to have, and whether the text has it already. */
struct wanted {
	char *text;
	size_t key;	/* so many characters of it say what it is about */
	bool there;
};

struct wanteds {
	struct wanted *line;
	size_t nr;
};

static void free_wanteds(struct wanteds *w)
{
	size_t i;

	for (i = 0; i < w->nr; i++)
		free(w->line[i].text);
	free(w->line);
}

__rr_printf(3, 4)
static void want(struct wanteds *w, int key, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = rrpath_vprintf(fmt, ap);
	va_end(ap);
	w->line = rrpath_grow(w->line, w->nr + 1, sizeof(*w->line));
	w->line[w->nr].text = text;
	w->line[w->nr].key = key < 0 ? strcspn(text, " ") : (size_t)key;
	w->line[w->nr++].there = false;
}

/* True if there is a line too that is about this path and others over the same portal. */
static bool is_exception(const struct rrpath_conf_map *map, const struct rrpath_conf_path *path)
{
	size_t i, len;

	for (i = 0; i < map->nr_paths; i++) {
		len = strlen(map->path[i].key);
		if (!strncmp(map->path[i].key, path->key, len) && path->key[len] == ',')
			return true;
	}
	return false;
}

static void want_path(struct wanteds *w, const struct rrpath_conf_map *map,
		      const struct rrpath_conf_path *path)
{
	char priority[32] = "", weight[32] = "";

	if (path->priority == 1 && path->weight == 1 && !path->out && !path->any_wwid &&
	    !is_exception(map, path))
		return;
	if (path->priority != 1)
		snprintf(priority, sizeof(priority), " priority %u", path->priority);
	if (path->weight != 1)
		snprintf(weight, sizeof(weight), " weight %u", path->weight);
	want(w, (int)(strlen("path ") + strlen(path->key)), "path %s%s%s%s%s", path->key,
	     priority, weight, path->out ? " out" : "", path->any_wwid ? " any-wwid" : "");
}

static void want_map(struct wanteds *w, const struct rrpath_conf_map *map)
{
	size_t i;

	want(w, -1, "wwid %s", map->wwid);
	want(w, -1, "policy %s", map->policy);
	for (i = 0; i < RRPATH_NR_OPTS; i++) {
		const struct rrpath_opt_type *type = &rrpath_opt_types[i];

		if (!*map->opt[i])
			continue;
		if (!type->flag)
			want(w, -1, "%s %s", type->name, map->opt[i]);
		else
			want(w, -1, "%s %s", type->name, *map->opt[i] == '1' ? "yes" : "no");
	}
	for (i = 0; i < map->nr_paths; i++)
		want_path(w, map, &map->path[i]);
}

/* The words of a line with one blank between them; "" for a comment. */
static char *normal(const char *line)
{
	struct rrpath_words w __rr_cleanup(rrpath_words_free) = { 0 };
	char *copy __rr_cleanup(rrpath_freep) = rrpath_dup(line);
	const char *trimmed = trim(copy);
	struct rrpath_str s = { 0 };
	size_t i;

	rrpath_words_split(&w, trimmed ? trimmed : "");
	for (i = 0; i < w.nr; i++)
		rrpath_str_add(&s, "%s%s", i ? " " : "", w.word[i]);
	return s.text ? s.text : rrpath_dup("");
}

/* The wanted line about the same thing as @line, NULL if none is. */
static struct wanted *wanted_for(const struct wanteds *w, const char *line)
{
	size_t i;

	for (i = 0; i < w->nr; i++) {
		struct wanted *wanted = &w->line[i];
		char end = strlen(line) > wanted->key ? line[wanted->key] : '\0';

		if (!wanted->there && !strncmp(wanted->text, line, wanted->key) &&
		    (end == ' ' || !end))
			return wanted;
	}
	return NULL;
}

struct editor {
	struct rrpath_str out;
	const char *name;
	struct wanteds *wanted;	/* NULL: the entry goes */
	bool inside;
	bool found;
	/* Comments and blank lines whose place is not known yet: of this map or the next. */
	struct rrpath_str held;
};

static void put_rest(struct editor *e)
{
	size_t i;

	for (i = 0; e->wanted && i < e->wanted->nr; i++)
		if (!e->wanted->line[i].there)
			rrpath_str_add(&e->out, "\t%s\n", e->wanted->line[i].text);
}

static void release_held(struct editor *e, bool keep)
{
	if (e->held.len && keep)
		rrpath_str_add(&e->out, "%s", e->held.text);
	rrpath_str_free(&e->held);
}

/* A line of the entry that is edited. */
static void edit_setting(struct editor *e, const char *line, const char *is)
{
	char *same __rr_cleanup(rrpath_freep) = NULL;
	struct wanted *wanted;

	wanted = e->wanted ? wanted_for(e->wanted, is) : NULL;
	release_held(e, e->wanted);
	if (!wanted)
		return;
	wanted->there = true;
	/* What is meant the same stays as it was typed; a WWID's blanks count. */
	same = normal(wanted->text);
	if (!strcmp(same, is) && (strncmp(is, "wwid ", 5) || strstr(line, wanted->text + 5)))
		rrpath_str_add(&e->out, "%s\n", line);
	else
		rrpath_str_add(&e->out, "\t%s\n", wanted->text);
}

/* The one that was put before the entry goes with it. */
static void drop_blank_line(struct rrpath_str *s)
{
	if (s->len > 1 && !strcmp(s->text + s->len - 2, "\n\n"))
		s->text[--s->len] = '\0';
}

static void edit_line(struct editor *e, const char *line)
{
	char *is __rr_cleanup(rrpath_freep) = normal(line);

	if (!strcmp(is, "map") || !strncmp(is, "map ", 4)) {
		if (e->inside)
			put_rest(e);
		release_held(e, true);
		e->inside = !e->found && !strcmp(is + 3 + !!is[3], e->name);
		e->found |= e->inside;
		if (!e->inside || e->wanted)
			rrpath_str_add(&e->out, "%s\n", line);
		else
			drop_blank_line(&e->out);
	} else if (!e->inside) {
		rrpath_str_add(&e->out, "%s\n", line);
	} else if (!*is) {
		rrpath_str_add(&e->held, "%s\n", line);
	} else {
		edit_setting(e, line, is);
	}
}

static char *edit(const char *text, const char *name, struct wanteds *wanted)
{
	char *copy __rr_cleanup(rrpath_freep) = rrpath_dup(text);
	struct editor e = { .name = name, .wanted = wanted };
	char *rest = copy, *line;

	rrpath_str_add(&e.out, "%s", "");
	while ((line = strsep(&rest, "\n")))
		if (rest || *line)
			edit_line(&e, line);
	if (e.inside)
		put_rest(&e);
	release_held(&e, true);
	if (wanted && !e.found) {
		if (!e.out.len)
			rrpath_str_add(&e.out, "%s", head);
		rrpath_str_add(&e.out, "\nmap %s\n", name);
		put_rest(&e);
	}
	return e.out.text;
}

char *rrpath_conf_put(const char *text, const struct rrpath_conf_map *map)
{
	struct wanteds wanted __rr_cleanup(free_wanteds) = { 0 };

	want_map(&wanted, map);
	return edit(text, map->name, &wanted);
}

char *rrpath_conf_cut(const char *text, const char *name)
{
	return edit(text, name, NULL);
}

char *rrpath_conf_rename(const char *text, const char *name, const char *to)
{
	char *copy __rr_cleanup(rrpath_freep) = rrpath_dup(text);
	char *begin __rr_cleanup(rrpath_freep) = rrpath_printf("map %s", name);
	struct rrpath_str out = { 0 };
	char *rest = copy, *line;

	rrpath_str_add(&out, "%s", "");
	while ((line = strsep(&rest, "\n"))) {
		char *is __rr_cleanup(rrpath_freep) = normal(line);

		if (!strcmp(is, begin))
			rrpath_str_add(&out, "map %s%s", to, rest ? "\n" : "");
		else
			rrpath_str_add(&out, "%s%s", line, rest ? "\n" : "");
	}
	return out.text;
}
