#!/bin/sh
# SPDX-License-Identifier: ISC
# Every proof in every tree up to 1,025 entries, as RFC 9162 says it in Python;
# and our receipts as others read them: npm's @transmute/rfc9162 with
# node:crypto, PyPI's scitt-cose. RFC9162_JS and SCITT_COSE name installed
# copies; PROV_NO_NETWORK fetches none.
. "$srcdir/tests/tap.sh"

interop=${builddir:?}/tests/interop
python=/usr/bin/python3
[ -x "$python" ] || python=python3

ok "every proof up to 1,025 entries is verified" \
    sh -c "'$interop/pairs' 1025 >ours"
ok "and made once more from the entries" \
    sh -c "'$python' '$srcdir/tests/interop/pairs.py' 1025 >theirs"
ok "1,051,650 proofs are the same" cmp ours theirs
ok "in 1,025 trees" test "$(wc -l <ours)" -eq 1025

for n in 3 256 1500; do
	"$interop/makelog" "log-$n" "$n" >"vkey-$n" ||
		fail "a log of $n entries is made"
done

library=${RFC9162_JS-}
if [ -z "$library" ] && [ -z "${PROV_NO_NETWORK-}" ] &&
    command -v node >/dev/null && command -v npm >/dev/null &&
    timeout 60 npm install --ignore-scripts --no-audit --no-fund \
	--prefix "$tap_dir/npm" @transmute/rfc9162@0.0.5 >npm.out 2>&1; then
	library=$tap_dir/npm/node_modules/@transmute/rfc9162/dist/index.js
fi
if [ -n "$library" ]; then
	for n in 3 256 1500; do
		ok "@transmute/rfc9162: receipts of $n entries" \
		    node "$srcdir/tests/interop/receipt.mjs" "$library" \
		    "$(cat "vkey-$n")" "log-$n.receipts"/*.cose
	done
	exit_is 1 "@transmute/rfc9162: another log's key" \
	    node "$srcdir/tests/interop/receipt.mjs" "$library" \
	    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" \
	    log-3.receipts/*.cose
else
	echo "# no node, npm or network: @transmute/rfc9162 not tried"
fi

scitt=${SCITT_COSE-}
if [ -z "$scitt" ] && [ -z "${PROV_NO_NETWORK-}" ] &&
    "$python" -c 'import cbor2, cryptography' 2>/dev/null &&
    timeout 60 "$python" -m pip install --quiet --no-deps --target pip \
	scitt-cose==0.5.0 >pip.out 2>&1; then
	scitt=$tap_dir/pip
fi
if [ -n "$scitt" ]; then
	for n in 3 256 1500; do
		ok "scitt-cose: receipts of $n entries" \
		    env PYTHONPATH="$scitt" "$python" \
		    "$srcdir/tests/interop/receipt.py" "$(cat "vkey-$n")" \
		    "log-$n.receipts"/*.cose
	done
	exit_is 1 "scitt-cose: another log's key" \
	    env PYTHONPATH="$scitt" "$python" \
	    "$srcdir/tests/interop/receipt.py" \
	    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" \
	    log-3.receipts/*.cose
else
	echo "# no pip, python3-cbor2 or network: scitt-cose not tried"
fi
done_testing
