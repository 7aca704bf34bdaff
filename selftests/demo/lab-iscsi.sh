# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# The lab: a real iSCSI target in a namespace of its own, reached over two links.
#
#	namespace s8, tgtd			here, iscsid
#	e1 192.168.100.8  ------ link 1 ------  192.168.100.9 i1	-> sda
#	e2 10.10.10.8     ------ link 2 ------  10.10.10.9    i2	-> sdb
#	      one LUN of 300 MiB

lab=/run/rrpath-lab
iqn=iqn.2026-11.lab.rrpath:s8
nets=(192.168.100 10.10.10)
links=("link 1, 192.168.100.8" "link 2, 10.10.10.8")
disks=()

# NOP-Out interval, its timeout, replacement, login: seconds. Who sources this may set others.
timers=(2 2 2 5)

lab_picture() {
	cat <<PICTURE
     this machine (open-iscsi)                                 namespace s8 (tgtd)

     sda  <-- 192.168.100.9 ===== link 1, veth ===== 192.168.100.8 --+
                                                                     +--  one LUN, 300 MiB
     sdb  <--    10.10.10.9 ===== link 2, veth ===== 10.10.10.8    --+
PICTURE
	lab_remark
}

lab_remark() {
	cat <<REMARK

     The sessions' timers are set as an administrator would: NOP-Out every ${timers[0]} s, the link
     given up after ${timers[1]} s without an answer, its commands handed back ${timers[2]} s later
     (instead of 5, 5 and 120 s). They bound how long I/O stands still when a link is cut.
REMARK
}

# until SECONDS COMMAND...: waits for it to succeed.
until_so() {
	local end=$((SECONDS + $1))
	shift

	until "$@" >/dev/null 2>&1; do
		[[ $SECONDS -lt $end ]] || return 1
		sleep 0.2
	done
}

wwid() {
	cat "/sys/block/${1#/dev/}/device/wwid"
}

in_s8() {
	ip netns exec s8 "$@"
}

tgt() {
	in_s8 tgtadm --lld iscsi "$@"
}

# The disk that a session over the network $1 brought.
disk_of() {
	local link

	for link in /dev/disk/by-path/ip-"$1".8:3260-iscsi-*-lun-1; do
		[[ -b $link ]] && readlink -f "$link" && return
	done
	return 1
}

lab_target() {
	local i

	mkdir -p "$lab" /etc/iscsi /run/lock/iscsi
	mount -t tmpfs -o size=320m lab "$lab" || return 1
	modprobe -a sd_mod iscsi_tcp veth ext4 || return 1

	ip netns add s8 || return 1
	ip -n s8 link set lo up
	for i in 0 1; do
		ip link add "i$((i + 1))" type veth peer name "e$((i + 1))" netns s8 || return 1
		ip addr add "${nets[i]}.9/24" dev "i$((i + 1))"
		ip link set "i$((i + 1))" up
		ip -n s8 addr add "${nets[i]}.8/24" dev "e$((i + 1))"
		ip -n s8 link set "e$((i + 1))" up
	done

	truncate -s 300M "$lab/lun"
	in_s8 tgtd -f --iscsi portal=0.0.0.0:3260 >"$lab/tgtd.log" 2>&1 &
	until_so 30 tgt --op show --mode sys || return 1
	tgt --op new --mode target --tid 1 -T "$iqn" &&
		tgt --op new --mode logicalunit --tid 1 --lun 1 -b "$lab/lun" &&
		tgt --op bind --mode target --tid 1 -I ALL || return 1
	event "tgtd in namespace s8, LUN 1 of 300 MiB" "$iqn"
}

lab_initiator() {
	# Nothing of a configuration this machine may have.
	echo "InitiatorName=iqn.2026-11.lab.rrpath:here" >/etc/iscsi/initiatorname.iscsi
	{
		echo "node.startup = manual"
		echo "node.conn[0].timeo.noop_out_interval = ${timers[0]}"
		echo "node.conn[0].timeo.noop_out_timeout = ${timers[1]}"
		echo "node.session.timeo.replacement_timeout = ${timers[2]}"
		echo "node.conn[0].timeo.login_timeout = ${timers[3]}"
		echo "node.session.initial_login_retry_max = 8"
	} >/etc/iscsi/iscsid.conf
	# A group of its own: when it is told to end, it ends its group.
	setsid iscsid -f >"$lab/iscsid.log" 2>&1 &
}

lab_discover() {
	local i

	rm -rf /etc/iscsi/nodes /etc/iscsi/send_targets
	for i in 0 1; do
		until_so 30 iscsiadm -m discovery -t sendtargets -p "${nets[i]}.8" || return 1
	done
}

# One after the other, so that link 1 brings sda.
lab_login() {
	local i

	for i in 0 1; do
		iscsiadm -m node -T "$iqn" -p "${nets[i]}.8" --login >"$lab/login" 2>&1 ||
			{ cat "$lab/login"; return 1; }
		until_so 30 disk_of "${nets[i]}" || return 1
		udevadm settle -t 20
		disks[i]=$(disk_of "${nets[i]}")
		event "logged in to ${nets[i]}.8" "${disks[i]}, $(wwid "${disks[i]}")"
	done
	[[ ${disks[0]} == /dev/sda && ${disks[1]} == /dev/sdb ]]
}

lab_up() {
	lab_target && lab_initiator && lab_discover && lab_login
}

lab_same_lun() {
	[[ $(wwid "${disks[0]}") == $(wwid "${disks[1]}") ]]
}

# Bytes that went over link $1, both ways.
lab_bytes() {
	local d=/sys/class/net/i$(($1 + 1))/statistics rx tx

	read -r rx <"$d/rx_bytes"
	read -r tx <"$d/tx_bytes"
	REPLY=$((rx + tx))
}

lab_cut() {
	in_s8 ip link set "e$(($1 + 1))" down
}

lab_mend() {
	in_s8 ip link set "e$(($1 + 1))" up
}

lab_cut_text="ip netns exec s8 ip link set e1 down"
lab_mend_text="ip netns exec s8 ip link set e1 up"

# The guest is thrown away with all that is in it.
lab_down() {
	iscsiadm -m node --logout >/dev/null 2>&1
}

lab_diagnose() {
	tail -n 20 "$lab/tgtd.log" "$lab/iscsid.log"
}
