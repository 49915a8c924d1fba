#!/bin/sh
# SPDX-License-Identifier: ISC
# The manual, the headers and the commands tell one story.
. "$srcdir/tests/tap.sh"

section() { # page heading: the lines of one section
	awk -v want="$2" '/^\.Sh/ { on = ($0 == ".Sh " want) } on' "$1"
}

# Section 3: each exported function is named and has a prototype.
sed -n 's/^[[:space:]]*\(prov_[a-z0-9_]*\);$/\1/p' \
    "$srcdir/src/libprov.map" | sort >exported
for page in "$srcdir"/man/*.3; do
	section "$page" NAME | awk '$1 == ".Nm" && /prov_/ { print $2 }'
done | sort >named
for page in "$srcdir"/man/*.3; do
	section "$page" SYNOPSIS |
	    awk '$1 == ".Fn" || $1 == ".Fo" { print $2 }'
done | sort >prototyped
same "each exported function has a manual" exported named
same "each function that has a manual has a prototype" named prototyped

# Its complete example programs compile.
for page in "$srcdir"/man/*.3; do
	section "$page" EXAMPLES | awk '/^\.Bd/ { on = 1; next }
	    /^\.Ed/ { on = 0 } on' | sed -e 's/\\&//g' -e 's/\\e/\\/g' \
	    -e 's/\\-/-/g' -e 's/\\(dq/"/g' >example.c
	grep -q '^main(' example.c || continue
	ok "$(basename "$page"): its example compiles" "$CC" -std=c99 -Wall \
	    -Wextra -Werror -D_POSIX_C_SOURCE=200809L -I"$srcdir/include" \
	    -fsyntax-only example.c
done

# Section 1: prov --help, prov(1) and one page for each command.
prov --help | awk '/^  [a-z]/ { print $1 }' | sort >commands
section "$srcdir/man/prov.1" DESCRIPTION |
    awk '$1 == ".It" && $2 == "Cm" { print $3 }' | sort >manual
same "each command is in prov(1)" commands manual

long_options() { # command ...: the long options that its --help lists
	"$@" --help | sed -n 's/^  .*--\([a-z][a-z-]*\).*/\1/p'
}
# shellcheck disable=SC2013 # one word a line
for name in $(cat commands); do
	page=$srcdir/man/prov-$name.1
	subs=$(prov "$name" --help | awk '/^  [a-z]/ { print $1 }')
	{
		long_options prov "$name"
		for sub in $subs; do
			long_options prov "$name" "$sub"
		done
	} | sort -u >taken
	if [ ! -f "$page" ]; then
		fail "prov-$name.1 is there"
		continue
	fi
	sed -n 's/^\.It .*Fl Fl \([a-z][a-z-]*\).*/\1/p' "$page" | sort -u \
	    >described
	same "prov-$name.1 describes each option" taken described
	for sub in $subs; do
		echo "$sub"
	done | sort >listed
	section "$page" DESCRIPTION |
	    sed -n 's/^\.It Cm \([a-z][a-z-]*\).*/\1/p' | sort -u >described
	same "prov-$name.1 describes each subcommand" listed described
done

if [ -n "$MANDOC" ]; then
	for page in "$srcdir"/man/*.[1-8]; do
		ok "$(basename "$page") lints" "$MANDOC" -T lint -W warning \
		    "$page"
	done
fi

# What a page refers to is there; what is not ours is the system's.
for page in "$srcdir"/man/*.[1-8]; do
	sed -n 's/^\.Xr \([a-z0-9_-]*\) \([1-8]\).*/\1.\2/p' "$page"
done | grep '^\(lib\)*prov' | sort -u | while read -r page; do
	[ -f "$srcdir/man/$page" ] ||
	    grep -q "^\.Nm ${page%.*}\( ,\)*\$" "$srcdir"/man/*."${page##*.}" ||
	    echo "$page"
done >missing
: >none
same "each page that is referred to is there" none missing
done_testing
