#!/bin/sh
# SPDX-License-Identifier: ISC
# prov ledger: what comes in, what is proven, and what check notices.
. "$srcdir/tests/tap.sh"

says 2 "before init" 'prov init' prov ledger check
says 2 "nothing to append to" 'prov init' prov ledger append x

# Another machine signs; here its statements come in.
export PROV_HOME="$tap_dir/far"
prov init --no-passphrase far/cam >/dev/null
far=$(prov key export)
mkdir many
i=0
while [ "$i" -lt 260 ]; do
	echo "$i" >"many/$i"
	i=$((i + 1))
done
cp "$srcdir/testdata/clip.mp4" clip.mp4
prov sign -r many clip.mp4 >/dev/null 2>&1
prov show --raw many/0 >0.cose
PROV_HOME=$tap_dir/home
prov init --no-passphrase here/desk >/dev/null
here=$(prov key export)

says 1 "a signer who is not registered" \
    'far/cam [0-9a-f]\{8\} is not registered; prov ledger register VKEY' \
    prov ledger append clip.mp4.prov
says 2 "no verifier key to register" 'verifier key' prov ledger register bad
ok "register" prov ledger register "$far"
has "is an entry" out '^far/cam: entry 1$'
ok "register again" prov ledger register "$far"
has "changes nothing" out '^far/cam: entry 1, there already$'
ok "append a statement" prov ledger append 0.cose
has "is an entry" out '^0.cose: entry 2$'
ok "append sidecars" prov ledger append many/0.prov clip.mp4.prov many/1.prov
printf '%s\n' 'many/0.prov: entry 2, there already' 'clip.mp4.prov: entry 3' \
    'many/1.prov: entry 4' >want
same "of which one was there" want out
head -c 100 0.cose >cut.cose
says 1 "a malformed one" 'cut.cose: ' \
    prov ledger append many/2.prov cut.cose many/3.prov
says 2 "one that is not there" 'nothing: No such file' \
    prov ledger append many/2.prov nothing
ok "nothing of such a batch" prov ledger check
has "came in" out '^here/desk/log: 5 entries, every hash'
prov trust add "$far" >/dev/null
ok "what came in verifies" prov verify --no-sidecar clip.mp4 many/0 many/1
exit_is 1 "what did not does not" prov verify --no-sidecar many/2
prov key generate --no-passphrase stranger >/dev/null
says 1 "a stranger registers nobody" 'not registered' \
    prov ledger register -k stranger "$(prov key export stranger)"
says 2 "no key of this name" 'no such key' \
    prov ledger register -k nobody "$here"
ok "many at once" prov ledger append many/*.prov
has "each is named" out '^many/99.prov: entry 262$'

# Checkpoint and proofs.
ok "checkpoint" prov ledger checkpoint
cp out checkpoint
same "is the note in the tree" home/ledger/tlog/checkpoint checkpoint
printf 'here/desk/log\n263\n' >want
head -n 2 checkpoint >is
same "of the size" want is
ok "prove an entry" prov ledger prove 3
cp out proof
head -n 2 proof >is
printf 'c2sp.org/tlog-proof@v1\nindex 3\n' >want
same "is a tlog-proof" want is
sed '1,/^$/d' proof >is
same "that ends with the checkpoint" checkpoint is
ok "prove media" prov ledger prove clip.mp4
same "is the same" proof out
cp clip.mp4 other-name
ok "by any name" prov ledger prove other-name
same "is the same" proof out
ok "a receipt" prov ledger prove --receipt clip.mp4
cp out receipt.cose
ok "is shown" prov show receipt.cose
has "with what it claims" out '^receipt .*entry 3 of 263 as claimed, by here/desk/log$'
ok "a statement with its receipt" prov ledger prove --transparent 3
"$(command -v /usr/bin/python3 || echo python3)" - out receipt.cose >is <<'PY'
import sys
both, receipt = (open(name, "rb").read() for name in sys.argv[1:])
print(both[:2].hex(), both.count(receipt))
PY
echo "d284 1" >want
same "has it once" want is
exit_is 2 "both at once" prov ledger prove --receipt --transparent 3
echo unknown >unknown
says 1 "media that is not there" 'not in the ledger; to sign it: prov sign' \
    prov ledger prove unknown
says 2 "no such file" 'No such file' prov ledger prove nothing
says 2 "no such entry" 'the log has 263' prov ledger prove 263
ok "the last one" prov ledger prove 262

# Whose ledger.
ok "another ledger under another trust" prov ledger check \
    --ledger far/ledger --trust far/trust.yaml
says 1 "another ledger under this trust" 'ledger.untrusted' \
    prov ledger check --ledger far/ledger
says 2 "no ledger" 'no ledger' prov ledger check --ledger nowhere
says 2 "no trust" 'no trust file' prov ledger checkpoint --trust nowhere

# One byte anywhere: check says no, and where.
cp clip.mp4 ours.mp4
ok "sign here, too" prov sign ours.mp4
ok "the ledger is whole" prov ledger check
flips() { # file [offset] : below ledger/
	rm -rf bad
	cp -R home/ledger bad
	python3 - "bad/$1" "${2:--1}" <<'EOF'
import sys
path, at = sys.argv[1], int(sys.argv[2])
d = bytearray(open(path, "rb").read())
d[at if at >= 0 else len(d) // 2] ^= 4
open(path, "wb").write(d)
EOF
}
is() { # description want got
	printf '%s\n' "$2" >want
	printf '%s\n' "$3" >got
	same "$1" want got
}
damaged() { # description pattern : of the ledger in bad/
	prov ledger check --ledger bad >out 2>err
	is "$1" 1 "$?"
	has "is named" out "$2"
}
noticed() { # file pattern [offset]
	flips "$1" "${3:-}"
	damaged "one byte of $1" "^$1: $2"
}
noticed tlog/checkpoint '.*(checkpoint; .*--repair' 20
noticed tlog/tile/0/000 'does not follow.*hash of entry 128.*(tile; .*--repair'
noticed tlog/tile/0/001.p/8 'does not follow.*hash of entry 260'
noticed tlog/tile/1/000.p/1 'does not follow'
noticed tlog/tile/entries/000 'entry 13 is not the one in the tree' 5000
noticed tlog/tile/entries/001.p/8 'entry 257 is not the one in the tree' 500
blob=$(cd home/ledger && find blobs -type f | sort | head -n 1)
noticed "$blob" 'is not what its name says'
run=$(cd home/ledger && find index -name '*-*' | sort | head -n 1)
noticed "$run" '.*(index; '
noticed index/runs '.*(index; '
for lost in tlog/tile/entries/000 tlog/tile/0/000; do
	rm -rf bad
	cp -R home/ledger bad
	rm "bad/$lost"
	damaged "a lost $lost" "^$lost: "
done

# All of it at once: each is named, and made anew from the store.
rm -rf bad
cp -R home/ledger bad
printf x >>bad/tlog/tile/entries/000
: >bad/tlog/tile/0/001.p/8
rm bad/tlog/checkpoint
printf junk >bad/tlog/tile/0/junk
ln -s 8 bad/tlog/tile/0/001.p/9
printf 'prov-index/2\n0 5 1\n' >bad/index/runs
prov ledger check --ledger bad --json >out
is "many things are wrong" 1 "$?"
is "each is named once" "6 True True" "$(python3 -c '
import json
r = json.load(open("out"))
paths = {f["path"] for f in r["found"]}
print(r["differences"], r["differences"] == len(paths), r["sound"])')"
is "how many are named can be said" 2 \
    "$(prov ledger check --ledger bad --max 1 | grep -c '(.*; \|and 5 more')"
prov ledger check --ledger bad --repair >out
is "they are repaired" 0 "$?"
has "each file is named" out '^tlog/checkpoint: written anew'
ok "which leaves nothing" prov ledger check --ledger bad --signatures
ok "and all as it was" diff -r home/ledger/tlog bad/tlog
prov ledger check --ledger bad --repair >out
is "there is nothing more to repair" 0 "$(grep -c 'written anew' out)"

# The store is the truth: where that is damaged nothing is written.
rm -rf bad
cp -R home/ledger bad
python3 - bad/ledger.db <<'EOF'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for i in 5, 100, 263:
    bytes, = db.execute("SELECT bytes FROM entries WHERE idx = ?", (i,)).fetchone()
    db.execute("UPDATE entries SET bytes = ? WHERE idx = ?",
               (bytes[:-1] + bytearray([bytes[-1] ^ 1]), i))
db.commit()
EOF
prov ledger check --ledger bad --json >out
is "changed entries of the store" 1 "$?"
is "are not sound" "entry recover False" "$(python3 -c '
import json
r = json.load(open("out"))
print(*sorted({f["code"] for f in r["found"]} - {"edge", "stored-checkpoint"}),
      *{f["remedy"] for f in r["found"]}, r["sound"])')"
find bad -type f -exec sha256sum {} + | sort >before
says 1 "and cannot be repaired" 'recover the ledger from a copy' \
    prov ledger check --ledger bad --repair
find bad -type f -exec sha256sum {} + | sort >after
same "nothing was written" before after

# A copy without the store can only be copied anew, but for its index.
rm -rf bad
cp -R home/ledger bad
rm -f bad/ledger.db* bad/lock
ok "a copy is checked" prov ledger check --ledger bad
prov ledger check --ledger bad --json >out
has "without a store" out '"store":false'
printf x >>"bad/$run"
damaged "its index" "^$run: .*--repair"
ok "is made anew" prov ledger check --ledger bad --repair
printf x >>bad/tlog/tile/0/000
damaged "its tiles" "^tlog/tile/0/000: .*copy the ledger anew"
says 1 "are not" 'nothing was written' prov ledger check --ledger bad --repair
flips tlog/tile/entries/000 5000
exit_is 1 "and what verify reads of it" \
    prov verify --no-sidecar --ledger bad -r many
done_testing
