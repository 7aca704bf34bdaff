#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# udev: the disks of a recorded map are hidden from their first event on, and the links of what is
# on them point to the map.

SECTORS=131072
. "${0%/*}/lib.sh"

use_udev
need mkfs.ext4
SCSI_DISKS=2 scsi_disks dev_size_mb=64 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0
has() { udevadm info --query=property "/dev/$1" | grep -q "^$2"; }
target() { readlink -f "$1"; }

mkfs.ext4 -q -U 11111111-2222-3333-4444-555555555555 -L rrtlabel "/dev/${D[0]}" 2>/dev/null
udevadm trigger --action=change --settle "/sys/block/${D[0]}" "/sys/block/${D[1]}"
uuid=/dev/disk/by-uuid/11111111-2222-3333-4444-555555555555
check "without a map the link points to a disk" eval '[[ $(target $uuid) == /dev/sd* ]]'
check "create" rrpath create rrt "${D[@]}"
MAP=$(dmsetup info -c --noheadings -o major,minor --separator : rrt) DEV=/dev/dm-${MAP#*:}
udevadm trigger --action=change --settle "/sys/block/${D[0]}" "/sys/block/${D[1]}"
udevadm settle

check_hidden()
{
	local d
	for d; do
		check "$d: a path" has "$d" 'DM_RRPATH_MAP=rrt$'
		check "$d: of some multipath, for those who ask" \
			has "$d" 'DM_MULTIPATH_DEVICE_PATH=1'
		check "$d: a member" has "$d" 'ID_FS_TYPE=mpath_member'
		check "$d: not ready for systemd" has "$d" 'SYSTEMD_READY=0'
		check_not "$d: no filesystem" has "$d" 'ID_FS_UUID='
		check_not "$d: no link by filesystem" \
			eval "udevadm info --query=symlink /dev/$d | grep -qE 'by-(uuid|label)'"
	done
}

check_links()
{
	local wwn
	is "by-uuid points to the map" "$(target $uuid)" "$DEV"
	is "by-label too" "$(target /dev/disk/by-label/rrtlabel)" "$DEV"
	is "by-id, by the map's name" "$(target /dev/disk/by-id/dm-name-rrt)" "$DEV"
	wwn=$(<"/sys/block/$1/device/wwid")
	is "by-id, the LUN's name" "$(target "/dev/disk/by-id/wwn-0x${wwn#naa.}")" "$DEV"
	is "by-id, as scsi" "$(target "/dev/disk/by-id/scsi-3${wwn#naa.}")" "$DEV"
	check "systemd starts what is to be started" has "${DEV#/dev/}" \
		'SYSTEMD_WANTS=.*rrpath-unstick.service'
}

check_hidden "${D[@]}"
check_links "${D[0]}"
msg fail_path "${P[1]}"
udevadm settle
check_links "${D[0]}"
msg reinstate_path "${P[1]}"

# From nothing: the first event of a disk of a map that does not run yet.
hosts=()
for d in "${D[@]}"; do
	host_of "$d"
	hosts+=("$REPLY")
done
rrpath remove --keep-record rrt
for d in "${D[@]}"; do echo 1 >"/sys/block/$d/device/delete"; done
udevadm settle
check_not "no link is left" [ -e $uuid ]
udevadm monitor --udev --property --subsystem-match=block >"$tmp/events" &
children+=($!)
until_true 'grep -q "^UDEV" "$tmp/events"'
for h in "${hosts[@]}"; do rescan_host "$h"; done
new=()
for h in "${hosts[@]}"; do
	until_true 'disk_of "$h"'
	new+=("$REPLY")
done
wait_for "the map is back by itself" 'dm info rrt'
wait_for "with both disks" 'shows "sd?=* sd?=*"'
until_true '[ -e $uuid ]'
udevadm settle
MAP=$(dmsetup info -c --noheadings -o major,minor --separator : rrt) DEV=/dev/dm-${MAP#*:}
check_hidden "${new[@]}"
check_links "${new[0]}"
first=$(awk -v RS= '/ACTION=add/ && /DEVTYPE=disk/ && /DEVNAME=.dev.sd/' "$tmp/events")
is "no event of a disk showed the filesystem" "$(grep -c ID_FS_UUID= <<<"$first")" 0
is "the first event of each said whose it is" "$(grep -c DM_RRPATH_MAP=rrt <<<"$first")" 2

# What the rules say of events: with norrpath on the kernel's command line they say nothing.
if [ -n "${RRPATH_VM-}" ]; then
	# A path's own report that it has changed, and an event of it as a disk.
	events_of() {
		: >"$tmp/said"
		udevadm monitor --udev --property --subsystem-match=block \
			--subsystem-match=scsi >"$tmp/said" &
		listener=$!
		children+=("$listener")
		until_true 'grep -q "^UDEV" "$tmp/said"'
		echo "$1" >/sys/bus/pseudo/drivers/scsi_debug/virtual_gb
		dm read "/dev/${new[0]}" 0 4096 1 >/dev/null 2>&1
		wait_for "virtual_gb $1: the disk reports it" 'grep -q "^SDEV_UA=" "$tmp/said"'
		udevadm trigger --action=change --settle "/sys/block/${new[0]}"
		wait_for "virtual_gb $1: and has an event" \
			'grep -q "^DEVNAME=/dev/${new[0]}$" "$tmp/said"'
		udevadm settle
		kill "$listener"
		wait "$listener" 2>/dev/null
	}
	# What udevd takes for a container it asks what its process 1 was called with.
	cmdlines=(/proc/cmdline /proc/1/cmdline)
	show_cmdline() { umount "${cmdlines[@]}" 2>/dev/null; }
	extra_cleanup=show_cmdline
	rrpath remove --keep-record rrt
	events_of 1
	check "the rules see both" eval \
		'grep -q "^RRPATH_ARGS=--rescan" "$tmp/said" &&
		grep -q "^DM_RRPATH_MAP=rrt" "$tmp/said"'
	until_true 'dm info rrt' && rrpath remove --keep-record rrt
	for file in "${cmdlines[@]}"; do
		printf 'norrpath\0' >"$tmp/cmdline"
		check "norrpath in $file" mount --bind "$tmp/cmdline" "$file"
	done
	events_of 2
	check_not "turns all of them off" grep -E "^(RRPATH_|DM_RRPATH)" "$tmp/said"
fi
done_testing
