#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Probes of a path that keeps failing are steady at first, then become rarer, down to one in four
# intervals.

. "${0%/*}/lib.sh"

make_paths 2
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 40

lower_reads() { read -r lower _ <"/sys/block/dm-${P[0]#*:}/stat"; }

lower_reads
from=$lower
path_error_counted 0
dm read "$DEV" 0 4096 1
wait_for "failed" 'states_are FA'
wait_for "probed steadily at first, more than sixty times" 'lower_reads; ((lower - from > 64))'
# After 80 ms it is at 160; a slow machine only makes it fewer.
nap 1
lower_reads
from=$lower
nap 4
lower_reads
note "$((lower - from)) probes in four seconds"
between "then about one in 160 ms, not one in 40" "$((lower - from))" 1 40
path_good 0
wait_for "the path returns" 'states_are AA'

# The next failure begins at one interval again.
path_error 0
dm read "$DEV" 0 4096 1
wait_for "failed again" 'states_are FA'
path_good 0
wait_for "and returned" 'states_are AA'
done_testing
