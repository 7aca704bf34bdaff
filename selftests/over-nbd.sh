#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A map over two NBD devices, each with a server of its own (nbdkit) for the same file: through
# errors, a pause and a delay that the filters of the servers make, no error comes up and the data
# is right. A paused path is left out until it goes on; a delayed one gets less from queue-length.

. "${0%/*}/lib.sh"
. "$here/proofs/stack.sh"

need nbdkit nbd-client
load_module nbd max_part=0 nbds_max=2
image=$tmp/image
truncate -s $((SECTORS * 512)) "$image"
servers=()

# server I ARGS...: and the client for it
server()
{
	local i=$1
	shift
	nbdkit -f -U "$tmp/nbd$i" --filter=pause --filter=delay --filter=error file "$image" \
		pause-control="$tmp/pause$i" error=EIO error-rate=100% \
		error-file="$tmp/error$i" "$@" >"$tmp/server$i" 2>&1 &
	servers+=($!)
	until_true "[ -S $tmp/nbd$i ]" &&
		quiet nbd-client -unix "$tmp/nbd$i" "/dev/nbd$i" -N '' &&
		until_true "[ \"\$(<\"/sys/block/nbd$i/size\")\" = $SECTORS ]" &&
		P[i]=$(number_of "/dev/nbd$i")
}
all_down()
{
	pause 0 r
	dm remove rrt
	nbd-client -d /dev/nbd0
	nbd-client -d /dev/nbd1
	kill "${servers[@]}"
	wait "${servers[@]}"
} >/dev/null 2>&1
early_cleanup=all_down
# The filter answers with the letter as a capital when it has done so.
pause() { [ ! -S "$tmp/pause$1" ] || dm say "$tmp/pause$1" "$2"; }
bad() { : >"$tmp/error$1"; }
good() { rm "$tmp/error$1"; }

check "a server and a client" server 0
check "and one more for the same file, 20 ms slower" server 1 rdelay=20ms wdelay=20ms
make_map round-robin 2 0 "${P[0]}" "${P[1]}" 6 probe_interval_ms 200 hold_down_max_ms 0 \
	stall_timeout_ms 1000
io_start
bad=bad good=good paths_fail "nbd"
pause 0 p
is "paused" "$REPLY" P
wait_for "the paused path is left out" 'states_are TA'
# What the writer had in flight is stuck there.
check "a read goes over the other" dm read "$DEV" 65536 4096 20
pause 0 r
is "goes on" "$REPLY" R
wait_for "and is back" 'states_are AA'
nothing_lost "nbd"
check "set_policy" msg set_policy queue-length
msg reset_stats
check "I/O goes on over both" io_moves
wait_for "with more for the faster one" \
	'st && ((writes[1] > 5 && reads[0] + writes[0] > 2 * (reads[1] + writes[1])))'
io_stop "nbd: no error, and each block read back as written"
wait_for "idle" is_idle
done_testing
