// SPDX-License-Identifier: GPL-2.0
/*
 * A bug on purpose, behind a number that nobody would set, linked into a copy of dm-rrpath: a
 * fuzzer that is guided has to find it.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "rrpath.h"

int planted_message(struct dm_target *ti, unsigned int argc, char **argv, char *result,
		    unsigned int maxlen);

static unsigned long sink;

static noinline void use_after_free(void)
{
	unsigned long *word = kzalloc(sizeof(*word), GFP_KERNEL);

	kfree(word);
	WRITE_ONCE(sink, READ_ONCE(*word));
}

int planted_message(struct dm_target *ti, unsigned int argc, char **argv, char *result,
		    unsigned int maxlen)
{
	struct rrpath_map *map = ti->private;
	int r = rrpath_message(ti, argc, argv, result, maxlen);

	if (!r && map->config->options.rr_min_io == 48879)
		use_after_free();
	return r;
}
