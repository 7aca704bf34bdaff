#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# rrpath assemble and the record: maps are made again as they were, once, also by several at a time;
# what the commands change is in the record.

SECTORS=16384
. "${0%/*}/lib.sh"

need rrpath
conf=/etc/rrpath/maps.conf
[ ! -s $conf ] || skip_all "there are maps in $conf"
early_cleanup=forget
forget() { rm -f "$conf" /run/rrpath/maps.conf; }
SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0
wwid=$(<"/sys/block/${D[0]}/device/wwid")

check "create" rrpath create rrt --policy round-robin --weight 3,1 --no-path-timeout 5000 "${D[@]}"
check "it is recorded" grep -q "wwid $wwid" $conf
is "for all to read" "$(stat -c %a $conf)" 644
check "set" rrpath set rrt failback manual
check "policy" rrpath policy rrt queue-length
dm table rrt
was=$REPLY
check "assemble: all is in order" [ -z "$(rrpath assemble 2>&1)" ]
dm table rrt
is "nothing changed" "$REPLY" "$was"
check "remove --keep-record" rrpath remove --keep-record rrt
like "assemble" "$(rrpath assemble 2>&1)" "rrt: made of *"
dm table rrt
is "the table is what it was" "$REPLY" "$was"
is "the UUID too" "$(dmsetup info -c --noheadings -o uuid rrt)" "rrpath-$wwid"

rrpath remove --keep-record rrt
pids=()
for d in "${D[@]}" "${D[@]}" "${D[@]}"; do
	rrpath assemble --incremental "$d" >>"$tmp/out" 2>&1 &
	pids+=($!)
done
bad=0
for pid in "${pids[@]}"; do wait "$pid" || bad=1; done
is "six at the same time" "$bad" 0
is "one of them made it" "$(grep -c 'made of' "$tmp/out")" 1
dm table rrt
is "as it was" "$REPLY" "$was"

check "comments and other entries stay" eval 'printf "# mine\nmap other\n\twwid naa.9\n" >>$conf
	rrpath set rrt rr_min_io 4 && grep -q "^# mine" $conf && grep -q "^map other" $conf'
check "remove" rrpath remove rrt
check_not "takes it out of the record" grep -q "^map rrt" $conf
check "and leaves the other" grep -q "^map other" $conf
is "assemble: nothing to do" "$(rrpath assemble 2>&1)" ""
check_not "one that is not recorded" rrpath assemble rrt 2>/dev/null

check "create --transient" rrpath create --transient rrt "${D[0]}"
check_not "not in /etc" grep -q "^map rrt" $conf
check "its second disk joins all the same" rrpath assemble --incremental "${D[1]}"
is "both are in it" "$(rrpath show -nr -o PATH rrt | paste -sd ' ')" "${D[*]}"
rrpath remove rrt

printf 'map rrt\n\twwid %s\n\tpolicy quick!\n' "$wwid" >$conf
like "a bad line is named" "$(rrpath assemble 2>&1)" "*maps.conf: line 3: 'quick!' is no policy*"
check_not "and its map not made" dm info rrt
done_testing
