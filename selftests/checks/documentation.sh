#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The sysfs ABI files have the form of the kernel's Documentation/ABI, and the
# reStructuredText parses.
. "$(dirname "$0")/lib.sh"

mapfile -t abi < <(files 'Documentation/ABI/testing/*')
mapfile -t rst < <(files 'Documentation/*.rst')

abi_form() {
	awk '
	function done_with() {
		if (what == "")
			return
		for (i in need)
			if (!(need[i] in seen))
				print FILENAME ": no " need[i] " for " what
		delete seen
	}
	BEGIN { split("Date: KernelVersion: Contact: Description:", need, " ") }
	/^What:/ {
		# Several What lines in a row share one block.
		if (!after_what)
			done_with()
		if (NF != 2)
			print FILENAME ": " FNR ": What: names one file"
		what = $2
		count++
		after_what = 1
		next
	}
	/^[A-Z][A-Za-z]+:/ { seen[$1] = 1 }
	/[^ ]/ { after_what = 0 }
	/ $/ { print FILENAME ": " FNR ": trailing space" }
	END { done_with(); if (!count) print FILENAME ": no What:" }' "$1"
}

# Every attribute the module makes has its What: line.
abi_complete() {
	local attr

	for attr in policy queue_if_no_path no_path_timeout_ms failback probe_interval_ms \
		rr_min_io stall_timeout_ms hold_down_max_ms merge_kib queued state priority weight \
		in_flight fail_count stalls hold_down_ms reason stat device; do
		grep -Eq "^What:.*/rrpath/(paths/[^/]*/)?$attr\$" "${abi[@]}" ||
			echo "no What: for $attr"
	done
}

rst_form() {
	rst2html --strict --report=2 --no-generator "$1" /dev/null
}

[[ ${#abi[@]} -gt 0 ]] || check "there is an ABI file" false
for f in "${abi[@]}"; do
	check "ABI form, $f" abi_form "$f"
done
[[ ${#abi[@]} -eq 0 ]] || check "every sysfs attribute is documented" abi_complete
[[ ${#rst[@]} -gt 0 ]] || check "there is documentation" false
for f in "${rst[@]}"; do
	check "reStructuredText, $f" rst_form "$f"
done
finish
