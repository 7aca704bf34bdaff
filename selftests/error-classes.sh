#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Which errors fail a path: a lost transport does, and the read is repeated elsewhere; reservation
# conflict, target error and the like go up unchanged. Needs scsi_debug with error injection (6.7).

SECTORS=16384
. "${0%/*}/lib.sh"

SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0
[ -d /sys/kernel/debug/scsi_debug ] || mount -t debugfs none /sys/kernel/debug 2>/dev/null
device=$(readlink -f "/sys/block/${D[0]}/device")
inject=/sys/kernel/debug/scsi_debug/${device##*/}/error
[ -e "$inject" ] || skip_all "this scsi_debug has no error injection"
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 0

# error NAME RULE STATES: READ(10) on the first disk answers with it
error()
{
	local name=$1 rule=$2 want=$3 raw
	echo "$rule" >"$inject"
	dm read "/dev/${D[0]}" 0 4096 1
	raw=$dm_errno
	check "$name: the disk gives an error" [ "$raw" != 0 ]
	dm read "$DEV" 0 4096 1
	if [ "$want" = FA ]; then
		is "$name: the read worked on the other path" "$dm_errno" 0
	else
		is "$name: comes up unchanged" "$dm_errno" "$raw"
	fi
	st
	is "$name: states" "$states" "$want"
	echo "- 2 0x28" >"$inject"
	msg reinstate_path "${P[0]}"
}

error "reservation conflict" "2 1 0x28 0 0 0x18 0 0 0" AA
error "target error" "2 1 0x28 0 0 0x2 0x4 0x44 0" AA
error "medium error" "2 1 0x28 0 0 0x2 0x3 0x11 0" AA
error "data protect" "2 1 0x28 0 0 0x2 0x7 0x27 0x7" AA
error "duration limit" "2 1 0x28 0 0 0x2 0xb 0x2e 0x2" AA
error "transport lost" "2 1 0x28 0xf 0 0 0 0 0" FA
st
is "one path error in all" "${errors[*]} ${retries[*]} ${fails[*]}" "1 0 1 0 1 0"
done_testing
