#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# round-robin: weights and rr_min_io. One CPU submits, so turns can be counted to the bio.

. "${0%/*}/lib.sh"

need taskset
taskset -p -c 0 "$RRT_PID" >/dev/null
make_paths 3

# shares DESCRIPTION COUNT WANT: reads of each path
shares()
{
	msg reset_stats
	dm read "$DEV" 0 4096 "$2"
	st
	is "$1" "${reads[*]}" "$3"
}

make_map round-robin 3 2 "${P[0]}" 1 3 "${P[1]}" 1 1 "${P[2]}" 1 2
for ((i = 0; i < 3; i++)); do
	shares "weights 3, 1 and 2: six bios" 6 "3 1 2"
done
shares "six hundred bios" 600 "300 100 200"
msg set_weight "${P[1]}" 256
msg set_weight "${P[0]}" 1
dm read "$DEV" 0 4096 518
shares "weights changed live" 518 "2 512 4"
for path in "${P[@]}"; do msg set_weight "$path" 1; done
dm read "$DEV" 0 4096 3
shares "and all one again" 300 "100 100 100"

msg set rr_min_io 10
dm read "$DEV" 0 4096 30
shares "rr_min_io 10: a full round" 30 "10 10 10"
msg reset_stats
seen=''
for ((i = 0; i < 6; i++)); do
	dm read "$DEV" 0 4096 5
	st
	seen+="$(printf '%s\n' "${reads[@]}" | sort -n | tr '\n' ' ')|"
done
# Where the turn stands at first is not known: ten bios reach one path or two.
is "after a round all are even" "${reads[*]}" "10 10 10"
like "bios of a turn follow one another" "$seen" "0 0 5 |*0 5 10 |*5 10 10 |10 10 10 |"
msg set_weight "${P[0]}" 4
dm read "$DEV" 0 4096 60
shares "weight times rr_min_io" 60 "40 10 10"
done_testing
