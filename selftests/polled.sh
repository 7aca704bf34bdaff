#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Polled I/O: offered when all paths have it, and only then.

. "${0%/*}/lib.sh"

load_module null_blk nr_devices=2 gb=1 bs=512 poll_queues=1
until_true '[ -b /dev/nullb1 ]' || die "no null_blk"
[ "$(</sys/block/nullb0/queue/io_poll)" = 1 ] || skip_all "null_blk has no poll queues"
make_paths 1
polled=("$(<"/sys/block/nullb0/dev")" "$(<"/sys/block/nullb1/dev")")

make_map round-robin 2 0 "${polled[@]}"
is "all paths poll: the map does" "$(<"/sys/block/dm-${MAP#*:}/queue/io_poll")" 1
check "polled reads" dm read "$DEV" 0 4096 200 hipri
check "polled writes" dm write "$DEV" 0 4096 200 hipri
st
is "none failed, none is left" "${errors[*]} ${flying[*]}" "0 0 0 0"
msg set_policy queue-length
check "polled reads by queue-length" dm read "$DEV" 0 4096 200 hipri
wait_for "none is left in flight" is_idle
dm remove rrt

make_map round-robin 2 0 "${polled[0]}" "${P[0]}"
is "one path does not: the map does not" "$(<"/sys/block/dm-${MAP#*:}/queue/io_poll")" 0
dm read "$DEV" 0 4096 100 hipri
st
is "and nothing hangs" "${flying[*]}" "0 0"
done_testing
