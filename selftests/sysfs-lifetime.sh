#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# sysfs files live with the table: there while suspended, kept over reloads, gone with the map; and
# readers and writers in a loop never get in the way of suspend, resume, reload and removal.

. "${0%/*}/lib.sh"

make_paths 3

# Reads and writes whatever is there, until killed.
hammer()
{
	local file
	# Files come and go under it: what it gets does not matter.
	exec 2>/dev/null
	trap - EXIT
	while :; do
		for file in /sys/block/dm-*/rrpath/{policy,queued,failback} \
			/sys/block/dm-*/rrpath/paths/*/{state,stat,in_flight,weight}; do
			read -r _ <"$file"
		done
		for file in /sys/block/dm-*/rrpath/paths/*; do
			echo disabled >"$file/state"
			echo 3 >"$file/weight"
			echo active >"$file/state"
		done
	done
}

two="round-robin 2 0 ${P[0]} ${P[1]}"
three="failover 3 0 ${P[*]}"
make_map "$two"
is "two paths" "$(cd "$SYS/paths" && echo *)" "${P[0]} ${P[1]}"
dm swap rrt 0 "$SECTORS" rrpath "$three"
is "three after a reload" "$(cd "$SYS/paths" && echo *)" "${P[*]}"
dm swap rrt 0 "$SECTORS" rrpath "round-robin 1 0 ${P[2]}"
is "one after another" "$(cd "$SYS/paths" && echo *)" "${P[2]}"
check "its files read" eval 'read -r _ <"$SYS/paths/${P[2]}/state"'
dm load rrt 0 "$SECTORS" rrpath "$two"
is "a table that is only loaded changes nothing" "$(cd "$SYS/paths" && echo *)" "${P[2]}"
dm clear rrt
dm suspend rrt
is "there while suspended" "$(cd "$SYS/paths" && echo *)" "${P[2]}"
check "written while suspended" eval 'echo failover >"$SYS/policy"'
dm resume rrt
is "and kept" "$(<"$SYS/policy")" "[failover] round-robin queue-length"

hammer & children+=($!)
hammer & children+=($!)
for ((i = 0; i < 25; i++)); do
	dm suspend rrt && dm resume rrt || break
	dm suspend rrt noflush && dm resume rrt || break
done
is "suspended and resumed 50 times" "$i" 25
for ((i = 0; i < 15; i++)); do
	dm swap rrt 0 "$SECTORS" rrpath "$three" && dm swap rrt 0 "$SECTORS" rrpath "$two" || break
done
is "reloaded 30 times" "$i" 15
for ((i = 0; i < 15; i++)); do
	until_true 'dm remove rrt' || break
	dm create rrt - 0 "$SECTORS" rrpath "$three" || break
done
is "removed and made again 15 times" "$i" 15
for pid in "${children[@]}"; do kill "$pid"; wait "$pid" 2>/dev/null; done
children=()
dm remove rrt
check_not "gone with the map" ls -d /sys/block/dm-*/rrpath 2>/dev/null
done_testing
