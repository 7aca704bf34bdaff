// SPDX-License-Identifier: GPL-2.0
/* What udev rules ask about a device while they handle its event. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "query.h"
#include "record.h"

#define UUID_PREFIX	"rrpath-"

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* The rrpath map that has the disk open now. */
static bool find_holder(const struct rrpath_dev *dev, char *name, size_t size)
{
	char *path __rr_cleanup(rrpath_freep) = rrpath_printf("%s/holders", dev->dir);
	DIR *dir __rr_cleanup(close_dir) = opendir(path);
	char uuid[RRPATH_UUID_LEN];
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.' &&
		    rrpath_read_line(uuid, sizeof(uuid), "%s/%s/dm/uuid", path, entry->d_name) &&
		    !strncmp(uuid, UUID_PREFIX, strlen(UUID_PREFIX)) &&
		    rrpath_read_line(name, size, "%s/%s/dm/name", path, entry->d_name))
			return true;
	return false;
}

static int query_disk(const struct rrpath_dev *dev)
{
	struct rrpath_conf conf __rr_cleanup(rrpath_conf_free) = { 0 };
	const struct rrpath_conf_map *map;
	char name[RRPATH_NAME_LEN];

	rrpath_record_load(&conf, false);
	map = *dev->wwid ? rrpath_conf_find_wwid(&conf, dev->wwid) : NULL;
	if (map)
		rrpath_copy(name, sizeof(name), map->name);
	else if (!find_holder(dev, name, sizeof(name)))
		return RRPATH_FAILED;
	printf("DM_RRPATH_MAP=%s\n", name);
	return RRPATH_DONE;
}

/* Of its paths, by what sysfs says. */
static unsigned int count_usable(const char *kname)
{
	char *path __rr_cleanup(rrpath_freep) =
		rrpath_printf("%s/block/%s/rrpath/paths", rrpath_roots.sys, kname);
	DIR *dir __rr_cleanup(close_dir) = opendir(path);
	struct dirent *entry;
	unsigned int nr = 0;
	char state[32];

	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.' &&
		    rrpath_read_line(state, sizeof(state), "%s/%s/state", path, entry->d_name))
			nr += !strcmp(state, "active") || !strcmp(state, "standby");
	return nr;
}

/* As scsi_id numbers the kinds of identifiers: naa 3, eui 2, t10 1. */
static void print_links(const char *wwid)
{
	const char *value = strchr(wwid, '.');

	/* A UUID that was not made here may have in it what would be another line to udev. */
	if (!value++ || !*value || value[strspn(value, RRPATH_DM_CHARACTERS)])
		return;
	if (!strncmp(wwid, "naa.", 4))
		printf("DM_TYPE=scsi\nDM_SERIAL=3%s\nDM_WWN=0x%s\n", value, value);
	else if (!strncmp(wwid, "eui.", 4))
		printf("DM_TYPE=nvme\nDM_SERIAL=%s\nDM_WWN=%s\n", wwid, wwid);
	else if (!strncmp(wwid, "uuid.", 5) || !strncmp(wwid, "nvme.", 5))
		printf("DM_TYPE=nvme\nDM_SERIAL=%s\n", wwid);
}

static int query_map(const struct rrpath_dev *dev)
{
	char uuid[RRPATH_UUID_LEN];

	if (!rrpath_read_line(uuid, sizeof(uuid), "%s/dm/uuid", dev->dir) ||
	    strncmp(uuid, UUID_PREFIX, strlen(UUID_PREFIX)))
		return RRPATH_FAILED;
	printf("DM_RRPATH_USABLE=%u\n", count_usable(dev->name));
	print_links(uuid + strlen(UUID_PREFIX));
	return RRPATH_DONE;
}

int rrpath_query(const char *word)
{
	struct rrpath_dev dev __rr_cleanup(rrpath_dev_free) = { 0 };
	unsigned int major, minor;

	if (rrpath_dev_number(word, &major, &minor) || rrpath_dev_facts(major, minor, &dev))
		return RRPATH_FAILED;
	return strncmp(dev.name, "dm-", 3) ? query_disk(&dev) : query_map(&dev);
}
