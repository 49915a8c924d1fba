#!/bin/sh
# SPDX-License-Identifier: ISC
# Our log, tiles and proofs as other implementations read them: one in Python
# from the text of the specifications, and Go's checksum database client.
. "$srcdir/tests/tap.sh"

makelog=${builddir:?}/tests/interop/makelog
python=/usr/bin/python3
[ -x "$python" ] || python=python3

damage() { # file: one bit of its last byte
	chmod u+w "$1"
	"$python" -c 'import sys
f = open(sys.argv[1], "r+b"); f.seek(-1, 2); b = f.read(1)
f.seek(-1, 2); f.write(bytes([b[0] ^ 1]))' "$1"
}

# The module comes from the Go module proxy, by go itself.
go_tool() {
	command -v go >/dev/null || return 1
	mkdir -p module && cp "$srcdir/tests/interop/tlog.go" module/main.go ||
		return 1
	printf 'module tlog\n\ngo 1.18\n\nrequire golang.org/x/mod v0.20.0\n' \
	    >module/go.mod
	(cd module && GOFLAGS='-mod=mod -modcacherw' GOPATH="$tap_dir/gopath" \
	    GOCACHE="$tap_dir/cache" CGO_ENABLED=0 \
	    timeout 300 go build -o ../tlog-go .) >go.log 2>&1
}

for n in 3 256 257 1500; do
	"$makelog" "log-$n" "$n" >"vkey-$n" ||
		fail "a log of $n entries is made"
done

if "$python" -c 'import cryptography' 2>/dev/null; then
	for n in 3 256 257 1500; do
		ok "python: $n entries" "$python" \
		    "$srcdir/tests/interop/tlog.py" "log-$n" \
		    "$(cat "vkey-$n")" "log-$n.proofs"/*
	done
	exit_is 1 "python: another log's key" "$python" \
	    "$srcdir/tests/interop/tlog.py" log-3 \
	    "$(sed 's/.$/x/' vkey-3)"
	cp -r log-257 bad
	damage bad/tlog/tile/entries/000
	exit_is 1 "python sees one bit of an entry" "$python" \
	    "$srcdir/tests/interop/tlog.py" bad "$(cat vkey-257)"
else
	echo "# no python3-cryptography: not tried"
fi

# A server for what prov ledger publish made.
server=
serve() { # dir: sets url
	rm -f port
	"$python" "$srcdir/tests/cli/served.py" "$1" port 2>server.err &
	server=$!
	tries=0
	while [ ! -s port ] && [ "$tries" -lt 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	url=http://127.0.0.1:$(cat port)
}
trap '[ -z "$server" ] || kill "$server"; chmod -R u+w "$tap_dir"; rm -rf "$tap_dir"' EXIT

# As it grows: what Go was told once is of the same tree later.
published() { # n [old]: of log-N, and that it extends log-OLD
	ok "publish $1 entries" prov ledger publish --ledger "log-$1" site
	serve "$tap_dir/site"
	ok "go: $1 entries by HTTP" ./tlog-go "$url" "$(cat "vkey-$1")" \
	    "log-$1.proofs"/* ${2:+"log-$2/tlog/checkpoint"}
	ok "clone them" prov ledger clone "$url" clone
	kill "$server"
	server=
	ok "go: the clone" ./tlog-go clone "$(cat "vkey-$1")" \
	    "log-$1.proofs"/* ${2:+"log-$2/tlog/checkpoint"}
}

if go_tool; then
	prov init --no-passphrase some/one >/dev/null
	prov trust add --log "$(cat vkey-3)" >/dev/null
	published 3
	published 256 3
	published 257 256
	published 1500 257
	for n in 3 256 257 1500; do
		ok "go: $n entries" ./tlog-go "log-$n" "$(cat "vkey-$n")" \
		    "log-$n.proofs"/*
	done
	cp -r log-1500 worse
	damage worse/tlog/tile/0/001
	exit_is 1 "go sees one bit of a tile" ./tlog-go worse \
	    "$(cat vkey-1500)"
else
	echo "# no go, or no golang.org/x/mod: not tried"
	[ ! -f go.log ] || sed 's/^/# /' go.log
fi
done_testing
