#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Instructions per bio of every peer, in a virtual machine whose clock counts them: the
# same from run to run to a part in ten thousand, whatever else this machine does.
#
# usage: icount.sh [-o FILE] [SERIES [KIND]...]	(default: 6.1; kinds as peers.sh has them)
#
# Prints what summary.awk prints, or writes it to FILE: of each peer's fastest chunk, in
# which no timer ticked.

set -u -o pipefail
. "$(dirname "$0")/common.sh"

out=/dev/stdout
while getopts o: opt; do
	case $opt in
	o) out=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
series=${1:-6.1}
shift
kinds=("${@:-1/read/inline}")

find_kernel "$series" ||
	die "no kernel $series here: selftests/vm/packages.sh check fetches one"
ko=$(make_bench_module "/lib/modules/$KVER/build" "$KVER") ||
	die "the benchmark's module does not build for $KVER"

cd "$project" || exit 125
mkdir -p "$results"
lines=$results/instructions-$series.lines
# shellcheck disable=SC2016
selftests/vm/run.sh -k "$series" -i -m 768 -t 900 -l "$results/instructions-$series.log" -- \
	bash -c 'selftests/bench/peers.sh "$1" "$RRPATH_KO" 2 8192 0 "${@:2}" 2>&1' - \
	"$ko" "${kinds[@]}" >"$lines" || { cat "$lines" >&2; exit 1; }
sum_up "$lines" -v best=1 >"$out"
