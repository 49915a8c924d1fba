#!/bin/sh
# SPDX-License-Identifier: ISC
# uncovered_bytes: what a file holds that nobody signed, counted by hand here,
# and by another program over the whole corpus.
. "$srcdir/tests/tap.sh"
tool=$srcdir/tests/interop/uncovered.py

prov init --no-passphrase test/uncovered >/dev/null
figure() { # file : what prov says of it
	prov verify --json "$1" | python3 -c '
import json, sys
print(json.load(sys.stdin)["uncovered_bytes"])'
}
counts() { # description want file
	figure "$3" >got
	echo "$2" >want
	same "$1: $2" want got
	[ "${4-}" = alone ] && return
	python3 "$tool" -- "$3" >got
	same "  and so the other program" want got
}

# clip.mp4: free 8, two handlers' names of 13, two bit rates of 20, a sample
# group's description 26 and its samples 28, and metadata 61.
base=$((8 + 2 * 13 + 2 * 20 + 26 + 28 + 61))
cp "$srcdir/testdata/clip.mp4" clip.mp4
counts "as FFmpeg writes it" $base clip.mp4

# Polyglots: each byte of what was hidden, wherever it hides.
python3 - <<'PY'
import io, struct, zipfile

clip = open("clip.mp4", "rb").read()
box = lambda kind, body: struct.pack(">I", len(body) + 8) + kind + body
def write(name, data):
    open(name, "wb").write(data)
    open(name + ".len", "w").write(str(len(data) - len(clip)))

archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as z:
    z.writestr("evil.exe", b"MZ" * 500)
write("zip.mp4", clip + archive.getvalue())
write("pdf.mp4", clip + b"%PDF-1.7\n" + b"%" * 1991)
write("html.mp4", clip + b"<script>alert(1)</script>" * 40)
write("free.mp4", clip + box(b"free", b"x" * 1000))
write("uuid.mp4", clip + box(b"uuid", b"u" * 16 + b"x" * 500))
write("twice.mp4", clip + clip)

# ftyp 32, free 8, mdat, and moov last: what grows behind mdat moves nothing.
mdat = struct.unpack_from(">I", clip, 40)[0]
moov = clip[40 + mdat:]
write("gap.mp4", clip[:40] + box(b"mdat", clip[48:40 + mdat] + b"x" * 77) +
      moov)
write("udta.mp4", clip[:40 + mdat] +
      box(b"moov", moov[8:] + box(b"udta", b"x" * 300)))
# A table that is longer than it says: the first stts, in trak mdia minf stbl.
def longer(data, path, extra):
    kind, rest = path[0], path[1:]
    at = 0
    while data[at + 4:at + 8] != kind:
        at += struct.unpack_from(">I", data, at)[0]
    size = struct.unpack_from(">I", data, at)[0]
    body = data[at + 8:at + size]
    body = longer(body, rest, extra) if rest else body + extra
    return data[:at] + box(kind, body) + data[at + size:]
write("table.mp4", clip[:40 + mdat] + longer(
    moov, [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts"], b"x" * 60))
moved, at = bytearray(clip), 0
while (at := clip.find(b"stco", at + 1)) > 0:
    for i in range(struct.unpack_from(">I", clip, at + 8)[0]):
        to = struct.unpack_from(">I", clip, at + 12 + 4 * i)[0]
        struct.pack_into(">I", moved, at + 12 + 4 * i, to + 1000)
write("brands.mp4", box(b"ftyp", clip[8:32] + b"x" * 1000) + moved[32:])
PY
more() { # description file [what of the growth is framing]
	counts "$1" $((base + $(cat "$2.len") - ${3-0})) "$2"
}
more "a ZIP archive behind it" zip.mp4
more "a PDF behind it" pdf.mp4
more "HTML behind it" html.mp4
more "a free box" free.mp4
more "a uuid box" uuid.mp4
more "a second movie in it, of which one header is read" twice.mp4 8
more "a hole in mdat" gap.mp4
more "user data in moov" udta.mp4
more "a table longer than its count" table.mp4
# Of brands, 136 bytes count; 24 were there.
more "a thousand brands" brands.mp4 $((136 - 24))

# Samples of two tracks in one place are covered once: the sound's chunks now
# point to the picture's, and what they pointed to is nobody's.
python3 - <<'PY'
import struct
d = bytearray(open("clip.mp4", "rb").read())
first = d.index(b"stco") + 12
second = d.index(b"stco", first) + 12
n = struct.unpack_from(">I", d, second - 4)[0]
for i in range(n):
    struct.pack_into(">I", d, second + 4 * i,
                     struct.unpack_from(">I", d, first)[0])
open("overlap.mp4", "wb").write(d)
sizes = d.index(b"stsz", d.index(b"soun")) + 12
count = struct.unpack_from(">I", d, sizes + 0)[0]
print(sum(struct.unpack_from(f">{count}I", d, sizes + 4)))
PY
python3 "$tool" -- overlap.mp4 >want
figure overlap.mp4 >got
same "samples that overlap count once" want got
exit_is 0 "and the sound's own place for nothing" \
    test "$(cat got)" -gt 50000

# WAVE: 44 bytes of header and sound, and nothing else.
python3 - <<'PY'
import struct
chunk = lambda kind, body: kind + struct.pack("<I", len(body)) + body + \
    b"\0" * (len(body) % 2)
def wave(*chunks):
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
fmt = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
sound = b"".join(struct.pack("<h", i * 37 % 2000) for i in range(8000))
plain = chunk(b"fmt ", fmt), chunk(b"data", sound)
for name, data in {
    "plain": wave(*plain),
    "tags": wave(*plain, chunk(b"LIST", b"INFOISFT" + b"x" * 92)),
    "behind": wave(*plain) + b"PK" * 50,
    "odd": wave(*plain, chunk(b"note", b"x" * 11)),
    "format": wave(chunk(b"fmt ", fmt + b"x" * 40), chunk(b"data", sound)),
}.items():
    open(name + ".wav", "wb").write(data)
PY
counts "plain sound" 0 plain.wav
counts "a LIST of 108 bytes" 108 tags.wav
counts "100 bytes behind it" 100 behind.wav
counts "a chunk of 11, and its padding" 20 odd.wav
# PCM's format has 16 bytes, and 18 where there are more.
counts "a format chunk of 56" 38 format.wav

if command -v ffmpeg >/dev/null; then
	ff="ffmpeg -v error -nostdin -y -bitexact -fflags +bitexact"
	$ff -i clip.mp4 -c copy clip.avi
	$ff -i clip.mp4 -c copy -movflags +frag_keyframe+empty_moov frag.mp4
	$ff -i clip.mp4 -c copy clip.mov
	for f in clip.avi frag.mp4 clip.mov; do
		python3 "$tool" -- $f >want
		figure $f >got
		same "$f is as the other program counts it" want got
	done
	{ cat clip.avi; printf 'JUNK\350\003\0\0'; head -c 1000 /dev/zero; } \
	    >junk.avi
	counts "an AVI file with JUNK behind it" \
	    $(($(figure clip.avi) + 1008)) junk.avi

	# What the record says, by binding and format.
	prov sign clip.mp4 >/dev/null
	counts "of an exact match nothing is left" 0 clip.mp4 alone
	$ff -i clip.mp4 -map 0 -c copy -movflags +faststart fast.mp4
	prov verify --json fast.mp4 >record
	has "a remux has a figure" record '"uncovered_bytes":[1-9]'
	exit_is 1 "that is exact" grep -q '"bytes"[],]' record
	$ff -i clip.mp4 -map 0 -c copy clip.mkv
	prov verify --json clip.mkv >record
	has "Matroska has one" record '"uncovered_bytes":[1-9]'
	has "that is not" record '"not_checked":.*"bytes"[],]'
fi

# The corpus.
if [ -d "${PROV_SHARED-}/media" ]; then
	prov verify --json -r "$PROV_SHARED/media" >records 2>err
	ok "the corpus, by another program" python3 "$tool" records
	cat out
else
	echo "# the shared corpus is not here: not compared"
fi
done_testing
