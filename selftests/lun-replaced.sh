#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Another LUN appears under the address of a path: the path is taken out, with a reason in show, and
# comes back when the right LUN does; a disk of another WWID joins no map.

SECTORS=16384
. "${0%/*}/lib.sh"

use_udev
SCSI_DISKS=3 scsi_disks dev_size_mb=8 num_tgts=1 add_host=3 per_host_store=0 vpd_use_hostno=0
# The identifier of host 0's disk is the same with and without its number: it is the last one.
D=("${D[1]}" "${D[2]}" "${D[0]}")
check "create" rrpath create rrt --policy round-robin "${D[@]}"
MAP=$(dmsetup info -c --noheadings -o major,minor --separator : rrt) DEV=/dev/dm-${MAP#*:}
reasons() { REPLY=$(rrpath show -nr -o STATE,REASON rrt | paste -sd ' '); [ "$REPLY" = "$1" ]; }
io_start

echo 1 >/sys/bus/pseudo/drivers/scsi_debug/vpd_use_hostno
# As the unit attention of the target would have it.
echo 1 >"/sys/block/${D[1]}/device/rescan"
udevadm trigger --action=change "/sys/block/${D[1]}"
wait_for "the path is taken out" 'reasons "active - disabled other-lun active -"'
check "once more changes nothing" rrpath assemble 2>/dev/null
reasons "active - disabled other-lun active -"
is "still out" "$REPLY" "active - disabled other-lun active -"
check "I/O goes over the other ones" io_moves
# A new table does not take what the path has become for what it was.
check "drop another path" rrpath drop rrt "${D[2]}"
reasons "active - disabled other-lun"
is "the reason stays" "$REPLY" "active - disabled other-lun"
check_not "reinstate is refused" rrpath reinstate rrt "${D[1]}" 2>/dev/null
check "add it" rrpath add rrt "${D[2]}"

echo 0 >/sys/bus/pseudo/drivers/scsi_debug/vpd_use_hostno
echo 1 >"/sys/block/${D[1]}/device/rescan"
udevadm trigger --action=change "/sys/block/${D[1]}"
wait_for "the right LUN is back: used again" 'reasons "active - active - active -"'

check "taken out by hand" rrpath fail rrt "${D[0]}"
udevadm trigger --action=change --settle "/sys/block/${D[0]}"
check "assemble" rrpath assemble
reasons "disabled admin active - active -"
is "stays out" "$REPLY" "disabled admin active - active -"
check "reinstate" rrpath reinstate rrt "${D[0]}"
io_stop "no I/O failed"

# The disk goes, another LUN comes in its place.
host_of "${D[1]}"
host=$REPLY
echo 1 >"/sys/block/${D[1]}/device/delete"
echo 1 >/sys/bus/pseudo/drivers/scsi_debug/vpd_use_hostno
rescan_host "$host"
wait_for "there is another disk" 'disk_of "$host"'
new=$REPLY
udevadm settle
check "assemble" rrpath assemble
check "a disk of another WWID does not join" shows "${D[0]}=active*"
check_not "not at all" shows "*$new*"
check_not "it is not hidden" eval 'udevadm info "/dev/$new" | grep -q DM_RRPATH_MAP'
echo 0 >/sys/bus/pseudo/drivers/scsi_debug/vpd_use_hostno
done_testing
