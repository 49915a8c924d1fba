#!/bin/sh
# SPDX-License-Identifier: ISC
# A small build in which checks can be left out, and what make soak does with
# all of it: each check of signed notes is noticed, and one that is not is told.
. "$srcdir/tests/tap.sh"

libs="libcbor jansson yaml-0.1 libcrypto libsodium cmocka"
# shellcheck disable=SC2086 # a list of words
if ! command -v python3 >/dev/null || ! pkg-config --exists $libs; then
	echo "1..0 # SKIP python3, pkg-config and cmocka are wanted"
	exit 0
fi

# shellcheck disable=SC2046,SC2086
build() {
	$CC -std=gnu11 -O0 -w -ffunction-sections -D_GNU_SOURCE -DPROV_MUTATE \
	    -I"$srcdir/include" -I"$srcdir/src" $(pkg-config --cflags $libs) \
	    -c "$srcdir"/src/base/*.c "$srcdir"/src/hash/*.c \
	    "$srcdir"/src/manifest/*.c "$srcdir"/src/sign/*.c \
	    "$srcdir"/tests/mutate/mutate.c || return 1
	for test in note cosignature; do
		$CC -std=gnu11 -O0 -w -D_GNU_SOURCE -DPROV_MUTATE \
		    -I"$srcdir/include" -I"$srcdir/src" \
		    $(pkg-config --cflags $libs) -Wl,--gc-sections \
		    -o test_$test "$srcdir/tests/unit/test_$test.c" ./*.o \
		    $(pkg-config --libs $libs) -lpthread -lm || return 1
	done
}
mutate() { # test ...
	python3 -B "$srcdir/tests/mutate/mutate.py" -j 1 --only sign/note.c \
	    "$srcdir" found "$@"
}

ok "builds" build
ok "without a change the tests pass" ./test_note
if PROV_MUTATE=sign/note.c:0 ./test_note >out 2>err; then
	fail "with one they do not" out err
else
	pass "with one they do not"
fi
ok "each check of notes is noticed" mutate ./test_note
has "and counted" out '^ok - [1-9][0-9]* calls .* 0 of them unnoticed'
rm -rf found
exit_is 1 "where nobody looks, that is told" mutate ./test_cosignature
has "by name" out 'sign/note.c:chars_check:1'
done_testing
