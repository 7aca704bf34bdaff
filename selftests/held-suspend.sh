#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Suspend, reload and removal with bios held: a flush fails them, noflush keeps them.

. "${0%/*}/lib.sh"

make_paths 2
line="failover 1 0 ${P[0]} 3 queue_if_no_path probe_interval_ms 0"
other="failover 1 0 ${P[1]} 3 queue_if_no_path probe_interval_ms 0"
make_map "$line"

msg fail_path "${P[0]}"
hold 3
wait_for "held" 'queued_is 3'
check "suspend with flush ends" dm suspend rrt
held_end "and fails them" 5
check "resume" dm resume rrt
hold 2
wait_for "it queues again after" 'queued_is 2'

for ((i = 0; i < 5; i++)); do
	dm suspend rrt noflush && dm resume rrt || break
done
is "suspend with noflush, five times" "$i" 5
wait_for "they are held still" 'queued_is 2'
msg reinstate_path "${P[0]}"
held_end "and are read when the path returns" 0

msg fail_path "${P[0]}"
hold 2
wait_for "held" 'queued_is 2'
check "a table with a good path is loaded" dm load rrt 0 "$SECTORS" rrpath "$other"
check "suspend noflush" dm suspend rrt noflush
check "resume" dm resume rrt
held_end "they are read from the new table's path" 0

dm swap rrt 0 "$SECTORS" rrpath "$line"
msg fail_path "${P[0]}"
hold 2
wait_for "held" 'queued_is 2'
check "a table is loaded" dm load rrt 0 "$SECTORS" rrpath "$other"
check "resume alone, which flushes" dm resume rrt
held_end "fails them" 5

msg fail_path "${P[1]}"
hold 2
wait_for "held" 'queued_is 2'
dmsetup remove --force rrt 2>/dev/null
held_end "remove --force fails them" 5
wait_for "removed" 'dm remove rrt || ! dm info rrt'

make_map "$line"
msg fail_path "${P[0]}"
hold 1
wait_for "held" 'queued_is 1'
check "remove --deferred" dm remove rrt deferred
msg reinstate_path "${P[0]}"
held_end "read, though to be removed" 0
wait_for "gone once it is closed" '! dm info rrt'
done_testing
