#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Disks whose driver has no identifier of them: a path that answers again is used again, and goes
# by its size alone.

SECTORS=16384
. "${0%/*}/lib.sh"

# A UUID and a text are all that they have, and nothing of what get_unique_id() gives.
SCSI_DISKS=2 scsi_disks dev_size_mb=8 num_tgts=1 add_host=2 per_host_store=0 vpd_use_hostno=0 \
	uuid_ctl=2
device=/sys/block/${D[0]}/device
like "there is only a text" "$(<"$device/wwid")" "t10.*"
make_map failover 2 0 "${P[0]}" "${P[1]}" 2 probe_interval_ms 100
echo offline >"$device/state"
dm read "$DEV" 0 4096 1
wait_for "the first path failed" 'states_are FA'
is "for an error" "${reason[0]}" io-error
echo running >"$device/state"
wait_for "a probe takes it" 'states_are AA'
msg fail_path "${P[0]}"
check "reinstate_path does" msg reinstate_path "${P[0]}"
check "and it is read from" dm read "$DEV" 0 4096 4
done_testing
