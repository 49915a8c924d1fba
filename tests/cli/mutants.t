#!/bin/sh
# SPDX-License-Identifier: ISC
# Two thousand damaged files, or PROV_MUTANTS of them: each gets a verdict, and
# one that verifies as streams decodes to the very frames and samples that were
# signed. make soak makes a hundred thousand.
. "$srcdir/tests/tap.sh"

for tool in ffmpeg python3; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	}
done
prov init --no-passphrase test/mutants >out 2>err || {
	cat err
	exit 99
}
PYTHONDONTWRITEBYTECODE=1 python3 "$srcdir/tests/cli/mutants.py" \
    "${PROV_MUTANTS:-2000}" "${PROV_MUTANTS_SEED:-provenance}"
