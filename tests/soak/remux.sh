#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: the remux matrix over the whole corpus, or what PROV_REMUX says.
set -eu
# shellcheck disable=SC2154 # make soak sets it
. "$srcdir/tests/soak/soak.sh"
soak PROV_REMUX="${PROV_REMUX---all}" sh "$srcdir/tests/corpus/remux.t"
soak_end
