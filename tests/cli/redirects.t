#!/bin/sh
# SPDX-License-Identifier: ISC
# Playlists, references and links lead nowhere.
. "$srcdir/tests/tap.sh"

for tool in strace python3; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	}
done
strace -o trace true 2>err || {
	echo "1..0 # SKIP strace may not trace here"
	exit 0
}
PYTHONDONTWRITEBYTECODE=1 python3 "$srcdir/tests/cli/redirects.py"
