#!/bin/sh
# SPDX-License-Identifier: ISC
# Each file call fails in turn: PROV_INJECT (10) failures of each command, or
# "all" of them.
. "$srcdir/tests/tap.sh"

if ! command -v python3 >/dev/null || ! strace -o trace true 2>/dev/null; then
	echo "1..0 # SKIP python3 and strace are wanted, and leave to trace"
	exit 0
fi
# The program itself, without libtool's script in front of it.
if [ -x "$builddir/.libs/prov" ]; then
	export PATH="$builddir/.libs:$PATH" LD_LIBRARY_PATH="$builddir/.libs"
fi
PYTHONDONTWRITEBYTECODE=1 python3 "$srcdir/tests/fault/inject.py" \
    "${PROV_INJECT-10}"
