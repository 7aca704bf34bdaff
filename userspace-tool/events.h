/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel says about block devices, as it says it: its own uevents, not
 * those that udevd passes on, so it works where no udevd runs, and a udevd that
 * waits for a stuck disk delays nothing here.
 */
#ifndef RRPATH_EVENTS_H
#define RRPATH_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "dm.h"

struct rrpath_event {
	struct timespec time;		/* CLOCK_REALTIME, when it was read */
	char action[16];		/* add, change, remove, ... */
	char kname[64];			/* dm-0, sda, sda1 */
	unsigned int major;
	unsigned int minor;
	/* Of a device-mapper map; empty where neither the event nor sysfs knows. */
	char name[RRPATH_NAME_LEN];
	char uuid[RRPATH_UUID_LEN];
	/* Of a path event, else empty: PATH_FAILED, PATH_REINSTATED. */
	char dm_action[32];
	char path[24];			/* major:minor */
	int nr_usable;			/* -1: not said */
	bool resized;			/* the kernel says RESIZE=1 */
};

struct rrpath_events;

/* 0 or a negative errno. What happens from now on is kept until it is asked for. */
int rrpath_events_open(struct rrpath_events **events);
void rrpath_events_close(struct rrpath_events *events);

/* Readable when rrpath_events_next() would not wait. */
int rrpath_events_fd(const struct rrpath_events *events);

/*
 * Waits @timeout_ms for the next event, -1: for ever. 1, 0 when none came, or a
 * negative errno: -ENOBUFS if some were lost (look at everything again), -EINTR
 * for a signal.
 */
int rrpath_events_next(struct rrpath_events *events, int timeout_ms, struct rrpath_event *event);

/* True for an event of a device-mapper device. */
bool rrpath_event_is_map(const struct rrpath_event *event);

#endif
