#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# rrpath wait: returns when the map is there and enough paths are usable, or in time.

. "${0%/*}/lib.sh"

need rrpath
make_paths 2

# in_background ARGS...: rrpath wait
in_background()
{
	rrpath wait "$@" >"$tmp/wait" 2>&1 &
	waiter=$!
	children+=("$waiter")
}

# returned DESCRIPTION STATUS
returned()
{
	until_true '! kill -0 "$waiter" 2>/dev/null' 60 || { fail "$1" "it still waits"; return; }
	wait "$waiter"
	is "$1" "$?" "$2"
}

still_waits() { nap 0.5; check "$1" kill -0 "$waiter"; }

check_not "no such map" rrpath wait --timeout 0.1 rrt 2>"$tmp/err"
like "says so" "$(<"$tmp/err")" "rrpath: after 0.1 s there is no map 'rrt'*"
is "in one line" "$(wc -l <"$tmp/err")" 1

in_background --timeout 60 rrt
still_waits "it waits for a map to be made"
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 100
returned "made" 0
check "all paths are usable" rrpath wait --timeout 60 rrt
check "one is enough" rrpath wait --paths 1 --timeout 60 rrt
check "by its node" rrpath wait --timeout 60 /dev/mapper/rrt

msg fail_path "${P[0]}"
check "one of two" rrpath wait --paths 1 --timeout 60 rrt
check_not "not all" rrpath wait --timeout 0.2 rrt 2>"$tmp/err"
like "says how many" "$(<"$tmp/err")" "*1 of 2 paths of 'rrt' are usable, not 2*"
in_background rrt
still_waits "it waits for the second path"
msg reinstate_path "${P[0]}"
returned "reinstated" 0

path_error 1
msg fail_path "${P[0]}"
dm read "$DEV" 0 4096 1
states_are DF || note "states: $REPLY"
in_background --paths 1 rrt
still_waits "it waits for any path"
path_good 1
returned "the probe found it" 0
msg reinstate_path "${P[0]}"

check_not "more than there are" rrpath wait --paths 3 --timeout 0.1 rrt 2>/dev/null
for bad in "" "--timeout x rrt" "--timeout -1 rrt" "--paths 0 rrt" "--paths x rrt" "rrt more"; do
	# shellcheck disable=SC2086
	rrpath wait $bad 2>"$tmp/err"
	is "wrong usage: $bad" "$?" 2
done
done_testing
