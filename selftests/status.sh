#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The status line: its fields, and counters that are exact once the map is idle.

. "${0%/*}/lib.sh"

make_paths 2
make_map failover 2 2 "${P[0]}" 5 2 "${P[1]}" 3 1 3 queue_if_no_path probe_interval_ms 0
dm status rrt
is "all of the line of a new map" "$REPLY" "0 $SECTORS rrpath failover 1 0 2 2 15 \
${P[0]} A 5 2 0 0 0 0 0 0 0 0 0 0 0 - ${P[1]} S 3 1 0 0 0 0 0 0 0 0 0 0 0 -"
status=$REPLY
dm status-room rrt
is "one that is cut off says so: the first without" "0 $SECTORS rrpath $REPLY" "$status"

dm read "$DEV" 0 4096 10
dm write "$DEV" 0 8192 5
dm write "$DEV" 65536 512 7
st
is "reads" "${reads[0]}" 10
is "sectors read" "${rsec[0]}" 80
is "writes" "${writes[0]}" 12
is "sectors written" "${wsec[0]}" 87
is "none of it on the other path" "${reads[1]} ${rsec[1]} ${writes[1]} ${wsec[1]}" "0 0 0 0"

path_error 0
dm read "$DEV" 0 4096 5
is "reads go on when a path fails" "$dm_errno" 0
st
is "failed and took over" "$states" FA
is "usable" "$usable" 1
is "path errors" "${errors[0]} ${errors[1]}" "1 0"
is "retries" "${retries[0]} ${retries[1]}" "1 0"
is "fail_count" "${fails[0]} ${fails[1]}" "1 0"
is "reason" "${reason[0]} ${reason[1]}" "io-error -"
is "the failed read counts where it went first" "${reads[0]} ${reads[1]}" "11 5"
total_ios
is "dispatched less retries is what the map mapped" "$total" 27

msg fail_path "${P[1]}"
st
is "disabled" "$states" FD
is "no path is usable" "$usable" 0

path_good 0
msg reinstate_path "${P[0]}"
msg reset_stats
st
counters="${reads[*]} ${rsec[*]} ${writes[*]} ${wsec[*]}"
is "reset_stats zeroes the counters" "$counters ${others[*]} ${errors[*]} ${retries[*]}" \
	"0 0 0 0 0 0 0 0 0 0 0 0 0 0"
done_testing
