#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two maps at once: what is done to one is nothing to the other.

. "${0%/*}/lib.sh"

make_paths 4
make_named_map rrt-other round-robin 2 0 "${P[2]}" "${P[3]}"
other=$DEV other_sys=$SYS
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 0
refcount
is "the module is held twice" "$REPLY" 2

dm table rrt-other
table=$REPLY
msg fail_path "${P[0]}"
msg set_policy queue-length
msg set rr_min_io 9
dm table rrt-other
is "the other's table is as it was" "$REPLY" "$table"
st rrt-other
is "and its states" "$states" AA
check_not "a path of the other is none of this one" msg fail_path "${P[2]}"
dm read "$DEV" 0 4096 10
dm read "$other" 0 4096 20
st
is "counters of one" "${reads[*]:0:2}" "0 10"
st rrt-other
is "counters of the other" "${reads[*]:0:2}" "10 10"

io_start "$other" 2
msg fail_path "${P[1]}"
check "the other runs while this one has no path" io_moves rrt-other
dm suspend rrt
check "and while it is suspended" io_moves rrt-other
dm resume rrt
check "remove one" dm remove rrt
check "the other goes on" io_moves rrt-other
check "its sysfs too" [ -e "$other_sys/policy" ]
io_stop "no error and every block as written"

# The same disks under both: the kernel's device-mapper allows it, and so each counts for itself.
make_map failover 2 0 "${P[2]}" "${P[3]}"
msg fail_path "${P[2]}"
st rrt-other
is "a shared path fails in one map only" "$states" AA
done_testing
