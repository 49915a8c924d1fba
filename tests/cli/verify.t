#!/bin/sh
# SPDX-License-Identifier: ISC
# prov verify: each verdict, its exit status, and the record.
. "$srcdir/tests/tap.sh"

verdict() { # status pattern [option ...] file : one line that begins with it
	v_status=$1 v_pattern=$2
	shift 2
	exit_is "$v_status" "verify $*: exit $v_status" prov verify "$@"
	has "it is $v_pattern" out "^[^ ]*: $v_pattern"
	cp out line
}
flip() { # file offset
	python3 - "$@" <<'EOF'
import sys
path, at = sys.argv[1], int(sys.argv[2])
d = bytearray(open(path, "rb").read())
d[at] ^= 1
open(path, "wb").write(d)
EOF
}

says 2 "before init" 'prov init' prov verify x
prov init --no-passphrase test/verify >/dev/null
cp "$srcdir/testdata/clip.mp4" clip.mp4
prov sign clip.mp4 >/dev/null
cp clip.mp4 altered.mp4
flip altered.mp4 100000
echo unknown >unsigned

# Words.
verdict 0 'VERIFIED exact  by test/verify [0-9a-f]\{8\}, entry 1 of 2$' clip.mp4
verdict 0 'VERIFIED exact  by .*, found in the ledger$' --no-sidecar clip.mp4
verdict 1 'ALTERED  binding.streams.mismatch' --sidecar clip.mp4.prov altered.mp4
has "the range is named" line '^  video h264  0:00 ..N.. 0:10  altered 4.0-6.0 s$'
has "the sound is intact" line '^  audio aac   0:00 ..... 0:10  intact$'
verdict 1 'UNSIGNED .*to sign it: prov sign unsigned$' unsigned
: >empty
verdict 1 UNSIGNED empty
verdict 2 'ERROR .*No such file' nothing
verdict 2 'ERROR .*directory' .
# A regular file, of which reading fails.
verdict 75 RETRY /proc/self/mem
prov key generate --no-passphrase other >/dev/null
prov ledger register "$(prov key export other)" >/dev/null
echo theirs >theirs
prov sign -k other theirs >/dev/null
verdict 1 'UNTRUSTED .*prov trust add other+' theirs
prov trust add --not-after 2020-01-01 "$(prov key export other)" >/dev/null
verdict 1 EXPIRED theirs
head -c 500 clip.mp4.prov >bad.prov
verdict 1 'INVALID  carrier.sidecar.malformed' --sidecar bad.prov clip.mp4
if command -v ffmpeg >/dev/null; then
	ffmpeg -v error -nostdin -y -i clip.mp4 -map 0 -c copy copy.mkv
	verdict 0 'VERIFIED streams  by .*, found in the ledger$' copy.mkv
	verdict 0 'VERIFIED streams' --sidecar clip.mp4.prov copy.mkv
else
	echo "# ffmpeg is not installed: no VERIFIED streams"
fi
# A ledger that is older than the proof, and one with another history.
cp -R home old
cp -R home rolled
echo new >new
prov sign new >/dev/null
verdict 75 'STALE .*bring the ledger up to date' --ledger old/ledger new
for f in fork1 fork2 fork3; do
	echo "$f" >"$f"
	PROV_HOME=$tap_dir/rolled XDG_STATE_HOME=$tap_dir/elsewhere \
	    prov sign "$f" >/dev/null
	echo "our $f" >"our-$f"
	prov sign "our-$f" >/dev/null
done
verdict 1 FORK fork1
rm -r "$XDG_STATE_HOME/prov/forks"
cp -R home broken
flip broken/ledger/tlog/checkpoint 30
verdict 1 'INVALID  ledger.invalid' --ledger broken/ledger clip.mp4

# The worst of several counts: 2 before 75 before 1 before 0.
worst() { # status file ...
	w_status=$1
	shift
	exit_is "$w_status" "exit $w_status for $*" prov verify "$@"
}
worst 0 clip.mp4 clip.mp4
worst 1 clip.mp4 unsigned clip.mp4
worst 75 unsigned /proc/self/mem clip.mp4
worst 75 /proc/self/mem unsigned
worst 2 nothing /proc/self/mem unsigned clip.mp4
worst 2 clip.mp4 unsigned /proc/self/mem nothing
has "a summary" err '^4 files: 1 verified, 1 unsigned, 1 retry, 1 error$'
exit_is 2 "a directory that is not there among them" \
    prov verify -r nowhere clip.mp4
has "the others are verified" out '^clip.mp4: VERIFIED exact'

# Order, whatever is done first.
mkdir -p tree/b tree/a
for f in tree/z tree/b/2 tree/a/1; do
	echo "$f" >"$f"
done
cp clip.mp4 tree/m.mp4
prov sign -r tree >/dev/null 2>&1
for jobs in 1 2 7; do
	ok "-j $jobs -r" prov verify -j "$jobs" clip.mp4 tree/z -r tree
	sed 's/: VERIFIED.*//' out >is
	printf '%s\n' clip.mp4 tree/z tree/a/1 tree/b/2 tree/m.mp4 tree/z >want
	same "in order, sidecars passed over" want is
done
says 2 "-j 0" 'not a number from 1 to 256' prov verify -j 0 clip.mp4

# Where sidecars are.
mkdir cars
mv new.prov cars
verdict 75 STALE --ledger old/ledger new
verdict 75 STALE --ledger old/ledger --sidecar-dir cars new
verdict 75 STALE --ledger old/ledger --sidecar cars/new.prov new
verdict 75 STALE --ledger old/ledger --no-sidecar new
verdict 1 UNSIGNED --no-memory --ledger old/ledger --no-sidecar new
verdict 2 ERROR --sidecar nothing.prov new
says 2 "--sidecar with two files" 'exactly one file' \
    prov verify --sidecar clip.mp4.prov clip.mp4 new
for two in '--sidecar x --no-sidecar' '--sidecar x --sidecar-dir y' \
    '--no-sidecar --sidecar-dir y'; do
	# shellcheck disable=SC2086 # two options
	says 2 "$two" 'exclude each other' prov verify $two new
done
says 2 "a ledger that is not there" 'no ledger' \
    prov verify --ledger nowhere clip.mp4
says 2 "nothing to do" 'nothing to verify' prov verify

# The sidecar alone, where only two public keys are known.
mkdir away
PROV_HOME=$tap_dir/away prov trust add "$(prov key export)" >/dev/null
PROV_HOME=$tap_dir/away prov trust add --log \
    "$(prov key export test/verify/log)" >/dev/null
ok "by the sidecar alone" env PROV_HOME="$tap_dir/away" prov verify clip.mp4
ok "and by --trust and --ledger, from another home" env \
    PROV_HOME="$tap_dir/none" prov verify --no-sidecar \
    --trust away/trust.yaml --ledger home/ledger clip.mp4
exit_is 1 "nothing without it" env PROV_HOME="$tap_dir/away" \
    prov verify --no-sidecar clip.mp4
exit_is 1 "nor by the one of another file" env PROV_HOME="$tap_dir/away" \
    prov verify --sidecar tree/z.prov clip.mp4
has "which is named" out '^clip.mp4: ALTERED '

# The record: all keys, always.
{
	prov verify --no-memory --json clip.mp4 altered.mp4 unsigned nothing \
	    /proc/self/mem theirs fork1 tree/z
	prov verify --no-memory --json --sidecar clip.mp4.prov altered.mp4
	prov verify --no-memory --json --sidecar bad.prov clip.mp4
	PROV_HOME=$tap_dir/away prov verify --no-memory --json clip.mp4
	PROV_HOME=$tap_dir/away prov verify --no-memory --json unsigned
	[ ! -f copy.mkv ] || prov verify --no-memory --json copy.mkv
} >records 2>/dev/null
python3 - records >checked 2>&1 <<'EOF'
import json, re, sys

HEX = re.compile(r"[0-9a-f]{64}\Z")
one_of = lambda *v: lambda x: x in v and type(x) is type(v[0])
count = lambda x: type(x) is int and x >= 0
digest = lambda x: isinstance(x, str) and HEX.match(x)
text = lambda x: isinstance(x, str) and x != ""
texts = lambda x: isinstance(x, list) and all(text(i) for i in x)
time = lambda x: text(x) and re.match(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", x)
null = lambda x: x is None
opt = lambda f: lambda x: x is None or f(x)
span = lambda x: len(x) == 2 and all(type(t) in (int, float) for t in x) \
    and x[0] <= x[1]
spans = lambda x: isinstance(x, list) and all(span(i) for i in x)
STREAM = dict(index=count, kind=one_of("video", "audio", "image", "text", "data"),
    codec=text, root=digest, status=one_of("match", "clip", "altered",
    "missing", "added", "unsupported"), altered=spans, source=opt(span),
    unproven=spans)

def check(keys, r):
    assert list(r) == list(keys), list(r)
    for k, f in keys.items():
        assert f(r[k]), (k, r[k])
    return True

RECORD = dict(v=one_of(1), path=text, status=one_of(0, 1, 2, 75),
    error=opt(text), binding=one_of("exact", "streams", "clip", "none"),
    signature=one_of("valid", "invalid", "absent", "unknown", "expired",
        "revoked"),
    ledger=one_of("included", "absent", "invalid", "stale", "fork",
        "unchecked"),
    reasons=texts, not_checked=texts, sha256=opt(digest), bytes=opt(count),
    signer=opt(text), kid=opt(digest), iss=opt(text), signed_at=opt(time),
    origin=opt(text), receipt=opt(one_of("valid", "invalid", "unchecked")),
    log_index=opt(count), checkpoint_size=opt(count),
    witnessed_at=opt(time), uncovered_bytes=opt(count),
    streams=lambda x: all(check(STREAM, s) for s in x), decision=null,
    ms=count)

records = [json.loads(line) for line in open(sys.argv[1])]
for r in records:
    check(RECORD, r)
clip, lone, unsigned, nothing, mem, theirs, fork, z, altered, bad, away, \
    away_unsigned = records[:12]

def says(r, **want):
    for k, v in want.items():
        assert r[k] == v, (r["path"], k, r[k], v)

says(clip, path="clip.mp4", status=0, error=None, binding="exact",
    signature="valid", ledger="included", reasons=[], not_checked=["consistency"],
    bytes=210212, signer="test/verify", iss="test/verify", log_index=1,
    origin="test/verify/log", receipt="valid", checkpoint_size=2)
assert [(s["kind"], s["codec"], s["status"]) for s in clip["streams"]] == [
    ("video", "h264", "match"), ("audio", "aac", "match")]
says(unsigned, status=1, binding="none", signature="absent", ledger="absent",
    reasons=["unsigned"], signer=None, streams=[])
says(nothing, status=2, sha256=None, bytes=None, signature="absent",
    error="No such file or directory")
says(mem, status=75, sha256=None)
assert mem["error"]
says(theirs, status=1, signature="expired", signer="other",
    reasons=["signature.expired"])
says(fork, status=1, ledger="fork", reasons=["ledger.fork"])
says(altered, status=1, binding="none", signature="valid",
    ledger="included", signer="test/verify")
assert altered["reasons"][:2] == ["binding.streams.mismatch",
    "essence.altered"]
assert [s["status"] for s in altered["streams"]] == ["altered", "match"]
assert altered["streams"][0]["altered"] == [[4.0, 6.0]]
assert lone["status"] == 1 and lone["binding"] == "none"
says(bad, status=1)
assert "carrier.sidecar.malformed" in bad["reasons"]
says(away, status=0, binding="exact", ledger="included")
assert {"superseded", "revocation"} <= set(away["not_checked"])
says(away_unsigned, status=1, ledger="unchecked", not_checked=["ledger"])
for copy in records[12:]:
    says(copy, status=0, binding="streams", signature="valid")
    assert [s["root"] for s in copy["streams"]] == [
        s["root"] for s in clip["streams"]]
EOF
: >want
same "the records" want checked
done_testing
