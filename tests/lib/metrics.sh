# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# metrics.sh - lines of Prometheus's text format, as a table that can be compared
#
# Read behind common.sh.
# shellcheck disable=SC2154 # $work

# samples FILE - "NAME{LABELS} VALUE" for each line, labels and lines in one
# order, numbers in one form; two of the same name and labels end the test
samples() {
	(set -o pipefail
	awk '
	function number(text) {
		return text ~ /Inf|NaN/ ? text : sprintf("%.12g", text)
	}
	# No label of ours has a comma in it.
	function sorted(labels,		n, i, j, part, swap, all) {
		n = split(labels, part, ",")
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && part[j] < part[j - 1]; j--) {
				swap = part[j]
				part[j] = part[j - 1]
				part[j - 1] = swap
			}
		for (i = 1; i <= n; i++) {
			if (part[i] ~ /^le="[0-9]/)
				part[i] = "le=\"" number(substr(part[i], 5)) "\""
			all = all (i > 1 ? "," : "") part[i]
		}
		return all
	}
	/^#/ || NF == 0 { next }
	{
		value = $NF
		name = substr($0, 1, length($0) - length(value) - 1)
		at = index(name, "{")
		if (at) {
			labels = substr(name, at + 1, length(name) - at - 1)
			name = substr(name, 1, at - 1) "{" sorted(labels) "}"
		}
		if (name in seen) {
			print "twice: " name > "/dev/stderr"
			exit 1
		}
		seen[name] = 1
		print name, number(value)
	}' "$1" | sort) || fail "not a table of samples: $1"
}

# read_metrics FILE - into $metric, by name and labels as samples() has them
declare -A metric
read_metrics() {
	local line

	metric=()
	samples "$1" > "$work/samples"
	while IFS= read -r line; do
		metric[${line% *}]=${line##* }
	done < "$work/samples"
}

# same_metric NAME TEXT - the metric, whose name gets its prefix, is TEXT
same_metric() {
	same "$2" "${metric[allocfs_$1]-(none)}" "allocfs_$1"
}

# families FILE - the names that have a TYPE
families() {
	sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$1" | sort
}
