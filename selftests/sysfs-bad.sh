#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Bad writes to sysfs: an error, and nothing has changed; files that only read cannot be written.

. "${0%/*}/lib.sh"

make_paths 2
make_map round-robin 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 0
dir=$SYS/paths/${P[0]}
note_base
was=$base
dm status rrt
status=$REPLY
dm table rrt
table=$REPLY
printf -v long '%4000s' ''
long=${long// /w}

# bad FILE VALUE...
bad()
{
	local file=$1 value
	shift
	for value; do
		check_not "${file##*/} refuses '${value:0:30}'" \
			eval 'echo "$value" 2>/dev/null >"$file"'
	done
}

numbers=(-1 x 1x "" "1 2" 4294967296 18446744073709551616 "$long")
bad "$SYS/policy" nosuch "" "failover round-robin" Failover "$long"
bad "$SYS/queue_if_no_path" 2 "${numbers[@]}"
bad "$SYS/no_path_timeout_ms" "${numbers[@]}"
bad "$SYS/failback" later "${numbers[@]}"
bad "$SYS/probe_interval_ms" "${numbers[@]}"
bad "$SYS/rr_min_io" 0 "${numbers[@]}"
bad "$SYS/stall_timeout_ms" "${numbers[@]}"
bad "$SYS/hold_down_max_ms" "${numbers[@]}"
bad "$SYS/merge_kib" 16385 "${numbers[@]}"
bad "$dir/state" failed standby "" Active "$long"
bad "$dir/priority" 65536 "${numbers[@]}"
bad "$dir/weight" 0 257 "${numbers[@]}"
for file in "$SYS/queued" "$dir/in_flight" "$dir/fail_count" "$dir/stat"; do
	bad "$file" 1
done

dm status rrt
is "the status is as before" "$REPLY" "$status"
dm table rrt
is "the table is as before" "$REPLY" "$table"
note_base
is "nothing is held" "$base" "$was"
done_testing
