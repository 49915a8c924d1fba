#!/bin/sh
# SPDX-License-Identifier: ISC
# Functions that are too easy to get wrong, each with what to use instead, and
# what a library must not do at all.
. "$srcdir/tests/tap.sh"

cat >banned <<'TABLE'
strcpy strlcpy's place is buf_append or snprintf
strcat snprintf
sprintf snprintf
vsprintf vsnprintf
strncpy memcpy with a checked length
strncat snprintf
gets fgets
alloca malloc
atoi a parser that sees errors
atol a parser that sees errors
atoll a parser that sees errors
strtok strchr
mktemp mkstemp
tmpnam mkstemp
tempnam mkstemp
gmtime gmtime_r
localtime localtime_r
ctime strftime
asctime strftime
rand getrandom
system posix_spawn
popen posix_spawn
setjmp a return value
TABLE
cat >library <<'TABLE'
exit a prov_status
abort a prov_status
printf prov_fail
puts prov_fail
putchar prov_fail
perror prov_fail
getenv a parameter
TABLE

# Prints each call of a name in the table; comments and strings are skipped.
calls() { # table files ...
	awk '
	NR == FNR { name[$1] = 1; next }
	{
		line = $0
		gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
		sub(/\/\/.*/, "", line)
		if (line ~ /^[ \t]*(\/\*|\*)/)
			next
		while (match(line, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
			word = substr(line, RSTART, RLENGTH - 1)
			sub(/[ \t]+$/, "", word)
			before = RSTART > 1 ? substr(line, RSTART - 1, 1) : ""
			if ((word in name) && before !~ /[.>]/)
				print FILENAME ":" FNR ": " word
			line = substr(line, RSTART + RLENGTH)
		}
	}' "$@"
}

: >none
# shellcheck disable=SC2046 # no file name has a blank
calls banned $(find "$srcdir/src" "$srcdir/tools" "$srcdir/examples" \
    -name '*.[ch]') >found
same "no banned function is called" none found
# shellcheck disable=SC2046
calls library $(find "$srcdir/src" -name '*.[ch]' ! -path '*/demux/*' \
    ! -path '*/net/*') >found
same "the library does not exit, print or look around" none found
printf 'int\nf(void)\n{\n\treturn (strcpy (a, b) == x.exit(1));\n}\n' >bad.c
calls banned bad.c >found
echo "bad.c:4: strcpy" >want
same "a banned call is noticed" want found

# One first line for all.
find "$srcdir/src" "$srcdir/include" "$srcdir/tools" "$srcdir/examples" \
    "$srcdir/tests" -name '*.[ch]' | sort | while read -r f; do
	[ "$(head -n 1 "$f")" = "/* SPDX-License-Identifier: ISC */" ] ||
		echo "$f"
done >found
same "each C file names its licence" none found
grep -rnE 'TODO|FIXME|XXX' "$srcdir/src" "$srcdir/tools" "$srcdir/include" \
    >found
same "nothing is left to do" none found
done_testing
