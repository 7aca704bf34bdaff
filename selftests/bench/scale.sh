#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Many paths and many maps, in the virtual machine: how long it takes to make, change and remove
# them, what memory they take, what a bio costs. The paths are dm-linear maps over one null_blk
# disk. Time is counted in instructions (run.sh -i), waits for grace periods and timers included.
#
# usage: scale.sh [-q] [-m]	-m: memory only
#
# Prints to $RRPATH_OUT/rows: SECTION PEER ROUND FIGURE VALUE.

set -u -o pipefail
. "$(dirname "$0")/guest.sh"

quick='' memory_only=''
while getopts qm opt; do
	case $opt in
	q) quick=yes ;;
	m) memory_only=yes ;;
	*) exit 2 ;;
	esac
done
path_counts=(2 8 64 1024) map_counts=(1 100 1000) memory_maps=300
[[ -z $quick ]] || path_counts=(2 64) map_counts=(1 50) memory_maps=50
round=1
P=() length=65536 paths_made=0

make_paths() {
	for ((; paths_made < $1; paths_made++)); do
		dm create "path$paths_made" - 0 "$length" linear "$disk" 0
		P+=("$REPLY")
	done
}

remove_paths() {
	for ((; paths_made > 0; paths_made--)); do
		dm remove "path$((paths_made - 1))"
	done
	P=()
}

# params PEER COUNT: what follows the length in the table; sets REPLY
params() {
	local paths=("${P[@]:0:$2}")

	case $1 in
	linear) REPLY="linear ${paths[0]} 0" ;;
	multipath-*)
		REPLY="multipath 2 queue_mode bio 0 1 1 ${1#multipath-} 0 $2 1$(
			printf ' %s 1' "${paths[@]}")"
		;;
	rrpath-*) REPLY="rrpath ${1#rrpath-} $2 0 ${paths[*]}" ;;
	esac
}

# timed PEER FIGURE OPERATION...: by the helper, in ms
timed() {
	local peer=$1 figure=$2
	shift 2

	dm time "$@"
	row "$peer" "$figure" "$((REPLY / 1000)).$(printf '%03d' $((REPLY % 1000)))"
}

# ---- memory

# KiB in use, and those for each CPU: used, percpu
look_at_memory() {
	local key value

	pause 0.5
	echo 3 >/proc/sys/vm/drop_caches
	pause 0.1
	while read -r key value _; do
		case $key in
		MemFree:) used=$((-value)) ;;
		Percpu:) percpu=$value ;;
		esac
	done </proc/meminfo
}

# memory_row PEER WHAT COUNT: since from_used and from_percpu were taken
memory_row() {
	look_at_memory
	row "$1" "${2}_kib" "$(awk -v n="$((used - from_used))" -v c="$3" \
		'BEGIN { printf "%.2f", n / c }')"
	row "$1" "${2}_percpu_kib" "$(awk -v n="$((percpu - from_percpu))" -v c="$3" \
		'BEGIN { printf "%.3f", n / c }')"
}

remember_memory() {
	look_at_memory
	from_used=$used from_percpu=$percpu
}

# Nothing is removed before all is measured: what is free in slabs would be used again.
#
# What the first map of a kind makes once and for all is no map's own.
warm_up() {
	local i

	params "$1" 2
	for i in 1 2; do
		dm create "warm$i" - 0 "$length" "$REPLY"
		params "$1" 2
	done
	dm remove warm1
	dm remove warm2
}

memory() {
	local peer i table most=${path_counts[-1]}

	make_paths "$most"
	read -r possible </sys/devices/system/cpu/possible
	section=memory/$((${possible#*-} + 1))-cpus
	for peer in linear multipath-round-robin rrpath-round-robin rrpath-queue-length; do
		warm_up "$peer"
		params "$peer" 2
		table=$REPLY
		remember_memory
		for ((i = 0; i < memory_maps; i++)); do
			dm create "$peer-$i" - 0 "$length" "$table"
		done
		memory_row "$peer" map "$memory_maps"
		[[ $peer != linear ]] || continue
		# A map of many paths beside one of two.
		params "$peer" 2
		dm create "$peer-few" - 0 "$length" "$REPLY"
		remember_memory
		params "$peer" "$most"
		dm create "$peer-many" - 0 "$length" "$REPLY"
		memory_row "$peer" path "$most"
	done
	for peer in linear multipath-round-robin rrpath-round-robin rrpath-queue-length; do
		for ((i = 0; i < memory_maps; i++)); do dm remove "$peer-$i"; done
		[[ $peer != linear ]] || continue
		dm remove "$peer-few"
		dm remove "$peer-many"
	done
}

# ---- many paths

# What a bio costs over that many: fio's instructions per I/O.
cost() {
	fio --name=f --filename="/dev/mapper/map" --direct=1 --rw=randread --bs=4k \
		--ioengine=libaio --iodepth=32 --norandommap --time_based --runtime=40ms \
		--disk_util=0 \
		--output-format=json --output="$scratch/fio-1.json" >/dev/null 2>"$scratch/err" ||
		die "fio: $(<"$scratch/err")"
	read -r _ _ iops _ < <(awk -f "$here/fio-rows.awk" "$scratch/fio-1.json")
	row "$1" instructions_per_io "$(awk -v n="$iops" 'BEGIN { printf "%.0f", 1e9 / n }')"
}

many_paths() {
	local count peer

	make_paths "${path_counts[-1]}"
	for count in "${path_counts[@]}"; do
		section=paths/$count
		for peer in linear multipath-{round-robin,queue-length,service-time} \
			rrpath-{failover,round-robin,queue-length}; do
			params "$peer" "$count"
			timed "$peer" create_ms create map - 0 "$length" "$REPLY"
			cost "$peer"
			timed "$peer" status_ms status map
			params "$peer" "$count"
			timed "$peer" reload_ms swap map 0 "$length" "$REPLY"
			case $peer in
			multipath-*)
				timed "$peer" fail_ms message map fail_path "${P[1]}"
				timed "$peer" reinstate_ms message map reinstate_path "${P[1]}"
				;;
			rrpath-*)
				timed "$peer" fail_ms message map fail_path "${P[1]}"
				timed "$peer" reinstate_ms message map reinstate_path "${P[1]}"
				to=failover
				[[ $peer != *-failover ]] || to="round-robin"
				timed "$peer" policy_ms message map set_policy "$to"
				;;
			esac
			timed "$peer" remove_ms remove map
		done
		progress "$count paths are done"
	done
}

# ---- many maps

# each PEER FIGURE COUNT OPERATION WORD...: of so many maps, in ms per map
each() {
	local peer=$1 figure=$2 count=$3 operation=$4 us=0 i
	shift 4

	for ((i = 0; i < count; i++)); do
		dm time "$operation" "map$i" "$@"
		us=$((us + REPLY))
	done
	row "$peer" "$figure" "$(awk -v us="$us" -v n="$count" \
		'BEGIN { printf "%.3f", us / n / 1000 }')"
}

many_maps() {
	local count peer table

	make_paths 2
	for count in "${map_counts[@]}"; do
		section=maps/$count
		for peer in linear multipath-round-robin rrpath-round-robin; do
			params "$peer" 2
			table=$REPLY
			each "$peer" create_ms "$count" create - 0 "$length" "$table"
			each "$peer" status_ms "$count" status
			each "$peer" reload_ms "$count" swap 0 "$length" "$table"
			[[ $peer != rrpath-* ]] ||
				each "$peer" policy_ms "$count" message set_policy failover
			each "$peer" remove_ms "$count" remove
		done
		progress "$count maps are done"
	done
}

quiet_machine
load_rrpath
/sbin/modprobe -qa dm-multipath dm-round-robin dm-queue-length dm-service-time
/sbin/modprobe null_blk nr_devices=1 queue_mode=2 submit_queues=1 gb=1 bs=512 no_sched=1 ||
	die "no null_blk"
wait_until 10 test -b /dev/nullb0 || die "null_blk made no disk"
disk=$(</sys/block/nullb0/dev)
start_helper
if [[ -z $memory_only ]]; then
	many_maps
	cp "$rows" "$out/rows"
	many_paths
	cp "$rows" "$out/rows"
fi
memory
cp "$rows" "$out/rows"
remove_paths
