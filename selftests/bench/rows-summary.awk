# SPDX-License-Identifier: GPL-2.0
#
# awk -f median.awk -f rows-summary.awk ROWS: lines of SECTION PEER ROUND FIGURE VALUE as JSON, one
# result a line; with -v table=1 as tables to read. The figures of the list -v compare= get a ratio
# to the section's peer named by -v base=, of the same round.

BEGIN {
	if (base == "")
		base = "linear"
	n = split(compare, list, ",")
	for (i = 1; i <= n; i++)
		compared[list[i]]
}

!($1 in section_seen) {
	section_seen[$1]
	section_name[++sections] = $1
}
!(($1, $2) in peer_seen) {
	peer_seen[$1, $2]
	peer_name[$1, ++peers[$1]] = $2
}
!(($1, $4) in figure_seen) {
	figure_seen[$1, $4]
	figure_name[$1, ++figures[$1]] = $4
}
{
	sample($1 SUBSEP $2 SUBSEP $4, $5)
	if ($4 in compared)
		figure[$1, $2, $4, $3] = $5
	if ($3 > rounds)
		rounds = $3
}

function compare_peers(s, p, f,    r, floor) {
	for (r = 1; r <= rounds; r++) {
		floor = figure[s, base, f, r]
		if (floor > 0 && ((s, p, f, r) in figure))
			sample(s SUBSEP p SUBSEP f "_ratio", figure[s, p, f, r] / floor)
	}
}

# Six digits tell enough of anything here, and %g would write large numbers as 1e+06.
function plain(v) {
	return v == int(v) || v >= 100000 ? "%.0f" : v >= 100 || v <= -100 ? "%.1f" : "%.3f"
}

function result(s, p,    text, i, f, key) {
	text = "    {\"section\": \"" s "\", \"peer\": \"" p "\""
	for (i = 1; i <= figures[s]; i++) {
		f = figure_name[s, i]
		key = s SUBSEP p SUBSEP f
		if (values[key])
			text = text ", \"" f "\": " spread_json(key, plain(median_of(key)))
		if (values[key "_ratio"])
			text = text ", \"" f "_ratio\": " spread_json(key "_ratio", "%.3f")
	}
	return text "}"
}

function print_json(    i, j, comma) {
	printf "{\n  \"schema\": \"rrpath-bench-%s-1\",\n  \"kernel\": \"%s\",\n", part, kernel
	printf "  \"machine\": \"%s\",\n  \"base\": \"%s\",\n  \"rounds\": %d,\n  \"results\": [\n",
		machine, base, rounds
	for (i = 1; i <= sections; i++)
		for (j = 1; j <= peers[section_name[i]]; j++) {
			printf "%s%s", comma, result(section_name[i], peer_name[section_name[i], j])
			comma = ",\n"
		}
	printf "\n  ]\n}\n"
}

function cell(key, width) {
	if (!values[key])
		return sprintf("  %" width "s", "-")
	return sprintf("  %" width "s", sprintf(plain(median_of(key)), median_of(key)))
}

function print_table(    i, j, k, s, f, head, line, width) {
	printf "kernel %s, medians of %d rounds\n", kernel, rounds
	for (i = 1; i <= sections; i++) {
		s = section_name[i]
		head = sprintf("\n%-34s", s)
		for (k = 1; k <= figures[s]; k++) {
			f = figure_name[s, k]
			width = length(f) > 7 ? length(f) : 7
			head = head sprintf("  %" width "s", f)
			if (f in compared)
				head = head "    ratio"
		}
		print head
		for (j = 1; j <= peers[s]; j++) {
			line = sprintf("  %-32s", peer_name[s, j])
			for (k = 1; k <= figures[s]; k++) {
				f = figure_name[s, k]
				key = s SUBSEP peer_name[s, j] SUBSEP f
				line = line cell(key, length(f) > 7 ? length(f) : 7)
				if (f in compared)
					line = line cell(key "_ratio", 7)
			}
			print line
		}
	}
}

END {
	for (i = 1; i <= sections; i++)
		for (j = 1; j <= peers[section_name[i]]; j++)
			for (f in compared)
				compare_peers(section_name[i], peer_name[section_name[i], j], f)
	if (table)
		print_table()
	else
		print_json()
	exit !sections
}
