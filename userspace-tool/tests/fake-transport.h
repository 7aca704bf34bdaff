/* SPDX-License-Identifier: GPL-2.0 */
/* Disks with what carries them, in the tree of fake-sys.c. */
#ifndef RRPATH_TESTS_FAKE_TRANSPORT_H
#define RRPATH_TESTS_FAKE_TRANSPORT_H

#include "fake.h"

/*
 * A disk of the session number @sid, on host @sid, over link @sid: the target's
 * address is 10.0.<sid>.8, ours 10.0.<sid>.9, the interface eth<sid>. Timers as
 * open-iscsi's own: noop 5 and 5, recovery 120, SCSI timeout 30.
 * Replaces a fake_disk() of that name.
 */
void fake_iscsi_disk(const char *name, unsigned int minor, unsigned int sid, const char *wwid);
void fake_fc_disk(const char *name, unsigned int minor, unsigned int host, const char *wwid);
/* nvme<n>n1 at 259:<n>, TCP. */
void fake_nvme_disk(unsigned int n, const char *wwid);

/* A file of the session, "recovery_tmo", the connection, "recv_tmo", or the device, "timeout". */
void fake_session_file(unsigned int sid, const char *file, const char *value);
void fake_connection_file(unsigned int sid, const char *file, const char *value);
void fake_device_file(const char *name, const char *file, const char *value);
/* What such a file has in it now; valid until the next call. */
const char *fake_read(const char *path);
const char *fake_session_value(unsigned int sid, const char *file);
const char *fake_device_value(const char *name, const char *file);

/*
 * iscsiadm and netlink, for sessions of fake_iscsi_disk(): a record per portal with
 * open-iscsi's own values, in the file nodes/<portal>.
 */
void fake_open_iscsi(void);
const char *fake_node_value(unsigned int sid, const char *name);
const char *fake_connection_value(unsigned int sid, const char *file);
/* As a logout and a new login do: the session has the values of its record. */
void fake_relogin(unsigned int sid);
/* How often iscsiadm was run. */
extern unsigned int fake_node_calls;

/* The answers of the network stack from now on: 10.0.N.8 is reached from 10.0.N.9 on ethN. */
void fake_net(void);

#endif
