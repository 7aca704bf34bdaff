# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# The cells that the tests fill, and the table made of them. A cell has a number, by which it is
# compared, and a text, which is printed.

declare -A number text
column=''

# cell ROW NUMBER TEXT
cell() {
	number[$column,$1]=$2
	text[$column,$1]=$3
}

# cell_text ROW TEXT: one that is not compared.
cell_text() {
	text[$column,$1]=$2
}

in_hundredths() {
	local REPLY

	hundredths "$1"
	echo "$REPLY s"
}

# seconds_cell ROW MS; sets seen to the text.
seconds_cell() {
	local REPLY

	seconds "$2"
	seen="$REPLY s"
	cell "$1" "$2" "$seen"
}

hundredths_cell() {
	seen=$(in_hundredths "$2")
	cell "$1" "$2" "$seen"
}

never_cell() {
	cell "$1" 1000000000 never
}

title() {
	case $1 in
	multipath) echo "dm-multipath, Debian's defaults" ;;
	advised) echo "dm-multipath, the tuning commonly advised (test 2 only)" ;;
	least) echo "dm-multipath, every timer at its least (test 2 only)" ;;
	rrpath) echo "dm-rrpath" ;;
	esac
}

declare -A heads=([multipath]="mp default" [advised]="mp advised" [least]="mp least"
	[rrpath]="dm-rrpath")

# ROW less|more|- SLACK LABEL. Differences up to the slack, in the row's unit (ms for seconds),
# or a tenth, are the noise of an emulated machine, where a program takes 0.1 to 0.5 s to start.
rows=(
	"= Test 1: which link carries the traffic"
	"share - 0 bytes on link 1 / link 2"
	"packets - 0 packets that tcpdump saw there"
	"counters more 0 first path's share, by the tool"
	"= Test 2: the link is cut without a word"
	"found less 300 path out of use after"
	"stall less 300 longest time a write stood still"
	"held less 300 I/O had to wait if begun within"
	"later less 150 longest wait of a later write"
	"later_read less 150 longest wait of a later read"
	"usable less 500 link back: path usable after"
	"inuse less 500 bytes flow over it again after"
	"= Test 3: to load balancing and back, mounted"
	"commands less 0 steps to type until it is so"
	"balanced less 500 balanced after"
	"balance more 50 bytes on link 1 / link 2"
	"back less 500 back to failover after"
	"balance_wait less 200 longest write meanwhile"
	"= Test 4: an unrelated disk is added"
	"newdisk less 0 the map noticed"
	"newdisk_wait less 200 longest write meanwhile"
	"= All the time"
	"errors less 0 I/O errors"
	"wrong less 0 wrong blocks"
	"fsck less 0 e2fsck says"
	"nowait more 5 reads taken with RWF_NOWAIT"
	"conf less 0 lines of configuration by hand"
	"memory less 256 memory of its daemon"
)

# judge ROW less|more SLACK: ahead, equal or behind the best of the other columns; nothing if there
# is nothing to compare with.
judge() {
	local ours=${number[rrpath,$1]:-} best='' c n

	REPLY=
	for c in "${columns[@]}"; do
		n=${number[$c,$1]:-}
		[[ $c != rrpath && -n $n ]] || continue
		case $2 in
		less) [[ -n $best && $best -le $n ]] || best=$n ;;
		more) [[ -n $best && $best -ge $n ]] || best=$n ;;
		esac
	done
	[[ -n $ours && -n $best ]] || return
	[[ $2 == less ]] || { ours=$((-ours)); best=$((-best)); }
	local apart=$((ours > best ? ours - best : best - ours))
	local scale=$((best < 0 ? -best : best))
	if [[ $apart -le $3 || $((apart * 10)) -lt $scale ]]; then
		REPLY=equal
	elif [[ $ours -lt $best ]]; then
		REPLY=ahead
	else
		REPLY=behind
	fi
}

# goal ROW MS TEXT: what this project means to reach, said when it was not.
goal() {
	local n=${number[rrpath,$1]:-}

	[[ -z $n || $n -le $2 ]] || echo "  remark: $3 (${text[rrpath,$1]})"
}

# Exit status 0: nothing behind, no data wrong anywhere.
print_table() {
	local r id better slack label c behind=0 wrong=0

	heading "What was seen, kernel $(uname -r)"
	printf '  %-36s' ''
	for c in "${columns[@]}"; do
		printf ' %12s' "${heads[$c]}"
	done
	echo
	for r in "${rows[@]}"; do
		read -r id better slack label <<<"$r"
		if [[ $id == = ]]; then
			printf '%s%s%s\n' "$bold" "${r#= }" "$plain"
			continue
		fi
		printf '  %-36s' "$label"
		for c in "${columns[@]}"; do
			printf ' %12s' "${text[$c,$id]:--}"
		done
		[[ $better == - ]] && REPLY='' || judge "$id" "$better" "$slack"
		case $REPLY in
		ahead) printf '  %s%s%s\n' "$green" "$REPLY" "$plain" ;;
		behind) printf '  %s%s%s\n' "$red" "$REPLY" "$plain"; behind=$((behind + 1)) ;;
		*) printf '  %s\n' "$REPLY" ;;
		esac
	done
	for c in "${columns[@]}"; do
		wrong=$((wrong + ${number[$c,wrong]:-1} + ${number[$c,fsck]:-1}))
	done
	echo
	goal stall 2000 "a write stood still for more than 2 s"
	goal later 100 "a write begun later waited for more than 0.1 s"
	goal later_read 100 "a read begun later waited for more than 0.1 s"
	goal inuse 3000 "the path was back in use more than 3 s after the link"
	[[ $wrong -eq 0 ]] || echo "  data: wrong, or not verified"
	echo "dm-rrpath is behind in $behind rows."
	[[ $behind -eq 0 && $wrong -eq 0 ]]
}
