#!/bin/sh
# SPDX-License-Identifier: ISC
# In which order things reach the disk and the user.
. "$srcdir/tests/tap.sh"

if ! command -v python3 >/dev/null || ! strace -o trace true 2>/dev/null; then
	echo "1..0 # SKIP python3 and strace are wanted, and leave to trace"
	exit 0
fi
# Who holds keys lets only root look at what it opens.
if [ "$(id -u)" -ne 0 ]; then
	echo "1..0 # SKIP only root can see which files are written"
	exit 0
fi
# The program itself, without libtool's script in front of it.
if [ -x "$builddir/.libs/prov" ]; then
	export PATH="$builddir/.libs:$PATH" LD_LIBRARY_PATH="$builddir/.libs"
fi
PYTHONDONTWRITEBYTECODE=1 python3 "$srcdir/tests/fault/durable.py"
