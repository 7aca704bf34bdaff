#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# stress-ng's file system stressors, dbench and fio at once, on ext4, xfs and btrfs on a map whose
# paths fail and return: none of them meets an error or reads what it did not write, and fsck finds
# nothing.
#
# Of stress-ng's class filesystem without those that look at what never comes to a disk (locks,
# notification, descriptors, other file systems), that fill it until it is full (dirdeep, dirmany,
# filename), or that it has to be made for (verity); and of its class io those that use files.
#
# RRPATH_SECONDS: how long the paths fail and return, all file systems together (else each once).

SECTORS=1572864
. "${0%/*}/lib.sh"
. "$here/proofs/common.sh"
. "$here/proofs/stack.sh"

need stress-ng dbench fio mkfs.ext4 e2fsck mkfs.xfs xfs_repair mkfs.btrfs btrfs
phases=3
mnt=$tmp/mnt
mkdir "$mnt"
umount_it() { umount "$mnt"; } 2>/dev/null
early_cleanup=umount_it
stressors=()
for name in access chattr chdir chmod chown copy-file dentry dir fallocate fiemap file-ioctl \
	fpunch fsize fstat getdent handle hdd inode-flags io iomix ioprio link mknod open rename \
	symlink sync-file touch utime xattr aio readahead seek; do
	stressors+=("--$name" 1)
done
for name in fallocate hdd iomix readahead sync-file; do
	stressors+=("--$name-bytes" 16M)
done
stressors+=(--copy-file-bytes 128M --seek-size 16M --dentries 256 --dir-dirs 256 --chdir-dirs 64)

# filesystem NAME MKFS FSCK
filesystem()
{
	local fs=$1 mkfs=$2 fsck=$3 stress dbench done_ops=0
	make_map round-robin 2 0 "${P[0]}" "${P[1]}" "${soon[@]}"
	# shellcheck disable=SC2086
	check "$fs: mkfs" quiet $mkfs "$DEV"
	mount -t "$fs" "$DEV" "$mnt" || die "cannot mount $fs"
	mkdir "$mnt/stress" "$mnt/dbench"
	fio_start "$fs" --filename="$mnt/data" --size=16m --bs=4k --rw=randwrite --iodepth=4 \
		--verify_backlog=32 --fsync=32 --rate_iops=50
	stdbuf -oL dbench -c /usr/share/dbench/client.txt -D "$mnt/dbench" -t 36000 2 \
		>"$tmp/dbench" 2>&1 &
	dbench=$!
	stress-ng --verify --temp-path "$mnt/stress" --timeout 0 "${stressors[@]}" \
		>"$tmp/stress" 2>&1 &
	stress=$!
	children+=("$stress" "$dbench")
	paths_fail "$fs"
	check "$fs: dbench still runs" kill "$dbench"
	# As a user who has seen enough: it says itself what it found.
	kill -INT "$stress"
	wait "$stress"
	is "$fs: stress-ng: exit status" $? 0
	wait "$dbench"
	# Of the semaphore it complains always.
	is "$fs: what dbench complains of" \
		"$(grep -iE 'error|fail' "$tmp/dbench" | grep -v 'barrier semaphore')" ""
	read -r _ done_ops _ < <(grep 'MB/sec' "$tmp/dbench" | tail -n 1)
	check "$fs: and was at work ($done_ops operations)" [ "$done_ops" -gt 100 ]
	is "$fs: what stress-ng complains of" "$(grep -E ' fail:| error:' "$tmp/stress")" ""
	check "$fs: and was at work" grep -q 'successful run completed' "$tmp/stress"
	fio_stop "$fs"
	nothing_lost "$fs"
	check "$fs: umount" umount "$mnt"
	# shellcheck disable=SC2086
	check "$fs: $fsck finds nothing" quiet $fsck "$DEV"
	dm remove rrt
}

make_paths 2
filesystem ext4 "mkfs.ext4 -q -F" "e2fsck -fn"
filesystem xfs "mkfs.xfs -q -f" "xfs_repair -n"
filesystem btrfs "mkfs.btrfs -q -f" "btrfs check --readonly"
done_testing
