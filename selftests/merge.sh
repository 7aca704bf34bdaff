#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# merge_kib: what was sent in a batch and is in a row on the disk becomes one request, on one path;
# whatever else is sent takes its turn.

. "${0%/*}/lib.sh"

need taskset
SECTORS=131072
SCSI_DISKS=2 scsi_disks dev_size_mb=64 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0 \
	delay=0
for name in "${D[@]}"; do
	echo none >"/sys/block/$name/queue/scheduler"
	# 16 blocks of memory that need not be in a row.
	[ "$(<"/sys/block/$name/queue/max_segments")" -ge 16 ] || skip_all "small requests only"
done
# A batch that goes on on another CPU begins a new request there.
taskset -p -c 0 "$RRT_PID" >/dev/null

# requests: those that the disks were sent, to requests[], and what was merged into them
requests()
{
	local i rd rd_merged wr wr_merged
	for i in 0 1; do
		read -r rd rd_merged _ _ wr wr_merged _ <"/sys/block/${D[i]}/stat"
		requests[i]=$((rd + wr - seen[i]))
		seen[i]=$((rd + wr))
	done
}

# send OPERATION...: counted from zero
send()
{
	msg reset_stats
	requests
	check "$*" dm "$@"
	requests
	st
}

# went DESCRIPTION BIOS REQUESTS: of each path
went()
{
	is "$1: bios" "${reads[*]}" "$2"
	is "$1: requests" "${requests[*]}" "$3"
}

make_map round-robin 2 0 "${P[0]}" "${P[1]}" 4 probe_interval_ms 200 hold_down_max_ms 0
seen=(0 0)
for policy in round-robin queue-length; do
	msg set_policy $policy
	send batch "$DEV" 0 4096 16 64
	went "$policy: a batch is a request" "512 512" "32 32"
	send batch "$DEV" 0 4096 16 64 4096 write
	is "$policy: writes are, too" "${writes[*]} ${requests[*]}" "512 512 32 32"
	# One batch: of several each could have stayed on a path of its own.
	send batch "$DEV" 0 4096 16 1 8192
	went "$policy: gaps" "8 8" "8 8"
	msg set merge_kib 16
	send batch "$DEV" 0 4096 16 64
	went "$policy: four blocks at most" "512 512" "128 128"
	msg set merge_kib 0
	send batch "$DEV" 0 4096 16 64
	went "$policy: none" "512 512" "512 512"
	msg set merge_kib 1024

	send read "$DEV" 0 4096 20
	went "$policy: one by one" "10 10" "10 10"
	turns=''
	for ((i = 0; i < 8; i++)); do
		msg reset_stats
		dm read "$DEV" $((i * 4096)) 4096 1
		st
		turns+=${reads[1]}
	done
	like "$policy: in turn" "$turns" "@(01010101|10101010)"

	# Two streams on two CPUs, neither of which knows of the other.
	msg reset_stats
	requests
	for i in 0 1; do
		"$rrt_program" batch "$DEV" $((i << 25)) 4096 16 256 >/dev/null 2>&1 &
		pids[i]=$!
	done
	wait "${pids[@]}"
	requests
	st
	is "$policy: two streams: bios" $((reads[0] + reads[1])) 8192
	for i in 0 1; do between "$policy: two streams: path $i" "${reads[i]}" 2048 6144; done
	between "$policy: two streams: requests" $((requests[0] + requests[1])) 512 2048
done
# What no request of the block layer would take has its turn: FUA, another operation, more than the
# disks take at once, and whatever it is where they are told not to merge. One batch again.
msg set_policy round-robin
if [ "$(<"/sys/block/${D[0]}/queue/fua")" = 1 ]; then
	send batch "$DEV" 0 4096 16 1 4096 dsync
	is "FUA: bios and requests" "${writes[*]} ${requests[*]}" "8 8 8 8"
else
	skip "FUA: bios and requests" "the disks have no FUA"
fi
send batch "$DEV" 0 4096 16 64 4096 mixed
like "reads and writes in turn: bios" "${reads[*]} ${writes[*]}" "@(0 512 512 0|512 0 0 512)"
is "reads and writes in turn: requests" "${requests[*]}" "512 512"
# queue FILE VALUE: of both disks; the first one's was $was
queue()
{
	local name
	was=$(<"/sys/block/${D[0]}/queue/$1")
	for name in "${D[@]}"; do echo "$2" >"/sys/block/$name/queue/$1"; done
}
queue max_sectors_kb 16
send batch "$DEV" 0 4096 16 1
went "four blocks are all that a disk takes" "8 8" "2 2"
queue max_sectors_kb "$was"
queue nomerges 2
send batch "$DEV" 0 4096 16 1
went "disks that are not to merge" "8 8" "8 8"
queue nomerges "$was"
msg set_policy failover
send batch "$DEV" 0 4096 16 64
went "failover: as ever" "1024 0" "64 0"

# A path is lost while batches are under way; the other one has the whole of them.
for policy in round-robin queue-length; do
	msg set_policy $policy
	msg reset_stats
	"$rrt_program" stream "$DEV" 4096 16 >"$tmp/io" 2>/dev/null &
	io_pid=$!
	children+=("$io_pid")
	for i in 0 1 0 1; do
		check "$policy: batches go on" io_moves
		echo offline >"/sys/block/${D[i]}/device/state"
		wait_for "$policy: path $i fails" 'st && ((usable == 1))'
		check "$policy: batches go on without it" io_moves
		echo running >"/sys/block/${D[i]}/device/state"
		wait_for "$policy: path $i is back" 'states_are AA'
	done
	io_stop "$policy: nothing failed, nothing was lost"
	read -r batches _ <"$tmp/io"
	total_ios
	is "$policy: every bio is counted once" "$total" $((batches * 16))
done
done_testing
