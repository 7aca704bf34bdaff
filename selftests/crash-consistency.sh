#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whenever the power fails, what was promised by fsync(), fdatasync() or O_DSYNC is on the LUN, and
# the file system there is whole: also when paths fail and hang at that moment.
#
#	ext4, xfs		files, each made durable, then noted in the log
#	rrt			the map
#	rrt-p0 rrt-p1		its paths
#	rrt-log			dm-log-writes: the LUN with its volatile cache
#	disk, log		loop devices on files in memory
#
# The log is kept below the map, where all paths end, because a power cut takes what the LUN had not
# been told to flush. There a flush that the map answers without sending it, or sends past a write
# that it said was done, leaves that write out of what is replayed. Above the map the log would say
# only what the map had promised. A note in the log is made from above, once the system call has
# returned: from there on what it says has to be found.
#
# Afterwards the disk is made anew from how it was at first, up to one flush, FUA or note after the
# other: the journal is played by a mount, fsck finds nothing, and everything noted before is there.
#
# RRPATH_POINTS: how many of these points of each file system, evenly spread (else 5). With
# RRPATH_SECONDS, of which it takes 60, they are 40, and the note after each failure of a path is
# one as well.

SECTORS=655360
. "${0%/*}/lib.sh"
. "$here/proofs/stack.sh"

want=${RRPATH_POINTS:-5} after=0 phases=4
if [ -n "${RRPATH_SECONDS-}" ]; then
	want=${RRPATH_POINTS:-40} after=1
	# That makes a hundred points of each file system, and to look at one takes seconds.
	((RRPATH_SECONDS <= 60)) || RRPATH_SECONDS=60
fi
need mkfs.ext4 e2fsck mkfs.xfs xfs_repair
for module in dm-log-writes dm-flakey; do
	modprobe $module 2>/dev/null || skip_all "no module $module"
done
mnt=$tmp/mnt
mkdir "$mnt"
umount_it() { umount "$mnt"; } 2>/dev/null
early_cleanup=umount_it
extra_cleanup=drop_file_disks

# Noted in the log, too. Not path_error(): dm-error takes no flushes, so that one to it succeeds.
error_noted()
{
	dm message rrt-log mark fail
	dm swap "rrt-p$1" 0 "$SECTORS" flakey "${stores[$1]}" 0 0 3600
}

hang_and_error()
{
	path_hang "$1"
	nap 0.3
	error_noted "$1"
}

# As after a power cut, of a copy: the journal is to be played each time.
look_at_point()
{
	local fs=$1 fsck=$2 promised=$3 name=$4
	cp --sparse=always "$tmp/mem/now" "$tmp/mem/copy"
	mount -t "$fs" -o loop "$tmp/mem/copy" "$mnt" || { fail "$name: mount"; return; }
	dm kept "$mnt" "$promised" ||
		lost+=" at $name, $promised promises: $REPLY"
	umount "$mnt"
	# shellcheck disable=SC2086
	quiet $fsck "$tmp/mem/copy" || hurt+=" at $name: $REPLY"
}

filesystem()
{
	local fs=$1 mkfs=$2 fsck=$3 disk log words from=0 point promised lost='' hurt='' writer
	file_disk disk $((SECTORS / 2048))
	disk=$(number_of "$LOOP")
	# shellcheck disable=SC2086
	check "$fs: mkfs" quiet $mkfs "$LOOP"
	sync "$LOOP"
	cp --sparse=always "$tmp/mem/disk" "$tmp/mem/now"
	file_disk log 600
	log=$(number_of "$LOOP")
	dm create rrt-log - 0 "$SECTORS" log-writes "$disk" "$log" || die "no log: $dm_errno"
	store=$REPLY
	add_path 0
	add_path 1
	make_map round-robin 2 0 "${P[0]}" "${P[1]}" "${soon[@]}"
	mount -t "$fs" "$DEV" "$mnt" || die "cannot mount $fs"
	"$rrt_program" promise "$mnt" rrt-log 4000 >"$tmp/promises" 2>&1 &
	writer=$!
	children+=("$writer")
	bad=error_noted paths_fail "$fs"
	bad=hang_and_error paths_fail "$fs, a hang first"
	kill -TERM $writer 2>/dev/null
	wait $writer
	is "$fs: the writer of files: exit status" $? 0
	nothing_lost "$fs"
	umount "$mnt"
	dm remove rrt
	dm remove rrt-p0
	dm remove rrt-p1
	dm remove rrt-log
	dm points "$tmp/mem/log" "$want" "$after" || die "no log" "$REPLY"
	read -ra words <<<"$REPLY"
	note "$fs: $(<"$tmp/promises") promises; ${words[0]} entries, ${words[1]} flushes," \
		"${words[2]} FUA writes; $((${#words[@]} - 4)) points looked at"
	is "$fs: the log has all of them" "${words[3]}" "$(<"$tmp/promises")"
	check "$fs: and points to look at" [ ${#words[@]} -gt 6 ]
	for point in "${words[@]:4}"; do
		promised=${point#*:} point=${point%:*}
		dm replay "$tmp/mem/log" "$tmp/mem/now" "$from" "$point" ||
			die "cannot replay $REPLY"
		from=$point
		look_at_point "$fs" "$fsck" "$promised" "entry $point"
	done
	is "$fs: what was promised is there, at each point" "$lost" ""
	is "$fs: and $fsck finds nothing" "$hurt" ""
	drop_file_disks
}

filesystem ext4 "mkfs.ext4 -q -F" "e2fsck -fn"
filesystem xfs "mkfs.xfs -q -f" "xfs_repair -n"
done_testing
