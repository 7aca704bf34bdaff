#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# round-robin: fio over two and over four paths, reads and writes; each path is within 1 % of its
# share.

. "${0%/*}/lib.sh"

need fio
make_paths 4

# spread COUNT: a map over so many paths, and fio over it
spread()
{
	local n=$1 i mean share
	make_map round-robin "$n" 0 "${P[@]:0:n}"
	fio --name=f --filename="$DEV" --direct=1 --ioengine=libaio --iodepth=8 \
		--rw=randrw --bs=4k --size=16m --io_size=16m --numjobs=2 --minimal \
		>"$tmp/fio" 2>&1 ||
		fail "fio" "$(<"$tmp/fio")"
	st
	total_ios
	is "$n paths: every bio is counted" "$total" 8192
	mean=$((total / n))
	for ((i = 0; i < n; i++)); do
		share=$((reads[i] + writes[i]))
		between "$n paths: path $i" "$share" $((mean - mean / 100)) $((mean + mean / 100))
		between "$n paths: sectors of path $i" $((rsec[i] + wsec[i])) \
			$((8 * (mean - mean / 100))) $((8 * (mean + mean / 100)))
	done
	dm remove rrt
}

spread 2
spread 4

make_map round-robin 4 0 "${P[@]}"
msg fail_path "${P[1]}"
dm read "$DEV" 0 4096 300
st
is "a disabled path is left out" "${reads[1]}" 0
for i in 0 2 3; do between "the others share: path $i" "${reads[i]}" 98 102; done
done_testing
