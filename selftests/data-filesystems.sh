#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ext4 and xfs, mounted with online discard, on a map whose two SCSI paths are set offline and
# running again in turn: fio verifies a file, small files are made, renamed, removed and trimmed. No
# error comes up, and afterwards, read back from the disk: e2fsck or xfs_repair finds nothing, each
# small file holds what was written.
#
# RRPATH_SECONDS: how long the paths of each file system fail and return (else 12).

SECTORS=655360
. "${0%/*}/lib.sh"
. "$here/proofs/common.sh"

trouble_lasts 12
need mkfs.ext4 e2fsck mkfs.xfs xfs_repair fstrim
SCSI_DISKS=2 scsi_disks dev_size_mb=320 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0 \
	lbpu=1 lbpws=1 lbprz=1 unmap_granularity=8
mnt=$tmp/mnt
mkdir "$mnt"
umount_it() { umount "$mnt"; } 2>/dev/null
extra_cleanup=umount_it

offline() { echo offline >"/sys/block/${D[$1]}/device/state"; }
running() { echo running >"/sys/block/${D[$1]}/device/state"; }

# Each file is 512 lines of its own name: made as `new`, renamed when whole; some batches of 20 are
# removed again. A file of that name that holds anything else is wrong.
churn()
{
	local batch=0 i name
	trap 'exit 0' TERM
	while :; do
		mkdir "$mnt/$batch" || exit 1
		for ((i = 0; i < 20; i++)); do
			printf -v name '%06d-%02d' $batch $i
			printf "$name%.0s\n" {1..512} >"$mnt/new" || exit 1
			mv "$mnt/new" "$mnt/$batch/$name" || exit 1
		done
		sync -f "$mnt" || exit 1
		((batch % 4 != 3)) || rm -r "${mnt:?}/$((batch - 2))" || exit 1
		((batch % 8 != 7)) || fstrim "$mnt" || exit 1
		batch=$((batch + 1))
		((batch % 64 != 63)) || rm -r "${mnt:?}"/[0-9]* || exit 1
		echo $batch >"$tmp/batches"
	done
}

# Names of files that do not hold their name 512 times.
wrong_files()
{
	find "$mnt" -type f -name '??????-??' -empty
	find "$mnt" -type f -name '??????-??' -print0 | xargs -0 -r awk '
	FNR == 1 {
		if (file != "" && lines != 512) print file
		file = FILENAME; lines = 0
		name = FILENAME; sub(/.*\//, "", name)
	}
	$0 == name { lines++; next }
	{ print FILENAME }
	END { if (lines != 512) print file }'
}

quiet() { REPLY=$("$@" 2>&1); }

# filesystem NAME MKFS FSCK
filesystem()
{
	local fs=$1 mkfs=$2 fsck=$3 end bad rounds=0 status files
	make_map round-robin 2 0 "${P[0]}" "${P[1]}" 4 probe_interval_ms 200 hold_down_max_ms 0
	# shellcheck disable=SC2086
	check "$fs: mkfs" quiet $mkfs "$DEV"
	mount -t "$fs" -o discard "$DEV" "$mnt" || die "cannot mount $fs"
	churn >"$tmp/churn" 2>&1 &
	churn=$!
	children+=("$churn")
	fio_start "$fs" --filename="$mnt/data" --size=24m --bs=4k --rw=randwrite --iodepth=4 \
		--verify_backlog=32 --fsync=32 --rate_iops=100
	check "$fs: I/O runs" io_moves
	end=$((SECONDS + trouble))
	while ((SECONDS < end)) && fio_runs "$fs" && kill -0 "$churn"; do
		bad=$((rounds % 2)) rounds=$((rounds + 1))
		offline $bad
		until_true "st && [ \"\${state[$bad]}\" = F ]" || die "path $bad did not fail"
		io_moves || die "$fs: I/O stands still with path $bad failed"
		running $bad
		until_true 'states_are AA' || die "path $bad did not return"
		io_moves || die "$fs: I/O stands still with both paths"
	done
	ok "$fs: $rounds times a path failed and returned"
	until_true '[ -s "$tmp/batches" ]'
	kill "$churn"
	wait "$churn"
	status=$?
	is "$fs: small files: exit status" "$status $(<"$tmp/churn")" "0 "
	fio_stop "$fs"
	check "$fs: umount" umount "$mnt"
	# shellcheck disable=SC2086
	check "$fs: $fsck finds nothing" quiet $fsck "$DEV"
	mount -t "$fs" "$DEV" "$mnt" || die "cannot mount $fs again"
	files=$(find "$mnt" -type f -name '??????-??' | wc -l)
	is "$fs: small files that are wrong, of $files" "$(wrong_files)" ""
	check "$fs: there are some" [ "$files" -ge 20 ]
	umount "$mnt"
	wait_for "$fs: idle" is_idle
	is "$fs: each path error was sent elsewhere" "$((errors[0] + errors[1]))" \
		"$((retries[0] + retries[1]))"
	check "$fs: path errors were seen" [ $((errors[0] + errors[1])) -gt 0 ]
	dm remove rrt
	rm -f "$tmp/batches"
}

filesystem ext4 "mkfs.ext4 -q -F" "e2fsck -fn"
filesystem xfs "mkfs.xfs -q -f" "xfs_repair -n"
done_testing
