#!/bin/sh
# SPDX-License-Identifier: ISC
# Each codec of sound in each container that takes it: one root, one verdict.
. "$srcdir/tests/tap.sh"

for tool in ffmpeg python3; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	}
done
python3 "$srcdir/tests/cli/sounds.py" "$srcdir/testdata/sounds.txt"
