#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What rrpath create refuses: disks in use, disks that differ; with one line that says so, exit
# status 1, and nothing left behind.

SECTORS=16384
. "${0%/*}/lib.sh"

need rrpath mkfs.ext4 mkswap
make_paths 4

# refuses DESCRIPTION WORD ARGS...: exit status 1, one line on stderr that has WORD
refuses()
{
	local what=$1 word=$2 said status
	shift 2
	said=$(rrpath "$@" 2>&1 >/dev/null)
	status=$?
	is "$what: exit status" "$status" 1
	like "$what: says what" "$said" "*$word*"
	is "$what: in one line" "$(wc -l <<<"$said")" 1
	check_not "$what: no map" dm info rrt
	refcount
	is "$what: nothing held" "$REPLY" 0
}

a=/dev/mapper/rrt-p0 b=/dev/mapper/rrt-p1
mkfs.ext4 -q -F $a >"$tmp/mkfs" 2>&1
mkdir "$tmp/mnt"
if mount $a "$tmp/mnt" 2>/dev/null; then
	refuses "mounted" "mounted" create rrt $a $b
	refuses "mounted, --force" "mounted" create --force rrt $a $b
	umount "$tmp/mnt"
else
	skip "mounted" "no ext4"
fi
mkswap $a >/dev/null 2>&1
if swapon $a 2>/dev/null; then
	refuses "swap" "swap" create rrt $b $a
	swapoff $a
else
	skip "swap" "cannot swap on it"
fi
dm create rrt-holder - 0 "$SECTORS" linear "${P[1]}" 0
refuses "held by another map" "rrt-holder" create rrt $a $b
dm remove rrt-holder
dm swap rrt-p2 0 $((SECTORS - 8)) linear 1:0 0
refuses "different size" "size" create rrt $a /dev/mapper/rrt-p2
refuses "no such disk" "nosuch" create rrt $a /dev/nosuch
refuses "no block device" "/dev/null" create rrt $a /dev/null
refuses "the same twice" "" create rrt $a "${P[0]}"

# A second path of the LUN in another map of ours.
check "create" rrpath create rrt-one "${P[0]}" "${P[1]}"
said=$(rrpath create rrt "${P[0]}" "${P[3]}" 2>&1)
is "path of another map: exit status" "$?" 1
like "path of another map: names it" "$said" "*rrt-one*"
dm remove rrt-one

SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 vpd_use_hostno=1
wwids=("$(<"/sys/block/${D[0]}/device/wwid")" "$(<"/sys/block/${D[1]}/device/wwid")")
check "two LUNs" [ "${wwids[0]}" != "${wwids[1]}" ]
refuses "different WWID" "${wwids[1]}" create rrt "${D[@]}"
check "--force makes it all the same" rrpath create --force rrt "${D[@]}" 2>"$tmp/force"
like "and names what it overrides" "$(<"$tmp/force")" "*WWID*"
done_testing
