#!/bin/sh
# SPDX-License-Identifier: ISC
# Appends to a ledger on one core, and reads from it: PROV_BENCH_ENTRIES
# (1,000,000; the goals are for 10,000,000, which take some 20 GB and minutes)
# pre-signed statements of 700 bytes, durable, with all indexes. In a virtual
# machine give it a cgroup of 4 GiB: the page cache of 20 GB would else be memory
# that the host has to find, 10 us a page.
set -eu
entries=${PROV_BENCH_ENTRIES:-1000000}
# shellcheck disable=SC2154 # make bench sets it
program=$builddir/tests/bench/ledger
[ -x "$program" ] || program=$builddir/../tests/bench/ledger
work=$(mktemp -d "${TMPDIR:-/var/tmp}/prov-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "# $(nproc) processors, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2-)"
taskset -c 0 "$program" "$work/ledger" "$entries"
