#!/bin/sh
# SPDX-License-Identifier: ISC
# What prov remembers of logs: heads that move forward only, and evidence.
. "$srcdir/tests/tap.sh"

state=$XDG_STATE_HOME/prov
head_of() { # the size that is remembered of the only log
	sed -n 2p "$state"/heads/[0-9a-f]*
}
unchecked() { # the names in not_checked, of the record in out
	sed 's/.*"not_checked": *\[\([^]]*\)\].*/\1/' out
}
is() { # description want got
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		echo "# '$3', want '$2'"
	fi
}

prov init --no-passphrase here/desk >/dev/null
echo one >a.txt
echo two >b.txt
echo three >c.txt
prov sign a.txt >/dev/null 2>&1
vkey=$(sed -n 's/^log //p' "$PROV_HOME"/tlog-policy)

cp -r "$PROV_HOME/ledger" first
ok "without memory" prov verify --no-memory --json a.txt
has "consistency is not checked" out '"not_checked": *\[.*"consistency"'
ok "the first time" prov verify --json --no-sidecar a.txt
has "there is nothing to compare with" out '"not_checked": *\[.*"consistency"'
is "the head is remembered" 2 "$(head_of)"
same "as it was signed" "$PROV_HOME/ledger/tlog/checkpoint" \
    "$(echo "$state"/heads/[0-9a-f]*)"
ok "the second time" prov verify --json --no-sidecar a.txt
is "all is checked" "" "$(unchecked)"

prov sign b.txt >/dev/null 2>&1
ok "a sidecar of a newer head" prov verify --json --ledger first --sidecar \
    a.txt.prov a.txt
is "moves nothing" 2 "$(head_of)"
ok "the ledger that grew" prov verify b.txt
is "moves it" 3 "$(head_of)"
ok "an old sidecar is fine" prov verify a.txt
exit_is 75 "a copy that lags" prov verify --ledger first a.txt
has "is stale" out '^a.txt: STALE  ledger.stale'
has "and says how far" out 'has 2 entries and had 3'
is "and moves nothing" 3 "$(head_of)"
ok "unless nothing is remembered" prov verify --no-memory --ledger first a.txt

# Many at once, over a log that grows.
i=0
while [ "$i" -lt 12 ]; do
	prov verify -j 2 a.txt b.txt >"many.$i" 2>&1 &
	[ $((i % 4)) -ne 0 ] || prov sign "--sidecar-dir=$tap_dir" c.txt \
	    >/dev/null 2>&1
	i=$((i + 1))
done
wait
cat many.* >many
is "many verifiers at once" 24 "$(grep -c 'VERIFIED exact' many)"
ok "and then" prov verify c.txt
is "the newest is remembered" 4 "$(head_of)"

# The same key signs another history, in a copy of the directory before b.txt.
cp -r "$PROV_HOME" other
rm -r other/ledger
cp -r first other/ledger
echo 'another' >d.txt
echo 'and more' >e.txt
echo 'and still more' >f.txt
env PROV_HOME="$tap_dir/other" XDG_STATE_HOME="$tap_dir/nobody" \
    prov sign d.txt e.txt >/dev/null 2>&1
exit_is 1 "another history of the same size" \
    prov verify --ledger other/ledger d.txt
has "is a fork" out '^d.txt: FORK  ledger.fork'
evidence=$(echo "$state"/forks/*/*)
has "whose evidence is kept" out "forks/"
ok "for all to check" prov ledger fork "$evidence"
has "with the sizes" out '^here/desk/log signed two histories: .* of 4 .* of 4 '
ok "by the key alone" env PROV_HOME="$tap_dir/none" \
    prov ledger fork --log "$vkey" "$evidence"
exit_is 1 "the log is not believed again" prov verify a.txt
has "by anyone" out '^a.txt: FORK'
sed 's/^prov-fork.1/prov-fork\/2/' "$evidence" >bad
exit_is 1 "another version of evidence" prov ledger fork bad
cat "$PROV_HOME/ledger/tlog/checkpoint" >bad
exit_is 1 "a checkpoint is no evidence" prov ledger fork bad
exit_is 1 "another log's key" prov ledger fork --log "$(prov key export)" \
    "$evidence"

rm -r "$state/forks"
env PROV_HOME="$tap_dir/other" XDG_STATE_HOME="$tap_dir/nobody" \
    prov sign f.txt >/dev/null 2>&1
exit_is 1 "another history that is longer" \
    prov verify --ledger other/ledger f.txt
has "is a fork, too" out '^f.txt: FORK'
ok "for all to check, too" prov ledger fork "$state"/forks/*/*
has "with both sizes" out 'of 4 .* of 5 '
rm -r "$state/forks"

# A sidecar from there, and the own ledger at hand.
exit_is 1 "a sidecar of the other history" prov verify d.txt
has "shows the fork" out '^d.txt: FORK'
ok "with evidence" prov ledger fork "$state"/forks/*/*
rm -r "$state/forks"

# What is damaged is trouble, not passed over.
echo x >"$(echo "$state"/heads/[0-9a-f]*)"
exit_is 2 "a damaged memory" prov verify a.txt
has "is named" err 'heads/[0-9a-f]*: what is remembered .* damaged'
has "and what to do" err 'compare the log with a copy .* remove that file'
ok "going without" prov verify --no-memory a.txt
rm "$state"/heads/[0-9a-f]*
ok "and once it is gone" prov verify a.txt
rm -r "$state"
echo file >"$state"
exit_is 2 "where nothing can be remembered" prov verify a.txt
ok "going without there" prov verify --no-memory a.txt
says 2 "no place to remember" 'set XDG_STATE_HOME' \
    env -u XDG_STATE_HOME -u HOME prov verify a.txt
done_testing
