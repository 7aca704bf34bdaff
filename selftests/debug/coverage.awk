# SPDX-License-Identifier: GPL-2.0
#
# Reads what `gcov -b -t` prints, several times of one source perhaps, and prints how many lines
# and branches of each source were executed. A line counts that was executed in one of them;
# branches are those of the first, for no two compilations have the same.
# -v title=

function percent(part, whole) { return whole ? sprintf("%.1f", 100 * part / whole) : "-" }
function row(name, l, a, b, t) {
	printf "%-28s %6d %6s %% %8d %6s %%\n", name, a, percent(l, a), b, percent(t, b)
}

/^ *-: *0:Source:/ {
	id++
	source = $0
	sub(/.*Source:/, "", source)
	kept = (source ~ /(^|\/)(dm-rrpath|build\/coverage)\/[^\/]*$/ || source !~ /\//) &&
		source !~ /(^|\/)test-/
	sub(/.*\//, "", source)
	if (!(source in first))
		first[source] = id
	next
}
!kept { next }
/^branch / {
	if (first[source] != id)
		next
	branches[source]++
	if ($3 == "taken" && $4 + 0 > 0)
		taken[source]++
	next
}
{
	n = split($0, part, ":")
	count = part[1]
	gsub(/[ *]/, "", count)
	line = part[2] + 0
	if (n < 3 || !line || count == "-" || count !~ /^([0-9]|#|=)/)
		next
	lines[source, line] += count + 0
	known[source]
}
END {
	print title
	for (key in lines) {
		split(key, part, SUBSEP)
		all[part[1]]++
		if (lines[key])
			hit[part[1]]++
	}
	for (source in known) {
		order[++files] = source
	}
	for (i = 2; i <= files; i++)
		for (j = i; j > 1 && order[j] < order[j - 1]; j--) {
			swap = order[j]
			order[j] = order[j - 1]
			order[j - 1] = swap
		}
	printf "%-28s %6s %8s %8s %8s\n", "file", "lines", "executed", "branches", "taken"
	for (i = 1; i <= files; i++) {
		source = order[i]
		row(source, hit[source], all[source], branches[source], taken[source])
		l += hit[source]
		a += all[source]
		b += branches[source]
		t += taken[source]
	}
	row("all", l, a, b, t)
	print ""
}
