#!/bin/sh
# SPDX-License-Identifier: ISC
# What verifying costs a gate for each kind of item, on one core and in
# processor time: PROV_BENCH_SUBJECTS (100,000) manifests in a log, and 2,000
# files of 100 KiB. Goals: 200 us for a file, 66 us for a digest with its
# signature verified, 20 us for one that is recalled.
set -eu
entries=${PROV_BENCH_SUBJECTS:-100000}
# shellcheck disable=SC2154 # make bench sets it
program=$builddir/tests/bench/subject
[ -x "$program" ] || program=$builddir/../tests/bench/subject
work=$(mktemp -d "${TMPDIR:-/var/tmp}/prov-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$program" "$work" "$entries" 2000
