#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Messages that are good: each does what it says, says so in status or table, and may be repeated.

. "${0%/*}/lib.sh"

make_paths 2
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 0

# twice MESSAGE CONDITION
twice()
{
	check "$1" msg "$1"
	check "$1: done" eval "st && dm table rrt && $2"
	check "$1, again" msg "$1"
	check "$1, again: done" eval "st && dm table rrt && $2"
}

for path in "${P[0]}" /dev/mapper/rrt-p0 "/dev/dm-${P[0]#*:}"; do
	twice "fail_path $path" '[ "$states" = DA ]'
	twice "reinstate_path $path" '[ "$states" = AA ]'
done
is "fail_count counts each time, repeats do not" "${fails[*]}" "3 0"

for name in round-robin queue-length failover; do
	twice "set_policy $name" "[ \$policy = $name ]"
done
twice "set_priority ${P[1]} 9" '[ "${prio[1]} $states" = "9 SA" ]'
twice "set_priority /dev/mapper/rrt-p1 1" '[ "${prio[1]} $states" = "1 AA" ]'
twice "set_weight ${P[1]} 256" '[ "${weight[1]}" = 256 ]'
twice "set_weight ${P[1]} 1" '[ "${weight[1]}" = 1 ]'
twice queue_if_no_path '[ "$queueing" = 1 ] && [[ $REPLY == *queue_if_no_path* ]]'
twice fail_if_no_path '[ "$queueing" = 0 ] && [[ $REPLY != *queue_if_no_path* ]]'
twice "set queue_if_no_path 1" '[ "$queueing" = 1 ]'
twice "set queue_if_no_path 0" '[ "$queueing" = 0 ]'
twice "set no_path_timeout_ms 12345" '[[ $REPLY == *"no_path_timeout_ms 12345"* ]]'
twice "set failback manual" '[[ $REPLY == *"failback manual"* ]]'
twice "set failback 250" '[[ $REPLY == *"failback 250"* ]]'
twice "set failback immediate" '[[ $REPLY != *failback* ]]'
twice "set probe_interval_ms 77" '[[ $REPLY == *"probe_interval_ms 77"* ]]'
twice "set rr_min_io 5" '[[ $REPLY == *"rr_min_io 5"* ]]'
twice "set stall_timeout_ms 700" '[[ $REPLY == *"stall_timeout_ms 700"* ]]'
twice "set hold_down_max_ms 0" '[[ $REPLY == *"hold_down_max_ms 0"* ]]'
twice "set merge_kib 0" '[[ $REPLY == *"merge_kib 0"* ]]'

dm read "$DEV" 0 4096 5
twice reset_stats '[ "${reads[*]}" = "0 0" ]'
check "dmsetup message" dmsetup message rrt 0 set_policy round-robin
st
is "policy" "$policy" round-robin
done_testing
