/* SPDX-License-Identifier: GPL-2.0 */
/* What carries a disk, from where to where, and how long it waits before it gives up. */
#ifndef RRPATH_TRANSPORT_H
#define RRPATH_TRANSPORT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "dev.h"

enum rrpath_transport_type {
	RRPATH_TRANSPORT_NONE,		/* nothing known: loop, a map, ... */
	RRPATH_TRANSPORT_ISCSI,
	RRPATH_TRANSPORT_FC,
	RRPATH_TRANSPORT_SAS,
	RRPATH_TRANSPORT_SCSI,		/* of another kind, or of one that is not known */
	RRPATH_TRANSPORT_NVME_TCP,
	RRPATH_TRANSPORT_NVME_RDMA,
	RRPATH_TRANSPORT_NVME_FC,
	RRPATH_TRANSPORT_NVME_LOOP,
	RRPATH_TRANSPORT_NVME_PCIE,
	RRPATH_TRANSPORT_VIRTIO,
	RRPATH_NR_TRANSPORTS
};

/* The limits of a transport; each is a file in sysfs. */
enum rrpath_timer_id {
	/* iSCSI session and connection */
	RRPATH_TIMER_NOOP_INTERVAL,
	RRPATH_TIMER_NOOP_TIMEOUT,
	RRPATH_TIMER_RECOVERY,
	RRPATH_TIMER_ABORT,
	RRPATH_TIMER_LU_RESET,
	RRPATH_TIMER_TGT_RESET,
	/* FC remote port */
	RRPATH_TIMER_FC_FAST_IO_FAIL,
	RRPATH_TIMER_FC_DEV_LOSS,
	/* NVMe controller */
	RRPATH_TIMER_NVME_KATO,
	RRPATH_TIMER_NVME_RECONNECT,
	RRPATH_TIMER_NVME_FAST_IO_FAIL,
	RRPATH_TIMER_NVME_CTRL_LOSS,
	/* SCSI disk and host */
	RRPATH_TIMER_SCSI_TIMEOUT,
	RRPATH_TIMER_EH_TIMEOUT,
	RRPATH_TIMER_EH_DEADLINE,
	RRPATH_TIMER_MAX_RETRIES,	/* a number, not seconds */
	/* the disk's queue, where SCSI does not have it: in milliseconds */
	RRPATH_TIMER_IO_TIMEOUT,
	RRPATH_NR_TIMERS
};

#define RRPATH_TIMER_OFF	(-1L)	/* never: the file reads "off" or -1 */

struct rrpath_timer {
	bool known;		/* the file is there and could be read */
	long value;
};

/* Texts are empty, and @port and the like 0, where they are not known. */
struct rrpath_transport {
	enum rrpath_transport_type type;
	char target[256];	/* IQN, NQN, or the WWPN of the remote port */
	char address[64];	/* of the target: IP address, or what nvme calls traddr */
	unsigned int port;	/* TCP */
	char local[64];		/* address it is reached from; FC: WWPN of the host's port */
	unsigned int local_port;
	char nic[64];		/* network interface with that address */
	char hardware[64];	/* what that lies on, if it is a VLAN or the like; else the same */
	char iface[64];		/* iSCSI: name of the interface record, "default" */
	char state[32];		/* of session, remote port or controller, as the kernel says it */
	char name[64];		/* session3, rport-5:0-1, nvme2, host4 */
	char session[PATH_MAX];	/* directory with the attributes of that */
	char connection[PATH_MAX];	/* iSCSI: directory of the leading connection's */
	char device[PATH_MAX];	/* SCSI: directory of the device, 2:0:0:1 */
	char host[PATH_MAX];	/* SCSI: directory of the host's attributes */
	char disk[PATH_MAX];	/* directory of the disk itself, never of a partition */
	struct rrpath_timer timer[RRPATH_NR_TIMERS];
};

/*
 * Describes what carries the disk @dev, or the disk that the partition @dev is
 * part of. Where nothing is known the type is RRPATH_TRANSPORT_NONE.
 * 0, or -ENOENT: the kernel has lost the device.
 */
int rrpath_transport_of(const struct rrpath_dev *dev, struct rrpath_transport *t);

/* "iscsi", "nvme-tcp", ... */
const char *rrpath_transport_name(enum rrpath_transport_type type);

/* One of the nvme ones. */
bool rrpath_transport_is_nvme(enum rrpath_transport_type type);

/* "192.168.100.8:3260", "[fd00::8]:3260", a WWPN, or "" . */
void rrpath_transport_portal(const struct rrpath_transport *t, char *to, size_t size);

/*
 * The portal that was asked for, which stays what it is while the connection is down
 * and when a target sends the login on to another address. Else as the above.
 */
void rrpath_transport_login_portal(const struct rrpath_transport *t, char *to, size_t size);

/*
 * Which of the ways from here to that portal was asked for: the name of the iSCSI
 * interface record, NVMe's host address and interface; "default": none.
 */
void rrpath_transport_login_from(const struct rrpath_transport *t, char *to, size_t size);

/* As the kernel names the file: recv_tmo, timeout, fast_io_fail_tmo, ... */
const char *rrpath_timer_name(enum rrpath_timer_id id);

/* The file in sysfs. False if this transport has no such limit. */
bool rrpath_timer_file(const struct rrpath_transport *t, enum rrpath_timer_id id, char *path,
		       size_t size);

/* Reads one limit again. */
void rrpath_timer_read(struct rrpath_transport *t, enum rrpath_timer_id id);

/* By the file, or over netlink where the file is for reading only. 0, or a negative errno. */
int rrpath_timer_write(const struct rrpath_transport *t, enum rrpath_timer_id id, long value);

/* Asks the network stack; a test puts answers of its own here. */
struct rrpath_net {
	/* The local address that packets to @address leave from. */
	bool (*local_for)(const char *address, char *local, size_t size);
	/* The interface that has the address @local. */
	bool (*nic_of)(const char *local, char *nic, size_t size);
};

extern struct rrpath_net rrpath_net;

#endif
