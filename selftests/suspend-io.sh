#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Suspend and resume under I/O, with flush and without: I/O stands still meanwhile, none is lost.

. "${0%/*}/lib.sh"

make_paths 2
make_map round-robin 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 100
io_start "$DEV" 4
check "I/O runs" io_moves
for how in "" noflush; do
	broken=''
	for ((i = 0; i < 20; i++)); do
		dm suspend rrt $how && dm resume rrt || broken+=" $i"
	done
	is "suspend $how, 20 times" "$broken" ""
	dm suspend rrt $how
	total_ios
	from=$total
	nap 0.5
	total_ios
	is "suspend $how: I/O stands still" "$total" "$from"
	check "a message while suspended" msg set_weight "${P[0]}" 2
	check "status while suspended" states_are AA
	dm resume rrt
	check "suspend $how: I/O goes on after" io_moves
done

# A path that fails just before, or comes back while suspended.
path_error 0
wait_for "a path failed" 'states_are FA'
dm suspend rrt
check "another probe interval while suspended" msg set probe_interval_ms 50
path_good 0
dm resume rrt
wait_for "it is probed after the resume" 'states_are AA'
dm suspend rrt noflush
path_error 1
dm resume rrt
wait_for "it fails after the resume" 'states_are AF'
path_good 1
wait_for "and returns" 'states_are AA'
dm suspend rrt lockfs
dm resume rrt lockfs
check "I/O goes on at the end" io_moves
io_stop "no error and every block as written"
done_testing
