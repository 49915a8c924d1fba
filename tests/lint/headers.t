#!/bin/sh
# SPDX-License-Identifier: ISC
# Every header compiles on its own; the public ones also as C99 and C++.
. "$srcdir/tests/tap.sh"

flags="-D_GNU_SOURCE -I$srcdir/include -I$srcdir/src -fsyntax-only"
public="$srcdir/include/prov.h $srcdir/include/prov/*.h"

# The flags and file lists are meant to be split.
# shellcheck disable=SC2086
for h in $(find "$srcdir/src" -name '*.h' | sort); do
	ok "${h#"$srcdir"/} stands alone" $CC -std=gnu11 $flags -x c "$h"
done
# shellcheck disable=SC2086
for h in $public; do
	ok "${h#"$srcdir"/} is C99" $CC -std=c99 -pedantic -Wall -Werror \
	    -I"$srcdir/include" -fsyntax-only -x c "$h"
	[ -z "$CXX" ] || ok "${h#"$srcdir"/} is C++" $CXX -Wall -Werror \
	    -I"$srcdir/include" -fsyntax-only -x c++ "$h"
done
done_testing
