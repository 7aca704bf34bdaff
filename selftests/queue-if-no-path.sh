#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# queue_if_no_path: bios are held while no path is usable, and go on or fail as told.

. "${0%/*}/lib.sh"

make_paths 2
make_map failover 2 0 "${P[0]}" "${P[1]}" 3 queue_if_no_path probe_interval_ms 0

lose_all() { msg fail_path "${P[0]}" && msg fail_path "${P[1]}"; }

lose_all
hold 3
wait_for "three are held" 'queued_is 3'
is "sysfs says so" "$(<"$SYS/queued")" 3
is "held bios are in flight nowhere" "${flying[*]}" "0 0"
msg reinstate_path "${P[1]}"
held_end "a path returns: they are read" 0
st
is "from the path that returned" "${reads[*]}" "0 3"

lose_all
hold 2
wait_for "two are held" 'queued_is 2'
msg fail_if_no_path
held_end "fail_if_no_path: they fail" 5
dm read "$DEV" 0 4096 1
is "and new ones at once" "$dm_errno" 5
queued_is 0
is "none is held" "$queued $queueing" "0 0"

echo 1 >"$SYS/queue_if_no_path"
hold 2
wait_for "held again" 'queued_is 2'
echo 0 >"$SYS/queue_if_no_path"
held_end "sysfs: they fail" 5
msg queue_if_no_path
hold 1
wait_for "and held again" 'queued_is 1'
msg set queue_if_no_path 0
held_end "set queue_if_no_path 0: it fails" 5

# The path that returns is as bad as it was: the first of them says so, the others are held again.
msg queue_if_no_path
path_error 1
hold 5
wait_for "five are held" 'queued_is 5'
msg reinstate_path "${P[1]}"
wait_for "the path that returned is lost again" 'st && [ "$states" = DF ] && ((queued == 5))'
path_good 1
msg reinstate_path "${P[1]}"
held_end "it returns once more: they are read" 0
msg fail_path "${P[1]}"

# The last path fails by an I/O error with bios on it: they are held, not lost.
msg reinstate_path "${P[0]}"
io_start
check "I/O runs" io_moves
path_error 0
wait_for "the writer's bios are held" 'st && ((queued > 0 && usable == 0))'
path_good 0
msg reinstate_path "${P[0]}"
check "I/O goes on" io_moves
io_stop "no error and every block as written"
done_testing
