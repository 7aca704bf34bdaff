#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# rrpath add and drop: the path set of a map in use changes; the other paths keep states and
# counters; whatever is refused or fails, the map is not left suspended.

. "${0%/*}/lib.sh"

need rrpath
make_paths 3
check "create" rrpath create --policy round-robin --probe-interval 0 rrt "${P[0]}" "${P[1]}"
MAP=$(dmsetup info -c --noheadings -o major,minor --separator : rrt) DEV=/dev/dm-${MAP#*:}

# runs DESCRIPTION: not suspended, no second table
runs()
{
	dm info rrt
	like "$1: it runs" "$REPLY" "* * 0 0 *"
}

io_start "$DEV" 2
check "I/O runs" io_moves
msg fail_path "${P[0]}"
st
before=("${reads[0]}" "${writes[0]}")
check "add" rrpath add rrt /dev/mapper/rrt-p2
runs add
st
is "states" "${state[*]:0:npaths}" "D A A"
is "counters are kept" "${reads[0]} ${writes[0]} ${fails[0]}" "${before[*]} 1"
check "I/O goes on" io_moves
check "the new path carries" [ $((reads[2] + writes[2])) -gt 0 ]
check "drop" rrpath drop rrt "${P[1]}"
runs drop
st
is "the others are left" "${dev[*]:0:npaths} $states" "${P[0]} ${P[2]} DA"
check "I/O goes on" io_moves
dm info rrt-p1
like "the dropped one is closed" "$REPLY" "0 *"

check_not "the last usable path is not dropped" rrpath drop rrt "${P[2]}" 2>/dev/null
runs "refused drop"
dm create rrt-small - 0 8 linear 1:0 0
check_not "a smaller disk is not added" rrpath add rrt /dev/mapper/rrt-small 2>/dev/null
runs "smaller disk"
check_not "a path is not added twice" rrpath add rrt "${P[2]}" 2>/dev/null
runs "added twice"
check_not "the map is no path of itself" rrpath add rrt "$MAP" 2>/dev/null
runs "the map itself"
dm suspend rrt
check_not "a suspended map is left alone" rrpath add rrt "${P[1]}" 2>/dev/null
dm info rrt
like "and stays suspended" "$REPLY" "* * 1 0 *"
dm resume rrt
check "I/O goes on" io_moves
for ((i = 0; i < 3; i++)); do
	rrpath add rrt "${P[1]}" && rrpath drop rrt "${P[1]}" || break
done
is "added and dropped three times more" "$i" 3
runs "in the end"
io_stop "no error and every block as written"
done_testing
