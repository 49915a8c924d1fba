#!/bin/sh
# SPDX-License-Identifier: ISC
# A worker that was taken over: whatever it answers, nothing is exact that is
# not, and an answer that makes no sense decides nothing.
. "$srcdir/tests/tap.sh"

# shellcheck disable=SC2154 # make sets builddir
liar=$builddir/tests/cli/liar
real=$PROV_DEMUX
ok "sets up" prov init --no-passphrase test/liar
cp "$srcdir/testdata/clip.mp4" clip.mp4
ok "signs" prov sign clip.mp4
{
	head -c 100000 clip.mp4
	printf 'x'
	tail -c +100002 clip.mp4
} >altered.mp4
cp clip.mp4.prov altered.mp4.prov

lie() { # name
	ln -s "$liar" "$1"
	PROV_DEMUX=$PWD/$1
	export PROV_DEMUX
}

for name in half short-body nothing ends too-large large-and-short magic \
    status garbage empty; do
	lie $name
	exit_is 75 "$name: an altered file is not decided" prov verify altered.mp4
	has "$name: and so it is said" out '^altered.mp4: RETRY'
	exit_is 75 "$name: nor identified" prov hash clip.mp4
done

lie trickle
exit_is 1 "in pieces: an answer counts" prov verify --json altered.mp4
has "in pieces: it is the reason" out '"limit.memory"'

lie escapes
exit_is 1 "escapes: refused" prov verify altered.mp4
if LC_ALL=C grep -q "$(printf '[\033\233]')" out err; then
	fail "escapes: none reaches the terminal" out err
else
	pass "escapes: none reaches the terminal"
fi
if grep -q '^VERIFIED' out err; then
	fail "escapes: no line of its own" out err
else
	pass "escapes: no line of its own"
fi

# The worst: it remembers the signed file, and answers with that.
lie other
ln -s "$real" real
ln -s clip.mp4 signed
ok "another file's identity is believed" prov verify --json altered.mp4
has "but as streams, which rest on the worker" out '"binding":"streams"'
ok "also by look-up" prov verify --json --no-sidecar altered.mp4
has "also as streams" out '"binding":"streams"'

if [ -n "${PROV_SLOW-}" ]; then
	lie sleeps
	exit_is 75 "silent: not decided" prov verify altered.mp4
fi
done_testing
