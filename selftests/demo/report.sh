# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the demo prints: a timeline as things happen, then a table and the verdicts.
# All lines fit in 100 columns.

bold='' dim='' green='' red='' plain=''
if [[ -z ${NO_COLOR:-} && -n ${RRPATH_COLOR:-} ]]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi

# Milliseconds since the epoch, without starting a process.
now_ms() {
	local t=${EPOCHREALTIME/[.,]/}
	REPLY=${t%???}
}

now_ms
began=$REPLY

# 12345 -> 12.3
seconds() {
	local tenths=$((($1 + 50) / 100))
	REPLY=$((tenths / 10)).$((tenths % 10))
}

# 12345 -> 12.35
hundredths() {
	local h=$((($1 + 5) / 10))
	REPLY=$(printf '%d.%02d' $((h / 100)) $((h % 100)))
}

# percent PART WHOLE -> 49.9
percent() {
	local p=0
	[[ $2 -eq 0 ]] || p=$((($1 * 1000 + $2 / 2) / $2))
	REPLY=$((p / 10)).$((p % 10))
}

# bytes N -> 12.3 MiB
mib() {
	local tenths=$((($1 * 10 + 524288) / 1048576))
	REPLY="$((tenths / 10)).$((tenths % 10))"
}

heading() {
	printf '\n%s%s%s\n\n' "$bold" "$1" "$plain"
}

# event WHAT [SEEN]: one line of the timeline. A second line for the same event has
# no WHAT.
event() {
	local t=''

	if [[ -n $1 ]]; then
		now_ms
		seconds $((REPLY - began))
		t=$REPLY
	fi
	printf '%s%7s%s  %-47s  %s\n' "$dim" "$t" "$plain" "$1" "${2:-}"
}

verdicts=0 failures=0

# verdict HOLDS TEXT: HOLDS is 0 when it is so.
verdict() {
	verdicts=$((verdicts + 1))
	if [[ $1 -eq 0 ]]; then
		printf '  %s[ ok ]%s  %s\n' "$green" "$plain" "$2"
	else
		failures=$((failures + 1))
		printf '  %s[FAIL]%s  %s\n' "$red" "$plain" "$2"
	fi
}

# holds EXPRESSION TEXT: an arithmetic expression.
holds() {
	verdict $((($1) ? 0 : 1)) "$2"
}
