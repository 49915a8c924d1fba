#!/bin/sh
# SPDX-License-Identifier: ISC
# prov sign: what is logged, what is not, and where the sidecars go.
. "$srcdir/tests/tap.sh"

lacks() { # description pattern directory ... : no byte of it
	l_what=$1 l_pattern=$2
	shift 2
	if grep -raq -e "$l_pattern" "$@"; then
		fail "$l_what"
		grep -rlae "$l_pattern" "$@" | sed 's/^/# in /'
	else
		pass "$l_what"
	fi
}
digest_of() { # of the statement in a sidecar
	prov show "$1" | sed -n 's/^statement  *//p'
}

says 2 "before init" 'prov init' prov sign x
prov init --no-passphrase test/sign >/dev/null
tlog=$PROV_HOME/ledger/tlog
clip=$srcdir/testdata/clip.mp4

# What a claim may say, and what of it others can read.
cat >claim.yaml <<'EOF'
origin: captured
author: Anna Sekretova
shoot-name: harbour-42
rights:
  license: CC-BY-4.0
  copyright: [2026 Anna, 2026 Bert]
  cawg.ai_training: notAllowed
  cawg.ai_inference: allowed
  cawg.ai_generative_training: notAllowed
  cawg.data_mining: [constrained, ask first]
EOF
cp "$clip" clip.mp4
ok "sign with a claim" prov sign --claim claim.yaml clip.mp4
has "one line" out \
    '^clip.mp4: SIGNED  entry 1, sidecar clip.mp4.prov  (h264 + aac, 10.0 s)$'
ok "show it" prov show clip.mp4
for said in 'origin  *captured' 'author "Anna Sekretova"  (private, opened' \
    'shoot-name "harbour-42"  (private, opened' 'license: "CC-BY-4.0"' \
    '"2026 Anna", "2026 Bert"' 'cawg.ai_training: {use: "notAllowed"}' \
    'cawg.ai_inference: {use: "allowed"}' \
    'cawg.ai_generative_training: {use: "notAllowed"}' \
    'constraint_info: "ask first"'; do
	has "it says $said" out "$said"
done
for secret in Sekretova author harbour-42 shoot-name clip.mp4; do
	lacks "the log does not know $secret" "$secret" "$tlog" \
	    "$PROV_HOME/ledger/index" "$PROV_HOME/ledger/blobs" \
	    "$PROV_HOME"/ledger/ledger.db*
done
ok "rights are in clear" grep -raq 'CC-BY-4.0' "$tlog"
ok "show the entry" prov show --entry 1
has "labels are closed there" out 'private'
ok "without their names" sh -c '! grep -e author -e Sekretova out'
echo public >public
ok "sign with --public" prov sign --public --claim claim.yaml public
ok "the log knows the label" grep -raq author "$tlog"
ok "and its value" grep -raq Sekretova "$tlog"

# Claims that are no claims, and where.
bad() { # position pattern line ...
	b_at=$1 b_pattern=$2
	shift 2
	printf '%s\n' "$@" >bad.yaml
	says 2 "no claim: $*" "bad.yaml:$b_at: .*$b_pattern" \
	    prov sign --claim bad.yaml never
}
echo never >never
bad 1:9 'captured, ingested, generated or transformed' 'origin: found'
bad 2:13 '64 hex digits' 'origin: captured' 'supersedes: 12'
bad 1:13 '64 hex digits' "supersedes: $(printf %064d 0 | tr 0 G)"
bad 1:8 'author has no text' 'author: '
bad 1:9 'only rights may hold more' 'author: {a: b}'
bad 1:9 'map of 1 to 64' 'rights: none'
bad 2:3 'a map\|text or a list' 'rights:' '  license: {a: b}'
bad 2:21 'allowed, notAllowed or constrained' 'rights:' \
    '  cawg.ai_training: perhaps'
bad 2:14 'the purposes are' 'rights:' '  cawg.aitr: allowed'
bad 1:19 'belongs under rights' 'cawg.ai_training: notAllowed'
bad 1:6 'a label has' 'a b: c'
bad 2:1 'there already, on line 1' 'author: a' 'author: b'
bad 2:4 'not allowed' 'author: a' '  b: c'
bad 1:9 'anchors' 'author: &a b'
bad 1:1 'a claim is a map' '- origin'
says 2 "no claim file" 'nothing.yaml: No such file' \
    prov sign --claim nothing.yaml never
ok "none of it was signed" test ! -e never.prov

# Signing again reports the entry, and makes a lost sidecar anew.
size=$(sed -n 2p "$tlog/checkpoint")
cp clip.mp4.prov was
ok "sign again" prov sign clip.mp4
has "reports the entry" out '^clip.mp4: SIGNED already  entry 1, '
ok "with another claim" prov sign --claim claim.yaml --json clip.mp4
rm clip.mp4.prov
ok "with the sidecar lost" prov sign clip.mp4
digest_of was >want
digest_of clip.mp4.prov >is
same "it is the same statement" want is
ok "with its openings" sh -c 'prov show clip.mp4 | grep -q Sekretova'
ok "and verifies" prov verify clip.mp4
has "from the sidecar" out '^clip.mp4: VERIFIED exact .* entry 1 of'
sed -n 2p "$tlog/checkpoint" >is
echo "$size" >want
same "and nothing was logged" want is

# Others' keys.
prov key generate --no-passphrase desk/anna >/dev/null
vkey=$(prov key export desk/anna)
says 2 "a key that is not registered" 'prov ledger register VKEY' \
    prov sign -k desk/anna clip.mp4
ok "register it" prov ledger register "$vkey"
ok "a second signer" prov sign -k desk/anna clip.mp4
has "adds a statement" out '^clip.mp4: SIGNED  entry [0-9]*, '
prov trust add "$vkey" >/dev/null
ok "which verifies" prov verify clip.mp4
has "by that key" out 'VERIFIED exact  by desk/anna '
ok "a key by its path" \
    prov sign -k "$PROV_HOME/keys/desk/anna.key" clip.mp4
has "is the same" out 'SIGNED already'
says 2 "a key that is not there" 'no such key' prov sign -k nobody clip.mp4

# What came before.
echo first >first
prov sign first >/dev/null
first=$(digest_of first.prov)
echo second >second
ok "derived from a signed file" \
    prov sign --derived-from first --derived-from clip.mp4 second
prov show second >shown
has "names the statement" shown "^ingredient  derivedFrom $first\$"
rm first.prov
echo third >third
ok "found in the ledger" prov sign --derived-from first third
prov show third >shown
has "it is the same" shown "^ingredient  derivedFrom $first\$"
says 2 "derived from what is not signed" 'never: is not signed' \
    prov sign --derived-from never third
cp second.prov never.prov
says 2 "from what has another's sidecar" 'another file' \
    prov sign --derived-from never third
rm never.prov
printf 'supersedes: %s\norigin: transformed\n' "$first" >newer.yaml
ok "supersede" prov sign --claim newer.yaml first
has "adds a statement" out '^first: SIGNED  entry '
prov show first >shown
has "that says so" shown "^supersedes  *$first\$"
ok "and verifies" prov verify first
prov show --json --entry "$(prov verify --json --no-sidecar first |
    sed 's/.*"log_index":\([0-9]*\).*/\1/')" >shown
has "look-up finds the newer one" shown '"origin":"transformed"'

# Many files.
mkdir -p tree/b tree/a tree/.hidden
for f in tree/z tree/b/2 tree/b/10 tree/a/x tree/.hidden/y; do
	echo "$f" >"$f"
done
echo 'not a sidecar' >tree/stray.prov
: >tree/.prov-0123456789abcdef.tmp # what a killed run leaves
ln -s ../clip.mp4 tree/link
ok "sign -r" prov sign -j 2 -r tree clip.mp4
sed 's/: SIGNED.*//' out >is
printf '%s\n' clip.mp4 tree/.hidden/y tree/a/x tree/b/10 tree/b/2 tree/z >want
same "in order, without links and sidecars" want is
has "a summary" err '^6 files: 5 signed, 1 signed already, 0 failed$'
exit_is 2 "some fail" prov sign -j 2 tree/z nothing tree/a/x tree
sed 's/: SIGNED.*//' out >is
printf '%s\n' tree/z tree/a/x >want
same "the others are signed, in order" want is
has "the summary counts them" err \
    '^4 files: 0 signed, 2 signed already, 2 failed$'
exit_is 2 "-r of what is not there" prov sign -r nothing
says 2 "no files" 'nothing to sign' prov sign
for jobs in 0 257 x -1 '' '2 '; do
	says 2 "-j '$jobs'" 'not a number from 1 to 256' \
	    prov sign -j "$jobs" clip.mp4
done
ok "sidecars alone are passed over" prov sign clip.mp4.prov
ok "and nothing is printed" test ! -s out

# Where sidecars go.
ok "--sidecar-dir makes it" prov sign --sidecar-dir new/dir tree/z
ok "and writes there" prov verify --sidecar-dir new/dir tree/z
ok "under the name of the file" test -s new/dir/z.prov
mkdir other
cp tree/z other/z
exit_is 2 "two files of one name" \
    prov sign --sidecar-dir new/dir tree/z other/z
has "are refused" err 'another file of this run has a sidecar of this name'
says 2 "a file for a directory" 'not a directory' \
    prov sign --sidecar-dir clip.mp4 tree/z
echo bare >bare
ok "--no-sidecar" prov sign --no-sidecar bare
ok "writes none" test ! -e bare.prov
ok "and the ledger has it" prov verify bare
says 2 "both" 'exclude each other' \
    prov sign --no-sidecar --sidecar-dir new bare

# Records.
prov sign --json -j 2 clip.mp4 nothing public >records 2>err
python3 - records >checked 2>&1 <<'EOF'
import json, sys
KEYS = ["v", "path", "status", "error", "note", "sidecar", "sha256", "bytes",
        "statement", "log_index", "checkpoint_size", "streams"]
STREAM = ["index", "kind", "codec", "canon", "root", "duration_s", "refused"]
clip, nothing, public = [json.loads(l) for l in open(sys.argv[1])]
for r in (clip, nothing, public):
    assert list(r) == KEYS, r
    assert r["v"] == 1
assert [r["path"] for r in (clip, nothing, public)] == [
    "clip.mp4", "nothing", "public"]
assert [r["status"] for r in (clip, nothing, public)] == [
    "existed", "failed", "existed"]
assert clip["error"] is None and clip["note"] is None
assert clip["sidecar"] == "clip.mp4.prov" and clip["log_index"] == 1
assert clip["bytes"] == 210212 and len(clip["sha256"]) == 64
assert len(clip["statement"]) == 64
assert clip["checkpoint_size"] > clip["log_index"]
assert [s["kind"] for s in clip["streams"]] == ["video", "audio"]
for s in clip["streams"]:
    assert list(s) == STREAM and len(s["root"]) == 64, s
    assert 9.9 < s["duration_s"] < 10.1
assert "No such file" in nothing["error"]
for k in KEYS[4:-1]:
    assert nothing[k] is None, k
assert public["note"].startswith("demux.unsupported")
EOF
: >want
same "records have every key, with its type" want checked
ok "the ledger is whole" prov ledger check

# Whom to wait for cannot be told.
echo "no trust" >untold
cp "$PROV_HOME/trust.yaml" kept
echo "no YAML: [" >"$PROV_HOME/trust.yaml"
says 2 "a trust file that cannot be read" 'trust.yaml' prov sign untold
ok "signs nothing" test ! -e untold.prov
cp kept "$PROV_HOME/trust.yaml"
cp "$PROV_HOME/tlog-policy" kept
echo junk >"$PROV_HOME/tlog-policy"
says 2 "nor the policy" 'tlog-policy' prov sign untold
cp kept "$PROV_HOME/tlog-policy"
ok "with both it does" prov sign untold
done_testing
