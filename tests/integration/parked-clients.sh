#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# parked-clients.sh - 200 clients blocked in one exhausted pool
# 
# Killed ones vanish, freed elements reach exactly as many of the others, nobody
# is served twice or forgotten, and the end of the daemon ends them all.

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

clients=200
victims=60
reserve=20
seed=${SEED:-$RANDOM}
pool=$M/pools/io
declare -A pid_of

resident() {
	sed -n 's/^VmRSS:[[:space:]]*//p' "/proc/$daemon_pid/status"
}

# client NUMBER - one blocked writer; a file says how it ended
client() {
	{ echo 1 > "$pool/alloc"; } 2> "$work/refused.$1" &&
		: > "$work/served.$1"
}

# start_clients N - background jobs, each opening alloc by its path
start_clients() {
	local i

	pid_of=()
	rm -f "$work"/served.* "$work"/refused.*
	for ((i = 0; i < $1; i++)); do
		(
			trap - EXIT
			client $i
		) &
		pid_of[$i]=$!
	done
}

holds() {
	[ "$(< "$1")" = "$2" ]
}

served() {
	compgen -G "$work/served.*" | wc -l
}

served_are() {
	[ "$(served)" -eq "$1" ]
}

# kill_some N - SIGKILL to N clients chosen at random
kill_some() {
	local left=$1 i

	while [ "$left" -gt 0 ]; do
		i=$((RANDOM % clients))
		[ -n "${pid_of[$i]-}" ] || continue
		kill -KILL "${pid_of[$i]}"
		wait "${pid_of[$i]}" 2> /dev/null || :
		unset "pid_of[$i]"
		left=$((left - 1))
	done
}

exhaust_pool() {
	put "$reserve" "$pool/alloc"
	expect_value "$reserve" "$pool/alloc"
	expect_value 0 "$pool/curr_nr"
}

start_daemon -s
echo "SEED=$seed"
RANDOM=$seed
mkdir "$M/caches/conn" "$pool"
put slab:conn "$pool/backing"
put $reserve "$pool/min_nr"
put 0 "$M/caches/conn/limit"
exhaust_pool

echo "daemon before: $(resident)"
start_clients $clients
until_true holds "$pool/waiters" $clients
echo "daemon with $clients parked: $(resident)"
same 0 "$(served)" "clients served by an exhausted pool"

kill_some $victims
until_true holds "$pool/waiters" $((clients - victims))
same 0 "$(served)" "clients served by the death of others"
expect_value $reserve "$pool/alloc"

# Elements come back 1, 2, 3 ... at a time, to exactly as many clients.
waiting=$((clients - victims))
released=0
for ((n = 1; waiting > 0; n = n < reserve ? n + 1 : 1)); do
	[ $n -le $waiting ] || n=$waiting
	put "oldest $n" "$pool/free"
	released=$((released + n))
	waiting=$((waiting - n))
	until_true served_are $released
	expect_value $waiting "$pool/waiters"
	expect_value $reserve "$pool/alloc"
	expect_value 0 "$pool/curr_nr"
done
for i in "${!pid_of[@]}"; do
	wait "${pid_of[$i]}" || fail "client $i ended with status $?"
done
same $((clients - victims)) "$(served)" "clients served in all"
same $((reserve + clients - victims)) "$(value allocs "$pool/stats")" allocs
same $((clients - victims)) "$(value frees "$pool/stats")" frees
same $clients "$(value waits "$pool/stats")" waits
put all "$pool/free"
expect_value 0 "$pool/alloc"
expect_value $reserve "$pool/curr_nr"
echo "daemon after: $(resident)"

# The daemon ends under 50 blocked clients.
exhaust_pool
start_clients 50
until_true holds "$pool/waiters" 50
stop_daemon
for i in "${!pid_of[@]}"; do
	! await_exit "${pid_of[$i]}" || fail "client $i succeeded at the end"
done
same 0 "$(served)" "clients served by the end"
