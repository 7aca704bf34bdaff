#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The last usable path is never taken away for being slow, and a stalled one is taken back when
# there is no other.

. "${0%/*}/lib.sh"

make_paths 2
make_map failover 2 0 "${P[0]}" "${P[1]}" 4 stall_timeout_ms 300 probe_interval_ms 200

msg fail_path "${P[1]}"
path_hang 0
hold 1
nap 1.5
st
is "the only usable path stays" "$states ${stalls[0]} $usable" "AD 0 1"

# With another one to go to it is left out, and waits.
msg reinstate_path "${P[1]}"
wait_for "another path: it is left out" 'states_are TA'
st
is "usable" "$usable" 1

# The other one goes: the stalled one is all there is.
path_error 1
hold 1
wait_for "the other one fails, the stalled one is taken back" 'states_are AF'
st
is "usable again" "$usable" 1
path_release 0
held_end "no bio was lost" 0
wait_for "idle" is_idle

# So does disabling it.
path_good 1
wait_for "both are good" 'states_are AA'
path_hang 0
hold 1
wait_for "stalled" 'states_are TA'
msg fail_path "${P[1]}"
check "the administrator takes the other one: taken back" states_are AD
path_release 0
held_end "no bio was lost" 0

# Both hang: one is left in.
msg reinstate_path "${P[1]}"
msg set_policy round-robin
path_hang 0
path_hang 1
hold 4
wait_for "one is left out" 'st && ((usable == 1))'
nap 1.5
st
is "the other one never" "$usable" 1
like "one of each" "$states" "[AT][AT]"

# A reload that leaves the usable one out.
case $states in
TA) stalled=0 ;;
*) stalled=1 ;;
esac
path_release 0
path_release 1
held_end "no bio was lost" 0
wait_for "both are back" 'states_are AA'
path_hang $stalled
hold 4
wait_for "one is stalled" 'st && ((usable == 1))'
path_release $stalled
held_end "its bios end" 0
wait_for "both are back" 'states_are AA'

# One answers but is held down when the other one, the last, hangs.
msg set_policy failover
msg set probe_interval_ms 100
for ((i = 0; i < 8; i++)); do
	path_error 0
	dm read "$DEV" 0 4096 1
	path_good 0
	until_true 'st && [[ ${state[0]} = A || ${reason[0]} = hold-down ]]'
	[ "${state[0]}" = A ] || ((hold[0] < 20000)) || break
	msg set hold_down_max_ms 0
	until_true 'states_are AA'
	msg set hold_down_max_ms 60000
done
between "held down for long" "${hold[0]}" 20000 64000
path_hang 1
hold 1
wait_for "the one that answers serves, the one that hangs is left out" 'states_are AT'
path_release 1
held_end "no bio was lost" 0
wait_for "both are back" 'states_are AA'

# Nothing would bring a stalled path back without probes.
path_hang 0
hold 1
wait_for "stalled" 'states_are TA'
msg set probe_interval_ms 0
check "without probes no path is left out" states_are AA
nap 1
st
is "nor is it later" "$states" AA
path_release 0
held_end "no bio was lost" 0
done_testing
