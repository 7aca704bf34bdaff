#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# PostgreSQL on ext4 on a map over two iSCSI links, pgbench running, one link after the other cut at
# its far end and mended: each time transactions go on, and pgbench sees no error. Afterwards, read
# back from the disk: page checksums, every B-tree index against its table (amcheck with
# heapallindexed), every table's structure, pgbench's own books, and the file system.
# A byte changed on purpose at the end shows that the checksums would have told.
#
# RRPATH_CUTS: how many cuts (else 2; `make proofs` does 10).

KEEP_UDEV=1
. "${0%/*}/lib.sh"
. "$here/proofs/common.sh"
. "$here/demo/lab-iscsi.sh"
event() { note "$1: ${2-}"; }

bin=/usr/lib/postgresql/15/bin
cuts=${RRPATH_CUTS:-2} map=rrtpg mnt=$lab/mnt
run=/tmp/rrt-pg.$$ data=$mnt/data
# The server refuses to be root's.
pg=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$run" PATH="$bin:$PATH")
[ -n "${RRPATH_VM-}" ] || skip_all "replaces iSCSI's configuration: for a virtual machine"
[ -x "$bin/pgbench" ] || skip_all "PostgreSQL 15 is not here"
need tgtd iscsid rrpath mkfs.ext4 e2fsck setpriv

# What is left of the lab, for the scripts that follow.
everything_down()
{
	local pid
	[ ! -e "$data/postmaster.pid" ] || pg pg_ctl -D "$data" -m immediate -w stop
	lab_mend 0
	lab_mend 1
	umount "$mnt"
	rrpath remove "$map"
	iscsiadm -m node --logout
	# Neither ends when it is asked to: tgtd has targets, and iscsid takes its group with it.
	for pid in $(jobs -p) $(ip netns pids s8); do
		[[ $(<"/proc/$pid/comm") == @(tgtd|iscsid) ]] || continue
		kill -KILL "$pid"
		until_true "[ ! -e /proc/$pid/exe ]" 10
	done
	ip link del i1
	ip link del i2
	ip netns del s8
	umount "$lab"
	[ -z "$run" ] || rm -rf "$run"
} >"$tmp/down" 2>&1

# pg PROGRAM ARGS...: as that user; what it says is in REPLY
pg()
{
	"${pg[@]}" "$@" >"$run/says" 2>&1
	local status=$?
	REPLY=$(tail -n 5 "$run/says")
	return "$status"
}

sql() { "${pg[@]}" psql -h "$run" -U postgres -XAtq -v ON_ERROR_STOP=1 -c "$1" postgres 2>&1; }

server_up() { pg pg_ctl -D "$data" -l "$run/server.log" -s -w -t 90 start; }
server_down() { pg pg_ctl -D "$data" -m fast -s -w -t 90 stop; }

init_database()
{
	mkdir "$data" && chown 65534:65534 "$data" && chmod 700 "$data" &&
		pg initdb -D "$data" -U postgres -A trust -N --data-checksums \
			--wal-segsize=1 --locale=C -E SQL_ASCII || return
	cat >>"$data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$run'
shared_buffers = 16MB
jit = off
checkpoint_timeout = 30s
max_wal_size = 32MB
min_wal_size = 8MB
CONF
}

history_rows() { rows=$(sql "select count(*) from pgbench_history"); }

# Twenty transactions more than now.
transactions_go_on()
{
	local from
	history_rows
	from=$rows
	until_true 'history_rows && ((rows >= from + 20))' 60
}

# The state of path $1 in the map.
path_state()
{
	dm status "$map" || return
	read -ra w <<<"$REPLY"
	letter=${w[10 + $1 * (w[8] + 1)]}
}

cut_and_mend()
{
	local link=$1 name=${disks[$1]#/dev/}
	outage_begins
	lab_cut "$link"
	wait_for "cut $cut, $name: the path is out of use" \
		"path_state $link && [[ \$letter != [AS] ]]" 60
	check "cut $cut, $name: transactions go on" transactions_go_on
	outage_mended
	lab_mend "$link"
	wait_for "cut $cut, $name: the path is back" "path_state $link && [ \$letter = A ]" 150
	outage_over "$name"
	check "cut $cut, $name: transactions go on over both" transactions_go_on
}

# Where this was started may be closed to that user, which his programs complain of.
cd / || die "no /"
mkdir -m 755 $run && chown 65534:65534 $run || die "cannot make $run"
extra_cleanup=everything_down
lab_up >"$tmp/lab" 2>&1 || die "no lab" "$(tail -n 5 "$tmp/lab")"
check "rrpath create" rrpath create $map --policy round-robin "${disks[@]}"
check "mkfs.ext4" mkfs.ext4 -q -F /dev/mapper/$map
mkdir -p "$mnt"
mount /dev/mapper/$map "$mnt" || die "cannot mount"
check "initdb, with data checksums" init_database
check "the server starts" server_up
check "pgbench -i" pg pgbench -h "$run" -U postgres -i -q -s 1 postgres
mkdir "$run/log" && chown 65534:65534 "$run/log"
"${pg[@]}" pgbench -h "$run" -U postgres -c 4 -j 2 -T 3600 -n -l --log-prefix="$run/log/t" \
	postgres >"$run/pgbench" 2>&1 &
pgbench=$!
children+=("$pgbench")
check "transactions run" transactions_go_on

for ((cut = 1; cut <= cuts; cut++)); do
	cut_and_mend $(((cut - 1) % 2))
done

# As if its time were over: setpriv and env are gone, this is pgbench itself.
kill -ALRM $pgbench
wait $pgbench
is "pgbench: exit status" $? 0
is "pgbench: failed transactions" \
	"$(grep -c '^number of failed transactions: 0 ' $run/pgbench)" 1
note "$(grep -E 'transactions actually|latency average|^tps' $run/pgbench | tr '\n' ';')"
is "pgbench: errors in what it printed" \
	"$(grep -iE 'error|abort|fatal|could not' $run/pgbench)" ""

check "the server stops" server_down
is "errors in the server's log" "$(grep -E 'ERROR|FATAL|PANIC|WARNING' $run/server.log)" ""
check "umount" umount "$mnt"
check "e2fsck -fn" eval 'REPLY=$(e2fsck -fn "/dev/mapper/$map" 2>&1)'
mount /dev/mapper/$map "$mnt" || die "cannot mount again"
check "pg_checksums --check" pg pg_checksums --check -D "$data"
note "$(grep -E 'scanned|Bad' "$run/says" | tr '\n' ';')"
check "the server starts on what is on the disk" server_up
is "the books: accounts = tellers = branches = history" "$(sql "
	select count(distinct s) from (
		select sum(abalance) s from pgbench_accounts
		union all select sum(tbalance) from pgbench_tellers
		union all select sum(bbalance) from pgbench_branches
		union all select sum(delta) from pgbench_history) t")" 1
history_rows
made=$(sed -n 's/.*actually processed: \([0-9]*\).*/\1/p' $run/pgbench)
is "every transaction that pgbench was told of is there" "$rows" "$made"
is "amcheck" "$(sql "create extension amcheck")" ""
like "amcheck: every B-tree index, heapallindexed" "$(sql "
	select count(bt_index_parent_check(c.oid, true, true)) from pg_class c
	join pg_index i on i.indexrelid = c.oid join pg_am a on a.oid = c.relam
	where a.amname = 'btree' and i.indisvalid and c.relpersistence = 'p'")" "[1-9]*([0-9])"
is "amcheck: every table" "$(sql "
	select c.relname, v.msg from pg_class c, verify_heapam(c.oid, check_toast => true) v
	where c.relkind in ('r', 't', 'm')")" ""
accounts=$data/$(sql "select pg_relation_filepath('pgbench_accounts')")
check "the server stops" server_down

# Would they have told? One byte of a page.
printf '\125' | dd of="$accounts" bs=1 seek=$((8192 * 7 + 4000)) conv=notrunc 2>/dev/null
check_not "pg_checksums finds a byte that is wrong" \
	pg pg_checksums --check -D "$data"
umount "$mnt"
awk '{ printf "%.0f, %.0f\n", $5 * 1000 + $6 / 1000, $3 * 1000 }' "$run"/log/t.* \
	>"$tmp/pgbench_lat.1.log"
tell_outages pgbench
check "rrpath remove" rrpath remove $map
done_testing
