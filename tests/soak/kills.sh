#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: kill -9 in the middle of signing and of appending, many times.
# PROV_KILLS (1000) kills of prov sign, PROV_SOAK (4000) kills of a writer.
set -eu
PROV_KILLS=${PROV_KILLS:-1000}
PROV_SOAK=${PROV_SOAK:-4000}
export PROV_KILLS PROV_SOAK
# shellcheck disable=SC2154 # make soak sets both
sh "$srcdir/tests/cli/trouble.t" | tee trouble.out
"$builddir/tests/unit/test_crash" | tee crash.out
if grep '^not ok' trouble.out crash.out; then
	exit 1
fi
rm -f trouble.out crash.out
