#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: each page of a ledger's database, each of its files and many of
# them at once are damaged, PROV_DAMAGE (4) times over.
set -eu
PROV_DAMAGE=${PROV_DAMAGE:-4}
export PROV_DAMAGE
# shellcheck disable=SC2154 # make soak sets it
"$builddir/tests/unit/test_damage" | tee damage.out
if grep '^not ok' damage.out; then
	exit 1
fi
rm -f damage.out
