#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The power fails in the middle of pgbench on maps whose paths fail and return, several times over:
# a virtual machine is killed, and the next one, with the same disks on the same paths, has to find
# every transaction of which a client had been told, and nothing broken. What a client was told is
# written outside of the machine. Prints TAP.
#
#	database: ext4, write-ahead log: xfs
#	power0 power1			the maps
#	two virtio-scsi adapters	the paths, set offline and running in turn
#	two nbdkit			the LUNs, each with a volatile write cache
#	disk0 disk1			files
#
# What QEMU has written to a file is in this machine's page cache, which outlives it. So each LUN is
# an nbdkit with a cache that passes on what is flushed, and that is killed too. Nothing that came
# after the last flush is there then; a disk that has written some of that by itself is not shown.
#
# usage: power-cut.sh [-k SERIES]	(default: 6.1)
#
# RRPATH_POWER_CUTS: how many (default 3).

set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/vm/common.sh
. "$here/../vm/common.sh"
# shellcheck source=selftests/boot/tap.sh
. "$here/../boot/tap.sh"
cd "$project" || exit 1

series=6.1
[[ ${1:-} != -k ]] || series=${2:?}
cuts=${RRPATH_POWER_CUTS:-3}
[[ $cuts =~ ^[1-9][0-9]*$ ]] || die "RRPATH_POWER_CUTS=$cuts: a whole number, at least 1, is needed"
command -v nbdkit >/dev/null || die "no nbdkit here: selftests/vm/packages.sh proofs fetches it"
build_for "$series" >&2

work=$(mktemp -d "${TMPDIR:-/tmp}/rrpath-power.XXXXXX") || exit 1
vm='' servers=()
trap '[[ -z $vm ]] || kill "$vm"; kill "${servers[@]}" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
truncate -s 384M "$work/disk0" "$work/disk1" && mkdir "$work/out" &&
	: >"$work/out/outages" || exit 1
logs=$project/build/power-cut
mkdir -p "$logs"

luns_up() {
	local i end=$((SECONDS + 60))

	servers=()
	for i in 0 1; do
		rm -f "$work/lun$i"
		TMPDIR=$work setpriv --pdeathsig KILL nbdkit -f -U "$work/lun$i" --filter=cache \
			file "$work/disk$i" cache=writeback cache-min-block-size=4K &
		servers+=($!)
		until [[ -S $work/lun$i ]]; do
			((SECONDS < end)) || die "nbdkit does not start"
			sleep 0.1
		done
	done
}

# boot N MODE: the command, as `boot`
boot() {
	boot=("$here/../vm/run.sh" -n -k "$KVER" -m 1024 -t 1500 -o "$work/out" -d "$work/lun0"
		-d "$work/lun1" -l "$logs/kernel-$1.log" --
		selftests/proofs/power-cut-guest.sh "$2")
}

acknowledged() { cat "$work/out"/acked.* 2>/dev/null | wc -l; }
outages() { wc -l <"$work/out/outages"; }

# until_had FUNCTION NUMBER
until_had() {
	until (($($1) >= $2)) || ! kill -0 "$vm" 2>/dev/null; do sleep 0.1; done
}

# QEMU dies with the process between it and run.sh, at once and without a word to its disks.
cut_power() {
	local child pids=("${servers[@]}")

	for child in $(<"/proc/$vm/task/$vm/children"); do
		[[ $(<"/proc/$child/comm") != timeout ]] || pids+=("$child")
	done
	kill -KILL "${pids[@]}"
	wait "${servers[@]}" 2>/dev/null
	servers=()
}

# What the guest said of its checks, as checks of ours.
take() {
	local line

	while IFS= read -r line; do
		case $line in
		"ok "*) ok "boot $1: ${line#ok * - }" ;;
		"not ok "*) fail "boot $1: ${line#not ok * - }" ;;
		*) echo "# ${line#\# }" ;;
		esac
	done <"$logs/guest-$1"
}

echo "TAP version 13"
for ((cut = 1; cut <= cuts; cut++)); do
	before=$(acknowledged) outages=$(outages)
	luns_up
	boot "$cut" load
	"${boot[@]}" >"$logs/guest-$cut" 2>&1 &
	vm=$!
	until_had outages $((outages + 2))
	# Any moment will do, as long as it is none that was waited for.
	until_had acknowledged $(($(acknowledged) + RANDOM % 100))
	cut_power
	wait "$vm" 2>/dev/null
	# What run.sh says when somebody has killed its QEMU.
	is "cut $cut: it did not end by itself" $? 124
	vm=
	sed -i "/run\.sh: line [0-9]*: .* Killed/,\$d" "$logs/guest-$cut"
	take "$cut"
	outages=$(($(outages) - outages))
	check "cut $cut: paths had failed and returned" [ $outages -gt 1 ]
	note "cut $cut: power off after $(($(acknowledged) - before)) transactions acknowledged" \
		"and $outages outages of a path"
done
luns_up
boot "$cut" check
"${boot[@]}" >"$logs/guest-$cut" 2>&1
is "the last guest has come to its end" $? 0
take "$cut"
is "every recovery was looked at" "$(grep -c . "$work/out/recovered" 2>/dev/null)" "$cuts"
echo "1..$tests"
exit $((failures > 0))
