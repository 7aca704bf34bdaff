#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A map over two namespaces of the kernel's own NVMe target, each reached through its loop transport
# and each on the same disk. Here it is the target that answers with an error, one not to be retried
# on the controller that told it (DNR); nvme-tcp.sh has links that are cut. The data is right and no
# error comes up while what is below either namespace fails and returns.

. "${0%/*}/lib.sh"
. "$here/proofs/stack.sh"

config=/sys/kernel/config/nvmet
nqn=nqn.2014-08.org.nvmexpress:rrt-loop
modinfo nvme-loop >/dev/null 2>&1 || skip_all "this kernel has no nvme-loop"
[ ! -e /sys/module/nvme_core ] || skip_all "nvme_core is in use here"
load_module brd rd_nr=1 rd_size=$((SECTORS / 2))
load_module nvme-core multipath=N
load_module nvmet
load_module nvme-fabrics
load_module nvme-loop
[ -d $config ] || mount -t configfs none /sys/kernel/config 2>/dev/null

# subsystem I: on path rrt-pI, which fails instead of it; its port, and a controller
subsystem()
{
	local i=$1 dir=$config/subsystems/$nqn$1 port=$config/ports/$((1 + $1))
	add_path "$i"
	mkdir "$dir" "$dir/namespaces/1" &&
		echo 1 >"$dir/attr_allow_any_host" &&
		echo -n "/dev/mapper/rrt-p$i" >"$dir/namespaces/1/device_path" &&
		echo 1 >"$dir/namespaces/1/enable" &&
		mkdir "$port" && echo loop >"$port/addr_trtype" &&
		echo "rrt$i" >"$port/addr_traddr" &&
		ln -s "$dir" "$port/subsystems/$nqn$i" &&
		echo "transport=loop,traddr=rrt$i,nqn=$nqn$i" >/dev/nvme-fabrics
}
find_disk()
{
	local ctrl
	for ctrl in /sys/class/nvme/nvme*; do
		[ "$(<"$ctrl/subsysnqn")" = "$nqn$1" ] || continue
		for disk in "$ctrl"/nvme*n1; do
			[ -e "$disk/dev" ] && [ -b "/dev/${disk##*/}" ] && return
		done
	done
	return 1
} 2>/dev/null
all_down()
{
	local ctrl i
	dm remove rrt
	for ctrl in /sys/class/nvme/nvme*; do
		[[ $(<"$ctrl/subsysnqn") != "$nqn"* ]] || echo 1 >"$ctrl/delete_controller"
	done
	for i in 0 1; do
		rm -f "$config/ports/$((i + 1))/subsystems/$nqn$i"
		rmdir "$config/ports/$((i + 1))"
		echo 0 >"$config/subsystems/$nqn$i/namespaces/1/enable"
		rmdir "$config/subsystems/$nqn$i/namespaces/1" "$config/subsystems/$nqn$i"
		until_true "dm remove rrt-p$i" 10
	done
} 2>/dev/null
early_cleanup=all_down

for i in 0 1; do
	check "a namespace, $i" subsystem $i
	wait_for "its disk" "find_disk $i"
	P[i]=$(<"$disk/dev")
done
make_map round-robin 2 0 "${P[0]}" "${P[1]}" "${soon[@]}"
io_start
paths_fail "nvme-loop"
io_stop "nvme-loop: no error, and each block read back as written"
nothing_lost "nvme-loop"

done_testing
