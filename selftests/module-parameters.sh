#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Module parameters: defaults of new maps. Maps that are there keep what they have.

. "${0%/*}/lib.sh"

dir=/sys/module/dm_rrpath/parameters
is "no_path_timeout_ms" "$(<$dir/no_path_timeout_ms)" 0
is "failback" "$(<$dir/failback)" immediate
is "probe_interval_ms" "$(<$dir/probe_interval_ms)" 1000
is "rr_min_io" "$(<$dir/rr_min_io)" 1
is "stall_timeout_ms" "$(<$dir/stall_timeout_ms)" 1000
is "hold_down_max_ms" "$(<$dir/hold_down_max_ms)" 60000
is "merge_kib" "$(<$dir/merge_kib)" 1024

make_paths 2
pair="2 0 ${P[0]} ${P[1]}"
make_named_map rrt-old failover "$pair"
old=$SYS
echo 5000 >$dir/no_path_timeout_ms
echo manual >$dir/failback
echo 250 >$dir/probe_interval_ms
echo 16 >$dir/rr_min_io
echo 3000 >$dir/stall_timeout_ms
echo 0 >$dir/hold_down_max_ms
echo 256 >$dir/merge_kib
make_map failover "$pair"
# all_of DIRECTORY: the values of the options that have a parameter
all_of()
{
	cat "$1"/{no_path_timeout_ms,failback,probe_interval_ms,rr_min_io} \
		"$1"/{stall_timeout_ms,hold_down_max_ms,merge_kib} | tr '\n' ' '
}
is "a new map has them" "$(all_of "$SYS")" \
	"5000 manual 250 16 3000 0 256 "
is "an old one has not" "$(all_of "$old")" \
	"0 immediate 1000 1 1000 60000 1024 "
dm table rrt
table=$REPLY
like "its table says them" "$table" \
	"*no_path_timeout_ms 5000 failback manual probe_interval_ms 250 rr_min_io 16 \
stall_timeout_ms 3000 hold_down_max_ms 0 merge_kib 256"
dm table rrt-old
old_table=$REPLY
dm remove rrt-old
dm create rrt-old - "$old_table"
dm table rrt-old
is "the old one's table still makes the old one" "$REPLY" "$old_table"
dm remove rrt
make_map failover "$pair 2 rr_min_io 3"
is "the table line has the last word" "$(<"$SYS/rr_min_io")" 3

for try in "no_path_timeout_ms -1" "failback later" "probe_interval_ms x" "rr_min_io 0" \
	"rr_min_io 4294967296" "merge_kib 16385" "merge_kib 0000000000000000001"; do
	check_not "refused: $try" eval 'echo "${try#* }" 2>/dev/null >"$dir/${try% *}"'
done
is "and unchanged" "$(<$dir/rr_min_io) $(<$dir/failback) $(<$dir/merge_kib)" "16 manual 256"

dm remove rrt
dm remove rrt-old
rmmod dm_rrpath
check_not "not loaded with rr_min_io=0" eval 'insert rr_min_io=0 2>/dev/null'
check "loaded with others" insert rr_min_io=7 failback=900
make_map failover "$pair"
is "they count" "$(<"$SYS/rr_min_io") $(<"$SYS/failback")" "7 900"
done_testing
