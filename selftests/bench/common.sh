# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the parts of the benchmark share. Sourced, never run.

. "$(dirname "${BASH_SOURCE[0]}")/../vm/common.sh"

results=$project/build/bench

# make_bench_module KDIR NAME [ARG...]: builds the benchmark's module in a directory of
# its own, so that several kernels stand side by side; prints the file.
make_bench_module() {
	local kdir=$1 dir=$results/module-$2 log
	shift 2

	mkdir -p "$dir"
	ln -sf "$project"/selftests/bench/module/* "$dir/"
	log=$(make -s -C "$kdir" M="$dir" "$@" modules 2>&1) || { echo "$log" >&2; return 1; }
	echo "$dir/rrpath-bench.ko"
}

# sum_up LINES [-v VARIABLE=VALUE]...: what peers.sh printed, to medians and ratios
sum_up() {
	local lines=$1
	shift

	awk "$@" -f "$project/selftests/bench/median.awk" \
		-f "$project/selftests/bench/summary.awk" "$lines"
}
