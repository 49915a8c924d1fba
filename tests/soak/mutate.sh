#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: leaves out each call of prov_fail in the stages that decide and runs
# the tests that reach it. What was found is in mutate/found; another run goes
# on from there, and "rm -rf mutate" begins anew. PROV_MUTATE_JOBS (2) at a time;
# only those whose names begin with PROV_MUTATE_ONLY (all do), and only by the
# programs PROV_MUTATE_TESTS (all).
set -eu
# shellcheck disable=SC2154 # make soak sets srcdir
top=$srcdir
command -v python3 >/dev/null || {
	echo "# python3 is not installed"
	exit 0
}
mkdir -p mutate
cd mutate
[ -f Makefile ] || "$top/configure" --quiet --enable-mutate CFLAGS="-g -O1"
tests=${PROV_MUTATE_TESTS:-}
# shellcheck disable=SC2086 # no file name has a blank
make -s -j "${PROV_MUTATE_JOBS:-2}" all ${tests:-mutate-tests} >build.log 2>&1 ||
	{ tail -n 40 build.log; exit 1; }
builddir=$PWD
export builddir PATH="$builddir:$PATH" PROV_DEMUX="$builddir/prov-demux" \
    PROV_NET="$builddir/prov-net"
# shellcheck disable=SC2086
python3 "$top/tests/mutate/mutate.py" -j "${PROV_MUTATE_JOBS:-2}" --again \
    --only "${PROV_MUTATE_ONLY:-}" "$top" found \
    ${tests:-$(cat mutate-tests)}
