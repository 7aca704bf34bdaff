#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The limits of iSCSI sessions, their disks and node records: create sets them, a new login keeps
# them, remove puts back what was there before; doctor --fix sets them for a map made without.

NO_INSERT=1
. "${0%/*}/lib.sh"

[ -n "${RRPATH_VM-}" ] || skip_all "replaces the configuration of open-iscsi: for a virtual machine"
need rrpath tgtd iscsid iscsiadm ip pkill
insert || die "cannot load the module"

event() { note "$*"; }
# shellcheck source=/dev/null
. "$here/demo/lab-iscsi.sh"
# Values that are nobody's default.
timers=(7 7 7 5)

# The directory of the session to the portal $1.8, in REPLY.
session_of()
{
	local conn address
	for conn in /sys/class/iscsi_connection/connection*; do
		[ -r "$conn/persistent_address" ] || continue
		read -r address <"$conn/persistent_address"
		[ "$address" = "$1.8" ] || continue
		REPLY=$(readlink -f "$conn/device/..")
		return
	done
	return 1
}

# Instead of the lab's: not by udev's links.
disk_of()
{
	local block
	session_of "$1" || return
	for block in "$REPLY"/target*/*/block/sd*; do
		[ -e "$block/size" ] && [ -b "/dev/${block##*/}" ] &&
			[ "$(<"$block/size")" -gt 0 ] &&
			echo "/dev/${block##*/}" && return
	done
	return 1
}

# All that is or might be changed of the link $1, in REPLY.
limits_of()
{
	local session disk file value all=
	session_of "$1" || { REPLY="no session"; return; }
	session=$REPLY
	disk=$(disk_of "$1") || { REPLY="no disk"; return; }
	for file in "$session"/iscsi_session/*/{recovery_tmo,abort_tmo,lu_reset_tmo,tgt_reset_tmo} \
		"$session"/connection*/iscsi_connection/*/{recv_tmo,ping_tmo} \
		"/sys/block/${disk##*/}/device/"{timeout,scsi_disk/*/max_retries}; do
		read -r value <"$file"
		all+="${file##*/}=$value "
	done
	REPLY=$all
}

# Its node record, likewise.
record_of()
{
	REPLY=$(iscsiadm -m node -T "$iqn" -p "$1.8" -o show 2>/dev/null | grep timeo | tr '\n' ' ')
}

tuned="recovery_tmo=1 abort_tmo=5 lu_reset_tmo=10 tgt_reset_tmo=10 recv_tmo=2 ping_tmo=2 \
timeout=10 max_retries=0 "

# shellcheck disable=SC2317 # called by the library
end_lab()
{
	lab_down
	# The machine is ours: these are the lab's. A gentler end iscsid passes on to its group: us.
	pkill -KILL -x "tgtd|iscsid"
	until_true '! pgrep -x "tgtd|iscsid" >/dev/null' 10
	ip netns del s8
	umount "$lab"
}

extra_cleanup=end_lab
udevadm control --start-exec-queue
lab_up >"$tmp/lab" 2>&1 || { lab_diagnose >>"$tmp/lab"; die "no lab: $(tail -n 5 "$tmp/lab")"; }
before=() record_before=()
for i in 0 1; do
	limits_of "${nets[i]}"
	before[i]=$REPLY
	record_of "${nets[i]}"
	record_before[i]=$REPLY
done
like "before: the lab's timers" "${before[0]}" "recovery_tmo=7 *recv_tmo=7 ping_tmo=7 timeout=30 *"

check "create" rrpath create rrt "${disks[@]}"
dm table rrt
like "the map has the patience now" "$REPLY" "* queue_if_no_path no_path_timeout_ms 120000"
for i in 0 1; do
	limits_of "${nets[i]}"
	is "link $((i + 1)): limits are set" "$REPLY" "$tuned"
	record_of "${nets[i]}"
	like "link $((i + 1)): its record, too" "$REPLY" \
		"*replacement_timeout = 1 *noop_out_interval = 2 *noop_out_timeout = 2 "
done
is "what was before is for root only" "$(stat -c %a /etc/rrpath/timers)" 600

iscsiadm -m node -T "$iqn" -p "${nets[1]}.8" --logout >/dev/null 2>&1
wait_for "link 2: logged out" '! session_of "${nets[1]}"'
iscsiadm -m node -T "$iqn" -p "${nets[1]}.8" --login >/dev/null 2>&1
wait_for "link 2: logged in again" 'disk_of "${nets[1]}" >/dev/null'
limits_of "${nets[1]}"
like "the new session has the record's timers" "$REPLY" "recovery_tmo=1 *recv_tmo=2 ping_tmo=2 *"
rrpath assemble rrt >/dev/null
limits_of "${nets[1]}"
is "assemble gives its disk the rest" "$REPLY" "$tuned"

check "remove" rrpath remove rrt
for i in 0 1; do
	limits_of "${nets[i]}"
	is "link $((i + 1)): limits are as before" "$REPLY" "${before[i]}"
	record_of "${nets[i]}"
	is "link $((i + 1)): its record is as before" "$REPLY" "${record_before[i]}"
done
check_not "nothing is left to be put back" test -e /etc/rrpath/timers

for i in 0 1; do disks[i]=$(disk_of "${nets[i]}"); done
check "create without tuning" rrpath create --no-tune rrt "${disks[@]}"
limits_of "${nets[0]}"
is "nothing is set" "$REPLY" "${before[0]}"
said=$(rrpath doctor --fix rrt)
like "doctor --fix says what it sets" "$said" "*${disks[0]##*/}: recovery_tmo 7 -> 5*"
limits_of "${nets[0]}"
like "and has set it" "$REPLY" "recovery_tmo=5 *recv_tmo=2 ping_tmo=2 *"
check "remove" rrpath remove rrt
limits_of "${nets[0]}"
is "as before" "$REPLY" "${before[0]}"
done_testing
