#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make lab: installs what is missing, builds, boots one of Debian's kernels in QEMU and plays the
# user's lab there, with dm-multipath and with dm-rrpath. The table is kept in build/lab/report.txt.
#
# usage: lab.sh [-k SERIES] [COLUMN...]	(multipath advised least rrpath)

set -u -o pipefail
. "$(dirname "$0")/../vm/common.sh"
cd "$project" || exit 1

series=6.1
if [[ ${1:-} == -k ]]; then
	series=${2:?}
	shift 2
fi
[[ ! -t 1 ]] || export RRPATH_COLOR=yes

began=$SECONDS
selftests/vm/packages.sh build lab || exit 1
build_for "$series"
mkdir -p build/lab
log=$(make -s --no-print-directory -C selftests KSFT=/nonexistent 2>&1 &&
	cc -O2 -Wall -Wextra -o build/lab/writer selftests/lab/writer.c -lpthread 2>&1) ||
	{ echo "$log"; exit 1; }
echo "booting $KVER in QEMU"
rm -f build/lab/report.txt
selftests/vm/run.sh -n -k "$KVER" -m 2048 -t 1200 -o build/lab -l build/lab/kernel.log -- \
	selftests/lab/play.sh "$@"
status=$?
echo "In all $((SECONDS - began)) s, with building and booting."
exit "$status"
