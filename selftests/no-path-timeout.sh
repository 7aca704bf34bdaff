#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# no_path_timeout_ms: what is held fails after that long without a usable path, new bios too.

. "${0%/*}/lib.sh"

make_paths 2
make_map failover 2 0 "${P[0]}" "${P[1]}" \
	5 queue_if_no_path no_path_timeout_ms 1500 probe_interval_ms 0

lose_all() { msg fail_path "${P[0]}" && msg fail_path "${P[1]}"; }

# Milliseconds since the last call of `clock`.
clock() { clock=${EPOCHREALTIME/./}; }
passed() { echo $(((${EPOCHREALTIME/./} - clock) / 1000)); }

clock
lose_all
hold 2
held_end "they fail" 5
between "not before the time" "$(passed)" 1490 30000
clock
dm read "$DEV" 0 4096 1
is "a new one fails" "$dm_errno" 5
between "at once" "$(passed)" 0 1000
st
is "it still says that it queues" "$queueing $queued" "1 0"

msg reinstate_path "${P[0]}"
check "a path returns: I/O works" dm read "$DEV" 0 4096 1
clock
msg fail_path "${P[0]}"
hold 1
wait_for "held again when it is lost again" 'queued_is 1'
held_end "and fails after the time" 5
between "which began anew" "$(passed)" 1490 30000

msg set no_path_timeout_ms 0
msg reinstate_path "${P[0]}"
msg fail_path "${P[0]}"
hold 1
nap 2.5
queued_is 1
is "0 is for ever" "$queued" 1
clock
msg set no_path_timeout_ms 300
held_end "set while it is held: it fails" 5

msg set no_path_timeout_ms 8000
msg reinstate_path "${P[0]}"
msg fail_path "${P[0]}"
hold 2
wait_for "held" 'queued_is 2'
msg reinstate_path "${P[0]}"
held_end "a path within the time: nothing fails" 0
nap 8.5
check "and nothing after it" dm read "$DEV" 0 4096 10

# The usable path is left out of the next table: the time begins then, not with an older outage.
msg set no_path_timeout_ms 4000
clock
check "reload without the usable path" dm swap rrt 0 "$SECTORS" rrpath failover 1 0 "${P[1]}" \
	5 queue_if_no_path no_path_timeout_ms 4000 probe_interval_ms 0
hold 1
held_end "what comes then is held, and fails" 5
between "after the time" "$(passed)" 3990 60000

# Another table for a map that had no usable path: the time is over, or goes on.
again()
{
	dm swap rrt 0 "$SECTORS" rrpath failover 1 0 "${P[1]}" \
		3 queue_if_no_path no_path_timeout_ms "$1"
}
nap 7
check "reload after the time" again 10000
clock
check_not "what comes then fails" dm read "$DEV" 0 4096 1
between "at once, for the time was over before the reload" "$(passed)" 0 7000
msg reinstate_path "${P[1]}"
msg set no_path_timeout_ms 600000
msg fail_path "${P[1]}"
nap 10
check "reload in the middle of it" again 600000
hold 1
wait_for "held" 'queued_is 1'
clock
msg set no_path_timeout_ms 10000
held_end "it fails when the time is made shorter" 5
between "at once, for it began before the reload" "$(passed)" 0 7000
done_testing
