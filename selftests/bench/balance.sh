#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How the policies share the work out, in the virtual machine. Time is counted in instructions
# there (run.sh -i), so that delays are what they are said to be, however busy the machine is.
#
#	server		three paths, each serves 2 requests at once, in 1, 5, 20 ms; more wait
#	latency		three paths that answer in 1, 5, 20 ms, however many they are asked at once
#	slowdown	two paths of 1 ms, of which the second takes 20 ms from the middle on
#	sequential	one reader, in order: is what could be one request broken up?
#	changes		policy, fail, reinstate under load: the longest time without a completion
#
# usage: balance.sh [-q] [-r ROUNDS] [SECTION...]	(one round: they are all alike)
#
# Prints to $RRPATH_OUT/rows: SECTION PEER ROUND FIGURE VALUE.

set -u -o pipefail
. "$(dirname "$0")/guest.sh"

quick='' rounds=''
while getopts qr: opt; do
	case $opt in
	q) quick=yes ;;
	r) rounds=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
: "${rounds:=1}"
sections=("$@")
[[ $# -gt 0 ]] || sections=(server latency slowdown sequential changes)

# ---- disks

disks=()

# null_disk NAME ATTRIBUTE=VALUE...: of null_blk; an interrupt that comes by the clock
null_disk() {
	local item=/sys/kernel/config/nullb/$1 setting
	shift

	mkdir "$item" || die "null_blk makes no ${item##*/}"
	for setting in size=4096 blocksize=512 irqmode=2 submit_queues=1 max_sectors=2560 \
		"$@"; do
		echo "${setting#*=}" >"$item/${setting%%=*}" || die "null_blk: $setting"
	done
	echo 1 >"$item/power" || die "null_blk: no power"
	wait_until 10 test -b "/dev/${item##*/}" || die "no /dev/${item##*/}"
	disks+=("${item##*/}")
}

# server_disk NAME MS: two requests at once, and a queue
server_disk() {
	null_disk "$1" hw_queue_depth=2 completion_nsec="${2}000000"
	echo mq-deadline >"/sys/block/$1/queue/scheduler"
	echo 512 >"/sys/block/$1/queue/nr_requests" || die "$1: no longer queue"
}

latency_disk() { null_disk "$1" hw_queue_depth=512 no_sched=1 completion_nsec="${2}000000"; }

no_disks() {
	local name

	remove_maps
	for name in "${disks[@]}"; do
		wait_until 10 rmdir "/sys/kernel/config/nullb/$name" 2>/dev/null ||
			die "$name: in use"
	done
	disks=()
}

# Reads that a disk has completed, and those that were merged into them.
disk_reads() { read -r reads merged _ <"/sys/block/$1/stat"; }

note_reads() {
	local i

	for i in "${!disks[@]}"; do
		disk_reads "${disks[i]}"
		before[i]=$reads before_merged[i]=$merged
	done
}
before=() before_merged=()

# count_reads: since note_reads: got[], in all, merged_all
count_reads() {
	local i

	all=0 merged_all=0
	for i in "${!disks[@]}"; do
		disk_reads "${disks[i]}"
		got[i]=$((reads - before[i]))
		all=$((all + got[i])) merged_all=$((merged_all + merged - before_merged[i]))
	done
}
got=()

# ---- fio

# measure DEVICE ARGUMENT...: one run; sets iops, p50, p99, p999 (us), and got[], all, merged_all
measure() {
	local file=$1
	shift

	note_reads
	fio --name=f --filename="$file" --group_reporting --time_based --norandommap --disk_util=0 \
		--invalidate=1 --zero_buffers --disable_slat=1 --disable_clat=1 \
		--lat_percentiles=1 --clat_percentiles=0 --percentile_list=50:99:99.9 \
		--output-format=json --output="$scratch/fio-1.json" "$@" >"$scratch/err" 2>&1 ||
		die "fio on $file: $(<"$scratch/err")"
	count_reads
	read -r _ _ iops p50 p99 p999 ios _ < <(awk -f "$here/fio-rows.awk" "$scratch/fio-1.json")
	for p in p50 p99 p999; do
		printf -v "$p" '%d' $((${!p} / 1000))
	done
}

latency_rows() {
	row "$1" iops "$iops"
	row "$1" p50_us "$p50"
	row "$1" p99_us "$p99"
	row "$1" p999_us "$p999"
}

# share_rows PEER WEIGHT...: what part of the reads each disk had, in %, and how far the worst is
# from what the weights make of it, in points
share_rows() {
	local peer=$1
	shift

	echo "${got[*]} $*" | awk -v n=$# '{
		for (i = 1; i <= n; i++) { all += $i; weights += $(i + n) }
		for (i = 1; i <= n; i++) {
			share = all ? 100 * $i / all : 0
			off = share - 100 * $(i + n) / weights
			if (off < 0) off = -off
			if (off > worst) worst = off
			print "share" i - 1, share
		}
		print "off", worst
	}' | while read -r figure value; do row "$peer" "$figure" "$value"; done
}

# ---- paths of unequal speed

load=(--direct=1 --rw=randread --bs=4k --ioengine=libaio --iodepth=32 --numjobs=2)

# unequal_peers: those of dm_peers, and what an administrator could set by hand
unequal_peers() {
	dm_peers /dev/nullb0 /dev/nullb1 /dev/nullb2
	if /sbin/modprobe -q dm-historical-service-time; then
		multipath_table bio historical-service-time /dev/nullb{0,1,2}
		peer multipath-historical-service-time "$REPLY"
	fi
	peer rrpath-round-robin-20-4-1 "0 $length rrpath round-robin 3 2 $(
		)/dev/nullb0 1 20 /dev/nullb1 1 4 /dev/nullb2 1 1"
}

unequal() {
	local name i best

	for i in 0 1 2; do
		"$1" nullb$i "${delays[i]}"
	done
	unequal_peers
	for ((round = 1; round <= rounds; round++)); do
		best=0
		if [[ $section == server ]]; then
			for i in 0 1 2; do
				measure /dev/nullb$i "${load[@]}" --runtime=2s
				latency_rows "path$i-alone"
				best=$((best + ${iops%.*}))
			done
		fi
		for name in "${peers[@]:1}"; do
			measure "${device[$name]}" "${load[@]}" --runtime="$runtime"
			latency_rows "$name"
			share_rows "$name" 20 4 1
			[[ $best -eq 0 ]] ||
				row "$name" of_best_percent $((${iops%.*} * 100 / best))
		done
		progress "$section: round $round of $rounds is done"
	done
	no_disks
}

delays=(1 5 20)
# Filling the queues at the beginning and draining them at the end should not count.
section_server() { runtime=4s && unequal server_disk; }
section_latency() { runtime=2s && unequal latency_disk; }

# ---- one that slows down, and changes under load

# logged DEVICE SECONDS: fio in the background, each completion noted; fio_end waits for it
logged() {
	rm -f "$scratch"/log_lat.*
	fio --name=f --filename="$1" --direct=1 --rw=randread --bs=4k --ioengine=libaio \
		--iodepth=64 --norandommap --time_based --runtime="$2" --log_unix_epoch=1 \
		--write_lat_log="$scratch/log" --output=/dev/null >/dev/null 2>"$scratch/err" &
	fio_pid=$!
	note_reads
	wait_until 30 fio_is_at_work || die "fio on $1: $(<"$scratch/err")"
}

fio_is_at_work() {
	count_reads
	[[ $all -gt 200 ]]
}

fio_end() {
	wait "$fio_pid" || die "fio: $(<"$scratch/err")"
}

# Of the log: rate, p50, p99 and the longest time without a completion, from ms $2 to ms $3
span_rows() {
	awk -F, -v from="$2" -v to="$3" '$1 >= from && $1 < to { print $2 + 0 }' \
		"$scratch"/log_lat.*.log | sort -n | awk -v ms=$(($3 - $2)) '
		{ v[NR] = $1 }
		END {
			if (!NR) exit
			print "iops", NR * 1000 / ms
			print "p50_us", v[int((NR + 1) / 2)] / 1000
			print "p99_us", v[int(NR * 0.99) + (NR < 100)] / 1000
		}' | while read -r figure value; do row "$1" "$4$figure" "$value"; done
	longest_gap "$2" "$3"
	row "$1" "${4}gap_ms" "$REPLY"
}

longest_gap() {
	REPLY=$(sort -n -t, -k1,1 "$scratch"/log_lat.*.log | awk -F, -v from="$1" -v to="$2" '
		last && last >= from && $1 <= to && $1 - last > gap { gap = $1 - last }
		{ last = $1 }
		END { print gap + 0 }')
}

section_slowdown() {
	local name start middle end length

	server_disk nullb0 1
	server_disk nullb1 1
	server_disk nullb2 20
	length=$(blockdev --getsz /dev/nullb0)
	lower_map path0 "0 $length linear /dev/nullb0 0"
	lower_map path1 "0 $length linear /dev/nullb1 0"
	dm_peers /dev/mapper/path0 /dev/mapper/path1
	for ((round = 1; round <= rounds; round++)); do
		for name in "${peers[@]:2}"; do
			logged "${device[$name]}" 5s
			now_ms
			start=$REPLY
			pause 2
			now_ms
			middle=$REPLY
			dm swap path1 0 "$length" linear /dev/nullb2 0
			pause 2
			now_ms
			end=$REPLY
			fio_end
			span_rows "$name" "$start" "$middle" before_
			# What was in flight when it happened is the same for all.
			span_rows "$name" $((middle + 200)) "$end" after_
			dm swap path1 0 "$length" linear /dev/nullb1 0
		done
		progress "$section: round $round of $rounds is done"
	done
	no_disks
}

# change NAME COMMAND...: ten times, and the longest gap from just before to 100 ms later
change() {
	local what=$1 i from worst=0 spans=()
	shift

	for ((i = 0; i < 10; i++)); do
		pause 0.1
		now_ms
		from=$((REPLY - 2))
		"$@" $i
		spans+=("$from")
		pause 0.1
	done
	for from in "${spans[@]}"; do
		echo "$what $from $((from + 100))"
	done >>"$scratch/spans"
}

set_policy() {
	local policies=(round-robin queue-length failover)

	dm message rrpath-failover set_policy "${policies[$1 % 3]}"
}
fail_path() {
	dm message "$target" fail_path "$path1"
	paths_failed=$((paths_failed + 1))
}
reinstate_path() { dm message "$target" reinstate_path "$path1"; }
fail_and_reinstate() {
	if [[ $(($1 % 2)) -eq 0 ]]; then fail_path; else reinstate_path; fi
}

section_changes() {
	local name what from to paths_failed=0 path1

	server_disk nullb0 1
	server_disk nullb1 1
	dm_peers /dev/nullb0 /dev/nullb1
	path1=$(<"/sys/block/nullb1/dev")
	for ((round = 1; round <= rounds; round++)); do
		for name in multipath-round-robin multipath-queue-length rrpath-round-robin \
			rrpath-queue-length rrpath-failover; do
			target=$name
			: >"$scratch/spans"
			logged "${device[$name]}" 8s
			change nothing :
			change fail_reinstate fail_and_reinstate
			[[ $name != rrpath-failover ]] || change set_policy set_policy
			fio_end
			while read -r what from to; do
				longest_gap "$from" "$to"
				echo "$what $REPLY"
			done <"$scratch/spans" | awk '
				$2 > gap[$1] { gap[$1] = $2 }
				{ seen[$1] }
				END { for (what in seen) print what, gap[what] + 0 }' |
				while read -r what gap; do row "$name" "${what}_gap_ms" "$gap"; done
			dm message "$name" reinstate_path "$path1"
			[[ $name != rrpath-failover ]] || dm message "$name" set_policy failover
		done
		progress "$section: round $round of $rounds is done"
	done
	no_disks
}

# ---- sequential

# A request takes 200 us, whatever its size, and a disk has two of them at once: what is not made
# one request costs. Two requests of a disk in a row are contiguous only if one path has both.
sequential_disk() {
	null_disk "$1" hw_queue_depth=2 completion_nsec=200000
	echo mq-deadline >"/sys/block/$1/queue/scheduler"
	echo 256 >"/sys/block/$1/queue/nr_requests" || die "$1: no longer queue"
}

sequential_peers() {
	local policy

	dm_peers /dev/nullb0 /dev/nullb1
	for policy in round-robin queue-length; do
		rrpath_table $policy "2 merge_kib 0" /dev/nullb0 /dev/nullb1
		peer rrpath-$policy-merge-0 "$REPLY"
	done
	rrpath_table round-robin "2 merge_kib 256" /dev/nullb0 /dev/nullb1
	peer rrpath-round-robin-merge-256 "$REPLY"
	rrpath_table round-robin "4 merge_kib 0 rr_min_io 16" /dev/nullb0 /dev/nullb1
	peer rrpath-round-robin-min-16 "$REPLY"
}

section_sequential() {
	local kinds kind name how bs depth jobs arguments

	sequential_disk nullb0
	sequential_disk nullb1
	sequential_peers
	# Several requests go down in one system call, as a database or a copy sends them.
	kinds=(direct/{128k,64k,4k}/64/1 direct/64k/16/8 buffered/{128k,64k,4k}/1/1)
	[[ -z $quick ]] || kinds=(direct/{128k,4k}/64/1 buffered/128k/1/1)
	for ((round = 1; round <= rounds; round++)); do
		for kind in "${kinds[@]}"; do
			section=sequential/$kind
			IFS=/ read -r how bs depth jobs <<<"$kind"
			arguments=(--rw=read --bs="$bs" --runtime=300ms --size=3g)
			case $how in
			direct)
				arguments+=(--direct=1 --ioengine=libaio --iodepth="$depth"
					--iodepth_batch_submit=16 --iodepth_batch_complete_min=1
					--iodepth_batch_complete_max=16)
				;;
			buffered) arguments+=(--direct=0 --ioengine=psync) ;;
			esac
			[[ $jobs -eq 1 ]] ||
				arguments+=(--numjobs="$jobs" --size=400m --offset_increment=400m)
			for name in "${peers[@]}"; do
				measure "${device[$name]}" "${arguments[@]}"
				sequential_rows "$name" "${bs%k}"
			done
		done
		progress "sequential: round $round of $rounds is done"
	done
	no_disks
}

# sequential_rows PEER KIB
sequential_rows() {
	local figure value

	echo "$iops $ios $2 $all ${got[0]}" | awk '{
		printf "mib_s %.1f\n", $1 * $3 / 1024
		printf "requests_per_mib %.2f\n", $4 / ($2 * $3 / 1024)
		printf "share0 %.0f\n", $4 ? $5 * 100 / $4 : 0
	}' | while read -r figure value; do row "$1" "$figure" "$value"; done
	row "$1" merged "$merged_all"
	row "$1" p99_us "$p99"
}

quiet_machine
load_rrpath
start_helper
/sbin/modprobe null_blk nr_devices=0 || die "no null_blk"
for section in "${sections[@]}"; do
	declare -F "section_$section" >/dev/null || die "no such section: $section"
	"section_$section"
	cp "$rows" "$out/rows"
done
