#!/bin/sh
# SPDX-License-Identifier: ISC
# prov ledger publish and clone: what others get of a ledger, from directories
# and from servers, honest ones and others.
. "$srcdir/tests/tap.sh"

python=/usr/bin/python3
[ -x "$python" ] || python=python3
servers=
stop() {
	# shellcheck disable=SC2086 # numbers
	[ -z "$servers" ] || kill $servers 2>/dev/null
	servers=
}
trap 'stop; chmod -R u+w "$tap_dir"; rm -rf "$tap_dir"' EXIT

# serve DIR [MODE [ARG]] sets $url.
serves=0
serve() {
	serves=$((serves + 1))
	"$python" "$srcdir/tests/cli/served.py" "$1" "port-$serves" \
	    "${2:-plain}" "${3:-}" 2>server.err &
	servers="$servers $!"
	tries=0
	while [ ! -s "port-$serves" ] && [ "$tries" -lt 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	url=http://127.0.0.1:$(cat "port-$serves")
}

prov init --no-passphrase here/desk >/dev/null
mkdir many
i=0
while [ "$i" -lt 300 ]; do
	echo "$i" >"many/$i"
	i=$((i + 1))
done
cp "$srcdir/testdata/clip.mp4" clip.mp4
prov sign clip.mp4 >/dev/null 2>&1
prov sign -r many >/dev/null 2>&1

# Older partial tiles may stay where they are.
same_log() { # description dir dir
	ok "$1" diff -r -x '*.p' "$2" "$3"
}

# Publishing: what readers need, and nothing else.
ok "publish" prov ledger publish site
has "says how much" out '^site: 302 entries, 302 new; 2 timelines came along$'
(cd site && find . -mindepth 1 -maxdepth 1 | sort) >is
printf './blobs\n./tlog\n' >want
same "only tlog and blobs are there" want is
(cd site && find . -type f -name '.*') >is
: >none
same "and no temporary file" none is
same_log "the log is what the ledger has" home/ledger/tlog site/tlog
ok "and can be checked" prov ledger check --ledger site
ok "publish again" prov ledger publish --json site
has "has nothing to do" out '"from":302,"size":302,.*"bytes":[0-9]*,"blobs":0'
cp -R site site.302
cp -R home/ledger ledger.302
echo another >another
prov sign another >/dev/null 2>&1
ok "publish what is new" prov ledger publish site
has "is one entry" out '^site: 303 entries, 1 new'
says 2 "not into a ledger" 'store of its own' prov ledger publish home/ledger
says 1 "not over a larger one" 'ledger.stale' \
    prov ledger publish --ledger site.302 site
printf x >>site/tlog/checkpoint
says 1 "not over what is no checkpoint" 'ledger.untrusted' \
    prov ledger publish site
cp home/ledger/tlog/checkpoint site/tlog/checkpoint
chmod -w site/tlog
if [ "$(id -u)" -ne 0 ]; then
	echo x >x && prov sign x >/dev/null
	exit_is 2 "not where it cannot write" prov ledger publish site
fi
chmod u+w site/tlog
"$python" -c '
f = open("site/tlog/tile/entries/000", "r+b"); f.seek(900); f.write(b"?")'
ok "with --all it repairs" prov ledger publish --all site
same_log "what was damaged" home/ledger/tlog site/tlog

# An old backup is noticed before it signs: what is published is not in it.
mv home/ledger ledger.new
cp -R ledger.302 home/ledger
# The backup was made before the target was known to be ahead; its store knows.
echo other >other
says 2 "an old backup does not sign" 'old copy' prov sign other
says 2 "nothing to forget" 'nothing is published' \
    prov ledger publish --forget nowhere
rm -rf home/ledger
mv ledger.new home/ledger

# Another history under the same key.
cp -R home fork
rm -rf fork/ledger
cp -R ledger.302 fork/ledger
rm -rf forked
for name in site out; do
	PROV_HOME=$PWD/fork prov ledger publish --forget "$name" \
	    --trust fork/trust.yaml >/dev/null 2>&1
done
for name in a b c; do
	echo "forked $name" >"forked-$name"
	PROV_HOME=$PWD/fork XDG_STATE_HOME=$PWD/fork-state \
	    prov sign "forked-$name" >/dev/null 2>&1
done
PROV_HOME=$PWD/fork prov ledger publish forked >/dev/null 2>&1
says 1 "not over another history" 'ledger.fork' \
    prov ledger publish --ledger forked site

# Cloning from a directory, a published one or a ledger.
ok "clone a directory" prov ledger clone site copy
has "says how much" out '^copy: 303 entries, 303 new; 2 timelines came along$'
ok "check the clone" prov ledger check --ledger copy
ok "it verifies media" prov verify --no-sidecar --ledger copy clip.mp4 another \
    many/7
ok "clone a ledger" prov ledger clone home/ledger copy2
ok "gives the same" diff -r copy copy2
ok "and no private part" test ! -e copy2/private -a ! -e copy2/ledger.db
ok "into what it is called" prov ledger clone site.302
has "is told when there is nothing new" out '^site.302: 302 entries'
says 2 "not into a ledger" 'store of its own' \
    prov ledger clone site home/ledger
says 2 "nothing there" 'no log there' prov ledger clone nowhere new
says 1 "of a log that is not trusted" 'ledger.untrusted' env \
    PROV_HOME="$tap_dir/stranger" sh -c 'prov init --no-passphrase s/t \
    >/dev/null && exec prov ledger clone site new'

# Nobody may write, and another user reads.
cp -R copy locked
chmod -R a-w,a+rX locked
ok "verify on a read-only tree" prov verify --no-sidecar --ledger locked \
    many/9
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$tap_dir"
	mkdir -p other-home && cp home/trust.yaml home/tlog-policy other-home/
	chmod -R a+rX other-home
	libs=$(dirname "$(command -v prov)")/.libs
	if setpriv --reuid=65534 --regid=65534 --clear-groups \
	    test -x "$libs" 2>/dev/null; then
		mkdir -m 777 nobody
		ok "as another user" setpriv --reuid=65534 --regid=65534 \
		    --clear-groups env PROV_HOME="$tap_dir/other-home" \
		    XDG_STATE_HOME="$tap_dir/nobody" prov verify --no-sidecar \
		    --ledger locked many/9
	else
		echo "# another user cannot run what was built: not tried"
	fi
fi

# From a server. What has one connection to it is prov-net.
serve "$tap_dir/site"
ok "clone a server" prov ledger clone "$url" http
ok "gives the same" diff -r copy http
cp -R http http.303
echo further >further
prov sign further >/dev/null 2>&1
prov ledger publish site >/dev/null
: >"port-$serves.log"
ok "bring it up to date" prov ledger clone --json "$url/" http
has "with what is new" out '"status":0,"error":null,"from":303,"size":304,'
ok "of which little is asked for" test "$(wc -l <"port-$serves.log")" -le 6
ok "check it" prov ledger check --ledger http
ok "and its index" prov verify --no-sidecar --ledger http further many/3
stop
says 75 "a server that is not there" '127.0.0.1' prov ledger clone "$url" http
ok "verifies without one" prov verify --no-sidecar --ledger http further

# Servers that lie. What they say is refused, and the clone stays as it was.
cp -R http before
lies() { # what exit pattern mode [arg] : to a new clone, and to an old one
	serve "$tap_dir/site" "$4" "${5:-}"
	says "$2" "$1" "$3" prov ledger clone --timeout 2 "$url" "lie-$serves"
	if [ -e "lie-$serves/tlog/checkpoint" ]; then
		fail "$1: no checkpoint is left"
	fi
	# A later run from an honest source goes on from there.
	prov ledger clone site "lie-$serves" >out 2>err
	if ! prov ledger check --ledger "lie-$serves" >out 2>err ||
	    ! diff -r -x '*.p' site/tlog "lie-$serves/tlog" >>err; then
		fail "$1: resumes" err
	fi
	stop
}
lies "a wrong tile" 1 'tile/0/000 is not in the tree' flip 'tile/0/000$'
lies "a wrong edge tile" 1 'do not give the checkpoint' flip 'tile/0/001'
lies "a wrong upper tile" 1 'do not give the checkpoint' flip 'tile/1/'
lies "a wrong entry" 1 'entry 255 in .* is not in the tree' flip 'entries/000$'
lies "a bundle cut short" 1 'is cut short' cut 'entries/000$'
lies "a bundle with more behind it" 1 'does not end' more 'entries/000$'
lies "a tile cut short" 1 '8191 bytes' cut 'tile/0/000$'
lies "a tile with more behind it" 1 'more than' more 'tile/0/000$'
lies "a connection cut off" 75 'tile/0/000' short 'tile/0/000$'
lies "a tile that is not there" 1 'not there' gone 'tile/0/000$'
lies "a bundle that is not there" 1 'not there' gone 'entries/000$'
lies "a checkpoint that is not there" 2 'no log there' gone 'checkpoint$'
lies "a checkpoint that is cut" 1 'checkpoint: ' cut 'checkpoint$'
lies "a checkpoint without end" 1 'more than' endless 'checkpoint$'
lies "a tile without end" 1 'more than' endless 'tile/0/000$'
lies "a bomb for a checkpoint" 1 'more than' bomb 'checkpoint$'
lies "a bomb for a bundle" 1 'more than' bomb 'entries/000$'
lies "one that drips" 75 'tile/0/000' slow 'tile/0/000$'
lies "a redirect to a file" 1 'redirect' file 'tile/0/000$'
lies "a redirect to elsewhere" 1 'redirect' away 'checkpoint$'
lies "a redirect to itself" 1 'redirect' round 'checkpoint$'
lies "trouble" 75 '500' trouble 'tile/0/000$'
blob=$(cd site && find blobs -type f | sort | head -n 1)
serve "$tap_dir/site" flip "${blob##*/}"
says 1 "a wrong timeline" '1 timelines are not' prov ledger clone "$url" tl
ok "does not keep the rest from" prov ledger check --ledger tl
ok "and is fetched later" prov ledger clone --blobs all site tl
ok "so that it is the same" diff -r site/blobs tl/blobs
stop

# Honest ones that differ.
serve "$tap_dir/site" gzip
ok "what comes compressed" prov ledger clone "$url" zipped
same_log "is the same" site/tlog zipped/tlog
stop
cp -R site full
mkdir full/tlog/tlie
cp -R full/tlog/tile/. full/tlog/tlie
serve "$tap_dir/full" moved '/tile/'
ok "what moved on the same server" prov ledger clone "$url" moved
stop

# Certificates: one that nobody vouches for, one of another name, and ours.
certificate() { # name IP
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 2 -subj /CN=test -addext "subjectAltName=IP:$2" \
	    -keyout "$1.key" -out "$1.crt" 2>/dev/null
	cat "$1.key" "$1.crt" >"$1.pem"
}
certificate ours 127.0.0.1
certificate other 127.0.0.9
serve "$tap_dir/site" tls ours.pem
https=https${url#http}
says 1 "a certificate that nobody vouches for" 'certificate' \
    prov ledger clone "$https" secure
ok "one that is vouched for" env SSL_CERT_FILE="$tap_dir/ours.crt" \
    prov ledger clone "$https" secure
same_log "is the same" site/tlog secure/tlog
stop
serve "$tap_dir/site" tls other.pem
https=https${url#http}
says 1 "a certificate of another name" 'name\|address' \
    env SSL_CERT_FILE="$tap_dir/other.crt" prov ledger clone "$https" secure2
stop

# Partial tiles go when full ones stand; the checkpoint is read once more.
cp -R site young
i=0
mkdir later
while [ "$i" -lt 260 ]; do
	echo "later $i" >"later/$i"
	i=$((i + 1))
done
prov sign -r later >/dev/null 2>&1
prov ledger publish site >/dev/null
cp -R site grown
cp young/tlog/checkpoint grown/tlog/checkpoint
serve "$tap_dir/grown"
ok "the full tile in place of a partial one" prov ledger clone "$url" part
ok "gives the partial one" \
    cmp young/tlog/tile/0/001.p/48 part/tlog/tile/0/001.p/48
ok "of entries, too" \
    cmp young/tlog/tile/entries/001.p/48 part/tlog/tile/entries/001.p/48
stop
serve "$tap_dir/site" grows "$tap_dir/young"
ok "a log that grows meanwhile" prov ledger clone "$url" meanwhile
same_log "is taken as it is then" site/tlog meanwhile/tlog
stop

# A clone goes forward only, and tells forks from delays.
says 75 "an older checkpoint" 'ledger.stale' prov ledger clone site.302 http
says 1 "another history" 'ledger.fork' prov ledger clone forked http
ok "the evidence is kept" test -s "http/forks/305-"*/tlog/checkpoint
ok "what was held stays" diff -r before/tlog http/tlog
says 1 "another history of a smaller size" 'ledger.fork' \
    prov ledger clone forked meanwhile
ok "and comes up to date later" prov ledger clone site http
ok "as the check says" prov ledger check --ledger http

# Interrupted: what came in is not asked for again.
serve "$tap_dir/site" dies 6
exit_is 75 "a server that dies" prov ledger clone "$url" resumed
stop
serve "$tap_dir/site"
ok "the next run goes on" prov ledger clone "$url" resumed
sort "port-$((serves - 1)).log" | uniq >first
sort "port-$serves.log" | grep -v checkpoint | comm -12 - first >both
ok "asks again for less than the edge" test "$(wc -l <both)" -le 8
same_log "and has everything" site/tlog resumed/tlog
rm -rf killed
prov ledger clone "$url" killed >/dev/null 2>&1 &
victim=$!
sleep 0.05
kill -9 "$victim" 2>/dev/null
wait "$victim" 2>/dev/null
ok "after a kill, too" prov ledger clone "$url" killed
ok "everything" prov ledger check --ledger killed
stop
says 2 "an option that is none" 'new, all or none' \
    prov ledger clone --blobs some site x
done_testing
