#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs the selftests, all of them or those named, one after the other, on this machine: as root, and
# best in a virtual machine (selftests/vm/run.sh -k 6.1 -- selftests/run.sh).
#
#	run.sh [NAME...]		NAME as in `table-good` or `table-good.sh`
#
# torture, on-lvm and filesystem-loads take minutes: they run only if they are named.
# RRPATH_LIMIT: seconds that a script may take, instead of those in settings.
#
# Output is KTAP: a plan, then for every script its own TAP, indented by four spaces, and one line
# that is not indented:
#
#	TAP version 13
#	1..40
#	    TAP version 13
#	    ok 1 - a thing that holds
#	    ok 2 - a thing that cannot be tried # SKIP why
#	    not ok 3 - a thing that does not hold
#	    # got 'a', want 'b'
#	    1..3
#	not ok 1 - table-good.sh # 12 s
#	...
#
# A script that exits with 4 is `ok N - script # SKIP reason`. After `Bail out!` nothing follows: a
# script hangs and cannot be ended, or the module cannot be removed. Exit status: 0 when every
# script passed or was skipped, 1 otherwise.

set -u
here=$(cd "${0%/*}" && pwd)
limit=180
while IFS='=' read -r key value; do
	[ "$key" != timeout ] || limit=$value
done <"$here/settings"
limit=${RRPATH_LIMIT:-$limit}

scripts=()
for name; do
	scripts+=("$here/${name%.sh}.sh")
done
if [ $# -eq 0 ]; then
	for name in "$here"/*.sh; do
		case ${name##*/} in
		lib.sh | run.sh | torture.sh | on-lvm.sh | filesystem-loads.sh) ;;
		*) scripts+=("$name") ;;
		esac
	done
fi
[ -x "$here/rrt" ] || make -s -C "$here" KSFT=/nonexistent || exit 1

out=$(mktemp)
trap 'rm -f "$out"; udevadm control --start-exec-queue 2>/dev/null' EXIT
trap 'exit 1' INT TERM
# First those that need udev: they would have to wait until it has been through what the others
# have left in its queue, thousands of events.
needs_udev() { grep -qE '^(use_udev|KEEP_UDEV=1|udevadm control --start-exec-queue)' "$1"; }
first=() rest=()
for script in "${scripts[@]}"; do
	if needs_udev "$script"; then first+=("$script"); else rest+=("$script"); fi
done
scripts=("${first[@]}" "${rest[@]}")

# Once for all the others: the maps come and go, and udev's opening them is counted as I/O.
stop_udev()
{
	udevadm control --stop-exec-queue 2>/dev/null && export RRT_UDEV_STOPPED=1
}

echo "TAP version 13"
echo "1..${#scripts[@]}"
number=0 failed=0
for script in "${scripts[@]}"; do
	number=$((number + 1))
	((number != ${#first[@]} + 1)) || stop_udev
	began=$SECONDS
	timeout -k 30 "$limit" "$script" >"$out" 2>&1 </dev/null
	status=$?
	reason=''
	while IFS= read -r line; do
		printf '    %s\n' "$line"
		[[ $line != 1..0\ \#\ SKIP* ]] || reason=${line#*SKIP }
		[[ $line != 1..*SKIP* ]] || reason=${line#*SKIP }
	done <"$out"
	took=$((SECONDS - began))
	case $status in
	0) echo "ok $number - ${script##*/} # $took s" ;;
	4) echo "ok $number - ${script##*/} # SKIP ${reason:-no reason given}" ;;
	*)
		failed=1
		((status == 124 || status == 137)) && echo "    # ended after the limit of $limit s"
		echo "not ok $number - ${script##*/} # $took s, status $status"
		if ((status == 124 || status == 137)); then
			echo w >/proc/sysrq-trigger
			dmesg | tail -n 80 | sed 's/^/# /'
		fi
		if [ -e /sys/module/dm_rrpath ] && ! rmmod dm_rrpath; then
			echo "Bail out! $script left the module in use"
			exit 1
		fi
		;;
	esac
done
exit $failed
