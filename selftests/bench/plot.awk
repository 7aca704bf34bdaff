# SPDX-License-Identifier: GPL-2.0
#
# awk -v figure=iops_ratio -v title=... [-v only=REGEX] -f plot.awk RESULTS.json: bars as SVG, of
# results that stand one on a line each; a group for every cell or section, a bar for every peer,
# with the least and greatest of the rounds as a line across its end.

function text_of(key,    s) {
	if (!match($0, "\"" key "\": \"[^\"]*\""))
		return ""
	s = substr($0, RSTART, RLENGTH)
	sub(/^"[^"]*": "/, "", s)
	sub(/"$/, "", s)
	return s
}

# The member `what` of the object `key`
function number_of(key, what,    s) {
	if (!match($0, "\"" key "\": {[^}]*}"))
		return ""
	s = substr($0, RSTART, RLENGTH)
	if (!match(s, "\"" what "\": [-0-9.e]+"))
		return ""
	s = substr(s, RSTART, RLENGTH)
	sub(/.* /, "", s)
	return s
}

# Round steps: 1, 2 or 5 times a power of ten
function step_for(range,    power, s) {
	power = 10 ^ int(log(range) / log(10) - (range < 1))
	s = range / power
	return power * (s <= 2 ? 0.5 : s <= 5 ? 1 : 2)
}

function colour(peer) {
	if (peer ~ /^rrpath/)
		return "#2b6cb0"
	if (peer ~ /^multipath/)
		return "#c05621"
	return peer ~ /^nvme/ ? "#2f855a" : "#718096"
}

/"kernel": / { kernel = text_of("kernel") }
/"machine": / { machine = text_of("machine") }
/"peer": / {
	group = text_of("cell")
	if (group == "")
		group = text_of("section")
	v = number_of(figure, "median")
	if (v == "" || (only != "" && group !~ only))
		next
	bars++
	groups += group != last
	last = group
	group_of[bars] = group
	peer_of[bars] = text_of("peer")
	value[bars] = v
	low[bars] = number_of(figure, "min")
	high[bars] = number_of(figure, "max")
	if (high[bars] > most)
		most = high[bars]
}

END {
	if (!bars || most <= 0)
		exit 1
	left = 250; width = 520; bar = 15
	height = 60 + bars * bar + groups * 26 + 30
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" ",
		left + width + 80, height
	printf "font-family=\"sans-serif\" font-size=\"11\">\n"
	printf "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
	printf "<text x=\"10\" y=\"20\" font-size=\"14\">%s</text>\n", title
	printf "<text x=\"10\" y=\"38\" fill=\"#555\">kernel %s; %s</text>\n", kernel, machine
	step = step_for(most)
	for (x = 0; x <= most * 1.0001; x += step) {
		at = left + x / most * width
		printf "<line x1=\"%.1f\" y1=\"50\" x2=\"%.1f\" y2=\"%d\" stroke=\"#ddd\"/>\n",
			at, at, height - 24
		printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>\n",
			at, height - 10, x
	}
	y = 50
	last = ""
	for (i = 1; i <= bars; i++) {
		if (group_of[i] != last) {
			last = group_of[i]
			y += 26
			printf "<text x=\"10\" y=\"%d\" font-weight=\"bold\">%s</text>\n", y - 4, last
		}
		at = left + value[i] / most * width
		printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", left - 6, y + 10,
			peer_of[i]
		printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
			left, y + 1, at - left, bar - 3, colour(peer_of[i])
		if (low[i] < high[i])
			printf "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" " \
				"stroke=\"black\"/>\n", left + low[i] / most * width, y + 7,
				left + high[i] / most * width, y + 7
		printf "<text x=\"%.1f\" y=\"%d\">%.4g</text>\n",
			left + high[i] / most * width + 4, y + 10, value[i]
		y += bar
	}
	print "</svg>"
}
