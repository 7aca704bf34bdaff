// SPDX-License-Identifier: GPL-2.0
/* May a disk become a path? */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "check.h"
#include "util.h"

#define UUID_PREFIX	"rrpath-"

int rrpath_check_device(const char *word, struct rrpath_dev *dev)
{
	unsigned int major, minor;
	int ret;

	memset(dev, 0, sizeof(*dev));
	ret = rrpath_dev_number(word, &major, &minor);
	if (!ret)
		ret = rrpath_dev_facts(major, minor, dev);
	if (!ret)
		return RRPATH_DONE;
	if (ret == -ENOTBLK)
		rrpath_error("%s is not a block device", rrpath_quote(word));
	else
		rrpath_error("there is no block device %s: see 'lsblk'", rrpath_quote(word));
	return RRPATH_FAILED;
}

/* What --force overrides. RRPATH_DONE if it does. */
__rr_printf(2, 3)
static int object(const struct rrpath_check *check, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (check->force) {
		rrpath_error("--force: although %s", text);
		return RRPATH_DONE;
	}
	rrpath_error("%s (--force overrides this)", text);
	return RRPATH_FAILED;
}

static int check_use(const struct rrpath_check *check, const struct rrpath_use *use)
{
	switch (use->kind) {
	case RRPATH_USE_MOUNT:
		/* No --force: the kernel gives a disk to a filesystem or to a map, not to both. */
		rrpath_error("%s is mounted on %s: umount it first", use->device,
			     rrpath_quote(use->what));
		return RRPATH_FAILED;
	case RRPATH_USE_SWAP:
		rrpath_error("%s is used as swap: 'swapoff %s' first", use->device, use->what);
		return RRPATH_FAILED;
	case RRPATH_USE_HOLDER:
		rrpath_error("%s is held by %s: stop that first", use->device,
			     rrpath_quote(use->what));
		return RRPATH_FAILED;
	case RRPATH_USE_MAP:
		break;
	}
	return object(check, "%s is held by the map %s", use->device, rrpath_quote(use->what));
}

static int check_uses(const struct rrpath_check *check, const struct rrpath_dev *dev)
{
	struct rrpath_uses uses __rr_cleanup(rrpath_uses_free) = { 0 };
	bool in_map = false;
	size_t i;

	rrpath_dev_uses(dev, &uses);
	for (i = 0; i < uses.nr; i++) {
		if (check_use(check, &uses.use[i]))
			return RRPATH_FAILED;
		in_map |= uses.use[i].kind == RRPATH_USE_MAP;
	}
	if (!in_map && rrpath_dev_is_claimed(dev)) {
		rrpath_error("%s is in use, perhaps mounted in another namespace: end that first",
			     dev->name);
		return RRPATH_FAILED;
	}
	return RRPATH_DONE;
}

static const char *wwid_text(const struct rrpath_dev *dev)
{
	return *dev->wwid ? rrpath_quote(dev->wwid) : "none";
}

static int check_likeness(const struct rrpath_check *check, const struct rrpath_dev *dev)
{
	const struct rrpath_dev *like = check->like;

	if (strcmp(dev->wwid, like->wwid) &&
	    object(check, "%s and %s are not the same LUN: WWID %s and %s", dev->name, like->name,
		   wwid_text(dev), wwid_text(like)))
		return RRPATH_FAILED;
	if (dev->sectors != like->sectors &&
	    object(check, "%s and %s differ in size: %llu and %llu sectors", dev->name, like->name,
		   (unsigned long long)dev->sectors, (unsigned long long)like->sectors))
		return RRPATH_FAILED;
	if (dev->read_only != like->read_only &&
	    object(check, "%s is read-only and %s is not",
		   dev->read_only ? dev->name : like->name,
		   dev->read_only ? like->name : dev->name))
		return RRPATH_FAILED;
	return RRPATH_DONE;
}

/* No path of the map is there any more to compare with: what is left is the UUID. */
static int check_uuid(const struct rrpath_check *check, const struct rrpath_dev *dev)
{
	const struct rrpath_map *map = check->map;
	char uuid[RRPATH_UUID_LEN];

	rrpath_uuid_for(dev, map->name, uuid);
	if (!*map->info.uuid || !strcmp(uuid, map->info.uuid))
		return RRPATH_DONE;
	return object(check, "%s has WWID %s and the map %s the UUID %s", dev->name,
		      wwid_text(dev), rrpath_quote(map->name), rrpath_quote(map->info.uuid));
}

static int check_map(const struct rrpath_check *check, const struct rrpath_dev *dev)
{
	const struct rrpath_map *map = check->map;

	if (rrpath_dev_lies_on(dev, map->info.major, map->info.minor)) {
		rrpath_error("%s lies on the map %s itself", dev->name, rrpath_quote(map->name));
		return RRPATH_FAILED;
	}
	if (dev->sectors < map->sectors) {
		rrpath_error("%s has %llu sectors, the map %s has %llu: a path cannot be smaller",
			     dev->name, (unsigned long long)dev->sectors, rrpath_quote(map->name),
			     (unsigned long long)map->sectors);
		return RRPATH_FAILED;
	}
	return RRPATH_DONE;
}

int rrpath_check_disk(const struct rrpath_check *check, const struct rrpath_dev *dev)
{
	int ret;

	if (!dev->sectors) {
		rrpath_error("%s has no size: is a medium in it, a file behind it?", dev->name);
		return RRPATH_FAILED;
	}
	ret = check->map ? check_map(check, dev) : RRPATH_DONE;
	if (!ret)
		ret = check_uses(check, dev);
	if (!ret && check->like)
		ret = check_likeness(check, dev);
	else if (!ret && check->map)
		ret = check_uuid(check, dev);
	return ret;
}

bool rrpath_check_again(const struct rrpath_dev *dev, char *why)
{
	struct rrpath_dev now __rr_cleanup(rrpath_dev_free);

	if (rrpath_dev_facts(dev->major, dev->minor, &now))
		snprintf(why, RRPATH_WHY_LEN, "%s went away while it was taken", dev->name);
	else if (strcmp(now.wwid, dev->wwid))
		snprintf(why, RRPATH_WHY_LEN,
			 "%s became another LUN while it was taken: WWID %s, was %s", now.name,
			 wwid_text(&now), wwid_text(dev));
	else if (now.sectors != dev->sectors)
		snprintf(why, RRPATH_WHY_LEN,
			 "%s changed its size while it was taken: %llu sectors, was %llu",
			 now.name, (unsigned long long)now.sectors,
			 (unsigned long long)dev->sectors);
	else
		return true;
	return false;
}

int rrpath_check_report(bool force, const char *why)
{
	const struct rrpath_check check = { .force = force };

	return object(&check, "%s", why);
}

void rrpath_uuid_for(const struct rrpath_dev *dev, const char *name, char *uuid)
{
	const size_t room = RRPATH_UUID_LEN - 1 - strlen(UUID_PREFIX);
	const char *id = *dev->wwid ? dev->wwid : name;
	size_t len = strlen(id);
	char *to = uuid + strlen(UUID_PREFIX);

	/* Of one that is too long the end: serial numbers stand there. */
	if (len > room)
		id += len - room;
	rrpath_copy(uuid, RRPATH_UUID_LEN, UUID_PREFIX);
	for (; *id; id++)
		*to++ = strchr(RRPATH_DM_CHARACTERS, *id) ? *id : '_';
	*to = '\0';
}
