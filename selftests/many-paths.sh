#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two hundred paths: table, status, sysfs and reload cope with it.

. "${0%/*}/lib.sh"

count=200
make_paths $count
make_map round-robin $count 2 "$(for path in "${P[@]}"; do echo -n "$path 1 1 "; done)"
st
is "all are there" "$npaths $usable" "$count $count"
dm read "$DEV" 0 4096 4000
st
worst=0
for ((i = 0; i < count; i++)); do
	diff=$((reads[i] > 20 ? reads[i] - 20 : 20 - reads[i]))
	((diff <= worst)) || worst=$diff
done
between "each carries its share of 20, within" "$worst" 0 2
dm table rrt
is "the table" "$REPLY" "0 $SECTORS rrpath round-robin $count 0 ${P[*]}"
check "dmsetup status" eval 'dmsetup status rrt >"$tmp/status"'
is "is as long as it has to be" "$(wc -w <"$tmp/status")" $((9 + 16 * count))
paths=("$SYS"/paths/*)
is "sysfs" "${#paths[@]}" $count
for ((i = 0; i < count - 1; i++)); do msg fail_path "${P[i]}" || break; done
is "all but one disabled" "$i" $((count - 1))
msg reset_stats
dm read "$DEV" 0 4096 20
st
is "the last carries" "${reads[count - 1]} $usable" "20 1"
check "reload" dm swap rrt 0 "$SECTORS" rrpath round-robin $count 0 "${P[@]}"
st
is "states are kept" "$usable ${states//D/}" "1 A"
done_testing
