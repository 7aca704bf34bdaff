#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Another user can read what sysfs says of a map, and change nothing: not by a file of its, not by
# the ioctl, not with the tool. No file is open to others for writing, whatever the umask was.

. "${0%/*}/lib.sh"

need setpriv
umask 0
make_paths 2
make_map round-robin 2 0 "${P[0]}" "${P[1]}"

# nobody COMMAND...: as a user without any right
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all -- "$@"; }

bad='' files=0
while read -r mode owner file; do
	files=$((files + 1))
	[[ $mode == 644 || $mode == 444 || $mode == 755 ]] && [ "$owner" = 0:0 ] ||
		bad+=" $file $mode $owner"
done < <(find "$SYS" /sys/module/dm_rrpath/parameters ! -type l -printf '%m %U:%G %p\n')
is "modes and owners of $files files" "$bad" ""
((files > 30)) || fail "files were looked at" "$files"
is "the map's node" "$(stat -c '%U %a' "$DEV")" "root 600"
is "the control node" "$(stat -c '%U %a' /dev/mapper/control)" "root 600"

dm table rrt
table=$REPLY
dm status rrt
status=$REPLY
check "another user reads the policy" nobody grep -q failover "$SYS/policy"
mapfile -t all < <(find "$SYS" -type f)
# One process for all of them: each takes its time in a machine that is emulated.
# shellcheck disable=SC2016 # the variables are the inner shell's
REPLY=$(nobody bash -c 'for f; do { echo "$(<"$f")" >"$f"; } 2>/dev/null && echo "$f"; done' \
	- "${all[@]}")
is "another user writes none of ${#all[@]} files" "$REPLY" ""
check_not "nor sends a message" nobody "$rrt_program" message rrt set_policy failover 2>/dev/null
check_not "nor makes a map" nobody "$rrt_program" create rrt-x - 0 "$SECTORS" \
	rrpath failover 1 0 "${P[0]}" 2>/dev/null
check_not "nor reads the map" nobody "$rrt_program" read "$DEV" 0 4096 1 2>/dev/null
dm table rrt
is "the table is as before" "$REPLY" "$table"
dm status rrt
is "the status is as before" "$REPLY" "$status"

if command -v rrpath >/dev/null; then
	for verb in list "policy rrt failover" "remove rrt"; do
		# shellcheck disable=SC2086 # the words of a command line
		REPLY=$(nobody rrpath $verb 2>&1)
		is "rrpath $verb: exit status" $? 1
		is "rrpath $verb: what it says" "$REPLY" \
			"rrpath: device-mapper needs root: run it with sudo"
	done
else
	skip "the tool as another user" "rrpath is not installed"
fi
done_testing
