#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# No policy takes more instructions per bio, over dm-linear's, than is written down in
# selftests/bench/instructions. The count is exact: a busy machine does not change it,
# another compiler or update of the kernel may, by less than the tolerance.
. "$(dirname "$0")/lib.sh"

tolerance=0.003
figures=selftests/bench/instructions
kinds=(1/read/inline 32/read/hold)

# Prints what is wrong with the figures of a policy on a series.
compare() {
	awk -v policy="$1" -v series="$2" -v kinds="${kinds[*]}" -v tolerance="$tolerance" '
	FILENAME == ARGV[1] {
		if ($1 == series && $2 == policy)
			for (i = 3; i <= NF; i++)
				want[i - 2] = $i
		next
	}
	$1 == "rrpath-" policy { got[$2 "/" $3 "/" $4] = $9 }
	END {
		n = split(kinds, kind, " ")
		for (i = 1; i <= n; i++) {
			if (!(i in want) || !(kind[i] in got))
				print kind[i] ": no figure"
			else if (got[kind[i]] > want[i] + tolerance)
				print kind[i] ": " got[kind[i]] ", written down: " want[i]
		}
	}' "$figures" "$build/instructions-$2"
}

for s in $series; do
	check "instructions per bio are counted on $s" quietly selftests/bench/icount.sh \
		-o "$build/instructions-$s" "$s" "${kinds[@]}"
	for policy in failover round-robin queue-length; do
		check "$policy on $s takes no more instructions per bio than written down" \
			compare "$policy" "$s"
	done
done
finish
