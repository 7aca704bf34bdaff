#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A path that answers again is used only if it is still the LUN that it was: neither a probe nor
# reinstate_path takes a disk that has got another identifier meanwhile, nor does a map that has no
# better path left.

SECTORS=16384
. "${0%/*}/lib.sh"

SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0
# The identifier of host 0's disk is the same with and without its number: use the other one's.
D=("${D[1]}") P=("${P[1]}" "${P[0]}")
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 100
device=/sys/block/${D[0]}/device
own=$(<"$device/wwid")

# Replace the LUN behind the first disk: 1; put the old one back: 0.
replace()
{
	echo "$1" >/sys/bus/pseudo/drivers/scsi_debug/vpd_use_hostno
	echo 1 >"$device/rescan"
}
lower_reads() { read -r lower _ <"/sys/block/${D[0]}/stat"; }

echo offline >"$device/state"
dm read "$DEV" 0 4096 1
wait_for "the first path failed" 'states_are FA'
replace 1
echo running >"$device/state"
echo 1 >"$device/rescan"
check "its disk has another identifier" [ "$(<"$device/wwid")" != "$own" ]
lower_reads
from=$lower
wait_for "probes read from it" 'lower_reads && ((lower > from + 1))'
st
is "but it stays out" "$states" FA
check_not "reinstate_path is refused" msg reinstate_path "${P[0]}"
st
is "and changes nothing" "$states" FA
dm read "$DEV" 0 4096 4
is "reads use the other path" "$dm_errno" 0

replace 0
wait_for "the old LUN is back: a probe takes it" 'states_are AA'

msg fail_path "${P[0]}"
replace 1
check_not "disabled and replaced: reinstate_path is refused" msg reinstate_path "${P[0]}"
st
is "it stays disabled" "$states" DA
replace 0
check "the old LUN is back: it is not" msg reinstate_path "${P[0]}"
st
is "both are in use" "$states" AA

# Stalled, and then another LUN: better no path than that one. Its commands hang until they time
# out, and are answered when they are sent again.
driver=/sys/bus/pseudo/drivers/scsi_debug
echo 10 >"$device/timeout"
msg set probe_interval_ms 60000
msg set stall_timeout_ms 300
echo 4 >$driver/opts
echo 1 >$driver/every_nth
hold 2
wait_for "it hangs and is left out" 'states_are TA'
lower_hang() { read -r lower _ <"/sys/block/${D[0]}/inflight"; }
wait_for "the probe hangs with the two reads" 'lower_hang && ((lower == 3))'
echo 0 >$driver/every_nth
echo 0 >$driver/opts
replace 1
check "its disk has another identifier" [ "$(<"$device/wwid")" != "$own" ]
msg fail_path "${P[1]}"
st
# 6.12 reads the disk again only after what hangs: then the probe has told the map.
like "the last other path goes: it is not taken back" "$states $usable" "[TF]D 0"
replace 0
msg reinstate_path "${P[1]}"
held_end "what hung completes" 0
msg set probe_interval_ms 100
wait_for "both are in use again" 'states_are AA'
done_testing
