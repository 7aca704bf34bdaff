#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A path that fails again soon after it came back must answer for some time before it is used:
# twice as long each time. Without another path there is no such time.

. "${0%/*}/lib.sh"

make_paths 2
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 100

# fail_it: by one read
fail_it()
{
	path_error 0
	dm read "$DEV" 0 4096 1
	check "failed" states_are FA
}

fail_it
st
is "no hold-down the first time" "${hold[0]}" 0
path_good 0
wait_for "it is back" 'states_are AA'

fail_it
st
is "the second time in a minute: 2 s" "${hold[0]}" 2000
path_good 0
wait_for "it answers and is held down" 'st && [ "${reason[0]}" = hold-down ]'
is "still out" "${states}" FA
between "the rest is told" "${hold[0]}" 1 2000
is "sysfs tells the reason" "$(<"$SYS/paths/${P[0]}/reason")" hold-down
wait_for "then it is back" 'states_are AA'

fail_it
st
is "the third time: 4 s" "${hold[0]}" 4000
path_good 0
wait_for "held down" 'st && [ "${reason[0]}" = hold-down ]'
# It fails its probes meanwhile: from the start.
path_error 0
wait_for "it ceases to answer" 'st && [ "${reason[0]}" = io-error ]'
is "the hold-down begins anew" "${hold[0]}" 4000
path_good 0
wait_for "held down again" 'st && [ "${reason[0]}" = hold-down ]'
msg set hold_down_max_ms 0
wait_for "hold_down_max_ms 0 ends it" 'states_are AA'

msg set hold_down_max_ms 3000
fail_it
st
is "hold_down_max_ms is the longest" "${hold[0]}" 3000
path_good 0
wait_for "held down" 'st && [ "${reason[0]}" = hold-down ]'
path_error 1
dm read "$DEV" 0 4096 1
is "the other path fails: no error" "$dm_errno" 0
check "the one that is held down serves" states_are AF
path_good 1
wait_for "both" 'states_are AA'

fail_it
st
is "held down" "${hold[0]}" 3000
path_good 0
msg reinstate_path "${P[0]}"
check "the administrator overrides it" states_are AA
fail_it
st
is "and it is forgotten" "${hold[0]}" 0

# Only in hold-down because a path answers: with none usable the first answer counts.
path_good 0
wait_for "it is back" 'states_are AA'
fail_it
st
is "held down again" "${hold[0]}" 2000
path_error 1
hold_fails() { dm read "$DEV" 0 4096 1; }
check_not "no path is left" hold_fails
path_good 0
wait_for "the first that answers is used at once" 'st && [ "${state[0]}" = A ]'

# However often it fails, it is never held down for less than the longest time; and so it is when
# it stalls.
path_good 1
wait_for "both" 'states_are AA'
msg set probe_interval_ms 20
msg set hold_down_max_ms 1
for ((i = 0; i < 32; i++)); do
	path_error 0
	dm read "$DEV" 0 4096 1 && path_good 0 && until_true 'states_are AA' || break
done
is "it has failed and come back 32 times" "$i" 32
msg set hold_down_max_ms 60000
msg set stall_timeout_ms 200
path_hang 0
hold 2
wait_for "it stalls" 'states_are TA'
is "held down as long as may be" "${hold[0]}" 60000
path_release 0
held_end "what hung is read" 0
wait_for "it answers and is held down" 'st && [ "${state[0]} ${reason[0]}" = "T hold-down" ]'
is "sysfs tells the reason" "$(<"$SYS/paths/${P[0]}/reason")" hold-down
msg set hold_down_max_ms 0
wait_for "until told" 'states_are AA'
done_testing
