#!/bin/sh
# SPDX-License-Identifier: ISC
# Two hundred damaged files: each gets a verdict, and one that verifies as
# streams decodes to the very frames and samples that were signed.
. "$srcdir/tests/tap.sh"

for tool in ffmpeg python3; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	}
done
each=25 seed=provenance

ok "sets up" prov init --no-passphrase test/mutants
ff() {
	ffmpeg -v error -nostdin -y "$@" 2>ffmpeg.err ||
		fail "ffmpeg $*" ffmpeg.err
}
cp "$srcdir/testdata/clip.mp4" clip.mp4
ff -i clip.mp4 -map 0 -c copy -t 2 short.mkv
ff -i clip.mp4 -map 0 -c copy -t 2 short.ts
ff -i clip.mp4 -map 0 -c copy -t 2 -movflags frag_keyframe short.mov
ff -f lavfi -i "sine=d=1" -c:a pcm_s16le sound.wav
ff -i sound.wav -c:a libopus sound.ogg
ff -i clip.mp4 -frames:v 1 -pix_fmt yuvj420p still.jpg
ff -i clip.mp4 -frames:v 1 still.png

for file in clip.mp4 short.mkv short.ts short.mov sound.wav sound.ogg \
    still.jpg still.png; do
	[ -f $file ] || continue
	ok "$file: signs" prov sign $file
	ext=${file##*.}
	python3 "$srcdir/tests/cli/mutants.py" make $file $each $seed
	mkdir -p sidecars
	for mutant in mutant-*."$ext"; do
		cp $file.prov "sidecars/$mutant.prov"
	done
	prov verify --json --sidecar-dir sidecars mutant-*."$ext" >verdicts \
	    2>err </dev/null
	m_got=$?
	case $m_got in
	0 | 1 | 2 | 75) pass "$file: a documented exit status" ;;
	*) fail "$file: exit status $m_got" err ;;
	esac
	if [ "$(wc -l <verdicts)" -eq $each ]; then
		pass "$file: a verdict on each"
	else
		fail "$file: a verdict on each" err
	fi
	if python3 "$srcdir/tests/cli/mutants.py" judge $file verdicts >judged
	then
		cat judged
		pass "$file: none verifies that decodes otherwise"
	else
		fail "$file: none verifies that decodes otherwise" judged
	fi
	rm -rf mutant-* sidecars
done
done_testing
