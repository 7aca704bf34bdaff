#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The boot before: in a guest without systemd, makes what the machine is to find when it boots
# again. Its record, /etc/rrpath, and the numbers of its filesystems go to $RRPATH_OUT.

set -eu

# map NAME LUN: from the two disks of QEMU's that are this LUN
map() {
	local end=$((SECONDS + 60)) paths

	until paths=(/sys/bus/virtio/drivers/virtio_scsi/*/host*/target*/*:"$2"/block/sd*) &&
		[[ ${#paths[@]} -eq 2 && -b /dev/${paths[1]##*/} ]]; do
		((SECONDS < end)) || { echo "LUN $2 is not there twice: ${paths[*]}" >&2; exit 1; }
		sleep 0.2
	done
	rrpath create "$1" "${paths[@]##*/}"
}

tar -C "$RRPATH_OUT/root" -cf - . | tar -C / --keep-directory-symlink --no-same-owner -xf -
udevadm control --reload
# LVM knows the paths of dm-multipath by itself; of others it is told by udev.
echo 'devices { external_device_info_source = "udev" }' >>/etc/lvm/lvmlocal.conf

modprobe -a dm-rrpath virtio_scsi sd_mod
map rrt-fs 0
map rrt-pv 1
# Two adapters that the next boot finds late. Their disks need no content.
modprobe scsi_debug dev_size_mb=16 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0
udevadm settle
late=(/sys/bus/pseudo/drivers/scsi_debug/adapter*/host*/target*/*/block/*)
rrpath create rrt-late "${late[@]##*/}"

# Now they are paths of maps, and so hidden, from LVM too.
udevadm trigger --action=change --settle --subsystem-match=block --sysname-match='sd*'
mkfs.ext4 -q /dev/mapper/rrt-fs
lvm vgcreate -q rrtvg /dev/mapper/rrt-pv
lvm lvcreate -q -n lv -l 100%FREE -W n rrtvg
mkfs.ext4 -q /dev/rrtvg/lv
for fs in /dev/mapper/rrt-fs /dev/rrtvg/lv; do
	blkid -p -o value -s UUID "$fs"
done >"$RRPATH_OUT/uuids"
lvm vgchange -q -an rrtvg
for map in fs pv late; do
	rrpath remove --keep-record "rrt-$map"
done
cp -a /etc/rrpath "$RRPATH_OUT/record"
cp /etc/lvm/lvmlocal.conf "$RRPATH_OUT/"
