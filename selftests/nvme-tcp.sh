#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Failover between two NVMe/TCP controllers: the kernel's own target (nvmet) behind two links, no
# native multipath (nvme_core.multipath=N), so one namespace is nvme0n1 and nvme1n1. A link goes
# silent under fio: I/O goes on over the other, no error comes up, no byte is wrong, and once the
# link is back the path is. Each cut's figures are printed, with the timers that bound them.
#
# RRPATH_SECONDS: how long links are cut and mended in turn (else one cut of each).

. "${0%/*}/lib.sh"
. "$here/proofs/common.sh"
. "$here/proofs/two-links.sh"

need ip nsenter fio
trouble_lasts 1
nqn=nqn.2014-08.org.nvmexpress:rrt
config=/sys/kernel/config/nvmet
subsystem=$config/subsystems/$nqn
kato=1 reconnect_delay=1 fast_io_fail_tmo=1 ctrl_loss_tmo=3600

target_up()
{
	local i port
	mkdir "$subsystem" "$subsystem/namespaces/1" &&
		echo 1 >"$subsystem/attr_allow_any_host" &&
		echo -n /dev/ram0 >"$subsystem/namespaces/1/device_path" &&
		echo 1 >"$subsystem/namespaces/1/enable" || return
	for i in 0 1; do
		port=$config/ports/$((i + 1))
		mkdir "$port" && echo tcp >"$port/addr_trtype" && echo ipv4 >"$port/addr_adrfam" &&
			echo "${far[i]}" >"$port/addr_traddr" && echo 4420 >"$port/addr_trsvcid" &&
			nsenter --net=/run/netns/rrt \
				ln -s "$subsystem" "$port/subsystems/$nqn" || return
	done
}

connect()
{
	echo "transport=tcp,traddr=${far[$1]},trsvcid=4420,host_traddr=${near[$1]},nqn=$nqn,$(
		)keep_alive_tmo=$kato,reconnect_delay=$reconnect_delay,$(
		)fast_io_fail_tmo=$fast_io_fail_tmo,ctrl_loss_tmo=$ctrl_loss_tmo" >/dev/nvme-fabrics
}

# The disk of the controller over link $1, in disk.
find_disk()
{
	local ctrl address
	for ctrl in /sys/class/nvme/nvme*; do
		[ -e "$ctrl/address" ] && read -r address <"$ctrl/address" || continue
		[[ $address == *"traddr=${far[$1]},"* ]] || continue
		for disk in "$ctrl"/nvme*n1; do
			[ -e "$disk/dev" ] && [ -b "/dev/${disk##*/}" ] && return
		done
	done
	return 1
}

everything_down()
{
	local ctrl i
	mend_link 0
	mend_link 1
	for ctrl in /sys/class/nvme/nvme*; do
		[[ $(<"$ctrl/subsysnqn") != "$nqn" ]] || echo 1 >"$ctrl/delete_controller"
	done
	for i in 1 2; do
		rm -f "$config/ports/$i/subsystems/$nqn"
		rmdir "$config/ports/$i"
	done
	[ ! -d "$subsystem/namespaces/1" ] || echo 0 >"$subsystem/namespaces/1/enable"
	rmdir "$subsystem/namespaces/1" "$subsystem"
	links_down
} 2>/dev/null

for i in nvmet-tcp nvme-tcp; do
	modinfo "$i" >/dev/null 2>&1 || skip_all "this kernel has no $i"
done
[ ! -e /sys/module/nvme_core ] || skip_all "nvme_core is in use here"
load_module brd rd_nr=1 rd_size=$((SECTORS / 2))
# First: the target needs it too.
load_module nvme-core multipath=N
load_module nvmet
load_module nvmet-tcp
load_module nvme-fabrics
load_module nvme-tcp
[ -d $config ] || mount -t configfs none /sys/kernel/config 2>/dev/null
extra_cleanup=everything_down
check "two links to a namespace" links_up
check "nvmet exports the disk over both" target_up
for i in 0 1; do
	check "connect over link $i" connect "$i"
	wait_for "a disk over link $i" "find_disk $i"
	P[i]=$(<"$disk/dev") D[i]=${disk##*/}
done
is "one namespace" "$(<"/sys/block/${D[0]}/wwid")" "$(<"/sys/block/${D[1]}/wwid")"
note "a silent controller is given up after: kato/2 ($kato/2 s) until the next keep-alive, kato" \
	"($kato s) for its answer, up to 1 s of the block layer's timer; 6.1 waits for the answer" \
	"once more, and the sockets have to drain; then its I/O comes back"
note "connected again every reconnect_delay = $reconnect_delay s, until ctrl_loss_tmo =" \
	"$ctrl_loss_tmo s; fast_io_fail_tmo = $fast_io_fail_tmo s does not bound the map's I/O," \
	"which is marked failfast, but that of others"

make_map round-robin 2 0 "${P[0]}" "${P[1]}"
fio_start fio --filename="$DEV" --size=100% --bs=4k --rw=randwrite --iodepth=4 \
	--verify_backlog=32 --fsync=64 --rate_iops=300
check "I/O runs" io_moves

# One cut of a link and what follows.
cut_and_mend()
{
	local link=$1
	outage_begins
	cut_link "$link"
	wait_for "link $link cut: its path is out of use" \
		'st && [[ ${state['"$link"']} != [AS] ]] && ((usable == 1))' 60
	check "link $link cut: I/O goes on over the other" io_moves
	wait_for "link $link cut: what was in flight came back" \
		'st && ((flying['"$link"'] == 0 && queued == 0))' 60
	is "link $link cut: the other path is in use" "${state[1 - link]}" A
	outage_mended
	mend_link "$link"
	wait_for "link $link mended: the path is back" 'states_are AA' 150
	outage_over "${D[link]}"
	check "link $link mended: I/O goes on over both" io_moves
}

end=$((SECONDS + trouble))
while ((${#outages[@]} < 2 || SECONDS < end)); do
	cut_and_mend $((${#outages[@]} % 2))
done
fio_stop fio
wait_for "idle" is_idle
check "both paths had errors" [ $((errors[0] > 0 && errors[1] > 0)) = 1 ]
is "each was sent elsewhere" "$((errors[0] + errors[1]))" "$((retries[0] + retries[1]))"
tell_outages fio
# 2.5 s by the timers, 4.5 s on 6.1; the rest is the sockets, and a slow machine.
between "longest wait of one I/O (ms): what the timers explain" "$worst" 1 15000
done_testing
