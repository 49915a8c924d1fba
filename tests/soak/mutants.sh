#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: PROV_MUTANTS (100000) damaged media files, then the bombs; none may
# take longer than PROV_HANG_MS (10000; bombs 30000).
set -eu
# shellcheck disable=SC2154 # make soak sets srcdir
log=$(mktemp)
trap 'rm -f "$log"' EXIT
PROV_MUTANTS=${PROV_MUTANTS:-100000} PROV_HANG_MS=${PROV_HANG_MS:-10000} \
    sh "$srcdir/tests/cli/mutants.t" | tee "$log"
PROV_HANG_MS=30000 sh "$srcdir/tests/cli/bombs.t" | tee -a "$log"
! grep '^not ok' "$log"
