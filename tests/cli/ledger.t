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
noticed() { # file pattern [offset]
	flips "$1" "${3:-}"
	says 1 "one byte of $1" "$2" prov ledger check --ledger bad
}
noticed tlog/checkpoint 'tlog/checkpoint: ' 20
noticed tlog/tile/0/000 "tlog/tile/0/000"
noticed tlog/tile/0/001.p/8 'the tiles at size 264'
noticed tlog/tile/1/000.p/1 'the tiles at size 264'
noticed tlog/tile/entries/000 'entry [0-9]* is not in the tree' 5000
noticed tlog/tile/entries/001.p/8 'entry [0-9]* is not in the tree' 500
blob=$(cd home/ledger && find blobs -type f | sort | head -n 1)
noticed "$blob" "${blob##*/}"
run=$(cd home/ledger && find index -name '*-*' | sort | head -n 1)
noticed "$run" "$run"
noticed index/runs 'index'
for lost in tlog/tile/entries/000 tlog/tile/0/000; do
	rm -rf bad
	cp -R home/ledger bad
	rm "bad/$lost"
	says 1 "a lost $lost" "$lost" prov ledger check --ledger bad
done
flips tlog/tile/entries/000 5000
exit_is 1 "and what verify reads of it" \
    prov verify --no-sidecar --ledger bad -r many
done_testing
