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
while IFS= read -r file; do
	files=$((files + 1))
	mode=$(stat -c %a "$file") owner=$(stat -c %u:%g "$file")
	[[ $mode == [67]44 || $mode == 444 || $mode == 755 ]] && [ "$owner" = 0:0 ] ||
		bad+=" $file $mode $owner"
done < <(find "$SYS" /sys/module/dm_rrpath/parameters ! -type l)
is "modes and owners of $files files" "$bad" ""
((files > 30)) || fail "files were looked at" "$files"
is "the map's node" "$(stat -c '%U %a' "$DEV")" "root 600"
is "the control node" "$(stat -c '%U %a' /dev/mapper/control)" "root 600"

dm table rrt
table=$REPLY
dm status rrt
status=$REPLY
check "another user reads the policy" nobody grep -q failover "$SYS/policy"
bad='' files=0
# shellcheck disable=SC2016 # $1 is the inner shell's
while IFS= read -r file; do
	files=$((files + 1))
	value=$(<"$file")
	nobody bash -c 'echo "$1" >"$2"' - "$value" "$file" 2>/dev/null && bad+=" $file"
done < <(find "$SYS" -type f)
is "another user writes none of $files files" "$bad" ""
check_not "nor sends a message" nobody "$rrt_program" message rrt set_policy failover 2>/dev/null
check_not "nor makes a map" nobody "$rrt_program" create rrt-x - 0 "$SECTORS" \
	rrpath failover 1 0 "${P[0]}" 2>/dev/null
check_not "nor reads the map" nobody "$rrt_program" read "$DEV" 0 4096 1 2>/dev/null
dm table rrt
is "the table is as before" "$REPLY" "$table"
dm status rrt
is "the status is as before" "$REPLY" "$status"

if command -v rrpath >/dev/null; then
	for verb in list "show rrt" "policy rrt failover" "fail rrt ${P[0]}" "remove rrt"; do
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
