#!/bin/sh
# SPDX-License-Identifier: ISC
# prov show: what was written, for people, as JSON and as bytes.
. "$srcdir/tests/tap.sh"

prov init --no-passphrase test/show >/dev/null
cp "$srcdir/testdata/clip.mp4" clip.mp4
# Text that would clear the screen, turn back the line, or end it.
{
	echo 'origin: captured'
	printf 'author: "\\e[2Jgone"\n'
	printf 'title: "a\\u202Eb\\nentry 99\\u009B"\n'
	printf 'nul: "x\\x7F"\n'
	printf 'rights: {license: "\\e]0;owned\\a"}\n'
} >claim.yaml
ok "sign hostile text" prov sign --claim claim.yaml clip.mp4

ok "show media by its sidecar" prov show clip.mp4
cp out text
ok "and the sidecar" prov show clip.mp4.prov
same "are the same" text out
for row in 'sidecar  *[0-9]* bytes, 2 timelines, 3 openings' \
    'statement  *[0-9a-f]\{64\}$' 'type  *application/prov-manifest+cbor$' \
    'signer  *test/show  [0-9a-f]\{8\}  (as stated: prov verify checks it)$' \
    'kid  *[0-9a-f]\{64\}$' 'bytes  *210212$' 'format  *mp4$' \
    'origin  *captured$' 'stream  *0  video h264  as h264/1' \
    'stream  *1  audio aac  as aac/1' 'entry  *1$' 'ledger  *test/show/log$'; do
	has "a row: $row" text "^$row"
done
has "ESC is escaped" text 'author "\\u{1b}\[2Jgone"'
has "so is what turns lines back or ends them" text \
    'title "a\\u{202e}b\\u{a}entry 99\\u{9b}"'
has "and DEL" text 'nul "x\\u{7f}"'
has "in public text, too" text 'license: "\\u{1b}\]0;owned\\u{7}"'
clean() { # description file : nothing in it steers a terminal
	if python3 - "$2" <<'EOF'
import sys
text = open(sys.argv[1], encoding="utf-8").read()
bad = set(range(0x20)) - {10} | set(range(0x7f, 0xa0)) | {
    0x61c, 0x200e, 0x200f, *range(0x2028, 0x202f), *range(0x2066, 0x206a)}
sys.exit(any(ord(c) in bad for c in text))
EOF
	then
		pass "$1"
	else
		fail "$1"
		cat -v "$2" | sed 's/^/# /'
	fi
}
clean "nothing else steers the terminal" text

ok "--json" prov show --json clip.mp4
cp out json
clean "is as safe" json
ok "the entry as JSON" prov show --json --entry 1
cp out entry
python3 - json entry >checked 2>&1 <<'EOF'
import json, sys
side, entry = [json.load(open(p)) for p in sys.argv[1:]]
assert side["what"] == "sidecar" and entry["what"] == "statement", entry["what"]
for r in (side, entry):
    assert r["v"] == 1 and r["verified"] is False
    assert r["statement"]["iss"] == "test/show"
    assert r["statement"]["sub"] == "sha256:" + r["manifest"]["sha256"]
    assert r["manifest"]["origin"] == "captured"
    assert [s["codec"] for s in r["manifest"]["streams"]] == ["h264", "aac"]
assert side["statement"] == entry["statement"]
assert "gone" in json.dumps(side) and "gone" not in json.dumps(entry)
assert list(side) == list(entry)
EOF
: >want
same "records of one shape; private text in the sidecar alone" want checked

# Bytes for other tools, and for other machines.
prov show --raw clip.mp4 >clip.cose
digest=$(sha256sum <clip.cose)
has "the statement is those bytes" text "^statement  *${digest%% *}"
prov show --raw --entry 1 >entry.cose
same "and those in the ledger" clip.cose entry.cose
ok "a statement is shown as well" prov show clip.cose
has "without what only the sidecar has" out 'private'
vkey=$(prov key export)
export PROV_HOME="$tap_dir/two"
prov init --no-passphrase test/two >/dev/null
prov ledger register "$vkey" >/dev/null
ok "a second machine takes them from a pipe" \
    sh -c 'prov show --raw clip.mp4 | prov ledger append -'
has "as its entry" out '^-: entry 2$'
prov trust add "$vkey" >/dev/null
ok "and verifies by its own ledger" prov verify --no-sidecar clip.mp4
has "under the signer's name" out 'VERIFIED exact  by test/show '
ok "standard input" sh -c 'prov show - <clip.cose'
ok "the registration" prov show --entry 0
has "names who may log" out '^registered  test/two [0-9a-f]\{64\}$'

says 2 "no entry of this number" 'the log has 3' prov show --entry 3
for n in x -1 1x '' 99999999999999999999; do
	says 2 "no number: '$n'" 'not a number' prov show --entry "$n"
done
says 2 "a file and an entry" 'either' prov show --entry 1 clip.mp4
says 2 "neither" 'either' prov show
says 2 "two forms" 'exclude each other' prov show --json --raw clip.mp4
says 2 "not there" 'No such file' prov show nothing
says 2 "a directory" 'directory' prov show .
echo text >text
says 1 "no statement" 'text: neither a sidecar' prov show text
head -c 600 clip.mp4.prov >cut.prov
says 1 "a truncated sidecar" 'cut.prov: ' prov show cut.prov
head -c 100 clip.cose >cut.cose
says 1 "a truncated statement" 'cut.cose: ' prov show cut.cose
says 1 "and no bytes of it" 'cut.cose: ' prov show --raw cut.cose
ok "are written" test ! -s out
done_testing
