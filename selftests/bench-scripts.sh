#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The benchmark's scripts run, and what they leave is valid JSON with a figure for every peer, and
# SVG: one round, a twentieth of a second each.

NO_INSERT=1
. "${0%/*}/lib.sh"

need fio dmsetup python3
bench=$here/bench
[ -x "$bench/fio.sh" ] || skip_all "no benchmark beside this script"
check "fio over every peer" env RRPATH_OUT="$tmp" "$bench/fio.sh" -r 1 -t 50ms -w \
	randread/4k/io_uring/4/1 2>"$tmp/err" || note "$(tail -n 5 "$tmp/err")"
summary()
{
	local script=$1
	shift
	awk -v kernel=k -v machine=m -v part=p -v compare=iops -f "$bench/median.awk" \
		-f "$bench/$script" "$@"
}
awk -f "$bench/fio-rows.awk" "$tmp/fio-1.json" >"$tmp/rows"
summary fio-summary.awk "$tmp/rows" /dev/null >"$tmp/fio.json"
summary rows-summary.awk >"$tmp/rows.json" <<'ROWS'
section linear 1 iops 100
section linear 2 iops 300
section rrpath-failover 1 iops 90
section rrpath-failover 2 iops 330
ROWS
awk -v figure=p50_ratio -v title=t -f "$bench/plot.awk" "$tmp/fio.json" >"$tmp/plot.svg"
said=$(python3 -c '
import json, sys, xml.dom.minidom
fio = json.load(open(sys.argv[1]))["results"]
print(*sorted(r["peer"] for r in fio if r["iops"]["median"] > 0 and r["p50_us"]["median"] > 0
	      and r["iops_ratio"]))
rows = json.load(open(sys.argv[2]))["results"]
print(rows[1]["iops"]["median"], rows[1]["iops_ratio"]["median"])
plot = xml.dom.minidom.parse(sys.argv[3])
print(len(plot.getElementsByTagName("rect")) - 1 - len(fio))
' "$tmp/fio.json" "$tmp/rows.json" "$tmp/plot.svg" 2>&1)
{ read -r peers; read -r median; read -r bars; } <<<"$said"
like "every peer has its figures" "$peers" \
	"linear*raw rrpath-failover rrpath-queue-length rrpath-round-robin"
is "median, and median of the rounds' ratios" "$median" "210 1.0"
is "a bar for every result" "$bars" 0
summary summary.awk >"$tmp/bios" <<'BIOS'
1 raw 1 read inline cpu 0 bios 100 ns 5000 best 1
1 linear 1 read inline cpu 0 bios 100 ns 10000 best 1
1 linear 1 read inline cpu 1 bios 100 ns 12000 best 1
1 rrpath-failover 1 read inline cpu 0 bios 100 ns 22000 best 1
2 linear 1 read inline cpu 0 bios 100 ns 20000 best 1
2 linear 1 read inline cpu 1 bios 100 ns 20000 best 1
2 rrpath-failover 1 read inline cpu 0 bios 100 ns 16500 best 1
BIOS
like "ns per bio and CPU, median of the rounds' ratios, ratio of the least" \
	"$(grep failover "$tmp/bios")" "* 2 192.50 165.00 220.00 1.4125 1.5000"
done_testing
