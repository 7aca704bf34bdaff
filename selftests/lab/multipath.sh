# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# dm-multipath with multipathd, Debian's package. Its defaults make no map at all of a LUN that
# nobody named before (find_multipaths strict): two settings are what everybody has.

map=mpatha
balance_text="multipath -p multibus $map"
daemon=

# Settings of a variant beyond those two, and the sessions' timers with it.
extra=()

case $column in
advised)
	new_timers=(5 5 5)
	extra=("polling_interval 2" "failback immediate")
	;;
least)
	new_timers=(1 1 1)
	extra=("polling_interval 1" "failback immediate" "fast_io_fail_tmo 1")
	;;
*)
	new_timers=()
	;;
esac

# What the rest of the arguments say goes into multipath.conf too.
write_conf() {
	local setting

	{
		echo "defaults {"
		for setting in "user_friendly_names yes" "find_multipaths yes" \
			"${extra[@]}" "$@"; do
			printf '\t%s\n' "$setting"
		done
		echo "}"
	} >/etc/multipath.conf
	conf_lines=$(wc -l </etc/multipath.conf)
}

system_up() {
	rm -rf /etc/multipath /etc/multipath.conf /etc/multipath/conf.d
	write_conf
	event "# vi /etc/multipath.conf" "$(tr -s '\n\t' ' ' </etc/multipath.conf)"
	typed modprobe dm-multipath || return 1
	multipathd -d -s >"$work/multipathd.log" 2>&1 &
	daemon=$!
	event "# systemctl start multipathd" "(multipathd -d -s)"
	until_so 60 is_map || return 1
	until_so 30 both_usable || return 1
	node=/dev/mapper/$map
	indented multipath -ll "$map"
}

is_map() {
	[[ -b /dev/mapper/$map && $(dmsetup table "$map") == *" multipath "* ]]
}

system_down() {
	if [[ -n $daemon ]]; then
		multipathd shutdown >/dev/null 2>&1
		wait "$daemon"
		daemon=
	fi
	multipath -f "$map" >/dev/null 2>&1
	until_so 20 no_map
}

# The tool shows paths and their states, and no number of what each has done.
system_counters() {
	typed dmsetup status "$map"
	event "" "no counters: neither here nor in multipath -ll"
	REPLY=none
}

# One group with both paths in it, or one for each.
is_balanced() {
	local one_group=' multipath .* 1 1 [a-z-]+ 0 2 '

	dm table "$map"
	[[ $REPLY =~ $one_group ]]
}

is_failover() {
	local two_groups=' multipath .* 2 [0-9] [a-z-]+ 0 1 '

	dm table "$map"
	[[ $REPLY =~ $two_groups ]]
}

reconfigure() {
	event "# vi /etc/multipath.conf" "path_grouping_policy $1"
	write_conf "path_grouping_policy $1"
	typed_begin multipathd reconfigure
}

# What the manual page offers first, then what works.
system_balance() {
	typed multipath -p multibus "$map"
	commands=1
	if until_so 3 is_balanced; then
		event "" "done"
		return
	fi
	event "" "exit status $typed_status, and the table is as it was 3 s later"
	commands=3
	now_ms
	balance_from=$REPLY
	reconfigure multibus
}

system_failover() {
	reconfigure failover
}

# Resident memory in KiB of what has to run.
system_memory() {
	daemon_text="multipathd"
	REPLY=$(awk '/^VmRSS:/ { print $2 }' "/proc/$daemon/status")
}
