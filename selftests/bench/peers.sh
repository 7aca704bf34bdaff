#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs where the kernel to be measured runs: makes every peer that this kernel has, over
# the same two disks that do nothing, and sends bios to each of them in turn.
#
# usage: peers.sh BENCH_KO RRPATH_KO ROUNDS[+FIRST] BIOS CPUS [DEPTH/OP/hold|inline]...
#
# FIRST is the number of the first round, if it is not 1.
#
# Prints one line per CPU of each run:
#	ROUND PEER DEPTH OP WHEN cpu N bios N ns N best N

set -u -o pipefail
# Without udev, as there is none under User-Mode Linux.
[[ -S /run/udev/control ]] || export DM_DISABLE_UDEV=1

bench_ko=$1 rrpath_ko=$2 rounds=${3%+*} first=1 bios=$4 cpus=$5
[[ $3 != *+* ]] || first=${3#*+}
shift 5
kinds=("${@:-1/read/inline}")
run=/sys/kernel/debug/rrpath_bench/run
hold=/sys/module/rrpath_bench/parameters/hold

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

/sbin/modprobe -qa dm-mod dm-multipath dm-round-robin dm-queue-length dm-service-time \
	dm-historical-service-time dm-io-affinity
/sbin/insmod "$bench_ko" devices=2 || die "$bench_ko: not loaded"
/sbin/insmod "$rrpath_ko" || die "$rrpath_ko: not loaded"

a=/dev/rrb0 b=/dev/rrb1
for ((i = 0; i < 100; i++)); do
	[[ -b $a && -b $b ]] && break
	sleep 0.1
done
len=$(</sys/block/rrb0/size)

peers=(raw) names=() tables=()
declare -A device=([raw]=$a)
peer() { names+=("$1") tables+=("$2"); }

peer linear "linear $a 0"
# What it takes to send every other bio elsewhere, and no more.
peer stripe "striped 2 8 $a 0 $b 0"
for selector in round-robin queue-length service-time historical-service-time; do
	peer "multipath-$selector" \
		"multipath 2 queue_mode bio 0 1 1 $selector 0 2 1 $a 1 $b 1"
done
peer multipath-io-affinity "multipath 2 queue_mode bio 0 1 1 io-affinity 0 2 1 $a 1 $b 2"
for policy in failover round-robin queue-length; do
	peer "rrpath-$policy" "rrpath $policy 2 0 $a $b"
done

# A peer that this kernel lacks is none; only dm-rrpath and dm-linear must be there.
create() {
	local name=$1 output

	if output=$(/sbin/dmsetup create "$name" --table "0 $len $2" 2>&1); then
		peers+=("$name")
		device[$name]=/dev/mapper/$name
	else
		case $name in
		multipath-*) echo "# no $name here: ${output%%$'\n'*}" ;;
		*) die "$name: $output" ;;
		esac
	fi
}

# Where memory lies makes differences of some percent, so begin with another one each time.
for ((i = 0; i < ${#names[@]}; i++)); do
	j=$(((i + first - 1) % ${#names[@]}))
	create "${names[j]}" "${tables[j]}"
done

for ((round = first; round < first + rounds; round++)); do
	for kind in "${kinds[@]}"; do
		IFS=/ read -r depth op when <<<"$kind"
		[[ $when == hold ]] && echo Y >"$hold" || echo N >"$hold"
		for name in "${peers[@]}"; do
			echo "${device[$name]} $depth $op $bios $cpus" >"$run" ||
				die "$name: the run failed"
			while read -r line; do
				echo "$round $name $depth $op $when $line"
			done <"$run"
		done
	done
done

for name in "${peers[@]:1}"; do
	/sbin/dmsetup remove "$name" || die "$name: not removed"
done
/sbin/rmmod dm-rrpath rrpath-bench || die "modules are still in use"
