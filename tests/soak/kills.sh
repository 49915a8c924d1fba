#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: kill -9 in the middle of signing and of appending, power cuts, and
# each file call that fails in turn. PROV_KILLS (1000) kills of prov sign,
# PROV_SOAK (10000) kills of a writer, PROV_POWERCUTS (200) power cuts,
# PROV_INJECT (all) failures of each command, PROV_HAMMER (600) seconds of load.
set -eu
PROV_KILLS=${PROV_KILLS:-1000}
PROV_SOAK=${PROV_SOAK:-10000}
PROV_POWERCUTS=${PROV_POWERCUTS:-200}
PROV_INJECT=${PROV_INJECT:-all}
PROV_HAMMER=${PROV_HAMMER:-600}
export PROV_KILLS PROV_SOAK PROV_POWERCUTS PROV_INJECT PROV_HAMMER
# shellcheck disable=SC2154 # make soak sets both
{
	sh "$srcdir/tests/cli/trouble.t"
	"$builddir/tests/unit/test_crash"
	"$builddir/tests/fault/test_powercut"
	"$builddir/tests/fault/test_powercut_off"
	sh "$srcdir/tests/fault/inject.t"
	sh "$srcdir/tests/hammer/hammer.t"
} | tee kills.out
if grep '^not ok' kills.out; then
	exit 1
fi
rm -f kills.out
