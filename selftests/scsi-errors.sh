#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# SCSI disks whose commands hang until their timeout, are lost, or end in transport errors, under
# fio that verifies: no error comes up, no byte is wrong, a path whose commands hang is left alone
# meanwhile, the counters add up, and every path is in use again at the end.
#
# scsi_debug makes two disks of one store. Before 6.7 it can only let every Nth command of both
# hosts go wrong; later, each command of one disk.
#
# RRPATH_SECONDS: how long trouble is made (else one round).

SECTORS=131072
. "${0%/*}/lib.sh"
. "$here/proofs/common.sh"

trouble_lasts 1
SCSI_DISKS=2 scsi_disks dev_size_mb=64 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0 \
	ndelay=100000
driver=/sys/bus/pseudo/drivers/scsi_debug
timeout=2
for i in 0 1; do
	scsi=$(readlink -f "/sys/block/${D[i]}/device")
	echo $timeout >"$scsi/timeout"
	for file in "$scsi"/scsi_disk/*/max_retries; do
		[ ! -e "$file" ] || echo 0 >"$file"
	done
	rules[i]=/sys/kernel/debug/scsi_debug/${scsi##*/}/error
done
note "a command is given up after $timeout s (device/timeout), and not repeated (max_retries 0)"

# Where both disks go wrong at once the map has to wait.
make_map round-robin 2 0 "${P[0]}" "${P[1]}" 5 queue_if_no_path no_path_timeout_ms 60000 \
	hold_down_max_ms 4000
fio_start fio --filename="$DEV" --size=100% --bs=4k --rw=randwrite --iodepth=4 \
	--verify_backlog=32 --fsync=64 --rate_iops=300
check "I/O runs" io_moves

inject() { echo "$2" >"${rules[$1]}"; }

# trouble_on PATH WHAT RULE...: until all is said, then mended
trouble_on()
{
	local path=$1 what="${D[$1]}: $2" rule other=$((1 - $1))
	shift 2
	outage_begins
	for rule; do inject "$path" "$rule"; done
	wait_for "$what: the path is out of use" 'st && [[ ${state['"$path"']} != [AS] ]]' 60
	check "$what: I/O goes on" io_moves
	wait_for "$what: what was in flight came back" \
		'st && ((flying['"$path"'] == 0 && queued == 0))' 60
	is "$what: the other path is in use" "${state[other]}" A
	outage_mended
	for rule; do
		read -ra w <<<"$rule"
		inject "$path" "- ${w[0]} ${w[2]}"
	done
	wait_for "$what: the path is back" 'states_are AA' 150
	outage_over "${D[path]}"
	check "$what: I/O goes on over both" io_moves
}

# Every 50th command of either disk, whichever it meets, while the others go on.
nth_trouble()
{
	local what=$1
	outage_begins
	echo "$2" >$driver/opts
	echo 50 >$driver/every_nth
	nap 1
	check "$what: I/O goes on" io_moves
	nap 3
	outage_mended
	echo 0 >$driver/every_nth
	echo 0 >$driver/opts
	wait_for "$what: both paths are in use" 'states_are AA' 150
	outage_over both
	check "$what: I/O goes on over both" io_moves
}

round()
{
	nth_trouble "every 50th command is lost" 4
	nth_trouble "every 50th command ends in a transport error" 0x10
	[ -e "${rules[0]}" ] || return
	for i in 0 1; do
		trouble_on $i "READ and WRITE hang" "0 -1 0x28" "0 -1 0x2a"
		trouble_on $i "READ and WRITE find no transport" \
			"2 -1 0x28 0xf 0 0 0 0 0" "2 -1 0x2a 0xf 0 0 0 0 0"
	done
}

end=$((SECONDS + trouble)) rounds=0
while ((rounds == 0 || SECONDS < end)); do
	round
	rounds=$((rounds + 1))
done
[ -e "${rules[0]}" ] || skip "one path hangs, one path loses its transport" \
	"this scsi_debug has no error injection per disk"
fio_stop fio
wait_for "idle" is_idle
is "each path error was sent elsewhere" "$((errors[0] + errors[1]))" \
	"$((retries[0] + retries[1]))"
check "path errors were seen" [ $((errors[0] + errors[1])) -gt 0 ]
tell_outages fio
# One timeout, and one more in which the abort may be waited for; the rest is a slow machine.
between "longest wait of one I/O (ms): what the timeout explains" "$worst" 1 20000
done_testing
