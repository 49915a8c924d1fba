#!/bin/sh
# SPDX-License-Identifier: ISC
# One identity on every run, whatever the file's name and the surroundings.
. "$srcdir/tests/tap.sh"

command -v python3 >/dev/null || {
	echo "1..0 # SKIP python3 is not installed"
	exit 0
}
prov init --no-passphrase test/same >out 2>err || {
	cat err
	exit 99
}
cp "$srcdir/testdata/clip.mp4" original.mp4
# One byte more than what is signed: so verify, too, looks at streams.
cp original.mp4 clip.mp4
prov sign original.mp4 >out 2>err || {
	cat err
	exit 99
}
printf '\0' >>clip.mp4
PYTHONDONTWRITEBYTECODE=1 python3 "$srcdir/tests/cli/same.py" clip.mp4
