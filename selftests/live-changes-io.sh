#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Policy, priorities, weights and options change under I/O that verifies: nothing is lost.

. "${0%/*}/lib.sh"

make_paths 4
make_map failover 4 0 "${P[@]}"
io_start "$DEV" 4
check "I/O runs" io_moves
refusals=0
for ((i = 0; i < 60; i++)); do
	for name in round-robin queue-length failover; do
		msg set_policy "$name" || refusals=$((refusals + 1))
	done
	path=${P[i % 4]}
	msg set_priority "$path" $((i % 7)) || refusals=$((refusals + 1))
	msg set_weight "$path" $((i % 256 + 1)) || refusals=$((refusals + 1))
	msg set rr_min_io $((i + 1)) || refusals=$((refusals + 1))
	msg fail_path "$path" || refusals=$((refusals + 1))
	((i % 10)) || check "I/O goes on" io_moves
	msg reinstate_path "$path" || refusals=$((refusals + 1))
done
is "every change was taken" "$refusals" 0
check "I/O goes on" io_moves
io_stop "no error and every block as written"
wait_for "idle" is_idle
is "no path error" "${errors[*]} ${retries[*]}" "0 0 0 0 0 0 0 0"

for name in round-robin queue-length failover; do
	msg set_policy "$name"
	msg set rr_min_io 1
	for path in "${P[@]}"; do msg set_priority "$path" 1; msg set_weight "$path" 1; done
	msg reset_stats
	dm read "$DEV" 0 4096 400
	st
	if [ "$name" = failover ]; then
		is "$name in effect" "${reads[*]}" "400 0 0 0"
	else
		for i in 0 1 2 3; do between "$name in effect: path $i" "${reads[i]}" 90 110; done
	fi
done
done_testing
