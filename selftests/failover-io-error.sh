#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Paths turn to errors and back, one after the other, under a writer that verifies: no error comes
# up, no data is wrong, and the kernel brings each path back by itself.

. "${0%/*}/lib.sh"

make_paths 2
make_map round-robin 2 0 "${P[0]}" "${P[1]}" 4 probe_interval_ms 100 hold_down_max_ms 0
io_start "$DEV" 4

for ((round = 0; round < 4; round++)); do
	for bad in 0 1; do
		want=FA
		((bad == 0)) || want=AF
		path_error "$bad"
		wait_for "path $bad fails" "states_are $want"
		check "I/O goes on" io_moves
		path_good "$bad"
		wait_for "path $bad returns" "states_are AA"
	done
done
check "I/O goes on at the end" io_moves
io_stop "no error and every block as written"
wait_for "idle" is_idle
is "fail_count" "${fails[*]}" "4 4"
check "path errors were seen" [ $((errors[0] > 3 && errors[1] > 3)) = 1 ]
is "each of them was sent elsewhere" "$((errors[0] + errors[1]))" "$((retries[0] + retries[1]))"

for policy in failover queue-length; do
	msg set_policy "$policy"
	io_start "$DEV" 4
	check "$policy: I/O runs" io_moves
	path_error 0
	wait_for "$policy: path 0 fails" 'states_are FA'
	check "$policy: I/O goes on" io_moves
	path_good 0
	wait_for "$policy: path 0 returns" 'states_are AA'
	io_stop "$policy: no error and every block as written"
done

# All paths bad and nothing held: the error comes up.
path_error 0
path_error 1
dm read "$DEV" 0 4096 1
is "no path left: EIO" "$dm_errno" 5
st
is "both failed" "$states" FF
done_testing
