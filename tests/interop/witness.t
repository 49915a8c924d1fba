#!/bin/sh
# SPDX-License-Identifier: ISC
# Witnesses against another implementation: ours asks its, it asks ours, and it
# opens what both cosigned.
. "$srcdir/tests/tap.sh"

pids=
# shellcheck disable=SC2086 # words
stop_all() {
	[ -z "$pids" ] || kill $pids 2>/dev/null
	wait
}
trap 'stop_all; chmod -R u+w "$tap_dir"; rm -rf "$tap_dir"' EXIT

# The modules come from the Go module proxy, by go itself.
go_modules() {
	command -v go >/dev/null || return 1
	mkdir -p other.d && cp "$srcdir/tests/interop/witness.go" \
	    other.d/main.go || return 1
	cat >other.d/go.mod <<'MOD'
module witness

go 1.25.0

require (
	github.com/transparency-dev/formats v0.1.2-0.20260710124811-af9e607161b6
	github.com/transparency-dev/witness v0.0.0-20260720115447-2e1c6971d19e
	golang.org/x/mod v0.37.0
)
MOD
	(cd other.d && GOFLAGS=-mod=mod timeout 120 go list -deps .) \
	    >go.log 2>&1
}

# Nothing here needs to be fast: compiling is most of the time.
go_build() {
	(cd other.d && CGO_ENABLED=0 GOFLAGS=-mod=mod GOCACHE="$tap_dir/cache" \
	    timeout 400 go build -gcflags=all=-N -o ../other .)
}

await() { # file: until it says where it listens
	for _ in $(seq 100); do
		grep -q '^listening on' "$1" 2>/dev/null && return
		sleep 0.1
	done
}

if ! go_modules; then
	echo "# no go, or not the modules: not tried"
	[ ! -f go.log ] || sed 's/^/# /' go.log
	done_testing
	exit
fi
ok "the other implementation builds" go_build

ok "a home" prov init --no-passphrase test/log
log=$(sed -n 's/^log //p' "$PROV_HOME/tlog-policy")
ledger=$PROV_HOME/ledger
ok "a witness of ours" prov ledger witness init --no-passphrase example.org/ours
prov ledger witness serve --listen 127.0.0.1:0 -k example.org/ours >ours 2>&1 &
pids=$!
./other serve example.org/theirs "$log" >theirs 2>&1 &
pids="$pids $!"
await ours
await theirs
ours=$(sed -n 's/^vkey  //p' ours) theirs=$(sed -n 's/^vkey  //p' theirs)
at=http://$(sed -n 's/^listening on //p' ours)
ok "their key is one" prov ledger witness add "$theirs" \
    "http://$(sed -n 's/^listening on //p' theirs)"
ok "and ours" prov ledger witness add "$ours" "$at"

for i in 1 2 3; do
	echo "$i" >"$i"
	ok "sign $i: both cosign" prov sign "$i"
	ok "verify $i" prov verify "$i"
	ok "they open it" ./other open "$ledger" "$log" "$theirs" "$ours"
done
has "at a time" out '^example.org/theirs [0-9]*$'
exit_is 1 "not with another's key" ./other open "$ledger" "$log" "$theirs" \
    "$(sed -n 's/^vkey  //p' ours | sed 's/.$/x/')"

# Past two tiles, at once and one by one.
ok "nobody is asked" prov ledger witness quorum none
mkdir many
for i in $(seq 600); do
	echo "$i" >"many/$i"
done
ok "many" prov sign -r many
ok "they ask ours, by a proof of their own" ./other post "$at" "$ledger" \
    "$log" 4
has "which cosigns" out '^— example.org/ours '
exit_is 1 "from where it was before" ./other post "$at" "$ledger" "$log" 4
ok "again at the same size" ./other post "$at" "$ledger" "$log" 601
ok "both are asked again" prov ledger witness quorum all
echo last >last
ok "theirs comes from far behind" prov sign last
ok "and all open" ./other open "$ledger" "$log" "$theirs" "$ours"
done_testing
