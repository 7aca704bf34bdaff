#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# NOWAIT: a read or write that must not block is taken, as the paths take it; io_uring needs no
# worker threads.

. "${0%/*}/lib.sh"

load_module null_blk nr_devices=2 gb=1 bs=512
until_true '[ -b /dev/nullb1 ]' || die "no null_blk"
P=("$(<"/sys/block/nullb0/dev")" "$(<"/sys/block/nullb1/dev")")
dm read /dev/nullb0 0 4096 1 nowait || skip_all "null_blk does not take NOWAIT"
make_map round-robin 2 0 "${P[0]}" "${P[1]}"
for policy in round-robin queue-length failover; do
	msg set_policy $policy
	check "$policy: RWF_NOWAIT reads" dm read "$DEV" 0 4096 100 nowait
	check "$policy: RWF_NOWAIT writes" dm write "$DEV" 0 4096 100 nowait
done
st
total_ios
is "all counted, none tried twice" "$total ${errors[*]} ${retries[*]}" "600 0 0 0 0"

# No usable path and bios held: submitting does not block, so it is held as any other.
msg queue_if_no_path
for path in "${P[@]}"; do msg fail_path "$path"; done
hold 2 nowait
wait_for "no path: held" 'queued_is 2'
msg reinstate_path "${P[0]}"
held_end "and read when one returns" 0
msg fail_if_no_path
for path in "${P[@]}"; do msg reinstate_path "$path"; done

if command -v fio >/dev/null && fio --enghelp 2>/dev/null | grep -q io_uring; then
	msg reset_stats
	fio --name=f --filename="$DEV" --direct=1 --ioengine=io_uring --iodepth=16 \
		--rw=randread --bs=4k --size=64m --io_size=16m --minimal >"$tmp/fio" 2>&1 &
	pid=$!
	workers=0
	while kill -0 $pid 2>/dev/null; do
		for comm in /proc/*/task/*/comm; do
			# Threads come and go while we look.
			read -r name <"$comm" || continue
			[[ $name != iou-wrk-* ]] || workers=1
		done 2>/dev/null
		nap 0.2
	done
	wait $pid
	is "fio with io_uring" "$?" 0
	is "without worker threads" "$workers" 0
	total_ios
	is "all counted" "$total" 4096
else
	skip "fio with io_uring" "no fio, or one without io_uring"
fi
done_testing
