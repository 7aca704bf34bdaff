#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# rrpath monitor: a line for each thing that happens, with its reason, in order.

. "${0%/*}/lib.sh"

need rrpath
make_paths 3
make_map failover 2 0 "${P[0]}" "${P[1]}" 3 probe_interval_ms 100 queue_if_no_path
p0=dm-${P[0]#*:} p1=dm-${P[1]#*:} p2=dm-${P[2]#*:}

rrpath monitor rrt >"$tmp/lines" 2>&1 &
children+=($!)
rrpath monitor --json >"$tmp/json" 2>&1 &
children+=($!)
wait_for "it listens" '[ -s "$tmp/lines" ] && [ -s "$tmp/json" ]'

# line DESCRIPTION WORDS: the next line says that, without its time
nr=0
line()
{
	local all
	nr=$((nr + 1))
	until_true 'mapfile -t all <"$tmp/lines" && ((${#all[@]} >= nr))' ||
		{ fail "$1" "no such line: $2"; return; }
	like "$1" "${all[nr - 1]}" "????-??-??T??:??:??.???Z rrt $2"
}

line "what there is" "- present - 2/2"
msg fail_path "${P[0]}"
line "disabled" "$p0 disabled admin 1/2"
path_error 1
hold 1
line "failed" "$p1 failed io-error 0/2"
line "no path is left" "- no-path queueing 0/2"
path_good 1
line "found by the probe" "$p1 reinstated - 1/2"
line "there is one again" "- path-again queueing-ends 1/2"
held_end "what was held is done" 0
msg reinstate_path "${P[0]}"
line "reinstated" "$p0 reinstated - 2/2"

params="failover 2 1 ${P[0]} 1 ${P[2]} 9 3 probe_interval_ms 100 queue_if_no_path"
# shellcheck disable=SC2086
dm swap rrt 0 "$SECTORS" rrpath $params
line "a path leaves the table" "$p1 dropped - 2/2"
line "the other is not of the best" "$p0 standby - 2/2"
line "a path joins" "$p2 added - 2/2"
# shellcheck disable=SC2086
dm swap rrt 0 $((SECTORS / 2)) rrpath $params
line "smaller" "- resized - 2/2"
dm remove rrt
line "removed" "- removed - 2/2"
# shellcheck disable=SC2086
dm create rrt rrpath-selftest 0 "$SECTORS" rrpath $params
line "made" "- created - 2/2"

nap 0.5
is "and nothing else" "$(wc -l <"$tmp/lines")" "$nr"
wait_for "as many as JSON" '[ "$(wc -l <"$tmp/json")" -ge $nr ]'
is "and no more" "$(wc -l <"$tmp/json")" "$nr"
mapfile -t json <"$tmp/json"
want="\"map\": \"rrt\", \"uuid\": \"\", \"path\": \"$p0\", \"dev\": \"${P[0]}\""
want+=", \"event\": \"disabled\","
want+=" \"reason\": \"admin\","
like "JSON of a path" "${json[1]}" \
	"{\"schema\": 1, \"time\": \"*Z\", $want \"usable\": 1, \"paths\": 2}"
want="\"uuid\": \"rrpath-selftest\", \"path\": null, \"dev\": null, \"event\": \"created\","
like "JSON of a map" "${json[nr - 1]}" "*$want \"reason\": null, *"
rrpath monitor --jason 2>/dev/null
is "wrong usage" "$?" 2
done_testing
