#!/bin/sh
# SPDX-License-Identifier: ISC
# Independent implementations read prov's statements, and prov reads theirs:
# Debian's python3-cbor2 and python3-cryptography; npm's @auth0/cose where it
# can be had (COSE_JS names an installed copy; PROV_NO_NETWORK fetches none).
. "$srcdir/tests/tap.sh"
helper=$builddir/tests/interop/make_statement
cose_py=$srcdir/tests/interop/cose.py
python=$(command -v /usr/bin/python3 || command -v python3)

mkdir ours theirs forged
ok "a statement is made" "$helper" ours

if "${python:-false}" -c 'import cbor2, cryptography' 2>/dev/null; then
	ok "python reads it, verifies it, and encodes it the same" \
	    "$python" "$cose_py" read ours
	cp -R ours altered
	printf 'x' | dd of=altered/statement.cose bs=1 seek=400 conv=notrunc \
	    2>/dev/null
	exit_is 1 "python refuses an altered one" \
	    "$python" "$cose_py" read altered
	ok "python makes one" "$python" "$cose_py" write theirs
	vkey=$(cat out)
	ok "prov takes it" "$helper" theirs/statement.cose "$vkey"
	ok "python makes one with an unprotected kid" \
	    "$python" "$cose_py" forge forged
	vkey=$(cat out)
	exit_is 1 "prov refuses that" "$helper" forged/statement.cose "$vkey"
else
	echo "# python3-cbor2 or python3-cryptography is not here: not tried"
fi

library=${COSE_JS-}
if [ -z "$library" ] && [ -z "${PROV_NO_NETWORK-}" ] &&
    command -v node >/dev/null && command -v npm >/dev/null &&
    timeout 60 npm install --ignore-scripts --no-audit --no-fund \
	--prefix "$tap_dir/npm" @auth0/cose@1.0.2 >npm.out 2>&1; then
	library=$tap_dir/npm/node_modules/@auth0/cose/dist/node/esm/index.js
fi
if [ -n "$library" ]; then
	ok "@auth0/cose verifies it, and not an altered one" \
	    node "$srcdir/tests/interop/cose.mjs" "$library" ours
else
	echo "# no node, npm or network: @auth0/cose not tried"
fi
done_testing
