#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: logs that lie, and honest ones, in simulation: PROV_SEEDS (10000).
set -eu
PROV_SEEDS=${PROV_SEEDS:-10000}
export PROV_SEEDS
# shellcheck disable=SC2154 # make soak sets it
"$builddir/tests/unit/test_equivocation"
