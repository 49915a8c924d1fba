#!/bin/sh
# SPDX-License-Identifier: ISC
# prov-tutorial(7), typed as it stands.
. "$srcdir/tests/tap.sh"

for tool in python3 ffmpeg; do
	if ! command -v $tool >/dev/null; then
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	fi
done
cp "$srcdir/testdata/clip.mp4" clip.mp4
ffmpeg -v error -nostdin -f lavfi -i testsrc=s=64x48 -frames:v 1 photo.jpg
python3 "$srcdir/tests/cli/tutorial.py" "$srcdir/man/prov-tutorial.7" >lines
while IFS= read -r line; do
	case $line in
	"ok "*) pass "${line#ok }" ;;
	"not ok "*) fail "${line#not ok }" ;;
	*) echo "$line" ;;
	esac
done <lines
has "the whole page was read" lines '^ok prov rescan'
done_testing
