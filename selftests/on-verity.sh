#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# dm-verity on a map whose paths fail and return: each read succeeds and agrees with its hash.

. "${0%/*}/lib.sh"
. "$here/proofs/stack.sh"

need veritysetup
modprobe dm-verity 2>/dev/null || skip_all "no module dm-verity"
size=$((8 << 20)) verity=/dev/mapper/rrt-verity
make_paths 2
make_map round-robin 2 0 "${P[0]}" "${P[1]}" "${soon[@]}"
head -c $size /dev/urandom >"$tmp/image"
dd if="$tmp/image" of="$DEV" bs=1M conv=fsync status=none
layout=("--hash-offset=$size" "--data-blocks=$((size / 4096))")
check "format" quiet veritysetup format "${layout[@]}" "$DEV" "$DEV"
root=$(sed -n 's/^Root hash:[[:space:]]*//p' <<<"$REPLY")
check "open" quiet veritysetup open "${layout[@]}" "$DEV" rrt-verity "$DEV" "$root"

# All of it, over and over, until one read fails.
read_all()
{
	local passes=0
	trap 'echo $passes; exit 0' TERM
	while "$rrt_program" read $verity 0 65536 $((size / 65536)) >/dev/null; do
		passes=$((passes + 1))
	done
	exit 1
}
read_all >"$tmp/passes" 2>&1 &
reader=$!
children+=("$reader")
paths_fail "dm-verity"
kill -TERM $reader
wait $reader
is "dm-verity: no read failed" $? 0
note "read $(<"$tmp/passes") times"
nothing_lost "dm-verity"
check "and reads what was written" cmp "$tmp/image" $verity

# Would it have told? One block, past the cache of the device above.
dm write "$DEV" 1048576 4096 1
check_not "a block that was changed is not read" dm read $verity 1048576 4096 1
is "the paths are not to blame" "$(st && echo "$states")" AA
done_testing
