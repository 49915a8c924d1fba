#!/bin/sh
# SPDX-License-Identifier: ISC
# seeds.sh DIR: writes the inputs of DIR (testdata/fuzz) for fuzz_cbor and
# fuzz_text that are not plain text.
set -eu
cd "$1"
mkdir -p cbor text

hex() { # name hex
	# shellcheck disable=SC2059
	printf "$(printf %s "$2" | sed 's/../\\x&/g' | bytes)" >"$1"
}
bytes() { # \xHH to \OOO, which every printf knows
	awk '{
		n = split($0, part, "\\\\x")
		for (i = 2; i <= n; i++)
			printf "\\%03o", \
			    index("123456789abcdef", substr(part[i], 1, 1)) * 16 + \
			    index("123456789abcdef", substr(part[i], 2, 1))
	}'
}

hex cbor/uint 1a00010000
hex cbor/nint 3b8000000000000000
hex cbor/bytes 4401020304
hex cbor/text 64f0908591
hex cbor/text-nul 63610062
hex cbor/keys a80a001864002000617a006261610081186400812000f400
hex cbor/sign1 d28441a0a20142beef186483f4f563c3a97af64401020304
hex cbor/deepest 8181818181818181818181818181818100
hex cbor/too-deep 818181818181818181818181818181818100
hex cbor/huge-count 9a10000000
hex cbor/unsorted a202000100
hex cbor/indefinite 9f01ff
hex text/escape 1b5b33316d7265641b5b306d
hex text/bidi 61e280ae667064
hex text/not-utf8 61ffc328eda080
hex text/separators e280a8e280a9c285efbbbf0a
