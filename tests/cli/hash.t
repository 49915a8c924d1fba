#!/bin/sh
# SPDX-License-Identifier: ISC
# prov hash: the same streams have the same roots in any container.
. "$srcdir/tests/tap.sh"

# It needs neither key nor ledger.
cp "$srcdir/testdata/clip.mp4" clip.mp4
ok "hash" prov hash clip.mp4
digest=$(sha256sum <clip.mp4)
has "the SHA-256" out "^clip.mp4: ${digest%% *}  210212 bytes$"
has "the picture" out '^  video  *h264/1  *[0-9a-f]\{64\}  5 segments, 10.000 s$'
has "the sound" out '^  audio  *aac/1  *[0-9a-f]\{64\}  10 segments, 10.027 s$'
grep -o '[0-9a-f]\{64\}  [0-9]* segments' out >roots
ok "nothing was set up" test ! -e home

if command -v ffmpeg >/dev/null; then
	for ext in mkv mov ts; do
		ffmpeg -v error -nostdin -y -i clip.mp4 -map 0 -c copy "c.$ext"
		ok "hash of a copy in $ext" prov hash "c.$ext"
		grep -o '[0-9a-f]\{64\}  [0-9]* segments' out >is
		same "has the same roots" roots is
	done
	# Large enough for threads, which change nothing.
	ffmpeg -v error -nostdin -y -f lavfi -i \
	    "testsrc2=s=1280x720,noise=alls=80:allf=t" -t 2 -c:v libx264 \
	    -preset ultrafast -qp 12 big.mp4
	ok "a large file" test "$(stat -c %s big.mp4)" -gt 9000000
	prov hash big.mp4 >want
	ok "hash on one processor" taskset -c 0 prov hash big.mp4
	same "is hash on all" want out
	rm big.mp4
else
	echo "# ffmpeg is not installed: one container alone"
fi
python3 - <<'EOF'
d = bytearray(open("clip.mp4", "rb").read())
d[100000] ^= 1
open("altered.mp4", "wb").write(d)
EOF
ok "an altered file" prov hash altered.mp4
grep -o '[0-9a-f]\{64\}  [0-9]* segments' out >is
ok "has another root for the picture" \
    test "$(sed -n 1p roots)" != "$(sed -n 1p is)"
ok "and the same for the sound" \
    test "$(sed -n 2p roots)" = "$(sed -n 2p is)"

echo text >text
: >empty
head -c 3000 clip.mp4 >cut.mp4
mkdir -p tree/b tree/a
cp text tree/b/2
cp text tree/a/1
cp text tree/skipped.prov
exit_is 2 "some are not there" prov hash text nothing empty cut.mp4 -r tree
sed -n 's/^\([^ ].*\): .*/\1/p' out >is
printf '%s\n' text empty cut.mp4 tree/a/1 tree/b/2 >want
same "the others are named in order" want is
has "with what keeps their streams from being known" out '^  exact only: '
for bad in nothing . /dev/null; do
	exit_is 2 "not a file: $bad" prov hash "$bad"
done
exit_is 75 "a read that fails" prov hash /proc/self/mem
says 2 "nothing to do" 'nothing to identify' prov hash

prov hash --json --streams clip.mp4 >alone
ok "without the file's digest" prov hash --streams clip.mp4
has "the name alone" out '^clip.mp4:$'
grep -o '[0-9a-f]\{64\}  [0-9]* segments' out >is
same "the same roots" roots is
prov hash --json clip.mp4 text >records
python3 - records "${digest%% *}" roots >checked 2>&1 <<'EOF'
import json, sys
clip, text = [json.loads(line) for line in open(sys.argv[1])]
roots = [line.split()[0] for line in open(sys.argv[3])]
for r in (clip, text):
    assert {"path", "sha256", "bytes", "streams"} <= set(r), r
assert list(clip) == list(text)
assert clip["path"] == "clip.mp4" and clip["bytes"] == 210212
assert clip["sha256"] == sys.argv[2]
assert [s["root"] for s in clip["streams"]] == roots
for i, s in enumerate(clip["streams"]):
    assert {"index", "kind", "codec", "canon", "root", "segments",
            "duration_s", "presentation"} <= set(s), s
    assert s["index"] == i
assert [s["codec"] for s in clip["streams"]] == ["h264", "aac"]
assert [s["segments"] for s in clip["streams"]] == [5, 10]
assert clip["streams"][0]["presentation"]["width"] == 320
alone = json.loads(open("alone").read())
assert alone["sha256"] is None and alone["bytes"] is None
assert {**alone, "sha256": clip["sha256"], "bytes": 210212} == clip
assert text["streams"] == [] and text["bytes"] == 5
EOF
: >want
same "records" want checked
done_testing
