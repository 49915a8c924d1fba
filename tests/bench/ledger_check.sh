#!/bin/sh
# SPDX-License-Identifier: ISC
# make bench: how fast a ledger is checked. PROV_ENTRIES (1000000) entries.
set -eu
# shellcheck disable=SC2154 # make bench sets it
"$builddir/../tests/bench/checked" "${PROV_ENTRIES:-1000000}"
