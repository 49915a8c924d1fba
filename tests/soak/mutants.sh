#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: PROV_MUTANTS (100000) damaged media files, then the bombs; none may
# take longer than PROV_HANG_MS (10000) and PROV_BOMB_MS (30000). Then PROV_SWAPS
# (5000) verifications of a file that changes all the time, and a silent worker.
set -eu
# shellcheck disable=SC2154 # make soak sets it
. "$srcdir/tests/soak/soak.sh"
soak PROV_MUTANTS="${PROV_MUTANTS:-100000}" \
    PROV_HANG_MS="${PROV_HANG_MS:-10000}" sh "$srcdir/tests/cli/mutants.t"
soak PROV_HANG_MS="${PROV_BOMB_MS:-30000}" sh "$srcdir/tests/cli/bombs.t"
soak PROV_SWAPS="${PROV_SWAPS:-5000}" sh "$srcdir/tests/cli/swap.t"
soak PROV_SLOW=1 sh "$srcdir/tests/cli/liar.t"
soak_end
