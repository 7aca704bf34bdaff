# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# What the proofs share, on top of ../lib.sh: long and short forms, fio that verifies, how long a
# writer stood still, two links to a namespace.
#
# Environment: RRPATH_SECONDS, how long a proof keeps making trouble (unset: its short form).

# trouble_lasts SHORT: seconds of trouble to make
trouble_lasts()
{
	trouble=${RRPATH_SECONDS:-$1}
	[[ $trouble =~ ^[1-9][0-9]*$ ]] || die "RRPATH_SECONDS=$trouble is no number of seconds"
}

now_ms() { REPLY=$((${EPOCHREALTIME/[.,]/} / 1000)); }

# ---- fio

# fio_start NAME ARGS...: in the background until fio_stop; every block is read back and verified.
# A job that has ended by itself is a failure: it has met an error. Returns when it is at work.
fio_start()
{
	local name=$1
	shift
	need fio
	fio --name="$name" --thread --ioengine=libaio --direct=1 --verify=crc32c --verify_fatal=1 \
		--time_based --runtime=3600 --write_lat_log="$tmp/$name" --log_unix_epoch=1 \
		--output-format=json --output="$tmp/$name.json" "$@" >"$tmp/$name.err" 2>&1 &
	fio_pids[$name]=$!
	children+=($!)
	wait_for "$name: fio is at work" "fio_has_written $name || ! fio_runs $name" 60
}
declare -A fio_pids

fio_has_written()
{
	local key value
	while read -r key value; do
		[ "$key" != write_bytes: ] || ((value < 65536)) || return 0
	done <"/proc/${fio_pids[$1]}/io"
	return 1
} 2>/dev/null

fio_runs() { kill -0 "${fio_pids[$1]}" 2>/dev/null; }

# fio_stop NAME: no error came up, nothing read was wrong, and it did something
fio_stop()
{
	local status done_ios
	fio_runs "$1" || note "$1 ended by itself: $(tail -n 3 "$tmp/$1.err")"
	kill -INT "${fio_pids[$1]}" 2>/dev/null
	wait "${fio_pids[$1]}"
	status=$?
	# fio gives 128 when it was told to end.
	if { ((status == 0 || status == 128)) && grep -q '"error" : 0' "$tmp/$1.json"; }; then
		ok "$1: fio saw no error and no wrong byte"
	else
		fail "$1: fio saw no error and no wrong byte" \
			"status $status: $(tail -n 5 "$tmp/$1.err")"
	fi
	done_ios=$(cat "$tmp/$1"_lat.*.log | wc -l)
	check "$1: and was at work ($done_ios writes)" [ "$done_ios" -gt 50 ]
}

# ---- outages: noted while they happen, told when fio has ended and written its log

outages=() worst=0

# outage_begins, outage_mended, outage_over NAME: one after the other; NAME is one word
outage_begins() { now_ms && outage_from=$REPLY; }
outage_mended() { now_ms && outage_mend=$REPLY; }
outage_over()
{
	now_ms
	outages+=("$1 $outage_from $outage_mend $REPLY")
}

# tell_outages NAME: of each, how long one I/O of that job waited at most, for how long none ended,
# and how soon the path was back. Sets `worst`, the longest wait of all, in ms.
tell_outages()
{
	local ms line
	while read -r ms line; do
		worst=$ms
		[ -z "$line" ] || note "$line"
	done < <(printf '%s\n' "${outages[@]}" | awk '
	NR == FNR {
		n++
		path[n] = $1; from[n] = $2; mend[n] = $3; to[n] = $4
		next
	}
	{
		gsub(/,/, " ")
		end = $1 + 0
		latency = $2 / 1000000
		for (i = 1; i <= n; i++) {
			if (end - latency > to[i] || end < from[i])
				continue
			if (latency > longest[i])
				longest[i] = latency
			if (last && end - last > still[i])
				still[i] = end - last
		}
		last = end
	}
	END {
		for (i = 1; i <= n; i++) {
			if (longest[i] > worst)
				worst = longest[i]
			printf "%d outage %d, path %s: longest wait of one I/O %.2f s, " \
				"all stood still for %.2f s, back %.2f s after it was mended\n",
				worst, i, path[i], longest[i] / 1000, still[i] / 1000,
				(to[i] - mend[i]) / 1000
		}
		printf "%d\n", worst
	}' - <(sort -n -t, -k1,1 "$tmp/$1"_lat.*.log))
}

# ---- what the map said

# changes_start: notes every path event of the kernel
changes_start()
{
	"$rrt_program" uevents >"$tmp/changes" 2>&1 &
	changes_pid=$!
	children+=("$changes_pid")
	until_true '[ -s "$tmp/changes" ]'
}

changes_end()
{
	kill "$changes_pid"
	wait "$changes_pid" 2>/dev/null
}

# changes ACTION PATH: how many, in `count`
changes()
{
	count=$(grep -c "DM_ACTION=$1 .*DM_PATH=$2 " "$tmp/changes")
}

# fewest_usable: the smallest number of usable paths that an event told, in REPLY
fewest_usable()
{
	REPLY=$(grep -o 'DM_NR_VALID_PATHS=[0-9]*' "$tmp/changes" |
		cut -d= -f2 | sort -n | head -n 1)
}
