#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A map over two loop devices (direct I/O), over dm-linear, over one disk of null_blk: the data is
# right and no error comes up while what is below either loop device fails and returns.

. "${0%/*}/lib.sh"
. "$here/proofs/stack.sh"

need losetup
load_module null_blk nr_devices=0
config=/sys/kernel/config/nullb/rrt
mkdir "$config" 2>/dev/null || skip_all "null_blk has no configfs here"
echo $((SECTORS / 2048)) >$config/size
echo 1 >$config/memory_backed
echo 1 >$config/power
read -r index <$config/index
# Its name was a number once.
read -r store < <(cat "/sys/block/nullb$index/dev" /sys/block/rrt/dev 2>/dev/null)
all_down()
{
	dm remove rrt
	losetup -d "${loops[@]}"
	until_true "dm remove rrt-p0" 10
	until_true "dm remove rrt-p1" 10
	rmdir "$config"
}
early_cleanup=all_down
loop_devices()
{
	local i
	for i in 0 1; do
		add_path "$i"
		loops[i]=$(losetup -f --show --direct-io=on "/dev/mapper/rrt-p$i") || return
		P[i]=$(number_of "${loops[i]}")
	done
}
check "two loop devices" loop_devices
make_map round-robin 2 0 "${P[0]}" "${P[1]}" "${soon[@]}"
io_start
paths_fail "loop"
io_stop "loop: no error, and each block read back as written"
nothing_lost "loop"

done_testing
