#!/bin/sh
# SPDX-License-Identifier: ISC
# make bench: prov beside openssl dgst and ffmpeg over the same file in one
# run, as ratios. PROV_BENCH_MB sets the size (1024), PROV_BENCH_RUNS the
# number of runs whose best counts (5).
set -eu
size=${PROV_BENCH_MB:-1024} runs=${PROV_BENCH_RUNS:-5}
PATH=$builddir:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/prov-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
export PROV_HOME="$work/home"

best() { # name command... : sets best_ms to the fastest of all runs
	best_name=$1 best_ms=
	shift
	i=0
	while [ "$i" -lt "$runs" ]; do
		before >/dev/null 2>&1
		t0=$(date +%s%N)
		"$@" >out 2>err || { cat out err; exit 1; }
		t1=$(date +%s%N)
		ms=$(((t1 - t0) / 1000))
		[ -n "$best_ms" ] && [ "$best_ms" -le "$ms" ] || best_ms=$ms
		i=$((i + 1))
	done
	awk -v n="$best_name" -v us="$best_ms" -v mb="$mb" 'BEGIN {
		printf "%-44s %9.1f ms  %7.0f MB/s\n", n, us / 1000,
		    mb / (us / 1e6) }'
}
before() { :; }
ratio() { # what numerator denominator goal
	awk -v w="$1" -v a="$2" -v b="$3" -v g="$4" \
	    'BEGIN { printf "%-44s %9.2f x    goal %s\n", w, a / b, g }'
}
peak() { # command... : the most memory of all its processes, in KiB
	"$@" >out 2>err &
	peak_pid=$! peak_kib=0
	while kill -0 "$peak_pid" 2>/dev/null; do
		sum=0
		for p in "$peak_pid" $(pgrep -P "$peak_pid") \
		    $(pgrep -P "$peak_pid" | xargs -r -n1 pgrep -P); do
			k=$(awk '/^Pss:/ { s += $2 } END { print s + 0 }' \
			    "/proc/$p/smaps_rollup" 2>/dev/null || echo 0)
			sum=$((sum + ${k:-0}))
		done
		[ "$sum" -gt "$peak_kib" ] && peak_kib=$sum
		sleep 0.01
	done
	wait "$peak_pid" || { cat out err; exit 1; }
}

echo "# $(nproc) processors, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2-)"
ffmpeg -v error -nostdin -y -f lavfi \
    -i "color=gray:s=1920x1080:r=30,noise=alls=100:allf=t" -f lavfi \
    -i "sine=f=440:r=48000" -t 20 -map 0:v -map 1:a -c:v libx264 \
    -preset ultrafast -qp 22 -g 60 -pix_fmt yuv420p -c:a aac part.mp4
part=$(($(stat -c %s part.mp4) / 1048576 + 1))
n=$((size / part + 1))
i=0
while [ "$i" -lt "$n" ]; do
	echo "file part.mp4"
	i=$((i + 1))
done >list.txt
ffmpeg -v error -nostdin -y -f concat -i list.txt -c copy big.mp4
rm part.mp4
mb=$(awk -v b="$(stat -c %s big.mp4)" 'BEGIN { print b / 1e6 }')
echo "# big.mp4: $mb MB of H.264 and AAC"
cat big.mp4 >/dev/null

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
best "prov hash" prov hash big.mp4
echo
awk -v v="$verify_us" -v o="$openssl_us" 'BEGIN {
	printf "%-44s %9.2f x    goal 1.15 (%+.1f ms against 1.15 x + 20 ms)\n",
	    "prov verify / openssl dgst", v / o, (v - 1.15 * o - 20000) / 1000 }'
ratio "prov sign / openssl dgst" "$sign_us" "$openssl_us" 1.5
ratio "prov verify streams / openssl dgst" "$streams_us" "$openssl_us" "none yet"
ratio "ffmpeg streamhash / prov verify streams" "$streamhash_us" "$streams_us" \
    "none yet"
peak prov verify big.mp4
echo "prov verify, peak over all processes          $((peak_kib / 1024)) MiB   goal 64"
before
rm -rf "$PROV_HOME" big.mp4.prov
prov init --no-passphrase bench/media >/dev/null
peak prov sign big.mp4
echo "prov sign, peak over all processes            $((peak_kib / 1024)) MiB"
