#!/bin/sh
# SPDX-License-Identifier: ISC
# Load on one ledger: PROV_HAMMER (3) seconds.
# shellcheck disable=SC2154 # make check sets it
exec "$builddir/tests/hammer/hammer" "${PROV_HAMMER-3}"
