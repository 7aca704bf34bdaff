#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Messages that are bad: an error, a line in the log that names the word, and nothing has changed.

. "${0%/*}/lib.sh"

make_paths 2
a=${P[0]} b=${P[1]}
dm create rrt-other - 0 "$SECTORS" linear 1:0 0
other=$REPLY
make_map round-robin 2 2 "$a" 2 3 "$b" 2 1 2 probe_interval_ms 0
note_base
dm status rrt
status=$REPLY
dm table rrt
table=$REPLY
printf -v long '%4000s' ''
long=${long// /w}

bad() { refused "$1" message rrt "$2"; }

bad nosuch nosuch
bad Fail_path "Fail_path $a"
bad "$long" "$long"
bad fail_path fail_path
bad fail_path "fail_path $a $b"
bad reinstate_path reinstate_path
bad reinstate_path "reinstate_path $a $b"
for device in 999:999 /dev/nosuch nosuch : /dev/null "$other" "$long"; do
	bad "$device" "fail_path $device"
	bad "$device" "reinstate_path $device"
	bad "$device" "set_weight $device 2"
	bad "$device" "set_priority $device 2"
done
# A minor number whose bits beyond the 20 that there are fall on bits that the major number has.
wrapped=${a%:*}:$((((${a%:*} & -${a%:*}) << 20) + ${a#*:}))
bad "$wrapped" "fail_path $wrapped"
# A major number beyond those that there are, of which the rest is the path's.
wrapped=$((${a%:*} + 4096)):${a#*:}
bad "$wrapped" "fail_path $wrapped"
bad set_policy set_policy
bad nosuch "set_policy nosuch"
bad set_policy "set_policy failover now"
bad set_priority "set_priority $a"
bad set_weight "set_weight $a 1 1"
for number in 65536 -1 x 1x 4294967297 "$long"; do bad "$number" "set_priority $a $number"; done
for number in 0 257 -1 x 1x 4294967297 "$long"; do bad "$number" "set_weight $a $number"; done
bad queue_if_no_path "queue_if_no_path 1"
bad fail_if_no_path "fail_if_no_path now"
bad reset_stats "reset_stats $a"
bad set "set"
bad set "set failback"
bad nosuch "set nosuch 1"
bad set "set rr_min_io 1 2"
for option in no_path_timeout_ms failback probe_interval_ms rr_min_io stall_timeout_ms \
	hold_down_max_ms merge_kib; do
	for number in -1 x 4294967296 "$long"; do bad "$number" "set $option $number"; done
done
bad 0 "set rr_min_io 0"
bad 16385 "set merge_kib 16385"
bad 2 "set queue_if_no_path 2"

dm status rrt
is "the status is as before" "$REPLY" "$status"
dm table rrt
is "the table is as before" "$REPLY" "$table"
done_testing
