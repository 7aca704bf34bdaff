#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Checks the models with spin, each exhaustively, then each with a bug planted in it,
# which has to be found. The last line is `N passed, N failed`; what was built, and the
# trails of what was found, stay in build/model.
#
# usage: run.sh [WORD...]	only the runs whose names contain all the words

set -u -o pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/common.sh"
exec </dev/null

# Of each search; more is a failure, as is a depth beyond this one.
memory=2048	# MiB
depth=2000000

"$here/../vm/packages.sh" model || { echo "0 passed, 1 failed"; exit 1; }
build=$project/build/model
mkdir -p "$build"

# model	search	found by	flags
#	search: safety (assertions and states without a way out) or cycle (nothing goes round
#	for ever); found by: - for nothing wrong, or a pattern of what spin says
runs='
bio	safety	-		BIOS=1
bio	safety	-		BIOS=2 ERRORS=1 CHANGES=1 MESSAGES=0
bio	safety	-		BIOS=2 ERRORS=2 CHANGES=1 MESSAGES=0 SUSPENDS=0
bio	cycle	-		BIOS=1 MESSAGES=0
path	safety	-		LUN OPTION
path	safety	-		MAPS=2
watch	safety	-		BIOS=1
watch	safety	-		BIOS=2 SWITCHES=0
bio	safety	assert.*copies	BIOS=1 MESSAGES=0 BUG_STALL_STEALS
bio	safety	assert.*copies	BIOS=1 MESSAGES=0 BUG_TIMEOUT_ENDS_IN_FLIGHT
bio	safety	assert.*rb_path	BIOS=1 MESSAGES=0 BUG_TOUCH_AFTER_HOLD
bio	safety	assert.*dirty	BIOS=1 MESSAGES=0 BUG_NO_RESTORE
bio	safety	assert.*owner.*nr_usable	BIOS=1 MESSAGES=0 BUG_NO_KICK_UP
bio	safety	assert.*owner.*nr_usable	BIOS=1 MESSAGES=0 BUG_HOLD_NO_KICK
bio	safety	invalid.end.state	BIOS=1 MESSAGES=0 BUG_HOLD_UNLOCKED
bio	safety	invalid.end.state	BIOS=1 MESSAGES=0 BUG_HOLD_IN_SUSPEND
bio	safety	invalid.end.state	BIOS=1 MESSAGES=0 BUG_NO_KICK_SUSPEND
bio	safety	assert.*excuse	BIOS=1 MESSAGES=0 BUG_NOFLUSH_FAILS
bio	safety	assert.*excuse	BIOS=1 MESSAGES=0 BUG_RESUME_FORGETS
bio	cycle	non-progress.cycle	BIOS=1 MESSAGES=0 BUG_NO_REFRESH
path	safety	assert.*nr_usable\[m\]==	BUG_REINSTATE_TWICE
path	safety	assert.*nr_usable\[1\]==	MAPS=2 BUG_INHERIT_COUNT
path	safety	assert.*nr_usable\[m\]&&.state	BUG_STALL_LAST
path	safety	assert.*running.*nr_usable	BUG_NO_TAKE_BACK
path	safety	assert.*probing	BUG_RESUME_FORGETS
path	safety	assert.*stale	LUN BUG_NO_KICK
path	safety	assert.*probe_pending	BUG_PROBE_PAUSED
path	safety	assert.*in_device	BUG_STOP_LEAVES_PROBE
path	safety	assert.*work_pending	LUN BUG_STOP_ORDER
path	safety	invalid.end.state	BUG_PAUSE_WAITS
watch	safety	assert.*armed.*wanted	BIOS=1 BUG_NO_LAST_LOOK
watch	safety	assert.*armed.*wanted	BIOS=1 BUG_NO_GRACE
watch	safety	assert.*armed.*wanted	BIOS=1 BUG_COUNT_OUTSIDE
watch	safety	assert.*armed.*wanted	BIOS=1 BUG_BEGIN_UNARMED
watch	safety	assert.*armed.*wanted	BIOS=1 BUG_NO_RESTART
watch	safety	assert.*armed.*running	BIOS=1 BUG_NO_CANCEL
'

n=0 passed=0 failed=0
says() {
	n=$((n + 1))
	if [[ $1 == ok ]]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	echo "$1 $n - $2"
}

# What spin said, as far as it tells what went wrong.
why() {
	grep -Ev '^$|unreached|^	.*(state|line) |^Depth=' "$1" | head -n 30 | sed 's/^/# /'
}

# Builds and runs one search, in $dir; its output is in $dir/out.
search() {
	local model=$1 kind=$2 flag defines=() options=(-O2 -w "-DMEMLIM=$memory") args=("-m$depth")
	shift 2

	for flag; do
		defines+=("-D$flag")
	done
	if [[ $kind == cycle ]]; then
		options+=(-DNP -DNOFAIR)
		args+=(-l)
	else
		options+=(-DSAFETY)
	fi
	rm -rf "$dir"
	mkdir -p "$dir"
	cd "$dir" || return
	{
		spin "${defines[@]}" -a "$here/$model.pml" &&
			gcc "${options[@]}" -o pan pan.c &&
			./pan "${args[@]}"
	} >out 2>&1
}

# A search that came to an end: no limit was reached, no state was left out.
complete() {
	grep -q '^Full statespace search' "$1" &&
		! grep -Eq 'depth too small|not completed|MEMLIM|out of memory' "$1"
}

echo "TAP version 13"
while IFS=$'\t' read -r model kind found flags; do
	[[ -n $model ]] || continue
	read -ra flags <<<"$flags"
	name="$model, $kind: ${flags[*]:-all}"
	for word; do
		[[ $name == *"$word"* ]] || continue 2
	done
	dir=$build/$model-$kind$(printf -- '-%s' "${flags[@]}")
	search "$model" "$kind" "${flags[@]}"
	states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$dir/out")
	verdict=not\ ok
	if [[ $found == - ]]; then
		grep -q 'errors: 0$' "$dir/out" && complete "$dir/out" && verdict=ok
		says "$verdict" "$name: nothing wrong in ${states:-no} states"
	else
		grep -Eq "^pan:1: .*$found" "$dir/out" && verdict=ok
		says "$verdict" "$name: planted bug is found"
	fi
	[[ $verdict == ok ]] || why "$dir/out"
done < <(tr -s '\t' <<<"$runs")
echo "1..$n"
echo "# $SECONDS s"
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $n -gt 0 ]]
