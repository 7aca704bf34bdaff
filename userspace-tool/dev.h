/* SPDX-License-Identifier: GPL-2.0 */
/* What sysfs, /proc and udev say about a block device and who uses it. */
#ifndef RRPATH_DEV_H
#define RRPATH_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

/* Where the files are; a test puts trees of its own here. */
struct rrpath_roots {
	const char *sys;
	const char *proc;
	const char *dev;
	const char *run;
	const char *etc;
	bool udev;	/* ask udev's database too */
};

extern struct rrpath_roots rrpath_roots;

struct rrpath_dev {
	unsigned int major;
	unsigned int minor;
	char name[64];		/* as the kernel calls it: sda, sda1, dm-3 */
	char *dir;		/* its directory in sysfs */
	uint64_t sectors;	/* of 512 bytes */
	bool read_only;
	bool partition;
	/* Empty where there is none. */
	char wwid[256];
	bool wwid_by_udev;	/* the kernel has none: it is what udev once found out */
	char hctl[32];		/* host:channel:target:lun */
	char vendor[64];
	char model[64];
	char transport[16];
};

enum rrpath_use_kind {
	RRPATH_USE_MOUNT,
	RRPATH_USE_SWAP,
	RRPATH_USE_MAP,		/* held by a device-mapper map */
	RRPATH_USE_HOLDER,	/* held by something else: md, bcache, ... */
};

struct rrpath_use {
	enum rrpath_use_kind kind;
	char device[64];	/* the disk, or the partition of it */
	char *what;		/* the mount point, or the holder's name */
	unsigned int major;	/* of a holder */
	unsigned int minor;
};

struct rrpath_uses {
	struct rrpath_use *use;
	size_t nr;
};

/*
 * The device that @word names: sda, /dev/sda, /dev/disk/by-..., major:minor, or the
 * name of a map.
 * 0, -ENOENT or -ENOTBLK.
 */
int rrpath_dev_number(const char *word, unsigned int *major, unsigned int *minor);

/* Is @value what udev's database, if it is asked, has as property @key of the device? */
bool rrpath_dev_udev_says(unsigned int major, unsigned int minor, const char *key,
			  const char *value);

/* 0, or -ENOENT: the kernel has no such device (any more). */
int rrpath_dev_facts(unsigned int major, unsigned int minor, struct rrpath_dev *dev);
void rrpath_dev_free(struct rrpath_dev *dev);

/*
 * Who uses the device, its partitions, or the disk it is a partition of.
 */
void rrpath_dev_uses(const struct rrpath_dev *dev, struct rrpath_uses *uses);
void rrpath_uses_free(struct rrpath_uses *uses);

/*
 * True if something has the device open for itself alone: also what the lists
 * of rrpath_dev_uses() do not show, such as a mount in another mount namespace.
 */
bool rrpath_dev_is_claimed(const struct rrpath_dev *dev);

/* True if @dev is, or lies on, major:minor. */
bool rrpath_dev_lies_on(const struct rrpath_dev *dev, unsigned int major, unsigned int minor);

/* True if both are one disk: the same, partitions of one, or one lying on the other. */
bool rrpath_dev_same_disk(const struct rrpath_dev *a, const struct rrpath_dev *b);

/* One line from a file, without the blanks at its end; false if there is none. */
bool rrpath_read_line(char *to, size_t size, const char *fmt, ...)
	__rr_printf(3, 4);

#endif
