#!/bin/sh
# SPDX-License-Identifier: ISC
# Every change that testdata/tamper.txt lists reaches the verdict and the
# reasons that it names there.
. "$srcdir/tests/tap.sh"

for tool in ffmpeg python3; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	}
done
prov init --no-passphrase test/matrix >out 2>err || {
	echo "1..1"
	fail "sets up" out err
	exit 1
}
# It says what a test file says, and a failure of its own is an error.
python3 -B "$srcdir/tests/cli/matrix.py" "$srcdir/testdata/tamper.txt" 60 320
