#!/bin/sh
# SPDX-License-Identifier: ISC
# prov init: names, a second run, an interrupted one, passphrase files.
. "$srcdir/tests/tap.sh"

mode() { # description mode path
	stat -c %a "$3" >mode.is
	echo "$2" >mode.want
	same "$1" mode.want mode.is
}
home() { # name: a home of its own from here on
	PROV_HOME=$tap_dir/$1
}

home first
ok "init" prov init --no-passphrase demo/camera-1
has "prints the key" out '^key  *demo/camera-1  [0-9a-f]\{8\}$'
has "and the ledger" out '^ledger  demo/camera-1/log, empty$'
ok "the key is the default one" prov key show
has "under that name" out '^name  demo/camera-1$'
ok "the ledger stands" prov ledger check
has "with its registration" out '^demo/camera-1/log: 1 entries'
ok "signer and log are trusted" prov trust list
has "the signer" out '^signer  demo/camera-1+'
has "the log" out '^log     demo/camera-1/log+'
for key in camera-1 camera-1/log; do
	mode "$key.key is its owner's" 600 "first/keys/demo/$key.key"
done
mode "keys/ too" 700 first/keys
mode "and the home" 700 first

cp -R first before
ok "a second run" prov init --no-passphrase demo/camera-1
has "says that nothing was changed" out 'there already; nothing was changed'
ok "and changed nothing" diff -r before first
ok "a second run without a name" prov init
ok "asks for no passphrase and changes nothing" diff -r before first
says 2 "another name" 'set up for demo/camera-1.*prov key generate other' \
    prov init --no-passphrase other
ok "changes nothing either" diff -r before first

home named
ok "without a name" prov init --no-passphrase
has "host and user are taken" out "^key  *[A-Za-z0-9._-]*/$(id -un | tr -c 'A-Za-z0-9._\n-' _)  "

home bad
for name in '' / /a a/ a//b ../a a/../b 'a b' a+b "$(printf 'a\033b')" \
    "$(printf 'a\nb')" é; do
	says 2 "no name: '$(printf %s "$name" | tr -c 'a-z+./ ' '?')'" \
	    'name' prov init --no-passphrase "$name"
done
ok "nothing was made" test ! -e bad
says 2 "too many names" usage prov init --no-passphrase a b

# Killed between any two steps, the next run goes on.
for lost in config trust.yaml tlog-policy ledger keys/a/log.key; do
	home "without-${lost##*/}"
	prov init --no-passphrase a >/dev/null
	rm -r "$PROV_HOME/config"
	case $lost in
	config) ;;
	keys/*) rm -r "$PROV_HOME/ledger" "${PROV_HOME:?}/$lost" ;;
	*) rm -r "${PROV_HOME:?}/$lost" ;;
	esac
	rm -f "$PROV_HOME/trust.yaml"
	prov key export a >was
	ok "resumed without $lost" prov init --no-passphrase a
	prov key export >is
	same "the key is the old one" was is
	echo "$lost" >file
	ok "it signs" prov sign file
	ok "and verifies" prov verify file
done
home mixed
prov init --no-passphrase a >/dev/null
rm mixed/config
says 2 "resumed under another name" 'begun under another name' \
    prov init --no-passphrase b
ok "the old name goes on" prov init --no-passphrase a
ok "and signs" prov sign --no-sidecar file

home locked
echo 'correct horse' >secret
chmod 640 secret
says 2 "a passphrase that others can read" 'chmod 600' \
    prov init --passphrase-file secret a
chmod 600 secret
says 2 "two ways at once" 'exclude each other' \
    prov init --no-passphrase --passphrase-file secret a
: >empty
chmod 600 empty
says 2 "an empty passphrase" 'no-passphrase' \
    prov init --passphrase-file empty a
says 2 "a passphrase file that is not there" 'No such file' \
    prov init --passphrase-file nothing a
says 2 "nowhere to ask" 'passphrase-file' setsid prov init a
ok "none of it made a key" test ! -e locked/keys/a.key
ok "init with a passphrase" prov init --passphrase-file secret a
ok "which opens the key" prov key show --passphrase-file secret
says 2 "nothing else does" 'passphrase' setsid prov key show
done_testing
