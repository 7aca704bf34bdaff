#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module, and the benchmark's, build without a warning, W=1 and sparse included, for
# both kernels.
. "$(dirname "$0")/lib.sh"

# Those for the headers of the kernel itself are not ours to mend.
diagnostics() {
	grep -E '\b(warning|error):' <<<"$1" | grep -Ev '^(/usr/src/|/lib/modules/|\./)'
}

compile() {
	local kver=$1 name=$2 log status
	shift 2

	rm -rf "${build:?}/$name-$kver"
	log=$(make -s module-copy KVER="$kver" COPY="build/check/$name-$kver" "$@" 2>&1)
	status=$?
	[[ $status -eq 0 ]] || { echo "$log"; return 1; }
	diagnostics "$log"
	[[ -s build/check/$name-$kver/dm-rrpath.ko ]] || echo "no dm-rrpath.ko"
}

compile_bench() {
	local log dir=$build/bench-$1

	rm -rf "$dir"
	mkdir -p "$dir"
	ln -s "$project"/selftests/bench/module/* "$dir/"
	log=$(make -s -C "/lib/modules/$1/build" M="$dir" W=1 C=2 KCFLAGS=-Werror modules 2>&1) ||
		{ echo "$log"; return 1; }
	diagnostics "$log"
	return 0
}

identity() {
	local info want

	info=$(/sbin/modinfo "$1") || return 1
	for want in 'license: *GPL' 'alias: *dm-rrpath' 'name: *dm_rrpath' 'description: '; do
		grep -Eq "^$want" <<<"$info" || echo "no '$want'"
	done
}

for s in $series; do
	if ! find_kernel "$s"; then
		check "kernel $s is here" false
		continue
	fi
	check "module for $KVER, W=1" compile "$KVER" w1 W=1 KFLAGS=KCFLAGS=-Werror
	check "module for $KVER, sparse" compile "$KVER" sparse C=2
	check "module for $KVER has its name, alias and licence" \
		identity "build/check/w1-$KVER/dm-rrpath.ko"
	check "the benchmark's module for $KVER, W=1 and sparse" compile_bench "$KVER"
done
finish
