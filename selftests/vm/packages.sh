#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Installs what is missing from Debian's packages. Says nothing when all is there.
#
# usage: packages.sh PURPOSE...	(build, check, debug, fuzz, demo, lab, model, proofs, bench)
#
# What only the guest needs (its kernel, the iSCSI daemons, a static busybox) is
# not installed: it is downloaded and unpacked in the cache, where the guest finds
# it. This machine keeps its boot kernel, and no daemon is started on it.

set -u -o pipefail
. "$(dirname "$0")/common.sh"

# purposes	where	what: packages, or for a kernel its series
table='
build,check,debug,fuzz,demo,lab,proofs,bench	host	gcc libc6-dev make pkgconf
build,check,debug,fuzz,demo,lab,proofs,bench	host	libdevmapper-dev libsmartcols-dev
build,check,debug,fuzz,demo,lab,proofs,bench	host	libudev-dev
check,debug,demo,lab,proofs,bench	host	qemu-system-x86 xz-utils zstd kmod udev
check,debug,demo,lab,proofs,bench	host	dmsetup iproute2 e2fsprogs fio
check		host	linux-source-6.12
debug,bench	host	linux-source-6.12 patch flex bison bc
debug		host	libelf-dev
check		host	sparse shellcheck mandoc codespell pahole
check,fuzz	host	clang-14 libclang-rt-14-dev
check		host	libcmocka-dev python3-docutils rsync xxd valgrind
model		host	gcc libc6-dev spin
demo,check,lab,proofs,bench	kernel	6.1
check,bench	kernel	6.12
demo,check,debug,lab,proofs,bench	guest	busybox-static:/bin/busybox
check,debug	guest	sg3-utils:/bin/sg_persist procps:/bin/pkill
demo,lab,check,debug,proofs	guest	tgt:/sbin/tgtd open-iscsi:/sbin/iscsid
check,proofs	guest	xfsprogs:/sbin/mkfs.xfs postgresql-15:/lib/postgresql/15/bin/pgbench
check,proofs	guest	lvm2:/sbin/lvm thin-provisioning-tools:/sbin/thin_check mdadm:/sbin/mdadm
check,proofs	guest	cryptsetup-bin:/sbin/cryptsetup btrfs-progs:/bin/btrfs
check,proofs	guest	nbdkit:/bin/nbdkit nbd-client:/sbin/nbd-client
lab,proofs	guest	multipath-tools:/sbin/multipathd
proofs		host	nbdkit
proofs		guest	systemd-sysv:/sbin/init
proofs		guest	stress-ng:/bin/stress-ng dbench:/bin/dbench
lab		guest	tcpdump:/bin/tcpdump
'

known_purposes="build, check, debug, fuzz, demo, lab, model, proofs, bench"
[[ $# -gt 0 ]] || die "usage: packages.sh PURPOSE...: $known_purposes"

host=() guest=() series=()
for purpose; do
	known=
	while read -r purposes where what; do
		[[ ,$purposes, == *,$purpose,* ]] || continue
		known=yes
		read -ra what <<<"$what"
		case $where in
		host) host+=("${what[@]}") ;;
		guest) guest+=("${what[@]}") ;;
		kernel) series+=("${what[@]}") ;;
		esac
	done <<<"$table"
	[[ -n $known ]] ||
		die "no purpose $purpose, but $known_purposes"
done

as_root() {
	if [[ $(id -u) -eq 0 ]]; then
		"$@"
	else
		sudo -n -- "$@"
	fi
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@"
}

# Once a run, and only when something is missing that apt does not offer as it is.
refreshed=
refresh() {
	[[ -z $refreshed ]] || return 0
	refreshed=yes
	echo "updating the package lists" >&2
	apt update >/dev/null 2>"$tmp/log" || { cat "$tmp/log" >&2; return 1; }
}

installed() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

install_host() {
	echo "installing $*" >&2
	apt install --no-install-recommends "$@" >"$tmp/log" 2>&1 && return
	refresh && apt install --no-install-recommends "$@" >"$tmp/log" 2>&1 && return
	cat "$tmp/log" >&2
	die "cannot install them; by hand: apt-get install $*"
}

# Packages, with what they depend on and the machine lacks, unpacked in the cache.
download() {
	local deb get
	get=(apt-get -q -y install --download-only --no-install-recommends
		-o "Dir::Cache::archives=$tmp/debs"
		-o Debug::NoLocking=true -o APT::Sandbox::User=root)

	echo "fetching for the guest: $*" >&2
	mkdir -p "$tmp/debs/partial" "$tmp/root"
	"${get[@]}" "$@" >"$tmp/log" 2>&1 ||
		{ refresh && "${get[@]}" "$@" >"$tmp/log" 2>&1; } ||
		{ cat "$tmp/log" >&2; die "cannot download $*"; }
	for deb in "$tmp"/debs/*.deb; do
		dpkg-deb -x "$deb" "$tmp/root" || die "cannot unpack ${deb##*/}"
		rm "$deb"
	done
}

# The guest's / has /lib, /bin and /sbin as links into /usr; a directory of that
# name in a lower layer would hide them.
merge_usr() {
	local d

	for d in bin sbin lib lib32 lib64 libx32; do
		[[ -d $tmp/root/$d && ! -L $tmp/root/$d ]] || continue
		mkdir -p "$tmp/root/usr/$d"
		cp -a "$tmp/root/$d/." "$tmp/root/usr/$d/" && rm -rf "${tmp:?}/root/$d" || exit 125
	done
}

[[ $(dpkg --print-architecture 2>/dev/null) == amd64 ]] ||
	die "this knows Debian's packages for amd64 only"
mkdir -p "$cache" || exit 125
tmp=$(mktemp -d "$cache/.packages.XXXXXX") || exit 125
trap 'rm -rf "$tmp"' EXIT

want=()
for package in $(printf '%s\n' "${host[@]}" | sort -u); do
	installed "$package" || want+=("$package")
done

# The module is built against the headers of the very kernel that the guest boots.
images=()
for s in $(printf '%s\n' "${series[@]}" | sort -u); do
	# shellcheck disable=SC2153
	find_kernel "$s" && [[ -e /lib/modules/$KVER/build/Makefile ]] && continue
	case $s in
	6.1) meta=linux-headers-amd64 ;;
	*) meta=linux-headers-$s-amd64 ;;
	esac
	apt-cache show "$meta" >/dev/null 2>&1 || refresh || exit 125
	headers=$(apt-cache depends --no-recommends --no-suggests "$meta" 2>/dev/null |
		grep -o "linux-headers-${s//./\\.}[.-][^ ]*" | sort -V | tail -n 1)
	[[ -n $headers ]] ||
		die "apt knows no $meta: are Debian 12's archives, security too, in its sources?"
	want+=("$headers")
	images+=("$headers")
done

[[ ${#want[@]} -eq 0 ]] || install_host "${want[@]}"

fetch=()
for headers in "${images[@]}"; do
	kver=${headers#linux-headers-}
	[[ -e /boot/vmlinuz-$kver && -d /lib/modules/$kver/kernel ]] || fetch+=("linux-image-$kver")
done
for entry in $(printf '%s\n' "${guest[@]}" | sort -u); do
	file=${entry#*:}
	if [[ $file == */busybox ]]; then
		find_busybox >/dev/null || fetch+=(busybox-static)
		continue
	fi
	[[ -e $file || -e /usr$file || -e $guest_root/usr$file ]] || fetch+=("${entry%%:*}")
done

if [[ ${#fetch[@]} -gt 0 ]]; then
	download "${fetch[@]}"
	merge_usr
	for modules in "$tmp"/root/usr/lib/modules/*/kernel; do
		[[ -d $modules ]] || continue
		kver=$(basename "$(dirname "$modules")")
		/sbin/depmod -b "$tmp/root/usr" "$kver" || die "depmod failed for $kver"
	done
	mkdir -p "$guest_root"
	# Packages of an earlier run may be among the dependencies of these: replace their files.
	cp -alf "$tmp/root/." "$guest_root/" || exit 125
fi
exit 0
