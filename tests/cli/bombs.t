#!/bin/sh
# SPDX-License-Identifier: ISC
# Small files that ask for much get a reason, and cost little.
. "$srcdir/tests/tap.sh"

command -v python3 >/dev/null || {
	echo "1..0 # SKIP python3 is not installed"
	exit 0
}
cp "$srcdir/testdata/clip.mp4" clip.mp4
if ! prov init --no-passphrase test/bombs >out 2>err ||
    ! prov sign clip.mp4 >out 2>err; then
	cat err
	exit 99
fi
PYTHONDONTWRITEBYTECODE=1 python3 "$srcdir/tests/cli/bombs.py" clip.mp4
