#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fio over every peer in turn, in the virtual machine: two null_blk disks are the paths. In each
# round every cell is run on all peers one after the other, so what else the machine does meanwhile
# meets all of them.
#
# usage: fio.sh [-qw] [-r ROUNDS] [-t RUNTIME] [CELL...]
#
# CELL: WORKLOAD/SIZE/ENGINE/DEPTH/JOBS
#
# -q: less; -w: io_uring's worker threads are not counted.
# Leaves fio's JSON of each round, fio-N.json, and `workers` in $RRPATH_OUT.

set -u -o pipefail
. "$(dirname "$0")/guest.sh"

quick='' rounds='' runtime='' workers=yes
while getopts qwr:t: opt; do
	case $opt in
	q) quick=yes ;;
	w) workers= ;;
	r) rounds=$OPTARG ;;
	t) runtime=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

cells=("$@")
if [[ ${#cells[@]} -eq 0 && -n $quick ]]; then
	cells=(randread/4k/{libaio/1/1,io_uring/1/1,io_uring/32/1,io_uring/32/2})
elif [[ ${#cells[@]} -eq 0 ]]; then
	cells=({randread/4k,randwrite/4k,read/128k}/{libaio,io_uring}/{1,32}/{1,2})
fi
: "${rounds:=${quick:+3}}" "${runtime:=${quick:+400ms}}"
: "${rounds:=7}" "${runtime:=300ms}"

quiet_machine
load_rrpath
# A bio larger than a request may be is split, which NOWAIT forbids: io_uring would turn to its
# workers over every peer.
/sbin/modprobe null_blk nr_devices=2 queue_mode=2 submit_queues=2 gb=8 bs=512 no_sched=1 \
	max_sectors=2560 || die "no null_blk"
wait_until 10 test -b /dev/nullb1 || die "null_blk made no disks"
dm_peers /dev/nullb0 /dev/nullb1

: >"$scratch/workers"
for name in ${workers:+"${peers[@]}"}; do
	for depth in 1 32; do
		[[ $depth != 1 || -z $quick ]] || continue
		count_workers "$name" "$depth" "$runtime" >>"$scratch/workers"
	done
done
cp "$scratch/workers" "$out/workers"
for ((round = 1; round <= rounds; round++)); do
	fio_round "$runtime" "$round" "$out/fio-$round.json"
	progress "round $round of $rounds is done"
done
unload null_blk
