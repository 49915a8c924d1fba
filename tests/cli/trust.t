#!/bin/sh
# SPDX-License-Identifier: ISC
# prov trust: whose signatures count, for what, and when.
. "$srcdir/tests/tap.sh"

verdict() { # description status word [reason] ... of prov verify on clip.wav
	v_what=$1 v_word=$3 v_reason=$4
	exit_is "$2" "$v_what: exit $2" prov verify clip.wav
	has "$v_what: $v_word" out "^clip.wav: $v_word  *$v_reason"
}
list() { # description pattern
	prov trust list >listed
	has "$1" listed "$2"
}

prov init --no-passphrase cam/one >/dev/null
vkey=$(prov key export)
log=$(prov key export cam/one/log)
cp "$srcdir/testdata/unknown.mp4" clip.wav
prov sign clip.wav >/dev/null
verdict "at first" 0 "VERIFIED exact" "by cam/one "

# Nothing is trusted on first use; what is printed is what helps.
ok "remove by name" prov trust remove cam/one
has "says so" out '^removed cam/one$'
verdict "untrusted" 1 UNTRUSTED signature.untrusted
sed -n 's/.*\(prov trust add .*\)$/\1/p' out >line
has "the line to add is printed" line "^prov trust add cam/one+"
ok "that line works" sh line
verdict "trusted again" 0 "VERIFIED exact" "by cam/one "
ok "add again" prov trust add "$vkey"
has "changes nothing and says so" out 'there already; nothing was changed'
kid=$(prov key show | sed -n 's/^kid *\(........\).*/\1/p')
ok "remove by kid" prov trust remove "$kid"
verdict "removed" 1 UNTRUSTED signature.untrusted
ok "add" prov trust add "$vkey"
ok "remove by vkey" prov trust remove "$vkey"
says 2 "remove what is not there" 'see prov trust list' \
    prov trust remove "$vkey"

# The log.
ok "add the signer" prov trust add "$vkey"
ok "remove the log" prov trust remove cam/one/log
exit_is 1 "no log is trusted" prov verify clip.wav
has "and the verdict says so" out '^clip.wav: [A-Z]* .*prov trust add --log'
says 1 "nor is its ledger" 'prov trust add --log' prov ledger check
ok "add --log" prov trust add --log "$log"
list "the log is listed" "^log     cam/one/log+"
verdict "with the log" 0 "VERIFIED exact" "by cam/one "

# What a signer is trusted for.
scoped() { # option ...
	prov trust remove cam/one >/dev/null
	prov trust add "$@" "$vkey" >/dev/null
}
scoped --iss cam/two
list "the issuer is listed" "^signer  cam/one+.*  iss cam/two"
verdict "another issuer" 1 UNTRUSTED signature.iss
scoped --iss cam/two --iss cam/one
verdict "one issuer of two" 0 "VERIFIED exact" "by cam/one "
scoped --path '/elsewhere/*'
list "the path is listed" "^signer  cam/one+.*  path /elsewhere/\*"
verdict "another path" 1 UNTRUSTED signature.path
scoped --path '/elsewhere/*' --path "$tap_dir/*"
verdict "one path of two" 0 "VERIFIED exact" "by cam/one "
mkdir below
ln -s ../clip.wav below/link
scoped --path "$tap_dir/below/*"
verdict "not below the path" 1 UNTRUSTED signature.path
exit_is 1 "nor by a link from there" prov verify --no-sidecar below/link

# When.
scoped --not-after 2020-01-01
list "the end is listed" "  not-after 2020-01-01T00:00:00Z"
verdict "past its end" 1 EXPIRED signature.expired
scoped --not-before 2999-01-01T00:00:00Z
list "the begin is listed" "  not-before 2999-01-01T00:00:00Z"
verdict "before its begin" 1 EXPIRED signature.expired
scoped --not-before 2020-01-01 --not-after 2999-01-01
verdict "in between" 0 "VERIFIED exact" "by cam/one "
scoped
for time in 1970-01-01 2026-02-30 2026-13-01 2026-1-1 2026-11-23T20:41:00 \
    tomorrow '' ' 2026-11-23' 2026-11-23x 2026-11-23T25:00:00Z; do
	says 2 "no time: '$time'" 'not a time such as' prov trust add \
	    --not-after "$time" "$vkey"
done
says 2 "a log has no scope" 'exclude each other' prov trust add --log \
    --iss cam/one "$vkey"
for bad in '' cam/one "cam/one+00000000+${vkey##*+}" "${vkey%??}" \
    "${vkey%????}AAAA" "$vkey "; do
	exit_is 2 "no verifier key: '$bad'" prov trust add "$bad"
done
n=0
set --
while [ "$n" -lt 65 ]; do
	n=$((n + 1))
	set -- "$@" --path "/p/$n"
done
prov trust remove cam/one >/dev/null
says 2 "too many paths" 'more than 64' prov trust add "$@" "$vkey"
ok "may revoke" prov trust add --may-revoke "$vkey"
list "is listed" '^signer  cam/one+.*  may-revoke$'

# A file and a home of one's own.
ok "add to another file" prov trust add --trust their.yaml "$vkey"
ok "and its log" prov trust add --trust their.yaml --log "$log"
ok "which verifies" prov verify --trust their.yaml clip.wav
says 2 "a trust file that is not there" 'no trust file' \
    prov verify --trust nothing.yaml clip.wav
echo 'signers: []' >bad.yaml
says 2 "one without a version" 'bad.yaml:1:1: no version' \
    prov verify --trust bad.yaml clip.wav
sed 's/may_revoke/may_invoke/' home/trust.yaml >bad.yaml
says 2 "one with an unknown key" 'bad.yaml:[0-9]*:[0-9]*: unknown key' \
    prov verify --trust bad.yaml clip.wav
export PROV_HOME="$tap_dir/a/new/home"
ok "a new home begins with trust" prov trust add "$vkey"
ok "and a log" prov trust add --log "$log"
ok "and verifies what it never saw, by the sidecar" prov verify clip.wav
done_testing
