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

# A prototype that differs from the header's does not compile beside it.
{
	echo '#include <prov.h>'
	for page in "$srcdir"/man/*.3; do
		section "$page" SYNOPSIS
	done | awk '/^\.Ft / { type = substr($0, 5); gsub(/"/, "", type) }
	    /^\.Fn / {
		name = $2
		sub(/^\.Fn [a-z0-9_]* */, "")
		gsub(/" "/, ", ")
		gsub(/"/, "")
		print type, name "(" $0 ");"
	    }'
} >prototypes.c
ok "each prototype is the header's" "$CC" -std=c99 -Wall -Werror \
    -I"$srcdir/include" -fsyntax-only prototypes.c

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

options() { # command ...: what its --help lists, as "key" or "k key"
	"$@" --help | sed -n -e 's/^  -\(.\), --\([a-z-]*\) .*/\1 \2/p' \
	    -e 's/^      --\([a-z-]*\) .*/\1/p'
}
# shellcheck disable=SC2013 # one word a line
for name in $(cat commands); do
	page=$srcdir/man/prov-$name.1
	subs=$(prov "$name" --help | awk '/^  [a-z]/ { print $1 }')
	{
		options prov "$name"
		for sub in $subs; do
			[ -f "$srcdir/man/prov-$name-$sub.1" ] ||
			    options prov "$name" "$sub"
		done
	} | sort -u >taken
	if [ ! -f "$page" ]; then
		fail "prov-$name.1 is there"
		continue
	fi
	sed -n -e 's/^\.It Fl \(.\) , Fl Fl \([a-z-]*\).*/\1 \2/p' \
	    -e 's/^\.It Fl Fl \([a-z-]*\).*/\1/p' "$page" | sort -u >described
	same "prov-$name.1 describes each option" taken described
	for sub in $subs; do
		echo "$sub"
	done | sort >listed
	section "$page" DESCRIPTION |
	    sed -n 's/^\.It Cm \([a-z][a-z-]*\).*/\1/p' | sort -u >described
	same "prov-$name.1 describes each subcommand" listed described
	# A family inside the family has a page of its own.
	for sub in $subs; do
		nested=$(prov "$name" "$sub" --help | awk '/^  [a-z]/ { print $1 }')
		[ -n "$nested" ] || continue
		page=$srcdir/man/prov-$name-$sub.1
		for last in $nested; do
			options prov "$name" "$sub" "$last"
		done | sort -u >taken
		sed -n -e 's/^\.It Fl \(.\) , Fl Fl \([a-z-]*\).*/\1 \2/p' \
		    -e 's/^\.It Fl Fl \([a-z-]*\).*/\1/p' "$page" |
		    sort -u >described
		same "prov-$name-$sub.1 describes each option" taken described
		echo "$nested" | tr ' ' '\n' | sort >listed
		section "$page" DESCRIPTION |
		    sed -n 's/^\.It Cm \([a-z][a-z-]*\).*/\1/p' |
		    sort -u >described
		same "prov-$name-$sub.1 describes each subcommand" listed \
		    described
	done
	# One with a page of its own has its options there.
	for sub in $subs; do
		page=$srcdir/man/prov-$name-$sub.1
		[ -f "$page" ] || continue
		options prov "$name" "$sub" | sort -u >taken
		[ -s taken ] || continue
		sed -n -e 's/^\.It Fl \(.\) , Fl Fl \([a-z-]*\).*/\1 \2/p' \
		    -e 's/^\.It Fl Fl \([a-z-]*\).*/\1/p' "$page" |
		    sort -u >described
		same "prov-$name-$sub.1 describes each option" taken described
	done
done

# Each reason and each thing not checked is in prov-verify(1), and no other.
src=$srcdir/src
items() { # page section: the words of its .It lines
	section "$1" "$2" | sed -n 's/^\.It //p' | sed 's/ , /\n/g' | sort
}
{
	sed -n 's/.*\] = { "\([a-z.]*\)",.*/\1/p' "$src/verify/reason.c"
	grep -rhoE '"(essence|config|format|limit)\.[a-z]+[":]' \
	    "$src/essence" "$src/demux" "$src/media" "$src/verify" |
	    tr -d '":'
} | sort -u >given
items "$srcdir/man/prov-verify.1" REASONS >described
same "prov-verify.1 describes each reason" given described

{
	sed -n 's/^	\[OWN_[A-Z_]*\] = { "\([a-z_.]*\)",.*/\1/p' \
	    "$src/policy/reason.c"
	for purpose in data_mining ai_inference ai_training \
	    ai_generative_training; do
		for use in unknown constrained notAllowed; do
			echo "rights.$purpose.$use"
		done
	done
} | sort >given
items "$srcdir/man/prov-policy.5" REASONS >described
same "prov-policy.5 describes each reason" given described
sed -n 's/^	\[SET_[A-Z_]*\] = { "\([a-z_.]*\)",.*/\1/p' \
    "$src/policy/setting.c" | sed 's/.*\.//' | sort -u >given
{
	items "$srcdir/man/prov-policy.5" REQUIREMENTS
	items "$srcdir/man/prov-policy.5" RIGHTS
} | sed 's/^Cm //' | sort >described
{
	grep -v -e '^allow$' -e '^deny$' given
	printf '%s\n' source_type licenses origin
} | sort >expected
same "prov-policy.5 describes each requirement" expected described
awk '/^\.Ed/ { on = 0 } on { print >n }
    /^\.Bd -literal$/ { on = 1; n = n == "" ? "policy.yaml" : "cases.yaml" }' \
    "$srcdir/man/prov-policy.5"
ok "prov-policy.5: its policy is one" prov policy check policy.yaml
ok "prov-policy.5: and decides as it says" prov policy test cases.yaml
has "prov-policy.5: of all its cases" out '^4 cases, 0 failed$'

# What the worker's side says, and the file's size, is what verify may repeat.
grep -rhoE '"(demux|essence|config|format|limit)\.[a-z]+[":]' \
    "$src/essence" "$src/demux" "$src/media" "$src/verify/bind.c" |
    tr -d '":' | sort -u >given
sed -n '/ outside\[\] = {/,/^}/s/^\t"\(.*\)",$/\1/p' "$src/verify/reason.c" |
    sort >described
same "verify knows each code of the worker" given described
{
	grep -rhoE 'findings_skip\([^"]*"[a-z.]+"' "$src/verify" |
	    sed 's/.*"\(.*\)"/\1/'
	sed -n 's/.*{ PROV_\([A-Z_]*\), .*WAY_\(ABSENT\|OFF\|TRIM\|SHOWN\),.*/\1/p' \
	    "$src/verify/present.c" | tr '[:upper:]' '[:lower:]' |
	    sed 's/^/presentation./'
} | sort -u >given
items "$srcdir/man/prov-verify.1" "NOT CHECKED" >described
same "prov-verify.1 describes what is not checked" given described

# Section 5: presentation fields and CDDL are the code's; examples are read.
awk 'FNR == 1 { file++ }
    file == 1 && $1 ~ /^PROV_[A-Z_]*$/ && $2 == "=" { n[$1] = $3 + 0 }
    file == 2 && /^\t\[PROV_/ {
	split($0, part, /[][",]+/)
	print n[part[2]], part[4]
    }' "$srcdir/include/prov/essence.h" "$src/essence/names.c" | sort >given
items "$srcdir/man/prov-manifest.5" PRESENTATION >described
same "prov-manifest.5 has each presentation field" given described
{
	grep -rhoE '"[a-z0-9-]+/1"' "$src/essence" | tr -d '"'
	sed -n 's/^	\[[A-Z0-9]*\] = { "\([a-z0-9]*\)",.*/\1/p' "$src/demux/magic.c"
} | sort -u | while read -r name; do
	grep -qw -e "$name" "$srcdir/man/prov-manifest.5" || echo "$name"
done >missing
: >none
same "prov-manifest.5 has each form, rule and format" none missing
sed '/^; -* key file$/,/^; -* words$/d' "$src/manifest/manifest.cddl" |
    grep '=' | sort >given
awk '/^\.Ed/ { on = 0 } on; /^\.Bd -literal$/ { on = 1 }' \
    "$srcdir/man/prov-manifest.5" | grep '=' | sort >described
same "prov-manifest.5 has the rules of manifest.cddl" given described
awk '/^\.Ed/ { on = 0 } on { print >(n "") }
    /^\.Bd/ { on = 1; n = n == "" ? "trust.yaml" : "tlog-policy" }' \
    "$srcdir/man/prov-trust.5"
ok "prov-trust.5: its examples are read" prov trust list --trust trust.yaml

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
same "each page that is referred to is there" none missing
done_testing
