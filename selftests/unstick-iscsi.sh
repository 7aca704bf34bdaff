#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154
#
# rrpath unstick: a link that drops silently, and a target that hangs behind a link that is fine.
#
# By the sessions' own timers it would take 40 s until the first is noticed, and two minutes more
# until the path fails.

. "${0%/*}/lib.sh"

need rrpath setpriv tgtd tgtadm iscsid iscsiadm ip udevadm
[ -e "$here/demo/lab-iscsi.sh" ] || skip_all "no demo/lab-iscsi.sh here"
[ ! -e /run/netns/s8 ] || skip_all "there is a network namespace s8"
[ ! -e /sys/class/iscsi_host ] || [ -z "$(ls /sys/class/iscsi_host)" ] ||
	skip_all "there are iSCSI sessions on this machine"
[ -e /run/udev/control ] || skip_all "no udevd runs here"

event() { note "$*"; }
. "$here/demo/lab-iscsi.sh"
timers=(20 20 120 5)
LIMIT=15

# Also when the test was ended in the middle.
end_lab()
{
	local pid
	[ -z "${noop-}" ] || rm -f /etc/rrpath/timers
	for pid in $(ip netns pids s8); do kill -CONT "$pid"; done
	lab_mend 0
	until_true '! grep -qsv LOGGED_IN /sys/class/iscsi_session/session*/state' 30
	iscsiadm -m node --logout
	iscsiadm -k 0
	for pid in $(ip netns pids s8); do kill -KILL "$pid"; done
	until_true '[ -z "$(ip netns pids s8)" ]'
	ip link del i1
	ip link del i2
	ip netns del s8
	until_true 'umount "$lab"'
} >/dev/null 2>&1

extra_cleanup=end_lab
udevadm control --start-exec-queue
lab_up || { lab_diagnose | sed 's/^/# /'; die "no lab"; }
P=("$(<"/sys/block/${disks[0]#/dev/}/dev")" "$(<"/sys/block/${disks[1]#/dev/}/dev")")
# The numbers of sessions are not used again: this need not be the first test.
session_of()
{
	REPLY=$(readlink -f "/sys/block/${1#/dev/}")
	REPLY=session${REPLY#*/session} REPLY=${REPLY%%/*}
}
session_of "${disks[1]}"
other=$REPLY
session_of "${disks[0]}"
name=$REPLY
session=/sys/class/iscsi_session/$name
connection=/sys/class/iscsi_connection/connection${name#session}:0

# With no more rights than its service has.
start_helper()
{
	setpriv --no-new-privs \
		--bounding-set=-all,+net_admin,+sys_admin,+sys_ptrace,+ipc_lock \
		rrpath unstick >>"$tmp/unstick" 2>&1 &
	helper=$!
	children+=("$helper")
}

start_helper
said() { grep -q "$1" "$tmp/unstick"; }
wait_for "the helper listens" 'said watching'
dm create rrt rrpath-selftest 0 "$SECTORS" rrpath failover 2 0 "${P[0]}" "${P[1]}" \
	6 stall_timeout_ms 1000 hold_down_max_ms 0 probe_interval_ms 500 ||
	die "no map ($dm_errno)"
MAP=$REPLY DEV=/dev/dm-${REPLY#*:}
io_start "$DEV" 2
check "I/O runs" io_moves

# ---- the link is fine, the target does not answer

port=$(<"$connection/local_port")
for pid in $(ip netns pids s8); do kill -STOP "$pid"; done
wait_for "the path stalls" 'st && [[ $states == *T* ]]'
wait_for "the connection is left alone" 'said "session[0-9]*: left alone: the target acknowledges"'
check_not "and not closed" said "connection closed"
is "it is the same one" "$(<"$connection/local_port")" "$port"
is "recovery_tmo is as it was" "$(<"$session/recovery_tmo")" 120
for pid in $(ip netns pids s8); do kill -CONT "$pid"; done
check "I/O runs again" io_moves
wait_for "both paths are in use" 'states_are AA'

# ---- the link of the path in use drops

# cut DESCRIPTION: a cut and its mending
cut()
{
	local began=$SECONDS closed
	closed=$(grep -c "$name: connection closed" "$tmp/unstick")
	lab_cut 0
	wait_for "$1: the path fails" 'st && [ "${state[0]}" = F ]' $LIMIT
	check "$1: I/O goes on" io_moves
	between "$1: within seconds" $((SECONDS - began)) 0 $LIMIT
	is "$1: the connection is closed" \
		"$(grep -c "$name: connection closed" "$tmp/unstick")" $((closed + 1))
	is "$1: its commands fail at once" "$(<"$session/recovery_tmo")" 0
	check "$1: the old value is kept" test -s "/run/rrpath/unstick/$name"
	$2
	lab_mend 0
	wait_for "$1: the path is back" 'states_are AA' 60
	wait_for "$1: recovery_tmo is given back" '[ "$(<"$session/recovery_tmo")" = 120 ]'
	wait_for "$1: nothing is kept" '[ ! -e "/run/rrpath/unstick/$name" ]'
	[ -z "$noop" ] || wait_for "$1: the noop timer is set again" \
		'[ "$(<"$connection/recv_tmo")" = "$noop" ]'
}

restart()
{
	kill -KILL "$helper"
	wait "$helper" 2>/dev/null
	start_helper
}

# As create would have set it live, which iscsid does not know.
noop=''
if [ ! -e /etc/rrpath/timers ]; then
	noop=19
	mkdir -p /etc/rrpath
	printf 'map rrt\nlimit rrt iscsi:%s,%s.8:3260,default recv_tmo 20 %s\n' \
		"$iqn" "${nets[0]}" $noop >/etc/rrpath/timers
fi
cut "cut" true
cut "another" true
cut "helper killed meanwhile" restart
# What TCP had sent again waits for the neighbour's address, and would land, late, in the moment
# that the link is back: so not long after the path has failed.
for i in 1 2 3 4 5 6; do cut "short cut $i" true; done

# ---- by hand, and where there is nothing to be done

check_not "a path in order is left alone" rrpath unstick --once rrt "${disks[1]}" 2>"$tmp/once"
like "says so" "$(<"$tmp/once")" "*$other: left alone: the target acknowledges*"
for bad in "rrt" "--once" "--once rrt" "--never"; do
	# shellcheck disable=SC2086
	rrpath unstick $bad 2>/dev/null
	is "wrong usage: $bad" "$?" 2
done
io_stop "no error, and every block as written"
kill -TERM "$helper"
wait "$helper"
is "the helper ends when it is told to" "$?" 0
sed 's/^/# /' "$tmp/unstick"
done_testing
