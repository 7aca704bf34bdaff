#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make fuzz-kernel: table lines, messages and writes to sysfs, good, spoilt and hostile, to the
# module in User-Mode Linux with KASAN, lockdep and UBSAN. TAP, a line for every kernel that was
# booted: what one leaves behind is not to pile up, nor what it finds to be lost.
#
# usage: kernel.sh [-n COUNT] [-b COUNT] [-s SEED] [-t SECONDS]
#	-n	inputs (default: 1000000)
#	-b	of them for each kernel (default: 100000)
#	-s	seed of the first thousand; each thousand has the next one (default: 1)
#	-t	time limit of each kernel (default: 3600)
#
# After one input of ten it is looked whether what was refused has changed nothing, and so on
# (rrt-fuzz.c). What went wrong says its seed: kernel.sh -n 1000 -s SEED does it again.

set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/common.sh"
cd "$project" || exit 1

count=1000000 portion=100000 seed=1 limit=3600
while getopts n:b:s:t: opt; do
	case $opt in
	n) count=$OPTARG ;;
	b) portion=$OPTARG ;;
	s) seed=$OPTARG ;;
	t) limit=$OPTARG ;;
	*) exit 2 ;;
	esac
done
for number in "$count" "$portion" "$seed" "$limit"; do
	[[ $number =~ ^[1-9][0-9]*$ ]] || { echo "kernel.sh: no number: '$number'" >&2; exit 2; }
done

selftests/vm/packages.sh build check debug >&2 && "$here/../debug/kernel.sh" uml >/dev/null &&
	make -s -C selftests KSFT=/nonexistent || exit 1
mkdir -p build/fuzz
export RRPATH_LIMIT=$limit RRPATH_FUZZ_EVERY=10

failed=0 n=0 done=0
echo "TAP version 13"
echo "1..$(((count + portion - 1) / portion))"
while ((done < count)); do
	n=$((n + 1)) log=build/fuzz/kernel-$seed
	RRPATH_FUZZ_COUNT=$((count - done < portion ? count - done : portion))
	RRPATH_FUZZ_SEED=$seed
	export RRPATH_FUZZ_COUNT RRPATH_FUZZ_SEED
	last=$((seed + (RRPATH_FUZZ_COUNT + 999) / 1000 - 1)) began=$SECONDS
	what="$RRPATH_FUZZ_COUNT inputs, seeds $seed to $last"
	if selftests/debug/run.sh -k uml -t "$limit" -l "$log.console" -- \
		selftests/run.sh fuzz-input >"$log.tap" 2>&1 </dev/null; then
		echo "ok $n - $what # $((SECONDS - began)) s"
		sed -n 's/^ *# \([a-z]*: [0-9]* accepted, .*\)/# \1/p' "$log.tap"
	else
		failed=1
		echo "not ok $n - $what # $log.tap"
		grep -E -A8 '^ *(not ok|Bail out!)' "$log.tap" | sed 's/^ */# /'
	fi
	done=$((done + RRPATH_FUZZ_COUNT)) seed=$((last + 1))
done
exit $failed
