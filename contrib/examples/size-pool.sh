#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# size-pool.sh MOUNT OBJSIZE BURST... - how large must min_nr be?
#
# Makes a cache of OBJSIZE bytes that gives nothing, as in the worst case, and a
# pool on it. Each BURST is that many requests at once, which are served one
# after the other and freed after HOLD seconds (0.001). min_nr is raised from 1
# until no request of any burst waits. Prints a line for each: min_nr, how many
# requests waited, and their mean wait in microseconds.
#
#	contrib/examples/size-pool.sh M 10240 3 8 5

set -eu

fail() {
	echo "size-pool.sh: $*" >&2
	exit 1
}

usage() {
	echo "usage: size-pool.sh MOUNT OBJSIZE BURST..." >&2
	exit 2
}

[ $# -ge 3 ] || usage
mount=$1 objsize=$2
shift 2
for n; do
	[[ $n =~ ^[1-9][0-9]{0,2}$ ]] || fail "$n is no size of a burst (1 to 999)"
done
[ -d "$mount/pools" ] || fail "$mount is no mount of allocfs"
hold=${HOLD:-0.001}
cache=$mount/caches/size-pool-$$
pool=$mount/pools/size-pool-$$

requests=()

# await CONDITION - on a file of the pool
await() {
	{ echo "$1" >&3 && read -r _ <&3; } 3<> "$pool/wait"
}

# What it made goes, whatever happens. Closing a request takes it back, if not
# at once: so wait, then free what is left, then remove.
clean_up() {
	local fd

	for fd in "${requests[@]}"; do
		exec {fd}>&-
	done
	[ ! -d "$pool" ] || {
		await waiters==0 && echo all > "$pool/free" &&
			await alloc==0 && rmdir "$pool"
	}
	[ ! -d "$cache" ] || rmdir "$cache"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

mkdir "$cache"
echo "$objsize" > "$cache/objsize"
mkdir "$pool"
echo "slab:${cache##*/}" > "$pool/backing"

# set_min_nr N - the reserve is filled while the cache gives something
set_min_nr() {
	echo max > "$cache/limit"
	echo "$1" > "$pool/min_nr"
	echo 0 > "$cache/limit"
}

# burst N - ask N times, then take what comes in order of asking
burst() {
	local fd id i

	requests=()
	for ((i = 0; i < $1; i++)); do
		exec {fd}<> "$pool/alloc"
		echo 1 >&"$fd"
		requests+=("$fd")
	done
	for fd in "${requests[@]}"; do
		read -r id <&"$fd"
		sleep "$hold"
		echo "$id" > "$pool/free"
		exec {fd}>&-
	done
}

# stat NAME - a counter of the pool
stat() {
	local key value

	while read -r key value; do
		[ "$key" != "$1" ] || echo "$value"
	done < "$pool/stats"
}

echo "min_nr waits mean_us"
min_nr=0
waits=1
while [ "$waits" -gt 0 ]; do
	min_nr=$((min_nr + 1))
	set_min_nr $min_nr
	echo 0 > "$pool/stats"
	for n; do
		burst "$n"
	done
	waits=$(stat waits)
	total=$(stat wait_ns_total)
	echo "$min_nr $waits $((waits ? total / waits / 1000 : 0))"
done
