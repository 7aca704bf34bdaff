# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# What the scripts that prepare, build for and boot kernels share.
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

# Sets KVER and KROOT for a series, a full release, or the directory of a kernel that
# build-kernel.sh has built. A kernel whose headers are here is preferred: the module
# can be built for it.
find_kernel() {
	local want=$1 kver root image

	if [[ $want == /* ]]; then
		for image in "$want"/root/boot/vmlinuz-*; do
			KVER=${image##*/vmlinuz-}
		done
		KROOT=$want/root
		[[ -r $image ]]
		return
	fi
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

# Builds the module for KVER, in a directory of its own; says nothing unless that fails.
build_module() {
	local args=(KVER="$KVER") tree=$KROOT/usr/lib/modules/$KVER/build

	[[ ! -e $tree/Makefile ]] || args+=(KDIR="$tree")
	make -s -C "$project" --no-print-directory module-copy "${args[@]}" "$@" 2>&1
}

# Builds the tool, and the module for a series or a release; sets KVER and KROOT.
build_for() {
	local log

	find_kernel "$1" || die "no kernel $1 here: selftests/vm/packages.sh check fetches one"
	echo "building the tool, and the module for $KVER"
	log=$(make -s --no-print-directory -C "$project/userspace-tool" 2>&1 &&
		build_module) ||
		{ echo "$log"; exit 1; }
}

# write_job FILE COMMAND...: what the guest's process 1 is to run once the machine's root is its
# own: guest.sh, with the variables of the caller that it reads, and the environment of COMMAND.
write_job() {
	local file=$1 name system=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	shift

	{
		echo "vm_project=${project@Q}"
		echo "vm_out=${outdir@Q}"
		echo "vm_merge=$merge"
		echo "vm_init=${init-}"
		echo "vm_count=${count-}"
		echo "vm_uml=${uml-}"
		echo "vm_cmd=(${*@Q})"
		while IFS='=' read -r name _; do
			case $name in
			RRPATH_CACHE) ;;
			RRPATH_*|KSELFTEST_*|COLUMNS|LINES|TERM|NO_COLOR|CMOCKA_*)
				echo "export $name=${!name@Q}" ;;
			esac
		done < <(env)
		echo "export HOME=/root LC_ALL=C.UTF-8"
		echo "export RRPATH_KO=${ko@Q} RRPATH_VM=$KVER"
		echo "export PATH=${project@Q}/userspace-tool:$system"
		# shellcheck disable=SC2016
		echo '. "$vm_project/selftests/vm/guest.sh"'
	} >"$file"
}

# guest_over RC WHAT FILE...: the guest is gone, the exit status of WHAT is RC. Reads the rest of
# what it said and exits with its command's status; if there is none, says so, and shows FILEs.
guest_over() {
	local rc=$1 what=$2 fifo
	shift 2

	# One that never came to open them would leave the readers waiting.
	for fifo in "$work/stdout" "$work/stderr"; do
		exec 9<>"$fifo" 9>&-
	done
	# shellcheck disable=SC2086
	wait $cats
	if [[ $rc -eq 124 || $rc -eq 137 ]]; then
		echo "run.sh: time ran out after $limit s (kernel $KVER); the end of its log:" >&2
		tail -n 40 "$work/console" >&2
		exit 124
	fi
	[[ ! -s $work/status ]] || exit "$(<"$work/status")"
	echo "run.sh: the guest (kernel $KVER) died; $what exit status is $rc, the end of its" \
		"log:" >&2
	tail -q -n 80 "$@" >&2
	exit 125
}
