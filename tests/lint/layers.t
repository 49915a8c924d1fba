#!/bin/sh
# SPDX-License-Identifier: ISC
# Every #include respects tests/lint/layers.txt: a stage sees only the stages
# that its line names, an outside library's header is seen only where it is
# allowed, the commands see <prov.h> alone, and verify never sees a secret.
. "$srcdir/tests/tap.sh"
cd "$srcdir" || exit 99
std=assert,ctype,dirent,errno,fcntl,fnmatch,fts,inttypes,limits,linux,locale
std=$std,math,poll,pthread,pwd,sched,setjmp,signal,spawn,stdarg,stdatomic
std=$std,stdbool,stddef,stdint,stdio,stdlib,string,strings,sys,termios,time
std=$std,unistd

# Prints one line for each #include that the table does not allow.
misplaced() { # files ...
	awk -v std=",$std," '
	BEGIN {
		while ((getline line < "tests/lint/layers.txt") > 0) {
			if (line ~ /^#/ || split(line, w, " +") < 2)
				continue
			if (w[1] == "one")
				one[w[2]] = w[3]
			else if (w[1] == "secret")
				secret = "," w[2] ","
			else {
				stages[w[1]] = "," w[1] "," w[2] ","
				outside[w[1]] = "," w[3] ","
			}
		}
	}
	function bad(why) { print FILENAME ":" FNR ": " why ": " $2 }
	FNR == 1 {
		split(FILENAME, p, "/")
		me = p[2]
		if (!(me in stages))
			bad("no such stage in layers.txt: " me)
	}
	/^#include "/ {
		path = $2
		gsub(/"/, "", path)
		split(path, q, /[\/.]/)
		if (q[1] != "prov" && !index(stages[me], "," q[1] ","))
			bad(me " may not include")
		if (me == "verify" && index(secret, ",src/" path ","))
			bad("verify may not see secrets")
	}
	/^#include </ {
		split($2, q, /[<\/.>]/)
		if (index(std, "," q[2] ",") || one[FILENAME] == q[2])
			next
		if (!index(outside[me], "," q[2] ","))
			bad(me " may not include")
	}' "$@"
}

# tools/ and examples/ are users of the library like any other.
beyond_api() { # files ...
	awk -v std=",$std,getopt," '
	/^#include "/ { path = $2; gsub(/"/, "", path)
		if (path ~ /\// || (path != "prov.h" && FILENAME ~ /^examples/))
			print FILENAME ":" FNR ": " $2 }
	/^#include </ { split($2, q, /[<\/.>]/)
		if (q[2] != "prov" && !index(std, "," q[2] ","))
			print FILENAME ":" FNR ": " $2 }' "$@"
}

find src -name '*.[ch]' | sort >"$tap_dir/sources"
# shellcheck disable=SC2046 # no file name has a blank
misplaced $(cat "$tap_dir/sources") >"$tap_dir/misplaced"
beyond_api tools/*.[ch] examples/*.c >"$tap_dir/beyond"
: >"$tap_dir/none"

# The rule itself is tried on a file that breaks it.
mkdir -p "$tap_dir/src/hash"
printf '#include <sodium.h>\n#include "verify/trust.h"\n#include <stdio.h>\n' \
    >"$tap_dir/src/hash/bad.c"
cp -R tests "$tap_dir/tests"
(cd "$tap_dir" && misplaced src/hash/bad.c) >"$tap_dir/caught"

cd "$tap_dir" || exit 99
same "stages include only what they may" none misplaced
same "commands and examples include <prov.h> alone" none beyond
if [ "$(wc -l <caught)" -eq 2 ]; then
	pass "a misplaced #include is noticed"
else
	fail "a misplaced #include is noticed" caught
fi
done_testing
