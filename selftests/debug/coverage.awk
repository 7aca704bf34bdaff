# SPDX-License-Identifier: GPL-2.0
#
# Reads what `gcov -b -t` prints, several times of one source perhaps, and prints how many lines
# and branches of each source were executed, and which lines were not. A line counts that was
# executed in one of them. No two compilations have the same branches: those of a line are those
# of the one that took most of them.
#
# -v title=
# -v exceptions=	file: lines of `SOURCE FUNCTION LINES REASON`: so many lines of it at most are
#			not executed, for that reason
# -v details=		file: lines with branches that were not taken go there
# -v strict=		1: exit status 1 if there are lines that have no reason

function percent(part, whole) { return whole ? sprintf("%.1f", 100 * part / whole) : "-" }
function row(name, l, a, e, b, t) {
	printf "%-28s %6d %6s %% %9d %8d %6s %%\n", name, a, percent(l, a), e, b, percent(t, b)
}
function sort(list, n,    i, j, swap) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j] < list[j - 1]; j--) {
			swap = list[j]
			list[j] = list[j - 1]
			list[j - 1] = swap
		}
}

BEGIN {
	while (exceptions && (getline entry < exceptions) > 0) {
		if (entry ~ /^#/ || split(entry, part, " ") < 4)
			continue
		key = part[1] SUBSEP part[2]
		allowed[key] = part[3]
		reason[key] = entry
		sub(/^[^ ]+ +[^ ]+ +[^ ]+ +/, "", reason[key])
	}
	# Checks of the kernel's, which only fail if there is a mistake, and those of a buffer's end.
	check = "lockdep_assert|rcu_dereference|WARN_ON|preempt_enable|DMEMIT|DM(ERR|WARN)_LIMIT|" \
		"spin_(un)?lock|mutex_(un)?lock"
}
/^ *-: *0:Source:/ {
	id++
	source = $0
	sub(/.*Source:/, "", source)
	kept = (source ~ /(^|\/)(dm-rrpath|build\/coverage)\/[^\/]*$/ || source !~ /\//) &&
		source !~ /(^|\/)test-/
	sub(/.*\//, "", source)
	name = ""
	next
}
!kept { next }
/^function / {
	name = $2
	# A part that the compiler has made of it.
	sub(/\..*/, "", name)
	next
}
/^(call|unconditional)/ { next }
/^branch / {
	if (text ~ check)
		next
	branch[source, line, id]++
	if ($3 == "taken" && $4 + 0 > 0)
		taking[source, line, id]++
	next
}
{
	n = split($0, part, ":")
	count = part[1]
	gsub(/[ *]/, "", count)
	line = part[2] + 0
	if (n < 3 || !line || count == "-" || count !~ /^([0-9]|#|=)/)
		next
	text = $0
	sub(/^[^:]*:[^:]*:[ \t]*/, "", text)
	lines[source, line] += count + 0
	text_of[source, line] = text
	function_of[source, line] = name
	known[source]
}
END {
	print title
	for (key in lines) {
		split(key, part, SUBSEP)
		all[part[1]]++
		if (lines[key]) {
			hit[part[1]]++
			continue
		}
		missed[part[1], function_of[key]]++
		list[++nr] = sprintf("%s:%05d", part[1], part[2])
	}
	for (key in branch) {
		split(key, part, SUBSEP)
		at = part[1] SUBSEP part[2]
		part_taken = taking[key] / branch[key]
		if (at in best && part_taken <= best[at])
			continue
		best[at] = part_taken
		of[at] = branch[key]
		by[at] = taking[key]
	}
	for (at in of) {
		split(at, part, SUBSEP)
		branches[part[1]] += of[at]
		taken[part[1]] += by[at]
		if (by[at] < of[at])
			partly[++partlies] = sprintf("%s:%05d: %d of %d: %s", part[1], part[2], \
				by[at], of[at], text_of[at])
	}
	for (key in missed) {
		split(key, part, SUBSEP)
		if (missed[key] <= allowed[key])
			explained[part[1]] += missed[key]
	}
	for (source in known)
		order[++files] = source
	sort(order, files)
	printf "%-28s %6s %8s %9s %8s %8s\n", "file", "lines", "executed", "explained", "branches", \
		"taken"
	for (i = 1; i <= files; i++) {
		source = order[i]
		row(source, hit[source], all[source], explained[source], branches[source], \
			taken[source])
		l += hit[source]
		a += all[source]
		e += explained[source]
		b += branches[source]
		t += taken[source]
	}
	row("all", l, a, e, b, t)
	print ""
	sort(list, nr)
	for (i = 1; i <= nr; i++) {
		split(list[i], part, ":")
		source = part[1]
		line = part[2] + 0
		key = source SUBSEP function_of[source, line]
		if (missed[key] <= allowed[key])
			continue
		if (!unexplained++)
			print "not executed, and not explained in " exceptions ":"
		printf "  %s:%d: %s: %s\n", source, line, function_of[source, line], \
			text_of[source, line]
	}
	for (key in allowed) {
		split(key, part, SUBSEP)
		if (!(part[1] in known))
			continue
		if (missed[key] && missed[key] <= allowed[key])
			why[++reasons] = sprintf("  %s: %s, %d lines: %s", part[1], part[2], \
				missed[key], reason[key])
	}
	sort(why, reasons)
	for (i = 1; i <= reasons; i++)
		print (i == 1 ? "not executed, but explained:\n" : "") why[i]
	if (details) {
		sort(partly, partlies)
		for (i = 1; i <= partlies; i++)
			print partly[i] >details
	}
	print ""
	if (strict && unexplained)
		exit 1
}
