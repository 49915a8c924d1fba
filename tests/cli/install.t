#!/bin/sh
# SPDX-License-Identifier: ISC
# What make install puts where, and that a stranger can build against it.
. "$srcdir/tests/tap.sh"

# Not part of the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL
ok "make install" make -C "$builddir" install DESTDIR="$tap_dir/root"
pc=$(find root -name libprov.pc)
export PKG_CONFIG_PATH="${pc%/*}" PKG_CONFIG_SYSROOT_DIR="$tap_dir/root"
bin=$(find "$tap_dir/root" -path '*/bin/prov') prefix=${bin%/bin/prov}
lib=$(find "$tap_dir/root" -name libprov.so) LD_LIBRARY_PATH=${lib%/*}
export LD_LIBRARY_PATH

for file in libexec/prov/prov-demux libexec/prov/prov-net include/prov.h include/prov/verify.h \
    share/man/man1/prov.1 share/man/man3/libprov.3 \
    share/bash-completion/completions/prov share/zsh/site-functions/_prov \
    share/fish/vendor_completions.d/prov.fish; do
	ok "$file is there" test -s "$prefix/$file"
done
ok "prov runs from there" "$bin" --version
ok "bash reads its completions" \
    bash -n "$prefix/share/bash-completion/completions/prov"

for example in verify feed; do
	# shellcheck disable=SC2046 # flags are words
	ok "examples/$example.c builds with pkg-config" "$CC" -std=c99 -Wall \
	    -Wextra -Werror "$srcdir/examples/$example.c" -o "$example" \
	    $(pkg-config --cflags --libs libprov)
	lines=$(wc -l <"$srcdir/examples/$example.c")
	ok "and has $lines lines, under 60" test "$lines" -lt 60
done
ok "feed runs" ./feed
cp out identity
ok "and prints an identity" \
    grep -q '^pcm/1  *[0-9a-f]\{64\}  *1\.000 s$' identity
done_testing
