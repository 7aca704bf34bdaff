#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A medium error is the disk's, not the path's: it comes up unchanged, once, and no path fails.

SECTORS=16384
. "${0%/*}/lib.sh"

SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0 opts=2
make_map round-robin 2 0 "${P[0]}" "${P[1]}"

# scsi_debug has ten bad sectors from 0x1234 on.
offset=$((0x1234 / 8 * 8 * 512))
dm read "/dev/${D[0]}" "$offset" 4096 1
raw=$dm_errno
check "the disk has a medium error" [ "$raw" != 0 ]
for i in 1 2 3 4; do
	dm read "$DEV" "$offset" 4096 1
	is "the same error from the map, read $i" "$dm_errno" "$raw"
done
st
is "no path failed" "$states" AA
is "fail_count, errors, retries" "${fails[*]} ${errors[*]} ${retries[*]}" "0 0 0 0 0 0"
is "each read was sent once" "$((reads[0] + reads[1]))" 4
check "the rest of the disk is fine" dm read "$DEV" 0 4096 50
done_testing
