# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# Two paths without a target: two dm-linear maps over one loop device. A path is cut by
# loading a table that gives errors in its place.

lab=$(mktemp -d "${TMPDIR:-/tmp}/rrpath-demo.XXXXXX") || exit 1
loop=
links=("path 1" "path 2")
names=(rrdemo-1 rrdemo-2)
disks=()
sectors=$((300 * 2048))

lab_picture() {
	cat <<PICTURE
     /dev/mapper/${names[0]}, dm-linear --+
                                      +--  one loop device, 300 MiB
     /dev/mapper/${names[1]}, dm-linear --+
PICTURE
}

lab_up() {
	local i

	modprobe -a dm-mod loop ext4 || return 1
	truncate -s 300M "$lab/disk" || return 1
	loop=$(losetup --find --show "$lab/disk") || return 1
	for i in 0 1; do
		dmsetup create "${names[i]}" --table "0 $sectors linear $loop 0" || return 1
		disks[i]=$(readlink -f "/dev/mapper/${names[i]}")
		event "path $((i + 1))" "${disks[i]}, dm-linear over $loop"
	done
}

lab_same_lun() {
	[[ $(dmsetup table "${names[0]}") == $(dmsetup table "${names[1]}") ]]
}

lab_bytes() {
	local s

	read -ra s <"/sys/block/${disks[$1]#/dev/}/stat"
	REPLY=$(((s[2] + s[6]) * 512))
}

lab_load() {
	dmsetup load "${names[$1]}" --table "$2" && dmsetup suspend --nolockfs "${names[$1]}" &&
		dmsetup resume "${names[$1]}"
}

lab_cut() {
	lab_load "$1" "0 $sectors error"
}

lab_mend() {
	lab_load "$1" "0 $sectors linear $loop 0"
}

lab_cut_text="path 1 gives errors from here on"
lab_mend_text="path 1 works again"

lab_down() {
	local n

	for n in "${names[@]}"; do
		dmsetup info "$n" >/dev/null 2>&1 && dmsetup remove --retry "$n"
	done
	[[ -z $loop ]] || losetup -d "$loop"
	rm -rf "$lab"
}

lab_diagnose() {
	dmsetup table
}
