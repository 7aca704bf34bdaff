# SPDX-License-Identifier: GPL-2.0
#
# Reads what `gcov -b -t` prints, several times of one source perhaps, and prints how many lines
# and branches of each source were executed, and which lines were not. A line counts that was
# executed in one of them. No two compilations have the same branches: those of a line are those
# of the one that took most of them, of several the one that has fewest. But one that is not
# optimized has the conditions of the source, once each: it comes first if it executed the line.
#
# Conditions that are not the source's own, but of a macro or an inline function of the kernel's,
# do not count: only a mistake, a debugger or another compilation would make them go the other way.
# They are those that `kernels` names. All branches of a statement that has no condition of its
# own are theirs. Of one that has, as many pairs of branches as the table says, those of which
# one was not taken before the others: the rest is the source's.
#
# -v title=
# plain=1		before files: those of compilations without optimization
# -v exceptions=	file: lines of `SOURCE FUNCTION LINES REASON`: so many lines of it at most are
#			not executed, for that reason
# -v untaken=		file: the same of branches
# -v details=		file: lines with branches that were not taken go there
# -v strict=		1: exit status 1 if there are lines that have no reason

function percent(part, whole) { return whole ? sprintf("%.1f", 100 * part / whole) : "-" }
function row(name, l, a, e, b, t, u) {
	printf "%-24s %6d %6s %% %9d %8d %6s %% %9d\n", name, a, percent(l, a), e, b, \
		percent(t, b), u
}
function sort(list, n,    i, j, swap) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j] < list[j - 1]; j--) {
			swap = list[j]
			list[j] = list[j - 1]
			list[j - 1] = swap
		}
}
# Lines of `SOURCE FUNCTION NUMBER REASON`.
function read_reasons(file, allowed, reason,    entry, part, key) {
	while (file && (getline entry < file) > 0) {
		if (entry ~ /^#/ || split(entry, part, " ") < 4)
			continue
		key = part[1] SUBSEP part[2]
		allowed[key] = part[3]
		reason[key] = entry
		sub(/^[^ ]+ +[^ ]+ +[^ ]+ +/, "", reason[key])
	}
}
function print_reasons(what, unit, missed, allowed, reason,    key, part, why, n, i) {
	for (key in allowed) {
		split(key, part, SUBSEP)
		if (part[1] in known && missed[key] && missed[key] <= allowed[key])
			why[++n] = sprintf("  %s: %s, %d %s: %s", part[1], part[2], missed[key], \
				unit, reason[key])
	}
	sort(why, n)
	for (i = 1; i <= n; i++)
		print (i == 1 ? what ", but explained:\n" : "") why[i]
}
function ends(text) { return text == "" || text ~ /[;{}:]$|\*\/$|^#/ }
# The statement that a line is part of, without strings and comments.
function statement(source, line,    first, last, text) {
	for (first = line; !ends(text_of[source, first - 1]); first--)
		;
	for (last = line; !ends(text_of[source, last]); last++)
		;
	while (first <= last)
		text = text " " text_of[source, first++]
	gsub(/"([^"\\]|\\.)*"|\/\*[^*]*\*\//, "", text)
	return text
}
# How many pairs of branches of a line are the kernel's.
function kernels_of(source, line,    name, text, sum) {
	text = text_of[source, line]
	for (name in kernels)
		sum += gsub(name, name, text) * kernels[name]
	if (sum && statement(source, line) !~ own)
		return 1000
	return sum + 0
}
# What counts of the branches of a line in one compilation: in `of_line` and `by_line`
function count(source, line, id,    key, n, i, drop, pairs, got) {
	key = source SUBSEP line SUBSEP id
	n = branches_of[key]
	of_line = n
	by_line = 0
	for (i = 1; i <= n; i++)
		by_line += branch[key, i]
	drop = kernels_of(source, line)
	if (!drop)
		return
	for (i = 1; i < n; i += 2)
		pairs[branch[key, i] + branch[key, i + 1]]++
	for (got = 0; got <= 2; got++)
		for (; drop && pairs[got]; drop--) {
			pairs[got]--
			of_line -= 2
			by_line -= got
		}
}

BEGIN {
	read_reasons(exceptions, allowed, reason)
	read_reasons(untaken, allowed_branches, branch_reason)
	kernels["lockdep_assert_held"] = 3
	kernels["rcu_dereference_[a-z]+"] = 5
	kernels["WARN_ON(_ONCE)?"] = 3
	kernels["preempt_enable"] = 1
	kernels["wait_event"] = 1
	# Of a buffer's end, and of messages that come too often.
	kernels["DMEMIT[A-Z_]*"] = 1
	kernels["DM(ERR|WARN)_LIMIT"] = 1
	# Is it a constant? The compiler asks itself, later than it counts.
	kernels["msecs_to_jiffies"] = 1
	kernels["get_order"] = 1
	kernels["blk_queue_nomerges"] = 4
	own = "[?]|&&|[|][|]|(^|[^a-z_])(if|for|while|switch) [(]|wait_event"
}
/^ *-: *0:Source:/ {
	id++
	source = $0
	sub(/.*Source:/, "", source)
	is_plain[id] = plain
	kept = (source ~ /(^|\/)(dm-rrpath|build\/coverage)\/[^\/]*$/ || source !~ /\//) &&
		source !~ /(^|\/)test-/
	sub(/.*\//, "", source)
	name = ""
	next
}
!kept { next }
/^(function|call|unconditional) / { next }
/^branch / {
	key = source SUBSEP line SUBSEP id
	branch[key, ++branches_of[key]] = $3 == "taken" && $4 + 0 > 0
	next
}
{
	n = split($0, part, ":")
	count_of = part[1]
	gsub(/[ *]/, "", count_of)
	line = part[2] + 0
	if (n < 3 || !line || count_of !~ /^([0-9]|#|=|-)/)
		next
	text = $0
	sub(/^[^:]*:[^:]*:/, "", text)
	# Also of functions that are only ever inlined, which gcov has none for.
	if (text ~ /^[a-z_].*\(/ && text !~ /;$/) {
		name = text
		sub(/\(.*/, "", name)
		sub(/.*[ *]/, "", name)
	}
	sub(/^[ \t]*/, "", text)
	text_of[source, line] = text
	if (count_of == "-")
		next
	lines[source, line] += count_of + 0
	if (plain && count_of + 0)
		plainly[source, line]
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
	for (key in branches_of) {
		split(key, part, SUBSEP)
		at = part[1] SUBSEP part[2]
		if (at in plainly && !is_plain[part[3]])
			continue
		count(part[1], part[2], part[3])
		if (!of_line)
			continue
		ratio = by_line / of_line
		if (at in best && (ratio < best[at] || ratio == best[at] && of_line >= of[at]))
			continue
		best[at] = ratio
		of[at] = of_line
		by[at] = by_line
	}
	for (at in of) {
		split(at, part, SUBSEP)
		branches[part[1]] += of[at]
		taken[part[1]] += by[at]
		if (by[at] == of[at])
			continue
		missed_branches[part[1], function_of[at]] += of[at] - by[at]
		partly[++partlies] = sprintf("%s:%05d: %s: %d of %d: %s", part[1], part[2], \
			function_of[at], by[at], of[at], text_of[at])
	}
	for (key in missed) {
		split(key, part, SUBSEP)
		if (missed[key] <= allowed[key])
			explained[part[1]] += missed[key]
	}
	for (key in missed_branches) {
		split(key, part, SUBSEP)
		if (missed_branches[key] <= allowed_branches[key])
			explained_branches[part[1]] += missed_branches[key]
	}
	for (source in known)
		order[++files] = source
	sort(order, files)
	printf "%-24s %6s %8s %9s %8s %8s %9s\n", "file", "lines", "executed", "explained", \
		"branches", "taken", "explained"
	for (i = 1; i <= files; i++) {
		source = order[i]
		row(source, hit[source], all[source], explained[source], branches[source], \
			taken[source], explained_branches[source])
		l += hit[source]
		a += all[source]
		e += explained[source]
		b += branches[source]
		t += taken[source]
		u += explained_branches[source]
	}
	row("all", l, a, e, b, t, u)
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
	print_reasons("not executed", "lines", missed, allowed, reason)
	print_reasons("not taken", "branches", missed_branches, allowed_branches, branch_reason)
	if (details) {
		sort(partly, partlies)
		for (i = 1; i <= partlies; i++)
			print partly[i] >details
	}
	print ""
	if (strict && unexplained)
		exit 1
}
