#!/bin/sh
# SPDX-License-Identifier: ISC
# The commands on damaged ledgers: PROV_DAMAGED (24) kinds of damage, or "all"
# of them PROV_DAMAGE times over.
. "$srcdir/tests/tap.sh"

python=/usr/bin/python3
"$python" -c 'import cbor2, cryptography' 2>/dev/null || {
	echo "1..0 # SKIP python3 with cbor2 and cryptography is wanted"
	exit 0
}
# The program itself, without libtool's script in front of it.
if [ -x "$builddir/.libs/prov" ]; then
	export PATH="$builddir/.libs:$PATH" LD_LIBRARY_PATH="$builddir/.libs"
fi
PYTHONDONTWRITEBYTECODE=1 "$python" "$srcdir/tests/fault/damaged.py" \
    "${PROV_DAMAGED-24}" "${PROV_DAMAGE-1}"
