#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A machine that has rrpath maps on record boots under systemd: two boots of a virtual machine with
# the same disks, each on two paths. The first one makes the maps and what is on them; in the second
# one, with the project installed, udev and systemd have to bring all that up. Prints TAP.
#
# usage: boot.sh [-k SERIES]	(default: 6.1)

set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/vm/common.sh
. "$here/../vm/common.sh"
# shellcheck source=selftests/boot/tap.sh
. "$here/tap.sh"
cd "$project" || exit 1

series=6.1
[[ ${1:-} != -k ]] || series=${2:?}
find_kernel "$series" || die "no kernel $series here: selftests/vm/packages.sh proofs fetches one"

work=$(mktemp -d "${TMPDIR:-/tmp}/rrpath-boot.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
out=$project/build/boot
mkdir -p "$out" "$work/out"
luns=()
for lun in fs pv foreign; do
	truncate -s 64M "$work/$lun" || exit 1
	luns+=(-d "$work/$lun")
done

# What `make install` would install there (which here would build in place, for a kernel that may
# not be this machine's), with depmod's lists.
install_there() {
	local root=$work/out/root modules file

	make -s --no-print-directory module-copy KVER="$KVER" &&
		make -s --no-print-directory -C userspace-tool install DESTDIR="$root" || return
	modules=$root/lib/modules/$KVER
	install -D -m 644 "build/$KVER/dm-rrpath.ko" "$modules/updates/dm-rrpath.ko" || return
	for file in kernel modules.{order,builtin,builtin.modinfo}; do
		ln -s "$KROOT/usr/lib/modules/$KVER/$file" "$modules/" || return
	done
	/sbin/depmod -b "$root" "$KVER" && find "$modules" -type l -delete
}

boot() {
	"$here/../vm/run.sh" -n -k "$KVER" -o "$work/out" "${luns[@]}" "$@"
}

# What systemd and the kernel said on the console, and when.
console() { tr -d '\r' <"$out/systemd.log" | grep -F "$1"; }
seconds_of() { console "$1" | tail -n 1 | sed -n 's/.*\[ *\([0-9]*\)\.[0-9]*\].*/\1/p'; }

switched_off() {
	local from to

	from=$(seconds_of 'rrt: switching off') to=$(seconds_of 'reboot: Power down')
	[[ -n $from && -n $to ]] || { tail -n 40 "$out/systemd.log"; return 1; }
	echo "after $((to - from)) s"
	((to - from <= 600))
}

# Nothing to repair, nor a journal to be played.
clean() {
	local log

	log=$(e2fsck -fn "$1" 2>&1) && [[ $log != *"journal recovery"* ]] && return
	echo "$log"
	return 1
}

echo "TAP version 13"
check "built and installed" install_there
check "the boot before" boot -t 600 -l "$out/first.log" -- selftests/boot/first.sh
boot -t 1800 -s -l "$out/systemd.log" -- selftests/boot/prepare.sh >"$out/guest" 2>&1
status=$?
while IFS= read -r line; do
	case $line in
	"ok "*) ok "${line#ok * - }" ;;
	"not ok "*) fail "${line#not ok * - }" ;;
	*) echo "# ${line#\# }" ;;
	esac
done <"$out/guest"
is "the guest has come to its end" "$status" "$((failures > 0))"
check "it has switched itself off" switched_off
note "$(switched_off)"
check "with nothing left" console 'DM devices detached.'
check "the filesystem on the map is clean" clean "$work/fs"
# The first extent of the first volume.
check "the filesystem on the logical volume is clean" clean "$work/pv?offset=1048576"
echo "1..$tests"
exit $((failures > 0))
