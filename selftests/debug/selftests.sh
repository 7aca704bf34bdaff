#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs the selftests of which a debug kernel can say more than Debian's.
#
# usage: selftests.sh debug|uml|leaks|kasan|kcsan
#        selftests.sh coverage [NAME...]
#
#	debug	uml, for a few minutes: what `make check` has of them
#	uml	all that it can run
#	leaks	uml, with kmemleak looking for leaks after each
#	kasan	what two CPUs and interrupts of a machine make different
#	kcsan	changes of all kinds while I/O goes on, for data races
#	coverage	uml, or those named, for coverage.sh

set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/common.sh"

# all_but NAME...
all_but() {
	local file name

	for file in "$project"/selftests/*.sh; do
		name=$(basename "$file" .sh)
		case " lib run $* " in *" $name "*) ;; *) echo "$name" ;; esac
	done
}

# What User-Mode Linux is not for: measurements, loads that take minutes, targets it has not.
not_uml=(bench-scripts policy-queue-length filesystem-loads on-lvm)

options=() limit=5400 command=selftests/run.sh
case ${1-} in
debug)
	kernel=uml
	names=(table-good table-bad messages sysfs sysfs-lifetime reload-io suspend-io remove-io
		queue-if-no-path no-path-timeout stall probe failover-io-error module torture)
	# What has always been rare is for the longer ones to find.
	export RRPATH_SEED=${RRPATH_SEED:-1}
	;;
uml)
	kernel=uml
	export RRPATH_FUZZ_COUNT=20000 RRPATH_FUZZ_EVERY=10
	mapfile -t names < <(all_but "${not_uml[@]}")
	;;
leaks)
	kernel=uml options=(-L)
	names=(table-good table-bad table-bad-devices table-bad-numbers bad-input messages
		messages-bad sysfs sysfs-bad sysfs-lifetime live-changes-io reload-io suspend-io
		remove-io held-suspend queue-if-no-path no-path-timeout stall probe failback
		hold-down failover-io-error integrity merge many-paths two-maps uevents
		disk-delete-return lun-resize lun-replaced tool-create tool-add-drop module
		failing-allocations torture)
	;;
coverage)
	kernel=uml options=(-g -o "$project/build/coverage/data")
	command=selftests/debug/coverage-guest.sh
	names=("${@:2}")
	# Another user's tool cannot write what it counts, and says so.
	[[ $# -gt 1 ]] || mapfile -t names < <(all_but "${not_uml[@]}" security)
	;;
kasan)
	kernel=kasan
	names=(live-changes-io reload-io suspend-io remove-io sysfs-lifetime held-suspend
		failover-io-error stall queue-if-no-path integrity error-classes
		disk-delete-return module torture)
	;;
kcsan)
	kernel=kcsan
	names=(live-changes-io reload-io suspend-io remove-io sysfs-lifetime held-suspend
		failover-io-error failback hold-down probe probe-backoff stall stall-last-path
		queue-if-no-path no-path-timeout status uevents priorities round-robin-weights
		policy-queue-length merge nowait polled flush-discard two-maps torture)
	;;
*)
	die "usage: selftests.sh debug|uml|leaks|kasan|kcsan"
	;;
esac
export RRPATH_LIMIT=${RRPATH_LIMIT:-1200} RRPATH_DEADLINE=${RRPATH_DEADLINE:-120}
exec "$here/run.sh" -k "$kernel" -m 2048 -t "$limit" "${options[@]}" \
	-l "$project/build/check/kernel-$1.log" -- "$command" "${names[@]}"
