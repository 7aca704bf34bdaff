#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Bios that come with an integrity payload: from the kernel's own target (LIO, a loopback port),
# which has the map for its storage. They survive the loss of a path as others do.

SECTORS=16384
. "${0%/*}/lib.sh"

core=/sys/kernel/config/target/core
modprobe -a sd_mod target_core_mod tcm_loop target_core_iblock 2>/dev/null ||
	skip_all "no LIO in this kernel"
[ -d $core ] || mount -t configfs none /sys/kernel/config 2>/dev/null
[ -d $core ] || skip_all "no configfs"
SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0 \
	dif=1 dix=1
[ "$(<"/sys/block/${D[0]}/integrity/format")" != none ] ||
	skip_all "scsi_debug has no integrity profile here"
make_map round-robin 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 100

backend=$core/iblock_9/rrt
loop=/sys/kernel/config/target/loopback
port=$loop/naa.50014050000000a3
early_cleanup=lio_down
lio_down()
{
	rm -f "$port/tpgt_1/lun/lun_0/rrt"
	rmdir "$port/tpgt_1/lun/lun_0"
	echo NULL >"$port/tpgt_1/nexus"
	rmdir "$port/tpgt_1" "$port" "$loop" "$backend" "${backend%/*}"
	modprobe -r tcm_loop target_core_iblock
} 2>/dev/null

lio_up()
{
	mkdir -p "$backend" || return
	echo "udev_path=$DEV" >"$backend/control" && echo 1 >"$backend/enable" || return
	mkdir -p "$loop" "$port/tpgt_1/lun/lun_0" || return
	echo 1 >"$port/tpgt_1/attrib/fabric_prot_type" || return
	echo naa.50014050000000b3 >"$port/tpgt_1/nexus" || return
	ln -s "$backend" "$port/tpgt_1/lun/lun_0/rrt"
}

find_top()
{
	local block model
	for block in /sys/block/sd*; do
		[ -r "$block/device/vendor" ] || continue
		read -r model <"$block/device/vendor"
		[[ $model == LIO-ORG* ]] && [ -b "/dev/${block##*/}" ] || continue
		top=${block##*/}
		return 0
	done
	return 1
}

check "the map is a target's storage" lio_up
wait_for "there is the target's disk" find_top
is "it has a profile" "$(<"/sys/block/$top/integrity/format")" \
	"$(<"/sys/block/dm-${MAP#*:}/integrity/format")"
io_start "/dev/$top" 2
check "I/O runs" io_moves
for i in 0 1; do
	echo offline >"/sys/block/${D[i]}/device/state"
	wait_for "path $i fails" 'st && [ "${states:i:1}" = F ]'
	check "I/O goes on by the other" io_moves
	echo running >"/sys/block/${D[i]}/device/state"
	wait_for "path $i is back" 'states_are AA'
done
io_stop "no error and every block as written"
st
note "errors ${errors[*]}, retries ${retries[*]}"
is "what came back with an error was sent again" "$((retries[0] + retries[1]))" \
	"$((errors[0] + errors[1]))"
done_testing
