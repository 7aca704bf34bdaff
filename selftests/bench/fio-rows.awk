# SPDX-License-Identifier: GPL-2.0
#
# fio's JSON, as it prints it, one job a line:
#	ROUND JOBNAME IOPS P50 P99 P99.9 IOS SWITCHES
# with latencies in ns. ROUND is the number of the file: fio-3.json.

function number(text) {
	gsub(/[",]/, "", text)
	return text
}

FNR == 1 {
	round = FILENAME
	sub(/\.json$/, "", round)
	sub(/.*-/, "", round)
	depth = 0
}
/^[^{]*[{[]$/ { where[++depth] = $1 }
/^ *[]}],?$/ {
	depth--
	if (depth == 2 && name != "") {
		print round, name, iops, p50, p99, p999, ios, switches
		name = ""
	}
	next
}
$1 == "\"jobname\"" { name = number($3); iops = p50 = p99 = p999 = ios = switches = 0 }
depth == 4 && $1 == "\"iops\"" { iops += number($3) }
depth == 4 && $1 == "\"total_ios\"" { ios += number($3) }
$1 == "\"ctx\"" { switches = number($3) }
# fio counts no read of a job that writes, and the other way round; syncs it has no figures of.
where[depth] == "\"percentile\"" && where[depth - 1] == "\"lat_ns\"" {
	if ($1 == "\"50.000000\"" && number($3) > 0) p50 = number($3)
	if ($1 == "\"99.000000\"" && number($3) > 0) p99 = number($3)
	if ($1 == "\"99.900000\"" && number($3) > 0) p999 = number($3)
}
