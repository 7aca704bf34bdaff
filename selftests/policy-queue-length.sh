#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# queue-length: a slow path gets less, weights count, ties rotate, and nothing stays in flight.

. "${0%/*}/lib.sh"

need fio
make_paths 2
make_map queue-length 2 0 "${P[0]}" "${P[1]}"

run_fio()
{
	msg reset_stats
	fio --name=f --filename="$DEV" --direct=1 --ioengine=libaio --iodepth="$1" \
		--rw=randread --bs=4k --size=8m --io_size="$2" --minimal >"$tmp/fio" 2>&1 ||
		fail "fio" "$(<"$tmp/fio")"
	st
	note "reads ${reads[*]}"
}

dm read "$DEV" 0 4096 400
st
between "equal idle paths: reads of the first" "${reads[0]}" 180 220

path_delay 0 50
run_fio 8 4m
check "the slow path gets less than a quarter" [ "${reads[0]}" -lt $((reads[1] / 3)) ]
check "but not nothing" [ "${reads[0]}" -gt 0 ]
is "nothing in flight" "${flying[*]}" "0 0"

path_delay 0 20
path_delay 1 20
run_fio 8 4m
between "equal slow paths: reads of the first" "${reads[0]}" 410 614
msg set_weight "${P[0]}" 3
run_fio 16 8m
between "weights 3 and 1: reads of the first" "${reads[0]}" 1331 1740
is "nothing in flight at the end" "${flying[*]}" "0 0"
is "in_flight in sysfs" "$(<"$SYS/paths/${P[0]}/in_flight")" 0

path_good 0
path_hang 1
"$rrt_program" read "$DEV" 0 4096 40 >/dev/null &
children+=($!)
wait_for "in_flight shows the bio that hangs" 'st && ((flying[1] == 1))'
path_release 1
wait_for "and goes back to zero" is_idle
done_testing
