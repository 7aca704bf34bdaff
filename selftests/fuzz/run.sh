#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every fuzzer over the corpus in the tree, then for so many seconds from there on. TAP.
#
# usage: run.sh [-s SECONDS] [-k] [NAME...]	names as in tool-table, module-policy
#	-s	of each fuzzer (default: 3)
#	-k	keep the inputs that reach something new in the corpus of the tree
#
# An input that fails is left in build/fuzz/; the fuzzer, given that file, fails again.

set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/common.sh"
cd "$project" || exit 1

seconds=3 keep=
while getopts s:k opt; do
	case $opt in
	s) seconds=$OPTARG ;;
	k) keep=yes ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "run.sh: -s takes seconds" >&2; exit 2; }

"$here/../vm/packages.sh" fuzz || exit 1
log=$(make -s -C userspace-tool fuzzers 2>&1 && make -s -C selftests/host fuzzers 2>&1) ||
	{ echo "$log"; exit 1; }

work=$project/build/fuzz
all=()
for program in userspace-tool/build/fuzz/fuzz-* selftests/host/build/fuzz-*; do
	[[ -f $program && -x $program ]] || continue
	name=${program##*/fuzz-}
	case $program in
	userspace-tool/*) all+=("tool-$name") ;;
	*) all+=("module-$name") ;;
	esac
done
[[ $# -gt 0 ]] || set -- "${all[@]}"

n=0 failed=0
result() {
	n=$((n + 1))
	if [[ $1 -eq 0 ]]; then
		echo "ok $n - $2"
		return
	fi
	failed=1
	echo "not ok $n - $2"
	grep -E 'not so:|ERROR:|runtime error:|SUMMARY:|Test unit written' "$log" | sed 's/^/# /'
}

echo "TAP version 13"
echo "1..$((2 * $#))"
for name; do
	case $name in
	tool-*) dir=userspace-tool/fuzz program=userspace-tool/build/fuzz/fuzz-${name#*-} ;;
	*) dir=selftests/host program=selftests/host/build/fuzz-${name#*-} ;;
	esac
	corpus=$dir/corpus/${name#*-}
	found=$work/$name
	log=$work/$name.log
	mkdir -p "$found"
	options=(-timeout=60 -rss_limit_mb=2048 -print_final_stats=1
		-artifact_prefix="$work/$name-" -dict="$here/words.dict")

	# The tree's own, and nothing else: what once failed is among them.
	"$program" "${options[@]}" -runs=0 "$corpus" >"$log" 2>&1
	result $? "$name: $(find "$corpus" -type f | wc -l) inputs of the corpus"
	"$program" "${options[@]}" -max_total_time="$seconds" "$found" "$corpus" >"$log" 2>&1
	result $? "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs made"
	[[ -z $keep ]] || "$program" -merge=1 "$corpus" "$found" >"$log" 2>&1
done
exit $failed
