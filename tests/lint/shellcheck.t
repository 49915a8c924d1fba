#!/bin/sh
# SPDX-License-Identifier: ISC
# Shell scripts are clean by shellcheck.
. "$srcdir/tests/tap.sh"

if [ -z "$SHELLCHECK" ]; then
	echo "1..0 # SKIP shellcheck is not installed"
	exit 0
fi
# SC1091: what is sourced is checked by itself. SC2154: its variables come
# from the environment. SC2016: an inner shell expands it. SC2129: taste.
# The trees are named, so that a build directory inside is not looked at.
{
	echo "$srcdir/bootstrap"
	[ ! -f "$srcdir/.ci/run" ] || echo "$srcdir/.ci/run"
	find "$srcdir/tests" "$srcdir/examples" "$srcdir/testdata" \
	    -name '*.t' -o -name '*.sh'
} | sort >scripts
while read -r f; do
	ok "${f#"$srcdir"/}" "$SHELLCHECK" -e SC1091,SC2154,SC2016,SC2129 \
	    "$f"
done <scripts
done_testing
