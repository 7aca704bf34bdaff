# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# Plumbing of the dm-rrpath selftests. A test sources it, makes its paths and its map, says what it
# sees in TAP 13, and ends with done_testing:
#
#	. "${0%/*}/lib.sh"
#	make_paths 2
#	make_map failover 2 0 "${P[0]}" "${P[1]}"
#	is "first path carries" ...
#	done_testing
#
# Topology: one RAM disk, dm-linear maps rrt-p0, rrt-p1, ... over all of it (the paths, which so
# share what is written), and the map under test over those, rrt. A path becomes bad by loading
# another table into its dm-linear map.
#
# Everything that goes to device-mapper goes through one helper process (see rrt.c), without udev,
# whose queue is stopped meanwhile: it would open the maps and be counted.
#
# On exit the maps and modules are removed, rmmod of the module under test has to work, and the
# kernel log since the start must be free of warnings; both are tests of every script.
#
# Environment: RRPATH_KO, the module to load (else modprobe dm-rrpath). RRPATH_DEADLINE, how long to
# wait for what ought to happen at once, in seconds (else 30).
# Exit status: 0 pass, 1 fail, 4 skip.

set -u
export LC_ALL=C DM_DISABLE_UDEV=1

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
rrt_program=$here/rrt
SECTORS=${SECTORS:-65536}
DEADLINE=${RRPATH_DEADLINE:-30}
kmemleak=/sys/kernel/debug/kmemleak

# What the next path leads to, and what those that are made do.
store=1:0 stores=()
tests=0 failures=0 completed='' skipped='' base='' early_cleanup=''
P=() children=() unload=() extra_cleanup=''
tmp='' saved_printk='' had_record='' udev_stopped='' rrt_in='' rrt_out=''

# ---- TAP

ok() { tests=$((tests + 1)); printf 'ok %d - %s\n' "$tests" "${1:0:140}"; }

fail()
{
	tests=$((tests + 1)) failures=$((failures + 1))
	printf 'not ok %d - %s\n' "$tests" "${1:0:140}"
	[ -z "${2-}" ] || printf '%s\n' "${2:0:900}" | sed 's/^/# /'
	return 1
}

note() { printf '# %s\n' "$*"; }

# is DESCRIPTION GOT WANT
is()
{
	if [ "$2" = "$3" ]; then ok "$1"; else fail "$1" "got '$2', want '$3'"; fi
}

# like DESCRIPTION GOT PATTERN
like()
{
	# shellcheck disable=SC2053
	if [[ $2 == $3 ]]; then ok "$1"; else fail "$1" "got '$2', want '$3'"; fi
}

# between DESCRIPTION VALUE LOW HIGH
between()
{
	if (($2 >= $3 && $2 <= $4)); then ok "$1"; else fail "$1" "got $2, want $3..$4"; fi
}

# check DESCRIPTION COMMAND...
check()
{
	local what=$1 err
	shift
	"$@" && { ok "$what"; return; }
	err=$?
	fail "$what" "'$*' gave $err; ${dm_errno:+errno $dm_errno }${REPLY-}"
}

# check_not DESCRIPTION COMMAND...: must fail
check_not()
{
	local what=$1
	shift
	if "$@"; then fail "$what" "'$*' worked"; else ok "$what"; fi
}

skip() { tests=$((tests + 1)); printf 'ok %d - %s # SKIP %s\n' "$tests" "$1" "$2"; }

skip_all()
{
	skipped=$1
	exit 4
}

die()
{
	fail "$*"
	exit 1
}

done_testing() { completed=1; exit 0; }

# ---- the helper process

# dm OPERATION ARGS...: see `rrt`; the answer is in REPLY, the error in dm_errno.
dm()
{
	printf '%s\n' "$*" >&"$rrt_out"
	IFS=' ' read -r dm_errno REPLY <&"$rrt_in" || { dm_errno=255; die "rrt ended"; }
	((dm_errno == 0))
}

# ---- waiting

nap() { read -rt "${1:-0.05}" -u "$nap_fd" || :; }

# until_true CONDITION [SECONDS]: evaluate until it is true
until_true()
{
	local end=$((SECONDS + ${2:-DEADLINE}))
	until eval "$1"; do
		((SECONDS < end)) || return 1
		nap
	done
}

# wait_for DESCRIPTION CONDITION [SECONDS]: until_true as a test
wait_for()
{
	local what=$1
	shift
	until_true "$@" && { ok "$what"; return; }
	fail "$what" "not within ${2:-$DEADLINE} s: $1; ${REPLY-}"
}

# ---- modules

need()
{
	local program
	for program; do
		command -v "$program" >/dev/null || skip_all "$program is not installed"
	done
}

# load_module NAME OPTIONS...: loaded for this test and removed at its end
load_module()
{
	[ ! -e "/sys/module/$1/refcnt" ] || skip_all "$1 is in use here"
	modprobe "$@" 2>/dev/null ||
		{ modinfo "$1" >/dev/null 2>&1 || skip_all "no module $1"; die "cannot load $1"; }
	unload=("$1" "${unload[@]}")
}

insert()
{
	if [ -n "${RRPATH_KO-}" ]; then insmod "$RRPATH_KO" "$@"; else modprobe dm-rrpath "$@"; fi
}

refcount() { read -r REPLY </sys/module/dm_rrpath/refcnt; }

# ---- paths

# make_paths COUNT
make_paths()
{
	local i
	load_module brd rd_nr=1 rd_size=$((SECTORS / 2))
	for ((i = 0; i < $1; i++)); do add_path "$i"; done
}

add_path()
{
	dm create "rrt-p$1" - 0 "$SECTORS" linear "$store" 0 || die "cannot create path $1"
	P[$1]=$REPLY stores[$1]=$store
}

path_error() { dm swap "rrt-p$1" 0 "$SECTORS" error; }
# Errors again, but of reads that the path's own device still counts.
path_error_counted()
{
	dm info rrt-error || dm create rrt-error - 0 "$SECTORS" error || return
	dm swap "rrt-p$1" 0 "$SECTORS" linear /dev/mapper/rrt-error 0
}
path_good() { dm swap "rrt-p$1" 0 "$SECTORS" linear "${stores[$1]}" 0; }
# path_delay PATH MILLISECONDS
path_delay() { dm swap "rrt-p$1" 0 "$SECTORS" delay "${stores[$1]}" 0 "$2"; }
# What comes then hangs until path_release.
path_hang() { dm suspend "rrt-p$1"; }
path_release() { dm resume "rrt-p$1"; }

# scsi_disks OPTIONS...: scsi_debug; the disks' names go to D, their major:minor to P
scsi_disks()
{
	# udev, which would load the driver of the disks, may be stopped.
	modprobe -a sd_mod sg 2>/dev/null
	load_module scsi_debug "$@"
	until_true 'find_scsi' || skip_all "scsi_debug made no disk"
}

find_scsi()
{
	local model block
	D=() P=()
	for block in /sys/bus/pseudo/drivers/scsi_debug/adapter*/host*/target*/*:*/block/sd*; do
		[ -e "$block/dev" ] || continue
		[ -b "/dev/${block##*/}" ] || return 1
		D+=("${block##*/}")
		read -r model <"$block/dev"
		P+=("$model")
	done
	((${#D[@]} >= ${SCSI_DISKS:-1}))
}

# ---- udev

# use_udev: udevd works while the script runs, with the rules of the project, and the tool that the
# rules call is the one on PATH. The record of maps is empty.
use_udev()
{
	local rules=$here/../userspace-tool/udev tool file
	need udevadm rrpath
	[ -e /run/udev/control ] || skip_all "no udevd runs here"
	[ -e "$rules/59-rrpath.rules" ] || skip_all "no rules for udev in $rules"
	tool=$(command -v rrpath)
	[ ! -s /etc/rrpath/maps.conf ] || skip_all "there are maps in /etc/rrpath/maps.conf"
	early_cleanup=end_udev
	mkdir -p /run/udev/rules.d
	for file in "$rules"/*.rules; do
		sed "s|@SBINDIR@|${tool%/*}|" "$file" >"/run/udev/rules.d/${file##*/}"
	done
	# The tool waits for the nodes that udev makes.
	unset DM_DISABLE_UDEV
	udevadm control --reload --start-exec-queue
}

end_udev()
{
	# First, or the maps that are removed next come back.
	rm -f /run/udev/rules.d/??-rrpath.rules /etc/rrpath/maps.conf /run/rrpath/maps.conf
	udevadm control --reload --start-exec-queue
	udevadm settle -t "$DEADLINE"
	# What the rules have called may still be at work.
	flock -w "$DEADLINE" /run/rrpath.lock true
	[ -z "${RRT_UDEV_STOPPED-}" ] || udevadm control --stop-exec-queue
}

# The paths of rrt, in table order: "sda=active sdb=active"; a path that is gone is "-".
shown() { rrpath show -nr -o PATH,STATE rrt | sed 's/ /=/' | paste -sd ' '; }
# shellcheck disable=SC2053
shows() { REPLY=$(shown) && [[ $REPLY == $1 ]]; }

# The one disk of a SCSI host, host7.
disk_of()
{
	local disks=(/sys/class/scsi_host/"$1"/device/target*/*/block/*)
	REPLY=${disks[0]##*/}
	[ -b "/dev/$REPLY" ]
}
host_of() { REPLY=$(readlink -f "/sys/block/$1/device") REPLY=host${REPLY##*/} REPLY=${REPLY%%:*}; }
rescan_host() { echo '- - -' >"/sys/class/scsi_host/$1/scan"; }

# ---- the map under test

# make_map PARAMS...: rrt; MAP is its major:minor, DEV its node, SYS its directory in sysfs
make_map() { make_named_map rrt "$@"; }

make_named_map()
{
	local name=$1
	shift
	dm create "$name" - 0 "$SECTORS" rrpath "$@" || die "cannot create $name: $* ($dm_errno)"
	MAP=$REPLY
	DEV=/dev/dm-${MAP#*:}
	SYS=/sys/block/dm-${MAP#*:}/rrpath
}

msg() { dm message rrt "$@"; }

# st [MAP]: the status line, in policy, queueing, queued, usable and an array for every field
st()
{
	local w i b
	dm status "${1:-rrt}" || return
	read -ra w <<<"$REPLY"
	policy=${w[3]} queueing=${w[4]} queued=${w[5]} usable=${w[6]} npaths=${w[7]} nfields=${w[8]}
	states=''
	for ((i = 0, b = 9; i < npaths; i++, b += nfields + 1)); do
		dev[i]=${w[b]} state[i]=${w[b + 1]} prio[i]=${w[b + 2]} weight[i]=${w[b + 3]}
		fails[i]=${w[b + 4]} flying[i]=${w[b + 5]} reads[i]=${w[b + 6]} rsec[i]=${w[b + 7]}
		writes[i]=${w[b + 8]} wsec[i]=${w[b + 9]} others[i]=${w[b + 10]}
		errors[i]=${w[b + 11]} retries[i]=${w[b + 12]}
		stalls[i]=${w[b + 13]} hold[i]=${w[b + 14]} reason[i]=${w[b + 15]}
		states+=${state[i]}
	done
}

# The letters of all paths, in table order: `states_are AF`
states_are() { st && [ "$states" = "$1" ]; }

# ---- I/O that goes on in the background and proves its data

# io_start [DEVICE [THREADS [trim]]]
io_start()
{
	"$rrt_program" verify "${1:-$DEV}" "${2:-2}" "${3-}" >"$tmp/io" 2>/dev/null &
	io_pid=$!
	children+=("$io_pid")
}

# io_stop DESCRIPTION: ends it, and it must have had no error and read what it wrote
io_stop()
{
	local status io
	kill -TERM "$io_pid" 2>/dev/null
	wait "$io_pid"
	status=$?
	read -r io <"$tmp/io"
	if ((status == 0)) && [ "${io%% *}" -gt 0 ]; then
		ok "$1"
	else
		fail "$1" "status $status, done errors mismatches errno: $io"
	fi
}

total_ios()
{
	local i
	st "$@" || return
	total=0
	for ((i = 0; i < npaths; i++)); do
		total=$((total + reads[i] + writes[i] + others[i] - retries[i]))
	done
}

# io_moves [MAP]: the map gets further from where it is now
io_moves()
{
	local from
	total_ios "$@" || return
	from=$total
	until_true "total_ios $* && ((total > from + 20))"
}

is_idle() { st && ((queued == 0)) && [[ " ${flying[*]:0:npaths} " != *' '[1-9]* ]]; }

# ---- I/O that is held: one read or write each, in the background

held_pids=()

# hold COUNT [HOW]: so many reads of the map, which hang until something is done about it
hold()
{
	local i
	for ((i = 0; i < $1; i++)); do
		"$rrt_program" read "$DEV" $((i * 4096)) 4096 1 "${2-}" >/dev/null 2>&1 &
		held_pids+=($!)
		children+=($!)
	done
}

# held_end DESCRIPTION STATUS: all of them end, each with this status (an errno)
held_end()
{
	local pid status got=''
	until_true '! kill -0 "${held_pids[@]}" 2>/dev/null' ||
		{ fail "$1" "still hanging"; return; }
	for pid in "${held_pids[@]}"; do
		wait "$pid"
		status=$?
		((status == $2)) || got+=" $status"
	done
	held_pids=()
	is "$1" "$got" ""
}

queued_is() { st && ((queued == $1)); }

# ---- refusals

# What must not change when something is refused.
note_base()
{
	local i
	base=''
	for i in "${!P[@]}"; do
		dm info "rrt-p$i"
		base+="${REPLY%% *} "
	done
	refcount
	base+=$REPLY
}

# refused WORD OPERATION...: it must fail, the log must name WORD, and nothing may stay open
refused()
{
	local word=$1 what="refused: ${*:2}" was=$base err
	shift
	dm log
	dm "$@"
	err=$dm_errno
	((err)) || { fail "$what" "it was accepted"; return; }
	dm log
	[[ $REPLY == *"${word:0:24}"* ]] ||
		{ fail "$what" "log does not name '${word:0:60}': $REPLY"; return; }
	note_base
	is "$what" "$base" "$was"
	base=$was
}

# ---- start and end

# Leaks, if kmemleak works (kmemleak=on on the kernel's command line). What two scans find unused,
# five seconds after it was made, is told in the kernel log.
scan_leaks()
{
	{ echo scan >"$kmemleak"; } 2>/dev/null || return 0
	nap 6
	echo scan >"$kmemleak"
}
forget_leaks() { { echo clear >"$kmemleak"; } 2>/dev/null || :; }

clean_log()
{
	local taint
	scan_leaks
	dm scan
	is "kernel log" "$REPLY" ""
	[[ $REPLY != *kmemleak* ]] || head -n 60 "$kmemleak" | sed 's/^/# /'
	read -r taint </proc/sys/kernel/tainted
	# A warning (512) or an oops (128) taints; an unsigned module does too, and is no harm.
	is "kernel taint" $((taint & 640)) $((tainted & 640))
}

our_maps()
{
	local name
	found=()
	dm list
	for name in $REPLY; do
		[[ $name != rrt* ]] || found+=("$name")
	done
}

remove_maps()
{
	local name
	our_maps
	for name in "${found[@]}"; do
		dm remove "$name" || :
	done
	our_maps
	((${#found[@]} == 0))
}

cleanup()
{
	local name pid suspended
	[ -z "$early_cleanup" ] || "$early_cleanup"
	our_maps
	# Whatever hangs: paths first, then what is held above them.
	for name in "${found[@]}"; do
		dm info "$name"
		read -r _ _ suspended _ <<<"$REPLY"
		[ "$suspended" != 1 ] || dm resume "$name"
	done
	for name in "${found[@]}"; do
		[[ $name == rrt-p* ]] || dm message "$name" fail_if_no_path
	done
	for pid in "${children[@]}"; do
		kill -TERM "$pid" 2>/dev/null || continue
		until_true "! kill -0 $pid 2>/dev/null" 10 || kill -KILL "$pid"
		wait "$pid" 2>/dev/null
	done
	until_true remove_maps 10 || fail "maps removed" "left: ${found[*]}"
	[ -z "$extra_cleanup" ] || "$extra_cleanup"
	for name in "${unload[@]}"; do
		# The kernel may still be closing the last opener.
		until_true "rmmod $name 2>/dev/null" 10 || fail "$name removed"
	done
	if [ -e /sys/module/dm_rrpath ]; then
		refcount
		is "module reference count is zero" "$REPLY" 0
		check "rmmod dm_rrpath" rmmod dm_rrpath
	fi
}

on_exit()
{
	local status=$?
	trap - EXIT
	if [ -n "$rrt_out" ]; then
		((status == 4)) || [ -n "$completed" ] ||
			fail "script ran to its end" "exit status $status"
		unset -f die
		die() { printf 'Bail out! %s\n' "$*"; exit 1; }
		cleanup
		((status == 4)) || clean_log
		[ -z "$saved_printk" ] || echo "$saved_printk" >/proc/sys/kernel/printk
	fi
	[ -n "$had_record" ] || rm -f /etc/rrpath/maps.conf /etc/rrpath/timers
	[ -z "$udev_stopped" ] || udevadm control --start-exec-queue
	[ -z "${KEEP_UDEV-}" ] || [ -z "${RRT_UDEV_STOPPED-}" ] || udevadm control --stop-exec-queue
	[ -z "$tmp" ] || rm -rf "$tmp"
	if ((status == 4 && failures == 0)); then
		((tests)) || { printf '1..0 # SKIP %s\n' "$skipped"; exit 4; }
		printf '1..%d # SKIP %s\n' "$tests" "$skipped"
		exit 4
	fi
	printf '1..%d\n' "$tests"
	((failures == 0)) || exit 1
	exit 0
}

start()
{
	echo "TAP version 13"
	trap on_exit EXIT
	trap 'exit 1' INT TERM
	trap '' PIPE
	((EUID == 0)) || skip_all "needs root"
	[ -x "$rrt_program" ] || skip_all "rrt is not built: make -C $here"
	[ ! -e /etc/rrpath/maps.conf ] || had_record=1
	tmp=/tmp/rrt.$$
	mkdir -m 700 "$tmp" || exit 1
	exec {nap_fd}<> <(:)
	[ -e /sys/module/dm_mod ] || modprobe dm-mod 2>/dev/null
	if [ -e /sys/module/dm_rrpath ]; then
		rmmod dm_rrpath || skip_all "dm_rrpath is in use here"
	fi
	# run.sh has stopped it for all of them.
	[ -z "${KEEP_UDEV-}" ] || udevadm control --start-exec-queue 2>/dev/null
	if [ -z "${KEEP_UDEV-}${RRT_UDEV_STOPPED-}" ] && command -v udevadm >/dev/null &&
	   udevadm control --stop-exec-queue 2>/dev/null; then
		udev_stopped=1
	fi
	read -r saved_printk </proc/sys/kernel/printk
	echo 1 >/proc/sys/kernel/printk
	read -r tainted </proc/sys/kernel/tainted
	coproc RRT { exec "$rrt_program" serve 2>/dev/null; }
	# shellcheck disable=SC2153
	exec {rrt_in}<&"${RRT[0]}" {rrt_out}>&"${RRT[1]}"
	dm log
	forget_leaks
	[ -n "${NO_INSERT-}" ] || insert || die "cannot load the module"
}

start
