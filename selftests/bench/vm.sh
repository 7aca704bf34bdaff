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
#	nvme		over nvme-loop, beside NVMe native multipath (6.12)
#	nvme_icount	the same, instructions counted
#	balance		paths of unequal speed, sequential I/O, changes under load
#	scale		many paths, many maps, many CPUs
#
# -q: less of everything. Results are in build/bench: PART-SERIES.json, .txt and .svg.

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
		sum_up_fio "fio-$series" &&
		plot "fio-$series" p50_ratio "Median latency over dm-linear's" &&
		plot "fio-$series" iops_ratio "IOPS over dm-linear's"
}

part_icount() {
	machine="QEMU TCG -icount, 1 CPU: 1 ns is 1 instruction"
	guest -i -t 1800 -- "$bench/fio.sh" -r 1 -t 100ms \
		randread/4k/{libaio/1/1,io_uring/1/1,io_uring/32/1} &&
		sum_up_fio "fio-icount-$series" -v exact=1 &&
		plot "fio-icount-$series" instructions "Instructions per I/O"
}

part_nvme() {
	machine="QEMU TCG, 2 CPUs"
	guest -t 3600 -- "$bench/nvme.sh" "${quick[@]}" && sum_up_fio "nvme-$series" &&
		plot "nvme-$series" p50_ratio "Median latency over dm-linear's, nvme-loop"
}

part_nvme_icount() {
	machine="QEMU TCG -icount, 1 CPU: 1 ns is 1 instruction"
	guest -i -t 1800 -- "$bench/nvme.sh" -r 1 -t 100ms \
		randread/4k/{libaio/1/1,io_uring/1/1,io_uring/32/1} &&
		sum_up_fio "nvme-icount-$series" -v exact=1 &&
		plot "nvme-icount-$series" instructions "Instructions per I/O, nvme-loop"
}

# plot NAME FIGURE TITLE [ONLY]: of NAME.json, to NAME-FIGURE.svg
plot() {
	awk -v "figure=$2" -v "title=$3" -v "only=${4:-}" -f "$bench/plot.awk" \
		"$results/$1.json" >"$results/$1-$2.svg"
}

# sum_up_rows [-v VARIABLE=VALUE]...: of the lines in raw/rows, to PART-SERIES.json and .txt
sum_up_rows() {
	local name=$part-$series sum

	sum=(awk -f "$bench/median.awk" -f "$bench/rows-summary.awk" -v "kernel=$KVER"
		-v "machine=$machine" -v "part=$part" "$@" "$raw/rows")
	"${sum[@]}" >"$results/$name.json" &&
		"${sum[@]:0:5}" -v table=1 "${sum[@]:5}" >"$results/$name.txt" &&
		cat "$results/$name.txt"
}

part_balance() {
	machine="QEMU TCG -icount, 1 CPU: 1 ns is 1 instruction"
	guest -i -t 3600 -- "$bench/balance.sh" "${quick[@]}" &&
		sum_up_rows -v compare=iops,mib_s &&
		plot "balance-$series" iops "I/Os per second, three paths of 1, 5 and 20 ms" \
			'^(server|latency)' &&
		plot "balance-$series" mib_s "Sequential reading, MiB/s" ^sequential
}

# Memory for CPUs that are not there but could be plugged in is taken all the same.
part_scale() {
	local cpus

	machine="QEMU TCG -icount, 1 CPU: 1 ns is 1 instruction"
	guest -i -t 3600 -- "$bench/scale.sh" "${quick[@]}" || return
	mv "$raw/rows" "$results/scale-$series.rows"
	for cpus in 8 64; do
		[[ -z ${quick[*]} || $cpus -eq 64 ]] || continue
		guest -i -c "1,maxcpus=$cpus" -t 1800 -- \
			"$bench/scale.sh" -m "${quick[@]}" || return
		cat "$raw/rows" >>"$results/scale-$series.rows"
	done
	mv "$results/scale-$series.rows" "$raw/rows"
	sum_up_rows && plot "scale-$series" instructions_per_io "Instructions per I/O" ^paths
}

[[ $# -gt 0 ]] || die "usage: vm.sh [-q] [-k SERIES]... PART..."
"$project/selftests/vm/packages.sh" build bench || exit 1
mkdir -p "$results"
make -s --no-print-directory -C "$project/selftests" KSFT=/nonexistent || exit 1
status=0
for series in "${wanted[@]}"; do
	build_for "$series"
	for part; do
		declare -F "part_$part" >/dev/null || die "no such part: $part"
		# Debian's 6.1 has no nvme-loop.
		[[ $part != nvme* || $series != 6.1 ]] || continue
		began=$SECONDS
		"part_$part" || { echo "bench: $part, kernel $KVER: failed" >&2; status=1; }
		echo "$part, kernel $KVER: $((SECONDS - began)) s"
	done
done
exit "$status"
