# SPDX-License-Identifier: GPL-2.0
#
# awk -f median.awk -f fio-summary.awk ROWS WORKERS: the lines of fio-rows.awk, and those of
# count_workers, as JSON, one result a line; with -v table=1 as a table to read. Ratios are those of
# the same round, to dm-linear, or to the peer named by -v base=. With -v exact=1 time was counted
# in instructions.

function ratio(key, mine, floor) {
	if (floor > 0)
		sample(key, mine / floor)
}

BEGIN {
	if (base == "")
		base = "linear"
}

FILENAME != last { files++; last = FILENAME }

files == 1 {
	slash = match($2, /\/[^\/]*$/)
	cell = substr($2, 1, slash - 1)
	peer = substr($2, slash + 1)
	if (!(cell in cell_seen)) {
		cell_seen[cell] = 1
		cell_name[++cells] = cell
	}
	if (!(peer in peer_seen)) {
		peer_seen[peer] = 1
		peer_name[++peers] = peer
	}
	if ($1 > rounds)
		rounds = $1
	for (i = 3; i <= 8; i++)
		figure[cell, peer, $1, i] = $i
	next
}

{
	worker[$1, $2] = sprintf("\"ios\": %d, \"handed_over\": %s, \"workers\": %d, " \
		"\"workers_at_once\": %d", $4, $3 == "-" ? "null" : $3, $5, $6)
	workers_of[$1, $2] = sprintf("%s of %d I/Os, %d workers", $3, $4, $5)
	if (!(($2) in depth_seen)) {
		depth_seen[$2] = 1
		depth_name[++depths] = $2
	}
}

function sum_up(cell, peer,    r, key) {
	key = cell "/" peer
	for (r = 1; r <= rounds; r++) {
		if (!((cell, peer, r, 3) in figure))
			continue
		sample(key "/iops", figure[cell, peer, r, 3])
		for (i = 4; i <= 6; i++)
			sample(key "/" i, figure[cell, peer, r, i] / 1000)
		if (figure[cell, peer, r, 3] > 0)
			sample(key "/cost", 1e9 / figure[cell, peer, r, 3])
		if (figure[cell, peer, r, 7] > 0)
			sample(key "/switches", figure[cell, peer, r, 8] / figure[cell, peer, r, 7])
		if (!((cell, base, r, 3) in figure))
			continue
		for (i = 3; i <= 6; i++)
			ratio(key "/ratio" i, figure[cell, peer, r, i], figure[cell, base, r, i])
	}
}

function result(cell, peer,    key, text) {
	key = cell "/" peer
	text = sprintf("    {\"cell\": \"%s\", \"peer\": \"%s\", \"rounds\": %d", cell, peer,
		values[key "/iops"])
	text = text ", \"iops\": " spread_json(key "/iops", "%.1f")
	text = text ", \"p50_us\": " spread_json(key "/4", "%.2f")
	text = text ", \"p99_us\": " spread_json(key "/5", "%.2f")
	text = text ", \"p999_us\": " spread_json(key "/6", "%.2f")
	text = text ", \"switches_per_io\": " spread_json(key "/switches", "%.4f")
	if (exact)
		text = text ", \"instructions\": " spread_json(key "/cost", "%.0f")
	text = text ", \"iops_ratio\": " spread_json(key "/ratio3", "%.4f")
	text = text ", \"p50_ratio\": " spread_json(key "/ratio4", "%.4f")
	text = text ", \"p99_ratio\": " spread_json(key "/ratio5", "%.4f")
	return text ", \"p999_ratio\": " spread_json(key "/ratio6", "%.4f") "}"
}

function print_json(    c, p, d, comma) {
	printf "{\n  \"schema\": \"rrpath-bench-fio-1\",\n  \"kernel\": \"%s\",\n", kernel
	printf "  \"machine\": \"%s\",\n  \"base\": \"%s\",\n  \"results\": [\n", machine, base
	for (c = 1; c <= cells; c++)
		for (p = 1; p <= peers; p++) {
			if (!values[cell_name[c] "/" peer_name[p] "/iops"])
				continue
			printf "%s%s", comma, result(cell_name[c], peer_name[p])
			comma = ",\n"
		}
	printf "\n  ],\n  \"io_uring_workers\": [\n"
	comma = ""
	for (d = 1; d <= depths; d++)
		for (p = 1; p <= peers; p++) {
			if (!((peer_name[p], depth_name[d]) in worker))
				continue
			printf "%s    {\"peer\": \"%s\", \"depth\": %d, %s}", comma, peer_name[p],
				depth_name[d], worker[peer_name[p], depth_name[d]]
			comma = ",\n"
		}
	printf "\n  ]\n}\n"
}

# Peers stand in the order of the first round.
function print_table(    c, p, d, key) {
	printf "kernel %s, medians of %d rounds. Ratios to %s: of the best round to its best, " \
		"of p50 in the same round\n", kernel, rounds, base
	for (c = 1; c <= cells; c++) {
		floor = cell_name[c] "/" base
		floor = exact ? least(floor "/cost") : most(floor "/iops")
		printf "\n%-32s %8s %8s %6s %8s %6s %13s %8s %8s %8s\n", cell_name[c],
			exact ? "insns" : "IOPS", "best", "ratio", "p50 us", "ratio", "from-to",
			"p99 us", "p99.9", "switches"
		for (p = 1; p <= peers; p++) {
			key = cell_name[c] "/" peer_name[p]
			if (!values[key "/iops"])
				continue
			rate = key (exact ? "/cost" : "/iops")
			best = exact ? least(rate) : most(rate)
			printf "  %-30s %8.0f %8.0f %6.3f %8.1f %6.3f %6.2f-%-6.2f %8.0f %8.0f %8.3f\n",
				peer_name[p], median_of(rate), best, floor ? best / floor : 0,
				median_of(key "/4"), median_of(key "/ratio4"),
				least(key "/ratio4"), most(key "/ratio4"),
				median_of(key "/5"), median_of(key "/6"),
				median_of(key "/switches")
		}
	}
	for (d = 1; d <= depths; d++) {
		printf "\nio_uring depth %d: handed to worker threads\n", depth_name[d]
		for (p = 1; p <= peers; p++)
			if ((peer_name[p], depth_name[d]) in workers_of)
				printf "  %-30s %s\n", peer_name[p],
					workers_of[peer_name[p], depth_name[d]]
	}
}

END {
	for (c = 1; c <= cells; c++)
		for (p = 1; p <= peers; p++)
			sum_up(cell_name[c], peer_name[p])
	if (table)
		print_table()
	else
		print_json()
	exit !cells
}
