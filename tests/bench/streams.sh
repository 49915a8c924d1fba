#!/bin/sh
# SPDX-License-Identifier: ISC
# Stream identity beside openssl dgst and ffmpeg: of a fat file (1080p at 110
# Mb/s), of a thin one (3 h at 70 kb/s, 776,250 packets), and of many.
# shellcheck disable=SC2317 # best calls before()
. "$srcdir/tests/bench/bench.sh"

compare() { # file streamhash-goal full-goal
	megabytes "$1"
	echo "# $1: $mb MB of H.264 and AAC"
	best "openssl dgst -sha256" openssl dgst -sha256 "$1"
	openssl_us=$best_ms
	best "ffmpeg -c copy -f streamhash -hash sha256" ffmpeg -v error \
	    -nostdin -i "$1" -map 0 -c copy -f streamhash -hash sha256 -
	streamhash_us=$best_ms
	best "prov hash --streams" prov hash --streams "$1"
	streams_us=$best_ms
	best "prov hash (the file's SHA-256, too)" prov hash "$1"
	hash_us=$best_ms
	ratio "streamhash / prov hash --streams" "$streamhash_us" \
	    "$streams_us" "at least $2"
	ratio "streamhash / prov hash" "$streamhash_us" "$hash_us" "none"
	ratio "prov hash --streams / openssl dgst" "$streams_us" \
	    "$openssl_us" "$3"
	ratio "prov hash / openssl dgst" "$hash_us" "$openssl_us" "none"
	peak prov hash --streams "$1"
	memory "prov hash --streams, peak over all processes" 96
	peak prov hash "$1"
	memory "prov hash, peak over all processes" 96
	echo
}

ffmpeg -v error -nostdin -y -f lavfi \
    -i "testsrc2=s=1920x1080:r=30,noise=alls=60:allf=t" -f lavfi \
    -i "sine=f=440:r=48000" -t 10 -map 0:v -map 1:a -c:v libx264 \
    -preset ultrafast -b:v 110M -maxrate 110M -bufsize 110M \
    -pix_fmt yuv420p -c:a aac part.mp4
repeat part.mp4 6 fat.mp4
compare fat.mp4 5.0 "at most 1.0"
rm fat.mp4

ffmpeg -v error -nostdin -y -f lavfi -i "testsrc2=s=128x96:r=25" -f lavfi \
    -i "anoisesrc=r=48000:a=0.1" -t 600 -map 0:v -map 1:a -c:v libx264 \
    -preset veryfast -b:v 70k -c:a aac -b:a 32k part.mp4
repeat part.mp4 18 thin.mp4
compare thin.mp4 3.0 none
rm thin.mp4

# Many small files: what each costs beyond the first, and how many a second.
n=200
mkdir many
i=0
while [ "$i" -lt "$n" ]; do
	i=$((i + 1))
	cp "$srcdir/testdata/clip.mp4" "many/$i.mp4"
	# No two are the same asset.
	echo "$i" >>"many/$i.mp4"
done
megabytes "$srcdir/testdata/clip.mp4"
best "prov hash --streams, one file of 0.2 MB" prov hash --streams many/1.mp4
one_us=$best_ms
mb=$(awk -v n="$n" -v mb="$mb" 'BEGIN { print n * mb }')
best "prov hash --streams, $n of them" prov hash --streams many/*.mp4
awk -v a="$one_us" -v b="$best_ms" -v n="$n" 'BEGIN {
	printf "%-44s %9.2f ms   goal at most 3\n", "each file in a process of its own",
	    (b - a) / (n - 1) / 1000 }'
before() {
	rm -rf "$PROV_HOME" many/*.prov
	prov init --no-passphrase bench/media
}
best "prov sign -j 2, $n of them" prov sign -j 2 many/*.mp4
awk -v b="$best_ms" -v n="$n" 'BEGIN {
	printf "%-44s %9.0f files/s\n", "prov sign -j 2", n / (b / 1e6) }'
before() { :; }
best "prov verify -j 2, $n of them" prov verify -j 2 many/*.mp4
awk -v b="$best_ms" -v n="$n" 'BEGIN {
	printf "%-44s %9.0f files/s\n", "prov verify -j 2", n / (b / 1e6) }'
