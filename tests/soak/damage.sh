#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: each page of a ledger's database, each of its files and many of
# them at once are damaged, PROV_DAMAGE (4) times over; what the commands say of
# that, of PROV_DAMAGED (all) ways.
set -eu
# shellcheck disable=SC2154 # make soak sets both
. "$srcdir/tests/soak/soak.sh"
PROV_DAMAGE=${PROV_DAMAGE:-4}
export PROV_DAMAGE
soak "$builddir/tests/unit/test_damage"
soak PROV_DAMAGED="${PROV_DAMAGED:-all}" sh "$srcdir/tests/fault/damaged.t"
soak_end
