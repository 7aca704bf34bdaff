#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What kcov.sh has a kernel with KCOV do: inputs to the module, guided by what it executes.
#
# RRPATH_KCOV_COUNT: how many; RRPATH_KCOV_SEED: of the first thousand; RRPATH_KCOV_FRESH: one of so
# many is a new one, 1: all; RRPATH_KCOV_EVERY: one of how many steps is followed by a look at what
# it did. $RRPATH_OUT: last has the input that is done, corpus* are read first, kept what is kept,
# places where in the module it has been.

. "${0%/*}/../lib.sh"

count=$RRPATH_KCOV_COUNT seed=$RRPATH_KCOV_SEED
make_paths 4
make_map round-robin 2 0 "${P[0]}" "${P[1]}"
dm create rrt-spare -
devices=()
for i in "${!P[@]}"; do devices+=("${P[i]}=rrt-p$i"); done
note_base
opened=$base

# Table after table goes, each after a grace period: most of the time would be waiting for those.
expedited=/sys/kernel/rcu_expedited
read -r was_expedited <"$expedited"
echo 1 >"$expedited"
early_cleanup=stop
stop()
{
	dm kcov stop
	echo "$was_expedited" >"$expedited"
}

# play DESCRIPTION WORDS...: what it says goes to the notes
play()
{
	local what=$1
	shift
	dm kcov "$@" || { fail "$what" "$REPLY"; dm scan; note "$REPLY"; exit 1; }
	said=$REPLY
}

play "what is executed is told" start "$RRPATH_OUT/last" rrt rrt-spare "$SYS" "$SECTORS" \
	"$RRPATH_KCOV_EVERY" "${devices[@]}"
for file in "$RRPATH_OUT"/corpus*; do
	[ -e "$file" ] || continue
	play "inputs of ${file##*/}" load "$file"
	note "${file##*/}: $said"
done
for ((done = 0; done < count; done += piece, seed++)); do
	((piece = count - done < 1000 ? count - done : 1000))
	play "$piece inputs of seed $seed" run "$seed" "$piece" "$RRPATH_KCOV_FRESH"
	note "$((done + piece)) inputs: $said"
	dm log
done
ok "$done inputs, the last of seed $((seed - 1))"
like "the module's code was executed" "$said" '* [1-9]* PCs, [1-9]* edges, [1-9]* in the corpus'
play "places" places "$RRPATH_OUT/places"
play "the corpus" save "$RRPATH_OUT/kept"
note "kept: $said"

stop
early_cleanup=''
note_base
is "open counts and module reference count" "$base" "$opened"
dm info rrt-spare
is "no table is left behind" "$REPLY" "0 0 0 0 ${REPLY##* }"
check "the map works" dm read "$DEV" 0 4096 10
done_testing
