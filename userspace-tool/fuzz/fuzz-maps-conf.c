// SPDX-License-Identifier: GPL-2.0
/*
 * maps.conf: an entry that is put into the text is read from it as it was, and changes
 * no other; one that is cut is gone, and one that is renamed has the new name.
 */
#include <string.h>

#include "../maps-conf.h"
#include "fuzz.h"

static bool same_path(const struct rrpath_conf_path *a, const struct rrpath_conf_path *b)
{
	return a->priority == b->priority && a->weight == b->weight && a->out == b->out &&
	       a->any_wwid == b->any_wwid;
}

static void same(const struct rrpath_conf_map *a, const struct rrpath_conf_map *b)
{
	static const struct rrpath_conf_path plain = { .priority = 1, .weight = 1 };
	size_t i;

	must(!strcmp(a->name, b->name) && !strcmp(a->wwid, b->wwid));
	must(!strcmp(a->policy, b->policy));
	for (i = 0; i < RRPATH_NR_OPTS; i++)
		must(!strcmp(a->opt[i], b->opt[i]));
	/* A path about which there is nothing to say may be left out. */
	for (i = 0; i < a->nr_paths; i++) {
		const struct rrpath_conf_path *path = rrpath_conf_path(b, a->path[i].key);

		must(same_path(&a->path[i], path ? path : &plain));
	}
	must(b->nr_paths <= a->nr_paths);
}

/* The text has these entries, and no other. */
static void has(const char *text, const struct rrpath_conf *conf, const char *but)
{
	struct rrpath_str why __rr_cleanup(rrpath_str_free) = { 0 };
	struct rrpath_conf again;
	size_t i, nr = 0;

	must(!rrpath_conf_parse(&again, text, &why));
	for (i = 0; i < conf->nr; i++) {
		const struct rrpath_conf_map *map = rrpath_conf_find(&again, conf->map[i].name);

		if (but && !strcmp(but, conf->map[i].name)) {
			must(!map);
			continue;
		}
		must(map);
		same(&conf->map[i], map);
		must(map == rrpath_conf_find_wwid(&again, conf->map[i].wwid));
		nr++;
	}
	must(again.nr == nr);
	rrpath_conf_free(&again);
}

static void renamed(const char *text, const struct rrpath_conf *conf, const char *name)
{
	struct rrpath_str why __rr_cleanup(rrpath_str_free) = { 0 };
	static const char to[] = "a.name.that.is.not.in.the.corpus";
	struct rrpath_conf again;
	char *new;

	if (rrpath_conf_find(conf, to))
		return;
	new = rrpath_conf_rename(text, name, to);
	must(!rrpath_conf_parse(&again, new, &why));
	must(again.nr == conf->nr);
	must(rrpath_conf_find(&again, to) && !rrpath_conf_find(&again, name));
	rrpath_conf_free(&again);
	free(new);
}

static void edits(const char *text, struct rrpath_conf *conf, size_t index)
{
	struct rrpath_conf_map *map = &conf->map[index];
	char *put, *again, *cut;

	renamed(text, conf, map->name);
	cut = rrpath_conf_cut(text, map->name);
	has(cut, conf, map->name);
	free(cut);
	/* As it is, then with all that can be said about it. */
	put = rrpath_conf_put(text, map);
	has(put, conf, NULL);
	again = rrpath_conf_put(put, map);
	must(!strcmp(put, again));
	free(again);
	rrpath_conf_path_get(map, "hctl:0:0:0:1")->priority = 7;
	rrpath_copy(map->opt[RRPATH_OPT_QUEUE], RRPATH_VALUE_LEN, "1");
	rrpath_copy(map->opt[RRPATH_OPT_FAILBACK], RRPATH_VALUE_LEN, "manual");
	again = rrpath_conf_put(put, map);
	has(again, conf, NULL);
	free(again);
	free(put);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rrpath_str why __rr_cleanup(rrpath_str_free) = { 0 };
	char *text __rr_cleanup(rrpath_freep) = fuzz_text(data, size);
	struct rrpath_conf conf;
	int ret = rrpath_conf_parse(&conf, text, &why);
	char *put;

	must(!ret == !why.len);
	if (!ret && conf.nr) {
		edits(text, &conf, size % conf.nr);
	} else if (conf.nr) {
		/* What cannot be read stays, wherever it is. */
		put = rrpath_conf_put(text, &conf.map[size % conf.nr]);
		free(put);
	}
	rrpath_conf_free(&conf);
	return 0;
}
