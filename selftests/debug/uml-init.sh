#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Process 1 of the User-Mode Linux that run.sh starts. Its root is this machine's, read-only: an
# overlay over it, in memory, takes its place, then the job that run.sh wrote takes over.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin
fail() {
	echo "rrpath-uml: $*" >/dev/console
	mount -t proc proc /proc 2>/dev/null
	echo o >/proc/sysrq-trigger
	sleep 60
}

mount -t tmpfs -o size=90% rw /tmp && mkdir /tmp/{upper,work,root,kernel,extra} ||
	fail "no memory for what is written"
# Each mounted by itself: a lower layer may not lie inside another.
lower=/
# shellcheck disable=SC2154
for layer in kernel="$RRPATH_KERNEL" extra="$RRPATH_EXTRA"; do
	[[ -d ${layer#*=}/usr ]] || continue
	mount -t hostfs -o "${layer#*=}" "${layer%%=*}" "/tmp/${layer%%=*}" || fail "no $layer"
	lower=/tmp/${layer%%=*}:$lower
done
mount -t overlay -o "lowerdir=$lower,upperdir=/tmp/upper,workdir=/tmp/work" overlay /tmp/root &&
	cd /tmp/root || fail "no overlay"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t devtmpfs dev dev
mount -t tmpfs -o mode=755 run run
mkdir run/machine
pivot_root . run/machine || fail "no new root"
# shellcheck disable=SC2154
exec chroot . /bin/bash -c 'umount -l /run/machine; rmdir /run/machine; . "$RRPATH_JOB"' \
	<>dev/console >&0 2>&0
