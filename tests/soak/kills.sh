#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: kill -9 in the middle of signing and of appending, power cuts, and
# each file call that fails in turn. PROV_KILLS (1000) kills of prov sign,
# PROV_SOAK (10000) kills of a writer, PROV_POWERCUTS (200) power cuts,
# PROV_INJECT (all) failures of each command, PROV_CALLS (all) of each thing done
# with a ledger, PROV_HAMMER (600) seconds of load.
set -eu
# shellcheck disable=SC2154 # make soak sets both
. "$srcdir/tests/soak/soak.sh"
PROV_POWERCUTS=${PROV_POWERCUTS:-200}
export PROV_POWERCUTS
soak PROV_KILLS="${PROV_KILLS:-1000}" sh "$srcdir/tests/cli/trouble.t"
soak PROV_SOAK="${PROV_SOAK:-10000}" "$builddir/tests/unit/test_crash"
soak PROV_CALLS="${PROV_CALLS:-all}" "$builddir/tests/fault/test_ledger_calls"
soak "$builddir/tests/fault/test_powercut"
soak "$builddir/tests/fault/test_powercut_off"
soak PROV_INJECT="${PROV_INJECT:-all}" sh "$srcdir/tests/fault/inject.t"
soak PROV_HAMMER="${PROV_HAMMER:-600}" sh "$srcdir/tests/hammer/hammer.t"
soak_end
