#!/bin/sh
# SPDX-License-Identifier: ISC
# A ledger that was restored from an old backup signs nothing.
. "$srcdir/tests/tap.sh"

state=$XDG_STATE_HOME/prov
prov init --no-passphrase here/desk >/dev/null
for f in a b c d; do
	echo "$f" >"$f"
done
ok "sign" prov sign a
cp -a "$PROV_HOME" backup
cp -a backup first
ok "and sign again" prov sign b
has "the anchor is the log's checkpoint" "$(echo "$state"/anchors/*)" \
    '^here/desk/log$'
same "the newest one" "$PROV_HOME/ledger/tlog/checkpoint" \
    "$(echo "$state"/anchors/*)"
cp -a "$PROV_HOME" newest

rm -r "$PROV_HOME"
cp -a backup "$PROV_HOME"
says 2 "the old backup signs nothing" 'has 2 entries, and .* signed 3' \
    prov sign c
ok "no checkpoint was signed" cmp backup/ledger/tlog/checkpoint \
    "$PROV_HOME/ledger/tlog/checkpoint"
exit_is 2 "nor takes statements" prov ledger append a.prov
exit_is 2 "nor policies" prov ledger register "$(prov key export)"
exit_is 2 "again and again" prov sign c
ok "nothing was written beside c" test ! -e c.prov
ok "what it has can be verified" prov verify --no-memory a

rm -r "$PROV_HOME"
cp -a newest "$PROV_HOME"
ok "the newest copy goes on" prov sign c
ok "which verifying remembers" prov verify c
exit_is 75 "and its older self is stale" prov verify --ledger backup/ledger a

# Another history of the same and of a larger size, made where no anchor is.
ln -s "$tap_dir/backup" other
echo x >x
echo y >y
echo z >z
env XDG_STATE_HOME="$tap_dir/elsewhere" PROV_HOME="$tap_dir/other" \
    prov sign x y >/dev/null 2>&1
rm -r "$PROV_HOME"
cp -a backup "$PROV_HOME"
says 2 "another history of this size" 'of another history' prov sign d
rm -r "$PROV_HOME"
env XDG_STATE_HOME="$tap_dir/elsewhere" PROV_HOME="$tap_dir/other" \
    prov sign z >/dev/null 2>&1
cp -a backup "$PROV_HOME"
says 2 "another history that is larger" 'of another history' prov sign d
rm -r "$PROV_HOME"
cp -a newest "$PROV_HOME"
says 2 "even the newest copy, where c is missing" 'signed 4' prov sign d

# The anchor itself.
anchor=$(echo "$state"/anchors/*)
cp "$anchor" kept
echo torn >"$anchor.new"
says 2 "what was torn does not count" 'signed 4' prov sign d
echo torn >"$anchor"
says 2 "a damaged anchor" 'anchor .* is damaged; nothing is signed' prov sign d
rm "$anchor" "$anchor.new"
ok "once it is removed" prov sign d
cp kept "$anchor.new"
rm -f "$anchor"
says 2 "an unsynced anchor counts, too" 'of another history' prov sign c
says 2 "no place for an anchor" 'set XDG_STATE_HOME' \
    env -u XDG_STATE_HOME -u HOME prov sign d
# What is missing comes back from where it was published.
rm -r "$PROV_HOME"
cp -a newest "$PROV_HOME"
rm -f "$state"/anchors/* "$state"/heads/*
ok "publish" prov ledger publish served
tar -C "$PROV_HOME" -cf before.tar .
echo e >e
rm -f c.prov d.prov
ok "sign two more" prov sign c e
ok "and published" prov ledger publish served
ok "and cloned" prov ledger clone served cloned
cp -a "$PROV_HOME" full
restore() { # the old copy; the anchor is the full one's
	rm -r "$PROV_HOME"
	mkdir "$PROV_HOME"
	tar -C "$PROV_HOME" -xf before.tar
}
restore
says 2 "the old copy is told what to do" 'prov ledger recover' prov sign d
says 2 "recover from where" 'from DIR' prov ledger recover
says 2 "not from a server" 'clone it' \
    prov ledger recover --from http://localhost/
exit_is 2 "nor from nowhere" prov ledger recover --from "$tap_dir/none"
says 2 "nor from an older copy" 'an older copy' \
    prov ledger recover --from first/ledger
says 2 "nor from another history" 'holds another history' \
    prov ledger recover --from other/ledger
ok "nothing was taken" test -n "$(prov ledger checkpoint | sed -n '2p')"
same_size() { # description: the ledger is what the full one is
	prov ledger checkpoint >now
	same "$1" full/ledger/tlog/checkpoint now
}
ok "from where it was published" prov ledger recover --from served
same_size "to the checkpoint that was signed last"
ok "which checks" prov ledger check --signatures
ok "its entries verify" prov verify c e
ok "it signs again" prov sign d
ok "and publishes to the same place" prov ledger publish served

restore
says 2 "a clone that lacks what was published" 'prov ledger recover' \
    prov ledger recover --from cloned
prov ledger clone served cloned >/dev/null 2>&1
ok "brought up to date" prov ledger recover --json --from cloned
has "says what came" out '"from":5,"size":6'
rm -r full
cp -a "$PROV_HOME" full
ok "and goes on" prov sign x

# A database that is older than what lies beside it.
rm -r "$PROV_HOME"
cp -a full "$PROV_HOME"
rm -f "$state"/anchors/* "$PROV_HOME"/ledger/ledger.db*
mkdir t
tar -C t -xf before.tar
cp t/ledger/ledger.db* "$PROV_HOME/ledger/"
exit_is 2 "an old database" prov sign d
ok "from its own tiles" prov ledger recover --from "$PROV_HOME/ledger"
same_size "up to them"
ok "twice is harmless" prov ledger recover --from "$PROV_HOME/ledger"
ok "and checks again" prov ledger check
done_testing
