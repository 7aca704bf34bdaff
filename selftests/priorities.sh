#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Priorities: the usable paths with the highest carry, the others stand by and take over.

. "${0%/*}/lib.sh"

make_paths 4
make_map round-robin 4 1 "${P[0]}" 50 "${P[1]}" 50 "${P[2]}" 10 "${P[3]}" 10

# group DESCRIPTION STATES READS
group()
{
	msg reset_stats
	dm read "$DEV" 0 4096 100
	st
	is "$1: states" "$states" "$2"
	local i seen=''
	for ((i = 0; i < 4; i++)); do seen+=$((reads[i] > 0)); done
	is "$1: who carries" "$seen" "$3"
}

group "two of 50, two of 10" AASS 1100
msg fail_path "${P[0]}"
group "one of 50 is left" DASS 0100
msg fail_path "${P[1]}"
group "standby takes over" DDAA 0011
msg reinstate_path "${P[1]}"
group "and goes back" DASS 0100
msg reinstate_path "${P[0]}"
group "both again" AASS 1100

msg set_priority "${P[2]}" 60
group "the highest alone" SSAS 0010
msg set_priority "${P[3]}" 60
group "joined by an equal" SSAA 0011
msg set_priority "${P[2]}" 0
group "zero is the lowest" SSSA 0001
for path in "${P[@]}"; do msg set_priority "$path" 7; done
group "all equal" AAAA 1111

path_error 1
group "a failed path leaves its group" AFAA 1111
is "after one error" "${fails[1]} ${errors[1]}" "2 1"
path_good 1
wait_for "and returns" 'states_are AAAA'
done_testing
