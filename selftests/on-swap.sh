#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Swap on a map whose paths fail and return: what was swapped out comes back as it was, and nobody
# is killed.

SECTORS=262144
. "${0%/*}/lib.sh"
. "$here/proofs/stack.sh"

need mkswap swapon
make_paths 2
make_map round-robin 2 0 "${P[0]}" "${P[1]}" "${soon[@]}"
group=$tmp/cgroup/rrt

# In the order in which they depend on each other.
all_down()
{
	[ -z "${reader-}" ] || { kill -KILL "$reader"; wait "$reader"; }
	umount "$tmp/mem"
	swapoff "$DEV"
	rmdir "$group"
	umount "$tmp/cgroup"
} 2>/dev/null
early_cleanup=all_down

mkdir "$tmp/cgroup" "$tmp/mem"
mount -t cgroup2 none "$tmp/cgroup" 2>/dev/null || skip_all "no cgroup2"
echo +memory >"$tmp/cgroup/cgroup.subtree_control" 2>/dev/null || skip_all "no memory cgroups"
mkdir "$group"
echo 14M >"$group/memory.max"
mount -t tmpfs rrt "$tmp/mem"
check "mkswap" quiet mkswap "$DEV"
check "swapon" quiet swapon "$DEV"

swapped() { read -r REPLY <"$group/memory.swap.current"; }
# Writes 24 MiB, of which 14 stay, and reads them over and over: says the sum of each time.
swap_in_and_out()
{
	echo "$BASHPID" >"$group/cgroup.procs"
	trap 'exit 0' TERM
	head -c 24M /dev/urandom >"$tmp/mem/data"
	while :; do
		cksum <"$tmp/mem/data"
	done
}
swap_in_and_out >"$tmp/sums" 2>&1 &
reader=$!
wait_for "memory is swapped out" 'swapped && ((REPLY > 5000000))' 60
wait_for "and in" '[ -s "$tmp/sums" ]' 60
paths_fail "swap"
count=$(wc -l <"$tmp/sums")
wait_for "all of it is read once more" '[ "$(wc -l <"$tmp/sums")" -gt $((count + 1)) ]' 60
kill -TERM $reader
wait $reader
is "nobody was killed" $? 0
is "the same each time, of $(wc -l <"$tmp/sums")" "$(sort -u "$tmp/sums" | wc -l)" 1
nothing_lost "swap"
swapped
note "$((REPLY >> 20)) MiB swapped out at the end; $((reads[0] + reads[1])) reads," \
	"$((writes[0] + writes[1])) writes"
rm "$tmp/mem/data"
check "swapoff" quiet swapoff "$DEV"
done_testing
