// SPDX-License-Identifier: GPL-2.0
/* All disks that the kernel has now. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "disks.h"

static bool is_no_disk(const char *name)
{
	static const char *const other[] = { "dm-", "ram", "zram", "sr", "fd", "md" };
	size_t i;

	if (*name == '.')
		return true;
	for (i = 0; i < RRPATH_ARRAY_SIZE(other); i++)
		if (!strncmp(name, other[i], strlen(other[i])))
			return true;
	return false;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

static void add_disk(struct rrpath_disks *disks, const char *name, bool partitions)
{
	unsigned int major, minor;
	struct rrpath_dev dev;
	char devno[32];

	if (!rrpath_read_line(devno, sizeof(devno), "%s/class/block/%s/dev", rrpath_roots.sys,
			      name) ||
	    rrpath_parse_devno(devno, &major, &minor) || rrpath_dev_facts(major, minor, &dev))
		return;
	if (!dev.sectors || !*dev.wwid || (dev.partition && !partitions)) {
		rrpath_dev_free(&dev);
		return;
	}
	disks->dev = rrpath_grow(disks->dev, disks->nr + 1, sizeof(*disks->dev));
	disks->dev[disks->nr++] = dev;
}

void rrpath_disks_load(struct rrpath_disks *disks, bool partitions)
{
	char *dir __rr_cleanup(rrpath_freep) = rrpath_printf("%s/class/block", rrpath_roots.sys);
	struct dirent **entry;
	int nr, i;

	memset(disks, 0, sizeof(*disks));
	nr = scandir(dir, &entry, NULL, by_name);
	for (i = 0; i < nr; i++) {
		if (!is_no_disk(entry[i]->d_name))
			add_disk(disks, entry[i]->d_name, partitions);
		free(entry[i]);
	}
	if (nr >= 0)
		free(entry);
}

void rrpath_disks_free(struct rrpath_disks *disks)
{
	size_t i;

	for (i = 0; i < disks->nr; i++)
		rrpath_dev_free(&disks->dev[i]);
	free(disks->dev);
	memset(disks, 0, sizeof(*disks));
}
