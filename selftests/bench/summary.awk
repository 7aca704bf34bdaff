# SPDX-License-Identifier: GPL-2.0
#
# Use with -f median.awk before it. Lines of peers.sh to one line per peer and kind:
#	PEER DEPTH OP WHEN ROUNDS MEDIAN MIN MAX RATIO LEAST
# in ns of CPU (or instructions) per bio and CPU. RATIO is the median over the rounds of
# what the peer took over what dm-linear took in the same round: what changes from one
# round to the next hits both. LEAST is the least of all rounds over dm-linear's least: what
# disturbs only adds. -v best=1: of each round only its fastest chunk.
# -v json=KERNEL: the same as members of a JSON array.

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

function fewest(id,    r, m) {
	for (r = 1; r <= rounds; r++)
		if ((id, r) in cost && (!m || cost[id, r] / cpus[id, r] < m))
			m = cost[id, r] / cpus[id, r]
	return m
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
		over = median(ratio, n)
		over_least = took[1] / fewest("linear " seen[id])
		if (json) {
			split(id, word, " ")
			printf "%s\t{\"kernel\": \"%s\", \"peer\": \"%s\", ", comma, json, word[1]
			printf "\"depth\": %d, \"op\": \"%s\", \"when\": \"%s\", ", word[2], word[3], word[4]
			printf "\"rounds\": %d, \"median\": %.2f, ", n, m
			printf "\"min\": %.2f, \"max\": %.2f, \"over_linear\": %.4f, ", took[1], took[n], over
			printf "\"least_over_linear\": %.4f}", over_least
			comma = ",\n"
		} else {
			printf "%s %d %.2f %.2f %.2f %.4f %.4f\n", id, n, m, took[1], took[n], over, over_least
		}
	}
	if (comma)
		print ""
}
