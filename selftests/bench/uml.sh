#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Nanoseconds of CPU per bio of every peer, at this machine's own speed: peers.sh in
# User-Mode Linux, built once and kept in the cache: out of Debian's linux-source-6.12, for
# one CPU; or with -s out of a newer source (uml-source.sh), for two CPUs that send bios at
# once. Its patch takes away what only User-Mode Linux takes long for.
#
# Each round has a boot of its own: where memory lies differs, and with it what takes long, by
# some percent. What else the machine does is left out of the time, but not what it does to
# caches and clock rates: so the peers take turns, and what counts is the median of the rounds,
# or for two CPUs the least of them, as what disturbs there only adds.
#
# usage: uml.sh [-s] ROUNDS BIOS KIND...	(kinds as peers.sh has them)
#
# Prints what summary.awk prints; the single runs are in build/bench: uml.lines, or
# uml-smp.lines. Exit status 4 if there is no source of a kernel with more than one CPU.

set -u -o pipefail
. "$(dirname "$0")/common.sh"

smp=
while getopts s opt; do
	case $opt in
	s) smp=yes ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[[ $# -ge 3 ]] || die "usage: uml.sh [-s] ROUNDS BIOS KIND..."
here=$project/selftests/bench
tarball=/usr/src/linux-source-6.12.tar.xz
name=uml tree=$cache/uml-6.12 configs=("$here/uml.config") patches=() boot=() cpus=0
if [[ -n $smp ]]; then
	name=uml-smp tree=$cache/uml-smp cpus=0-1
	configs+=("$here/uml-smp.config") patches=("$here/uml-smp.patch")
	# Only in this mode is there more than one CPU.
	boot=(seccomp=on ncpus=2)
fi

# What the kernel in the cache was built of.
recipe() { cat "${configs[@]}" "${patches[@]}"; }

# The newest source that is in the cache, or one that is fetched. Sets $tarball.
find_source() {
	local found

	found=$(printf '%s\n' "$cache"/uml-source/linux-source-*.tar.xz | sort -V | tail -n 1)
	if [[ ! -r $found ]]; then
		found=$("$here/uml-source.sh" "$cache/uml-source") || exit
	fi
	tarball=$found
}

# What a kernel of this architecture never looks at is not unpacked.
unpack() {
	local patch

	[[ -r $tarball ]] || die "no $tarball: install the package linux-source-6.12"
	echo "unpacking $tarball" >&2
	rm -rf "$tree"
	mkdir -p "$tree" || exit 125
	tar -C "$tree" -xf "$tarball" --strip-components=1 --exclude='*/drivers/gpu/*.[ch]' \
		--exclude='*/Documentation/*/*' --exclude='*/tools/testing/*' ||
		die "$tarball cannot be unpacked"
	for patch in "${patches[@]}"; do
		patch -s -d "$tree" -p1 <"$patch" || die "${patch##*/} does not fit $tarball"
	done
}

build_kernel() {
	local name

	echo "building User-Mode Linux, which takes five minutes and more" >&2
	cat "${configs[@]}" >"$tree/all.config"
	make -C "$tree" ARCH=um KCONFIG_ALLCONFIG=all.config allnoconfig || return 1
	while IFS='=' read -r name _; do
		[[ $name != CONFIG_* ]] || grep -q "^$name=" "$tree/.config" ||
			{ echo "$name is not set"; return 1; }
	done <"$tree/all.config"
	make -C "$tree" ARCH=um -j"$(nproc)" linux modules
}

make_kernel() {
	[[ -x $tree/linux ]] && recipe | cmp -s - "$tree/.built" &&
		[[ -n $smp || $tree/.built -nt $tarball ]] && return
	[[ -z $smp ]] || find_source
	unpack
	build_kernel >"$results/$name-build.log" 2>&1 ||
		{ tail -n 20 "$results/$name-build.log" >&2; die "User-Mode Linux does not build"; }
	recipe >"$tree/.built"
}

rrpath_module() {
	local dir=$results/rrpath-$name log

	mkdir -p "$dir"
	ln -sf "$project"/Kbuild "$project"/dm-rrpath/*.[ch] "$dir/"
	ln -sf "$project/dm-rrpath/Kbuild" "$dir/Kbuild"
	log=$(make -s -C "$tree" ARCH=um M="$dir" modules 2>&1) || { echo "$log" >&2; return 1; }
	echo "$dir/dm-rrpath.ko"
}

# boot ROUND: a guest whose root is this machine's, read-only; adds what it prints to the lines
boot() {
	printf '%q ' "$bench_ko" "$rrpath_ko" "1+$1" "$bios" "$cpus" "${kinds[@]}" \
		>"$results/uml.args"
	timeout -k 5 900 "$tree/linux" mem=512M root=none rootfstype=hostfs rootflags=/ ro \
		quiet init="$here/uml-init.sh" con0=null,fd:1 con=null "${boot[@]}" \
		"RRPATH_RESULTS=$results" </dev/null >"$results/$name.console" 2>&1
	tr -d '\r' <"$results/$name.console" | sed -n 's/^@@ //p' >"$results/$name.round"
	grep -q '^done$' "$results/$name.round" &&
		cat "$results/$name.round" >>"$results/$name.lines"
}

mkdir -p "$results"
rounds=$1 bios=$2 kinds=("${@:3}")
exec 9>"$tree.lock"
flock 9
make_kernel
bench_ko=$(make_bench_module "$tree" "$name" ARCH=um) || die "the benchmark's module does not build"
rrpath_ko=$(rrpath_module) || die "dm-rrpath does not build for User-Mode Linux"
make -s -C "$tree" ARCH=um kernelversion >"$results/$name.release"
flock -u 9

: >"$results/$name.lines"
for ((round = 1; round <= rounds; round++)); do
	# With two CPUs it has been seen to hang, once in 1,700 boots.
	boot "$round" || { [[ -n $smp ]] && boot "$round"; } ||
		{ tail -n 20 "$results/$name.console" >&2; die "a run broke off"; }
done
sum_up "$results/$name.lines"
