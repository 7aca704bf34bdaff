# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# What the scripts that prepare, build for and boot Debian's kernels share.
# Sourced, never run.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${RRPATH_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/dm-rrpath}

# Packages the guest alone needs are unpacked here instead of being installed:
# a boot kernel or an iSCSI daemon is not something a test may give a machine.
guest_root=$cache/guest-root

die() {
	echo "${0##*/}: $*" >&2
	exit 125
}

# Releases of one series (6.1, 6.12) that can be booted, newest first, as
# "<release> <root>": root is empty for what the machine has installed.
kernels_of() {
	local series=$1 root image kver

	for root in "" "$guest_root"; do
		for image in "$root/boot/vmlinuz-$series" "$root/boot/vmlinuz-$series"[.-]*; do
			kver=${image##*/vmlinuz-}
			[[ -r $image && -d $root/usr/lib/modules/$kver/kernel ]] || continue
			echo "$kver $root"
		done
	done | sort -rV
}

# Sets KVER and KROOT for a series or for a full release. A kernel whose headers
# are here is preferred: the module can be built for it.
find_kernel() {
	local want=$1 kver root

	KVER=
	KROOT=
	while read -r kver root; do
		[[ -n $KVER ]] || { KVER=$kver; KROOT=$root; }
		if [[ -e /lib/modules/$kver/build/Makefile ]]; then
			KVER=$kver
			KROOT=$root
			return 0
		fi
	done < <(kernels_of "$want")
	[[ -n $KVER ]]
}

# A busybox that needs no library, for the initramfs.
find_busybox() {
	local b

	for b in /bin/busybox "$guest_root/usr/bin/busybox"; do
		[[ -x $b ]] && ! ldd "$b" >/dev/null 2>&1 && echo "$b" && return
	done
	return 1
}

# Builds the tool, and the module for a series or a release; sets KVER and KROOT.
build_for() {
	local log

	find_kernel "$1" || die "no kernel $1 here: selftests/vm/packages.sh check fetches one"
	echo "building the tool, and the module for $KVER"
	log=$(make -s --no-print-directory -C "$project/userspace-tool" 2>&1 &&
		make -s --no-print-directory -C "$project" module-copy KVER="$KVER" 2>&1) ||
		{ echo "$log"; exit 1; }
}
