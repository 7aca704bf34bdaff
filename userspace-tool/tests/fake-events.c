// SPDX-License-Identifier: GPL-2.0
/* The kernel's uevents, and a clock that goes on only while somebody waits. */
#include <errno.h>
#include <libudev.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "../util.h"
#include "fake.h"
#include "fake-wrapped.h"

#define NR_EVENTS	32
#define START_S		1000
#define LONGEST_MS	(INT64_C(3600) * 1000)

static struct fake_event queue[NR_EVENTS];
static size_t nr_queued, next_one;
static int event_fd = -1;
static bool on;
static int64_t waited_ms;
static struct fake_event now_read;
static bool (*idle)(unsigned int nth);
static unsigned int nr_idle;

struct fake_udev fake_udev;

#define MONITOR	((struct udev_monitor *)(void *)&event_fd)
#define DEVICE	((struct udev_device *)(void *)&now_read)

void fake_events_reset(void)
{
	if (event_fd >= 0)
		close(event_fd);
	event_fd = -1;
	on = false;
	nr_queued = 0;
	next_one = 0;
	waited_ms = 0;
	idle = NULL;
	nr_idle = 0;
	memset(&fake_udev, 0, sizeof(fake_udev));
}

void fake_events(bool (*on_idle)(unsigned int nth))
{
	on = true;
	idle = on_idle;
}

void fake_event(const struct fake_event *event)
{
	assert_true(nr_queued < NR_EVENTS);
	queue[nr_queued++] = *event;
}

int64_t fake_waited_ms(void)
{
	return waited_ms;
}

bool fake_event_get(struct udev_device *device, const char *key, const char **value)
{
	if (device != DEVICE)
		return false;
	*value = !strcmp(key, "DM_NAME") ? now_read.name :
		 !strcmp(key, "DM_UUID") ? now_read.uuid :
		 !strcmp(key, "DM_ACTION") ? now_read.dm_action :
		 !strcmp(key, "DM_PATH") ? now_read.path :
		 !strcmp(key, "RESIZE") ? now_read.resize : NULL;
	return true;
}

bool fake_event_is(struct udev_device *device)
{
	return device == DEVICE;
}

struct udev_monitor *__wrap_udev_monitor_new_from_netlink(struct udev *udev, const char *name);
struct udev_monitor *__wrap_udev_monitor_new_from_netlink(struct udev *udev, const char *name)
{
	assert_non_null(udev);
	/* What udevd passes on may come late, or not at all. */
	assert_string_equal(name, "kernel");
	errno = fake_udev.no_monitor;
	if (fake_udev.no_monitor)
		return NULL;
	event_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(event_fd >= 0);
	fake_udev.nr_open++;
	return MONITOR;
}

int __wrap_udev_monitor_set_receive_buffer_size(struct udev_monitor *monitor, int size);
int __wrap_udev_monitor_set_receive_buffer_size(struct udev_monitor *monitor, int size)
{
	(void)monitor;
	return size > 0 ? -EPERM : -EINVAL;
}

int __wrap_udev_monitor_filter_add_match_subsystem_devtype(struct udev_monitor *monitor,
							   const char *subsystem,
							   const char *devtype);
int __wrap_udev_monitor_filter_add_match_subsystem_devtype(struct udev_monitor *monitor,
							   const char *subsystem,
							   const char *devtype)
{
	(void)monitor;
	assert_string_equal(subsystem, "block");
	assert_null(devtype);
	return -fake_udev.no_filter;
}

int __wrap_udev_monitor_enable_receiving(struct udev_monitor *monitor);
int __wrap_udev_monitor_enable_receiving(struct udev_monitor *monitor)
{
	(void)monitor;
	return -fake_udev.no_receiving;
}

int __wrap_udev_monitor_get_fd(struct udev_monitor *monitor);
int __wrap_udev_monitor_get_fd(struct udev_monitor *monitor)
{
	(void)monitor;
	return event_fd;
}

struct udev_monitor *__wrap_udev_monitor_unref(struct udev_monitor *monitor);
struct udev_monitor *__wrap_udev_monitor_unref(struct udev_monitor *monitor)
{
	(void)monitor;
	close(event_fd);
	event_fd = -1;
	fake_udev.nr_open--;
	return NULL;
}

struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor);
struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor)
{
	(void)monitor;
	errno = EAGAIN;
	if (next_one == nr_queued)
		return NULL;
	now_read = queue[next_one];
	/* poll(2) is to fail with it. */
	if (now_read.poll_error)
		return NULL;
	next_one++;
	if (now_read.before)
		now_read.before();
	errno = now_read.error;
	return now_read.error ? NULL : DEVICE;
}

const char *__wrap_udev_device_get_action(struct udev_device *device);
const char *__wrap_udev_device_get_action(struct udev_device *device)
{
	(void)device;
	return now_read.action;
}

const char *__wrap_udev_device_get_sysname(struct udev_device *device);
const char *__wrap_udev_device_get_sysname(struct udev_device *device)
{
	(void)device;
	return now_read.kname;
}

dev_t __wrap_udev_device_get_devnum(struct udev_device *device);
dev_t __wrap_udev_device_get_devnum(struct udev_device *device)
{
	(void)device;
	return makedev(now_read.major, now_read.minor);
}

/* Who would wait for ever is sent SIGTERM if it waits for that, and else gets an error. */
static bool end_by_signal(void)
{
	sigset_t blocked;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	return sigismember(&blocked, SIGTERM) && !raise(SIGTERM);
}

static int ready_of(struct pollfd *fds, nfds_t nr)
{
	return (nr > 1 ? __real_poll(fds + 1, nr - 1, 0) : 0) + !!fds[0].revents;
}

int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	bool end;
	int ready;

	if (!on || (event_fd >= 0 && fds[0].fd != event_fd))
		return __real_poll(fds, nr, timeout);
	if (event_fd < 0) {
		ready = __real_poll(fds, nr, 0);
		waited_ms += ready ? 0 : timeout;
		return ready;
	}
	if (next_one < nr_queued && queue[next_one].poll_error) {
		errno = queue[next_one++].poll_error;
		return -1;
	}
	end = timeout && next_one == nr_queued && idle && idle(++nr_idle);
	fds[0].revents = next_one < nr_queued ? POLLIN : 0;
	ready = ready_of(fds, nr);
	if (ready || !timeout)
		return ready;
	if (end || timeout < 0 || waited_ms > LONGEST_MS) {
		if (end_by_signal())
			return ready_of(fds, nr);
		errno = EIO;
		return -1;
	}
	waited_ms += timeout;
	return 0;
}

int __wrap___poll_chk(struct pollfd *fds, nfds_t nr, int timeout, size_t size)
{
	assert_true(nr <= size / sizeof(*fds));
	return __wrap_poll(fds, nr, timeout);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (!on || clock != CLOCK_MONOTONIC)
		return __real_clock_gettime(clock, ts);
	ts->tv_sec = START_S + waited_ms / 1000;
	ts->tv_nsec = waited_ms % 1000 * 1000000;
	return 0;
}
