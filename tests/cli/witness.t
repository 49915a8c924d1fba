#!/bin/sh
# SPDX-License-Identifier: ISC
# Witnesses over HTTP: added to a policy, asked by sign, waited for, doubted.
. "$srcdir/tests/tap.sh"

python=/usr/bin/python3
[ -x "$python" ] || python=python3
pids=
# shellcheck disable=SC2086 # words
stop_all() {
	[ -z "$pids" ] || kill $pids 2>/dev/null
	wait
}
trap 'stop_all; chmod -R u+w "$tap_dir"; rm -rf "$tap_dir"' EXIT

wav() { # file seed: a second of noise
	"$python" -c '
import random, struct, sys, wave
random.seed(sys.argv[2])
with wave.open(sys.argv[1], "wb") as w:
    w.setnchannels(1); w.setsampwidth(2); w.setframerate(8000)
    w.writeframes(bytes(random.randrange(256) for _ in range(96000)))
' "$1" "$2"
}

vkey_of() { sed -n 's/^vkey  //p' "$1"; }

start() { # number [option ...]: serves witness N, from its own home
	n=$1
	shift
	: >"w$n.out"
	PROV_HOME="$tap_dir/w$n" prov ledger witness serve \
	    --listen 127.0.0.1:0 -k "example.org/w$n" \
	    --dir "w$n/state" "$@" >"w$n.out" 2>"w$n.err" &
	pid=$!
	pids="$pids $pid"
	echo "$pid" >"w$n.pid"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 \
	    21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40; do
		grep -q listening "w$n.out" && break
		sleep 0.25
	done
	sed -n 's/^listening on //p' "w$n.out" >"w$n.addr"
}

policy() { # number: where witness N is now
	sed "/example.org.w$1+/s#http://[0-9.:]*#http://$(cat "w$1.addr")#" \
	    "$PROV_HOME/tlog-policy" >policy.new
	cp policy.new "$PROV_HOME/tlog-policy"
}

end() { # number: as kill does it, and waits
	kill "$(cat "w$1.pid")" 2>/dev/null
	wait "$(cat "w$1.pid")" 2>/dev/null
}

ok "a home" prov init --no-passphrase test/w
log=$(sed -n 's/^log //p' "$PROV_HOME/tlog-policy" | head -1)
for n in 1 2 3; do
	mkdir "w$n"
	PROV_HOME="$tap_dir/w$n" prov trust add --log "$log" >out 2>&1
	ok "witness $n is made" env PROV_HOME="$tap_dir/w$n" \
	    prov ledger witness init --no-passphrase --dir "w$n/state" \
	    "example.org/w$n"
	vkey_of out >"w$n.vkey"
done
says 2 "it is made once" 'there already' env PROV_HOME="$tap_dir/w1" \
    prov ledger witness init --no-passphrase --dir w1/state example.org/w1
says 2 "a directory that is not there is not made in passing" \
    'no witness in' env PROV_HOME="$tap_dir/w1" prov ledger witness serve \
    --listen 127.0.0.1:0 -k example.org/w1 --dir nowhere
says 2 "another key's directory" 'by another key' env \
    PROV_HOME="$tap_dir/w2" prov ledger witness serve \
    --listen 127.0.0.1:0 -k example.org/w2 --dir w1/state
for n in 1 2 3; do
	start "$n"
done
has "it listens" w1.out '^listening on 127.0.0.1:[0-9]*$'

# The policy.
ok "add" prov ledger witness add "$(cat w1.vkey)" \
    "http://$(cat w1.addr)"
ok "list" prov ledger witness list
has "the first makes a quorum" out '^quorum witnesses$'
ok "add another, by a name of its own" prov ledger witness add --name second \
    "$(cat w2.vkey)" "http://$(cat w2.addr)/"
ok "and a third" prov ledger witness add "$(cat w3.vkey)" \
    "http://$(cat w3.addr)" --quorum 2
ok "list" prov ledger witness list
has "two of three" out \
    '^group witnesses 2 example.org/w1 second example.org/w3$'
says 2 "twice" 'already' prov ledger witness add "$(cat w1.vkey)"
says 2 "a log is no witness" 'type 0x01' prov ledger witness add "$log"
says 2 "more than there are" 'a group needs' prov ledger witness quorum 4
says 2 "somebody unknown" 'is not all' prov ledger witness quorum nobody
cp "$PROV_HOME/tlog-policy" policy.before
ok "any" prov ledger witness quorum any
ok "one of them alone" prov ledger witness quorum second
says 2 "whom the quorum needs" 'the quorum needs second' \
    prov ledger witness remove second
ok "none" prov ledger witness quorum none
ok "two again" prov ledger witness quorum 2
ok "a policy that is read" prov ledger witness list
same "and is what it was" policy.before "$PROV_HOME/tlog-policy"

# Signing waits for two of them.
wav a.wav 1
ok "sign" prov sign a.wav
for w in w1 w2 w3; do
	grep -c '^200 POST /add-checkpoint$' "$w.out"
done | awk '{ n += $1 } END { exit n < 2 }'
ok "witnesses were asked" test $? -eq 0
ok "the checkpoint" prov ledger checkpoint
ok "is cosigned" test "$(grep -c 'example.org/w' out)" -ge 2
grep 'example.org/w' out >lines
ok "verify" prov verify --json a.wav
has "at a time" out '"witnessed_at":"20'
cp a.wav.prov complete.prov
"$python" -c 'import sys
b = open("complete.prov", "rb").read()
for line in open("lines", "rb"):
    sys.exit(line not in b)'
ok "the sidecar has it verbatim" test $? -eq 0
ok "check" prov ledger check
ok "nothing to update" prov ledger prove --update a.wav
has "it says so" out 'complete already'

# The proof as a monitor sees it.
hex=$(printf 'test/w/log' | sha256sum | cut -d' ' -f1)
"$python" - "http://$(cat w1.addr)" "$hex" >fetched 2>fetch.err <<'PY'
import sys, urllib.error, urllib.request
base, hex = sys.argv[1:]
with urllib.request.urlopen(base + "/" + hex + "/checkpoint") as r:
    assert r.headers["Content-Type"].startswith("text/plain"), r.headers
    note = r.read()
sys.stdout.write(note.decode())

def status(path, data=None):
    try:
        with urllib.request.urlopen(base + path, data) as r:
            return r.status, r.headers["Content-Type"], r.read()
    except urllib.error.HTTPError as e:
        return e.code, e.headers["Content-Type"], e.read()

def add(body):
    return status("/add-checkpoint", body)

assert status("/" + "0" * 64 + "/checkpoint")[0] == 404
assert status("/add-checkpoint")[0] == 405
size = note.split(b"\n")[1]
assert add(b"old 0\n\n")[0] == 400
assert add(b"old 1000\n\n" + note)[0] == 400
code, kind, body = add(b"old 0\n\n" + note)
assert (code, kind, body) == (409, "text/x.tlog.size", size + b"\n"), body
code, kind, body = add(b"old " + size + b"\n\n" + note)
assert code == 200 and body.startswith(b"\xe2\x80\x94 example.org/w1 "), body
assert add(b"old " + size + b"\n\n" +
    note.replace(b"test/w/log\n", b"test/v/log\n", 1))[0] == 404
lines = note.split(b"\n")
lines[1] = b"7"
assert add(b"old 7\n\n" + b"\n".join(lines))[0] == 403
assert add(b"old " + size + b"\n" + lines[2] + b"\n\n" + note)[0] == 422
PY
ok "each status of the protocol, over HTTP" test $? -eq 0
[ ! -s fetch.err ] || sed 's/^/# /' fetch.err
has "the monitoring endpoint" fetched '^test/w/log$'

# One down: two still are a quorum. Two down: pending.
end 3
wav b.wav 2
ok "without one" prov sign b.wav
end 2
wav c.wav 3
exit_is 75 "without two" prov sign --wait 1 c.wav
has "says who is missing" err 'second'
has "and what to do" err 'prove --update'
ok "the sidecar stands" test -f c.wav.prov
exit_is 1 "it is not enough yet" prov verify c.wav
exit_is 75 "again, as JSON" prov sign --wait 0 --json c.wav
has "it is pending" out '"status":"pending"'
has "its entry is kept" out '"log_index":3,'
exit_is 75 "update, too early" prov ledger prove --update --wait 1 c.wav
has "says so" err 'pending'
start 2
policy 2
ok "update" prov ledger prove --update c.wav b.wav.prov
has "c is completed" out '^c.wav.prov: completed$'
has "b was complete" out '^b.wav.prov: complete already$'
ok "now it holds" prov verify c.wav
mkdir alone elsewhere && cp c.wav c.wav.prov alone/
cp "$PROV_HOME/trust.yaml" "$PROV_HOME/tlog-policy" elsewhere/
ok "elsewhere, from its sidecar alone" env PROV_HOME="$tap_dir/elsewhere" \
    prov verify alone/c.wav
ok "ask again" prov ledger witness ask --wait 1
has "two of three said so" out 'cosigned by 2 of 3 witnesses at 20'

# A copy of the ledger from before: its witnesses have seen more.
cp -r "$PROV_HOME/ledger" old.ledger
wav d.wav 4
ok "sign one more" prov sign d.wav
mv "$PROV_HOME/ledger" new.ledger && cp -r old.ledger "$PROV_HOME/ledger"
wav e.wav 5
prov sign --wait 2 e.wav >out 2>err
ok "a ledger that went back gets no quorum" test $? -ne 0
prov verify e.wav >out 2>err
ok "and the file does not verify" test $? -ne 0
rm -rf "${PROV_HOME:?}/ledger" && mv new.ledger "$PROV_HOME/ledger"

# Ended and started again it goes on where it was.
end 1
start 1
policy 1
wav f.wav 6
ok "after a restart" prov sign f.wav
ok "another key" prov key generate --no-passphrase other
ok "what else is logged is cosigned, too" prov ledger register \
    "$(prov key export other)"
ok "the checkpoint" prov ledger checkpoint
ok "says so" test "$(grep -c 'example.org/w' out)" -ge 2
end 1
end 2
ok "a third key" prov key generate --no-passphrase third
exit_is 75 "or else is 75" prov ledger register "$(prov key export third)"
has "the entry is there" out '^third: entry'
done_testing
