#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make demo: installs what is missing, builds, boots one of Debian's kernels in QEMU
# and plays story.sh there, on a real iSCSI target with two links.
#
# usage: demo.sh [-k SERIES]

set -u -o pipefail
. "$(dirname "$0")/../vm/common.sh"
cd "$project" || exit 1

series=6.1
[[ ${1:-} != -k ]] || series=${2:?}
[[ ! -t 1 ]] || export RRPATH_COLOR=yes

began=$SECONDS
selftests/vm/packages.sh build demo || exit 1
build_for "$series"
echo "booting $KVER in QEMU"
export RRPATH_WHERE="in a virtual machine"
selftests/vm/run.sh -n -k "$KVER" -m 2048 -t 900 -l build/demo-kernel.log -- \
	selftests/demo/story.sh iscsi
status=$?
echo "In all $((SECONDS - began)) s, with building and booting."
exit "$status"
