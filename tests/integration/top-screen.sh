#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# top-screen.sh - allocfs-top on a terminal, which is tmux's: keys are typed,
# and what is on the screen is looked at

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

top=$abs_top_builddir/allocfs-top

if ! command -v tmux > /dev/null; then
	[ "${CI:-}" != true ] || fail "tmux is not installed"
	skip "tmux is not installed"
fi
"$top" "$work" < /dev/null > "$work/out" 2>&1 || :
! grep -q 'without ncurses' "$work/out" || skip "built without ncurses"

# ---- the terminal --------------------------------------------------------------

# Each has a server of its own, as one that is told to end takes a while.
terminal=0

tm() {
	limit tmux -u -S "$work/tmux$terminal" -f /dev/null "$@"
}

at_end() {
	tm kill-server 2> /dev/null
}

# open WIDTHxHEIGHT COMMAND - a terminal, in which a shell runs COMMAND; around
# it, how the terminal is set
open() {
	rm -f "$work"/{before,status,after}
	terminal=$((terminal + 1))
	cat > "$work/command" << END
trap : INT # what is typed is for COMMAND
stty -g > '$work/before'
$2
echo \$? > '$work/status.new'
stty -g > '$work/after'
mv '$work/status.new' '$work/status'
exec sleep 1000
END
	tm new-session -d -s t -x "${1%x*}" -y "${1#*x}" "bash '$work/command'"
}

# ended STATUS - with it, and the terminal is as it was
ended() {
	until_true [ -e "$work/status" ]
	expect_value "$1" "$work/status"
	same "$(< "$work/before")" "$(< "$work/after")" "the terminal's settings"
	tm kill-server
}

screen() {
	tm capture-pane -p -t t
}

# shows REGEX, lacks REGEX - a line of the screen
shows() {
	screen | grep -Eq -- "$1"
}

lacks() {
	! shows "$1"
}

# await shows|lacks REGEX
await() {
	checks=$((checks + 1))
	until_true "$@"
}

# press KEY..., type_in TEXT
press() {
	tm send-keys -t t "$@"
}

type_in() {
	tm send-keys -t t -l -- "$1"
}

# names - the last column of the rows, all in one line
names() {
	screen | sed '1,5d; $d; s/.* //' | xargs
}

# names_are PATTERN
names_are() {
	# shellcheck disable=SC2053 # a pattern
	[[ "$(names)" == $1 ]]
}

# ---- the tests -----------------------------------------------------------------

start_daemon -o memory=64M,cpus=2
mkdir "$M/caches/conn" "$M/caches/кэш" "$M/pools/io"
put 192 "$M/caches/conn/objsize"
put 100 "$M/caches/conn/alloc"
put slab:conn "$M/pools/io/backing"
put 6 "$M/pools/io/min_nr"
run="TERM=screen-256color '$top' -d 0.1 '$M'"

# Caches: what is there, and what changes while it is looked at.
active=$(($(< "$M/caches/conn/alloc") + $(< "$M/caches/conn/cached")))
open 80x24 "$run"
await shows '^\[1 Caches\] 2 Pools  3 Zones  4 Orders   by SIZE  1-18 of 5'
await shows '^  ACTIVE  OBJECTS USE% .* NAME$'
await shows "^ *$active .* conn\$"
await shows 'q quit$'
put 1000 "$M/caches/conn/alloc"
active=$(($(< "$M/caches/conn/alloc") + $(< "$M/caches/conn/cached")))
await shows "^ *$active .* conn\$"
echo "caches: ok"

# Sorting, filtering, scrolling.
press n
await shows 'by NAME '
until_true names_are 'conn dma-kmalloc-1k *'
press r
await shows 'by NAME reversed'
until_true names_are 'кэш kmalloc-rcl-*'
press r
press NPage
await shows '  19-36 of 5'
press Up
await shows '  18-35 of 5'
press End
await shows 'кэш$'
press Home
await shows '  1-18 of 5'
press Down
await shows '  2-19 of 5'
type_in '/C-8'
await shows '^Only names with: C-8_$'
press BSpace
await shows '^Only names with: C-_$'
press Escape
await shows '  1-18 of 5'
type_in '/кэ'
press Enter
until_true names_are кэш
await shows 'only кэ  1-1 of 1'
press Escape
type_in '/*-rcl-?'
press Enter
until_true names_are 'kmalloc-rcl-8'
press Escape
press p
await shows 'PAGES'
press '?'
await shows '^c SIZE  *memory of its slabs'
press x
await lacks 'memory of its slabs'
echo "sorting and filtering: ok"

# Pools: a request that waits is seen.
press Tab
await shows '\[2 Pools\]'
await shows '^██████████████ +6 +6 .* io$'
put 0 "$M/caches/conn/limit"
put 3 "$M/pools/io/alloc"
await shows '^███████······· +3 +6 .* io$'
put 3 "$M/pools/io/alloc"
limit "$TRY" write "$M/pools/io/alloc" 1 &
blocked=$!
await shows '^·{14} +0 +6 +0 +6 +1 .* io$'
await shows 'requests waiting 1, in pools 1$'
put 'oldest 1' "$M/pools/io/free"
await_exit $blocked || fail "the blocked write failed"
await shows '^·{14} +0 +6 +0 +6 +0 .* io$'
put all "$M/pools/io/free"

# Zones and orders.
press 3
await shows '\[3 Zones\]'
await shows ' ok .* node0/DMA$'
press 4
await shows '\[4 Orders\]'
await shows '^   10 +4M .* node0/DMA$'
press 1
await shows '\[1 Caches\]'
echo "views: ok"

# Any size.
for size in '20 5' '1 1' '7 3' '80 4' '200 60' '80 9' '3 40' '80 24'; do
	tm resize-window -t t -x "${size% *}" -y "${size#* }"
	case $size in
	'20 5') await shows '^Caches  by PAGES' ;;
	'80 4') await lacks 'Caches' && await shows '^ q quit|q quit$' ;;
	'80 9') await shows '1-3 of 5' ;;
	'200 60') await shows ' OWNER ' ;;
	esac
done
await shows '  1-18 of 5'
echo "sizes: ok"

# A mount that hangs, that dies, that goes, that is there again.
kill -STOP "$daemon_pid"
await shows 'The mount has not answered for .* s; q ends\.'
# What is pressed meanwhile counts afterwards.
press n
kill -CONT "$daemon_pid"
await shows 'by NAME '
await shows ' / filter '
kill -KILL "$daemon_pid"
await_exit "$daemon_pid" || :
await shows 'its daemon has ended'
fusermount3 -u -z "$M"
await shows 'no allocfs is mounted there'
start_daemon -o memory=32M,cpus=2
await shows 'of 32M'
await shows 'dma-kmalloc-8k$'
# It keeps nothing open, so that the mount can go while it is watched.
until_true fusermount3 -u "$M"
await_exit "$daemon_pid" || fail "the daemon's exit status is $?"
daemon_pid=
await shows 'no allocfs is mounted there'
press q
ended 0
echo "trouble: ok"

# Whatever ends it, the terminal is as it was; also while the mount hangs.
start_daemon -o memory=32M,cpus=2
mkdir "$M/caches/кэш" "$M/pools/io"
run="TERM=screen-256color '$top' -d 0.1 -v pools '$M'"
open 80x24 "$run"
await shows ' / filter '
press C-c
ended 130
open 80x24 "echo \$BASHPID > '$work/pid'; ( echo \$BASHPID > '$work/pid'
TERM=screen-256color exec '$top' '$M')"
await shows ' / filter '
kill -TERM "$(< "$work/pid")"
ended 143
open 80x24 "$run"
await shows ' / filter '
kill -STOP "$daemon_pid"
await shows 'The mount has not answered'
press q
ended 0
kill -CONT "$daemon_pid"
open 80x24 "TERM=screen-256color '$top' -n 3 -d 0.1 '$M'"
ended 0
echo "ends: ok"

# Colours, no colours, no UTF-8, no such terminal.
coloured() {
	tm capture-pane -e -p -t t | grep -q $'\e\\[[0-9;]*3[1-3]m'
}
open 80x24 "$run"
await shows 'io$'
until_true coloured
press q
ended 0
open 80x24 "export NO_COLOR=1; $run"
await shows '^█+ .* io$'
! coloured || fail "colours in spite of NO_COLOR"
press q
ended 0
open 80x24 "export LC_ALL=C; TERM=vt100 '$top' -v pools '$M'"
await shows '^\[############\] +1 +1 .* io$'
press 1 n r # this terminal has no End
await shows '\?\?\?$'
press q
ended 0
open 80x24 "TERM=nonesuch '$top' '$M' 2> '$work/err'"
ended 1
grep -q 'TERM=nonesuch.*-b' "$work/err" || fail "no word: $(< "$work/err")"
