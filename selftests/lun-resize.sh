#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# rrpath resize: a LUN that has grown, with I/O running; what is refused.

SECTORS=16384
GB=2097152
. "${0%/*}/lib.sh"

need pgrep
use_udev
SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0
grow=/sys/bus/pseudo/drivers/scsi_debug/virtual_gb
# quiet WHAT: nobody has anything to do any more about what has changed.
quiet()
{
	check "udev has done its work" udevadm settle -t 120
	wait_for "$1" '! pgrep -f "^[^ ]*rrpath assemble" >/dev/null' 120
}

check "create" rrpath create rrt --policy round-robin "${D[@]}"
MAP=$(dmsetup info -c --noheadings -o major,minor --separator : rrt) DEV=/dev/dm-${MAP#*:}
map_sectors() { REPLY=$(<"/sys/block/${DEV##*/}/size"); }
check "resize when nothing has changed" rrpath resize rrt
io_start
check "I/O moves" io_moves
st
before=$((reads[0] + writes[0]))
events=$tmp/events
udevadm monitor --kernel --property --subsystem-match=block >"$events" &
children+=($!)
until_true 'grep -q "^KERNEL" "$events"' || die "udevadm monitor does not start"

echo 1 >"$grow"
check "resize" rrpath resize rrt
map_sectors
is "the map has grown" "$REPLY" "$GB"
dm table rrt
is "its table is as before but for the length" "$REPLY" "0 $GB rrpath round-robin 2 0 ${P[*]}"
st
is "states are as before" "$states" AA
check "counters go on" [ $((reads[0] + writes[0])) -ge "$before" ]
check "I/O moves" io_moves
io_stop "no I/O failed"
wait_for "a change event of the map" \
	'grep -q "^KERNEL.* change .*/${DEV##*/} " "$events"'
check "its end can be read" dm read "$DEV" $(((GB - 8) * 512)) 4096 1

echo 0 >"$grow"
quiet "and looked at it"
check "the LUN is small again: both paths stay" [ "$(shown)" = "${D[0]}=active ${D[1]}=active" ]
error=$(rrpath resize rrt 2>&1)
is "shrinking is refused" $? 1
like "and said why" "$error" "*would shrink from 1G to 8M*--force*"
map_sectors
is "nothing has changed" "$REPLY" "$GB"
check "shrink with --force" rrpath resize --force rrt 2>/dev/null
map_sectors
is "it has shrunk" "$REPLY" "$SECTORS"

# One path is not asked: it does not know that the LUN has grown. The disks' own reports of the
# change above read them again by udev's hand: once these are through, nobody does.
quiet "and looked at the map"
udevadm control --stop-exec-queue
dm message rrt fail_path "${P[1]}"
echo 1 >"$grow"
# Were it not refused, it would wait for udev.
error=$(timeout "$DEADLINE" rrpath resize rrt 2>&1)
is "a path without the new size: refused" $? 1
like "and named" "$error" "*${D[1]} (8M, not in use)*"
udevadm control --start-exec-queue
dm message rrt reinstate_path "${P[1]}"
check "resize with both" rrpath resize rrt
map_sectors
is "it has grown again" "$REPLY" "$GB"
done_testing
