#!/bin/sh
# SPDX-License-Identifier: ISC
# Each fuzz target over its corpus, as a regression test with any compiler.
. "$srcdir/tests/tap.sh"

for source in "$srcdir"/tests/fuzz/fuzz_*.c; do
	target=$(basename "$source" .c)
	noun=${target#fuzz_}
	set -- "$srcdir/testdata/fuzz/$noun"/*
	if [ ! -e "$1" ]; then
		fail "$noun: testdata/fuzz/$noun has no input"
		continue
	fi
	ok "$noun: $# inputs" "$builddir/tests/fuzz/$target" "$@"
done
done_testing
