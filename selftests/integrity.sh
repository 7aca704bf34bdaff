#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Integrity (T10 DIF): where all paths have the same profile the map has it, and data passes.

SECTORS=16384
. "${0%/*}/lib.sh"

SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0 \
	dif=1 dix=1
profile=$(<"/sys/block/${D[0]}/integrity/format")
[ "$profile" != none ] || skip_all "scsi_debug has no integrity profile here"
make_map round-robin 2 0 "${P[0]}" "${P[1]}"
is "the map has the paths' profile" "$(<"/sys/block/dm-${MAP#*:}/integrity/format")" "$profile"
io_start "$DEV" 2
check "I/O runs" io_moves
msg fail_path "${P[0]}"
check "I/O goes on by one path" io_moves
msg reinstate_path "${P[0]}"
io_stop "no error and every block as written"
st
is "no path failed" "$states ${errors[*]}" "AA 0 0"
done_testing
