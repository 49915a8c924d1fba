#!/bin/sh
# SPDX-License-Identifier: ISC
# prov ledger monitor: copies in directories and behind HTTP, a fork, and what
# it says with its exit status.
. "$srcdir/tests/tap.sh"

python=$(command -v /usr/bin/python3 || command -v python3)
server=
end_server() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	server=
}
trap 'end_server; chmod -R u+w "$tap_dir"; rm -rf "$tap_dir"' EXIT

prov init --no-passphrase test/monitor >out 2>err || fail "init" out err
ledger=$PROV_HOME/ledger
echo one >one && echo two >two && echo three >three
monitor() { # option ...
	prov ledger monitor --state "$tap_dir/state" "$@"
}

ok "a first look" monitor --once "$ledger"
has "tells the head" out '^test/monitor/log: 1 entries, 0 new, 1 of 1 places'
ok "one is signed" prov sign one
ok "a second look" monitor --once --json "$ledger"
has "tells of the entry" out '"event":"entry".*"index":1.*"iss":"test/monitor"'
has "and that trust has its key" out '"signature":"valid"'
has "and what of it is new" out '"event":"head".*"new_entries":1'

kid=$(prov key show | sed -n 's/.*\([0-9a-f]\{64\}\).*/\1/p' | head -n 1)
ok "two is signed" prov sign two
ok "entries of one key" monitor --once --json --kid "$kid" "$ledger"
has "are told" out '"event":"entry".*"index":2'
ok "three is signed" prov sign three
ok "entries of another key" monitor --once --json \
    --kid "$(printf '%064d' 0)" "$ledger"
exit_is 1 "are not" grep -q '"event":"entry"' out

exit_is 75 "a head that nobody witnessed is stale" \
    monitor --once --max-age 60 "$ledger"
has "and called so" out 'STALE'
exit_is 75 "a copy that is not there" monitor --once "$ledger" nowhere
has "is named" out '^nowhere: unreachable: '
exit_is 2 "no copy" prov ledger monitor --once
exit_is 2 "no kid" monitor --once --kid abc "$ledger"
exit_is 2 "no interval" monitor --interval 0 "$ledger"
: >file
exit_is 2 "a state that is no directory" \
    prov ledger monitor --once --state file "$ledger"

# It ends by a signal, after a round.
prov ledger monitor --state "$tap_dir/running" --interval 600 "$ledger" \
    >running.out 2>running.err &
running=$!
n=0
while [ ! -s running.out ] && [ "$n" -lt 100 ]; do
	sleep 0.1
	n=$((n + 1))
done
kill "$running"
wait "$running"
ok "ended by a signal, all well" test $? -eq 0
has "after its round" running.out '4 entries'

# Another history from here on.
cp -R "$PROV_HOME" other-home
echo four >four && echo five >five
ok "one history" prov sign four
ok "another one" env PROV_HOME="$tap_dir/other-home" \
    XDG_STATE_HOME="$tap_dir/other-state" prov sign five
exit_is 1 "a fork" monitor --once --json "$ledger" other-home/ledger
has "is told" out '"event":"fork".*"larger":.*"evidence":'
evidence=$(sed -n 's/.*"evidence":"\([^"]*\)".*/\1/p' out)
ok "with evidence that holds" prov ledger fork "$evidence"
exit_is 1 "is not hidden by what cannot be reached" \
    monitor --once "$ledger" other-home/ledger nowhere

# Behind HTTP.
serve() { # directory: serves it on a port that the kernel picks
	"$python" -u - "$1" >port 2>server.log <<'PY' &
import functools, http.server, sys
h = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), h)
print(s.server_port)
s.serve_forever()
PY
	server=$!
	n=0
	while [ ! -s port ] && [ "$n" -lt 100 ]; do
		sleep 0.1
		n=$((n + 1))
	done
}
serve "$PROV_HOME/ledger"
url=http://127.0.0.1:$(cat port)
ok "a copy behind HTTP" prov ledger monitor --once --json \
    --from-start --state http-state "$url"
has "has all entries" out '"event":"entry".*"index":4'
has "and a head" out '"event":"head".*"size":5,'
exit_is 1 "forks, too" prov ledger monitor --once --json \
    --state http-state2 "$url" other-home/ledger
has "are told" out '"event":"fork"'
ok "a witness that never saw the log" prov ledger monitor --once --json \
    --state http-state --witness "$url" "$ledger"
has "is absent" out '"kind":"witness","state":"absent"'
ok "nothing that was fetched stays" test -z "$(find http-state http-state2 \
    -name 'fetched-*')"
end_server
exit_is 75 "a server that is gone" prov ledger monitor --once \
    --state http-state "$url"
done_testing
