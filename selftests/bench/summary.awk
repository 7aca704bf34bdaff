# SPDX-License-Identifier: GPL-2.0
#
# Lines of peers.sh to one line per peer and kind:
#	PEER DEPTH OP WHEN ROUNDS MEDIAN MIN MAX RATIO
# in ns of CPU (or instructions) per bio and CPU. RATIO is the median over the rounds of
# what the peer took over what dm-linear took in the same round: what changes from one
# round to the next hits both. -v best=1: of each round only its fastest chunk.

function sort(a, n,    i, j, v) {
	for (i = 2; i <= n; i++) {
		v = a[i]
		for (j = i - 1; j > 0 && a[j] > v; j--)
			a[j + 1] = a[j]
		a[j + 1] = v
	}
}

function median(a, n) {
	sort(a, n)
	return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}

$6 == "cpu" {
	kind = $3 " " $4 " " $5
	id = $2 " " kind
	if (!(id in seen)) {
		seen[id] = kind
		order[++ids] = id
	}
	if ($1 > rounds)
		rounds = $1
	cpus[id, $1]++
	cost[id, $1] += best ? $13 / 100 : $11 / $9
}

END {
	for (i = 1; i <= ids; i++) {
		id = order[i]
		n = 0
		for (r = 1; r <= rounds; r++) {
			if (!((id, r) in cost))
				continue
			floor = "linear " seen[id]
			took[++n] = cost[id, r] / cpus[id, r]
			if ((floor, r) in cost)
				ratio[n] = took[n] / (cost[floor, r] / cpus[floor, r])
		}
		if (!n)
			continue
		m = median(took, n)
		printf "%s %d %.2f %.2f %.2f %.4f\n", id, n, m, took[1], took[n], median(ratio, n)
	}
}
