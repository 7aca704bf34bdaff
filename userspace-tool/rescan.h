/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel made to ask a disk again what it is, in a process of its own: on a path
 * that hangs this takes as long as its timeouts, minutes, and cannot be ended.
 */
#ifndef RRPATH_RESCAN_H
#define RRPATH_RESCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* @file: the one to write into. 0 if it cannot be started. */
pid_t rrpath_rescan_start(const char *file);

/* True if it has come to its end, of which @ok (or NULL) says if it was a good one. */
bool rrpath_rescan_ended(pid_t pid, bool *ok);

/* Of a clock that only goes on. */
uint64_t rrpath_now_ms(void);

#endif
