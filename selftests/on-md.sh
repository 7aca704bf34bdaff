#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# md RAID1 over two maps: it sees no error and drops no leg while the paths of either map fail and
# return, and both legs hold the same.

. "${0%/*}/lib.sh"
. "$here/proofs/stack.sh"

need mdadm
modprobe raid1 2>/dev/null || skip_all "no module raid1"
export MDADM_NO_UDEV=1
md=/dev/md127
[ ! -e /sys/block/md127 ] || skip_all "md127 is in use here"
phases=2
two_maps
stop_md() { mdadm -q --stop $md; } 2>/dev/null
# Before the maps below it.
early_cleanup=stop_md
check "mdadm --create" quiet mdadm --create $md --run --level=1 --raid-devices=2 --metadata=1.2 \
	--homehost=rrt --assume-clean --bitmap=none "$DEV" "$DEV_B"
sys=/sys/block/md127/md

io_start $md
both_fail "md"
io_stop "md: no error, and each block read back as written"
is "legs that are missing" "$(<$sys/degraded)" 0
is "errors that md has seen" "$(cat $sys/dev-*/errors | paste -sd ' ')" "0 0"
nothing_lost "md, first map" rrt
nothing_lost "md, second map" rrt-b
echo check >$sys/sync_action
wait_for "the legs are compared" '[ "$(<$sys/sync_action)" = idle ]' 120
is "sectors that differ" "$(<$sys/mismatch_cnt)" 0

# Would it have told? One block of one leg.
stop_md
dm write "$DEV_B" $((16 << 20)) 4096 1
check "assembled again" quiet mdadm --assemble $md --run "$DEV" "$DEV_B"
echo check >$sys/sync_action
wait_for "compared again" '[ "$(<$sys/sync_action)" = idle ]' 120
check "a block that differs is found" [ "$(<$sys/mismatch_cnt)" -gt 0 ]
stop_md
done_testing
