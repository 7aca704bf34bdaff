#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# dm-crypt, as LUKS2, on a map whose paths fail and return: no error, and every block is read back
# as written, also when it has been opened anew.

. "${0%/*}/lib.sh"
. "$here/proofs/stack.sh"

need cryptsetup
modprobe dm-crypt 2>/dev/null || skip_all "no module dm-crypt"
make_paths 2
make_map round-robin 2 0 "${P[0]}" "${P[1]}" "${soon[@]}"
head -c 64 /dev/urandom >"$tmp/key"
luks() { quiet cryptsetup -q --key-file "$tmp/key" "$@"; }
check "luksFormat" luks luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
	"$DEV" "$tmp/key"
check "open" luks open "$DEV" rrt-crypt
dm write /dev/mapper/rrt-crypt $((8 << 20)) 65536 16
mib() { dd if="$1" bs=1M skip="$2" count=1 status=none; }
was=$(mib /dev/mapper/rrt-crypt 8 | cksum)

io_start /dev/mapper/rrt-crypt
paths_fail "dm-crypt"
io_stop "dm-crypt: no error, and each block read back as written"
nothing_lost "dm-crypt"
check "close" luks close rrt-crypt
# 255 bytes of 256 are no Z.
is "what is on the map is not what was written" \
	"$(mib "$DEV" 24 | tr -d Z | wc -c | cut -c1-3)" 104
check "open again" luks open "$DEV" rrt-crypt
is "and reads the same" "$(mib /dev/mapper/rrt-crypt 8 | cksum)" "$was"
done_testing
