#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A path's disk is deleted, and comes back under another name: it joins its map by itself, with the
# settings that the path had, and what was going on goes on.

SECTORS=16384
. "${0%/*}/lib.sh"

use_udev
SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0
check "create" rrpath create rrt "${D[@]}" --priority 5,3 --policy round-robin
MAP=$(dmsetup info -c --noheadings -o major,minor --separator : rrt) DEV=/dev/dm-${MAP#*:}
check "both are used" shows "${D[0]}=active ${D[1]}=standby"
io_start

host_of "${D[1]}"
host=$REPLY
echo 1 >"/sys/block/${D[1]}/device/delete"
wait_for "the kernel has lost the disk" '[ ! -e "/sys/block/${D[1]}" ]'
check "the path stays in sight" shows "${D[0]}=active -=*"
rescan_host "$host"
wait_for "the disk is back" 'disk_of "$host"'
new=$REPLY
check "it has another name" [ "$new" != "${D[1]}" ]
wait_for "it has joined, the gone path has left" 'shows "${D[0]}=active $new=standby"'
is "it has the priority of the path" "$(rrpath show -nr -o PRIORITY rrt | paste -sd ' ')" "5 3"
is "there is one of it" "$(rrpath show -nr -o PATH rrt | grep -c .)" 2

# And the one in use.
host_of "${D[0]}"
host=$REPLY
echo 1 >"/sys/block/${D[0]}/device/delete"
wait_for "I/O goes over the returned disk" 'shows "-=failed $new=active"'
rescan_host "$host"
wait_for "the second one is back, too" 'disk_of "$host"'
second=$REPLY
wait_for "it has joined" 'shows "$new=standby $second=active"'
check "I/O moves" io_moves
io_stop "no I/O failed"

check "drop by hand" rrpath drop rrt "$new"
udevadm trigger --action=change --settle "/sys/block/$new"
check "does not come back by itself" shows "$second=active"
check "add" rrpath add rrt "$new"
check "is in again" shows "$second=active $new=*"
done_testing
