#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make fuzz-kcov: inputs to the module, sequences of table lines, messages, writes to sysfs and
# more, guided by what of the module they execute (rrt-kcov.c), in User-Mode Linux with KCOV, KASAN,
# lockdep and UBSAN. TAP, a line for every kernel that was booted.
#
# usage: kcov.sh [-n COUNT] [-b COUNT] [-s SEED] [-e EVERY] [-f EVERY] [-t SECONDS] [-k] [-r FILE]
#	-n	inputs (default: 100000)
#	-b	of them for each kernel (default: 25000)
#	-s	seed of the first thousand; each thousand has the next one (default: 1)
#	-e	one of so many steps is followed by a look at what it did (default: 10)
#	-f	one of so many inputs is a new one of the generator (default: 5); 1: all are
#	-t	time limit of each kernel (default: 14400)
#	-k	keep the smallest inputs that go everywhere in the corpus of the tree
#	-r	nothing but the inputs of FILE
#
# It begins with the corpus of the tree, and with what earlier runs have kept in build/fuzz/kcov/.
# An input that goes wrong is left there, too; -r does it again, with what a failure prints.

set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/common.sh"
cd "$project" || exit 1

count=100000 portion=25000 seed=1 every=10 fresh=5 limit=14400 keep='' replay=''
while getopts n:b:s:e:f:t:kr: opt; do
	case $opt in
	n) count=$OPTARG ;;
	b) portion=$OPTARG ;;
	s) seed=$OPTARG ;;
	e) every=$OPTARG ;;
	f) fresh=$OPTARG ;;
	t) limit=$OPTARG ;;
	k) keep=yes ;;
	r) replay=$OPTARG count=1 every=1 ;;
	*) exit 2 ;;
	esac
done
for number in "$count" "$portion" "$seed" "$every" "$fresh" "$limit"; do
	[[ $number =~ ^[1-9][0-9]*$ ]] || { echo "kcov.sh: no number: '$number'" >&2; exit 2; }
done
[[ -z $replay || -r $replay ]] || { echo "kcov.sh: no file $replay" >&2; exit 2; }

selftests/vm/packages.sh build check debug >&2 && "$here/../debug/kernel.sh" kcov >/dev/null &&
	make -s -C selftests KSFT=/nonexistent || exit 1
work=$project/build/fuzz/kcov
out=$work/guest
mkdir -p "$work" "$out"
rm -f "$work"/places-*

# Functions that nothing has entered. Only what the caller executes is told: no work, no end of a
# bio that comes by interrupt; nor is what is part of another function, or begins or ends the
# module.
never_entered()
{
	local tree ko

	tree=$("$here/../debug/kernel.sh" kcov) &&
		ko=build/$(basename "$tree"/root/usr/lib/modules/*)/dm-rrpath.ko || return
	{ sort -u "$work"/places-*; objdump -t "$ko"; } | awk '
		function hex(text,    i, n) {
			for (i = 1; i <= length(text); i++)
				n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
			return n
		}
		NF == 1 { place[hex($1)] = 1 }
		$3 == "F" && $4 == ".text" {
			first = hex($1)
			for (i = hex($5); i && !(first + i in place); i--)
				;
			if (!i)
				print $6
		}' | sort | paste -sd ' ' | fold -s -w 96 | sed 's/^/#   /'
}

failed=0 n=0 done=0
echo "TAP version 13"
echo "1..$(((count + portion - 1) / portion))"
while ((done < count)); do
	n=$((n + 1)) log=$work/kernel-$seed
	piece=$((count - done < portion ? count - done : portion))
	export RRPATH_KCOV_COUNT=$piece RRPATH_KCOV_SEED=$seed RRPATH_KCOV_FRESH=$fresh \
		RRPATH_KCOV_EVERY=$every
	last=$((seed + (piece + 999) / 1000 - 1)) began=$SECONDS
	what="$piece inputs, seeds $seed to $last"
	rm -f "$out"/*
	if [[ -n $replay ]]; then
		what="the inputs of $replay" RRPATH_KCOV_COUNT=0
		cp "$replay" "$out/corpus" || exit 1
	elif ((fresh > 1)); then
		cp "$here/corpus/kernel" "$out/corpus-1-tree" || exit 1
		[[ ! -e $work/corpus ]] || cp "$work/corpus" "$out/corpus-2-earlier"
	fi
	if selftests/debug/run.sh -k kcov -t "$limit" -l "$log.console" -o "$out" -- \
		selftests/fuzz/kcov-guest.sh >"$log.tap" 2>&1 </dev/null; then
		echo "ok $n - $what # $((SECONDS - began)) s"
		grep -E '^# (corpus|kept|.*000 inputs)' "$log.tap"
		[[ -n $replay ]] || ((fresh == 1)) || cp "$out/kept" "$work/corpus"
		cp "$out/places" "$work/places-$seed"
	else
		failed=1
		echo "not ok $n - $what # $log.tap"
		grep -E -A8 '^ *(not ok|Bail out!)|run.sh:' "$log.tap" | sed 's/^/# /'
		cp "$out/last" "$work/failed-$seed" && echo "# the input: $work/failed-$seed"
	fi
	done=$((done + piece)) seed=$((last + 1))
done
[[ -n $replay || $failed -ne 0 ]] || { echo "# never entered:"; never_entered; }
[[ -z $keep || -n $replay || $failed -ne 0 ]] ||
	{ echo "# SPDX-License-Identifier: GPL-2.0"; cat "$out/kept"; } >"$here/corpus/kernel"
exit $failed
