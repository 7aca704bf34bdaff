#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Table lines that are good: the map is made, and its table says the same in the fewest words.

. "${0%/*}/lib.sh"

make_paths 4
a=${P[0]} b=${P[1]} c=${P[2]} d=${P[3]}

# good LINE [TABLE]
good()
{
	if dm create rrt - 0 "$SECTORS" rrpath "$1"; then
		dm table rrt
		is "$1" "$REPLY" "0 $SECTORS rrpath ${2:-$1}"
		dm remove rrt
	else
		fail "$1" "errno $dm_errno"
	fi
}

for policy in failover round-robin queue-length; do
	good "$policy 1 0 $a"
	good "$policy 2 0 $a $b"
done
good "round-robin 4 0 $d $c $b $a"
good "failover 2 0 /dev/mapper/rrt-p0 /dev/dm-${b#*:}" "failover 2 0 $a $b"
good "failover 2 1 $a 50 $b 10"
good "failover 2 1 $a 0 $b 65535"
good "failover 2 1 $a 1 $b 1" "failover 2 0 $a $b"
good "round-robin 2 2 $a 50 3 $b 50 1"
good "round-robin 2 2 $a 1 256 $b 1 1"
good "round-robin 2 2 $a 7 1 $b 1 1" "round-robin 2 1 $a 7 $b 1"
good "round-robin 4 2 $a 50 3 $b 50 1 $c 10 1 $d 10 1 3 queue_if_no_path no_path_timeout_ms 30000"
good "failover 2 0 $a $b 0" "failover 2 0 $a $b"
good "failover 2 0 $a $b 1 queue_if_no_path"
good "failover 2 0 $a $b 2 failback manual"
good "failover 2 0 $a $b 2 failback 5000"
good "failover 2 0 $a $b 2 failback immediate" "failover 2 0 $a $b"
good "failover 2 0 $a $b 2 failback 0" "failover 2 0 $a $b"
good "failover 2 0 $a $b 2 probe_interval_ms 0"
good "failover 2 0 $a $b 2 probe_interval_ms 1000" "failover 2 0 $a $b"
good "round-robin 2 0 $a $b 2 rr_min_io 100"
good "round-robin 2 0 $a $b 2 no_path_timeout_ms 0" "round-robin 2 0 $a $b"
all="queue_if_no_path no_path_timeout_ms 1 failback 2 probe_interval_ms 3 rr_min_io 4 \
stall_timeout_ms 5 hold_down_max_ms 6 merge_kib 7"
good "round-robin 2 0 $a $b 15 $all"
mixed="merge_kib 7 hold_down_max_ms 6 rr_min_io 4 probe_interval_ms 3 stall_timeout_ms 5 \
failback 2 no_path_timeout_ms 1 queue_if_no_path"
good "round-robin 2 0 $a $b 15 $mixed" "round-robin 2 0 $a $b 15 $all"
good "failover 2 0 $a $b 4 stall_timeout_ms 1000 hold_down_max_ms 60000" "failover 2 0 $a $b"
good "failover 2 0 $a $b 4 stall_timeout_ms 0 hold_down_max_ms 0"
good "round-robin 2 0 $a $b 2 merge_kib 0"
good "round-robin 2 0 $a $b 2 merge_kib 1024" "round-robin 2 0 $a $b"

# A map may be smaller than its paths.
dm create rrt - 0 8 rrpath "failover 1 0 $a"
dm table rrt
is "eight sectors" "$REPLY" "0 8 rrpath failover 1 0 $a"
done_testing
