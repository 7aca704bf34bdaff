#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# rrpath policy, fail, reinstate, set, stat: on a map in use.

. "${0%/*}/lib.sh"

need rrpath
make_paths 2
a=/dev/mapper/rrt-p0 b=${P[1]}
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 0
io_start "$DEV" 2
check "I/O runs" io_moves

like "policy shows" "$(rrpath policy rrt)" "*failover*"
for policy in round-robin queue-length; do
	check "policy $policy" rrpath policy rrt $policy
	like "policy file" "$(<"$SYS/policy")" "*\[$policy\]*"
done
check "fail" rrpath fail rrt $a
check "done" states_are DA
check "fail again" rrpath fail rrt $a
check "reinstate" rrpath reinstate rrt $a
check "done" states_are AA
check "reinstate again" rrpath reinstate rrt "${P[0]}"
check "I/O goes on" io_moves

# sets ARGS... -- PATTERN: the table has it then
sets()
{
	local pattern=${!#} what="set ${*:1:$#-2}"
	check "$what" rrpath set rrt "${@:1:$#-2}"
	dm table rrt
	like "$what: done" "$REPLY" "*$pattern*"
}

sets queue_if_no_path yes -- "queue_if_no_path"
sets no_path_timeout_ms 7000 -- "no_path_timeout_ms 7000"
sets failback manual -- "failback manual"
sets probe_interval_ms 50 -- "probe_interval_ms 50"
sets rr_min_io 4 -- "rr_min_io 4"
sets weight $a 3 -- "${P[0]} 1 3"
sets priority "$b" 9 -- "$b 9 1"
check "set queue_if_no_path no" rrpath set rrt queue_if_no_path no
st
is "done" "$queueing" 0
check "I/O goes on" io_moves
io_stop "no error and every block as written"

check "stat --reset" rrpath stat --reset rrt
dm read "$DEV" 0 4096 12
is "stat" "$(rrpath stat --raw --noheadings -o DEV,READS,ERRORS rrt)" "${P[0]} 0 0
$b 12 0"
like "stat --json" "$(rrpath stat --json rrt)" "{*\"reads\"*12*}"
rates=$(rrpath stat --raw --noheadings --interval 0.2 --count 2 -o DEV,IOPS rrt)
between "stat --interval" "$(grep -c "^${P[0]} " <<<"$rates")" 2 3
done_testing
