# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# What the parts of the benchmark that run in the virtual machine share: peers, and fio run over
# all of them in turn. Sourced, never run.

export LC_ALL=C.UTF-8 DM_DISABLE_UDEV=1

out=${RRPATH_OUT:-${TMPDIR:-/tmp}}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rrpath-bench.XXXXXX") || exit 1
exec {never}<> <(:)

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

progress() { echo "${0##*/}: $*" >&2; }

# Reading from it with a time limit waits without a process.
pause() { read -rt "$1" -u "$never" || :; }

# wait_until SECONDS COMMAND...
wait_until() {
	local end=$((SECONDS + $1))
	shift

	until "$@"; do
		[[ $SECONDS -lt $end ]] || return 1
		pause 0.05
	done
}

# udev would open every new map and be measured with it.
quiet_machine() {
	udevadm control --stop-exec-queue 2>/dev/null
	echo 1 >/proc/sys/kernel/printk
}

load_rrpath() {
	if [[ -n ${RRPATH_KO:-} ]]; then
		/sbin/insmod "$RRPATH_KO"
	else
		/sbin/modprobe dm-rrpath
	fi || die "dm-rrpath cannot be loaded"
}

# unload MODULE...: what maps and fio have just closed may be held for a moment yet
unload() {
	remove_maps
	wait_until 10 /sbin/rmmod "$@" 2>/dev/null || die "$*: in use"
}

remove_maps() {
	local i name

	for name in "${maps[@]}"; do
		dmsetup remove "$name" 2>/dev/null
	done
	for ((i = ${#lower[@]} - 1; i >= 0; i--)); do
		dmsetup remove "${lower[i]}" 2>/dev/null
	done
	maps=() lower=() peers=()
}

cleanup() {
	remove_maps
	[[ ! -e /sys/module/dm_rrpath ]] || /sbin/rmmod dm-rrpath
	[[ -n ${RRT_UDEV_STOPPED:-} ]] || udevadm control --start-exec-queue 2>/dev/null
	rm -rf "$scratch"
}
trap cleanup EXIT

now_us() { REPLY=${EPOCHREALTIME/[.,]/}; }
now_ms() { REPLY=$((${EPOCHREALTIME/[.,]/} / 1000)); }

# ---- results: SECTION PEER ROUND FIGURE VALUE

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rows=$scratch/rows
: >"$rows"
# row PEER FIGURE VALUE
row() { printf '%s %s %s %s %s\n' "$section" "$1" "$round" "$2" "$3" >>"$rows"; }

# ---- device-mapper's ioctls

# The helper answers without a process being started, which takes long in an emulated machine.
start_helper() {
	[[ -x $here/../rrt ]] || die "rrt is not built: make -C selftests"
	coproc RRT { exec "$here/../rrt" serve 2>/dev/null; }
	# shellcheck disable=SC2153
	exec {rrt_in}<&"${RRT[0]}" {rrt_out}>&"${RRT[1]}"
}

dm() {
	echo "$*" >&"$rrt_out"
	read -r dm_error REPLY <&"$rrt_in"
	[[ $dm_error -eq 0 ]] || die "$*: error $dm_error"
}

# ---- peers

maps=() lower=() peers=()
declare -A device=()

# lower_map NAME TABLE: one that peers stand on
lower_map() {
	dmsetup create "$1" --table "$2" 2>/dev/null || die "$1: not created: $2"
	lower+=("$1")
}

# peer NAME TABLE: one that this kernel has not is none; dm-rrpath and dm-linear must be there.
peer() {
	local output

	# It warns that udev, which has been stopped, is there.
	if output=$(dmsetup create "$1" --table "$2" 2>&1); then
		maps+=("$1")
		peers+=("$1")
		device[$1]=/dev/mapper/$1
		return
	fi
	[[ $1 == multipath-* ]] || die "$1: $output"
	progress "no $1 here: ${output//$'\n'/ }"
}

# multipath MODE SELECTOR DEVICE...: the table of one group of paths; sets REPLY
multipath_table() {
	local mode=$1 selector=$2 repeat
	shift 2

	REPLY="0 $length multipath 2 queue_mode $mode 0 1 1 $selector 0 $# 1"
	for repeat; do
		REPLY+=" $repeat 1"
	done
}

# rrpath_table POLICY OPTIONS DEVICE...: OPTIONS as the table has them, or nothing; sets REPLY
rrpath_table() {
	local policy=$1 options=$2
	shift 2

	REPLY="0 $length rrpath $policy $# 0 $*${options:+ $options}"
}

# dm_peers DEVICE...: every peer over these paths; the first of them is raw, and under dm-linear
dm_peers() {
	local selector policy

	/sbin/modprobe -qa dm-multipath dm-round-robin dm-queue-length dm-service-time
	length=$(blockdev --getsz "$1") || die "$1: no size"
	peers+=(raw)
	device[raw]=$1
	peer linear "0 $length linear $1 0"
	for selector in round-robin queue-length service-time; do
		multipath_table bio $selector "$@"
		peer multipath-$selector "$REPLY"
	done
	multipath_table mq round-robin "$@"
	peer multipath-request-round-robin "$REPLY"
	for policy in failover round-robin queue-length; do
		rrpath_table $policy '' "$@"
		peer rrpath-$policy "$REPLY"
	done
}

# ---- fio

# It does not look at the statistics of all disks below meanwhile, which takes the longer the more
# there are.

# fio_jobs RUNTIME ROUND: a job file: each of cells[] (WORKLOAD/SIZE/ENGINE/DEPTH/JOBS) on all of
# peers[], one after the other. Each round begins with another peer.
fio_jobs() {
	local cell name rw bs engine depth jobs i

	cat <<-JOBS
		[global]
		direct=1
		time_based
		runtime=$1
		group_reporting
		norandommap
		invalidate=0
		zero_buffers
		disk_util=0
		disable_slat=1
		disable_clat=1
		lat_percentiles=1
		clat_percentiles=0
		percentile_list=50:99:99.9
	JOBS
	for cell in "${cells[@]}"; do
		IFS=/ read -r rw bs engine depth jobs <<<"$cell"
		for ((i = 0; i < ${#peers[@]}; i++)); do
			name=${peers[(i + $2 - 1) % ${#peers[@]}]}
			echo "[$cell/$name]"
			echo "stonewall"
			echo "filename=${device[$name]}"
			echo "rw=$rw"
			echo "bs=$bs"
			echo "ioengine=$engine"
			echo "iodepth=$depth"
			[[ $jobs -eq 1 ]] || echo "numjobs=$jobs"
			[[ $rw == rand* || $jobs -eq 1 ]] || echo "offset_increment=1g"
		done
	done
}

# fio_round RUNTIME ROUND FILE
fio_round() {
	fio_jobs "$1" "$2" >"$scratch/jobs"
	fio --output-format=json --output="$scratch/fio.json" "$scratch/jobs" 2>"$scratch/err" ||
		{ tail -n 20 "$scratch/err" "$scratch/fio.json" >&2; die "fio failed"; }
	cp "$scratch/fio.json" "$3" || die "$3: not written"
}

# count_workers PEER DEPTH RUNTIME: one line: requests that io_uring handed to worker threads, I/Os
# in all, distinct workers seen, most of them at once. Not measured for speed: looking costs.
count_workers() {
	local event=/sys/kernel/tracing/events/io_uring/io_uring_queue_async_work
	local pid handed=- ios seen=0 most=0 now comm name
	local -A tids=()

	[[ ! -e $event/trigger ]] || echo 'hist:keys=common_type' >"$event/trigger" || event=
	fio --name=f --filename="${device[$1]}" --direct=1 --ioengine=io_uring --iodepth="$2" \
		--rw=randread --bs=4k --norandommap --time_based --runtime="$3" --thread \
		--output-format=json --output="$scratch/workers.json" >/dev/null 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		now=0
		for comm in "/proc/$pid"/task/*/comm; do
			# Threads come and go while we look.
			read -r name <"$comm" || continue
			[[ $name == iou-wrk-* ]] || continue
			now=$((now + 1))
			tids[$comm]=1
		done 2>/dev/null
		[[ $now -le $most ]] || most=$now
		pause 0.1
	done
	wait "$pid" || die "$1: fio with io_uring failed"
	seen=${#tids[@]}
	if [[ -n $event && -e $event/hist ]]; then
		handed=$(sed -n 's/^ *Hits: *//p' "$event/hist")
		echo '!hist:keys=common_type' >"$event/trigger"
	fi
	ios=$(awk '/"total_ios"/ { sub(/,/, ""); n += $3 } END { print n }' "$scratch/workers.json")
	echo "$1 $2 ${handed:-0} $ios $seen $most"
}
