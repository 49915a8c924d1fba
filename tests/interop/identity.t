#!/bin/sh
# SPDX-License-Identifier: ISC
# An independent program, written from prov-manifest(5), finds in the media
# what prov signed: every leaf, root, configuration and time.
. "$srcdir/tests/tap.sh"
identity=$srcdir/tests/interop/identity.py
python=$(command -v /usr/bin/python3 || command -v python3)

if ! "${python:-false}" -c 'import cbor2, cryptography' 2>/dev/null; then
	echo "# python3-cbor2 or python3-cryptography is not here: not tried"
	pass "nothing to compare with"
	done_testing
	exit
fi
prov init --no-passphrase interop/identity >/dev/null
vkey=$(prov key export)
"$python" "$identity" make .
cp "$srcdir/testdata/clip.mp4" .
ok "prov signs what was made" prov sign clip.mp4 noise.wav dot.png \
    speech.amr frames.ivf
for file in clip.mp4 noise.wav dot.png speech.amr frames.ivf; do
	ok "$file is what prov signed" \
	    "$python" "$identity" read "$file" "$vkey"
done
mkdir frames
cp clip.mp4 frames
ok "prov signs each picture" env PROV_HOME="$PWD/framed" sh -c \
    'prov init --no-passphrase interop/frames >/dev/null &&
    prov sign --frames frames/clip.mp4'
ok "and the pictures are what prov signed" \
    "$python" "$identity" read frames/clip.mp4 \
    "$(PROV_HOME="$PWD/framed" prov key export)" framed
# Images: what the fuzz targets begin with, but for what only FFmpeg reads.
set --
for file in "$srcdir"/testdata/fuzz/gif/* "$srcdir"/testdata/fuzz/jpeg/* \
    "$srcdir"/testdata/fuzz/png/* "$srcdir"/testdata/fuzz/webp/*; do
	folder=${file%/*}
	name=${folder##*/}_${file##*/}
	case $name in jpeg_motion) continue ;; esac
	cp "$file" "$name"
	set -- "$@" "$name"
done
ok "prov signs images" prov sign "$@"
for file in "$@"; do
	ok "$file is what prov signed" \
	    "$python" "$identity" read "$file" "$vkey"
done
# Sound in each form that MP4 can carry.
sounds=
if command -v ffmpeg >/dev/null; then
	for codec in ac3 eac3 dca truehd flac alac libvorbis libopus libmp3lame; do
		ffmpeg -v error -nostdin -f lavfi -i anoisesrc=d=5:r=48000:seed=7 \
		    -ac 2 -c:a $codec -strict -2 "$codec.mp4" &&
			sounds="$sounds $codec.mp4"
	done
	# shellcheck disable=SC2086
	ok "prov signs sounds" prov sign $sounds
else
	echo "# ffmpeg is not installed: no other sound"
fi
for file in $sounds; do
	ok "$file is what prov signed" \
	    "$python" "$identity" read "$file" "$vkey"
done
cp clip.mp4.prov noise.wav.prov
exit_is 1 "and another file's sidecar is not" \
    "$python" "$identity" read noise.wav "$vkey"
done_testing
