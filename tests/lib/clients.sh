# shellcheck shell=bash disable=SC2154 # $work is common.sh's
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# clients.sh - other people's programs on the mount: where they find it, and
# their answers as tables that can be compared
#
# Read behind common.sh by the tests whose names begin with clients-. Programs
# that know one path only are run where the files of the mount lie over the
# kernel's, in a mount namespace of their own (private_view).

# need_client PROGRAM PACKAGE - without it: a skip, and a failure in CI
need_client() {
	command -v "$1" > /dev/null && return
	[ "${CI:-}" != true ] || fail "$1 is missing (package $2)"
	skip "$1 is not installed (package $2)"
}

need_private_view() {
	unshare -m true 2> /dev/null && return
	unshare -rm true 2> /dev/null && unshare=-rm && return
	[ "${CI:-}" != true ] || fail "no private mount namespaces"
	skip "no private mount namespaces here"
}
unshare=-m
SLAB=sys/slab

# private_view COMMAND... - run it where the files of the mount are the kernel's;
# SLAB is the folder of caches
# shellcheck disable=SC2016 # for the shell in there
private_view() {
	limit unshare "$unshare" bash -c '
		M=$1 SLAB=$2
		shift 2
		for file in slabinfo meminfo vmstat buddyinfo zoneinfo; do
			mount --bind "$M/proc/$file" /proc/$file || exit
		done
		[ -d /sys/kernel/slab ] || {
			mount -t tmpfs none /sys/kernel &&
				mkdir /sys/kernel/slab /sys/kernel/debug || exit
		}
		mount --bind "$M/$SLAB" /sys/kernel/slab &&
			mount --bind "$M/debug" /sys/kernel/debug || exit
		cd / && exec "$@"' in_private "$M" "$SLAB" "$@"
}

# as_in_readme WORD - run the line of README.md that ends with WORD and a quote,
# where /mnt is the mount; what is live there is once here
as_in_readme() {
	local command

	command=$(sed -n '/^## Use the tools/,/^## Build/p' \
		"$abs_top_srcdir/README.md" | grep "&& $1'\$") ||
		fail "README.md does not say how to run $1"
	command=${command//\/mnt\//$M/}
	unshare -rm true 2> /dev/null || command=${command/-rm/-m}
	checks=$((checks + 1))
	limit bash -c "${command/slabtop/slabtop -o}" > "$work/out" ||
		fail "$command: status $?"
}

# ---- one table of all caches, from each of them ------------------------------

# A line for each cache, by name:
#
#	name active_objects all_objects bytes_each objects_per_slab slabs
#
# with "-" for what a client does not tell.

of_directories() {
	local dir name

	for dir in "$M"/caches/*/; do
		dir=${dir%/}
		[ ! -L "$dir" ] || continue
		name=${dir##*/}
		echo "$name $(($(< "$dir/alloc") + $(< "$dir/cached")))" \
			"$(($(< "$dir/alloc") + $(< "$dir/free")))" \
			"$(< "$dir/slab_size") $(< "$dir/objs_per_slab")" \
			"$(cut -d ' ' -f 1 "$dir/slabs")"
	done | sort
}

# of_slabinfo - proc/slabinfo itself
of_slabinfo() {
	awk 'NR > 2 { print $1, $2, $3, $4, $5, $15 }' "$M/proc/slabinfo" |
		sort
}

# of_slabtop - what slabtop -o printed
of_slabtop() {
	awk 'found && NF { print $8, $2, $1, "-", $6, $5 }
	     $1 == "OBJS" { found = 1 }' "$1" | sort
}

# of_vmstat_m - what vmstat -m printed, whose "Pages" are objects of a slab
of_vmstat_m() {
	awk '$1 != "Cache" { print $1, $2, $3, $4, $5, "-" }' "$1" | sort
}

# of_exporter - what node_exporter answered; its numbers may be 1.2e+06
of_exporter() {
	sed -n 's/^node_slabinfo_\([a-z_]*\){slab="\(.*\)"} /\1 \2 /
		t names
		b
		:names
		s/\\"/"/g
		p' "$1" |
		awk '{ at[$2] = 1; value[$1, $2] = sprintf("%.0f", $3) }
		END {
			for (name in at)
				print name, value["active_objects", name],
					value["objects", name],
					value["object_size_bytes", name],
					value["objects_per_slab", name], "-"
		}' | sort
}

# same_caches TABLE WHAT - as the directories say, as far as TABLE tells
same_caches() {
	checks=$((checks + 1))
	[ -s "$1" ] || fail "$2 has no cache"
	awk 'NR == FNR { told[$1] = $0; next }
	     { n = split(told[$1], word, " ")
	       for (i = 2; i <= n; i++)
			if (word[i] == "-")
				$i = "-"
	       print }' "$1" <(of_directories) |
		diff "$1" - > "$work/diff" ||
		fail "$2 (<) and the directories (>): $(head "$work/diff")"
}

# ---- node_exporter -----------------------------------------------------------

exporter_log=$work/exporter.log

# start_exporter OPTION... - on a free port of this machine
start_exporter() {
	# Or what an earlier one said is taken for its word.
	: > "$exporter_log"
	prometheus-node-exporter --collector.disable-defaults \
		--web.listen-address=127.0.0.1:0 "$@" > "$exporter_log" 2>&1 &
	exporter_pid=$!
	until_true exporter_listens > /dev/null
	exporter_port=$(exporter_listens)
}

exporter_listens() {
	kill -0 "$exporter_pid" 2> /dev/null || {
		cat "$exporter_log" >&2
		fail "node_exporter ended"
	}
	sed -n 's/.*msg="Listening on" address=127\.0\.0\.1:\([0-9]*\)$/\1/p' \
		"$exporter_log" | grep .
}

# scrape FILE - its answer, as Prometheus gets it, without the HTTP header
scrape() {
	# shellcheck disable=SC2016
	limit bash -c 'exec 3<> "/dev/tcp/127.0.0.1/$1" &&
		printf "GET /metrics HTTP/1.0\r\n\r\n" >&3 && cat <&3' \
		scrape "$exporter_port" > "$1.http" || fail "no answer"
	head -n 1 "$1.http" | grep -q ' 200 ' || fail "$(head -n 3 "$1.http")"
	sed '1,/^\r*$/d' "$1.http" > "$1"
}

stop_exporter() {
	kill "$exporter_pid"
	await_exit "$exporter_pid" || :
}

# sample NAME FILE - the value of one line, as an integer
sample() {
	awk -v "name=$1" '$1 == name { printf "%.0f", $2; found = 1 }
		END { exit !found }' "$2" || fail "no $1"
}
