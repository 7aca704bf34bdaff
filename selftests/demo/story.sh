#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The demo itself: one file system, one fio job that writes and verifies all the way
# through, and everything that can happen to its paths meanwhile.
#
# usage: story.sh iscsi|loop	(as root; RRPATH_KO names the module, rrpath is on PATH)

set -u -o pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "$0")" && pwd)
. "$here/report.sh"
case ${1:-} in
iscsi) . "$here/lab-iscsi.sh" ;;
loop) . "$here/lab-loop.sh" ;;
*) echo "usage: story.sh iscsi|loop" >&2; exit 2 ;;
esac

map=lab
[[ $1 == iscsi ]] || map=rrdemo
node=/dev/mapper/$map
mnt=$lab/mnt
work=$(mktemp -d "${TMPDIR:-/tmp}/rrpath-story.XXXXXX") || exit 1
want=${RRPATH_DEMO_BIOS:-600}
job=(--filename="$mnt/data" --size=32M --bs=16k --direct=1 --ioengine=libaio
	--verify=crc32c --verify_fatal=1)
fio_pid='' mounted='' created='' loaded='' up=''

cleanup() {
	[[ -z $fio_pid ]] || { kill -INT "$fio_pid" && wait "$fio_pid"; } 2>/dev/null
	[[ -z $mounted ]] || umount "$mnt"
	[[ -z $created ]] || rrpath remove "$map" || dmsetup remove --force --retry "$map"
	[[ -z $up ]] || lab_down
	[[ -z $loaded ]] || rmmod dm_rrpath
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# give_up TEXT: the story cannot go on.
give_up() {
	verdict 1 "$1"
	heading "What the machine says"
	dmesg | tail -n 30
	dmsetup status "$map" 2>&1
	lab_diagnose
	exit 1
}

# ---- what is measured

# Sets state[], bios[] (dispatched) and bios_sum from `dmsetup status`.
state=() bios=()
read_status() {
	local line w i at fields f

	line=$(dmsetup status "$map") || return 1
	read -ra w <<<"$line"
	fields=${w[8]}
	bios_sum=0
	for i in 0 1; do
		at=$((9 + i * (fields + 1)))
		f=("${w[@]:at + 1:fields}")
		state[i]=${f[0]}
		bios[i]=$((f[5] + f[7] + f[9]))
		bios_sum=$((bios_sum + bios[i]))
	done
}

phases=() phase=''
declare -A at

snapshot() {
	local key=$1 i

	read_status
	now_ms
	at[$key,t]=$REPLY
	for i in 0 1; do
		at[$key,bios$i]=${bios[i]}
		lab_bytes "$i"
		at[$key,bytes$i]=$REPLY
	done
}

phase_begin() {
	phase=$1
	phases+=("$phase")
	snapshot "$phase,begin"
}

# The difference over the phase just ended, of both paths: bios or bytes.
delta() {
	d=($((at[$1,end,$2"0"] - at[$1,begin,$2"0"])) $((at[$1,end,$2"1"] - at[$1,begin,$2"1"])))
}

phase_end() {
	local d p0 p1

	snapshot "$phase,end"
	delta "$phase" bios
	percent "${d[0]}" $((d[0] + d[1])) && p0=$REPLY
	percent "${d[1]}" $((d[0] + d[1])) && p1=$REPLY
	event "" "$(printf 'bios   %6d %5s %%  %6d %5s %%' "${d[0]}" "$p0" "${d[1]}" "$p1")"
	delta "$phase" bytes
	percent "${d[0]}" $((d[0] + d[1])) && p0=$REPLY
	percent "${d[1]}" $((d[0] + d[1])) && p1=$REPLY
	event "" "$(printf 'KiB    %6d %5s %%  %6d %5s %%' \
		$((d[0] / 1024)) "$p0" $((d[1] / 1024)) "$p1")"
}

# Waits for so many more bios to be sent: I/O goes on.
more_bios() {
	local target end=$((SECONDS + 90))

	read_status
	target=$((bios_sum + $1))
	while read_status && [[ $bios_sum -lt $target ]]; do
		kill -0 "$fio_pid" 2>/dev/null ||
			give_up "fio ended before its time: $(tail -n 3 "$work/fio.err")"
		[[ $SECONDS -lt $end ]] || give_up "I/O does not go on ($phase)"
		sleep 0.3
	done
}

# Waits for path $1 to be in state $2, for at most $3 seconds; REPLY: how long it took.
until_state() {
	local start

	now_ms
	start=$REPLY
	while read_status && [[ ${state[$1]} != "$2" ]]; do
		now_ms
		[[ $((REPLY - start)) -lt $(($3 * 1000)) ]] || return 1
		sleep 0.1
	done
	now_ms
	REPLY=$((REPLY - start))
}

# act COMMAND...: a command of the administrator, shown as typed.
act() {
	local output

	output=$("$@" 2>&1) || give_up "$* failed: $output"
}

show() {
	rrpath show "$map" | sed 's/ *$//' | fold -s -w 88 | sed 's/^/           /'
}

short() {
	echo "${1#/dev/}"
}

# ---- the stage

heading "dm-rrpath ${RRPATH_WHERE:-on this machine}, kernel $(uname -r)"
lab_picture
heading "   time  what is done                                     what is seen"

up=yes
dmesg -C
lab_up || give_up "the lab could not be set up"
name0=$(short "${disks[0]}") name1=$(short "${disks[1]}")

if [[ ! -e /sys/module/dm_rrpath ]]; then
	if [[ -n ${RRPATH_KO:-} ]]; then
		insmod "$RRPATH_KO" || give_up "the module cannot be loaded"
	else
		modprobe dm-rrpath || give_up "the module cannot be loaded"
	fi
	loaded=yes
fi
lab_same_lun
one_lun=$?

act rrpath create "$map" --policy round-robin "${disks[@]}"
created=yes
for i in 0 1; do
	until_state "$i" A 20 || give_up "path $i of the new map is not usable"
done
event "rrpath create $map --policy round-robin $name0 $name1" "$node, both paths active"
show

act mkfs.ext4 -q -F "$node"
mkdir -p "$mnt"
act mount "$node" "$mnt"
mounted=yes
act fio --name=fill "${job[@]}" --iodepth=32 --rw=write --do_verify=0 --output="$work/fill.out"
event "mkfs.ext4, mount, a file of 32 MiB" "on $node"
fio --name=run "${job[@]}" --rw=randwrite --iodepth=8 --verify_backlog=32 \
	--rate_iops="${RRPATH_DEMO_RATE:-120}" --time_based --runtime=1800 \
	--write_lat_log="$work/run" --log_unix_epoch=1 \
	--output-format=json --output="$work/run.json" >"$work/fio.err" 2>&1 &
fio_pid=$!
event "fio: random writes, read back and verified" "runs until the end of the story"
event "" "         $(printf '%6s          %6s' "$name0" "$name1")"

# ---- the story

phase='start of fio'
more_bios 50
phase_begin "round-robin"
event "round-robin"
more_bios "$want"
phase_end

act rrpath policy "$map" queue-length
phase_begin "queue-length"
policy_ql=$(rrpath policy "$map")
event "rrpath policy $map queue-length" "changed under I/O"
more_bios "$want"
phase_end

act rrpath policy "$map" failover
phase_begin "failover"
event "rrpath policy $map failover" "changed under I/O"
more_bios "$want"
phase_end

act rrpath policy "$map" round-robin
act rrpath fail "$map" "${disks[0]}"
phase_begin "$name0 disabled"
event "rrpath policy $map round-robin"
event "rrpath fail $map $name0"
more_bios "$want"
phase_end
read_status
disabled=${state[0]}

act rrpath reinstate "$map" "${disks[0]}"
phase_begin "$name0 reinstated"
event "rrpath reinstate $map $name0"
more_bios "$want"
phase_end

phase_begin "path 1 cut"
lab_cut 0
event "$lab_cut_text"
until_state 0 F 180 || give_up "the path was not failed after its link was cut"
seconds "$REPLY"
cut_seen=$REPLY
event "path $name0 failed" "$cut_seen s after the cut"
more_bios "$want"
phase_end
read_status
survivor=${state[1]}

phase_begin "path 1 back"
lab_mend 0
event "$lab_mend_text"
until_state 0 A 180 || give_up "the path did not come back by itself"
seconds "$REPLY"
mend_seen=$REPLY
event "the kernel's probe reinstates $name0" "$mend_seen s after that, by itself"
phase_end
phase_begin "both again"
event "round-robin over both again"
more_bios "$want"
phase_end

kill -INT "$fio_pid"
wait "$fio_pid"
fio_status=$?
fio_pid=
event "fio ends"

# ---- the audit

echo 3 >/proc/sys/vm/drop_caches
fio --name=audit "${job[@]}" --iodepth=32 --rw=read \
	--output="$work/audit.out" >"$work/audit.err" 2>&1
audit=$?
event "fio: the whole file read again and verified"
umount "$mnt"
umounted=$?
[[ $umounted -ne 0 ]] || mounted=
fsck=$(e2fsck -fn "$node" 2>&1)
fsck_status=$?
fsck_says=$(tail -n 1 <<<"$fsck")
event "umount, e2fsck -fn" "${fsck_says#*: }"
show
rrpath remove "$map"
removed=$?
[[ $removed -ne 0 ]] || created=
event "rrpath remove $map"
lab_down
up=
unloaded=0
if [[ -n $loaded ]]; then
	rmmod dm_rrpath
	unloaded=$?
	[[ $unloaded -ne 0 ]] || loaded=
fi
complaints=$(dmesg | grep -E 'WARNING:|BUG:|Oops|protection fault|blocked for more|Call Trace')

# Of every phase: the longest latency of one I/O, and the longest time in which none ended.
waits() {
	local p args=''

	for p in "${phases[@]}"; do
		args+="${at[$p,begin,t]} ${at[$p,end,t]} "
	done
	awk -F, -v windows="$args" '
	BEGIN {
		n = split(windows, w, " ") / 2
		for (i = 1; i <= n; i++) {
			from[i] = w[2 * i - 1]
			to[i] = w[2 * i]
		}
	}
	{
		latency = $2 / 1000000
		gap = last ? $1 - last : 0
		last = $1
		# An I/O belongs to the phase in which it waited: from the start to its end.
		for (i = 1; i <= n; i++) {
			if ($1 - latency <= to[i] && $1 >= from[i]) {
				if ($1 <= to[i] && latency > longest[i])
					longest[i] = latency
				if ($1 <= to[i] && gap > still[i])
					still[i] = gap
			}
		}
	}
	END {
		for (i = 1; i <= n; i++)
			printf "%d %d\n", longest[i], still[i]
	}' "$work"/run_lat.*.log
}

heading "Where it went: bios per path, MiB per link, the longest wait of one I/O"
line='  %-16s %14s %14s   %14s %14s  %9s %9s\n'
# shellcheck disable=SC2059
printf "$line" phase "$name0" "$name1" "${links[0]%%,*}" "${links[1]%%,*}" longest "all stood"
# shellcheck disable=SC2059
printf "$line" '' bios bios MiB MiB wait still
i=0
cut_wait=0
mapfile -t waited < <(waits)
for p in "${phases[@]}"; do
	read -r longest still <<<"${waited[i]}"
	delta "$p" bios
	b=("${d[@]}")
	delta "$p" bytes
	row=()
	for j in 0 1; do
		percent "${b[j]}" $((b[0] + b[1]))
		row+=("$(printf '%5d %6s %%' "${b[j]}" "$REPLY")")
	done
	for j in 0 1; do
		mib "${d[j]}"
		m=$REPLY
		percent "${d[j]}" $((d[0] + d[1]))
		row+=("$(printf '%5s %6s %%' "$m" "$REPLY")")
	done
	hundredths "$longest"
	l=$REPLY
	hundredths "$still"
	# shellcheck disable=SC2059
	printf "$line" "$p" "${row[@]}" "$l s" "$REPLY s"
	[[ $p != "path 1 cut" ]] || cut_wait=$l
	i=$((i + 1))
done

# Sets part: what path 1 had of both, in thousandths.
share() {
	delta "$1" "$2"
	# shellcheck disable=SC2034
	part=$((d[0] + d[1] ? d[0] * 1000 / (d[0] + d[1]) : -1))
}

heading "Verdicts"
verdict "$one_lun" "both disks are one LUN, and rrpath create took them"
share round-robin bios
# Not to the bio: what continues a request that is still in its batch takes that one's path
# (merge_kib), as ext4's journal does. Without a batch bios alternate one by one.
holds "part >= 470 && part <= 530" "round-robin: bios 50 % per path, within 3 %"
share round-robin bytes
holds "part >= 450 && part <= 550" "round-robin: bytes about 50 % per link"
share queue-length bios
[[ $policy_ql == *queue-length* ]]
verdict $? "the live switch to queue-length took effect"
holds "part >= 200 && part <= 800" "queue-length: both paths carry I/O"
share failover bios
holds "part == 1000" "failover: all I/O on $name0, none on $name1"
share "$name0 disabled" bios
holds "part == 0" "a path disabled by hand carries nothing, the other goes on"
[[ $disabled == D ]]
verdict $? "and is not probed back: it stays disabled until it is reinstated"
share "$name0 reinstated" bios
holds "part >= 400 && part <= 600" "reinstated by hand, it carries its half again"
[[ $survivor == A ]]
verdict $? "one link cut: I/O went on over the other; longest wait of one I/O $cut_wait s"
share "both again" bios
holds "part >= 400 && part <= 600" \
	"the link back: the path reinstated by itself after $mend_seen s, and shares again"
grep -q '"error" : 0' "$work/run.json" && [[ $fio_status -eq 0 || $fio_status -eq 128 ]]
verdict $? "fio saw no I/O error and no wrong byte while all this happened"
verdict "$audit" "the whole file read back: every block verified"
verdict $((umounted || fsck_status)) "e2fsck finds the file system clean"
verdict $((removed || unloaded)) "the map is removed and the module unloaded"
[[ -z $complaints ]]
verdict $? "the kernel log has no warning"
[[ -z $complaints ]] || dmesg | tail -n 60

now_ms
seconds $((REPLY - began))
if [[ $failures -eq 0 ]]; then
	printf '\n%sAll %d hold.%s The story took %s s.\n' "$bold" "$verdicts" "$plain" "$REPLY"
else
	printf '\n%s%d of %d do not hold.%s\n' "$bold" "$failures" "$verdicts" "$plain"
	[[ $audit -eq 0 ]] || cat "$work/audit.err"
	[[ $fsck_status -eq 0 ]] || echo "$fsck"
	exit 1
fi
