#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs selftests in the guest that coverage.sh starts, with a tool that counts as the module does,
# and keeps what both have counted.
#
# usage: coverage-guest.sh NAME...

counted=userspace-tool/build/coverage
export PATH=$PWD/$counted:$PATH GCOV_PREFIX=$RRPATH_OUT/tool
selftests/run.sh "$@"
status=$?
# Of those that udev called, without this environment.
mkdir -p "$RRPATH_OUT/udev"
cp "$counted"/*.gcda "$RRPATH_OUT/udev/" 2>/dev/null
for data in "/sys/kernel/debug/gcov$PWD/build/coverage"/*.gcda; do
	cat "$data" >"$RRPATH_OUT/${data##*/}" || status=1
done
exit "$status"
