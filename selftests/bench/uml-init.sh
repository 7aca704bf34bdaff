#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Process 1 of the kernel that uml.sh starts: mounts what peers.sh needs and runs it.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t devtmpfs dev /dev
ln -s /proc/self/fd /dev/fd
mount -t tmpfs run /run

here=${0%/*}
# shellcheck disable=SC2154
eval "set -- $(<"$RRPATH_RESULTS/uml.args")"
"$here/peers.sh" "$@" 2>&1 | while IFS= read -r line; do
	echo "@@ $line"
done >/dev/console
[[ ${PIPESTATUS[0]} -ne 0 ]] || echo "@@ done" >/dev/console
echo o >/proc/sysrq-trigger
poweroff -f
