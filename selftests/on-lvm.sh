#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# LVM on two maps whose paths fail and return: a linear volume, a striped one and its snapshot, a
# thin one and its snapshot, a cached one. No error comes up, every block is read back as written,
# and what a snapshot shows does not change.

SECTORS=262144
. "${0%/*}/lib.sh"
. "$here/proofs/stack.sh"

need lvm thin_check cache_check
for module in dm-snapshot dm-thin-pool dm-cache dm-cache-smq; do
	modprobe $module 2>/dev/null || skip_all "no module $module"
done
phases=8
two_maps
export LVM_SYSTEM_DIR=$tmp/lvm LVM_SUPPRESS_FD_WARNINGS=1
mkdir "$LVM_SYSTEM_DIR"
# The maps, not their paths; no daemon, no udev, nothing that stays behind.
cat >"$LVM_SYSTEM_DIR/lvm.conf" <<CONF
devices {
	use_devicesfile = 0
	obtain_device_list_from_udev = 0
	filter = [ "a|^$DEV\$|", "a|^$DEV_B\$|", "r|.*|" ]
}
activation { udev_sync = 0 udev_rules = 0 monitoring = 0 }
backup { backup = 0 archive = 0 }
global { locking_dir = "$tmp/lvm" use_lvmpolld = 0 event_activation = 0 }
CONF
lv() { quiet lvm "$@"; }
# Before the maps below.
volumes_down() { lv vgremove -ff -y rrtvg; }
early_cleanup=volumes_down

# through WHAT VOLUME WHICH...: I/O to it through failures of the paths of the first or second map;
# of those named only the first without RRPATH_SECONDS
through()
{
	local which
	[ -n "${RRPATH_SECONDS-}" ] || set -- "${@:1:3}"
	io_start "/dev/rrtvg/$2"
	for which in "${@:3}"; do
		case $which in
		first) paths_fail "$1: first map" rrt 0 ;;
		second) paths_fail "$1: second map" rrt-b 2 ;;
		esac
	done
	io_stop "$1: no error, and each block read back as written"
}

check "vgcreate" lv vgcreate -qq -s 1m rrtvg "$DEV" "$DEV_B"
check "a linear volume" lv lvcreate -qq -y -l 60 -n linear rrtvg "$DEV_B"
through "linear" linear second
check "lvremove" lv lvremove -qq -y rrtvg/linear

check "a striped volume, on both maps" lv lvcreate -qq -y -l 120 -n striped -i 2 rrtvg
through "striped" striped first second

check "its snapshot" lv lvcreate -qq -y -s -l 16 -n snap rrtvg/striped
was=$(cksum </dev/rrtvg/snap)
through "origin of a snapshot" striped second first
is "the snapshot is as it was" "$(cksum </dev/rrtvg/snap)" "$was"
check "lvremove" lv lvremove -qq -y rrtvg/snap rrtvg/striped

check "a thin volume, larger than its pool" lv lvcreate -qq -y --type thin -l 60 -i 2 -V 512m \
	-n thin --thinpool tpool rrtvg
check "it is written" dm write /dev/rrtvg/thin 0 65536 32
check "its snapshot" lv lvcreate -qq -y -s -kn -n thinsnap rrtvg/thin
was=$(head -c 4M /dev/rrtvg/thinsnap | cksum)
through "thin" thin first second
is "the snapshot is as it was" "$(head -c 4M /dev/rrtvg/thinsnap | cksum)" "$was"
check "lvremove" lv lvremove -qq -y rrtvg/tpool

check "a volume on one map" lv lvcreate -qq -y -l 60 -n slow rrtvg "$DEV"
check "and its cache on the other" lv lvcreate -qq -y --type cache -l 20 --cachemode writeback \
	rrtvg/slow "$DEV_B"
through "cache" slow second
was=$(head -c 1M /dev/rrtvg/slow | cksum)
# What is in the cache alone has to get past it.
path_error 0
check "uncache, with a path of the first map bad" \
	lv lvconvert -qq -y --uncache rrtvg/slow
check "which was seen" has_failed rrt 0
path_good 0
is "and what was in the cache is there" "$(head -c 1M /dev/rrtvg/slow | cksum)" "$was"
nothing_lost "first map" rrt
nothing_lost "second map" rrt-b
check "vgremove" lv vgremove -qq -ff -y rrtvg
early_cleanup=''
done_testing
