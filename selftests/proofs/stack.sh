# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# What others put on a map, and what a map is put on: I/O that goes on while each path fails and
# returns. On top of ../lib.sh.
#
# Environment: RRPATH_SECONDS, how long the paths fail and return, in all `phases` of a script
# together (unset: each of them once).

# So that a path that is good again is used again at once.
soon=(4 probe_interval_ms 200 hold_down_max_ms 0)
phases=1

# quiet COMMAND...: what it says is in REPLY
quiet() { REPLY=$("$@" 2>&1 </dev/null); }

# file_disk NAME MIB: a disk in memory, of zeroes; LOOP is its loop device
file_disk()
{
	mountpoint -q "$tmp/mem" || { mkdir -p "$tmp/mem" && mount -t tmpfs rrt "$tmp/mem"; } ||
		die "no memory for disks"
	truncate -s "$2M" "$tmp/mem/$1" || die "cannot make $1"
	LOOP=$(losetup -f --show "$tmp/mem/$1") || die "no loop device"
	loops+=("$LOOP")
}
loops=()

# For extra_cleanup.
drop_file_disks()
{
	((!${#loops[@]})) || losetup -d "${loops[@]}"
	loops=()
	! mountpoint -q "$tmp/mem" || umount "$tmp/mem"
}

number_of() { stat -c '%Hr:%Lr' "$1"; }

# has_failed MAP PATH
has_failed() { st "$1" && [ "${state[$2]}" = F ]; }
all_good() { st "$1" && [[ $states != *[!A]* ]]; }

# The path has to be seen by the kernel to be bad and to be good, and I/O to go on each time.
fail_and_return()
{
	local map=$1 i=$2 number=$3
	"${bad:-path_error}" "$number"
	until_true "has_failed $map $i" || die "$map: path $i did not fail"
	io_moves "$map" || die "$map: I/O stands still with path $i failed"
	"${good:-path_good}" "$number"
	until_true "all_good $map" || die "$map: path $i did not return"
	io_moves "$map" || die "$map: I/O stands still with all paths"
}

# paths_fail WHAT [MAP [FIRST]]: each of the two paths of the map, of which the first is path FIRST,
# in turn: `bad` and `good` are what makes one so.
paths_fail()
{
	local what=$1 map=${2:-rrt} first=${3:-0} rounds=0
	local end=$((SECONDS + ${RRPATH_SECONDS:-0} / phases))
	while :; do
		fail_and_return "$map" 0 "$first"
		fail_and_return "$map" 1 $((first + 1))
		rounds=$((rounds + 1))
		((SECONDS < end)) || break
	done
	ok "$what: I/O goes on while each path fails and returns, $rounds times"
}

# nothing_lost WHAT [MAP]: what came back from a path with an error was sent elsewhere, and there
# was some.
nothing_lost()
{
	local map=${2:-rrt}
	wait_for "$1: each path error was sent elsewhere" \
		"st $map && ((errors[0] + errors[1] == retries[0] + retries[1]))"
	check "$1: path errors were seen" [ $((errors[0] + errors[1])) -gt 0 ]
}

# two_maps: rrt over paths 0 and 1, rrt-b over 2 and 3, each pair on a disk of its own
two_maps()
{
	load_module brd rd_nr=2 rd_size=$((SECTORS / 2))
	add_path 0
	add_path 1
	store=1:1
	add_path 2
	add_path 3
	make_named_map rrt-b round-robin 2 0 "${P[2]}" "${P[3]}" "${soon[@]}"
	DEV_B=$DEV
	make_map round-robin 2 0 "${P[0]}" "${P[1]}" "${soon[@]}"
}

# One after the other, with what of them is on both of them.
both_fail()
{
	paths_fail "$1: first map" rrt 0
	paths_fail "$1: second map" rrt-b 2
}
