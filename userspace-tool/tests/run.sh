#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs cmocka programs, passes their TAP through, prints "N passed, N failed".
# RUN: what runs them, valgrind for example.
passed=0 failed=0
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
export CMOCKA_MESSAGE_OUTPUT=TAP

for program; do
	# shellcheck disable=SC2086
	${RUN-} "$program" >"$out" 2>&1
	status=$?
	cat "$out"
	passed=$((passed + $(grep -c '^ok ' "$out")))
	bad=$(grep -c '^not ok ' "$out")
	# One that died printed no "not ok" for it.
	[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || {
		echo "not ok - $program ended with status $status"
		bad=1
	}
	failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
