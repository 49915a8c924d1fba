#!/bin/sh
# SPDX-License-Identifier: ISC
# Appends to a ledger on one core, and reads from it: PROV_BENCH_ENTRIES
# (1,000,000; the goals are for 10,000,000, which take some 20 GB and minutes)
# pre-signed statements of 700 bytes, durable, with all indexes. In a virtual
# machine PROV_BENCH_PIN gigabytes of memory, all but some 6, can be filled
# before: the page cache of 20 GB would else be memory that the host has to find
# anew, 10 us a page. (A cgroup's limit would do, too, but has the appending
# thread itself look for memory.)
set -eu
entries=${PROV_BENCH_ENTRIES:-1000000}
# shellcheck disable=SC2154 # make bench sets it
program=$builddir/tests/bench/ledger
[ -x "$program" ] || program=$builddir/../tests/bench/ledger
work=$(mktemp -d "${TMPDIR:-/var/tmp}/prov-bench.XXXXXX")
pinned=/dev/shm/${work##*/}
trap 'rm -rf "$work" "$pinned"' EXIT
[ "${PROV_BENCH_PIN:-0}" -eq 0 ] ||
    head -c "$((PROV_BENCH_PIN << 30))" /dev/zero >"$pinned"
echo "# $(nproc) processors, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2-)"
taskset -c 0 "$program" "$work/ledger" "$entries"
