#!/bin/sh
# SPDX-License-Identifier: ISC
# Containers altered so that players differ in what they show: no packet is
# touched, and some readers see what was signed. None of it may verify.
. "$srcdir/tests/tap.sh"

for tool in ffmpeg python3; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	}
done

ok "sets up" prov init --no-passphrase test/attacks
cp "$srcdir/testdata/clip.mp4" clip.mp4
printf '1\n00:00:01,000 --> 00:00:03,000\nhello\n\n' >words.srt
ff() {
	ffmpeg -v error -nostdin -y "$@" 2>ffmpeg.err || {
		fail "ffmpeg $*" ffmpeg.err
		done_testing
		exit 1
	}
}
ff -i clip.mp4 -map 0 -c copy clip.mkv
ff -i clip.mp4 -i words.srt -map 0 -map 1 -c copy -c:s srt words.mkv
ff -f lavfi -i "aevalsrc=0.3*sin(2*PI*(300+100*t)*t):s=44100:d=3" \
    -c:a pcm_s16le sound.wav
# Text that FFmpeg knows no codec for, as packagers write WebVTT.
ff -i clip.mp4 -i words.srt -map 0 -map 1 -c copy -c:s mov_text text.mp4
python3 -B - "$srcdir/tests/cli" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
from boxes import Mp4
f = Mp4("text.mp4")
f.track(b"sbtl").at("mdia/minf/stbl/stsd").kids[0].tag = b"wvtt"
f.save("text.mp4")
END
ff -f lavfi -i "aevalsrc=0.3*sin(2*PI*(300+100*t)*t):s=44100:d=1" \
    -c:a wmav2 sound.asf
ff -i clip.mp4 -map 0 -c copy clip.ts
ff -i clip.mp4 -map 0:v -t 1 -c:v mjpeg -q:v 5 clip.avi
ok "signs the originals" prov sign clip.mp4 clip.mkv words.mkv sound.wav \
    text.mp4 sound.asf clip.ts clip.avi
# Put together again without a change, to show that this alone alters nothing.
python3 -B - "$srcdir/tests/cli" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
from boxes import Mkv, Mp4, chunks, wave
Mp4("clip.mp4").save("same.mp4")
Mkv("clip.mkv").save("same.mkv")
Mkv("words.mkv").save("same-words.mkv")
open("same.wav", "wb").write(wave(chunks("sound.wav") + [(b"note", b"x")]))
END
ok "unaltered MP4" prov verify --sidecar clip.mp4.prov same.mp4
ok "unaltered Matroska" prov verify --sidecar clip.mkv.prov same.mkv
ok "unaltered subtitles" prov verify --sidecar words.mkv.prov same-words.mkv
ok "unaltered WAVE" prov verify --sidecar sound.wav.prov same.wav

if ! python3 -B "$srcdir/tests/cli/attacks.py" . >attacks 2>attacks.err; then
	fail "attacks.py" attacks.err
fi
while read -r file was reason; do
	prov verify --json --sidecar "$was.prov" "$file" >out 2>err </dev/null
	a_got=$?
	if [ $a_got -eq 1 ] && grep -q "\"$reason\"" out; then
		pass "$file: $reason"
	else
		fail "$file: $reason" out err
		echo "# exit $a_got, want 1"
	fi
done <attacks
# Nor by look-up, which finds the original by its streams; all at once.
# shellcheck disable=SC2046
exit_is 1 "none verifies by look-up" \
    prov verify --json --no-sidecar $(cut -d ' ' -f 1 attacks)
if grep '"status":0' out >held; then
	fail "not one of them" held
else
	pass "not one of them"
fi
done_testing
