#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# failback: at once, by hand, or after a better path has been usable for so long.

. "${0%/*}/lib.sh"

make_paths 2

# who STATES: and the path that carries is the one in state A
who()
{
	msg reset_stats
	dm read "$DEV" 0 4096 20
	st
	is "$1: states" "$states" "$2"
	local seen=$((reads[0] > 0))$((reads[1] > 0))
	is "$1: who carries" "$seen" "$3"
}

make_map failover 2 1 "${P[0]}" 50 "${P[1]}" 10
msg fail_path "${P[0]}"
who "immediate, better path lost" DA 01
msg reinstate_path "${P[0]}"
who "immediate, better path back" AS 10

msg set failback manual
msg fail_path "${P[0]}"
who "manual, better path lost" DA 01
msg reinstate_path "${P[0]}"
nap 1
who "manual, better path back: it waits" SA 01
msg set_policy round-robin
who "which it does under another policy, too" SA 01
msg set_policy failover
msg set failback immediate
who "until told" AS 10

msg set failback 4000
msg fail_path "${P[0]}"
who "4000 ms, better path lost" DA 01
began=${EPOCHREALTIME/./}
msg reinstate_path "${P[0]}"
who "4000 ms, better path back: it waits" SA 01
wait_for "and carries after the time" 'states_are AS'
between "not before it" $(((${EPOCHREALTIME/./} - began) / 1000)) 3990 30000
who "4000 ms, after the time" AS 10

# Lost again while it waits: the time begins anew.
msg set failback 5000
msg fail_path "${P[0]}"
msg reinstate_path "${P[0]}"
nap 1.2
msg fail_path "${P[0]}"
began=${EPOCHREALTIME/./}
msg reinstate_path "${P[0]}"
wait_for "lost while it waited" 'states_are AS'
between "it waited all of the time again" $(((${EPOCHREALTIME/./} - began) / 1000)) 4990 30000

# No choice: it does not wait when nothing else is usable.
msg set failback manual
msg fail_path "${P[0]}"
msg fail_path "${P[1]}"
msg reinstate_path "${P[0]}"
who "manual, nothing else is usable" AD 10
msg reinstate_path "${P[1]}"
who "manual, the lower one back" AS 10

# Equal priorities under failover: table order is the rank.
msg set_priority "${P[0]}" 7
msg set_priority "${P[1]}" 7
msg fail_path "${P[0]}"
msg reinstate_path "${P[0]}"
msg reset_stats
dm read "$DEV" 0 4096 20
st
is "manual, equal priorities: the second keeps it" "${reads[*]}" "0 20"
msg set failback immediate
msg reset_stats
dm read "$DEV" 0 4096 20
st
is "until told" "${reads[*]}" "20 0"

# It waits only for what is not as good: under a policy without order both are.
msg set failback manual
msg fail_path "${P[1]}"
msg reinstate_path "${P[1]}"
st
is "manual, equal priorities: the second need not wait" "$states" AA
msg fail_path "${P[0]}"
msg reinstate_path "${P[0]}"
st
is "manual, equal priorities: the first waits" "$states" SA
msg set_policy round-robin
who "under round-robin there is nothing to wait for" AA 11

# Order is rank only among paths that are usable and of the same priority.
add_path 2
check "a third path" dm swap rrt 0 "$SECTORS" rrpath failover 3 1 "${P[0]}" 5 "${P[1]}" 7 \
	"${P[2]}" 7 2 failback manual
# second_waits DESCRIPTION STATES: it has returned, and is better than the third
second_waits()
{
	msg fail_path "${P[1]}"
	msg reinstate_path "${P[1]}"
	st
	is "$1: the second waits" "$states" "$2"
}
second_waits "the first is of lower priority" SSA
msg set_priority "${P[0]}" 7
msg fail_path "${P[0]}"
second_waits "the first is disabled" DSA
done_testing
