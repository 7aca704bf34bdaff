#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Probing: a failed path is read from and returns by itself, without I/O on the map; a disabled one
# is left alone; probe_interval_ms 0 is off.

. "${0%/*}/lib.sh"

make_paths 2
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 100

# Reads that reached the lower device of a path, good or bad.
lower_reads() { read -r lower _ <"/sys/block/dm-${P[$1]#*:}/stat"; }

path_error_counted 0
dm read "$DEV" 0 4096 1
wait_for "failed" 'states_are FA'
from=0
lower_reads 0
from=$lower
wait_for "it is read from" 'lower_reads 0 && ((lower > from + 2))'
st
is "and stays failed while it is bad" "$states" FA
is "probes are no bios of the map" "${reads[0]} ${errors[0]} ${fails[0]}" "1 1 1"
path_good 0
wait_for "returns when it is good" 'states_are AA'
st
is "fail_count is not cleared" "${fails[0]}" 1
check "and is used" eval 'dm read "$DEV" 0 4096 5 && st && [ "${reads[0]}" = 6 ]'

# Disabled, while good: nothing touches it.
msg fail_path "${P[0]}"
lower_reads 0
from=$lower
nap 1.5
lower_reads 0
is "a disabled path is not read from" "$lower" "$from"
st
is "and not reinstated" "$states" DA

# Disabled, while failed.
msg reinstate_path "${P[0]}"
path_error 0
dm read "$DEV" 0 4096 1
wait_for "failed" 'states_are FA'
msg fail_path "${P[0]}"
path_good 0
nap 1.5
st
is "disabling a failed path ends its probes" "$states" DA
msg reinstate_path "${P[0]}"

msg set probe_interval_ms 0
path_error 0
dm read "$DEV" 0 4096 1
path_good 0
nap 1.5
st
is "0 is off" "$states" FA
msg set probe_interval_ms 100
wait_for "switched on, it finds the path" 'states_are AA'

# All paths lost under a writer that is held; the probe alone ends it.
msg queue_if_no_path
io_start
check "I/O runs" io_moves
path_error 0
path_error 1
wait_for "both failed and bios held" 'st && [ "$states" = FF ] && ((queued > 0))'
path_good 1
wait_for "one returns" 'st && [ "${state[1]}" = A ]'
check "I/O goes on" io_moves
io_stop "no error and every block as written"

# A probe takes its time: what is said of the path meanwhile counts, not what the probe finds.
path_good 0
wait_for "both are usable" 'states_are AA'
# dm-delay tells how many reads it has.
probe_hangs() { dm status rrt-p0 && [[ $REPLY == *" delay 1 "* ]]; }
# probe_begins SECTORS: of a path that has failed, and answers late
probe_begins()
{
	path_error 0
	dm read "$DEV" 0 4096 1
	dm swap rrt-p0 0 "$1" delay "$store" 0 5000
	wait_for "a probe is under way" probe_hangs
}
probe_begins "$SECTORS"
check "another interval meanwhile" msg set probe_interval_ms 50
msg fail_path "${P[0]}"
check "disabled while it is under way" probe_hangs
wait_for "the probe ends" '! probe_hangs'
nap 0.5
st
is "disabled meanwhile: it is not taken back" "$states" DA
msg reinstate_path "${P[0]}"
probe_begins $((SECTORS / 2))
msg fail_path "${P[0]}"
check "disabled while it is under way" probe_hangs
wait_for "the probe ends" '! probe_hangs'
nap 0.5
st
is "disabled meanwhile, and too small: it stays disabled" "$states" DA
path_good 0
check "its device is as it was: it is taken back" msg reinstate_path "${P[0]}"
probe_begins "$SECTORS"
check "the map is removed" dm remove rrt
check_not "when the probe has ended" probe_hangs
done_testing
