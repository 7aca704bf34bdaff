#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the report of `make coverage` counts as a branch: the source's own, each once, and none that
# a macro of the kernel's brings with it.
. "$(dirname "$0")/lib.sh"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# line NUMBER COUNT TEXT BRANCH...: as gcov prints it; each branch is a percentage, or `never`
line() {
	local number=$1 count=$2 text=$3 branch n=0
	shift 3

	printf '%9s:%5d:%s\n' "$count" "$number" "$text"
	for branch; do
		[[ $branch == never ]] && branch='never executed' || branch="taken $branch%"
		printf 'branch %2d %s\n' "$((n++))" "$branch"
	done
}
# The kernel's five pairs.
rcu=(100 0 0 100 never never never never 0 100)
{
	echo "        -:    0:Source:/there/build/coverage/sample.c"
	line 9 5 'static int sample(struct map *map, unsigned int timeout)'
	line 10 5 $'\tlockdep_assert_held(&map->lock);' 100 0 100 0 0 100
	line 11 5 $'\tif (rcu_dereference_sched(map->choice) && map->nr) {' "${rcu[@]}" 60 40 100 0
	line 12 5 $'\t\tDMWARN_LIMIT("%s: what? %s", map->name,' 100 0 100 0
	line 13 - $'\t\t\t     map->good ? "good" : "bad");'
	line 14 5 $'\tdue = map->since + msecs_to_jiffies(timeout);' 0 100
	line 15 5 $'\tif (due > now)' 100 0
	line 16 5 $'\tlow = min(due, now);' 100 0
	line 17 5 $'\tif (map->usable && map->queued)' 100 0 60 40
	line 18 '#####' $'\t\treturn map->a ? map->b : map->c;' never never
	line 19 5 $'\treturn map->x && timeout > msecs_to_jiffies(map->x);' 100 0 0 100 100 0
} >"$work/kernel"
{
	echo "        -:    0:Source:../../dm-rrpath/sample.c"
	line 9 7 'static int sample(struct map *map, unsigned int timeout)'
	line 15 7 $'\tif (due > now)' 60 40
	line 16 7 $'\tlow = min(due, now);'
	line 17 '#####' $'\tif (map->usable && map->queued)' never never never never
} >"$work/plain"
echo "sample.c sample 4 what two of them need" >"$work/few"
echo "sample.c sample 8 nobody does that" >"$work/enough"

# report FILE...: FILE LINES BRANCHES TAKEN EXPLAINED
report() {
	awk -v title=t -v untaken="$work/$1" -v details="$work/details" \
		-f selftests/debug/coverage.awk "$work/kernel" plain=1 "$work/plain" |
		awk '$1 == "sample.c" { print $2, $6, $7, $9 }'
}
says() {
	local got

	got=$("${@:2}")
	[[ $got == "$1" ]] || echo "got '$got', want '$1'"
}
part() { sed -n "s/^sample.c:000$1: sample: \([0-9]* of [0-9]*\):.*/\1/p" "$work/details"; }

check "branches in all, more than are explained" says "10 18 61.1 0" report few
check "the same, explained" says "10 18 61.1 7" report enough
check "a check of the kernel's has none" says "" part 10
check "what else is in its condition has" says "3 of 4" part 11
check "and what is handed to it, a line further" says "1 of 2" part 12
check "what the compiler asks itself has none" says "" part 14
check "what is taken in one of two compilations is taken" says "" part 15
check "what is no branch of the source is none" says "" part 16
check "a line that the plain one did not execute" says "3 of 4" part 17
check "a line that none executed" says "0 of 2" part 18
check "beside what the compiler asks itself" says "2 of 4" part 19
finish
