#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A stalled path is taken back when there is no other, but not when it has become too small: then
# there is none.

. "${0%/*}/lib.sh"

make_paths 2
make_map round-robin 2 0 "${P[0]}" "${P[1]}" 4 stall_timeout_ms 200 probe_interval_ms 600000

# stall DESCRIPTION: the first path hangs until it is found to, then goes on at once
stalls()
{
	path_hang 0
	hold 2
	wait_for "$1" 'states_are TA'
}

stalls "the first path stalls"
path_release 0
held_end "its reads end" 0
msg fail_path "${P[1]}"
wait_for "it is used all the same without the other" 'states_are AD'
msg reinstate_path "${P[1]}"
wait_for "both are used" 'states_are AA'

stalls "it stalls again"
dm load rrt-p0 0 $((SECTORS / 2)) linear "$store" 0
path_release 0
held_end "its reads end" 0
st
is "it has become too small" "$states ${reason[0]}" "TA too-small"
msg fail_path "${P[1]}"
st
is "it is not used for want of another" "$states $usable" "TD 0"
check_not "the map has no path" dm read "$DEV" 0 4096 1
path_good 0
check "reinstate_path, now that it is as large as it was" msg reinstate_path "${P[0]}"
wait_for "it is used" 'states_are AD'
check "the map is read" dm read "$DEV" 0 4096 4
done_testing
