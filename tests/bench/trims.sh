#!/bin/sh
# SPDX-License-Identifier: ISC
# How much of ten minutes out of three hours is proven, by the ledger alone:
# the sound's share, and every inner group of pictures. PROV_BENCH_SECONDS sets
# the whole's length (10800).
. "$srcdir/tests/bench/bench.sh"
seconds=${PROV_BENCH_SECONDS:-10800}
at=$((seconds / 3)) length=$((seconds / 18))

ffmpeg -v error -nostdin -y -f lavfi \
    -i "testsrc2=s=128x96:r=30,noise=alls=24:allf=t" -f lavfi \
    -i "anoisesrc=r=44100:c=pink:seed=7:a=0.3" -t "$seconds" -map 0:v \
    -map 1:a -c:v libx264 -preset veryfast -b:v 70k -g 250 -pix_fmt yuv420p \
    -c:a aac -b:a 32k -ac 1 long.mp4
prov init --no-passphrase bench/trims >/dev/null
prov sign --no-sidecar long.mp4
for form in mp4 mkv ts; do
	ffmpeg -v error -nostdin -y -ss "$at" -i long.mp4 -t "$length" -map 0 \
	    -c copy -avoid_negative_ts make_zero "clip.$form"
	megabytes "clip.$form"
	best "prov verify clip.$form" prov verify --no-sidecar --accept clip \
	    "clip.$form"
	prov verify --no-sidecar --json "clip.$form" >json || :
	jq -r --arg f "$form" '
	    def proven: .source[1] - .source[0];
	    def left: [.unproven[] | .[1] - .[0]] | add // 0;
	    .binding as $b | .streams[] |
	    "\($f) \(.kind): \($b), \(.source[0]) to \(.source[1]) s, " +
	    "\(100 * proven / (proven + left) * 100 | round / 100)% proven, " +
	    "\(.unproven | length) edges" +
	    (if .kind == "audio" then "    goal 99%" else "" end)' json
done
