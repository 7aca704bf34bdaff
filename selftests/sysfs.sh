#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# sysfs: every file of the contract is there, reads right, and writes do what the messages do.

. "${0%/*}/lib.sh"

make_paths 2
a=${P[0]} b=${P[1]}
make_map round-robin 2 2 "$a" 5 3 "$b" 4 1 2 probe_interval_ms 0
dir=$SYS/paths/$a

# reads FILE WANT
reads() { is "${1#/sys/block/*/} reads" "$(<"$1")" "$2"; }

# sets FILE VALUE READS CONDITION
sets()
{
	echo "$2" >"$1" || { fail "${1##*/} takes $2"; return; }
	is "${1##*/} takes $2" "$(<"$1")" "$3"
	check "${1##*/} $2: done" eval "st && dm table rrt && $4"
}

reads "$SYS/policy" "failover [round-robin] queue-length"
reads "$SYS/queue_if_no_path" 0
reads "$SYS/no_path_timeout_ms" 0
reads "$SYS/failback" immediate
reads "$SYS/probe_interval_ms" 0
reads "$SYS/rr_min_io" 1
reads "$SYS/stall_timeout_ms" 1000
reads "$SYS/hold_down_max_ms" 60000
reads "$SYS/merge_kib" 1024
reads "$SYS/queued" 0
reads "$dir/state" active
reads "$SYS/paths/$b/state" standby
reads "$dir/priority" 5
reads "$dir/weight" 3
reads "$dir/in_flight" 0
reads "$dir/fail_count" 0
reads "$dir/stalls" 0
reads "$dir/hold_down_ms" 0
reads "$dir/reason" -
dm read "$DEV" 0 4096 7
like "stat counts" "$(<"$dir/stat")" "7 56 *"
is "device is the path's" "$(<"$dir/device/dev")" "$a"
mode=$(stat -c '%a %n' "$SYS"/* "$dir"/* | sed "s|/sys/.*/||" |
	grep -v -e device -e paths | tr '\n' ' ')
is "modes" "$mode" "644 failback 644 hold_down_max_ms 644 merge_kib 644 no_path_timeout_ms \
644 policy 644 probe_interval_ms 644 queue_if_no_path 444 queued 644 rr_min_io \
644 stall_timeout_ms 444 fail_count 444 hold_down_ms 444 in_flight 644 priority 444 reason \
444 stalls 444 stat 644 state 644 weight "

sets "$SYS/policy" failover "[failover] round-robin queue-length" '[ "$policy" = failover ]'
sets "$SYS/policy" queue-length "failover round-robin [queue-length]" '[ "$policy" = queue-length ]'
sets "$SYS/queue_if_no_path" 1 1 '[ "$queueing" = 1 ]'
sets "$SYS/queue_if_no_path" 0 0 '[ "$queueing" = 0 ]'
sets "$SYS/no_path_timeout_ms" 5000 5000 '[[ $REPLY == *"no_path_timeout_ms 5000"* ]]'
sets "$SYS/failback" manual manual '[[ $REPLY == *"failback manual"* ]]'
sets "$SYS/failback" 300 300 '[[ $REPLY == *"failback 300"* ]]'
sets "$SYS/failback" immediate immediate '[[ $REPLY != *failback* ]]'
sets "$SYS/probe_interval_ms" 50 50 '[[ $REPLY == *"probe_interval_ms 50"* ]]'
sets "$SYS/rr_min_io" 8 8 '[[ $REPLY == *"rr_min_io 8"* ]]'
sets "$SYS/stall_timeout_ms" 0 0 '[[ $REPLY == *"stall_timeout_ms 0"* ]]'
sets "$SYS/hold_down_max_ms" 2000 2000 '[[ $REPLY == *"hold_down_max_ms 2000"* ]]'
sets "$SYS/merge_kib" 512 512 '[[ $REPLY == *"merge_kib 512"* ]]'
sets "$dir/state" disabled disabled '[ "$states" = DA ]'
sets "$dir/state" disabled disabled '[ "$states" = DA ]'
reads "$dir/reason" admin
sets "$dir/state" active active '[ "$states" = AS ]'
sets "$dir/priority" 1 1 '[ "${prio[0]} $states" = "1 SA" ]'
reads "$dir/state" standby
sets "$dir/weight" 256 256 '[ "${weight[0]}" = 256 ]'

# A line without its newline is a line too.
printf failover >"$SYS/policy"
reads "$SYS/policy" "[failover] round-robin queue-length"

path_error 1
dm read "$DEV" 0 4096 1
reads "$SYS/paths/$b/state" failed
reads "$SYS/paths/$b/fail_count" 1
reads "$SYS/paths/$b/reason" io-error
dm suspend rrt
reads "$SYS/policy" "[failover] round-robin queue-length"
reads "$dir/state" active
dm resume rrt
done_testing
