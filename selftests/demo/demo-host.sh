#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make demo-host: the story on loop devices of this machine, without a virtual machine.
# It needs root, headers of the running kernel, and a kernel that loads modules.

set -u -o pipefail
. "$(dirname "$0")/../vm/common.sh"
cd "$project" || exit 1

kver=$(uname -r)

refuse() {
	echo "make demo-host cannot run here: $*" >&2
	echo "make demo needs none of that: it plays the same in a virtual machine." >&2
	exit 1
}

[[ $(id -u) -eq 0 ]] || refuse "it loads a module, and so needs root"
[[ $(cat /proc/sys/kernel/modules_disabled 2>/dev/null || echo 1) == 0 ]] ||
	refuse "this kernel ($kver) does not load modules"
[[ -d /lib/modules/$kver ]] || refuse "there is no /lib/modules/$kver, of the running kernel"
[[ -e /lib/modules/$kver/build/Makefile ]] ||
	refuse "no headers of the running kernel: apt install linux-headers-$kver"
modprobe dm-mod 2>/dev/null || refuse "this machine cannot load dm-mod"
[[ ! -e /sys/module/dm_rrpath ]] || refuse "dm-rrpath is loaded already, perhaps with maps in use"

for name in rrdemo rrdemo-1 rrdemo-2; do
	[[ ! -e /dev/mapper/$name ]] || refuse "there is a map $name already"
done

[[ -n ${RRPATH_VM:-} ]] || selftests/vm/packages.sh build || exit 1
for tool in fio dmsetup mkfs.ext4 losetup; do
	command -v "$tool" >/dev/null ||
		refuse "$tool is missing (packages fio, dmsetup, e2fsprogs, mount)"
done
log=$(make -s --no-print-directory -C userspace-tool 2>&1 &&
	make -s --no-print-directory module-copy KVER="$kver" 2>&1) || { echo "$log"; exit 1; }

[[ ! -t 1 ]] || export RRPATH_COLOR=yes
export RRPATH_KO=$project/build/$kver/dm-rrpath.ko
PATH=$project/userspace-tool:$PATH selftests/demo/story.sh loop
