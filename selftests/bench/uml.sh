#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Nanoseconds of CPU per bio of every peer, at this machine's own speed: peers.sh in
# User-Mode Linux, built once out of Debian's linux-source-6.12 with uml.config and kept
# in the cache. One CPU; what else the machine does is left out of the time, but not what
# it does to caches and clock rates, so rounds go in turns and the median counts.
#
# usage: uml.sh ROUNDS BIOS KIND...	(kinds as peers.sh has them)
#
# Prints what summary.awk prints; the single runs are in build/bench/uml.lines.

set -u -o pipefail
. "$(dirname "$0")/common.sh"

[[ $# -ge 3 ]] || die "usage: uml.sh ROUNDS BIOS KIND..."
here=$project/selftests/bench
tarball=/usr/src/linux-source-6.12.tar.xz
tree=$cache/uml-6.12

# What a kernel of this architecture never looks at is not unpacked.
unpack() {
	[[ -r $tarball ]] || die "no $tarball: install the package linux-source-6.12"
	echo "unpacking $tarball" >&2
	rm -rf "$tree"
	mkdir -p "$tree" || exit 125
	tar -C "$tree" -xf "$tarball" --strip-components=1 --exclude='*/drivers/gpu/*.[ch]' \
		--exclude='*/Documentation/*/*' --exclude='*/tools/testing/*' ||
		die "$tarball cannot be unpacked"
}

build_kernel() {
	local name

	echo "building User-Mode Linux, which takes five minutes and more" >&2
	make -C "$tree" ARCH=um KCONFIG_ALLCONFIG="$here/uml.config" allnoconfig || return 1
	while IFS='=' read -r name _; do
		[[ $name != CONFIG_* ]] || grep -q "^$name=" "$tree/.config" ||
			{ echo "$name is not set"; return 1; }
	done <"$here/uml.config"
	make -C "$tree" ARCH=um -j"$(nproc)" linux modules
}

make_kernel() {
	[[ -x $tree/linux && $tree/.built -nt $tarball ]] &&
		cmp -s "$here/uml.config" "$tree/.built" && return
	[[ -e $tree/Makefile && ! $tarball -nt $tree/Makefile ]] || unpack
	build_kernel >"$results/uml-build.log" 2>&1 ||
		{ tail -n 20 "$results/uml-build.log" >&2; die "User-Mode Linux does not build"; }
	cp "$here/uml.config" "$tree/.built"
}

rrpath_module() {
	local dir=$results/rrpath-uml log

	mkdir -p "$dir"
	ln -sf "$project"/Kbuild "$project"/dm-rrpath/*.[ch] "$dir/"
	ln -sf "$project/dm-rrpath/Kbuild" "$dir/Kbuild"
	log=$(make -s -C "$tree" ARCH=um M="$dir" modules 2>&1) || { echo "$log" >&2; return 1; }
	echo "$dir/dm-rrpath.ko"
}

mkdir -p "$results"
exec 9>"$cache/uml-6.12.lock"
flock 9
make_kernel
bench_ko=$(make_bench_module "$tree" uml ARCH=um) || die "the benchmark's module does not build"
rrpath_ko=$(rrpath_module) || die "dm-rrpath does not build for User-Mode Linux"
flock -u 9

# Read by uml-init.sh: the guest's root is this machine's, read-only.
rm -f "$results/uml.lines"
printf '%q ' "$bench_ko" "$rrpath_ko" "$1" "$2" 0 "${@:3}" >"$results/uml.args"
timeout -k 5 3600 "$tree/linux" mem=512M root=none rootfstype=hostfs rootflags=/ ro quiet \
	init="$here/uml-init.sh" con0=null,fd:1 con=null "RRPATH_RESULTS=$results" \
	</dev/null >"$results/uml.console" 2>&1
tr -d '\r' <"$results/uml.console" | sed -n 's/^@@ //p' >"$results/uml.lines"
grep -q '^done$' "$results/uml.lines" ||
	{ tail -n 20 "$results/uml.console" >&2; die "the run under User-Mode Linux broke off"; }
sum_up "$results/uml.lines"
