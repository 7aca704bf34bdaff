#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Persistent reservations, by the pr ioctls, over two SCSI disks that are one LUN of the kernel's
# own target (LIO, two loopback ports).

. "${0%/*}/lib.sh"

need sg_persist
core=/sys/kernel/config/target/core
modprobe -a sd_mod target_core_mod tcm_loop target_core_file 2>/dev/null ||
	skip_all "no LIO in this kernel"
[ -d $core ] || mount -t configfs none /sys/kernel/config 2>/dev/null
[ -d $core ] || skip_all "no configfs"
backend=$core/fileio_9/rrt
ports=(naa.50014050000000a1 naa.50014050000000a2)
loop=/sys/kernel/config/target/loopback

lio_up()
{
	local port
	# Registrations outlive a power loss, says the ioctl: LIO has to have a place for them.
	[ -d /var/target/pr ] || { made_pr=1; mkdir -p /var/target/pr; }
	truncate -s $((SECTORS * 512)) "$tmp/lun"
	mkdir -p $backend
	echo "fd_dev_name=$tmp/lun,fd_dev_size=$((SECTORS * 512))" >$backend/control
	echo 1 >$backend/enable || return
	echo "rrt-selftest" >$backend/wwn/vpd_unit_serial
	mkdir -p /sys/kernel/config/target/core $loop
	for port in "${ports[@]}"; do
		mkdir -p "$loop/$port/tpgt_1/lun/lun_0" || return
		echo "${port/0000a/0000b}" >"$loop/$port/tpgt_1/nexus" || return
		ln -s $backend "$loop/$port/tpgt_1/lun/lun_0/rrt" || return
	done
}

lio_down()
{
	local port
	for port in "${ports[@]}"; do
		rm -f "$loop/$port/tpgt_1/lun/lun_0/rrt"
		rmdir "$loop/$port/tpgt_1/lun/lun_0"
		echo NULL >"$loop/$port/tpgt_1/nexus"
		rmdir "$loop/$port/tpgt_1" "$loop/$port"
	done
	rmdir "$loop" "$backend" "${backend%/*}"
	rm -f /var/target/pr/aptpl_rrt-selftest
	[ -z "$made_pr" ] || rmdir -p /var/target/pr
	modprobe -r tcm_loop target_core_file
} 2>/dev/null

find_luns()
{
	local block model
	D=() P=()
	for block in /sys/block/sd*; do
		[ -r "$block/device/vendor" ] || continue
		read -r model <"$block/device/vendor"
		[[ $model == LIO-ORG* ]] && [ -b "/dev/${block##*/}" ] || continue
		D+=("${block##*/}")
		P+=("$(<"$block/dev")")
	done
	((${#D[@]} == 2))
}

extra_cleanup=lio_down made_pr=''
lio_up 2>"$tmp/lio" || skip_all "LIO: $(<"$tmp/lio")"
until_true find_luns 10 || skip_all "LIO made no two disks"
keys() { sg_persist -ikn "/dev/${D[0]}" 2>&1 | grep -c -i 0xabc; }
# The release tells the other path by a unit attention, which 6.1 gives back as the answer there.
release() { dm pr "$DEV" release 0xabc || dm pr "$DEV" release 0xabc; }
holder() { sg_persist -irn "/dev/${D[1]}" 2>&1; }

make_map failover 2 0 "${P[0]}" "${P[1]}"
check "register" dm pr "$DEV" register 0 0xabc
is "both paths are registered" "$(keys)" 2
check "reserve" dm pr "$DEV" reserve 0xabc
like "the LUN is reserved" "$(holder)" "*0xabc*"
check "the map writes" dm write "$DEV" 0 4096 4
check "release" release
like "nobody has it" "$(holder)" "*NO reservation*"
msg fail_path "${P[0]}"
check "reserve with the first path disabled" dm pr "$DEV" reserve 0xabc
like "the LUN is reserved" "$(holder)" "*0xabc*"
check "the map writes" dm write "$DEV" 0 4096 4
check "release" release
like "nobody has it" "$(holder)" "*NO reservation*"
check "clear" dm pr "$DEV" clear 0xabc
is "nobody is registered" "$(keys)" 0
msg fail_path "${P[1]}"
check "register with both paths disabled" dm pr "$DEV" register 0 0xabc
is "both paths are registered" "$(keys)" 2
msg reinstate_path "${P[1]}"
check "clear" dm pr "$DEV" clear 0xabc
is "nobody is registered" "$(keys)" 0
done_testing
