#!/bin/sh
# SPDX-License-Identifier: ISC
# What the library exports is what the headers declare, no more and no less;
# a verifier has no code that signs or decrypts keys; only prov-demux has
# FFmpeg, and only prov-net has the network.
. "$srcdir/tests/tap.sh"

defined() { # file: the functions and data in it
	nm --defined-only "$1" | awk '{ print $3 }' | sort -u
}

# A declaration runs from PROV_API to its semicolon.
cat "$srcdir"/include/prov.h "$srcdir"/include/prov/*.h | awk '
    /^PROV_API/ { on = 1; text = "" }
    on { text = text " " $0 }
    on && /;/ { on = 0; print text }' |
    sed -n 's/^[^(]*[ *]\(prov_[a-z0-9_]*\)(.*/\1/p' | sort >declared
sed -n 's/^[[:space:]]*\(prov_[a-z0-9_]*\);$/\1/p' \
    "$srcdir/src/libprov.map" | sort >mapped
nm -D --defined-only "$builddir/.libs/libprov.so" |
    awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >exported
same "what is declared is in the map" declared mapped
same "what is in the map is exported" mapped exported

verifier=$builddir/tests/lint/verify_only
[ -x "$verifier" ] || verifier=$builddir/tests/lint/.libs/verify_only
if defined "$verifier" | grep -q '^prov_verify_file$'; then
	pass "a verifier links without the private half"
else
	fail "a verifier links without the private half"
fi
for symbol in prov_key_load prov_key_generate prov_sign_files \
    prov_ledger_append prov_ledger_open_writer; do
	defined "$verifier" | grep "^$symbol\$" >found
	: >none
	same "and does not have $symbol" none found
done
nm -D --undefined-only "$verifier" | awk '{ print $2 }' |
    grep -E '^crypto_(sign_detached|sign_keypair|sign_seed_keypair|sign_ed25519_detached|pwhash|aead_)' >found
same "nor libsodium's calls that sign or decrypt" none found

needed() { # file: the shared libraries it asks for
	objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }'
}
needed "$builddir/.libs/libprov.so" >library
needed "$builddir/prov-demux" >worker
program=$builddir/prov
[ ! -x "$builddir/.libs/prov" ] || program=$builddir/.libs/prov
needed "$program" >program.libs
needed "$builddir/prov-net" >network
network='curl|microhttpd|gnutls|libssl|libnghttp'
grep -hE "$network" program.libs library worker >found
same "neither prov, libprov nor prov-demux links a network library" none found
has "the network program does" network 'libcurl'
grep -E 'sqlite|sodium|libav|jansson|yaml' network >found
same "and nothing that keeps keys, ledgers or media" none found
grep -E 'libav|libsw|seccomp' library >found
same "libprov does not link FFmpeg" none found
grep -E 'curl|microhttpd|gnutls|libssl|libnghttp|sqlite|sodium' \
    library worker | grep -vE 'library:lib(sqlite3|sodium)' >found
same "nothing links the network, the worker no keys and no ledger" none found
ok "the worker links FFmpeg" grep -q libavformat worker
done_testing
