// SPDX-License-Identifier: GPL-2.0
/*
 * What a disk says of itself, as sysfs has it: WWID, vendor, model, size, transport, each
 * ended by a NUL. Whatever that is, it is printable, and the record finds the disk again.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../check.h"
#include "../maps-conf.h"
#include "../record.h"
#include "../transport.h"
#include "fuzz.h"

static struct {
	const char *name;
	char *text;
} file[] = { { "wwid", NULL }, { "vendor", NULL }, { "model", NULL }, { "size", NULL },
	     { "transport", NULL } };

FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
	const char *name = strrchr(path, '/') + 1;
	size_t i;

	(void)mode;
	for (i = 0; i < RRPATH_ARRAY_SIZE(file); i++)
		if (!strcmp(name, file[i].name) && *file[i].text)
			return fmemopen(file[i].text, strlen(file[i].text), "r");
	errno = ENOENT;
	return NULL;
}

char *__wrap_realpath(const char *path, char *resolved);
char *__wrap_realpath(const char *path, char *resolved)
{
	(void)path;
	must(!resolved);
	return rrpath_dup("/sys/devices/host2/session1/target2:0:0/2:0:0:1/block/sda");
}

ssize_t __wrap_readlink(const char *path, char *to, size_t size);
ssize_t __wrap_readlink(const char *path, char *to, size_t size)
{
	(void)path;
	return snprintf(to, size, "../../2:0:0:1");
}

/* The disk is no partition. */
int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
	(void)path;
	(void)mode;
	errno = ENOENT;
	return -1;
}

/* And what carries it is not known. */
int __wrap_rrpath_transport_of(const struct rrpath_dev *dev, struct rrpath_transport *t);
int __wrap_rrpath_transport_of(const struct rrpath_dev *dev, struct rrpath_transport *t)
{
	(void)dev;
	memset(t, 0, sizeof(*t));
	return -ENOENT;
}

static void is_ascii(const char *text)
{
	for (; *text; text++)
		must(*text >= ' ' && *text <= '~');
}

/* As it is recorded, so it is found. */
static void is_found(const struct rrpath_dev *dev)
{
	struct rrpath_str why __rr_cleanup(rrpath_str_free) = { 0 };
	struct rrpath_conf_map map = { .name = "lun0", .policy = "failover" };
	struct rrpath_conf conf;
	char *text;

	rrpath_copy(map.wwid, sizeof(map.wwid), dev->wwid);
	text = rrpath_conf_put("", &map);
	must(!rrpath_conf_parse(&conf, text, &why));
	must(conf.nr == 1 && rrpath_conf_find_wwid(&conf, dev->wwid));
	rrpath_conf_free(&conf);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char uuid[RRPATH_UUID_LEN], key[RRPATH_KEY_LEN];
	struct rrpath_dev dev;
	size_t i;

	rrpath_roots.udev = false;
	for (i = 0; i < RRPATH_ARRAY_SIZE(file); i++)
		file[i].text = fuzz_part(&data, &size);
	must(!rrpath_dev_facts(8, 0, &dev));
	is_ascii(dev.wwid);
	is_ascii(dev.vendor);
	is_ascii(dev.model);
	must(!strcmp(dev.name, "sda") && !strcmp(dev.hctl, "2:0:0:1"));
	rrpath_uuid_for(&dev, "lun0", uuid);
	must(strlen(uuid) < sizeof(uuid) && !strncmp(uuid, "rrpath-", 7) && uuid[7]);
	must(!uuid[strspn(uuid, RRPATH_DM_CHARACTERS)]);
	rrpath_path_key(&dev, key);
	must(*key && !strpbrk(key, " \t\n"));
	if (*dev.wwid)
		is_found(&dev);
	rrpath_dev_free(&dev);
	for (i = 0; i < RRPATH_ARRAY_SIZE(file); i++)
		free(file[i].text);
	return 0;
}
