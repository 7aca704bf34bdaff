#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make torture: selftests/torture.sh for as long as you like, in virtual machines, ten minutes in
# each.
#
# usage: run.sh [-k SERIES]... [-s SECONDS] [-r SEED]	(default: 6.1, 3600, a random seed)
#
# SECONDS are those of each kernel. SEED is that of the first ten minutes, the others have the
# numbers after it. What was said is kept in build/torture/; the last line is `N passed, N failed`,
# of virtual machines.

set -u -o pipefail
. "$(dirname "$0")/../vm/common.sh"
cd "$project" || exit 1

series=() seconds=3600 seed=$((RANDOM << 15 | RANDOM))
while getopts k:s:r: opt; do
	case $opt in
	k) series+=("$OPTARG") ;;
	s) seconds=$OPTARG ;;
	r) seed=$OPTARG ;;
	*) exit 2 ;;
	esac
done
[[ ${#series[@]} -gt 0 ]] || series=(6.1)
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "$seconds: a whole number of seconds is needed"
[[ $seed =~ ^[0-9]+$ ]] || die "$seed: a whole number is needed for the seed"

selftests/vm/packages.sh build check || exit 1
log=$(make -s -C userspace-tool 2>&1 &&
	make -s -C selftests KSFT=/nonexistent 2>&1) || { echo "$log"; exit 1; }

out=build/torture
mkdir -p "$out"
passed=0 failed=0
for ((left = seconds; left > 0; left -= 600, seed++)); do
	export RRPATH_SECONDS=$((left < 600 ? left : 600)) RRPATH_SEED=$seed
	export RRPATH_LIMIT=$((RRPATH_SECONDS + 900))
	for s in "${series[@]}"; do
		tap=$out/$s-$seed.tap
		printf '\nkernel %s, seed %s, %s s\n' "$s" "$seed" "$RRPATH_SECONDS"
		selftests/vm/run.sh -k "$s" -m 2048 -t $((RRPATH_LIMIT + 120)) \
			-l "$out/$s-$seed-kernel.log" -- selftests/run.sh torture >"$tap" 2>&1
		status=$?
		sed -n 's/^ *# /    /p; /^ *not ok/p' "$tap" | head -n 100
		rounds=$(grep -c '^    ok .* round ' "$tap")
		if [[ $status -eq 0 && $rounds -gt 0 ]]; then
			passed=$((passed + 1))
			echo "ok: $rounds rounds"
		else
			failed=$((failed + 1))
			echo "NOT ok (status $status): $tap"
		fi
	done
done
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 ]]
