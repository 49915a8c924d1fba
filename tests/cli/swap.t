#!/bin/sh
# SPDX-License-Identifier: ISC
# A file that is replaced and rewritten while it is verified: no wrong match.
# PROV_SWAPS (100) verifications each of a file and of its streams.
. "$srcdir/tests/tap.sh"

command -v python3 >/dev/null || {
	echo "1..0 # SKIP python3 is not installed"
	exit 0
}
swap() { # description good bad
	if PYTHONDONTWRITEBYTECODE=1 python3 "$srcdir/tests/cli/swap.py" \
	    "$2" "$3" "${PROV_SWAPS:-100}" >out 2>err; then
		cat out
		pass "$1"
	else
		fail "$1" out err
	fi
}
alter() { # from to: a byte of coded picture
	{
		head -c 100000 "$1"
		printf 'x'
		tail -c +100002 "$1"
	} >"$2"
}
ok "sets up" prov init --no-passphrase test/swap
cp "$srcdir/testdata/clip.mp4" clip.mp4
ok "signs" prov sign clip.mp4
alter clip.mp4 altered.mp4
swap "exact: never for other bytes" clip.mp4 altered.mp4
{
	cat clip.mp4
	printf '\0\0\0\010free'
} >longer.mp4
cp clip.mp4.prov longer.mp4.prov
alter longer.mp4 altered.mp4
swap "streams: never for other bytes" longer.mp4 altered.mp4
done_testing
