#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A suspend that waits for a bio on a path that hangs, and is given up for a signal: the map goes on
# as if nothing had been, and holds bios again when it has no path.

. "${0%/*}/lib.sh"

make_paths 2
make_map failover 2 0 "${P[0]}" "${P[1]}" 3 queue_if_no_path stall_timeout_ms 0
path_hang 0
hold 1
wait_for "a read hangs" 'st && ((flying[0] == 1))'

for how in flush noflush; do
	"$rrt_program" suspend rrt "${how#flush}" >/dev/null 2>&1 &
	pid=$!
	children+=("$pid")
	wait_for "suspend, $how: it waits" \
		'read -r _ _ word _ <"/proc/$pid/stat" && [ "$word" = S ]'
	nap 1
	kill -TERM "$pid"
	wait "$pid"
	is "and is ended" $? 143
	dm info rrt
	read -r _ _ suspended _ <<<"$REPLY"
	is "the map is not suspended" "$suspended" 0
	msg fail_path "${P[0]}"
	check "it carries bios" dm read "$DEV" 0 4096 3
	msg fail_path "${P[1]}"
	"$rrt_program" read "$DEV" 8192 4096 1 >/dev/null 2>&1 &
	pid=$!
	children+=("$pid")
	wait_for "and holds one that has no path" 'queued_is 1 || ! kill -0 $pid 2>/dev/null'
	is "held" "$queued" 1
	msg reinstate_path "${P[1]}"
	wait "$pid"
	is "until there is one" $? 0
done

# What is held goes back to the core while it tries to suspend, and is held again.
msg fail_path "${P[1]}"
hold 2
wait_for "two are held" 'queued_is 2'
"$rrt_program" suspend rrt noflush >/dev/null 2>&1 &
pid=$!
children+=("$pid")
wait_for "suspend: the core has them" 'queued_is 0'
kill -TERM "$pid"
wait "$pid"
is "suspend is ended" $? 143
wait_for "they are held again" 'queued_is 2'
msg reinstate_path "${P[1]}"
path_release 0
held_end "what hung is read" 0
check "suspend" dm suspend rrt
check "resume" dm resume rrt
done_testing
