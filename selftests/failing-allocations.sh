#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every allocation that an operation makes fails in turn, the first, the second, ..., until the
# operation has no more of them: it is done or it is not, never by half, and nothing is left behind.
# Needs a kernel that can do that (selftests/debug); with kmemleak, leaks are found as well.

. "${0%/*}/lib.sh"

faults=/sys/kernel/debug
[ -w /proc/self/fail-nth ] && [ -d "$faults/failslab" ] ||
	skip_all "this kernel has no fault injection"

extra_cleanup=no_faults
no_faults()
{
	echo "$was_expedited" >"$expedited"
	dm workers 0
	echo 1 >"$faults/fail_page_alloc/min-order"
	for kind in failslab fail_page_alloc; do echo Y >"$faults/$kind/ignore-gfp-wait"; done
}
# Most of the time would be waiting for grace periods.
expedited=/sys/kernel/rcu_expedited
read -r was_expedited <"$expedited"
echo 1 >"$expedited"
echo 0 >"$faults/fail_page_alloc/min-order"
for kind in failslab fail_page_alloc; do
	echo N >"$faults/$kind/ignore-gfp-wait"
	echo 0 >"$faults/$kind/verbose"
done

# walk DESCRIPTION AFTER OPERATION...: AFTER is run each time, with the error of the operation in
# $err. It says in $wrong what is not as it should be, and makes that the operation can be done
# again. In the end, with nothing failing, the operation gives $want.
walk()
{
	local what=$1 after=$2 n fired refused=0
	shift 2
	for ((n = 1; n < 3000; n++)); do
		dm nth "$n" "$@" || { fail "$what" "nth gave $dm_errno"; return; }
		read -r fired err <<<"$REPLY"
		wrong=''
		"$after"
		[ -z "$wrong" ] || { fail "$what" "allocation $n: $wrong (errno $err)"; return; }
		((fired)) || break
		((err == want)) || refused=$((refused + 1))
	done
	note "$what: $((n - 1)) allocations, $refused of them needed"
	is "$what" "$err" "$want"
}
want=0

opens_are()
{
	note_base
	[ "$base" = "$1" ] || wrong="open counts and references are '$base', not '$1'"
}

make_paths 3
pair="round-robin 2 0 ${P[0]} ${P[1]}"
all="queue-length 3 2 ${P[0]} 7 2 ${P[1]} 7 1 ${P[2]} 1 1"
one="failover 1 0 ${P[2]}"
make_map "$one"
dm create rrt-spare -
dm load rrt-spare 0 "$SECTORS" rrpath "$pair"
dm clear rrt-spare
note_base
opened=$base

# ---- tables

after_load()
{
	local has
	dm info rrt-spare
	read -r _ _ _ has _ <<<"$REPLY"
	((has == !err)) || wrong="tables that are loaded: $has"
	dm clear rrt-spare
	opens_are "$opened"
}
load_spare() { walk "$1" after_load load rrt-spare 0 "$SECTORS" rrpath "$2"; }
load_spare "a table with one path" "round-robin 1 0 ${P[0]}"
load_spare "a table with all options" "$all 8 failback manual rr_min_io 4 merge_kib 0 \
stall_timeout_ms 0"
load_spare "a table with a path by its name" "failover 1 0 /dev/mapper/rrt-p1"
want=22
load_spare "a table that is refused at its end" "$all 2 rr_min_io 0"
load_spare "a table with a path twice" "failover 2 0 ${P[0]} ${P[0]}"
want=0

# A map that had no table has one, or none and can be given one; its files may be missing.
new_map() { dm create rrt-new - && dm load rrt-new 0 "$SECTORS" rrpath "$pair"; }
after_first_resume()
{
	dm resume rrt-new || wrong="it cannot be resumed"
	st rrt-new && [ "$states" = AA ] || wrong="states are '$states'"
	# The next table brings the files that there was no memory for.
	dm swap rrt-new 0 "$SECTORS" rrpath "$pair" || wrong="it takes no other table"
	dm info rrt-new
	new=/sys/block/dm-${REPLY##*:}/rrpath
	until_true '[ -e $new/paths/${P[1]}/device ]' || wrong="no files: $(ls -R "$new" 2>&1)"
	read -r _ <"$new/paths/${P[1]}/stat" || wrong="a file does not read"
	dm remove rrt-new || wrong="it cannot be removed"
	[ ! -e "$new" ] || wrong="its files are still there"
	opens_are "$opened"
	new_map
}
new_map
walk "the first resume of a map" after_first_resume resume rrt-new
dm remove rrt-new

# A live map gets another table or keeps its own; it is suspended at worst.
after_swap()
{
	dm resume rrt || wrong="it cannot be resumed"
	dm clear rrt
	dm table rrt
	if ((err)); then
		[[ $REPLY == *" rrpath $pair" || $REPLY == *" rrpath $one" ]] ||
			wrong="table is '$REPLY'"
	else
		[[ $REPLY == *" rrpath $pair" ]] || wrong="table is '$REPLY'"
	fi
	dm read "$DEV" 0 4096 2 || wrong="it cannot be read from"
	dm swap rrt 0 "$SECTORS" rrpath "$one" || wrong="it does not take its first table again"
	until_true '[ ! -e $SYS/paths/${P[0]} ] && [ -e $SYS/paths/${P[2]}/device ]' ||
		wrong="files: $(ls "$SYS/paths")"
	opens_are "$opened"
}
walk "another table for a live map" after_swap swap rrt 0 "$SECTORS" rrpath "$pair"

# ---- the files of paths that come and go are made and removed by a worker

files_are_there() { [ -e "$SYS/paths/${P[1]}/device" ] && [ ! -e "$SYS/paths/${P[2]}" ]; }
files_are_not() { dm log && [[ $REPLY == *"not all files in sysfs could be made"* ]]; }
wrong=''
for ((n = 1; n < 500; n++)); do
	dm log
	dm workers "$n"
	dm swap rrt 0 "$SECTORS" rrpath "$pair"
	until_true 'files_are_there || files_are_not' || wrong="neither made nor said to be missing"
	dm workers 0
	fired=$REPLY
	# What it has left undone is done with the next table.
	dm swap rrt 0 "$SECTORS" rrpath "$pair"
	until_true files_are_there || wrong="there are $(ls "$SYS/paths"/*)"
	dm swap rrt 0 "$SECTORS" rrpath "$one"
	until_true '! [ -e "$SYS/paths/${P[0]}" ]' || wrong="files stay"
	((fired)) && [ -z "$wrong" ] || break
done
note "files that a worker makes: $((n - 1)) allocations"
is "files that a worker makes: allocation $n" "$wrong" ""
((n > 20)) || fail "a worker made files" "after $n allocations"

# ---- messages, files, status

dm swap rrt 0 "$SECTORS" rrpath "$pair"
until_true '[ -e $SYS/paths/${P[1]}/device ] && [ ! -e $SYS/paths/${P[2]} ]'
note_base
opened=$base
dm table rrt
same=$REPLY

after_change()
{
	opens_are "$opened"
	dm table rrt
	((err == 0)) || [ "$REPLY" = "$same" ] || wrong="it changed the table to '$REPLY'"
	dm message rrt set_policy round-robin
	dm message rrt set rr_min_io 1
	dm message rrt set_priority "${P[0]}" 1
	dm message rrt set_weight "${P[0]}" 1
	dm message rrt reinstate_path "${P[0]}"
	dm message rrt fail_if_no_path
}
for message in "set_policy failover" "set rr_min_io 9" "set_priority ${P[0]} 9" \
	"set_weight ${P[0]} 9" "fail_path ${P[0]}" "reinstate_path ${P[0]}" \
	"reinstate_path /dev/mapper/rrt-p0" queue_if_no_path fail_if_no_path reset_stats; do
	walk "message $message" after_change message rrt "$message"
done
for write in "policy failover" "rr_min_io 9" "paths/${P[0]}/priority 9" \
	"paths/${P[0]}/weight 9" "paths/${P[0]}/state disabled"; do
	walk "write $write" after_change put "$SYS/$write"
done
for file in policy rr_min_io queued "paths/${P[0]}/state" "paths/${P[0]}/stat"; do
	walk "read $file" after_change get "$SYS/$file"
done
walk "status" after_change status rrt
walk "table" after_change table rrt
after_suspend() { dm resume rrt || wrong="it cannot be resumed"; after_change; }
walk "suspend" after_suspend suspend rrt
walk "resume" after_suspend resume rrt

# ---- I/O, on disks that allocate for it: what protects each block

if modprobe -q scsi_debug dev_size_mb=$((SECTORS / 2048)) num_tgts=1 add_host=2 per_host_store=0 \
	vpd_use_hostno=0 dif=1 dix=1; then
	unload=(scsi_debug "${unload[@]}")
	linear=("${P[@]}")
	modprobe -a sd_mod 2>/dev/null
	SCSI_DISKS=2
	until_true find_scsi || die "scsi_debug made no disk"
	make_named_map rrt-dif round-robin 2 0 "${P[0]}" "${P[1]}"
	D=("${P[@]}") P=("${linear[@]}")
	dif=$DEV
	# Want of memory for the payload below is an error of the path, as for dm-multipath.
	after_io()
	{
		dm message rrt-dif reinstate_path "${D[0]}"
		dm message rrt-dif reinstate_path "${D[1]}"
		st rrt-dif && [ "$states" = AA ] || wrong="states are '$states'"
		dm read "$dif" 0 4096 2 || wrong="it cannot be read from"
	}
	walk "a write" after_io write "$dif" 0 4096 1
	walk "a read" after_io read "$dif" 0 4096 1
	dm remove rrt-dif
else
	skip "a write, a read" "no scsi_debug"
fi

# ---- the end: of a map, and the beginning of the module

dm swap rrt 0 "$SECTORS" rrpath "$one"
note_base
opened=$base
after_remove()
{
	((err)) || new_map
	dm resume rrt-new || wrong="it is neither there nor gone"
}
new_map
dm resume rrt-new
walk "remove" after_remove remove rrt-new
dm remove rrt-new
opens_are "$opened"
is "what it had open is closed" "$wrong" ""

if [ -n "${RRPATH_KO-}" ]; then
	dm remove rrt-spare
	dm remove rrt
	rmmod dm_rrpath
	after_insmod()
	{
		((err)) || rmmod dm_rrpath || wrong="it cannot be removed"
		[ ! -e /sys/module/dm_rrpath ] || wrong="it is still there"
	}
	walk "the module" after_insmod insmod "$RRPATH_KO"
	# How it came that there was no room for a module the kernel tells with a stack trace.
	dm scan
	REPLY=${REPLY//Call Trace:/}
	# And kmemleak, which goes on, that its own allocation was among those that failed.
	REPLY=${REPLY//kmemleak: Cannot allocate a scan area, scanning the full object/}
	is "the log has no more than that" "${REPLY//[ |]/}" ""
	insert
	make_map "$pair"
fi
check "the map works" dm read "$DEV" 0 4096 10
done_testing
