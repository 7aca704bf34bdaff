#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ioctls: SG_IO goes to a usable path; sizes are the map's.

SECTORS=16384
. "${0%/*}/lib.sh"

SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 0

dm size "$DEV"
is "BLKGETSIZE64 and BLKGETSIZE" "$REPLY" "$((SECTORS * 512)) $SECTORS"
dm inquiry "/dev/${D[0]}"
want=$REPLY
like "the disk answers INQUIRY" "$want" "*scsi_debug*"
for lost in "" "${P[0]}" "${P[1]}"; do
	[ -z "$lost" ] || msg fail_path "$lost"
	check "SG_IO ${lost:+without $lost}" dm inquiry "$DEV"
	is "its answer" "$REPLY" "$want"
	[ -z "$lost" ] || msg reinstate_path "$lost"
done

# The first path is gone for real: its device takes no commands.
echo offline >"/sys/block/${D[0]}/device/state"
dm read "$DEV" 0 4096 1
st
is "path failed" "$states" FA
check "SG_IO goes to the path that is usable" dm inquiry "$DEV"
is "its answer" "$REPLY" "$want"
echo running >"/sys/block/${D[0]}/device/state"
msg reinstate_path "${P[0]}"

for path in "${P[@]}"; do msg fail_path "$path"; done
check_not "no path: SG_IO fails" dm inquiry "$DEV"
note "errno $dm_errno"

# With hope it waits for a path.
msg queue_if_no_path
"$rrt_program" inquiry "$DEV" >"$tmp/inquiry" 2>/dev/null &
pid=$!
children+=("$pid")
wait_for "queue_if_no_path: SG_IO begins" \
	'[[ " $(readlink /proc/$pid/fd/*) " == *"$(readlink -f "$DEV")"* ]]'
nap 1
check "and waits" kill -0 "$pid"
msg reinstate_path "${P[1]}"
wait "$pid"
is "and is done when a path returns" $? 0
like "its answer" "$(<"$tmp/inquiry")" "*$want*"
check "and works again" dm inquiry "$DEV"
done_testing
