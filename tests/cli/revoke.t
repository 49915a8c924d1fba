#!/bin/sh
# SPDX-License-Identifier: ISC
# prov key revoke, prov key recovery, prov ledger takedown, and what prov verify
# makes of them.
. "$srcdir/tests/tap.sh"

clip=$srcdir/testdata/clip.mp4
made() { # name [media]: other bytes of the same streams
	cp "${2:-$srcdir/testdata/unknown.mp4}" "$1"
	printf '\0\0\0\020free%s' "$(printf '%8.8s' "$1")" >>"$1"
}

ok "init" prov init --no-passphrase demo/camera-1
has "makes a recovery key" out "^recovery  $PROV_HOME/recovery.key: move it"
stat -c %a "$PROV_HOME/recovery.key" >mode
echo 600 >want
same "that only its owner reads" want mode
ok "entry 0" prov show --entry 0
has "names it" out '^  recovery  [0-9a-f]\{64\}$'
mv "$PROV_HOME/recovery.key" vault.key
rm "$PROV_HOME/config"
ok "an interrupted init goes on" prov init --no-passphrase demo/camera-1
ok "without another recovery key" test ! -e "$PROV_HOME/recovery.key"
says 2 "a recovery key is for good" 'cannot be replaced' \
    prov key recovery --no-passphrase --out thief.key
ok "and leaves no file" test ! -e thief.key

made first.mp4
made later.mp4
prov sign first.mp4 later.mp4 >/dev/null
prov key show | sed -n 's/^kid *//p' >kid
kid=$(cat kid)

# What is asked for wrongly.
says 2 "no such key" 'no key nobody' prov key revoke nobody
says 2 "no such reason" 'key-compromise, ' prov key revoke --reason boredom
says 2 "both" 'exclude' prov key revoke --from now --from-index 1
says 2 "not a number" 'not a number' prov key revoke --from-index 1x
says 2 "not now" 'takes now' prov key revoke --from yesterday
says 2 "what is not there yet" 'cannot be entry 3' \
    prov key revoke --from-index 99
ok "nothing was logged" prov ledger checkpoint
has "at all" out '^3$'

# A stranger, and who is registered but not trusted.
prov key generate --no-passphrase desk/new >/dev/null
prov ledger register "$(prov key export desk/new)" >/dev/null
says 2 "another key" 'nobody would believe it' \
    prov key revoke -k desk/new demo/camera-1
says 2 "a key that is nowhere" 'sign with its recovery key' \
    prov key revoke "$(printf %064d 1)"
ok "a takedown by another" prov ledger takedown -k desk/new first.mp4
ok "means nothing to who trusts its signer" prov verify first.mp4

# Taken down.
ok "takedown" prov ledger takedown --reason rights later.mp4
has "says so" out '^taken down  [0-9a-f]\{64\}  by entry 5$'
ok "show" prov show --entry 5
has "the reason" out '^reason      rights$'
exit_is 1 "verify" prov verify later.mp4
has "says so" out 'REVOKED.*asset.takedown'
exit_is 1 "without a sidecar, too" prov verify --no-sidecar later.mp4
ok "the other stands" prov verify first.mp4
says 2 "what is not logged" 'nothing on these very bytes' \
    prov ledger takedown "$clip"
says 2 "what is no file" 'o such file' prov ledger takedown nothing.mp4
says 2 "what is no asset" 'on no asset' prov ledger takedown 0
says 2 "no such reason" 'one of unspecified, ' \
    prov ledger takedown --reason ugly first.mp4

# Revoked from an entry on, by the recovery key, while a thief has the key.
made new.mp4 "$clip"
prov sign new.mp4 >/dev/null
ok "revoke" prov key revoke -k vault.key --from-index 6 \
    --reason key-compromise "$(cut -c 1-8 kid)"
has "says so" out \
    "^revoked  demo/camera-1  $(cut -c 1-8 kid)  from entry 6 on, by entry 7$"
ok "show" prov show --entry 7
has "the key" out "^revoked     $kid$"
has "the place" out '^from entry  6$'
exit_is 1 "what is behind" prov verify --json new.mp4
has "is revoked" out '"signature": *"revoked"'
has "for a reason" out '"signature.revoked"'
ok "what is before stands" prov verify --require revocation first.mp4
ffmpeg -v error -i new.mp4 -c copy packed.mkv
exit_is 1 "packed anew" prov verify packed.mkv
has "is revoked" out REVOKED
ffmpeg -v error -ss 2 -i new.mp4 -t 6 -c copy piece.mp4
exit_is 1 "and cut" prov verify --accept clip --json piece.mp4
has "is revoked, too" out '"binding": *"clip", *"signature": *"revoked"'
exit_is 1 "a report" prov verify --report page.html new.mp4
has "says what to do" page.html 'key was revoked'

# The thief goes on, and sets the clock back.
made stolen.mp4
exit_is 2 "the key signs no more" prov sign stolen.mp4
has "in this ledger" err 'was revoked'
if command -v faketime >/dev/null; then
	exit_is 2 "nor in the past" faketime '2020-01-01' prov sign stolen.mp4
	exit_is 1 "and there it finds nothing valid" \
	    faketime '2020-01-01' prov verify new.mp4
fi
says 1 "nor is it registered again" 'was revoked' \
    prov ledger register "$(prov key export demo/camera-1)"
says 2 "nor revokes others" 'was revoked' \
    prov key revoke -k demo/camera-1 "$(prov key export desk/new)"
ok "it may say that more is not its own" prov key revoke --from-index 1
exit_is 1 "which widens it" prov verify first.mp4
ok "a later word" prov key revoke -k vault.key --from now
exit_is 1 "does not narrow it" prov verify first.mp4

# With a sidecar alone; and with what others published.
prov trust list --trust "$PROV_HOME/trust.yaml" >/dev/null
mv "$PROV_HOME/ledger" published
ok "with a sidecar alone" prov verify --json first.mp4
has "it was not checked" out '"not_checked":.*"revocation"'
exit_is 1 "which can be refused" prov verify --require revocation first.mp4
has "for a reason" out 'UNTRUSTED.*revocation.unchecked'
says 2 "it is the only thing" 'takes revocation' \
    prov verify --require luck first.mp4
exit_is 1 "a published ledger" \
    prov verify --require revocation --ledger published first.mp4
has "is read" out REVOKED
ok "and that is remembered" test -s "$XDG_STATE_HOME"/prov/notices/*
rm published/index/*
printf 'prov-index/2\n' >published/index/runs
exit_is 1 "an index without it" \
    prov verify --require revocation --ledger published first.mp4
has "hides nothing" out REVOKED

# A clone has read all of it.
rm -r "$XDG_STATE_HOME"/prov/notices
mv published "$PROV_HOME/ledger"
ok "publish" prov ledger publish "$tap_dir/web"
mv "$PROV_HOME/ledger" published
ok "clone" prov ledger clone web copy
ok "remembers what it read" test -s "$XDG_STATE_HOME"/prov/notices/*
exit_is 1 "verify by the clone" prov verify --require revocation --ledger copy \
    first.mp4
has "knows" out REVOKED

# The way on: another key, let in by the recovery key.
mv published "$PROV_HOME/ledger"
prov key generate --no-passphrase demo/camera-2 >/dev/null
ok "a new key" prov ledger register -k vault.key \
    "$(prov key export demo/camera-2)"
prov trust add "$(prov key export demo/camera-2)" >/dev/null
ok "signs" prov sign -k demo/camera-2 stolen.mp4
ok "and verifies" prov verify --require revocation stolen.mp4
ok "and names its own recovery key" prov key recovery --no-passphrase \
    --out two.key demo/camera-2
has "in the ledger" out '^recovery  two.key, named in entry [0-9]*$'
ok "once" prov key recovery --out two.key demo/camera-2
has "only" out 'there already'
ok "the ledger is sound" prov ledger check
done_testing
