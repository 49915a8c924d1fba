#!/bin/sh
# SPDX-License-Identifier: ISC
# prov-tutorial(7), typed as it stands.
. "$srcdir/tests/tap.sh"

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 is not installed"
	exit 0
fi
cp "$srcdir/testdata/clip.mp4" clip.mp4
cp "$srcdir/testdata/photo.jpg" photo.jpg 2>/dev/null ||
    head -c 9000 clip.mp4 >photo.jpg
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
