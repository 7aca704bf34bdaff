#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Does it take as long as `rrpath doctor` says? In the lab with two links to one iSCSI LUN, in
# five set-ups of the timers: a writer (direct I/O of 4 KiB, as each is done the next) goes over
# the first link, the far end of which goes down. The longest write is compared with what doctor
# said before. To be run as root in a virtual machine:
#
#	selftests/vm/run.sh -k 6.1 -- selftests/lab/doctor-prediction.sh [SETUP...]
#
#	noop 5 + 5, recovery 5		as multipathd leaves open-iscsi's defaults
#	noop 1 + 1, recovery 1		everything at its least
#	tuned				as rrpath create leaves it, without the helper
#	noops off			only the SCSI timeout finds out
#	helper				as rrpath create leaves it, with rrpath unstick
#
# Every set-up may be 20 % off. TAP; exit status 0 if all are within.

set -u
cd "${0%/*}/../.." || exit 1
export LC_ALL=C

work=/run/rrpath-prediction
mkdir -p "$work"
event() { echo "# $*"; }
tests=0 failures=0

ok() { tests=$((tests + 1)); echo "ok $tests - $1"; }
not_ok() { tests=$((tests + 1)) failures=$((failures + 1)); echo "not ok $tests - $1"; }
die() { echo "Bail out! $*"; lab_diagnose | sed 's/^/# /'; exit 1; }

# shellcheck source=/dev/null
. selftests/demo/lab-iscsi.sh
timers=(5 5 5 5)

# Both sessions as their records say: out, and in again.
relogin() {
	local i

	iscsiadm -m node --logout >/dev/null 2>&1
	until_so 30 no_disks || die "the disks do not go"
	for i in 0 1; do
		iscsiadm -m node -T "$iqn" -p "${nets[i]}.8" --login >/dev/null 2>&1 ||
			die "cannot log in"
		until_so 30 disk_of "${nets[i]}" || die "no disk over ${nets[i]}"
		udevadm settle -t 20
		disks[i]=$(disk_of "${nets[i]}")
	done
}

no_disks() {
	! compgen -G '/dev/disk/by-path/ip-*-iscsi-*' >/dev/null &&
		! compgen -G '/sys/block/sd*' >/dev/null
}

# record_timers INTERVAL TIMEOUT RECOVERY: of the records
record_timers() {
	iscsiadm -m node -T "$iqn" -o update -n "node.conn[0].timeo.noop_out_interval" -v "$1" \
		-n "node.conn[0].timeo.noop_out_timeout" -v "$2" \
		-n node.session.timeo.replacement_timeout -v "$3" || die "iscsiadm cannot update"
}

both_active() {
	[[ $(rrpath show --raw --noheadings -o STATE lun) == active$'\n'active ]]
}

writes_go_on() {
	local before now

	before=$(rrpath stat --raw --noheadings -o WRITES lun | head -n 1)
	sleep 0.3
	now=$(rrpath stat --raw --noheadings -o WRITES lun | head -n 1)
	((now > before))
}

# What doctor says about a link loss of the first path, in milliseconds.
predicted() {
	rrpath doctor --json lun >"$work/doctor.json" 2>"$work/doctor.err"
	[[ $? -le 1 ]] || die "doctor: $(<"$work/doctor.err")"
	sed -n 's/.*"link_loss_ms": *\([0-9]*\).*/\1/p' "$work/doctor.json" | head -n 1
}

# The longest write, in milliseconds: the link goes when the writer is under way.
measured() {
	local seconds=$1 pid

	fio --name=writer --filename=/dev/mapper/lun --rw=write --bs=4k --direct=1 \
		--ioengine=psync \
		--time_based --runtime="$seconds" --output-format=json --output="$work/fio.json" \
		>/dev/null 2>&1 &
	pid=$!
	until_so 30 writes_go_on || die "the writer does not write"
	# Not in step with the writer's start, which is when the timers began.
	sleep "1.$((RANDOM % 10))"
	lab_cut 0
	wait "$pid" || echo "# fio ended with $?"
	lab_mend 0
	awk '/"clat_ns"/ { in_clat = 1 } in_clat && /"max"/ {
		gsub(/[^0-9]/, ""); if ($0 + 0 > max) max = $0 + 0; in_clat = 0
	} END { printf "%d\n", max / 1e6 }' "$work/fio.json"
}

# compare NAME SECONDS: doctor, then the cut
compare() {
	local said was off

	said=$(predicted)
	was=$(measured "$2")
	[[ -n $said ]] || { not_ok "$1: doctor says nothing, was $was ms"; return; }
	off=$(((was - said) * 100 / was))
	if ((${off#-} <= 20)); then ok "$1: said $said ms, was $was ms ($off %)"
	else not_ok "$1: said $said ms, was $was ms ($off %)"; fi
	until_so 60 both_active || die "the path does not come back"
}

begin() {
	echo "# $1"
	rrpath create "${@:2}" lun "${disks[@]}" || die "no map"
	until_so 30 both_active || die "the paths are not active"
}

end() {
	rrpath remove lun || die "the map cannot be removed"
}

setup_default() {
	record_timers 5 5 5
	relogin
	begin "noop 5 + 5, recovery 5" --no-tune
	compare "open-iscsi's noops, recovery 5" 26
	end
}

setup_least() {
	record_timers 1 1 1
	relogin
	begin "noop 1 + 1, recovery 1" --no-tune
	compare "everything at 1 s" 12
	end
}

setup_off() {
	record_timers 0 0 5
	relogin
	begin "noops off, recovery 5" --no-tune
	for i in 0 1; do echo 10 >"/sys/block/${disks[i]##*/}/device/timeout"; done
	compare "noops off, SCSI timeout 10" 75
	end
}

setup_tuned() {
	record_timers 5 5 120
	relogin
	begin "as rrpath create sets them, without the helper"
	compare "tuned, no helper" 15
	end
}

setup_helper() {
	local helper

	record_timers 5 5 120
	relogin
	begin "as rrpath create sets them, with rrpath unstick"
	env --default-signal=TERM rrpath unstick >"$work/unstick.log" 2>&1 &
	helper=$!
	until_so 20 helper_runs || die "unstick does not run: $(<"$work/unstick.log")"
	compare "with rrpath unstick" 10
	kill "$helper"
	wait "$helper"
	sed 's/^/# /' "$work/unstick.log"
	end
}

helper_runs() {
	rrpath doctor --json lun | grep -q '"unstick": *true'
}

[[ $# -gt 0 ]] || set -- default least tuned helper off
echo "TAP version 13"
insmod "$RRPATH_KO" || die "cannot load the module"
lab_up >"$work/lab" 2>&1 || die "the lab does not come up: $(<"$work/lab")"
for setup; do
	"setup_$setup"
done
echo "1..$tests"
lab_down
exit $((failures > 0))
