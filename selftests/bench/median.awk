# SPDX-License-Identifier: GPL-2.0
#
# For those that sum up rounds: -f median.awk -f ...

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

# Figures by key; each key's are summed up once.
function sample(key, value) {
	value_of[key, ++values[key]] = value
}

# Median, least and greatest of a key's figures, as JSON.
function spread_json(key, format,    a, i, n, m) {
	n = values[key]
	if (!n)
		return "null"
	for (i = 1; i <= n; i++)
		a[i] = value_of[key, i]
	m = median(a, n)
	return sprintf("{\"median\": " format ", \"min\": " format ", \"max\": " format "}",
		m, a[1], a[n])
}

function median_of(key,    a, i, n) {
	n = values[key]
	for (i = 1; i <= n; i++)
		a[i] = value_of[key, i]
	return n ? median(a, n) : 0
}

function least(key,    i, m) {
	m = value_of[key, 1]
	for (i = 2; i <= values[key]; i++)
		if (value_of[key, i] < m)
			m = value_of[key, i]
	return m
}

function most(key,    i, m) {
	m = value_of[key, 1]
	for (i = 2; i <= values[key]; i++)
		if (value_of[key, i] > m)
			m = value_of[key, i]
	return m
}
