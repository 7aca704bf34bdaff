#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Flush, FUA, discard, write zeroes and secure erase go through to the disk, and count as `others`.

SECTORS=16384
. "${0%/*}/lib.sh"

SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0 \
	lbpu=1 lbpws=1 lbprz=1 unmap_granularity=8
make_map round-robin 2 0 "${P[0]}" "${P[1]}"

# What both disks have completed: discards and flushes.
lower()
{
	local disk s
	discards=0 flushes=0
	for disk in "${D[@]}"; do
		read -ra s <"/sys/block/$disk/stat"
		discards=$((discards + s[11])) flushes=$((flushes + s[15]))
	done
}

# grew DESCRIPTION COUNT: others grew by at least so many
grew()
{
	st
	check "$1: counted as others" [ $((others[0] + others[1] - count)) -ge "$2" ]
	is "$1: nothing else" "${errors[*]} ${retries[*]} $states" "0 0 0 0 AA"
	count=$((others[0] + others[1]))
}

count=0
lower
was=$flushes
for i in 1 2 3 4; do check "fsync" dm fsync "$DEV"; done
grew fsync 4
lower
is "the disks saw the flushes" "$((flushes - was))" 4

check "write 0x5a" dm write "$DEV" 0 65536 16
st
is "writes are no others" "$((others[0] + others[1]))" "$count"
was=$discards
check "discard" dm discard "$DEV" 0 524288
grew discard 1
lower
check "the disks saw discards" [ "$discards" -gt "$was" ]
is "and the blocks read as zeroes" "$(od -An -tx1 -N524288 "/dev/${D[0]}" | sort -u | head -n 2)" \
	"$(printf ' 00%.0s' {1..16})
*"
# Of one task, one behind the other: no request is made of two of them, so they take turns.
echo 65536 >"/sys/block/dm-${MAP#*:}/queue/discard_max_bytes"
msg reset_stats
check "a discard in eight pieces" dm discard "$DEV" 1048576 524288
st
is "they take turns" "${others[*]}" "4 4"
count=8
check "write zeroes" dm zeroout "$DEV" 524288 524288
st
is "the blocks are zeroes" "$(od -An -tx1 -j524288 -N524288 "/dev/${D[1]}" | sort -u | head -n 2)" \
	"$(printf ' 00%.0s' {1..16})
*"
if [ "$(<"/sys/block/dm-${MAP#*:}/queue/write_zeroes_max_bytes")" != 0 ]; then
	grew "write zeroes" 1
else
	skip "write zeroes: counted as others" "the disk does not take them"
fi

dm secdiscard "/dev/${D[0]}" 0 65536
raw=$dm_errno
dm secdiscard "$DEV" 0 65536
is "secure erase: as the disk answers" "$dm_errno" "$raw"

trace=/sys/kernel/tracing
[ -d $trace/events ] || mount -t tracefs none $trace 2>/dev/null
if [ -d $trace/events/block ] && [ "$(<"/sys/block/${D[0]}/queue/fua")" = 1 ]; then
	echo >$trace/trace
	echo 1 >$trace/events/block/block_rq_issue/enable
	dm write "$DEV" 0 4096 3 dsync
	echo 0 >$trace/events/block/block_rq_issue/enable
	is "FUA writes reach the disks as such" "$(grep -c -E ' W?F?WF?S? | WFS ' $trace/trace)" 3
	echo >$trace/trace
else
	skip "FUA writes reach the disks as such" "no trace events or no FUA"
fi
is "the map says FUA as its paths do" "$(<"/sys/block/dm-${MAP#*:}/queue/fua")" \
	"$(<"/sys/block/${D[0]}/queue/fua")"
done_testing
