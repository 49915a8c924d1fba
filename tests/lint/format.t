#!/bin/sh
# SPDX-License-Identifier: ISC
# clang-format decides how the C sources look.
. "$srcdir/tests/tap.sh"

if [ -z "$CLANG_FORMAT" ]; then
	echo "1..0 # SKIP clang-format is not installed"
	exit 0
fi
find "$srcdir/src" "$srcdir/tools" "$srcdir/examples" "$srcdir/tests" \
    -name '*.c' | sort >files
while read -r f; do
	# clang-format finds its configuration from where the file is.
	ok "${f#"$srcdir"/}" "$CLANG_FORMAT" --dry-run -Werror \
	    --ferror-limit=2 "$f"
done <files
done_testing
