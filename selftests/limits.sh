#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Queue limits: those of all paths stacked, so that every path can take every bio.

. "${0%/*}/lib.sh"

modprobe configfs 2>/dev/null
modprobe null_blk nr_devices=0 2>/dev/null || skip_all "no null_blk, or it is in use"
unload=(null_blk "${unload[@]}")
[ -d /sys/kernel/config/nullb ] || mount -t configfs none /sys/kernel/config 2>/dev/null
[ -d /sys/kernel/config/nullb ] || skip_all "no configfs for null_blk"

# disk NAME ATTRIBUTE=VALUE...: P[NAME] is its major:minor
disk()
{
	local dir=/sys/kernel/config/nullb/rrt$1 name=$1 set index
	shift
	mkdir "$dir"
	for set in size=64 memory_backed=1 "$@"; do
		echo "${set#*=}" >"$dir/${set%%=*}" || note "no ${set%%=*}"
	done
	echo 1 >"$dir/power"
	index=$(<"$dir/index")
	if [ -e "/sys/block/rrt$name" ]; then N[name]=rrt$name; else N[name]=nullb$index; fi
	P[name]=$(<"/sys/block/${N[name]}/dev")
}

disks_down()
{
	local dir
	for dir in /sys/kernel/config/nullb/rrt*; do
		[ ! -d "$dir" ] || { echo 0 >"$dir/power"; rmdir "$dir"; }
	done
}

extra_cleanup=disks_down
N=()
disk 0 blocksize=512 discard=1
disk 1 blocksize=512 discard=1 max_sectors=64
disk 2 blocksize=4096 discard=0
limit() { echo "$(<"/sys/block/$1/queue/$2")"; }
map_limit() { limit "dm-${MAP#*:}" "$1"; }

make_map round-robin 2 0 "${P[0]}" "${P[1]}"
is "max_hw_sectors_kb is the least" "$(map_limit max_hw_sectors_kb)" \
	"$(limit "${N[1]}" max_hw_sectors_kb)"
is "logical_block_size" "$(map_limit logical_block_size)" 512
check "all paths discard: the map does" [ "$(map_limit discard_max_bytes)" -gt 0 ]
check "I/O larger than a path takes is split" dm read "$DEV" 0 1048576 4
check "reload with a path of 4 KiB blocks" dm swap rrt 0 "$SECTORS" rrpath round-robin 3 0 "${P[@]}"
is "logical_block_size is the largest" "$(map_limit logical_block_size)" 4096
is "one path does not discard: the map does not" "$(map_limit discard_max_bytes)" 0
check "4 KiB reads from all" dm read "$DEV" 0 4096 9
dm remove rrt

# 4 KiB blocks cannot make up a map of an odd length.
dm create rrt -
check_not "no map of 4 KiB blocks and an odd length" \
	dm load rrt 0 $((SECTORS - 1)) rrpath round-robin 2 0 "${P[0]}" "${P[2]}"
refcount
is "nothing is held after it" "$REPLY" 0
done_testing
