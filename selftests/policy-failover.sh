#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# failover: the first usable path in table order carries everything.

. "${0%/*}/lib.sh"

make_paths 3
make_map failover 3 0 "${P[2]}" "${P[0]}" "${P[1]}"

# carried DESCRIPTION WANT: reads of each path for thirty more
carried()
{
	msg reset_stats
	dm read "$DEV" 0 4096 30
	st
	is "$1" "${reads[*]}" "$2"
}

carried "first of the table" "30 0 0"
is "all are in the active group" "$states" AAA
msg fail_path "${P[2]}"
carried "second when the first is disabled" "0 30 0"
msg fail_path "${P[0]}"
carried "third when both are" "0 0 30"
msg reinstate_path "${P[0]}"
carried "second again" "0 30 0"
msg reinstate_path "${P[2]}"
carried "first again" "30 0 0"

need fio
msg reset_stats
fio --name=f --filename="$DEV" --direct=1 --ioengine=libaio --iodepth=8 --rw=randrw --bs=4k \
	--size=8m --io_size=8m --numjobs=2 --minimal >"$tmp/fio" 2>&1 || fail "fio" "$(<"$tmp/fio")"
st
is "fio: all on the first path" \
	"$((reads[0] + writes[0])) ${reads[1]} ${writes[1]} ${reads[2]} ${writes[2]}" \
	"4096 0 0 0 0"
done_testing
