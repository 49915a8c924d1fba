#!/bin/sh
# SPDX-License-Identifier: ISC
# Signing and verifying beside openssl dgst and ffmpeg over the same file.
# PROV_BENCH_MB sets its size (1024).
# shellcheck disable=SC2317 # best calls before()
. "$srcdir/tests/bench/bench.sh"
size=${PROV_BENCH_MB:-1024}

ffmpeg -v error -nostdin -y -f lavfi \
    -i "color=gray:s=1920x1080:r=30,noise=alls=100:allf=t" -f lavfi \
    -i "sine=f=440:r=48000" -t 20 -map 0:v -map 1:a -c:v libx264 \
    -preset ultrafast -qp 22 -g 60 -pix_fmt yuv420p -c:a aac part.mp4
part=$(($(stat -c %s part.mp4) / 1048576 + 1))
repeat part.mp4 $((size / part + 1)) big.mp4
megabytes big.mp4
echo "# big.mp4: $mb MB of H.264 and AAC"

prov init --no-passphrase bench/media >/dev/null
best "openssl dgst -sha256" openssl dgst -sha256 big.mp4
openssl_us=$best_ms
best "ffmpeg -c copy -f streamhash -hash sha256" ffmpeg -v error -nostdin \
    -i big.mp4 -map 0 -c copy -f streamhash -hash sha256 -
streamhash_us=$best_ms
before() { rm -rf "$PROV_HOME" big.mp4.prov; prov init --no-passphrase b/m; }
best "prov sign" prov sign big.mp4
sign_us=$best_ms
before() { :; }
best "prov verify (exact, sidecar and ledger)" prov verify big.mp4
grep -q 'VERIFIED exact' out
verify_us=$best_ms
best "prov verify --no-sidecar (exact, ledger)" prov verify --no-sidecar big.mp4
ffmpeg -v error -nostdin -y -i big.mp4 -map 0 -c copy big.mkv
best "prov verify (streams, remuxed to mkv)" prov verify big.mkv
grep -q 'VERIFIED streams' out
streams_us=$best_ms
rm big.mkv
echo
awk -v v="$verify_us" -v o="$openssl_us" 'BEGIN {
	printf "%-44s %9.2f x    goal 1.15 (%+.1f ms against 1.15 x + 20 ms)\n",
	    "prov verify / openssl dgst", v / o, (v - 1.15 * o - 20000) / 1000 }'
ratio "prov sign / openssl dgst" "$sign_us" "$openssl_us" 1.5
ratio "prov verify streams / openssl dgst" "$streams_us" "$openssl_us" "none yet"
ratio "ffmpeg streamhash / prov verify streams" "$streamhash_us" "$streams_us" \
    "none yet"
peak prov verify big.mp4
memory "prov verify, peak over all processes" 64
before
rm -rf "$PROV_HOME" big.mp4.prov
prov init --no-passphrase bench/media >/dev/null
peak prov sign big.mp4
memory "prov sign, peak over all processes" 96
