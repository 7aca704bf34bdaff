#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# dmsetup wait returns when a path fails, and when it comes back.

. "${0%/*}/lib.sh"

make_paths 2
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 100

# wakes DESCRIPTION COMMAND...
wakes()
{
	local what=$1 event pid
	shift
	dm info rrt
	read -r _ event _ <<<"$REPLY"
	dmsetup wait rrt "$event" >"$tmp/wait" 2>&1 &
	pid=$!
	children+=("$pid")
	nap 0.3
	check "$what: it waits" kill -0 "$pid"
	"$@"
	wait_for "$what: it wakes" "! kill -0 $pid 2>/dev/null"
	wait "$pid"
	is "$what: exit status" "$?" 0
}

wakes fail_path msg fail_path "${P[0]}"
wakes reinstate_path msg reinstate_path "${P[0]}"
break_it() { path_error 0; dm read "$DEV" 0 4096 1; }
wakes "I/O error" break_it
wakes probe path_good 0
wakes "state in sysfs" eval 'echo disabled >"$SYS/paths/${P[1]}/state"'
done_testing
