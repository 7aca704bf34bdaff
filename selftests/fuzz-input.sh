#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Good, nearly good and hostile table lines, messages and sysfs writes by the thousand: what is
# refused changes nothing and keeps nothing, what is accepted round-trips, what is good is accepted.
#
# RRPATH_FUZZ_COUNT: how many (default: 1000); RRPATH_FUZZ_SEED: which (default: 1);
# RRPATH_FUZZ_EVERY: one of how many is followed by a look at what it did (default: 1).

. "${0%/*}/lib.sh"

count=${RRPATH_FUZZ_COUNT:-1000} seed=${RRPATH_FUZZ_SEED:-1} every=${RRPATH_FUZZ_EVERY:-1}
make_paths 4
make_map round-robin 2 0 "${P[0]}" "${P[1]}"
dm create rrt-spare -
devices=()
for i in "${!P[@]}"; do devices+=("${P[i]}=rrt-p$i"); done
note_base
opened=$base

# Table after table goes, each after a grace period: most of the time would be waiting for those.
expedited=/sys/kernel/rcu_expedited
if [ -w "$expedited" ]; then
	read -r was_expedited <"$expedited"
	extra_cleanup=normal_rcu
	echo 1 >"$expedited"
fi
normal_rcu() { echo "$was_expedited" >"$expedited"; }

# In pieces, for the log to be read, and the time that a helper may be silent.
declare -A accepted refused
for ((done = 0; done < count; done += piece, seed++)); do
	((piece = count - done < 1000 ? count - done : 1000))
	dm fuzz "$seed" "$piece" rrt rrt-spare "$SYS" "$SECTORS" "$every" "${devices[@]}" ||
		{ fail "$piece inputs of seed $seed" "$REPLY"; break; }
	read -ra words <<<"$REPLY"
	for ((i = 0; i < ${#words[@]}; i += 3)); do
		accepted[${words[i]}]=$((${accepted[${words[i]}]:-0} + words[i + 1]))
		refused[${words[i]}]=$((${refused[${words[i]}]:-0} + words[i + 2]))
	done
	(((done + piece) % 20000)) || note "$((done + piece)) inputs"
	dm scan
	[ -z "$REPLY" ] || { fail "the log after seed $seed" "$REPLY"; break; }
done
ok "$done inputs, the last of seed $((seed - 1))"
for kind in "${!accepted[@]}"; do
	note "$kind: ${accepted[$kind]} accepted, ${refused[$kind]} refused"
	((${accepted[$kind]} > done / 20 && ${refused[$kind]} > done / 20)) ||
		fail "there were good and bad ones: $kind"
done

# The paths of the map are what the last table has; with its own ones it is as it was.
msg fail_if_no_path
check "another table" dm swap rrt 0 "$SECTORS" rrpath round-robin 2 0 "${P[0]}" "${P[1]}"
note_base
is "open counts and module reference count" "$base" "$opened"
dm info rrt-spare
is "no table is left behind" "$REPLY" "0 0 0 0 ${REPLY##* }"
check "the map works" dm read "$DEV" 0 4096 10
done_testing
