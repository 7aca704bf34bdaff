#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every number of a table line replaced by what is no number, or none that fits: refused by name.

. "${0%/*}/lib.sh"

make_paths 2
a=${P[0]} b=${P[1]}
dm create rrt -
note_base
printf -v digits '%4000s' ''
digits=${digits// /9}

lines=(
	"failover @ 0 $a $b"
	"failover 2 @ $a $b"
	"failover 2 1 $a @ $b 1"
	"failover 2 2 $a 1 1 $b 1 @"
	"failover 2 0 $a $b @"
	"failover 2 0 $a $b 2 no_path_timeout_ms @"
	"failover 2 0 $a $b 2 failback @"
	"failover 2 0 $a $b 2 probe_interval_ms @"
	"failover 2 0 $a $b 2 rr_min_io @"
	"failover 2 0 $a $b 2 stall_timeout_ms @"
	"failover 2 0 $a $b 2 hold_down_max_ms @"
	"failover 2 0 $a $b 2 merge_kib @"
)
for line in "${lines[@]}"; do
	for number in -1 +1 x 1x 0x10 1.5 4294967296 18446744073709551617 "$digits"; do
		refused "$number" load rrt 0 "$SECTORS" rrpath "${line/@/$number}"
	done
done
done_testing
