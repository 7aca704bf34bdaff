#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# rrpath discover: LUNs by WWID, who has them, the command to type; and that it works when typed.

SECTORS=16384
. "${0%/*}/lib.sh"

need rrpath
SCSI_DISKS=4 scsi_disks dev_size_mb=8 num_tgts=1 max_luns=2 add_host=2 per_host_store=0 \
	vpd_use_hostno=0
one() { rrpath discover -nr -o WWID,SIZE,DISK,USED-BY | grep "^$wwid "; }

wwid=$(<"/sys/block/${D[0]}/device/wwid")
mine=() others=()
for d in "${D[@]}"; do
	if [ "$(<"/sys/block/$d/device/wwid")" = "$wwid" ]; then
		mine+=("$d")
	else
		others+=("$d")
	fi
done
is "two disks are the LUN" "$(one)" "$wwid 8M ${mine[0]} -
$wwid 8M ${mine[1]} -"
command=$(rrpath discover | sed -n "s/^  \(rrpath create .* ${mine[0]} ${mine[1]}\)$/\1/p")
like "the command to type" "$command" "rrpath create lun? ${mine[0]} ${mine[1]}"
# Which comes first is up to the names that the disks have got.
name=${command#* create } name=${name%% *}
like "the other LUN has a name of its own" "$(rrpath discover)" \
	"*create lun$((1 - ${name#lun})) ${others[*]}*"
is "JSON: as many LUNs" "$(rrpath discover --json | grep -c '"nr_disks": 2')" 2
if command -v python3 >/dev/null; then
	check "it is JSON" eval 'rrpath discover --json | python3 -m json.tool >/dev/null'
else
	skip "it is JSON" "no python3"
fi
# shellcheck disable=SC2086
check "the command works" ${command/lun?/rrt} --transient
is "then the map has them" "$(one)" "$wwid 8M ${mine[0]} map\x20rrt
$wwid 8M ${mine[1]} map\x20rrt"
is "and nothing is to be typed" "$(rrpath discover | grep -c "${mine[0]} ${mine[1]}")" 0
check "drop a path" rrpath drop rrt "${mine[1]}"
like "then it is to be added" "$(rrpath discover)" "*rrpath add rrt ${mine[1]}*"

mkfs.ext4 -q "/dev/${others[0]}" 2>/dev/null && mkdir -p "$tmp/mnt" &&
	mount "/dev/${others[0]}" "$tmp/mnt" || die "cannot mount"
like "a mount is named" "$(rrpath discover)" "*mounted on $tmp/mnt*"
is "a LUN that somebody has is not offered" "$(rrpath discover | grep -c 'rrpath create')" 0
umount "$tmp/mnt"
echo 1 >"/sys/block/${others[1]}/device/delete"
is "one disk is no LUN with several" "$(rrpath discover | grep -c "^${others[0]} ")" 0
is "but with --all" "$(rrpath discover --all | grep -c "^${others[0]} ")" 1
done_testing
