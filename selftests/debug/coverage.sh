#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make coverage: how much of the module and of the tool the tests execute: lines and branches of
# each file. The module: the selftests in User-Mode Linux, and the unit tests of its policies and
# grammar. The tool: its unit tests, and those selftests.
# What gcov says line by line is kept in build/coverage/*.gcov, lines with branches that were not
# taken in *.branches. Lines that no test executes are named, but for those that the file
# not-executed gives a reason for; it fails if there are any of the module's. The file not-taken has
# reasons for branches. What counts as a branch: coverage.awk.
#
# usage: coverage.sh [SELFTEST...]	(default: all that run in User-Mode Linux)

set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/common.sh"
cd "$project" || exit 1
exec </dev/null

out=$project/build/coverage
failed=0 strict=1
[[ $# -eq 0 ]] || strict=0

# gcov_in DIRECTORY FILE...: what gcov says of these data, of one after the other: of one source in
# several programs it would make one of as many copies. Sources are found from the directory.
gcov_in() {
	local dir=$1 data
	shift

	for data; do
		(cd "$dir" && gcov -b -t "$data" 2>"$out/gcov.log") ||
			{ tail -n 5 "$out/gcov.log" >&2; die "gcov failed"; }
	done
}

# step NAME COMMAND...: what it prints is kept; that a test fails is told, and what it did counts
step() {
	local name=$1
	shift

	"$@" >"$out/$name.log" 2>&1 && return
	echo "not all tests passed: $out/$name.log" >&2
	failed=1
}

selftests/vm/packages.sh build check debug || exit 1
rm -rf "$out" userspace-tool/build/coverage selftests/host/build/coverage
mkdir -p "$out/data"
make -s -C userspace-tool && make -s -C userspace-tool COVERAGE=1 &&
	make -s -C selftests KSFT=/nonexistent || exit 1

step selftests "$here/selftests.sh" coverage "$@"
[[ -n $(find "$out/data" -name '*.gcda' -print -quit) ]] ||
	{ tail -n 20 "$out/selftests.log" >&2; die "the module counted nothing"; }
for data in "$out"/data/*.gcda; do
	cp "$data" "$out/"
done
gcov_in "$out" "$out"/*.gcda >"$out/module.gcov" || exit

step host make -s -C selftests/host BUILD=build/coverage CFLAGS="-O0 -g --coverage" check
gcov_in "$project/selftests/host" "$project"/selftests/host/build/coverage/*.gcda \
	>"$out/host.gcov" || exit
step tool make -s -C userspace-tool COVERAGE=1 check
# What the unit tests and the guest have counted, added up.
counted=$project/userspace-tool/build/coverage
for data in "$out/data/tool$counted" "$out/data/udev"; do
	[[ -z $(find "$data" -name '*.gcda' -print -quit) ]] ||
		gcov-tool merge -o "$counted" "$counted" "$data" || exit 1
done
# main() has another name in the unit tests: those are no more branches of it, but the same.
{
	gcov_in "$project/userspace-tool" "$counted"/*.gcda
	gcov_in "$project/userspace-tool" "$counted"/tests/rrpath-main.gcda
} >"$out/tool.gcov" || exit

# sum_up NAME STRICT FILES...: by source, in files of gcov -b; behind plain=1 those of compilations
# without optimization
sum_up() {
	local name=$1 strict=$2
	shift 2

	awk -v title="the $name" -v exceptions="$here/not-executed" \
		-v untaken="$here/not-taken" -v strict="$strict" -v details="$out/$name.branches" \
		-f "$here/coverage.awk" "$@" || failed=1
}
{
	sum_up module "$strict" "$out/module.gcov" plain=1 "$out/host.gcov"
	sum_up tool 0 "$out/tool.gcov"
} >"$out/report.txt"
cat "$out/report.txt"
exit "$failed"
