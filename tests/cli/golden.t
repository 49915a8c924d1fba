#!/bin/sh
# SPDX-License-Identifier: ISC
# The same roots from every build. testdata/golden.txt says which; after a
# change of a form, "make golden" writes it anew.
. "$srcdir/tests/tap.sh"

cp "$srcdir/testdata/clip.mp4" "$srcdir/testdata/unknown.mp4" .
ok "identifies" prov hash clip.mp4 unknown.mp4
same "has the roots of testdata/golden.txt" "$srcdir/testdata/golden.txt" out
done_testing
