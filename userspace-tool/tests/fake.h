/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel in a box: device-mapper below libdevmapper's functions, and a sysfs
 * and /proc of files. What a test program links instead of the real ones.
 */
#ifndef RRPATH_TESTS_FAKE_H
#define RRPATH_TESTS_FAKE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

/* What a call does that is told to fail. */
enum fake_effect {
	FAKE_NOTHING,		/* nothing has changed */
	FAKE_SUSPENDED,		/* as a table swap that fails: suspended, the new table gone */
	FAKE_DONE,		/* it was done all the same */
};

struct fake_table {
	char target[16];
	char *params;
	uint64_t length;
	bool read_only;
};

struct fake_map {
	char name[128];
	char uuid[129];
	unsigned int minor;
	bool suspended;
	int open_count;
	bool read_only;
	struct fake_table live;
	struct fake_table inactive;
	unsigned int targets;	/* 0: one */
};

struct fake {
	struct fake_map map[8];
	bool no_dm;
	bool no_target;
	unsigned int uid;
	/* The ioctls that change something, in order: "create,load,resume,". */
	char journal[512];
	char message[256];
	/* A table was switched with flushing or freezing, or with signals let in. */
	bool flushed;
	bool frozen;
	bool interruptible;
	/* Raised in the middle of each load. */
	int signal;
	/* Called in the middle of each message. */
	void (*on_message)(void);
	/* What udev's database has as the ID_SERIAL of every disk. */
	const char *udev_serial;
	/* And as their ID_FS_TYPE. */
	const char *udev_fs_type;
	/* Called when a status is asked for, and by how much the reads have grown each time. */
	void (*on_status)(void);
	int reads_each_time;
	/* Called in the middle of each load. */
	void (*on_load)(void);
	char root[64];
	/* Calls of libdevmapper's functions that can fail, those that ask udev apart. */
	unsigned int nr_calls;
	/* The one that fails with ENOMEM (from 1; 0: none), or the first of all that do. */
	unsigned int fail_call;
	bool fail_on;
};

extern struct fake fake;

void fake_dm_reset(void);

/* For cmocka: an empty kernel with the disks sda, sdb (one LUN), sdc (another). */
int fake_setup(void **state);
int fake_teardown(void **state);

struct fake_map *fake_add_map(const char *name, const char *uuid, uint64_t length,
			      const char *params);
struct fake_map *fake_find(const char *name);
/* Of a map with deferred removal: by its last user. */
void fake_close(const char *name);
/* Another letter than the kernel has: stalled, but it answers and is held down. */
#define FAKE_HELD_DOWN	'H'

/* Of a path from now on, if it has none that is not A; or all of them A again. */
void fake_set_state(unsigned int major, unsigned int minor, char state);
void fake_set_states_good(void);
void fake_set_params(struct fake_map *map, const char *params);

/*
 * The @nth call of the ioctl (from 1; 0: every one) fails, not counting those that
 * fail by an earlier one of these. Up to 8 of them.
 */
void fake_fail(const char *ioctl, unsigned int nth, int error, enum fake_effect effect);

/*
 * Of the allocations of the tool from now on the @nth fails (from 1; 0: none), or with
 * @on all from there. The tool ends then: so does fake_memory_run(), with its status.
 */
void fake_memory(unsigned int nth, bool on);
unsigned int fake_memory_calls(void);
int __real___vasprintf_chk(char **text, int flag, const char *fmt, va_list ap);
int __wrap___vasprintf_chk(char **text, int flag, const char *fmt, va_list ap);
int fake_memory_run(int (*fn)(int argc, char **argv), int argc, char **argv);
/* Between these two nobody's memory is scarce: it is the kernel's. */
void fake_kernel_enter(void);
void fake_kernel_leave(void);

/*
 * The @nth call of open, write, pwrite, fsync, fchmod, close, rename, fork, pipe2 or mlockall
 * (from 1; 0: every one) fails, or of "open FILE" those of that file. With 0 as @error a write
 * is cut short instead. Up to 4 of them.
 */
void fake_call_fails(const char *name, unsigned int nth, int error);
void fake_calls_reset(void);
/* How many have. */
unsigned int fake_calls_failed(void);

void fake_disk(const char *name, unsigned int major, unsigned int minor, uint64_t sectors,
	       const char *wwid);
void fake_remove_disk(const char *name, unsigned int major, unsigned int minor);
/* A file below the root, for example "sys/block/sda/ro". */
void fake_file(const char *path, const char *fmt, ...)
	__attribute__((__format__(printf, 2, 3)));
void fake_holder(const char *disk, const char *holder, const char *map);
void fake_slave(const char *disk, const char *slave);

/*
 * The kernel's uevents, one after the other, and between them a clock that goes on only
 * while somebody waits.
 */
struct fake_event {
	const char *action;
	const char *kname;
	unsigned int major;
	unsigned int minor;
	const char *name;		/* of the map, where the kernel says it */
	const char *uuid;
	const char *dm_action;
	const char *path;
	const char *resize;
	/* Called when it is read: what has happened by then. */
	void (*before)(void);
	/* Instead: what reading it fails with, or waiting for it. */
	int error;
	int poll_error;
};

struct fake_udev {
	int nr_open;
	/* Errors. */
	int no_monitor;
	int no_filter;
	int no_receiving;
};

extern struct fake_udev fake_udev;

/*
 * From now on there is nothing but fake_event(). @idle, or NULL: called each time that
 * all is read and somebody waits; true ends it. What waits for ever then is ended too: by
 * SIGTERM, if it has blocked that to wait for it, or by EIO.
 */
void fake_events(bool (*idle)(unsigned int nth));
void fake_event(const struct fake_event *event);
int64_t fake_waited_ms(void);
void fake_events_reset(void);

struct udev_device;

/* For fake-sys.c. False: not a device of ours. */
bool fake_event_is(struct udev_device *device);
bool fake_event_get(struct udev_device *device, const char *key, const char **value);

/* A connection as the kernel shows it; the state is its number. */
struct fake_tcp {
	const char *address;
	unsigned int port;
	unsigned int local_port;
	unsigned int state;
	uint32_t inode;
	unsigned int unacked;
	unsigned int retransmits;
	unsigned int silent_ms;		/* since anything came */
	unsigned int sent_ms;
};

struct fake_netlink {
	bool on;
	size_t nr_tcp;
	struct fake_tcp tcp[4];
	unsigned int nr_destroyed;
	/* Of every route; 0: there is none. */
	int interface;
	const char *gateway;
	bool neighbour_is_silent;
	char asked_for[64];
	unsigned int nr_forgotten;
	/* The last iSCSI parameter: "transport sid:cid parameter=value". */
	char param[96];
	/* Errors that the kernel answers with. */
	int dump_error;
	int destroy_error;
	int neighbour_error;
	int forget_error;
	int iscsi_error;
	/* Errors of calls, for sockets of this protocol. */
	int faults_of;
	int socket_error;
	int bind_error;
	int send_error;
	int recv_error;
	unsigned int interrupted;	/* so many times first */
	/* Answers that are none. */
	bool stale_answer;
	bool short_answer;
	bool cut_answer;
};

extern struct fake_netlink fake_netlink;

void fake_netlink_reset(void);

/* main() of rrpath.c, under another name here. */
int rrpath_main(int argc, char **argv);

struct run {
	int status;
	char *out;
	char *err;
	unsigned int err_lines;
};

/* Runs "rrpath" with these words; the answer is valid until the next call. */
const struct run *rrpath(const char *first, ...) __attribute__((sentinel));
const struct run *rrpath_argv(int argc, char **argv);

/* The rrpath command's exit status, and a text on stderr. */
void expect(const struct run *run, int status, const char *error);

/* True if @text is JSON from the first character to the last. */
bool is_json(const char *text);

#endif
