#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Where the members of the structures that bios touch lie, as pahole reads it from the modules:
# what is read by every bio, what is written by one CPU only, and what is written by many, each on
# cache lines of its own. Sizes and holes are written down here; who changes them says so here.
. "$(dirname "$0")/lib.sh"

line=64

# members STRUCT: "NAME OFFSET SIZE" of each member, then "- SIZE HOLES" of the whole
members() {
	pahole -C "$1" "$ko" | awk '
	# Those of structures inside of it are further to the right.
	/^\t[^\t]/ && match($0, /\/\* *[0-9]+ +[0-9]+ *\*\/$/) {
		split(substr($0, RSTART), number, " ")
		text = substr($0, 1, RSTART - 1)
		sub(/( *__attribute__.*)?; *$/, "", text)
		sub(/\[[^]]*\]$/, "", text)
		sub(/.*[^a-z_]/, "", text)
		print text, number[2], number[3]
	}
	match($0, /\/\* size: [0-9]+/) { size = substr($0, RSTART + 9, RLENGTH - 9) }
	match($0, /, sum holes: [0-9]+/) { holes = substr($0, RSTART + 13, RLENGTH - 13) }
	END { if (size) print "-", size, holes + 0 }'
}

# measures STRUCT SIZE HOLES: the structure has that size, and no more bytes in holes
measures() {
	members "$1" | awk -v size="$2" -v holes="$3" '
	$1 == "-" { seen = 1 }
	$1 == "-" && $2 != size { print "it takes " $2 " bytes, written down: " size }
	$1 == "-" && $3 > holes { print $3 " bytes of it are holes, written down: " holes }
	END { if (!seen) print "no such structure" }'
}

# begins STRUCT MEMBER: on a cache line, and so does what follows the structure in an array
begins() {
	members "$1" | awk -v member="$2" -v line="$line" '
	$1 == member { seen = 1 }
	$1 == member && $2 % line { print member " begins at " $2 }
	$1 == "-" && $2 % line { print "it takes " $2 " bytes, no whole cache lines" }
	END { if (!seen) print "no " member }'
}

# first_line STRUCT MEMBER...: these are in the first cache line, and nothing else is
first_line() {
	members "$1" | awk -v members="${*:2}" -v line="$line" '
	BEGIN {
		n = split(members, name, " ")
		for (i = 1; i <= n; i++)
			want[name[i]] = 1
	}
	$1 == "-" { next }
	$1 in want { seen[$1] = 1 }
	$1 in want && $2 + $3 > line { print $1 " ends at " $2 + $3 }
	!($1 in want) && $2 < line { print $1 " is in it, at " $2 }
	END { for (i in want) if (!(i in seen)) print "no " i }'
}

# apart STRUCT MEMBER,... MEMBER,...: no cache line has members of both lists
apart() {
	members "$1" | awk -v a="$2" -v b="$3" -v line="$line" '
	BEGIN {
		n = split(a, name, ",")
		for (i = 1; i <= n; i++)
			side[name[i]] = "a"
		n = split(b, name, ",")
		for (i = 1; i <= n; i++)
			side[name[i]] = "b"
	}
	$1 in side {
		for (l = int($2 / line); l <= int(($2 + $3 - 1) / line); l++) {
			other = side[$1] == "a" ? "b" : "a"
			if ((l, other) in on)
				print $1 " and " on[l, other] " are both in cache line " l
			on[l, side[$1]] = $1
		}
		seen[$1] = 1
	}
	END { for (i in side) if (!(i in seen)) print "no " i }'
}

# What a bio reads of its path; what a change of state writes; what bios and the watch write.
path_state=map,dev,config,state,active,waiting,probing,answers,revived,id_len,fail_count
path_written=completed,dispatched,stalled_at,idle,stuck_rounds,load,errors,retries,bounced
# What is written when a map is configured, asked for its status, or holds bios.
map_read=(choice cursor ti pool pool_offset known_pool watching)
map_configured=mutex,spare,grace,config
map_held=lock,held,queued,nr_usable,stale,timed_out,suspending,noflush,running,stopped

for s in $series; do
	if ! find_kernel "$s"; then
		check "kernel $s is here" false
		continue
	fi
	ko=build/$KVER/dm-rrpath.ko
	check "module for $KVER" quietly make -s module-copy KVER="$KVER"
	while read -r struct size holes; do
		check "$struct on $s takes $size bytes" measures "$struct" "$size" "$holes"
	done <<-SIZES
		rrpath_counters	64	0
		rrpath_member	32	7
		rrpath_path	384	4
		rrpath_map	576	49
		rrpath_choice	32	0
		rrpath_entry	16	0
		rrpath_cursor	32	0
		rrpath_bio	40	0
	SIZES
	check "a CPU's counters of a path on $s are a cache line" begins rrpath_counters op
	check "a path on $s begins on a cache line with what bios read" begins rrpath_path member
	check "the paths of a map on $s do" begins rrpath_map path
	check "what bios read of a path on $s is written when its state changes only" \
		apart rrpath_path "member,$path_state" "$path_written"
	check "what bios read of a map on $s is one cache line, with nothing else" \
		first_line rrpath_map "${map_read[@]}"
	check "what is locked of a map on $s, and how it is configured" \
		apart rrpath_map "$map_configured" "$map_held"
done
finish
