#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: the remux matrix over the whole corpus.
set -eu
PROV_REMUX=--all
export PROV_REMUX
# shellcheck disable=SC2154 # make soak sets it
sh "$srcdir/tests/corpus/remux.t" | tee remux.out
if grep '^not ok' remux.out; then
	exit 1
fi
rm -f remux.out
