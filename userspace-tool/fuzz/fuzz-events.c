// SPDX-License-Identifier: GPL-2.0
/* Uevents: "ACTION", the device's name, then "KEY=VALUE"s, each ended by a NUL. */
#include <errno.h>
#include <libudev.h>
#include <poll.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "../events.h"
#include "fuzz.h"

static char udev, monitor, device;
static char *action, *name, *property[64];
static size_t nr;

struct udev *__wrap_udev_new(void);
struct udev *__wrap_udev_new(void)
{
	return (struct udev *)(void *)&udev;
}

struct udev_monitor *__wrap_udev_monitor_new_from_netlink(struct udev *u, const char *group);
struct udev_monitor *__wrap_udev_monitor_new_from_netlink(struct udev *u, const char *group)
{
	(void)u;
	(void)group;
	return (struct udev_monitor *)(void *)&monitor;
}

int __wrap_udev_monitor_set_receive_buffer_size(struct udev_monitor *m, int size);
int __wrap_udev_monitor_set_receive_buffer_size(struct udev_monitor *m, int size)
{
	(void)m;
	(void)size;
	return 0;
}

int __wrap_udev_monitor_filter_add_match_subsystem_devtype(struct udev_monitor *m, const char *s,
							   const char *t);
int __wrap_udev_monitor_filter_add_match_subsystem_devtype(struct udev_monitor *m, const char *s,
							   const char *t)
{
	(void)m;
	(void)s;
	(void)t;
	return 0;
}

int __wrap_udev_monitor_enable_receiving(struct udev_monitor *m);
int __wrap_udev_monitor_enable_receiving(struct udev_monitor *m)
{
	(void)m;
	return 0;
}

int __wrap_udev_monitor_get_fd(struct udev_monitor *m);
int __wrap_udev_monitor_get_fd(struct udev_monitor *m)
{
	(void)m;
	return -1;
}

struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *m);
struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *m)
{
	(void)m;
	return (struct udev_device *)(void *)&device;
}

const char *__wrap_udev_device_get_action(struct udev_device *d);
const char *__wrap_udev_device_get_action(struct udev_device *d)
{
	(void)d;
	return *action ? action : NULL;
}

const char *__wrap_udev_device_get_sysname(struct udev_device *d);
const char *__wrap_udev_device_get_sysname(struct udev_device *d)
{
	(void)d;
	return name;
}

dev_t __wrap_udev_device_get_devnum(struct udev_device *d);
dev_t __wrap_udev_device_get_devnum(struct udev_device *d)
{
	(void)d;
	return makedev(253, 7);
}

const char *__wrap_udev_device_get_property_value(struct udev_device *d, const char *key);
const char *__wrap_udev_device_get_property_value(struct udev_device *d, const char *key)
{
	size_t i, len = strlen(key);

	(void)d;
	for (i = 0; i < nr; i++)
		if (!strncmp(property[i], key, len) && property[i][len] == '=')
			return property[i] + len + 1;
	return NULL;
}

struct udev_device *__wrap_udev_device_unref(struct udev_device *d);
struct udev_device *__wrap_udev_device_unref(struct udev_device *d)
{
	(void)d;
	return NULL;
}

struct udev_monitor *__wrap_udev_monitor_unref(struct udev_monitor *m);
struct udev_monitor *__wrap_udev_monitor_unref(struct udev_monitor *m)
{
	(void)m;
	return NULL;
}

struct udev *__wrap_udev_unref(struct udev *u);
struct udev *__wrap_udev_unref(struct udev *u)
{
	(void)u;
	return NULL;
}

/* sysfs knows no name of a map. */
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
	(void)path;
	(void)mode;
	errno = ENOENT;
	return NULL;
}

#define IS_TEXT(array)	must(memchr((array), 0, sizeof(array)))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rrpath_events *events;
	struct rrpath_event event;
	const char *value;

	action = fuzz_part(&data, &size);
	name = fuzz_part(&data, &size);
	for (nr = 0; size && nr < RRPATH_ARRAY_SIZE(property); nr++)
		property[nr] = fuzz_part(&data, &size);
	must(!rrpath_events_open(&events));
	memset(&event, 0x55, sizeof(event));
	must(rrpath_events_next(events, 0, &event) == 1);
	IS_TEXT(event.action);
	IS_TEXT(event.kname);
	IS_TEXT(event.name);
	IS_TEXT(event.uuid);
	IS_TEXT(event.dm_action);
	IS_TEXT(event.path);
	must(event.major == 253 && event.minor == 7);
	must(event.nr_usable >= -1 && event.nr_usable <= 1 << 20);
	value = __wrap_udev_device_get_property_value(NULL, "DM_NAME");
	must(!value || !strncmp(event.name, value, sizeof(event.name) - 1));
	must(rrpath_event_is_map(&event) == !strncmp(name, "dm-", 3));
	rrpath_events_close(events);
	while (nr)
		free(property[--nr]);
	free(action);
	free(name);
	return 0;
}
