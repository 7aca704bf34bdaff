#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The table is reloaded under I/O that verifies: states and counters of the paths that stay are
# kept.

. "${0%/*}/lib.sh"

make_paths 3
a=${P[0]} b=${P[1]} c=${P[2]}
two="round-robin 2 0 $a $b 2 probe_interval_ms 0"
three="queue-length 3 2 $a 1 1 $b 2 1 $c 2 2 2 probe_interval_ms 0"
make_map "$two"
io_start "$DEV" 4
check "I/O runs" io_moves
msg fail_path "$a"
msg reinstate_path "$a"
msg fail_path "$a"
st
before=("${reads[@]}" "${writes[@]}")

check "a path is added" dm swap rrt 0 "$SECTORS" rrpath "$three"
st
is "the disabled path stays disabled" "${state[0]}" D
is "fail_count is kept" "${fails[0]}" 2
is "counters are kept" "${reads[0]} ${writes[0]}" "${before[0]} ${before[2]}"
is "the new path begins at nothing" "${fails[2]} ${errors[2]}" "0 0"
is "the new path is used" "${state[2]}" A
check "I/O goes on" io_moves
check "the other counter went on from where it was" \
	[ $((reads[1] >= before[1] && writes[1] >= before[3])) = 1 ]

broken=''
for ((i = 0; i < 10; i++)); do
	dm swap rrt 0 "$SECTORS" rrpath "$two" || broken+=" two$i"
	st
	[ "${state[0]}" = D ] || broken+=" state$i"
	dm swap rrt 0 "$SECTORS" rrpath "$three" || broken+=" three$i"
done
is "reloaded twenty times" "$broken" ""
check "I/O goes on" io_moves
io_stop "no error and every block as written"

path_error 2
dm write "$DEV" 0 4096 20
msg reinstate_path "$a"
st
is "one failed" "$states" SAF
check "reload with a failed path" dm swap rrt 0 "$SECTORS" rrpath "$three"
st
is "a failed path stays failed" "$states" SAF
check "another table, another target" dm swap rrt 0 "$SECTORS" linear "$a 0"
check "and back" dm swap rrt 0 "$SECTORS" rrpath "$two"
st
is "states begin anew" "$states" AA
done_testing
