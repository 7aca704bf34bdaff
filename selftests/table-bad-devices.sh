#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Devices that a map cannot have: missing, no block device, given twice, too small, the map itself,
# overlapping partitions.

SECTORS=16384
. "${0%/*}/lib.sh"

make_paths 2
a=${P[0]} b=${P[1]}
dm create rrt -
own=$REPLY
note_base
printf -v long '%4000s' ''
long=/dev/${long// /w}

bad() { refused "$1" load rrt 0 "$SECTORS" rrpath "$2"; }

for device in /dev/nosuch 999:999 4095:1048575 : 1: :1 1:2:x -1:0 /dev /dev/null nosuch "$long"; do
	bad "$device" "failover 2 0 $a $device"
	bad "$device" "round-robin 2 0 $device $b"
done
bad "$a" "failover 2 0 $a $a"
bad "/dev/mapper/rrt-p0" "failover 2 0 $a /dev/mapper/rrt-p0"
bad "/dev/dm-${a#*:}" "failover 2 0 /dev/mapper/rrt-p0 /dev/dm-${a#*:}"

dm create rrt-small - 0 $((SECTORS - 8)) linear 1:0 0
small=$REPLY
bad "$small" "failover 2 0 $a $small"
dm info rrt-small
like "the small one is not held" "$REPLY" "0 *"

dm swap rrt 0 "$SECTORS" linear 1:0 0
note_base
bad "$own" "failover 2 0 $a $own"
bad "$own" "failover 1 0 $own"

# One rrpath target is a whole table.
half=$((SECTORS / 2))
refused rrpath load rrt 0 $half linear 1:0 0 "|" $half $half rrpath "failover 1 0 $a"
refused rrpath load rrt 0 $half rrpath "failover 1 0 $a" "|" $half $half rrpath "failover 1 0 $b"

SCSI_DISKS=1 scsi_disks dev_size_mb=24 num_parts=2
until_true "[ -e /sys/block/${D[0]}/${D[0]}2/dev ]" || skip_all "no partitions on scsi_debug"
disk=/dev/${D[0]}
P=()
note_base
SECTORS=2048
bad "${disk}1" "failover 2 0 $disk ${disk}1"
bad "${disk}2" "failover 2 0 ${disk}1 ${disk}2"
done_testing
