#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a bio costs the CPU: nanoseconds (uml.sh), on one CPU and on two at once, and
# instructions (icount.sh) of every peer, as tables and as JSON in build/bench: uml.json,
# uml-smp.json, instructions-6.1.json and so on.
#
# usage: cpu.sh [-q] [-k SERIES]...	(default: 6.1 and 6.12; -q: fewer bios, not fewer rounds)
#
# Without the source of a kernel for two CPUs, which is fetched, that part is left out.

set -u -o pipefail
. "$(dirname "$0")/common.sh"

bios=2000000 series=()
while getopts qk: opt; do
	case $opt in
	q) bios=300000 ;;
	k) series+=("$OPTARG") ;;
	*) exit 2 ;;
	esac
done
[[ ${#series[@]} -gt 0 ]] || series=(6.1 6.12)
here=$project/selftests/bench
kinds=(1/read/inline 1/write/inline 32/read/inline 32/read/hold)
failed=

# "least" is the ratio of the least figures, "over-linear" the median of the rounds' ratios.
table() {
	printf '\n%s\n' "$1"
	printf '%-33s %5s %-5s %-6s %6s %9s %9s %9s %11s %7s\n' \
		peer depth op when rounds median least most over-linear least
	while read -r peer depth op when rounds median least most ratio least_ratio; do
		printf '%-33s %5s %-5s %-6s %6s %9s %9s %9s %11s %7s\n' "$peer" "$depth" "$op" \
			"$when" "$rounds" "$median" "$least" "$most" "$ratio" "$least_ratio"
	done
}

# json NAME KERNEL UNIT [-v VARIABLE=VALUE]...
json() {
	local name=$1 kernel=$2 unit=$3
	shift 3

	{
		printf '{"version": 1, "unit": "%s", "results": [\n' "$unit"
		sum_up "$results/$name.lines" -v "json=$kernel" "$@"
		printf ']}\n'
	} >"$results/$name.json"
}

"$project/selftests/vm/packages.sh" build bench || exit 1
mkdir -p "$results"
if "$here/uml.sh" 7 "$bios" "${kinds[@]}" >"$results/uml.txt"; then
	table "ns of CPU per bio, User-Mode Linux 6.12, one CPU" <"$results/uml.txt"
	json uml 6.12-uml "ns per bio"
else
	failed=yes
fi
"$here/uml.sh" -s 9 "$((bios / 2))" "${kinds[@]}" >"$results/uml-smp.txt"
case $? in
0)
	release=$(<"$results/uml-smp.release")
	table "ns of CPU per bio, User-Mode Linux $release, two CPUs at once" \
		<"$results/uml-smp.txt"
	json uml-smp "$release-uml" "ns per bio"
	;;
4) echo "two CPUs at once: left out" ;;
*) failed=yes ;;
esac
for s in "${series[@]}"; do
	if "$here/icount.sh" -o "$results/instructions-$s.txt" "$s" "${kinds[@]}"; then
		table "instructions per bio, Linux $s, one CPU" <"$results/instructions-$s.txt"
		json "instructions-$s" "$s" "instructions per bio" -v best=1
	else
		failed=yes
	fi
done
[[ -z $failed ]]
