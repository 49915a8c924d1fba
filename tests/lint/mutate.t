#!/bin/sh
# SPDX-License-Identifier: ISC
# The calls of prov_fail are found as the compiler counts them, and each reason
# why no test notices that one is missing is still about that call.
. "$srcdir/tests/tap.sh"

command -v python3 >/dev/null || {
	echo "1..0 # SKIP python3 is not installed"
	exit 0
}
sites="python3 -B $srcdir/tests/mutate/sites.py"

# Each file's calls, as the preprocessor counts them.
for f in "$srcdir"/src/sign/*.c "$srcdir"/src/carrier/*.c \
    "$srcdir"/src/ledger/*.c "$srcdir"/src/verify/*.c \
    "$srcdir"/src/policy/*.c "$srcdir"/src/gate/*.c; do
	[ -f "$f" ] || continue
	"$CC" -E -P -D_GNU_SOURCE -DPROV_MUTATE -I"$srcdir/include" \
	    -I"$srcdir/src" "$f" | tr -d '\n' |
		grep -oE "mutate_off\(\"[^\"]*\", *[0-9]+\)" |
		sed "s,.*src/,,; s/\", */:/; s/)//"
done | sort >counted
$sites "$srcdir" | cut -f 1 | sort >listed
same "each call has its number" counted listed

$sites "$srcdir" | cut -f 2 | sort | uniq -d >twice
: >none
same "and a name of its own" none twice
$sites "$srcdir" check >stale
same "each reason is about a call that is there" none stale

# That is noticed.
mkdir -p tree/src/sign tree/tests/mutate
printf 'int\nf(void)\n{\n\treturn (prov_fail(err, E, "a (%%d)" " b", g(1, 2)));\n}\n' \
    >tree/src/sign/a.c
cat >tree/tests/mutate/reasons.txt <<'EOF'
sign/a.c:f:1 | a (%d) c | a reason that is long enough to be one, or nearly so
sign/a.c:f:2 | a (%d) b | a reason that is long enough to be one, or nearly so
EOF
$sites tree check >found
cat >want <<'EOF'
sign/a.c:f:1: now says a (%d) b
sign/a.c:f:2: no such call
EOF
same "a reason whose call has changed is told" want found
done_testing
