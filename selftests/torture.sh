#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Torture: random operations on maps of 2 to 8 paths under I/O that verifies, in rounds; what is
# tortured and what is judged stands in torture/torture.h. `make torture` runs it for an hour,
# `make check` for a minute, in a debug kernel.
#
# RRPATH_SECONDS: for how long (else 60); RRPATH_SEED: what the operations follow from (else any);
# RRPATH_ROUND: the round to begin with (else 0).

SECTORS=65536
. "${0%/*}/lib.sh"

operations=${RRPATH_OUT:-$tmp}/operations
seconds=${RRPATH_SECONDS:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "RRPATH_SECONDS=$seconds is no number of seconds"
seed=${RRPATH_SEED:-$((RANDOM << 15 | RANDOM))}
[[ $seed =~ ^[0-9]+$ ]] || die "RRPATH_SEED=$seed is no number"
note "seed $seed, for $seconds s: RRPATH_SEED=$seed repeats the operations"

# Nothing that comes after an oops tells anything.
[ -z "${RRPATH_VM-}" ] || echo 1 >/proc/sys/kernel/panic_on_oops
modprobe -qa dm-flakey dm-delay
load_module brd rd_nr=1 rd_size=$((SECTORS / 2))
backends=(brd=/dev/ram0)
if modinfo scsi_debug >/dev/null 2>&1; then
	SCSI_DISKS=2 scsi_disks dev_size_mb=$((SECTORS / 2048)) num_tgts=1 add_host=2 \
		per_host_store=0 vpd_use_hostno=0 lbpu=1 lbpws=1 lbprz=1 unmap_granularity=8 \
		ndelay=20000
	backends+=("scsi=/dev/${D[0]},/dev/${D[1]}")
fi

exec {verdicts}< <("$rrt_program" torture "$seconds" "$seed" "$SECTORS" "${RRPATH_ROUND:-0}" \
	"$operations" "${backends[@]}" 2>&1)
children+=($!)
while read -r verdict what; do
	case $verdict in
	pass) ok "$what" ;;
	fail)
		# Then why.
		read -r _ why <&"$verdicts"
		fail "$what" "$why"$'\n'"$(tail -n 9 "$operations" | cut -c 1-100)"
		;;
	note) note "$what" ;;
	*) [ -z "$verdict" ] || note "$verdict $what" ;;
	esac
done <&"$verdicts"
done_testing
