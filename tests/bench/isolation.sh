#!/bin/sh
# SPDX-License-Identifier: ISC
# make bench: what it costs to read each file in a process of its own.
# PROV_BENCH_FILES (300) of each kind; medians. The goal is 3 ms a file.
set -eu
# shellcheck disable=SC2154 # make bench sets both
program=${builddir%/.libs}/tests/bench/isolated
n=${PROV_BENCH_FILES:-300}
work=$(mktemp -d "${TMPDIR:-/tmp}/prov-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "# $(ldd "$PROV_DEMUX" | wc -l) libraries in the worker"
ffmpeg -v error -nostdin -y -f lavfi -i "sine=d=0.6" -c:a aac tiny.m4a
cp "$srcdir/testdata/clip.mp4" clip.mp4
for file in tiny.m4a clip.mp4; do
	printf '%-10s %8d bytes  ' $file "$(stat -c %s $file)"
	"$program" "$n" $file
done
