#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make proofs: a boot under systemd, power cuts, and the long forms of the selftests that prove that
# data stays right and that nothing alarms falsely, each in a virtual machine of its own, one after
# the other.
#
# usage: run.sh [-k SERIES] [NAME...]	(default: 6.1, all of them)
#
# RRPATH_SECONDS: how long each keeps making trouble (default 600); RRPATH_CUTS: how often a link is
# cut under PostgreSQL (default 10); RRPATH_POWER_CUTS: how often the power is (default 3). What
# each said is kept in build/proofs/; the last line is `N passed, N failed`, of proofs.

set -u -o pipefail
. "$(dirname "$0")/../vm/common.sh"
cd "$project" || exit 1

series=6.1
[[ ${1:-} != -k ]] || { series=${2:?}; shift 2; }
proofs=("$@")
[[ $# -gt 0 ]] || proofs=(boot no-false-alarm flapping data-trim data-filesystems
	scsi-errors nvme-tcp postgresql crash-consistency on-lvm filesystem-loads power-cut)
export RRPATH_SECONDS=${RRPATH_SECONDS:-600} RRPATH_CUTS=${RRPATH_CUTS:-10}
export RRPATH_POWER_CUTS=${RRPATH_POWER_CUTS:-3}
for n in RRPATH_SECONDS RRPATH_CUTS RRPATH_POWER_CUTS; do
	[[ ${!n} =~ ^[1-9][0-9]*$ ]] || die "$n=${!n}: a whole number, at least 1, is needed"
done
# Setting up, and waiting for what was begun, is slow under emulation.
export RRPATH_LIMIT=$((RRPATH_SECONDS * 2 + RRPATH_CUTS * 60 + 600))

selftests/vm/packages.sh build proofs || exit 1
find_kernel "$series" || die "no kernel $series here: selftests/vm/packages.sh check fetches one"
log=$(make -s --no-print-directory -C userspace-tool 2>&1 &&
	make -s --no-print-directory -C selftests KSFT=/nonexistent 2>&1 &&
	make -s --no-print-directory module-copy KVER="$KVER" 2>&1) || { echo "$log"; exit 1; }

# prove NAME: its TAP, indented
prove() {
	case $1 in
	boot) selftests/boot/boot.sh -k "$KVER" | sed 's/^/    /' ;;
	power-cut) selftests/proofs/power-cut.sh -k "$KVER" | sed 's/^/    /' ;;
	*)
		selftests/vm/run.sh -n -k "$KVER" -m 2048 -t $((RRPATH_LIMIT + 120)) \
			-l "$out/$1-kernel.log" -- selftests/run.sh "$1"
		;;
	esac
}

out=build/proofs
mkdir -p "$out"
passed=0 failed=0
for proof in "${proofs[@]}"; do
	proof=${proof%.sh}
	[[ -x selftests/$proof.sh || $proof == @(boot|power-cut) ]] || die "no such proof: $proof"
	printf '\n%s, kernel %s\n' "$proof" "$KVER"
	began=$SECONDS
	prove "$proof" >"$out/$proof.tap" 2>&1
	status=$?
	# What was measured, and each failure with what belongs to it.
	sed -n 's/^ *# /    /p; /^ *not ok/p' "$out/$proof.tap" | head -n 100
	ran=$(grep -c '^    ok ' "$out/$proof.tap")
	if grep -q '^ok 1 - .*# SKIP' "$out/$proof.tap"; then
		echo "    not proven: it was skipped"
		status=4
	fi
	if [[ $status -eq 0 && $ran -gt 0 ]]; then
		passed=$((passed + 1))
		echo "ok: $ran checks hold, $((SECONDS - began)) s"
	else
		failed=$((failed + 1))
		echo "NOT ok (status $status, $((SECONDS - began)) s): $out/$proof.tap"
	fi
done
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 ]]
