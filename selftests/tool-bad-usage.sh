#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Command lines that are wrong: exit status 2 for wrong usage, 1 for what cannot be done, a line
# that says what, and the map is as it was.

. "${0%/*}/lib.sh"

need rrpath
make_paths 3
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 0
dm status rrt
status=$REPLY
dm table rrt
table=$REPLY
printf -v long '%4000s' ''
long=${long// /w}

# wrong STATUS ARGS...
wrong()
{
	local want=$1 said status
	shift
	said=$(rrpath "$@" 2>&1 >/dev/null)
	status=$?
	if [ "$status" = "$want" ] && [ -n "$said" ]; then
		ok "rrpath ${*:0:80}"
	else
		fail "rrpath $*" "status $status, want $want: $said"
	fi
}

wrong 2
wrong 2 nosuch
wrong 2 "$long"
wrong 2 create
wrong 2 create rrt-new
wrong 2 create --nosuch rrt-new "${P[2]}"
wrong 2 create --policy nosuch rrt-new "${P[2]}"
wrong 2 fail rrt
wrong 2 fail rrt "${P[0]}" "${P[1]}"
wrong 2 add rrt
wrong 2 set rrt
wrong 2 remove
wrong 1 remove rrt-new
wrong 1 fail rrt-new "${P[0]}"
wrong 1 fail rrt "${P[2]}"
wrong 1 fail rrt /dev/nosuch
wrong 1 fail rrt "$long"
wrong 1 reinstate rrt "${P[2]}"
wrong 1 drop rrt "${P[2]}"
wrong 1 add rrt "${P[0]}"
wrong 1 add rrt /dev/nosuch
wrong 1 show rrt-new
wrong 1 show rrt-p0
wrong 1 stat rrt-new
wrong 1 policy rrt-new failover
for args in "policy rrt nosuch" "set rrt nosuch 1" "set rrt rr_min_io 0" "set rrt rr_min_io x" \
	"set rrt failback later" "set rrt priority ${P[0]} 65536" "set rrt weight ${P[0]} 0" \
	"set rrt no_path_timeout_ms -- -1"; do
	# shellcheck disable=SC2086
	said=$(rrpath $args 2>&1 >/dev/null)
	err=$?
	check "rrpath $args: exit status $err" [ $((err == 1 || err == 2)) = 1 ]
	check "rrpath $args: says what" [ -n "$said" ]
done

dm status rrt
is "the status is as before" "$REPLY" "$status"
dm table rrt
is "the table is as before" "$REPLY" "$table"
done_testing
