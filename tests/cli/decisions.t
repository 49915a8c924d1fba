#!/bin/sh
# SPDX-License-Identifier: ISC
# The cases of testdata/policy/decisions.ndjson come out the same by the command,
# from facts as the gate prints them.
. "$srcdir/tests/tap.sh"

mkdir tables
PROV_DECISIONS=$tap_dir/tables "$builddir/tests/unit/test_decisions" >unit 2>&1
n=0 failed=0
for table in tables/*.json; do
	name=${table#tables/}
	n=$((n + 1))
	prov policy test --policy "$srcdir/testdata/policy/${name%%.*}.yaml" \
	    "$table" >out 2>err && continue
	failed=$((failed + 1))
	sed 's/^/# /' out err
done
if [ "$n" -ge 150 ] && [ "$failed" -eq 0 ]; then
	pass "$n cases by prov policy test"
else
	fail "$failed of $n cases by prov policy test" unit
fi
done_testing
