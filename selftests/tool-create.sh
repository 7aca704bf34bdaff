#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# rrpath create, show, list, remove: over two SCSI disks that are one LUN.

SECTORS=16384
. "${0%/*}/lib.sh"

need rrpath
SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0
wwid=$(<"/sys/block/${D[0]}/device/wwid")

check "create" rrpath create rrt "${D[@]}"
dm table rrt
is "its table" "$REPLY" "0 $SECTORS rrpath failover 2 0 ${P[*]}"
is "its UUID" "$(dmsetup info -c --noheadings -o uuid rrt)" "rrpath-$wwid"
like "list" "$(rrpath list)" "*rrt*failover*"
shown=$(rrpath show rrt)
for word in rrt failover "${D[@]}" "${P[@]}" active "0:0:0:0"; do
	like "show has $word" "$shown" "*$word*"
done
json=$(rrpath show --json rrt)
like "show --json" "$json" "{*\"rrt\"*\"${D[0]}\"*\"${D[1]}\"*}"
if command -v python3 >/dev/null; then
	check "it is JSON" eval 'python3 -m json.tool <<<"$json" >/dev/null'
else
	skip "it is JSON" "no python3"
fi
check_not "not twice under one name" rrpath create rrt "${D[@]}" 2>/dev/null
check "remove" rrpath remove rrt
check_not "gone" dm info rrt

check "create with every option" rrpath create --policy round-robin --priority 50,10 --weight 3,1 \
	--queue-if-no-path --no-path-timeout 5000 --failback manual --probe-interval 200 \
	--rr-min-io 8 rrt "/dev/${D[0]}" "${P[1]}"
dm table rrt
is "its table" "$REPLY" "0 $SECTORS rrpath round-robin 2 2 ${P[0]} 50 3 ${P[1]} 10 1 9 \
queue_if_no_path no_path_timeout_ms 5000 failback manual probe_interval_ms 200 rr_min_io 8"
MAP=$(dmsetup info -c --noheadings -o major,minor --separator : rrt) DEV=/dev/dm-${MAP#*:}
check "it works" dm write "$DEV" 0 4096 10
is "columns" "$(rrpath show --raw --noheadings -o DEV,STATE,WRITES rrt)" "${P[0]} active 10
${P[1]} standby 0"
exec {open}<"$DEV"
check_not "not removed while it is open" rrpath remove rrt 2>/dev/null
exec {open}<&-
check "removed when it is not" rrpath remove rrt
is "nothing listed" "$(rrpath list --noheadings)" ""
done_testing
