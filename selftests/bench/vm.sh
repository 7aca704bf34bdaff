#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The parts of the benchmark that run programs in a virtual machine: boots it, and makes JSON, a
# table and plots of what the part has left.
#
# usage: vm.sh [-q] [-k SERIES]... PART...	(default: 6.1 and 6.12)
#
#	fio		fio over every peer
#	icount		the same, instructions counted
#
# -q: less of everything. Results are in build/bench: PART-SERIES.json and .txt.

set -u -o pipefail
. "$(dirname "$0")/common.sh"

quick=() wanted=()
while getopts qk: opt; do
	case $opt in
	q) quick=(-q) ;;
	k) wanted+=("$OPTARG") ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[[ ${#wanted[@]} -gt 0 ]] || wanted=(6.1 6.12)
bench=$project/selftests/bench

# guest OPTION... -- COMMAND...: with a directory of its own, $raw
guest() {
	raw=$results/$part-$series.raw
	rm -rf "$raw"
	mkdir -p "$raw"
	"$project/selftests/vm/run.sh" -k "$KVER" -m 2048 -o "$raw" \
		-l "$results/$part-$series.log" "$@"
}

# sum_up_fio NAME [-v VARIABLE=VALUE]...: of the raw files, to NAME.json and NAME.txt
sum_up_fio() {
	local name=$1 sum
	shift

	sum=(awk -f "$bench/median.awk" -f "$bench/fio-summary.awk" -v "kernel=$KVER"
		-v "machine=$machine" "$@")
	awk -f "$bench/fio-rows.awk" "$raw"/fio-*.json >"$raw/rows" &&
		"${sum[@]}" "$raw/rows" "$raw/workers" >"$results/$name.json" &&
		"${sum[@]}" -v table=1 "$raw/rows" "$raw/workers" >"$results/$name.txt" &&
		cat "$results/$name.txt"
}

part_fio() {
	machine="QEMU TCG, 2 CPUs"
	guest -t 7200 -- "$bench/fio.sh" "${quick[@]}" &&
		sum_up_fio "fio-$series"
}

part_icount() {
	machine="QEMU TCG -icount, 1 CPU: 1 ns is 1 instruction"
	guest -i -t 1800 -- "$bench/fio.sh" -r 1 -t 100ms \
		randread/4k/{libaio/1/1,io_uring/1/1,io_uring/32/1} &&
		sum_up_fio "fio-icount-$series" -v exact=1
}

[[ $# -gt 0 ]] || die "usage: vm.sh [-q] [-k SERIES]... fio|icount..."
mkdir -p "$results"
status=0
for series in "${wanted[@]}"; do
	build_for "$series"
	for part; do
		declare -F "part_$part" >/dev/null || die "no such part: $part"
		began=$SECONDS
		"part_$part" || { echo "bench: $part, kernel $KVER: failed" >&2; status=1; }
		echo "$part, kernel $KVER: $((SECONDS - began)) s"
	done
done
exit "$status"
