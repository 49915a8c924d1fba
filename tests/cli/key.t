#!/bin/sh
# SPDX-License-Identifier: ISC
# prov key: what is made, brought, shown and refused.
. "$srcdir/tests/tap.sh"

keys=$PROV_HOME/keys
says 2 "no key yet" 'prov init' prov key show
prov init --no-passphrase test/key >/dev/null

ok "generate" prov key generate --no-passphrase desk/new
cp out made
has "prints the name" made '^name  desk/new$'
has "the kid" made '^kid   [0-9a-f]\{64\}$'
has "the verifier key" made '^vkey  desk/new+[0-9a-f]\{8\}+A[A-Za-z0-9+/=]*$'
has "and what to do next" made '^next: prov trust add .*prov ledger register'
stat -c %a "$keys/desk/new.key" >mode
echo 600 >want
same "only its owner reads it" want mode
cp "$keys/desk/new.key" was
head -c 32 /dev/urandom >seed
says 2 "generate again" 'there already; nothing was changed' \
    prov key generate --no-passphrase desk/new
says 2 "import over it" 'there already; nothing was changed' \
    prov key import --no-passphrase --seed seed desk/new
same "the key is the old one" was "$keys/desk/new.key"
for name in /a ../a a//b 'a b' 'a+b'; do
	says 2 "no name: $name" 'not a name' \
	    prov key generate --no-passphrase "$name"
done
ok "show" prov key show desk/new
grep -v ^next made >want
same "shows what generate printed" want out
ok "show by path" prov key show "$keys/desk/new.key"
same "the same" want out
ok "show" prov key show
has "the default one" out '^name  test/key$'
ok "export" prov key export desk/new
sed -n 's/^vkey  //p' made >want
same "is the verifier key" want out
says 2 "what is not there" 'no such key' prov key show nobody

# The manual's way to bring a key of openssl's.
openssl genpkey -algorithm ed25519 -out key.pem 2>/dev/null
man=$(sed -n 's/\\-/-/g; s/^\$ \(openssl pkey .*\)/\1/p' \
    "$srcdir/man/prov-key.1")
man="$man $(sed -n 's/^ *\(prov key import\)/\1 --no-passphrase/p' \
    "$srcdir/man/prov-key.1")"
ok "the manual's import: $man" sh -c "$man"
prov key export --secret desk/anna >seed.hex
openssl pkey -in key.pem -outform DER | tail -c 32 | od -An -v -tx1 |
    tr -d ' \n' >want
echo >>want
same "export --secret gives openssl's seed" want seed.hex
openssl pkey -in key.pem -pubout -outform DER | tail -c 32 |
    od -An -v -tx1 | tr -d ' \n' >want
prov key export desk/anna | sed 's/^[^+]*+[^+]*+//' | base64 -d |
    tail -c 32 | od -An -v -tx1 | tr -d ' \n' >is
same "and the public key is openssl's" want is
vkey=$(prov key export desk/anna)
prov ledger register "$vkey" >/dev/null
prov trust add "$vkey" >/dev/null
echo text >text
ok "it signs" prov sign -k desk/anna text
ok "and verifies" prov verify text
has "under its name" out 'VERIFIED exact  by desk/anna '
ok "import of hex digits" \
    prov key import --no-passphrase --seed seed.hex desk/two
prov key show desk/two | sed -n 2p >is
prov key show desk/anna | sed -n 2p >want
same "is the same key" want is

sed 's|^.|g|' seed.hex >bad.hex
head -c 31 key.pem >short
head -c 33 key.pem >long
head -c 63 seed.hex >short.hex
{
	cat seed.hex
	echo
} >long.hex
for seed in bad.hex short long short.hex long.hex /dev/null; do
	says 2 "no seed: $seed" 'not a seed: 32 bytes or 64 hex' \
	    prov key import --no-passphrase --seed "$seed" desk/bad
done
says 2 "a seed that is not there" 'nothing: No such file' \
    prov key import --no-passphrase --seed nothing desk/bad
says 2 "a seed that is a directory" 'directory' \
    prov key import --no-passphrase --seed . desk/bad
ok "no key came of it" test ! -e "$keys/desk/bad.key"

# Who else could have read or replaced it.
ln -s new.key "$keys/desk/link.key"
says 2 "a symbolic link" 'symbolic link' prov key show desk/link
chmod 640 "$keys/desk/new.key"
says 2 "a key that its group can read" 'chmod 600' prov key show desk/new
chmod 604 "$keys/desk/new.key"
says 2 "a key that others can read" 'chmod 600' prov sign -k desk/new text
chmod 600 "$keys/desk/new.key"
ok "mended" prov key show desk/new
head -c 60 was >"$keys/desk/new.key"
says 2 "a truncated key" 'not a key file' prov key show desk/new
says 2 "a log's key" 'log' prov sign -k test/key/log text

# With a passphrase.
echo right >right
echo wrong >wrong
chmod 600 right wrong
ok "import with a passphrase" \
    prov key import --passphrase-file right --seed seed.hex desk/locked
ok "it opens" prov key export --secret --passphrase-file right desk/locked
same "with the seed in it" seed.hex out
says 2 "the wrong one" 'wrong passphrase' \
    prov key export --secret --passphrase-file wrong desk/locked
says 2 "none" 'passphrase-file' setsid prov key show desk/locked
python3 - seed.hex "$keys/desk/locked.key" "$keys/desk/two.key" >found <<'EOF'
import sys
seed = bytes.fromhex(open(sys.argv[1]).read())
for path in sys.argv[2:]:
    print(seed in open(path, "rb").read())
EOF
printf 'False\nTrue\n' >want
same "the seed is in clear only where that was asked for" want found
done_testing
