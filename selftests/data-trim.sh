#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Random writes, discards and flushes on a map whose two SCSI paths are set offline and running
# again in turn: what was written reads as written, what was discarded as zeroes, no error comes up.
# A block changed on purpose below the map shows that the verification would have told.
#
# RRPATH_SECONDS: how long the paths fail and return (else 20).

SECTORS=131072
. "${0%/*}/lib.sh"
. "$here/proofs/common.sh"

trouble_lasts 20
SCSI_DISKS=2 scsi_disks dev_size_mb=64 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0 \
	lbpu=1 lbpws=1 lbprz=1 unmap_granularity=8 ndelay=50000

discarded()
{
	local s d
	sum=0
	for d in "${D[@]}"; do
		read -ra s <"/sys/block/$d/stat"
		sum=$((sum + s[11]))
	done
}

offline() { echo offline >"/sys/block/${D[$1]}/device/state"; }
running() { echo running >"/sys/block/${D[$1]}/device/state"; }

make_map round-robin 2 0 "${P[0]}" "${P[1]}" 4 probe_interval_ms 200 hold_down_max_ms 0
discarded
was=$sum
# The first MiB is for a writer that knows of each block which write or discard was the last; fio
# loses track of what it discards and writes again, so its discards have an area of their own.
io_start "$DEV" 4 trim
fio_start verify --filename="$DEV" --offset=1m --size=31m --bsrange=4k-64k --blockalign=4k \
	--rw=randwrite --iodepth=4 --verify_backlog=64 --fsync=32 --fdatasync=16 --rate_iops=100
fio --name=trim --filename="$DEV" --offset=32m --size=32m --bsrange=4k-1m --blockalign=4k \
	--rw=randtrim --ioengine=libaio --iodepth=2 --rate_iops=20 --time_based --runtime=3600 \
	--output="$tmp/trim.out" >"$tmp/trim.err" 2>&1 &
trim=$!
children+=("$trim")
check "I/O runs" io_moves
end=$((SECONDS + trouble)) rounds=0
while ((SECONDS < end)); do
	bad=$((rounds % 2)) rounds=$((rounds + 1))
	offline $bad
	until_true 'st && [ "${state[bad]}" = F ]' || die "path $bad did not fail: $REPLY"
	io_moves || die "I/O stands still with path $bad failed"
	running $bad
	until_true 'states_are AA' || die "path $bad did not return: $REPLY"
	io_moves || die "I/O stands still with both paths"
	fio_runs verify && kill -0 $trim || break
done
ok "$rounds times a path failed and returned"
io_stop "a writer that discards: no error, and every block as last written or discarded"
fio_stop verify
kill -INT "$trim"
wait "$trim"
status=$?
like "fio discards: no error" "$status $(grep -c 'err= 0' "$tmp/trim.out")" "@(0|128) 1"
wait_for "idle" is_idle
is "each path error was sent elsewhere" "$((errors[0] + errors[1]))" \
	"$((retries[0] + retries[1]))"
check "both paths had errors" [ $((errors[0] > 0 && errors[1] > 0)) = 1 ]
discarded
check "discards reached the disks ($((sum - was)))" [ $((sum - was)) -gt 20 ]

# The last word: all of it written over both paths, one byte changed behind the map's back.
all=(--name=all --filename="$DEV" --size=4m --bs=64k --verify=crc32c --direct=1 --verify_fatal=1)
check "4 MiB written" fio "${all[@]}" --rw=write --do_verify=0 --output="$tmp/all"
check "and verified" fio "${all[@]}" --rw=read --output="$tmp/all"
printf '\125' | dd of="/dev/${D[0]}" bs=1 seek=$((2097152 + 5000)) conv=notrunc,fsync 2>/dev/null
check_not "fio finds a byte that is wrong" fio "${all[@]}" --rw=read --output="$tmp/all" 2>/dev/null
done_testing
