#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whether being guided is worth it: the bug that planted.c has, which it has to find. TAP; a note
# says what the generator alone does with as many inputs.
#
# usage: check.sh [COUNT [SEED]]	(default: 5000 inputs, seed 1)

set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../vm/common.sh"
cd "$project" || exit 1

count=${1:-5000} seed=${2:-1}
tree=$(selftests/debug/kernel.sh kcov) || exit 1
work=$project/build/fuzz/planted
mkdir -p "$work/module"
ln -sf "$project"/dm-rrpath/*.[ch] "$here"/{planted.c,Kbuild} "$work/module/"
ln -sf "$project/dm-rrpath/Kbuild" "$work/module/Kbuild.module"
log=$(make -s -C "$tree" ARCH=um KCOV_INSTRUMENT=y M="$work/module" modules 2>&1 &&
	make -s -C selftests KSFT=/nonexistent 2>&1) || { echo "$log"; exit 1; }

# fuzz FRESH: what it said is in $log
fuzz()
{
	local out=$work/$1

	rm -rf "$out"
	log=$out.tap
	mkdir -p "$out"
	RRPATH_KCOV_COUNT=$count RRPATH_KCOV_SEED=$seed RRPATH_KCOV_FRESH=$1 RRPATH_KCOV_EVERY=10 \
		selftests/debug/run.sh -k kcov -n -t 14400 \
		-l "$out.console" -o "$out" -- env RRPATH_KO="$work/module/dm-rrpath.ko" \
		selftests/fuzz/kcov-guest.sh >"$log" 2>&1 </dev/null
}

# In the log of the kernel, that is to say for the right reason.
found() { grep -q 'KASAN: slab-use-after-free in use_after_free' "$log"; }
last() { grep -E '^# [0-9]*000 inputs' "$log" | tail -n 1; }

failed=0
echo "TAP version 13"
echo "1..1"
fuzz 5
if found; then
	echo "ok 1 - guided, it is found"
else
	failed=1
	echo "not ok 1 - guided, it is found"
	tail -n 20 "$log" | sed 's/^/# /'
fi
last
fuzz 1
echo "# the generator alone: $(found && echo found || echo 'not found')"
last
exit $failed
