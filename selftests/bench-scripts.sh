#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The benchmark's scripts run, and what they leave is valid JSON with a figure for every peer: one
# round, a tenth of a second each.

NO_INSERT=1
. "${0%/*}/lib.sh"

need fio dmsetup python3
bench=$here/bench
[ -x "$bench/fio.sh" ] || skip_all "no benchmark beside this script"
dm log
check "fio over every peer" env RRPATH_OUT="$tmp" "$bench/fio.sh" -r 1 -t 50ms -w \
	randread/4k/io_uring/4/1 2>"$tmp/err" || note "$(tail -n 5 "$tmp/err")"
awk -f "$bench/fio-rows.awk" "$tmp/fio-1.json" >"$tmp/rows"
awk -v kernel=k -v machine=m -f "$bench/median.awk" -f "$bench/fio-summary.awk" "$tmp/rows" \
	/dev/null >"$tmp/summary.json"
peers=$(python3 -c '
import json, sys
results = json.load(open(sys.argv[1]))["results"]
print(*sorted(r["peer"] for r in results if r["iops"]["median"] > 0 and r["p50_us"]["median"] > 0
	      and r["iops_ratio"]))' "$tmp/summary.json" 2>&1)
like "a summary in JSON" "$peers" \
	"linear*raw rrpath-failover rrpath-queue-length rrpath-round-robin"
done_testing
