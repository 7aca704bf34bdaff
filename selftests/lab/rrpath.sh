# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# dm-rrpath: `rrpath create`, and the helper that its service would start.

map=lun
balance_text="rrpath policy $map round-robin"
daemon=
conf_lines=0

system_up() {
	local unit command

	# With the rules of udev that come with it, from here on.
	typed make -s -C "$project/userspace-tool" install PREFIX=/usr || return 1
	udevadm control --reload
	insmod "$RRPATH_KO" || return 1
	# What systemd would start.
	unit=$(find "$project/userspace-tool" -name rrpath-unstick.service | head -n 1)
	if [[ -n $unit ]]; then
		command=$(sed -n 's/^ExecStart=[^ ]*//p' "$unit")
		# The guest's first process ignores signals, and so does what it starts.
		# shellcheck disable=SC2086
		env --default-signal=TERM rrpath $command >"$work/unstick.log" 2>&1 &
		daemon=$!
		event "# systemctl start rrpath-unstick" "(rrpath$command)"
	fi
	indented rrpath create "$map" "${disks[@]}" || return 1
	until_so 20 both_usable || return 1
	node=/dev/mapper/$map
	indented rrpath show "$map"
}

system_down() {
	rrpath remove "$map" || return 1
	if [[ -n $daemon ]]; then
		kill "$daemon"
		wait "$daemon"
		daemon=
	fi
	until_so 20 no_map && rmmod dm_rrpath
}

# What the tool says the first path carried since the map was made.
system_counters() {
	indented rrpath stat "$map"
	REPLY=$(rrpath stat --raw --noheadings -o PATH,SHARE "$map" |
		awk -v disk="${disks[0]##*/}" '$1 == disk { print $2 }')
}

is_balanced() {
	dm table "$map"
	[[ $REPLY == *" rrpath round-robin "* ]]
}

is_failover() {
	dm table "$map"
	[[ $REPLY == *" rrpath failover "* ]]
}

system_balance() {
	commands=1
	typed_begin rrpath policy "$map" round-robin
}

system_failover() {
	typed_begin rrpath policy "$map" failover
}

system_memory() {
	daemon_text="rrpath unstick"
	REPLY=0
	[[ -z $daemon ]] || REPLY=$(awk '/^VmRSS:/ { print $2 }' "/proc/$daemon/status")
}
