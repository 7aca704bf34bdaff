#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Path events: the uevents that dm-multipath raises, and a dm event for each.

. "${0%/*}/lib.sh"

make_paths 2
dm create rrt rrpath-selftest 0 "$SECTORS" rrpath failover 2 0 "${P[0]}" "${P[1]}" \
	2 probe_interval_ms 100
MAP=$REPLY DEV=/dev/dm-${REPLY#*:}
"$rrt_program" uevents >"$tmp/events" 2>&1 &
children+=($!)
wait_for "listening" '[ -s "$tmp/events" ]'

event_nr() { dm info rrt && read -r _ event _ <<<"$REPLY"; }

# event DESCRIPTION ACTION PATH VALID: the next line is that, and the dm event number grew
lines=1
event()
{
	local line all
	lines=$((lines + 1))
	until_true 'mapfile -t all <"$tmp/events" && ((${#all[@]} >= lines))' 10 ||
		{ fail "$1: uevent"; return; }
	line=${all[lines - 1]}
	like "$1: DM_ACTION" " $line" "* DM_ACTION=$2 *"
	like "$1: DM_PATH" " $line" "* DM_PATH=$3 *"
	like "$1: DM_NR_VALID_PATHS" " $line" "* DM_NR_VALID_PATHS=$4 *"
	like "$1: DM_NAME and DM_UUID" " $line" "* DM_NAME=rrt *DM_UUID=rrpath-selftest *"
	like "$1: of the map" " $line" "* DEVNAME=*dm-${MAP#*:} *"
	wait_for "$1: dm event" "event_nr && ((event > $was))"
	was=$event
}

event_nr
was=$event
msg fail_path "${P[0]}"
event fail_path PATH_FAILED "${P[0]}" 1
msg fail_path "${P[0]}"
msg fail_path "${P[1]}"
event "the last one, after a repeat that says nothing" PATH_FAILED "${P[1]}" 0
msg reinstate_path "${P[1]}"
event reinstate_path PATH_REINSTATED "${P[1]}" 1
msg reinstate_path "${P[1]}"
msg reinstate_path "${P[0]}"
event "the other, after a repeat that says nothing" PATH_REINSTATED "${P[0]}" 2
path_error 0
dm read "$DEV" 0 4096 1
event "I/O error" PATH_FAILED "${P[0]}" 1
path_good 0
event "probe" PATH_REINSTATED "${P[0]}" 2
dm suspend rrt
msg fail_path "${P[0]}"
msg fail_path "${P[1]}"
msg reinstate_path "${P[1]}"
dm resume rrt
event "what is left of changes while suspended" PATH_FAILED "${P[0]}" 1
nap 0.5
mapfile -t all <"$tmp/events"
is "and no other events" "${#all[@]}" "$lines"
done_testing
