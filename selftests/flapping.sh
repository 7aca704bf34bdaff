#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A path that is bad for a second and good for four, again and again, under I/O that verifies: with
# hold-down off the map follows each turn; with hold-down, whose time doubles, the number of changes
# stays small however long it goes on, the other path carries, no error comes up, and a path that
# stays good is used again.
#
# RRPATH_SECONDS: how long the path flaps with hold-down (else 25).

. "${0%/*}/lib.sh"
. "$here/proofs/common.sh"

trouble_lasts 25
make_paths 2
make_map round-robin 2 0 "${P[0]}" "${P[1]}" 4 hold_down_max_ms 0 probe_interval_ms 200
changes_start || die "no events"
fio_start fio --filename="$DEV" --size=100% --bs=4k --rw=randwrite --iodepth=4 \
	--verify_backlog=32 --fsync=64 --rate_iops=300
check "I/O runs" io_moves

# flap SECONDS: `turns` times bad and good
flap()
{
	local end=$((SECONDS + $1))
	turns=0
	while ((SECONDS < end)); do
		path_error 0
		nap 1
		path_good 0
		nap 4
		turns=$((turns + 1))
	done
}

flap 15
changes PATH_FAILED "${P[0]}"
is "without hold-down the map follows every turn" "$count" "$turns"
wait_for "and the path is back" 'states_are AA'

hold_max=16000
msg set hold_down_max_ms $hold_max
before=$count
flap "$trouble"
changes PATH_FAILED "${P[0]}"
count=$((count - before))
# It is used again after 0, 2, 4, 8, 16, 16 ... s of good probes, and is good for 4: after 2 s of it
# the path may come back, after 4 hardly, after 8 never.
note "$turns turns in $trouble s: the path was taken out of use $count times"
between "with hold-down it does not" "$count" 1 4
changes PATH_FAILED "${P[1]}"
is "the other path is never failed" "$count" 0
check "I/O goes on" io_moves
wait_for "once it stays good it is used again" 'states_are AA' $((hold_max / 1000 + 30))
check "I/O goes on over both" io_moves

path_error 0
wait_for "failed again" 'states_are FA'
path_good 0
wait_for "it answers, and is held down" 'st && [ "${state[0]} ${reason[0]}" = "F hold-down" ]'
check "for some time yet" [ "${hold[0]}" -gt 0 ]
check "an administrator need not wait" msg reinstate_path "${P[0]}"
is "it is usable at once" "$(st && echo "$states")" AA
fio_stop fio
wait_for "idle" is_idle
is "each path error was sent elsewhere" "${errors[0]} ${errors[1]}" "${retries[0]} ${retries[1]}"
done_testing
