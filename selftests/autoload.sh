#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Loading a table line loads the module: the kernel asks modprobe for `dm-rrpath`. A directory of
# modules of our own stands in for /lib/modules, so nothing of the machine's is changed.

. "${0%/*}/lib.sh"

[ -n "${RRPATH_KO-}" ] || skip_all "RRPATH_KO is not set"
need depmod
release=$(uname -r)
mkdir -p "$tmp/lib/modules/$release/extra"
cp "$RRPATH_KO" "$tmp/lib/modules/$release/extra/"
for file in "/lib/modules/$release"/modules.{order,builtin,builtin.modinfo}; do
	[ ! -e "$file" ] || cp "$file" "$tmp/lib/modules/$release/"
done
check "depmod" depmod -b "$tmp" "$release"
printf '#!/bin/sh\nexec %s -d %s "$@"\n' "$(command -v modprobe)" "$tmp" >"$tmp/modprobe"
chmod +x "$tmp/modprobe"

make_paths 2
rmmod dm_rrpath
read -r saved </proc/sys/kernel/modprobe
echo "$tmp/modprobe" >/proc/sys/kernel/modprobe
check "dmsetup create without the module" \
	dmsetup create rrt --table "0 $SECTORS rrpath failover 2 0 ${P[0]} ${P[1]}"
echo "$saved" >/proc/sys/kernel/modprobe
check "the module is there" [ -e /sys/module/dm_rrpath ]
check "status" st
is "both paths" "${states-}" AA
dm remove rrt
rmmod dm_rrpath
check "modprobe dm-rrpath" "$tmp/modprobe" dm-rrpath
done_testing
