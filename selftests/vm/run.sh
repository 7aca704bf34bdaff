#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs one command as root under one of Debian's kernels, or one built here, in QEMU.
#
#	this machine's /  --9p, read-only-->  overlay  <--tmpfs, thrown away
#	                                        |
#	            initramfs -> guest.sh (udevd, /dev/shm, debugfs, lo) -> COMMAND
#	                                                         with -s: -> systemd
#
# The guest sees this machine's files at the same paths; what it changes is lost,
# but for the directory given with -o. Nothing of the project is loaded in it.

set -u -o pipefail
. "$(dirname "$0")/common.sh"

usage() {
	cat <<'USAGE'
usage: run.sh [OPTION]... -- COMMAND [ARG...]

  -k  kernel series, one release of it, or a directory that build-kernel.sh printed
      (default: 6.1)
  -m  memory of the guest (default: 1536)
  -c  CPUs of the guest (default: 2)
  -t  time limit (default: 600); the exit status is then 124
  -o  writable directory of this machine, in the guest at $RRPATH_OUT
  -l  keep the kernel's console log in FILE
  -d  FILE, or what an NBD server has at that socket, as a LUN on two SCSI adapters;
      may be given several times
  -s  after COMMAND, if that succeeded, systemd is process 1 until it powers off
  -n  do not build the module first
  -i  make time exact: one CPU, and one instruction takes one nanosecond
  -a  WORDS for the kernel's command line

COMMAND runs in the project's directory with RRPATH_KO set to the module built for
that kernel and userspace-tool/ on PATH. Exit status: the command's; 124 when time
ran out; 125 when the guest could not be started or died.
With -s somebody under systemd writes it to /run/rrpath-status, and may write to
this standard output at /run/rrpath-stdout.
RRPATH_ACCEL=kvm|tcg chooses the accelerator; otherwise KVM is used where a boot
with it has been seen to work.
USAGE
}

series=6.1 mem=1536 cpus=2 limit=600 outdir='' log='' build=yes count='' init='' append='' luns=()
while getopts k:m:c:t:o:l:d:a:snih opt; do
	case $opt in
	k) series=$OPTARG ;;
	m) mem=$OPTARG ;;
	c) cpus=$OPTARG ;;
	t) limit=$OPTARG ;;
	o) outdir=$OPTARG ;;
	l) log=$OPTARG ;;
	d) luns+=("$OPTARG") ;;
	s) init=yes ;;
	n) build= ;;
	i) count=yes cpus=1 ;;
	a) append=$OPTARG ;;
	h) usage; exit 0 ;;
	*) usage >&2; exit 125 ;;
	esac
done
shift $((OPTIND - 1))
[[ $# -gt 0 ]] || { usage >&2; exit 125; }

qemu=$(command -v qemu-system-x86_64) ||
	die "qemu-system-x86_64 is missing: install the package qemu-system-x86"
find_kernel "$series" ||
	die "no kernel $series here: selftests/vm/packages.sh check fetches one"

ko=$project/build/$KVER/dm-rrpath.ko
if [[ -n $build && -e $project/dm-rrpath/Kbuild ]]; then
	buildlog=$(build_module) ||
		die "the module does not build for $KVER:"$'\n'"$buildlog"
fi

busybox=$(find_busybox) || die "no static busybox: selftests/vm/packages.sh demo fetches one"
boot=$("$project/selftests/vm/initramfs.sh" "$KVER" "$KROOT") || exit 125

work=$(mktemp -d "${TMPDIR:-/tmp}/rrpath-vm.XXXXXX") || exit 125
cats=
cleanup() {
	[[ -z $log ]] || cp "$work/console" "$log" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT

# With stdout and stderr going to the same place the guest keeps their order.
merge=
[[ /dev/fd/1 -ef /dev/fd/2 ]] && merge=yes

mkdir -p "$work/fs"
write_job "$work/fs/job" "$@"
# One more layer each: packages unpacked for the guest, and the modules of a kernel built here.
layers=()
[[ ! -d $guest_root/usr ]] || layers+=("extra=$guest_root")
[[ -z $KROOT || $KROOT == "$guest_root" ]] || layers+=("kernel=$KROOT")
for layer in "${layers[@]%%=*}"; do
	mkdir "$work/fs/$layer"
done
(
	cd "$work/fs" &&
		printf '%s\n' job "${layers[@]%%=*}" | "$busybox" cpio -o -H newc 2>/dev/null
) >"$work/job.cpio" || exit 125
cat "$boot/initramfs" "$work/job.cpio" >"$work/initrd"

accel=${RRPATH_ACCEL:-}
[[ -z $count ]] || accel=tcg
if [[ -z $accel ]]; then
	accel=tcg
	if [[ -r /dev/kvm && -w /dev/kvm ]]; then
		# /dev/kvm may be there and run no stock kernel: it hangs or aborts.
		proof=$cache/kvm-$(uname -r)
		if [[ ! -e $proof ]]; then
			answer=no
			RRPATH_ACCEL=kvm "$0" -n -k "$series" -m 512 -t 30 -- true \
				>/dev/null 2>&1 && answer=yes
			echo "$answer" >"$proof.$$" && mv "$proof.$$" "$proof"
		fi
		[[ $(<"$proof") == yes ]] && accel=kvm
	fi
fi

cmdline="console=ttyS0 quiet panic=-1 panic_on_oops=1 mitigations=off nokaslr random.trust_cpu=on"
args=(-nodefaults -no-user-config -no-reboot -display none -m "$mem" -smp "$cpus" -M q35)
if [[ $accel == kvm ]]; then
	args+=(-accel kvm -cpu host)
else
	# Emulated clocks drift and make the kernel distrust the TSC and the timer.
	if [[ -n $count ]]; then
		args+=(-accel tcg -icount "shift=0,sleep=off" -cpu max)
	else
		args+=(-accel "tcg,thread=multi" -cpu max)
	fi
	cmdline+=" tsc=reliable no_timer_check"
fi
cmdline+=" $append"
# A comma in a name is doubled for QEMU.
w=${work//,/,,}
port() {
	args+=(-chardev "file,id=$1,path=$w/$1" -device "virtserialport,chardev=$1,name=rrpath.$1")
}
args+=(
	-kernel "$boot/kernel" -initrd "$work/initrd" -append "$cmdline"
	-serial "file:$work/console"
	-device "isa-debug-exit,iobase=0xf4,iosize=1"
	-fsdev "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap"
	-device "virtio-9p-pci,fsdev=root,mount_tag=root"
	-device virtio-serial-pci
	-device virtio-rng-pci
)
port stdout
port status
mkfifo "$work/stdout" "$work/stderr"
cat "$work/stdout" &
cats=$!
if [[ -z $merge ]]; then
	cat "$work/stderr" >&2 &
	cats+=" $!"
	port stderr
fi
for layer in "${layers[@]}"; do
	name=${layer%%=*} layer=${layer#*=}
	args+=(
		-fsdev "local,id=$name,path=${layer//,/,,},security_model=none,readonly=on"
		-device "virtio-9p-pci,fsdev=$name,mount_tag=$name"
	)
done
if [[ -n $outdir ]]; then
	mkdir -p "$outdir" || exit 125
	outdir=$(cd "$outdir" && pwd)
	args+=(
		-fsdev "local,id=out,path=${outdir//,/,,},security_model=none,multidevs=remap"
		-device "virtio-9p-pci,fsdev=out,mount_tag=out"
	)
fi
for i in "${!luns[@]}"; do
	file=${luns[i]//,/,,}
	if [[ -S ${luns[i]} ]]; then
		file="file.driver=nbd,file.server.type=unix,file.server.path=$file"
	else
		[[ -f ${luns[i]} ]] || die "no file ${luns[i]}"
		file="file.driver=file,file.filename=$file"
	fi
	args+=(-blockdev "driver=raw,node-name=lun$i,$file")
	for adapter in path0 path1; do
		((i)) || args+=(-device "virtio-scsi-pci,id=$adapter")
		# One WWID and one serial number: that makes them one LUN.
		device="scsi-hd,bus=$adapter.0,scsi-id=0,lun=$i,drive=lun$i,share-rw=on"
		args+=(-device "$device,wwn=$((0x5000c50072720000 + i)),serial=rrpath$i")
	done
done

# pdeathsig: no guest outlives this script, however it ends.
setpriv --pdeathsig TERM timeout --foreground -k 5 "$limit" \
	setpriv --pdeathsig KILL "$qemu" "${args[@]}" </dev/null 2>"$work/qemu" &
qpid=$!
trap 'kill "$qpid" 2>/dev/null; exit 125' INT TERM HUP
wait "$qpid"
rc=$?
guest_over "$rc" "QEMU's" "$work/qemu" "$work/console"
