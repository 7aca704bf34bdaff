#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# dmsetup table | dmsetup load makes the map as it is now, live changes included; path states and
# counters are kept by the reload.

. "${0%/*}/lib.sh"

make_paths 4
make_map failover 4 0 "${P[@]}"
for message in "set_policy round-robin" "set_priority ${P[0]} 50" "set_priority ${P[1]} 50" \
	"set_weight ${P[0]} 3" "set_priority ${P[3]} 0" queue_if_no_path \
	"set no_path_timeout_ms 30000" "set failback 700" "set probe_interval_ms 0" \
	"set rr_min_io 4" "set merge_kib 64" "fail_path ${P[1]}"; do
	check "$message" msg "$message"
done
dm table rrt
is "the table has them all" "$REPLY" "0 $SECTORS rrpath round-robin 4 2 ${P[0]} 50 3 ${P[1]} 50 1 \
${P[2]} 1 1 ${P[3]} 0 1 11 queue_if_no_path no_path_timeout_ms 30000 failback 700 \
probe_interval_ms 0 rr_min_io 4 merge_kib 64"
before=$REPLY
dm read "$DEV" 0 4096 30
dm status rrt
status=$REPLY

dmsetup table rrt | dmsetup load rrt
is "dmsetup table | dmsetup load" "${PIPESTATUS[*]}" "0 0"
check "resume" dm resume rrt
dm table rrt
is "the same table" "$REPLY" "$before"
dm status rrt
is "the same states and counters" "$REPLY" "$status"

dm remove rrt
check "and from nothing" dm create rrt - "$before"
dm table rrt
is "the same table again" "$REPLY" "$before"
done_testing
