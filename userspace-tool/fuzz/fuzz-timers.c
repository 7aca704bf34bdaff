// SPDX-License-Identifier: GPL-2.0
/* /etc/rrpath/timers: what is read is written, and read again the same. */
#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "../timers-file.h"
#include "fuzz.h"

/* What the file has, and what was last written to it; NULL: there is none. */
static const char *file;
static char *written;

FILE *__wrap_rrpath_open_ours(const char *name);
FILE *__wrap_rrpath_open_ours(const char *name)
{
	(void)name;
	if (!file || !*file) {
		errno = ENOENT;
		return NULL;
	}
	return fmemopen((void *)(uintptr_t)file, strlen(file), "r");
}

int __wrap_unlink(const char *name);
int __wrap_unlink(const char *name)
{
	(void)name;
	return 0;
}

int __wrap_rrpath_replace_file(const char *name, const char *text, mode_t mode);
int __wrap_rrpath_replace_file(const char *name, const char *text, mode_t mode)
{
	(void)name;
	must(!(mode & 077));
	free(written);
	written = rrpath_dup(text);
	return 0;
}

static void same(const struct rrpath_limits *a, const struct rrpath_limits *b)
{
	size_t i, n;

	must(a->nr_maps == b->nr_maps && a->nr == b->nr);
	for (i = 0; i < a->nr_maps; i++)
		must(!strcmp(a->map[i], b->map[i]));
	for (i = 0; i < a->nr; i++) {
		const struct rrpath_limit *l = &a->limit[i], *m = &b->limit[i];

		must(!strcmp(l->maps, m->maps) && !strcmp(l->owner, m->owner));
		must(!strcmp(l->name, m->name) && l->before == m->before && l->set == m->set);
		must(l->nr_earlier == m->nr_earlier);
		for (n = 0; n < l->nr_earlier; n++)
			must(l->earlier[n] == m->earlier[n]);
	}
}

/* A user that comes and goes leaves what was there; the last that goes leaves nobody. */
static void users(struct rrpath_limit *limit)
{
	static const char user[] = "a.name.that.is.not.in.the.corpus";
	char *before;

	if (rrpath_limit_has_user(limit, user))
		return;
	/* An empty name among the commas is nobody's: it goes with the first change. */
	rrpath_limit_remove_user(limit, "");
	before = rrpath_dup(limit->maps);
	rrpath_limit_add_user(limit, user);
	must(rrpath_limit_has_user(limit, user));
	rrpath_limit_remove_user(limit, user);
	must(!rrpath_limit_has_user(limit, user));
	must(!strcmp(before, limit->maps));
	free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text __rr_cleanup(rrpath_freep) = fuzz_text(data, size);
	struct rrpath_limits limits, again;
	size_t i;

	file = text;
	rrpath_limits_load(&limits);
	if (limits.nr || limits.nr_maps) {
		must(!rrpath_limits_save(&limits));
		file = written;
		rrpath_limits_load(&again);
		same(&limits, &again);
		rrpath_limits_free(&again);
	}
	for (i = 0; i < limits.nr; i++) {
		rrpath_limit_set(&limits.limit[i], 42);
		must(rrpath_limit_is_ours(&limits.limit[i], 42));
		users(&limits.limit[i]);
	}
	rrpath_limits_free(&limits);
	free(written);
	written = NULL;
	return 0;
}
