#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: logs that lie, and honest ones, in simulation: PROV_SEEDS (10000).
set -eu
# shellcheck disable=SC2154 # make soak sets both
. "$srcdir/tests/soak/soak.sh"
soak PROV_SEEDS="${PROV_SEEDS:-10000}" "$builddir/tests/unit/test_equivocation"
soak_end
