// SPDX-License-Identifier: GPL-2.0
/* The kernel's uevents of block devices. */
#include <errno.h>
#include <libudev.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "dev.h"
#include "events.h"
#include "util.h"

/*
 * A storm (a thousand LUNs vanishing at once, some kilobytes each with what the
 * kernel accounts for a message) must not overrun it.
 */
#define RECEIVE_BUFFER	(16 << 20)

struct rrpath_events {
	struct udev *udev;
	struct udev_monitor *monitor;
};

int rrpath_events_open(struct rrpath_events **events)
{
	struct rrpath_events *new = rrpath_alloc(1, sizeof(*new));
	int ret;

	*events = NULL;
	new->udev = udev_new();
	new->monitor = new->udev ? udev_monitor_new_from_netlink(new->udev, "kernel") : NULL;
	if (!new->monitor) {
		ret = errno ? -errno : -ENOMEM;
		rrpath_events_close(new);
		return ret;
	}
	/* Without the right to, the default size has to do; losses are reported. */
	udev_monitor_set_receive_buffer_size(new->monitor, RECEIVE_BUFFER);
	ret = udev_monitor_filter_add_match_subsystem_devtype(new->monitor, "block", NULL);
	if (ret >= 0)
		ret = udev_monitor_enable_receiving(new->monitor);
	if (ret < 0) {
		rrpath_events_close(new);
		return ret;
	}
	*events = new;
	return 0;
}

void rrpath_events_close(struct rrpath_events *events)
{
	if (!events)
		return;
	if (events->monitor)
		udev_monitor_unref(events->monitor);
	if (events->udev)
		udev_unref(events->udev);
	free(events);
}

int rrpath_events_fd(const struct rrpath_events *events)
{
	return udev_monitor_get_fd(events->monitor);
}

bool rrpath_event_is_map(const struct rrpath_event *event)
{
	return !strncmp(event->kname, "dm-", 3);
}

static void copy_property(char *to, size_t size, struct udev_device *device, const char *key)
{
	const char *value = udev_device_get_property_value(device, key);

	rrpath_copy(to, size, value ? value : "");
}

/* The kernel names a map in its path events only. */
static void name_map(struct rrpath_event *event, struct udev_device *device)
{
	copy_property(event->name, sizeof(event->name), device, "DM_NAME");
	copy_property(event->uuid, sizeof(event->uuid), device, "DM_UUID");
	if (*event->name || !rrpath_event_is_map(event) || !strcmp(event->action, "remove"))
		return;
	if (!rrpath_read_line(event->name, sizeof(event->name), "%s/block/%s/dm/name",
			      rrpath_roots.sys, event->kname))
		*event->name = '\0';
	if (!rrpath_read_line(event->uuid, sizeof(event->uuid), "%s/block/%s/dm/uuid",
			      rrpath_roots.sys, event->kname))
		*event->uuid = '\0';
}

static void fill(struct rrpath_event *event, struct udev_device *device)
{
	const char *action = udev_device_get_action(device);
	dev_t number = udev_device_get_devnum(device);
	char usable[16], resize[4];
	uint64_t nr;

	memset(event, 0, sizeof(*event));
	clock_gettime(CLOCK_REALTIME, &event->time);
	rrpath_copy(event->action, sizeof(event->action), action ? action : "");
	rrpath_copy(event->kname, sizeof(event->kname), udev_device_get_sysname(device));
	event->major = major(number);
	event->minor = minor(number);
	name_map(event, device);
	copy_property(event->dm_action, sizeof(event->dm_action), device, "DM_ACTION");
	copy_property(event->path, sizeof(event->path), device, "DM_PATH");
	copy_property(usable, sizeof(usable), device, "DM_NR_VALID_PATHS");
	event->nr_usable = rrpath_parse_u64(usable, 0, 1 << 20, &nr) ? -1 : (int)nr;
	copy_property(resize, sizeof(resize), device, "RESIZE");
	event->resized = !strcmp(resize, "1");
}

int rrpath_events_next(struct rrpath_events *events, int timeout_ms, struct rrpath_event *event)
{
	struct pollfd pollfd = { .fd = rrpath_events_fd(events), .events = POLLIN };
	struct udev_device *device;
	int ret;

	for (;;) {
		errno = 0;
		device = udev_monitor_receive_device(events->monitor);
		if (device)
			break;
		if (errno == ENOBUFS)
			return -ENOBUFS;
		ret = poll(&pollfd, 1, timeout_ms);
		if (ret < 0)
			return -errno;
		if (!ret)
			return 0;
		/* What the filter does not let through wakes up too: ask again. */
	}
	fill(event, device);
	udev_device_unref(device);
	return 1;
}
