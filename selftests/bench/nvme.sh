#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# NVMe native multipath beside dm-rrpath, in the virtual machine: one namespace of the kernel's own
# target (nvmet) behind two ports of its loop transport. Native multipath is decided when the driver
# is loaded, so in every round the driver is loaded with it, measured, and loaded without it for
# dm-linear, dm-multipath and dm-rrpath over the two disks that the namespace then is.
#
# usage: nvme.sh [-q] [-r ROUNDS] [-t RUNTIME] [CELL...]	as fio.sh
#
# Leaves fio's JSON of each round, fio-WHAT-N.json, and `workers` in $RRPATH_OUT.

set -u -o pipefail
. "$(dirname "$0")/guest.sh"

quick='' rounds='' runtime=''
while getopts qr:t: opt; do
	case $opt in
	q) quick=yes ;;
	r) rounds=$OPTARG ;;
	t) runtime=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
cells=("$@")
[[ ${#cells[@]} -gt 0 ]] ||
	cells=(randread/4k/{libaio/1/1,io_uring/1/1,io_uring/32/1,io_uring/32/2})
: "${rounds:=${quick:+3}}" "${runtime:=${quick:+300ms}}"
: "${rounds:=7}" "${runtime:=300ms}"

nqn=nqn.2014-08.org.nvmexpress:rrpath-bench
config=/sys/kernel/config/nvmet
subsystem=$config/subsystems/$nqn

target_up() {
	local i port

	mkdir "$subsystem" "$subsystem/namespaces/1" &&
		echo 1 >"$subsystem/attr_allow_any_host" &&
		echo -n /dev/nullb0 >"$subsystem/namespaces/1/device_path" &&
		echo 1 >"$subsystem/namespaces/1/enable" || return
	for i in 1 2; do
		port=$config/ports/$i
		mkdir "$port" && echo loop >"$port/addr_trtype" &&
			echo "loop$i" >"$port/addr_traddr" &&
			ln -s "$subsystem" "$port/subsystems/$nqn" || return
	done
}

target_down() {
	local i

	for i in 1 2; do
		rm -f "$config/ports/$i/subsystems/$nqn"
		rmdir "$config/ports/$i"
	done
	rmdir "$subsystem/namespaces/1" "$subsystem"
}

# load_nvme Y|N: the driver, with native multipath or without, and connected over both ports
load_nvme() {
	local i

	/sbin/modprobe nvme-core multipath="$1" &&
		/sbin/modprobe -a nvmet nvme-loop null_blk || die "no nvme-loop in this kernel"
	target_up || die "the NVMe target cannot be set up"
	for i in 1 2; do
		echo "transport=loop,traddr=loop$i,nqn=$nqn" >/dev/nvme-fabrics ||
			die "no connection to port $i"
	done
}

unload_nvme() {
	local ctrl

	remove_maps
	for ctrl in /sys/class/nvme/nvme*; do
		echo 1 >"$ctrl/delete_controller"
	done 2>/dev/null
	target_down || die "the NVMe target is in use"
	wait_until 10 /sbin/modprobe -qr nvme-loop nvmet nvme-fabrics nvme-core
	[[ ! -e /sys/module/nvme_core ]] || die "nvme_core is in use"
}

disks_are_there() { disks=(/dev/nvme*n1) && [[ -b ${disks[$1 - 1]:-} ]]; }

native_peers() {
	local policy name=/sys/class/nvme-subsystem/nvme-subsys0/iopolicy

	load_nvme Y
	wait_until 20 disks_are_there 1 || die "no disk"
	wait_until 20 compgen -G "/sys/class/nvme/nvme1/nvme*c*n1" >/dev/null ||
		die "no second path"
	policies=()
	for policy in numa round-robin queue-depth; do
		echo "$policy" >"$name" 2>/dev/null && policies+=("$policy")
	done
}

quiet_machine
load_rrpath
/sbin/modprobe null_blk nr_devices=1 queue_mode=2 submit_queues=2 gb=8 bs=512 no_sched=1 \
	max_sectors=2560 || die "no null_blk"
: >"$scratch/workers"
for ((round = 1; round <= rounds; round++)); do
	native_peers
	for policy in "${policies[@]}"; do
		echo "$policy" >/sys/class/nvme-subsystem/nvme-subsys0/iopolicy
		peers=("nvme-$policy")
		device[nvme-$policy]=${disks[0]}
		fio_round "$runtime" "$round" "$out/fio-$policy-$round.json"
		[[ $round -gt 1 ]] || count_workers "nvme-$policy" 32 300ms >>"$scratch/workers"
	done
	unload_nvme

	load_nvme N
	wait_until 20 disks_are_there 2 || die "no two disks"
	dm_peers "${disks[@]:0:2}"
	fio_round "$runtime" "$round" "$out/fio-dm-$round.json"
	if [[ $round -eq 1 ]]; then
		for name in "${peers[@]}"; do
			count_workers "$name" 32 300ms >>"$scratch/workers"
		done
	fi
	unload_nvme
	progress "round $round of $rounds is done"
done
cp "$scratch/workers" "$out/workers"
