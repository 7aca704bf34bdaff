#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A path that completes nothing is left out for new bios, and comes back when it answers. What is
# in flight on it stays there: it is neither completed nor sent again.

. "${0%/*}/lib.sh"

make_paths 2
make_map round-robin 2 0 "${P[0]}" "${P[1]}" 4 stall_timeout_ms 400 probe_interval_ms 200

# Idle, and slow but living: no stall.
nap 1.5
st
is "an idle path is not stalled" "$states ${stalls[*]:0:2}" "AA 0 0"
path_delay 0 100
dm read "$DEV" 0 4096 20
path_good 0
st
is "a slow path is not stalled" "$dm_errno $states ${stalls[*]:0:2}" "0 AA 0 0"

# What hangs stays where it is.
from=$((reads[0] + reads[1]))
path_hang 0
hold 8
wait_for "all eight are sent" 'st && ((reads[0] + reads[1] - from == 8))'
wait_for "the path is left out" 'states_are TA'
st
is "usable" "$usable" 1
is "counted" "${fails[0]} ${stalls[0]} ${reason[0]}" "1 1 stalled"
is "sysfs says so" "$(<"$SYS/paths/${P[0]}/state") $(<"$SYS/paths/${P[0]}/reason")" \
	"stalled stalled"
in_flight=${flying[0]}
between "what hangs is in flight on it" "$in_flight" 1 8
from=${reads[1]} ios=$((reads[0]))
dm read "$DEV" 65536 4096 50
st
is "new bios do not go there" "$dm_errno $((reads[1] - from)) $((reads[0] - ios))" "0 50 0"
is "what hangs still does" "${flying[0]} ${retries[0]} ${errors[0]}" "$in_flight 0 0"

path_release 0
held_end "it completes by itself" 0
wait_for "the path is back" 'states_are AA'
wait_for "nothing is left in flight" is_idle
is "no error, no retry" "${errors[*]:0:2} ${retries[*]:0:2}" "0 0 0 0"
from=${reads[0]}
dm read "$DEV" 0 4096 10
st
is "and carries again" $((reads[0] - from)) 5

# What comes back from a stalled path with an error is sent elsewhere, and then it has failed.
path_hang 0
hold 8
wait_for "stalled again" 'states_are TA'
dm load rrt-p0 0 "$SECTORS" error
path_release 0
held_end "what hung was sent elsewhere" 0
wait_for "the path has failed" 'states_are FA'
st
is "reason" "${reason[0]}" io-error
is "taken out once" "${fails[0]} ${stalls[0]}" "2 2"

# The administrator's words count for a stalled path as well.
path_good 0
msg reinstate_path "${P[0]}"
check "reinstated" states_are AA
path_hang 0
hold 8
wait_for "stalled once more" 'states_are TA'
msg fail_path "${P[0]}"
check "disabled" states_are DA
msg reinstate_path "${P[0]}"
check "reinstated although it hangs" states_are AA
path_release 0
held_end "what hung completes" 0

# Bios that come back at once for want of room are no sign of life.
msg reset_stats
dm read "$DEV" 0 4096 4 nowait
path_hang 0
hold 8
nowait_storm() { until_true 'dm read "$DEV" 0 4096 4 nowait; states_are TA'; }
check "stalled under a storm of NOWAIT reads" nowait_storm
path_release 0
held_end "what hung completes" 0
wait_for "back" 'states_are AA'

msg set stall_timeout_ms 0
path_hang 0
hold 8
nap 1.5
st
is "stall_timeout_ms 0: never" "$states ${stalls[0]}" "AA 4"
msg set stall_timeout_ms 300
wait_for "the option works at once" 'states_are TA'
path_release 0
held_end "and it completes" 0
check "used again" msg reinstate_path "${P[0]}"

# A stalled path of which a probe, which reads the first block, comes back with an error has failed.
dm swap rrt-p0 0 8 error "|" 8 $((SECTORS - 8)) delay "${stores[0]}" 8 600000
is "the first block is bad, the others take long" "$dm_errno" 0
st
before=${stalls[0]}
"$rrt_program" read "$DEV" 65536 4096 2 >/dev/null 2>&1 &
held_pids+=($!)
children+=($!)
wait_for "it has failed" 'states_are FA'
is "for an error, once it was stalled" "${reason[0]} $((stalls[0] - before))" "io-error 1"
path_good 0
held_end "what hung completes" 0
wait_for "it answers and is used" 'states_are AA'
done_testing
