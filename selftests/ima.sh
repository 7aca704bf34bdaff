#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What IMA measures of the table: the kernel asks the target for it when a table is loaded.

. "${0%/*}/lib.sh"

need xxd
list=/sys/kernel/security/ima/ascii_runtime_measurements
[ -d /sys/kernel/security/ima ] || mount -t securityfs none /sys/kernel/security 2>/dev/null
[ -r $list ] || skip_all "no IMA in this kernel"
make_paths 2

measured()
{
	local line
	text=''
	while read -r line; do
		[[ $line == *dm_table_load* ]] && text+=$(xxd -r -p <<<"${line##* }" | tr '\0' ' ')
	done <$list
	[[ $text == *target_name=rrpath* ]]
}

echo "measure func=CRITICAL_DATA label=device-mapper template=ima-buf" \
	2>/dev/null >/sys/kernel/security/ima/policy
make_map round-robin 2 2 "${P[0]}" 5 3 "${P[1]}" 4 1 1 queue_if_no_path
measured || skip_all "IMA's policy cannot be set here: no measurement of device-mapper"
note "$text"
like "target and version" "$text" "*target_name=rrpath,target_version=1.0.0,*"
like "policy" "$text" "*round-robin*"
like "first path" "$text" "*${P[0]}*"
like "second path" "$text" "*${P[1]}*"
like "ends as the others do" "$text" "*;*"
done_testing
