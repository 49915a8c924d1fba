#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: PROV_MUTANTS (100000) damaged media files, then the bombs; none may
# take longer than PROV_HANG_MS (10000; bombs 30000). Then PROV_SWAPS (5000)
# verifications of a file that changes all the time, and a silent worker.
set -eu
# shellcheck disable=SC2154 # make soak sets srcdir
log=$(mktemp)
trap 'rm -f "$log"' EXIT
PROV_MUTANTS=${PROV_MUTANTS:-100000} PROV_HANG_MS=${PROV_HANG_MS:-10000} \
    sh "$srcdir/tests/cli/mutants.t" | tee "$log"
PROV_HANG_MS=30000 sh "$srcdir/tests/cli/bombs.t" | tee -a "$log"
PROV_SWAPS=${PROV_SWAPS:-5000} sh "$srcdir/tests/cli/swap.t" | tee -a "$log"
PROV_SLOW=1 sh "$srcdir/tests/cli/liar.t" | tee -a "$log"
! grep '^not ok' "$log"
