#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What power-cut.sh runs in the virtual machine: two maps, on the first an ext4 with a database, on
# the second an xfs with its write-ahead log. It makes them the first time; later it recovers and
# looks at what is there. With `load` it then runs transactions, and fails paths, until the power
# fails; with `check` it ends.

set -u
. "$(dirname "$0")/../boot/tap.sh"

bin=/usr/lib/postgresql/15/bin
disks=(/dev/mapper/power0 /dev/mapper/power1) run=/run/power-pg
mnt=(/run/power0 /run/power1) data=/run/power0/data
pg=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$run" PATH="$bin:$PATH")

# pg PROGRAM ARGS...: as that user, in a directory that is open to him
pg() (cd "$run" && "${pg[@]}" "$@" 2>&1)
sql() { pg psql -h "$run" -U postgres -XAtq -v ON_ERROR_STOP=1 -c "$1" postgres; }

# map_up LUN: its disks go to `paths`
map_up() {
	local sd=()

	until sd=(/sys/bus/scsi/devices/*:0:0:"$1"/block/sd*) && [[ ${#sd[@]} -eq 2 ]] &&
		[[ -b /dev/${sd[0]##*/} && -b /dev/${sd[1]##*/} ]]; do
		sleep 0.2
	done
	sd=("${sd[@]##*/}")
	paths+=("${sd[@]}")
	dmsetup create "power$1" --table "0 $(blockdev --getsz "/dev/${sd[0]}") rrpath $(
		)round-robin 2 0 /dev/${sd[0]} /dev/${sd[1]} 4 probe_interval_ms 500 $(
		)hold_down_max_ms 0"
}
paths=()

mounted() {
	mount -t ext4 "${disks[0]}" "${mnt[0]}" && mount -t xfs "${disks[1]}" "${mnt[1]}"
}

database_made() {
	mkfs.ext4 -q -F "${disks[0]}" && mkfs.xfs -q -f "${disks[1]}" && mounted &&
		chown 65534:65534 "${mnt[@]}" &&
		pg initdb -D "$data" -X "${mnt[1]}/wal" -U postgres -A trust --data-checksums \
			--wal-segsize=1 --locale=C -E SQL_ASCII || return
	cat >>"$data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$run'
shared_buffers = 16MB
jit = off
autovacuum = off
checkpoint_timeout = 30s
max_wal_size = 32MB
min_wal_size = 8MB
CONF
	server_up && pg pgbench -h "$run" -U postgres -i -q -s 1 postgres &&
		sql "create table acked (client int, n int, primary key (client, n));
			create extension amcheck"
}

server_up() { pg pg_ctl -D "$data" -l "$run/server.log" -s -w -t 300 start; }
server_down() { pg pg_ctl -D "$data" -m fast -s -w -t 300 stop; }

# Of what a client was told, what the database does not have.
lost() {
	# The power may have failed in the middle of a line.
	awk "NF == 2" "$RRPATH_OUT"/acked.* >"$run/told"
	sql "create temp table told (client int, n int);
		copy told from '$run/told' delimiter ' ';
		select count(*) from told t where not exists
			(select from acked a where a.client = t.client and a.n = t.n)"
}

recovered() {
	check "the file systems are mounted" mounted
	check "the server recovers" server_up
	check "it had to" grep -q 'database system was not properly shut down' "$run/server.log"
	is "of $(cat "$RRPATH_OUT"/acked.* | wc -l) transactions acknowledged are lost" \
		"$(lost)" 0
	is "the books: accounts = tellers = branches = history" "$(sql "
		select count(distinct s) from (
			select coalesce(sum(abalance), 0) s from pgbench_accounts
			union all select coalesce(sum(tbalance), 0) from pgbench_tellers
			union all select coalesce(sum(bbalance), 0) from pgbench_branches
			union all select coalesce(sum(delta), 0) from pgbench_history) t")" 1
	check "pg_amcheck, heapallindexed" pg pg_amcheck -h "$run" -U postgres --heapallindexed \
		--parent-check postgres
	check "the server stops" server_down
	is "errors in its log" "$(grep -E 'ERROR|FATAL|PANIC|WARNING' "$run/server.log")" ""
	check "pg_checksums" pg pg_checksums --check -D "$data"
	check "umount" umount "${mnt[@]}"
	check "e2fsck -fn" e2fsck -fn "${disks[0]}"
	check "xfs_repair -n" xfs_repair -n "${disks[1]}"
	check "mounted again" mounted
	echo yes >>"$RRPATH_OUT/recovered"
}

# client I: says of each transaction when it has been acknowledged, and not before
client() {
	local first

	first=$(sql "select coalesce(max(n), 0) + 1 from acked where client = $1")
	seq "$first" 10000000 |
		sed "s/.*/insert into acked values ($1, &) returning client || ' ' || n;/" |
		pg stdbuf -oL psql -h "$run" -U postgres -XAtq -v ON_ERROR_STOP=1 postgres \
			>>"$RRPATH_OUT/acked.$1"
}

outage() {
	local disk

	for disk; do
		echo offline >"/sys/block/$disk/device/state"
	done
	until_usable 1 power1
	transactions_go_on
	echo "$*" >>"$RRPATH_OUT/outages"
	for disk; do
		echo running >"/sys/block/$disk/device/state"
	done
	until_usable 2 power0 power1
	transactions_go_on
}

# until_usable PATHS MAP...: only the log is written all the time, and sees at once what is bad
until_usable() {
	local map usable

	for map in "${@:2}"; do
		until read -r _ _ _ _ _ _ usable _ < <(dmsetup status "$map") &&
			[[ $usable == "$1" ]]; do
			sleep 0.1
		done
	done
}

transactions_go_on() {
	local from

	from=$(wc -l <"$RRPATH_OUT/acked.1")
	until (($(wc -l <"$RRPATH_OUT/acked.1") > from + 3)); do sleep 0.1; done
}

mkdir -p "${mnt[@]}" && mkdir -m 755 "$run" && chown 65534:65534 "$run" &&
	insmod "$RRPATH_KO" && modprobe -a virtio_scsi sd_mod || exit 1
# Not in a subshell, as check has it: they set `paths`.
map_up 0 && map_up 1 || exit 1
if [[ -e $RRPATH_OUT/made ]]; then
	recovered
else
	check "file systems and a database" database_made
	check "the server stops" server_down
	# To the disks, and no more to be lost.
	sync && echo yes >"$RRPATH_OUT/made"
fi
[[ $1 == load && $failures -eq 0 ]] || exit $((failures > 0))

check "the server starts" server_up
(cd "$run" && exec "${pg[@]}" pgbench -h "$run" -U postgres -c 2 -T 36000 -n postgres) \
	>/dev/null 2>&1 &
touch "$RRPATH_OUT/acked.1"
client 1 &
client 2 &
# Those on one adapter and then those on the other: each map loses one.
while :; do
	outage "${paths[0]}" "${paths[2]}"
	outage "${paths[1]}" "${paths[3]}"
done
