#!/bin/sh
# SPDX-License-Identifier: ISC
# How often a writer waits for the disk.
. "$srcdir/tests/tap.sh"

if ! command -v python3 >/dev/null || ! strace -o trace true 2>/dev/null; then
	echo "1..0 # SKIP python3 and strace are wanted, and leave to trace"
	exit 0
fi
PYTHONDONTWRITEBYTECODE=1 python3 "$srcdir/tests/fault/syncs.py"
