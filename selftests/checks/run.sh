#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# All tests, and their sum. The last line is `N passed, N failed`; the exit status
# is 0 only when something ran, nothing failed and no stream of TAP broke off.
#
# usage: run.sh [-k SERIES]... [STEP...]	steps: checks host tool fuzz debug vm (default: all)
#
# debug is what fits of the debug kernels: User-Mode Linux, for a few minutes. The others are
# steps of their own, which have to be named: uml leaks kasan kcsan kcov.
#
# The full output of every step is kept in build/check/*.tap.

set -u -o pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=selftests/vm/common.sh
. "$here/vm/common.sh"
cd "$project" || exit 1
exec </dev/null

series=()
while getopts k: opt; do
	case $opt in
	k) series+=("$OPTARG") ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[[ ${#series[@]} -gt 0 ]] || series=(6.1 6.12)
steps=" ${*:-checks host tool fuzz debug vm} "

logs=$project/build/check
mkdir -p "$logs"
rm -f "$logs"/*.{tap,count,status}
passed=0 failed=0 skipped=0 began=$SECONDS
skips=()

# Reads one TAP stream and prints "passed failed skipped", then the failures as
# "F ..." and the skips as "S ...". A test with subtests (indented) counts as its
# subtests; a plan that is not met, or none, is one more failure.
count() {
	awk -v status="$2" '
	function name(line) {
		sub(/^ *(not )?ok *[0-9]* *-? */, "", line)
		return line
	}
	function miss(text) { failed++; list[++n] = "F " text }
	function point(line, text) {
		if (line ~ /# *[Ss][Kk][Ii][Pp]/) {
			skipped++
			list[++n] = "S " text name(line)
		} else if (line ~ /^ *not ok/) {
			miss(text name(line))
		} else {
			passed++
		}
	}
	function subtests(parent,    i) {
		if (sub_planned != subs)
			miss(parent ": " subs " subtests, plan: " sub_planned)
		for (i = 1; i <= subs; i++)
			point(sub_line[i], parent ": ")
	}
	BEGIN { sub_planned = "none" }
	{ sub(/\r$/, "") }
	/^     *1\.\.[0-9]+/ { split($1, p, /\.\./); sub_planned = p[2]; next }
	/^     *(not )?ok( |$)/ { sub_line[++subs] = $0; next }
	/^ *Bail out!/ { miss($0); next }
	/^1\.\.[0-9]+/ {
		split($1, p, /\.\./)
		planned += p[2]
		plans++
		if (p[2] == 0) { skipped++; list[++n] = "S " $0 }
		next
	}
	/^(not )?ok( |$)/ {
		points++
		parent = name($0)
		sub(/ *#.*/, "", parent)
		before = failed
		if (subs) {
			subtests(parent)
			if (/^not ok/ && failed == before)
				miss(name($0))
			if (/# *SKIP/)
				point($0, "")
		} else {
			point($0, "")
		}
		subs = 0
		sub_planned = "none"
	}
	END {
		if (!plans)
			miss("no plan: nothing ran")
		else if (planned != points)
			miss("broken off: " points + 0 " of " planned " tests reported")
		if (subs)
			for (i = 1; i <= subs; i++)
				point(sub_line[i], "(unfinished) ")
		if (status && !failed)
			miss("exit status " status)
		print passed + 0, failed + 0, skipped + 0
		for (i = 1; i <= n; i++)
			print list[i]
	}' "$1"
}

# Takes one finished step into the sum and says how it went.
take() {
	local name=$1 status=$2 seconds=$3 p f s line

	count "$logs/$name.tap" "$status" >"$logs/$name.count"
	{
		read -r p f s
		printf '%-28s %4d passed %4d failed %4d skipped %5d s\n' \
			"$name" "$p" "$f" "$s" "$seconds"
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
		while read -r line; do
			case $line in
			F*) echo "    FAILED ${line#F }" ;;
			S*) skips+=("$name: ${line#S }") ;;
			esac
		done
	} <"$logs/$name.count"
	if [[ $f -gt 0 ]]; then
		echo "    from $logs/$name.tap, each failure and the end:"
		grep -E -A 12 '^ *not ok|^ *Bail out' "$logs/$name.tap" |
			head -n 200 | sed 's/^/    | /'
		echo "    | ..."
		tail -n 5 "$logs/$name.tap" | sed 's/^/    | /'
	fi
}

run() {
	local name=$1 start=$SECONDS status
	shift

	"$@" >"$logs/$name.tap" 2>&1
	status=$?
	take "$name" "$status" $((SECONDS - start))
}

# start NAME COMMAND...: as run, but in the background until finish takes them all.
started=()
start() {
	local name=$1
	shift

	started+=("$name")
	(
		start=$SECONDS
		"$@" >"$logs/$name.tap" 2>&1
		echo "$? $((SECONDS - start))" >"$logs/$name.status"
	) &
}

finish() {
	local name status seconds

	wait
	for name in "${started[@]}"; do
		read -r status seconds <"$logs/$name.status"
		take "$name" "$status" "$seconds"
	done
	started=()
}

if ! "$here/vm/packages.sh" build check debug; then
	echo "0 passed, 1 failed"
	exit 1
fi

if [[ $steps == *" checks "* ]]; then
	for script in "$here"/checks/*.sh; do
		case ${script##*/} in lib.sh | run.sh | kernel-source.sh) continue ;; esac
		run "$(basename "$script" .sh)" "$script"
	done
fi
[[ $steps != *" host "* ]] || run host make -s -C selftests/host check
[[ $steps != *" tool "* ]] || run tool make -s -C userspace-tool check
[[ $steps != *" fuzz "* ]] || run fuzz selftests/fuzz/run.sh

# Before guests start: several would build them at the same time, each for itself.
{
	make -s -C userspace-tool
	make -s -C selftests KSFT=/nonexistent
} >"$logs/prepare.log" 2>&1

# A report of a planted bug shows what a debug kernel that says nothing is worth.
case $steps in
*" debug "* | *" uml "* | *" leaks "*) run planted-uml "$here/debug/planted/check.sh" uml ;;
esac
# Each has one CPU.
for step in debug uml leaks; do
	[[ $steps != *" $step "* ]] ||
		start "selftests-$step" "$here/debug/selftests.sh" "$step"
done
finish
for step in kasan kcsan; do
	[[ $steps == *" $step "* ]] || continue
	run "planted-$step" "$here/debug/planted/check.sh" "$step"
	run "selftests-$step" "$here/debug/selftests.sh" "$step"
done

if [[ $steps == *" kcov "* ]]; then
	run planted-kcov "$here/fuzz/planted/check.sh"
	run fuzz-kcov "$here/fuzz/kcov.sh" -n 10000
fi

if [[ $steps == *" vm "* ]]; then
	for s in "${series[@]}"; do
		start "selftests-$s" "$here/vm/run.sh" -k "$s" -m 2048 -t 3600 \
			-l "$logs/kernel-$s.log" -- selftests/run.sh
	done
	finish
fi

echo
[[ ${#skips[@]} -eq 0 ]] || printf 'skipped: %s\n' "${skips[@]}"
[[ $((passed + failed)) -gt 0 ]] || failed=1
echo "$skipped skipped, $((SECONDS - began)) s"
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
