/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The door to device-mapper: nothing else here includes libdevmapper.h. Every
 * function returns 0 or a negative errno, and prints nothing.
 */
#ifndef RRPATH_DM_H
#define RRPATH_DM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RRPATH_TARGET		"rrpath"
/* As the kernel's DM_NAME_LEN and DM_UUID_LEN, the NUL included. */
#define RRPATH_NAME_LEN		128
#define RRPATH_UUID_LEN		129

/* What a name or UUID can have without being coded as \xNN by libdevmapper. */
#define RRPATH_DM_CHARACTERS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#+-.:=@_"

struct rrpath_dm_info {
	bool exists;		/* nothing else is valid without it */
	bool suspended;
	bool live_table;
	bool inactive_table;
	bool read_only;
	bool deferred_remove;
	int open_count;
	unsigned int major;
	unsigned int minor;
	char uuid[RRPATH_UUID_LEN];
};

/* The only target of a map, or the first of several. */
struct rrpath_dm_line {
	unsigned int nr_targets;	/* 0: no live table */
	uint64_t start;
	uint64_t length;
	char target[32];
	char *params;
};

/* To be called first. -ENODEV: the kernel has no device-mapper. */
int rrpath_dm_init(void);
void rrpath_dm_exit(void);

/* True if the kernel has an rrpath target now; it may be loaded on demand. */
bool rrpath_dm_has_target(void);

/* All maps, of all targets. The caller frees each name, and the array. */
int rrpath_dm_names(char ***names, size_t *nr);

int rrpath_dm_info(const char *name, struct rrpath_dm_info *info);
int rrpath_dm_table(const char *name, struct rrpath_dm_line *line);
int rrpath_dm_status(const char *name, struct rrpath_dm_line *line);
void rrpath_dm_line_free(struct rrpath_dm_line *line);

int rrpath_dm_message(const char *name, const char *message);

/* A new device with no table. */
int rrpath_dm_create(const char *name, const char *uuid);

/* Loads a one-target table into the inactive slot. */
int rrpath_dm_load(const char *name, const char *target, uint64_t length, const char *params,
		   bool read_only);

/* Empties the inactive slot. */
int rrpath_dm_clear(const char *name);

/*
 * Makes the inactive table, if there is one, the live one. The kernel suspends
 * the map for that itself, without flushing what is queued and without freezing
 * the filesystem on it, and resumes it, all in one ioctl: a process that is
 * killed here cannot leave the map suspended. A map that is suspended is
 * resumed. @cookie goes to rrpath_dm_wait_udev(), also after an error;
 * NULL: without telling udev.
 */
int rrpath_dm_resume(const char *name, uint32_t *cookie);

/* @retry: again and again for some seconds while udev's own tools have it open. */
int rrpath_dm_remove(const char *name, bool deferred, bool retry, uint32_t *cookie);

/* Until udev has made or removed the nodes. Returns at once if no udevd runs. */
void rrpath_dm_wait_udev(uint32_t cookie);

#endif
