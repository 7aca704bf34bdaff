#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A disk that is none of the map's appears, and the disks come back in another order: their names
# shift, and nothing gets into the map but what belongs to it.

SECTORS=16384
. "${0%/*}/lib.sh"

use_udev
debug=/sys/bus/pseudo/drivers/scsi_debug
SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0
hosts=()
for d in "${D[@]}"; do
	host_of "$d"
	hosts+=("$REPLY")
done
check "create" rrpath create rrt --policy round-robin --priority 7,9 "${D[@]}"
MAP=$(dmsetup info -c --noheadings -o major,minor --separator : rrt) DEV=/dev/dm-${MAP#*:}
io_start
was=$(shown)
echo 1 >$debug/vpd_use_hostno
echo 1 >$debug/add_host
new_disk() { [ "$(cd "$debug" && echo adapter*/host*/target*/*/block/sd* | wc -w)" -gt 2 ]; }
wait_for "another disk appears" new_disk
udevadm settle
is "the map has not noticed" "$(shown)" "$was"
io_stop "no I/O failed"

other=$(ls -d $debug/adapter2/host*)
other=${other##*/}
check "the map is removed, its record kept" rrpath remove --keep-record rrt
for host in "${hosts[@]}" "$other"; do
	disk_of "$host"
	echo 1 >"/sys/block/$REPLY/device/delete"
done
rescan_host "$other"
wait_for "the other disk is first now" 'disk_of "$other"'
first=$REPLY
echo 0 >$debug/vpd_use_hostno
rescan_host "${hosts[1]}"
wait_for "then the second path" 'disk_of "${hosts[1]}"'
second=$REPLY
rescan_host "${hosts[0]}"
wait_for "then the first one" 'disk_of "${hosts[0]}"'
third=$REPLY
check "the names have shifted" [ "$first" = "${D[0]}" ]
until_true 'dm info rrt'
wait_for "the map is back by itself, with the right disks" 'shows "$second=active $third=standby"'
is "each with its own priority" "$(rrpath show -nr -o PRIORITY rrt | paste -sd ' ')" "9 7"
check "round-robin as it was" [ "$(rrpath policy rrt)" = round-robin ]
done_testing
