#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Bugs that planted.c has, one after the other: the kernel has to find each, and the scan of its
# log, on which every selftest relies, has to see what it says. What the kernel was not built to
# find is left out by check.sh, which starts this.
#
# usage: planted.sh BUG...

. "${0%/*}/../../lib.sh"

declare -A says=(
	[use-after-free]='*KASAN: slab-use-after-free in *dm_rrpath*'
	[out-of-bounds]='*KASAN: slab-out-of-bounds in *dm_rrpath*'
	[leak]='*kmemleak: * new suspected memory leaks*'
	[inversion]='*possible circular locking*'
	[sleep-in-atomic]='*sleeping function called*'
	[rcu]='*suspicious RCU usage*'
	[shift]='*UBSAN: shift-out-of-bounds*'
	[free-active]='*ODEBUG: free active*'
	[race]='*KCSAN: data-race in *dm_rrpath*'
)

# plant BUG: what the kernel says of it is in REPLY
plant()
{
	echo "$1" >/sys/module/dm_rrpath/parameters/planted || return
	[ "$1" != leak ] || scan_leaks
	dm scan
}

dm scan
is "nothing before" "$REPLY" ""
for bug; do
	plant "$bug"
	like "$bug is found" "$REPLY" "${says[$bug]}"
done
forget_leaks
# They are reported, and were meant.
read -r tainted </proc/sys/kernel/tainted
dm scan
done_testing
