#!/bin/sh
# SPDX-License-Identifier: ISC
# prov --completion: what shells read, and every command and option in it.
. "$srcdir/tests/tap.sh"

for shell in bash zsh fish; do
	ok "$shell" prov --completion "$shell"
	cp out "prov.$shell"
	if command -v "$shell" >/dev/null; then
		ok "$shell reads it" "$shell" -n "prov.$shell"
	else
		echo "# $shell is not installed: its syntax is not checked"
	fi
done
says 2 "another shell" 'bash, zsh or fish' prov --completion ksh

# "command" and "command subcommand", from what prov -h prints.
list() { # [command] : the names of its commands
	prov "$@" -h | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'
}
for one in $(list); do
	subs=$(list "$one")
	[ -n "$subs" ] || echo "$one"
	for two in $subs; do
		nested=$(list "$one" "$two")
		if [ -z "$nested" ]; then
			echo "$one $two"
		else
			echo "$nested" | sed "s/^/$one $two /"
		fi
	done
done >leaves
ok "there are commands" test "$(wc -l <leaves)" -gt 10
while read -r leaf; do
	# shellcheck disable=SC2086 # words
	prov $leaf -h >help
	sed -n 's/^  .*--\([a-z-]*\).*/\1/p' help >longs
	sed -n 's/^  -\([a-z]\),.*/\1/p' help >letters
	: >missing
	# What is of this command in each of the three.
	grep -F "'$leaf')" prov.bash >bash.part
	awk -v at="('$leaf')" 'index($0, at) { on = 1 }
	    on { print } on && /;;/ { exit }' prov.zsh >zsh.part
	grep -F -e "-n '__fish_seen_subcommand_from $(echo "$leaf" |
	    sed 's/ /; and __fish_seen_subcommand_from /g')'" prov.fish >fish.part
	while read -r o; do
		grep -q -e " --${o}[ ']" bash.part || echo "bash --$o"
		grep -q -e "'--${o}\[" zsh.part || echo "zsh --$o"
		grep -q -e " -l $o " fish.part || echo "fish --$o"
	done <longs >>missing
	while read -r o; do
		grep -q -e " -${o}[ ']" bash.part || echo "bash -$o"
		grep -q -e "'-${o}\[" zsh.part || echo "zsh -$o"
		grep -q -e " -s $o " fish.part || echo "fish -$o"
	done <letters >>missing
	: >want
	same "$leaf: its $(wc -l <longs) options are in all three" want missing
	for shell in bash zsh fish; do
		has "$leaf: in $shell" "prov.$shell" "${leaf##* }"
	done
done <leaves

# And what bash makes of it.
if command -v bash >/dev/null; then
	cat >complete.bash <<'EOF'
. ./prov.bash
compopt() { :; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_prov
printf '%s\n' "${COMPREPLY[@]}"
EOF
	completes() { # word, what it becomes ... after the words before it
		c_want=$1
		shift
		ok "complete: $*" bash complete.bash "$@"
		has "to $c_want" out "^$c_want\$"
	}
	completes verify prov ver
	completes register prov ledger reg
	completes serve prov ledger witness ser
	completes --quorum prov ledger witness add --quo
	completes --sidecar-dir prov verify --sidecar-d
	completes --not-after prov trust add --not-a
	: >'a file.mp4'
	completes 'a file.mp4' prov sign a
fi
done_testing
