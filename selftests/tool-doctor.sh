#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# rrpath doctor over two SCSI disks that are one LUN: table, findings, exit status, JSON.

. "${0%/*}/lib.sh"

need rrpath
SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0

# has ID: doctor finds that
has() { rrpath doctor --json rrt | grep -q "\"id\": \"$1\""; }

check "create" rrpath create rrt "${D[@]}"
shown=$(rrpath doctor rrt)
for word in rrt "${D[@]}" scsi LINK-LOSS HUNG-LUN REBOOT; do
	like "doctor has $word" "$shown" "*$word*"
done
json=$(rrpath doctor --json rrt)
like "doctor --json" "$json" "{*\"schema\": 1*\"name\": \"rrt\"*\"path\": \"${D[0]}\"*"
if command -v python3 >/dev/null; then
	check "it is JSON" eval 'python3 -m json.tool <<<"$json" >/dev/null'
else
	skip "it is JSON" "no python3"
fi
read -r timeout <"/sys/block/${D[0]}/device/timeout"
like "-v has the SCSI timeout and its file" "$(rrpath doctor -v rrt)" \
	"*timeout          $timeout*/0:0:0:0/timeout*"

check_not "no complaint about the queue" has unbounded-queue
rrpath set rrt queue_if_no_path yes
check "a queue with no bound is found" has unbounded-queue
rrpath doctor rrt >/dev/null
is "exit status with findings" $? 1
rrpath set rrt no_path_timeout_ms 5000
check_not "not with a bound" has unbounded-queue

check_not "no complaint about the stall watch" has no-stall-watch
rrpath set rrt stall_timeout_ms 0
check "no stall watch is found" has no-stall-watch
rrpath set rrt stall_timeout_ms 1000

check_not "the map is recorded" has not-recorded
mv /etc/rrpath/maps.conf "$tmp/maps.conf"
check "one that is not is found" has not-recorded
mv "$tmp/maps.conf" /etc/rrpath/maps.conf

check_not "two paths are no finding" has one-path
rrpath drop rrt "${D[1]}"
check "one path is" has one-path
rrpath add rrt "${D[1]}"

rrpath doctor rrt >"$tmp/out"
is "exit status when nothing is wrong" "$? $(tail -n 1 "$tmp/out")" "0 Nothing is wrong."

rrpath doctor nosuch >"$tmp/out" 2>"$tmp/err"
is "no such map: exit status" $? 1
like "no such map: its name" "$(<"$tmp/err")" "*'nosuch'*"
rrpath doctor --frob >"$tmp/out" 2>"$tmp/err"
is "wrong usage: exit status" $? 2
check "remove" rrpath remove rrt
done_testing
