#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest, before systemd takes over: the machine as it was left. What `make install` has
# installed, the record of an earlier `rrpath create`, its /etc/fstab, and services: Debian's for
# LVM and multipathd, and one that looks at what has become of all that.

set -eu
here=$(cd "${0%/*}" && pwd)
units=/usr/lib/systemd/system
mine=/etc/systemd/system

# Links like /lib stay what they are.
tar -C "$RRPATH_OUT/root" -cf - . | tar -C / --keep-directory-symlink --no-same-owner -xf -
mkdir -p /etc/rrpath
cp -a "$RRPATH_OUT/record/." /etc/rrpath/
cp "$RRPATH_OUT/lvmlocal.conf" /etc/lvm/

{ read -r fs; read -r lv; } <"$RRPATH_OUT/uuids"
cat >/etc/fstab <<FSTAB
UUID=$fs /mnt/rrt-fs ext4 defaults 0 2
UUID=$lv /mnt/rrt-lv ext4 defaults 0 2
FSTAB

# Nothing else of this machine's: it may have disks to unlock and services of its own, and be a
# container's, in which multipathd does not start.
rm -rf /.dockerenv /etc/crypttab $mine /etc/systemd/system-generators
mkdir -p $mine/sysinit.target.wants $mine/systemd-udev-trigger.service.d \
	/etc/systemd/system-generators /etc/systemd/system.conf.d /etc/modules-load.d
for generator in /usr/lib/systemd/system-generators/*; do
	[[ $generator == */systemd-fstab-generator ]] ||
		ln -s /dev/null "/etc/systemd/system-generators/${generator##*/}"
done
# Emulated, a boot is slow: without what has no part in it, and without hurry.
for unit in systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-sysusers.service \
	systemd-firstboot.service systemd-update-utmp.service; do
	ln -s /dev/null "$mine/$unit"
done
printf '[Service]\nExecStart=\nExecStart=udevadm trigger --action=add %s\n' \
	"--subsystem-match=block --subsystem-match=misc --subsystem-match=mem" \
	>$mine/systemd-udev-trigger.service.d/rrt.conf
printf '[Manager]\nDefaultTimeoutStartSec=2400\n' >/etc/systemd/system.conf.d/rrt.conf
# /tmp may be large, and this project be in it: it is not emptied.
mkdir -p /etc/tmpfiles.d
ln -sf /dev/null /etc/tmpfiles.d/tmp.conf
# As an initramfs has loaded the drivers of the machine's adapters.
printf '%s\n' virtio_scsi sd_mod >/etc/modules-load.d/rrt.conf

# As greedy as it can be set: every disk is to be a map.
mkdir -p /etc/multipath/conf.d
rm -f /etc/multipath.conf
printf 'defaults {\n\tfind_multipaths no\n}\n' >/etc/multipath/conf.d/rrt-greedy.conf

# Debian's packages enable these.
for unit in multipathd lvm2-monitor blk-availability; do
	ln -s "$units/$unit.service" "$mine/sysinit.target.wants/"
done

# After basic.target, or after that has failed.
cat >$mine/rrt-check.service <<UNIT
[Unit]
DefaultDependencies=no
After=basic.target

[Service]
Type=oneshot
TimeoutStartSec=infinity
StandardOutput=file:/run/rrpath-stdout
StandardError=inherit
ExecStart=$here/check.sh
UNIT
cat >$mine/rrt.target <<UNIT
[Unit]
Requires=basic.target
After=basic.target
Wants=rrt-check.service
UNIT
ln -s rrt.target $mine/default.target
