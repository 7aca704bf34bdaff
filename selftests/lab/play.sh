#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The four tests of the user's lab, played with dm-multipath and then with dm-rrpath over the same
# two iSCSI links, and a table of what was seen. Runs in the virtual machine.
#
# usage: play.sh [COLUMN...]	multipath advised least rrpath (default: all)

set -u -o pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
. "$here/../demo/report.sh"
. "$here/../demo/lab-iscsi.sh"
. "$here/table.sh"

columns=("$@")
[[ $# -gt 0 ]] || columns=(multipath advised least rrpath)

# As Debian's iscsid.conf has them.
timers=(5 5 120 15)
lab_remark() {
	cat <<REMARK

     iscsid.conf as Debian ships it: NOP-Out every 5 s, its answer within 5 s, commands handed
     back 120 s later. What a system changes of that by itself, it may.
REMARK
}

mnt=$lab/mnt
work=$(mktemp -d "${TMPDIR:-/tmp}/rrpath-lab.XXXXXX") || exit 1
node='' daemon='' writer_pid=''
# Reading from it with a time limit waits without a process.
exec {never}<> <(:)

pause() {
	read -rt "$1" -u "$never"
}

# give_up TEXT: the lab cannot go on.
give_up() {
	verdict 1 "$1"
	heading "What the machine says"
	dmesg | tail -n 40
	dmsetup table
	dmsetup status
	lab_diagnose
	tail -n 20 "$work"/*.log
	exit 1
}


# ---- what is done

# typed COMMAND...: a command of the administrator, shown as typed.
typed() {
	event "# $*"
	typed_output=$("$@" 2>&1)
	typed_status=$?
	[[ $typed_status -eq 0 ]] || event "" "exit status $typed_status: $typed_output"
	return "$typed_status"
}

# The same, without waiting for its end: typed_end does.
typed_begin() {
	event "# $*"
	"$@" >"$work/output" 2>&1 &
	typed_pid=$!
}

typed_end() {
	wait "$typed_pid" || give_up "the command failed: $(<"$work/output")"
}

# indented COMMAND...: as typed, with what it prints.
indented() {
	typed "$@" || return 1
	[[ -n $typed_output ]] || return 0
	# shellcheck disable=SC2001
	sed 's/ *$//' <<<"$typed_output" | fold -s -w 96 | sed 's/^/    /'
}

# set_timers INTERVAL TIMEOUT REPLACEMENT: of the next login.
set_timers() {
	local name

	for name in 'node.conn[0].timeo.noop_out_interval' 'node.conn[0].timeo.noop_out_timeout' \
		node.session.timeo.replacement_timeout; do
		typed iscsiadm -m node -T "$iqn" -o update -n "$name" -v "$1" || return 1
		shift
	done
}

# Node records with what iscsid.conf says, whatever was made of those before.
system_login() {
	lab_discover || return 1
	[[ ${#new_timers[@]} -eq 0 ]] || set_timers "${new_timers[@]}" || return 1
	lab_login
}

no_map() {
	[[ ! -e /dev/mapper/$map && $(dmsetup table) != *"$map"* ]]
}

# ---- what is seen

# dm OPERATION NAME: by the tests' own program, which answers without a process being started.
dm() {
	echo "$*" >&"$rrt_in" && read -r -t 60 -u "$rrt_out" REPLY && [[ $REPLY == "0 "* ]]
}

start_rrt() {
	mkfifo "$work/questions" "$work/answers"
	"$project/selftests/rrt" serve <"$work/questions" >"$work/answers" &
	exec {rrt_in}>"$work/questions" {rrt_out}<"$work/answers"
}

devno() {
	local n

	read -r n <"/sys/class/block/${disks[$1]##*/}/dev"
	REPLY=$n
}

# REPLY: the letter of path $1, in dm-multipath's status as in dm-rrpath's the word after its
# numbers.
path_state() {
	local n

	devno "$1"
	n=$REPLY
	dm status "$map"
	[[ $REPLY =~ \ $n\ ([A-Z]) ]] && REPLY=${BASH_REMATCH[1]}
}

is_usable() {
	path_state "$1"
	[[ $REPLY == [AS] ]]
}

is_dead() {
	path_state "$1"
	[[ $REPLY == [A-Z] && $REPLY != [AS] ]]
}

both_usable() {
	is_usable 0 && is_usable 1
}

# ask QUESTION...: of the writer; REPLY is the answer.
ask() {
	echo "$*" >&"${WRITER[1]}" && read -r -t 120 -u "${WRITER[0]}" REPLY && return
	give_up "the writer does not answer: $*"
}

start_writer() {
	coproc WRITER { "$project/build/lab/writer" "$mnt/data" "$mnt/more" "$node"; }
	# shellcheck disable=SC2153
	writer_pid=$WRITER_PID
	read -r -t 120 -u "${WRITER[0]}" REPLY || give_up "the writer does not start"
	event "a writer: 4 KiB of direct I/O on ext4" "and every 0.1 s another write and a read"
}

stop_writer() {
	echo quit >&"${WRITER[1]}"
	wait "$writer_pid"
	writer_pid=
}

# soon SECONDS CONDITION...: REPLY is how many ms it took.
soon() {
	local start limit=$(($1 * 1000))
	shift

	now_ms
	start=$REPLY
	until "$@"; do
		now_ms
		[[ $((REPLY - start)) -lt $limit ]] || return 1
		pause 0.1
	done
	now_ms
	REPLY=$((REPLY - start))
}

# Bytes per link from here …
links_from() {
	lab_bytes 0
	bytes0=$REPLY
	lab_bytes 1
	bytes1=$REPLY
}

# … to here: part[] in bytes, share0 and share1 in %.
links_to() {
	lab_bytes 0
	part=($((REPLY - bytes0)))
	lab_bytes 1
	part+=($((REPLY - bytes1)))
	percent "${part[0]}" $((part[0] + part[1]))
	share0=$REPLY
	percent "${part[1]}" $((part[0] + part[1]))
	share1=$REPLY
}

show_links() {
	mib "${part[0]}"
	event "# ip -s link show i1; ip -s link show i2" "link 1: $REPLY MiB, $share0 %"
	mib "${part[1]}"
	event "" "link 2: $REPLY MiB, $share1 %"
}

# ---- the tests. Each puts what it saw into the table's cells.

# Packets that tcpdump sees on the wire of each link meanwhile: packets[].
packets_from() {
	local i

	sniffers=()
	for i in 1 2; do
		tcpdump -Z root -i "i$i" -n -w /dev/null tcp port 3260 2>"$work/tcpdump$i" &
		sniffers+=($!)
	done
	for i in 1 2; do
		until_so 20 grep -q "^tcpdump: listening" "$work/tcpdump$i" ||
			give_up "tcpdump does not listen: $(<"$work/tcpdump$i")"
	done
}

packets_to() {
	local i

	kill -TERM "${sniffers[@]}"
	wait "${sniffers[@]}"
	for i in 1 2; do
		packets[i - 1]=$(awk '/packets? captured/ { print $1 }' "$work/tcpdump$i")
		event "# tcpdump -i i$i -n tcp port 3260" "link $i: ${packets[i - 1]} packets"
	done
}

test_1() {
	event "Test 1: which link carries the traffic?"
	packets_from
	links_from
	pause 5
	links_to
	packets_to
	show_links
	percent "${packets[0]}" $((packets[0] + packets[1]))
	cell_text packets "${REPLY%.*}/$((100 - ${REPLY%.*})) %"
	indented dmsetup status "$map"
	cell_text share "${share0%.*}/${share1%.*} %"
	system_counters
	case $REPLY in
	none) cell counters 0 none ;;
	*) cell counters 1 "$REPLY %" ;;
	esac
}

link_moves() {
	lab_bytes "$busy"
	[[ $((REPLY - before)) -ge 65536 ]]
}

writes_flow() {
	ask oldest
	[[ $REPLY -lt 400 ]]
}

test_2() {
	local busy before cut found mend

	event "Test 2: the link that carries it is cut, at the far end"
	links_from
	pause 2
	links_to
	busy=$((part[1] > part[0]))
	event "# ip netns exec s8 ip link set e$((busy + 1)) down"
	now_ms
	cut=$REPLY
	lab_cut "$busy"
	soon 240 is_dead "$busy" || give_up "the path was not given up"
	now_ms
	found=$REPLY
	path_state "$busy"
	seconds_cell found $((found - cut))
	event "" "${disks[busy]##*/} is out of use ($REPLY) after $seen"
	soon 240 writes_flow || give_up "the writes do not go on"
	pause 5
	now_ms
	ask longest "$cut" "$REPLY"
	read -r a b c <<<"$REPLY"
	seconds_cell stall $((a > b ? a : b))
	event "" "the longest write took $seen"
	now_ms
	ask held "$cut" "$REPLY" 500
	seconds_cell held "$REPLY"
	event "" "I/O begun up to $seen after the cut had to wait"
	now_ms
	ask begun "$found" "$REPLY"
	read -r a b <<<"$REPLY"
	hundredths_cell later "$a"
	hundredths_cell later_read "$b"
	event "" "begun after the path was out: writes waited up to $(in_hundredths "$a")"
	event "" "reads of $node up to $(in_hundredths "$b")"

	event "# ip netns exec s8 ip link set e$((busy + 1)) up"
	lab_bytes "$busy"
	before=$REPLY
	now_ms
	mend=$REPLY
	lab_mend "$busy"
	if soon 90 is_usable "$busy"; then
		now_ms
		seconds_cell usable $((REPLY - mend))
		event "" "${disks[busy]##*/} is usable again after $seen"
	else
		never_cell usable
		event "" "not usable within 90 s"
	fi
	if soon 30 link_moves; then
		now_ms
		seconds_cell inuse $((REPLY - mend))
		event "" "bytes flow over link $((busy + 1)) again after $seen, by itself"
	else
		never_cell inuse
		event "" "nothing flows over link $((busy + 1)) 30 s later: no failback"
	fi
}

# The cells of the change that began at $1, and the bytes after it.
balanced_cells() {
	local from=$1 less

	now_ms
	seconds_cell balanced $((REPLY - from))
	event "" "true after $seen"
	links_from
	pause 5
	links_to
	show_links
	system_counters
	less=$((part[0] < part[1] ? part[0] : part[1]))
	cell balance $((less * 1000 / (part[0] + part[1] + 1))) "${share0%.*}/${share1%.*} %"
}

test_3() {
	local from

	event "Test 3: to load balancing, on the mounted map"
	soon 90 both_usable || give_up "a path is missing"
	now_ms
	from=$REPLY
	balance_from=$from
	system_balance
	cell commands "$commands" "$commands"
	if soon 30 is_balanced; then
		balanced_cells "$balance_from"
		typed_end
	else
		never_cell balanced
		event "" "not true after 30 s"
	fi
	now_ms
	balance_from=$REPLY
	system_failover
	if soon 30 is_failover; then
		now_ms
		seconds_cell back $((REPLY - balance_from))
		typed_end
		event "" "back to failover after $seen"
	else
		never_cell back
	fi
	now_ms
	ask longest "$from" "$REPLY"
	read -r a b c <<<"$REPLY"
	hundredths_cell balance_wait $((a > b ? a : b))
	event "" "the longest write meanwhile took $seen"
}

# Everything of the map that a new disk should leave alone.
look() {
	dmsetup table
	dmsetup ls | sort
	for i in 0 1; do
		path_state "$i"
		echo "${disks[i]} $(wwid "${disks[i]}") $REPLY"
	done
}

test_4() {
	local from seen_before seen_after new

	event "Test 4: an unrelated disk is added"
	soon 90 both_usable || give_up "a path is missing"
	seen_before=$(look)
	now_ms
	from=$REPLY
	typed modprobe scsi_debug dev_size_mb=16 || give_up "no disk could be added"
	soon 30 test -b /dev/sdc || give_up "the new disk did not come"
	new=$(wwid sdc)
	udevadm settle -t 30
	pause 4
	seen_after=$(look)
	if [[ $seen_before == "$seen_after" ]]; then
		cell newdisk 0 no
		event "" "sdc, $new: the map did not change"
	else
		cell newdisk 1 yes
		event "" "the map changed:"
		diff <(echo "$seen_before") <(echo "$seen_after") | sed 's/^/           /'
	fi
	now_ms
	ask longest "$from" "$REPLY"
	read -r a b c <<<"$REPLY"
	hundredths_cell newdisk_wait $((a > b ? a : b))
	event "" "the longest write meanwhile took $seen"
	typed modprobe -r scsi_debug
	udevadm settle -t 30
}

# Reads with RWF_NOWAIT, which io_uring uses before it turns to worker threads.
nowait() {
	local n

	n=$("$project/selftests/rrt" read "$node" 0 4096 100 nowait 2>/dev/null)
	cell nowait "${n:-0}" "${n:-0} %"
	event "100 reads with RWF_NOWAIT" "${n:-0} taken"
}

finish() {
	ask errors
	cell errors "${REPLY% *}" "${REPLY% *}"
	event "" "I/O errors: ${REPLY% *}"
	ask check
	cell wrong "${REPLY#* }" "${REPLY#* }"
	event "all blocks read back" "${REPLY% *} compared, ${REPLY#* } wrong"
	stop_writer
	typed umount "$mnt" || give_up "the file system cannot be unmounted"
	[[ $column != @(multipath|rrpath) ]] || nowait
	if fsck=$(e2fsck -fn "$node" 2>&1); then
		cell fsck 0 clean
	else
		cell fsck 1 damaged
		echo "$fsck"
	fi
	event "# e2fsck -fn $node" "${fsck##*: }"
}

play() {
	column=$1
	new_timers=()
	heading "$(title "$column")"
	case $column in
	rrpath) . "$here/rrpath.sh" ;;
	*) . "$here/multipath.sh" ;;
	esac
	system_login || give_up "no login"
	system_up || give_up "no map"
	cell conf "$conf_lines" "$conf_lines"
	typed mkfs.ext4 -q -F "$node" || give_up "$typed_output"
	mkdir -p "$mnt"
	typed mount "$node" "$mnt" || give_up "$typed_output"
	start_writer
	case $column in
	multipath | rrpath)
		test_1
		test_2
		test_3
		test_4
		system_memory
		kib=$REPLY
		mib $((kib * 1024))
		cell memory "$kib" "$REPLY MiB"
		event "$daemon_text, resident memory" "$REPLY MiB"
		;;
	*)
		test_2
		;;
	esac
	finish
	system_down || give_up "the map cannot be removed"
	lab_down
	udevadm settle -t 30
}

heading "The user's lab, kernel $(uname -r)"
lab_picture
heading "   time  what is done                                     what is seen"
dmesg -C
start_rrt
lab_target && lab_initiator || give_up "the lab could not be set up"
for c in "${columns[@]}"; do
	play "$c"
done
print_table | tee "${RRPATH_OUT:-$work}/report.txt"
status=${PIPESTATUS[0]}
if dmesg | grep -E 'WARNING:|BUG:|Oops|protection fault|blocked for more|Call Trace'; then
	dmesg | tail -n 60
	status=1
fi
exit "$status"
