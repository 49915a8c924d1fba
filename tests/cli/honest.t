#!/bin/sh
# SPDX-License-Identifier: ISC
# What honest tools do to media is no tampering: repackaging, tags, chapters,
# cover art and stripped metadata all stay streams.
. "$srcdir/tests/tap.sh"

for tool in ffmpeg python3; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	}
done

ok "sets up" prov init --no-passphrase test/honest
ff() {
	ffmpeg -v error -nostdin -y "$@" 2>ffmpeg.err ||
		fail "ffmpeg $*" ffmpeg.err
}
cp "$srcdir/testdata/clip.mp4" clip.mp4
printf '1\n00:00:01,000 --> 00:00:03,000\nhello\n\n' >words.srt
cat >chapters <<'END'
;FFMETADATA1
title=a title
[CHAPTER]
TIMEBASE=1/1000
START=0
END=4000
title=One
[CHAPTER]
TIMEBASE=1/1000
START=4000
END=10000
title=Two
END
ff -i clip.mp4 -i words.srt -map 0 -map 1 -c copy -c:s srt words.mkv
ff -i clip.mp4 -i words.srt -map 0 -map 1 -c copy -c:s mov_text text.mp4
ff -f lavfi -i "sine=d=1" -c:a pcm_s16le sound.wav
ff -i clip.mp4 -frames:v 1 -pix_fmt yuvj420p still.jpg
ff -i clip.mp4 -frames:v 1 still.png

# Puts metadata into the stills, or takes all of it out.
python3 - <<'END'
import struct
import zlib


def segment(marker, data):
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data)))


tiff = b"MM\0*\0\0\0\x08\0\1" + struct.pack(">HHIHH", 0x112, 3, 1, 1, 0)
exif = tiff + b"\0\0\0\0"
jpeg = open("still.jpg", "rb").read()
at = 2
if jpeg[2:4] == b"\xff\xe0":
    at += 2 + struct.unpack(">H", jpeg[4:6])[0]
tagged = (jpeg[:at] + segment(0xE1, b"Exif\0\0" + exif) +
          segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>") +
          segment(0xFE, b"a comment") + jpeg[at:])
open("tagged.jpg", "wb").write(tagged)
png = open("still.png", "rb").read()
end = 8 + 25
text = chunk(b"tEXt", b"Comment\0hello") + chunk(b"eXIf", exif)
open("tagged.png", "wb").write(png[:end] + text + png[end:])
END
cp tagged.jpg full.jpg
cp tagged.png full.png
rm -f tagged.*
ok "signs the originals" prov sign clip.mp4 words.mkv text.mp4 sound.wav \
    full.jpg full.png

same_streams() { # original copy description, by its sidecar
	prov verify --json --sidecar "$1.prov" "$2" >out 2>err </dev/null
	h_got=$?
	if [ $h_got -eq 0 ] && grep -q '"binding":"streams"' out; then
		pass "$3"
	else
		fail "$3" out err
	fi
}
remux() { # original copy description, then options of ffmpeg's output
	r_from=$1 r_to=$2 r_what=$3
	shift 3
	ff -i "$r_from" "$@" -c copy "$r_to"
	same_streams "${r_was:-$r_from}" "$r_to" "$r_what"
}

remux clip.mp4 a.mkv "to Matroska" -map 0
remux clip.mp4 a.mov "to QuickTime" -map 0
remux clip.mp4 a.ts "to a transport stream" -map 0
r_was=clip.mp4
remux a.ts b.mp4 "and back from the transport stream" -map 0
remux a.mkv b.mov "and from Matroska to QuickTime" -map 0
remux a.mov b.ts "and from QuickTime to a transport stream" -map 0
r_was=
remux clip.mp4 fast.mp4 "moov in front, tags changed" -map 0 \
    -movflags +faststart+use_metadata_tags -metadata title=x -metadata a=b
remux clip.mp4 bare.mp4 "tags stripped" -map 0 -map_metadata -1
remux clip.mp4 frag.mp4 "in fragments" -map 0 -movflags dash+delay_moov
remux clip.mp4 empty.mp4 "in fragments, without an edit list" -map 0 \
    -movflags frag_keyframe+empty_moov
remux clip.mp4 turned.mp4 "sound before the picture" -map 0:a -map 0:v
remux clip.mp4 french.mkv "another language tag" -map 0 \
    -metadata:s:a:0 language=fra
for ext in mp4 mov mkv; do
	remux clip.mp4 chapters.$ext "chapters in $ext" -i chapters -map 0 \
	    -map_metadata 1 -map_chapters 1
done
remux clip.mp4 cover.mp4 "cover art in MP4" -i still.png -map 0 -map 1 \
    -disposition:v:1 attached_pic
remux clip.mp4 cover.mkv "cover art in Matroska" -map 0 -attach still.jpg \
    -metadata:s:t mimetype=image/jpeg -metadata:s:t filename=cover.jpg
remux words.mkv words2.mkv "subtitles in Matroska" -map 0
remux text.mp4 text2.mp4 "subtitles in MP4" -map 0
remux sound.wav sound.mov "PCM to QuickTime" -map 0
remux sound.wav sound.mkv "PCM to Matroska" -map 0
remux sound.wav long.wav "PCM to RF64" -map 0 -rf64 always
same_streams full.jpg still.jpg "EXIF, XMP and comments out of a JPEG"
same_streams full.png still.png "text and EXIF out of a PNG"
done_testing
