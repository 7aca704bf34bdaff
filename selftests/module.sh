#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module: what it says of itself, and loading and removing it again and again.

. "${0%/*}/lib.sh"

like "module alias" "$(modinfo -F alias "${RRPATH_KO:-dm-rrpath}")" "*dm-rrpath*"
is "licence" "$(modinfo -F license "${RRPATH_KO:-dm-rrpath}")" GPL
like "target and its version" "$(dmsetup targets)" "*rrpath*v1.0.0*"
refcount
is "nothing holds it" "$REPLY" 0

broken=''
for ((i = 0; i < 8; i++)); do
	rmmod dm_rrpath && insert || broken+=" $i"
done
is "removed and loaded eight times" "$broken" ""

make_paths 2
for ((i = 0; i < 4; i++)); do
	make_map round-robin 2 0 "${P[0]}" "${P[1]}"
	refcount
	is "a map holds it" "$REPLY" 1
	check_not "no rmmod while a map uses it" rmmod dm_rrpath 2>/dev/null
	dm remove rrt
	check "rmmod as soon as the map is gone" rmmod dm_rrpath
	insert
done
done_testing
