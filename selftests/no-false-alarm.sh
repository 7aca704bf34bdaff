#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Slow is not dead. Paths that take 50 to 500 ms for each I/O, in bursts, one of them or both: none
# is failed, nothing is sent twice, and with the default stall_timeout_ms none is even left out for
# long. Then the same with a limit below the delays, so that paths do stall: the last usable path is
# never left out, no I/O sees an error, and once they are quick again all are used again.
#
# RRPATH_SECONDS: how long in all (else 30).

SECTORS=65536
. "${0%/*}/lib.sh"
. "$here/proofs/common.sh"

trouble_lasts 30
make_paths 2

# delays PATH0 PATH1: milliseconds, 0 is not slow
delays()
{
	local i ms=("$@")
	for i in 0 1; do
		[ "${ms[i]}" != "${now[i]-0}" ] || continue
		if ((ms[i])); then path_delay "$i" "${ms[i]}"; else path_good "$i"; fi
	done
	now=("$@")
}

# Bursts of the same length for everybody: the same kind of trouble is seen in long and short runs.
bursts=(0:50 200:0 0:500 500:0 300:300 0:0 500:500 50:450 500:500 0:0)
slow_for()
{
	local end=$((SECONDS + $1)) i=0
	while ((SECONDS < end)); do
		# shellcheck disable=SC2086
		delays ${bursts[i % ${#bursts[@]}]//:/ }
		i=$((i + 1))
		nap 1.$((RANDOM % 9))
		st
		((usable > 0)) || { note "no usable path: $REPLY"; nothing_left=yes; }
	done
	delays 0 0
}

# part NAME SECONDS OPTIONS...
part()
{
	local name=$1 seconds=$2
	shift 2
	nothing_left='' now=(0 0)
	make_map round-robin 2 0 "${P[0]}" "${P[1]}" "$@"
	changes_start || die "no events"
	fio_start "$name" --filename="$DEV" --size=100% --bs=4k --rw=randwrite --iodepth=8 \
		--verify_backlog=32 --fsync=64 --rate_iops=200
	check "$name: I/O runs" io_moves
	slow_for "$seconds"
	wait_for "$name: both paths are in use" 'states_are AA' 60
	check "$name: I/O goes on over both" io_moves
	fio_stop "$name"
	wait_for "$name: idle" is_idle
	is "$name: no path was failed" "${errors[*]:0:2} ${retries[*]:0:2}" "0 0 0 0"
	is "$name: there was always a usable path" "$nothing_left" ""
	fewest_usable
	like "$name: so say the events" "$REPLY" "@(|[1-9])"
	is "$name: nothing is left of it" "${hold[*]:0:2} ${reason[*]:0:2}" "0 0 - -"
	note "$name: stalls ${stalls[*]:0:2} in $seconds s"
	changes_end
	dm remove rrt
}

part default $((trouble / 2))
# A machine that stands still for a second makes any path look so.
between "default: paths left out (stalls)" $((stalls[0] + stalls[1])) 0 $((1 + trouble / 30))
part limit-below $((trouble / 2)) 4 stall_timeout_ms 150 hold_down_max_ms 2000
check "limit-below: the slow ones were noticed" [ $((stalls[0] + stalls[1])) -gt 0 ]
done_testing
