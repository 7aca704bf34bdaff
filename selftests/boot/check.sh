#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Under systemd, when it has booted: what has become of recorded maps, and of those who would like
# to have their disks. Ends with the machine switching itself off.

set -u -o pipefail
export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck source=selftests/boot/tap.sh
. "${0%/*}/tap.sh"

finish() {
	((failures == 0)) || journalctl -b -o short-monotonic -n 300 | sed 's/^/# /'
	echo $((failures > 0)) >/run/rrpath-status
	# What systemd says from here on stands on the console only.
	echo on >/proc/sys/kernel/printk_devkmsg
	echo 8 >/proc/sys/kernel/printk
	echo "<0>rrt: switching off" >/dev/kmsg
	systemctl --no-block poweroff
}
trap finish EXIT

# find_map NAME: its number goes to `dev`, its name to `dm`, its paths' to `disks`
find_map() {
	local dir

	for dir in /sys/block/dm-*; do
		[[ -e $dir/dm/name && $(<"$dir/dm/name") == "$1" ]] || continue
		dm=${dir##*/} dev=$(<"$dir/dev")
		disks=("$dir"/slaves/*)
		disks=("${disks[@]##*/}")
		return 0
	done
	return 1
}

# runs NAME: it is there, and both of its paths carry or stand by
runs() {
	local state usable=0

	find_map "$1" || return
	for state in "/sys/block/$dm/rrpath/paths"/*/state; do
		[[ $(<"$state") != active && $(<"$state") != standby ]] || usable=$((usable + 1))
	done
	((usable == 2))
} 2>/dev/null

unit() { systemctl show -p "$2" --value "$1"; }
log() { journalctl -b -o cat --no-pager; }
# What happened can take a moment to be in the journal.
said() { log | grep -E "$1"; }
not_said() { ! log | grep -E "$1"; }

hidden() {
	local properties

	properties=$(udevadm info --query=property "/dev/$1")
	is "$1: whose path it is" \
		"$(sed -n 's/^DM_RRPATH_MAP=//p' <<<"$properties")" "$2"
	is "$1: nobody has looked for a filesystem, nor is it systemd's" \
		"$(grep -E '^(ID_FS_|SYSTEMD_READY=)' <<<"$properties" | sort | paste -sd' ')" \
		"ID_FS_TYPE=mpath_member SYSTEMD_READY=0"
	check "$1: no link by what is on it" \
		test -z "$(sed -n '/^DEVLINKS=/s/.*\(by-uuid[^ ]*\).*/\1/p' <<<"$properties")"
	is "$1: no unit of systemd's" "$(unit "dev-$1.device" ActiveState)" inactive
}

mounted() {
	local point device

	while read -r _ _ device _ point _; do
		[[ $point != "$1" ]] || { echo "$device"; return; }
	done </proc/self/mountinfo
}

is "process 1" "$(</proc/1/comm)" systemd
wait_for "the boot has come to its end" '[[ $(unit basic.target ActiveState) == active ]]'
note "$(cut -d ' ' -f 1 /proc/uptime) s after the kernel's start"

# ---- the maps, by udev, from the record
find_map rrt-pv
pv_dev=${dev-} pv_disks=("${disks[@]-}")
for map in rrt-fs rrt-pv; do
	wait_for "$map is made, with both disks" "runs $map"
	check "by systemd-run, from its disks' events" said "^$map: (made of|sd[a-z]+ joined)"
done
find_map rrt-pv && pv_dev=$dev && pv_disks=("${disks[@]}")
find_map rrt-fs || exit
fs_dev=$dev fs_dm=$dm fs_disks=("${disks[@]}")
check "the unit that did it" said 'Started run-.*rrpath assemble --incremental /dev/sd'
for disk in "${fs_disks[@]}"; do hidden "$disk" rrt-fs; done
for disk in "${pv_disks[@]}"; do hidden "$disk" rrt-pv; done

# ---- what is on them, by /etc/fstab and by LVM
{ read -r uuid _; read -r lv_uuid _; } < <(sed -n 's/^UUID=//p' /etc/fstab)
is "the link by UUID is the map's" "$(readlink -f "/dev/disk/by-uuid/$uuid")" "/dev/$fs_dm"
is "its filesystem is mounted" "$(mounted /mnt/rrt-fs)" "$fs_dev"
check "and can be written to" eval 'echo rrt >/mnt/rrt-fs/file && sync -f /mnt/rrt-fs/file'
find_map rrtvg-lv || fail "LVM has made its volume"
is "the logical volume is over the map" "$(cat "/sys/block/${dm-}"/slaves/*/dev)" "$pv_dev"
is "the link by UUID is the volume's" "$(readlink -f "/dev/disk/by-uuid/$lv_uuid")" "/dev/$dm"
is "its filesystem is mounted too" "$(mounted /mnt/rrt-lv)" "${dev-}"
check "and can be written to" eval 'echo rrt >/mnt/rrt-lv/file && sync -f /mnt/rrt-lv/file'
check "by LVM's own unit" said 'Started lvm-activate-rrtvg.service'
pvs=$(lvm pvs --noheadings -o pv_name 2>&1)
is "LVM sees the map, not its paths, and is content" "${pvs// /}" /dev/mapper/rrt-pv
check "nor did it see two of one" not_said 'uplicate PV|duplicate devices|Not using device'

# ---- multipathd, which wants every disk
wait_for "multipathd runs" '[[ $(timeout 20 multipathd show daemon) == *" idle"* ]]'
wait_for "a disk that is nobody's is a map of its" \
	'timeout 20 multipathd show maps raw format %w | grep -qx 35000c50072720002'
is "the only one" "$(multipathd show maps raw format %w | paste -sd' ')" 35000c50072720002
check "it knows whose the others are" \
	eval 'multipathd show blacklist | grep -A5 property | grep DM_RRPATH_MAP'
is "and has none of them as a path" "$(multipathd show paths raw format %d |
	grep -cxE "$(IFS='|'; echo "${fs_disks[*]}|${pv_disks[*]}")")" 0
timeout 20 multipathd add path "${fs_disks[0]}" >/dev/null 2>&1
is "not when asked for it either" "$(multipathd show paths raw format %d |
	grep -cx "${fs_disks[0]}")" 0

# ---- rrpath-unstick.service
wait_for "unstick runs" '[[ $(unit rrpath-unstick ActiveState) == active ]]'
is "from the first time on" "$(unit rrpath-unstick NRestarts)" 0
check "it can be ended" systemctl stop rrpath-unstick
is "cleanly" "$(unit rrpath-unstick ActiveState) $(unit rrpath-unstick Result)" "inactive success"

# ---- disks that come later, and a disk that comes back
modprobe scsi_debug dev_size_mb=16 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0
wait_for "disks that come late: rrt-late is made" 'runs rrt-late'
wait_for "and unstick runs again" '[[ $(unit rrpath-unstick ActiveState) == active ]]'
disk=$(readlink -f "/sys/block/${fs_disks[0]}")
scan=$(echo "${disk%/target*}"/scsi_host/host*/scan)
echo 1 >"$disk/device/delete"
wait_for "a disk is gone" '[[ ! -e $disk ]]'
echo '- - -' >"$scan"
wait_for "it comes back, under another name, and joins" \
	'runs rrt-fs && [[ " ${disks[*]} " == *" $(cd "${disk%/*}" && echo *) "* ]]'
check "write to that" eval 'echo again >>/mnt/rrt-fs/file && sync -f /mnt/rrt-fs/file'

# ---- what is left to complain of
is "no unit has failed" "$(systemctl --failed --plain --no-legend | paste -sd' ')" ""
check "nor one that is gone since" not_said '^run-.*(Failed|failed)'
