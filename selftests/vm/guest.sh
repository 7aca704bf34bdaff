# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# The guest's process 1, once the machine's root is mounted: what a system would
# have started, then the command. run.sh writes the script that sources this and
# sets vm_project, vm_out, vm_merge, vm_init, vm_cmd and the environment to export.

trap '' INT TERM HUP
umask 022

# User-Mode Linux has consoles instead of ports.
port() {
	local p

	if [[ -n ${vm_uml:-} ]]; then
		case $1 in
		rrpath.stdout) echo /dev/tty1 ;;
		rrpath.stderr) echo /dev/tty2 ;;
		rrpath.status) echo /dev/tty3 ;;
		esac
		return
	fi
	for p in /sys/class/virtio-ports/*; do
		[[ $(<"$p/name") == "$1" ]] && echo "/dev/${p##*/}" && return
	done
	echo "rrpath-vm: no port $1" >/dev/console
	echo /dev/console
}

leave() {
	echo "$1" >"$(port rrpath.status)"
	[[ -z ${RRPATH_OUT:-} ]] || umount "$RRPATH_OUT" 2>/dev/null
	[[ -n ${vm_uml:-} ]] || printf '\0' | dd of=/dev/port bs=1 seek=$((0xf4)) 2>/dev/null
	echo o >/proc/sysrq-trigger
	sleep 60
}

mkdir -p /dev/pts /dev/shm
mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t tmpfs -o mode=755 lock /run/lock 2>/dev/null
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
[[ -e /dev/fd ]] || ln -s /proc/self/fd /dev/fd
ln -sf /proc/self/fd/0 /dev/stdin
ln -sf /proc/self/fd/1 /dev/stdout
ln -sf /proc/self/fd/2 /dev/stderr
[[ -z ${vm_uml:-} ]] || for p in 1 2 3; do stty -F /dev/tty$p raw; done
hostname rrpath-vm 2>/dev/null

/sbin/modprobe -a configfs dm-mod loop
mount -t configfs configfs /sys/kernel/config 2>/dev/null
ip link set lo up

if [[ -n ${vm_out:-} ]]; then
	export RRPATH_OUT=/run/rrpath-out
	mkdir -p "$RRPATH_OUT"
	if [[ -n ${vm_uml:-} ]]; then
		mount -t hostfs -o "$vm_out" out "$RRPATH_OUT"
	else
		mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=none \
			out "$RRPATH_OUT"
	fi
fi

# A clock that counts instructions leaps while a file is read from the host: whatever udevd waits
# for is long overdue by then, and those who wait for udevd wait for ever.
if [[ -z ${vm_count:-} ]]; then
	/lib/systemd/systemd-udevd --daemon 2>/dev/null
	udevadm trigger --action=add --subsystem-match=block --subsystem-match=misc \
		--subsystem-match=mem
	udevadm settle -t 20
fi

cd "$vm_project" || leave 125

# Pipes, not the ports themselves: a port can be opened once only, and a program
# may well open /dev/stdout.
mkfifo /run/rrpath-1 /run/rrpath-2
cat /run/rrpath-1 >"$(port rrpath.stdout)" &
cats=$!
if [[ -n $vm_merge ]]; then
	"${vm_cmd[@]}" </dev/null >/run/rrpath-1 2>&1
	status=$?
else
	cat /run/rrpath-2 >"$(port rrpath.stderr)" &
	cats="$cats $!"
	"${vm_cmd[@]}" </dev/null >/run/rrpath-1 2>/run/rrpath-2
	status=$?
fi

# A daemon that the command left behind may hold the pipes open for ever.
for _ in {1..50}; do
	# shellcheck disable=SC2086
	kill -0 $cats 2>/dev/null || break
	sleep 0.1
done
[[ -n $vm_init && $status -eq 0 ]] || leave "$status"

# As on a machine that has just been switched on: what stood in for systemd is gone.
udevadm control --exit
rm -rf /run/udev /run/rrpath
ln -s "$(port rrpath.stdout)" /run/rrpath-stdout
ln -s "$(port rrpath.status)" /run/rrpath-status
cd /
exec /sbin/init
