#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Rename, remove --deferred and remove --force while I/O runs.

. "${0%/*}/lib.sh"

make_paths 2
make_map round-robin 2 0 "${P[0]}" "${P[1]}"
io_start "$DEV" 2
check "I/O runs" io_moves
check "rename" dmsetup rename rrt rrt-new
check "I/O goes on under the new name" io_moves rrt-new
check "and back" dmsetup rename rrt-new rrt

check_not "no remove while it is open" dmsetup remove rrt 2>/dev/null
check "remove --deferred" dmsetup remove --deferred rrt
check "I/O goes on" io_moves
io_stop "no error and every block as written"
wait_for "gone once it is closed" '! dm info rrt'
wait_for "the module is free" 'refcount && [ "$REPLY" = 0 ]'

make_map round-robin 2 0 "${P[0]}" "${P[1]}" 1 queue_if_no_path
io_start "$DEV" 2
check "I/O runs" io_moves
dmsetup remove --force rrt 2>/dev/null
dm table rrt
like "remove --force puts the error target in" "$REPLY" "*error*"
kill -TERM "$io_pid"
wait "$io_pid"
read -r io <"$tmp/io"
like "the writer got EIO, and nothing wrong to read" "$io" "* 0 5"
wait_for "removed then" 'dm remove rrt'
wait_for "the module is free" 'refcount && [ "$REPLY" = 0 ]'
done_testing
