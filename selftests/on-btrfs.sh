#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# btrfs on a map whose paths fail and return: no error comes up, its scrub finds no checksum that is
# wrong, its own count of errors stays at none, and btrfs check finds nothing.

SECTORS=524288
. "${0%/*}/lib.sh"
. "$here/proofs/stack.sh"

need btrfs mkfs.btrfs
modprobe btrfs 2>/dev/null || skip_all "no module btrfs"
make_paths 2
make_map round-robin 2 0 "${P[0]}" "${P[1]}" "${soon[@]}"
mnt=$tmp/mnt
mkdir "$mnt"
umount_it() { umount "$mnt"; } 2>/dev/null
early_cleanup=umount_it
check "mkfs.btrfs" quiet mkfs.btrfs -q -d dup -m dup "$DEV"
mount -t btrfs "$DEV" "$mnt" || die "cannot mount"
dd if=/dev/zero of="$mnt/data" bs=64k count=8 conv=fsync status=none

io_start "$mnt/data"
paths_fail "btrfs"
io_stop "btrfs: no error, and each block read back as written"
nothing_lost "btrfs"
sync -f "$mnt"
check "scrub" quiet btrfs scrub start -B "$mnt"
like "scrub finds nothing" "$REPLY" "*Error summary:*no errors found*"
check "device stats" quiet btrfs device stats -c "$mnt"
umount "$mnt"
check "btrfs check" quiet btrfs check --readonly "$DEV"
done_testing
