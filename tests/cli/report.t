#!/bin/sh
# SPDX-License-Identifier: ISC
# prov verify --report: a page that stands alone, says what the verdict says,
# and that a browser draws so.
. "$srcdir/tests/tap.sh"
tool=$srcdir/tests/cli/report.py

prov init --no-passphrase test/report >/dev/null
cp "$srcdir/testdata/clip.mp4" clip.mp4
prov sign clip.mp4 >/dev/null
python3 - <<'PY'
d = bytearray(open("clip.mp4", "rb").read())
d[100000] ^= 1
open("altered.mp4", "wb").write(d)
PY
echo unknown >unsigned

# One file, and what the page says of it.
ok "an intact file" prov verify --report intact.html clip.mp4
has "the line is there as ever" out '^clip.mp4: VERIFIED exact'
exit_is 1 "an altered file" \
    prov verify --report altered.html --sidecar clip.mp4.prov altered.mp4
exit_is 1 "an unsigned file" prov verify --report unsigned.html unsigned
exit_is 2 "a file that is not there" prov verify --report none.html nothing
has "the word" altered.html '<p class="word">ALTERED</p>'
has "the range" altered.html 'N altered 4\.0–6\.0 s'
has "the reason, and what it means" altered.html \
    '<code>essence.altered</code>.*4\.0-6\.0 s'
sum=$(sha256sum <altered.mp4)
has "the file's digest" altered.html "${sum%% *}"
sum=$(sha256sum <clip.mp4)
has "the signed digest" altered.html "<dd class=\"mono\">${sum%% *}"
prov verify --json clip.mp4 >record
for key in kid iss origin; do
	value=$(sed "s/.*\"$key\": *\"\([^\"]*\)\".*/\1/" record)
	has "the record's $key" intact.html "<dd[^>]*>$value</dd>"
done
root=$(sed -n 3p "$PROV_HOME/ledger/tlog/checkpoint")
has "the checkpoint's root" intact.html "$root"
has "what was not checked" unsigned.html '<code>streams</code>'

# Several files, one with a name that would break a careless page.
evil=$(printf '"><img src=x onerror=alert(1)>&'\''\n\342\200\256.mp4')
cp altered.mp4 "$evil"
cp clip.mp4.prov "$evil.prov"
exit_is 1 "several files" prov verify --report many.html \
    clip.mp4 "$evil" unsigned
has "a summary with links" many.html '<a href="#f2">unsigned</a>'
has "the name is text" many.html '&lt;img src=x onerror=alert(1)&gt;&amp;'

for page in intact altered unsigned none many; do
	ok "$page.html is well-formed and stands alone" \
	    python3 "$tool" page $page.html
done

# What it says to type gives the same answer.
if command -v bash >/dev/null; then
	python3 "$tool" repeat many.html >commands
	exit_is 0 "a command for each file" test "$(wc -l <commands)" -eq 3
	for want in 0 1 1; do
		line=$(sed -n 1p commands)
		exit_is $want "repeated: $want" bash -c "$line"
		sed -i 1d commands
	done
fi

# Where it is written.
exit_is 1 "to standard output" prov verify --report - altered.mp4
cp out stdout.html
ok "and nothing else is there" python3 "$tool" page stdout.html
says 2 "not together with --json" 'exclude each other' \
    prov verify --json --report - clip.mp4
says 2 "a file that is no report is kept" 'no report' \
    prov verify --report clip.mp4 clip.mp4
ok "as it was" prov verify clip.mp4
ok "an earlier report is replaced" prov verify --report many.html clip.mp4
exit_is 1 "by the new one" grep -q unsigned many.html
says 2 "a directory that is not there" 'No such file' \
    prov verify --report no/where.html clip.mp4
exit_is 1 "no temporary file is left" sh -c 'ls -a | grep prov-.*tmp'
if [ -w /dev/full ]; then
	exit_is 2 "standard output that is full" \
	    sh -c 'prov verify --report - clip.mp4 >/dev/full'
fi

# In a browser.
browser=$(command -v chromium || command -v chromium-browser) || browser=
if [ -z "$browser" ] || ! timeout 60 "$browser" --version >/dev/null 2>&1; then
	echo "# chromium is not installed: nobody looked at the pages"
	done_testing
	exit 0
fi
browse() { # option ... file
	rm -rf profile
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu \
	    --disable-quic --no-first-run --disable-background-networking \
	    --disable-component-update --disable-sync --hide-scrollbars \
	    --user-data-dir="$tap_dir/profile" "$@" 2>browser.err
}
looks() { # kind page
	browse --window-size=1000,1600 --screenshot="$tap_dir/$1.png" \
	    "file://$tap_dir/$2" >/dev/null
	ok "$2 is drawn $1" python3 "$tool" shot "$1.png" "$1"
}
looks intact intact.html
looks altered altered.html
exit_is 1 "the eye sees the difference" \
    python3 "$tool" shot altered.png intact
if command -v ffmpeg >/dev/null; then
	ffmpeg -v error -nostdin -y -itsscale 2 -i clip.mp4 -c copy slow.mp4
	exit_is 1 "slow motion" prov verify --report slow.html \
	    --sidecar clip.mp4.prov slow.mp4
	looks slow slow.html
fi
browse --dump-dom "file://$tap_dir/altered.html" >dom
has "the document has the word" dom '<p class="word">ALTERED</p>'
has "and the drawing" dom '<rect class="alt" x="4[0-9.]*" y="18"'

# A page that somebody put a script and a picture into: the policy holds. The
# same page without the policy shows that this test would see it.
python3 - >served <<'PY' &
import http.server, pathlib
class Ear(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("heard", "a") as f:
            f.write(self.path + "\n")
        self.send_response(404)
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Ear)
pathlib.Path("port.new").write_text(str(server.server_port))
pathlib.Path("port.new").rename("port")
server.serve_forever()
PY
ear=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s port ] && break
	sleep 0.5
done
port=$(cat port)
into() { # marker : a script and a picture behind <main>
	sed "s|<main>|<main><img src='http://127.0.0.1:$port/$1'/>\
<script>document.title='ran-$1'</script>|" altered.html
}
into held >held.html
into loose | sed '/Content-Security-Policy/d' >loose.html
: >heard
browse --dump-dom "file://$tap_dir/held.html" >held.dom
exit_is 1 "nothing is loaded" grep -q held heard
exit_is 1 "nothing runs" grep -q '<title>ran-' held.dom
browse --dump-dom "file://$tap_dir/loose.html" >loose.dom
has "without the policy it would be loaded" heard loose
has "and run" loose.dom '<title>ran-loose'
kill $ear
done_testing
