#!/bin/sh
# SPDX-License-Identifier: ISC
# What claims say reaches a screen escaped, and of a record its own field alone:
# what steers or cannot be seen, samples of all planes, and c2pa-attacks.
. "$srcdir/tests/tap.sh"

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 is not installed"
	exit 0
fi
cat >hostile.py <<'EOF'
import glob, json, os, sys, unicodedata

def steers(c):
    n = ord(c)
    return (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") or n == 0x34f
            or 0x115f <= n <= 0x1160 or 0xfe00 <= n <= 0xfe0f or n == 0x3164
            or n == 0xffa0 or 0xe0000 <= n <= 0xe0fff)

def texts():
    """Each fits a license, and all of them the labels of one claim."""
    steering = [chr(n) for n in range(1, 0x110000)
                if not 0xd800 <= n <= 0xdfff and steers(chr(n))
                and not 0xe0080 <= n]
    some = [chr(n) for n in range(0x20, 0x110000, 997)
            if not 0xd800 <= n <= 0xdfff]
    for chars in (steering, some):
        for i in range(0, len(chars), 50):
            yield "".join(chars[i:i + 50])
    yield 'a\nVERIFIED exact\r\x1b[2K\x1b]0;x\x07", "decision": "allow", "x":"'
    yield "\x1b[31mred\u202egnp.exe\u2066\u200bx"
    for path in sorted(glob.glob(os.path.join(
            os.environ.get("PROV_SHARED", "../shared"),
            "vectors/c2pa-attacks/attacks/*.attack"))):
        for line in open(path, encoding="utf-8", errors="replace"):
            line = line.replace("\0", "")  # YAML takes none
            if line.rstrip("\n"):
                yield line.rstrip("\n")[:250]

def claims():
    all_texts = list(texts())
    for n, i in enumerate(range(0, len(all_texts), 10)):
        part = all_texts[i:i + 10]
        with open("claim%d.yaml" % n, "w") as f:
            for k, text in enumerate(part):
                f.write("label%d: %s\n" % (k, json.dumps(text, ensure_ascii=True)
                    if all(ord(c) < 0x10000 for c in text) else '"' + "".join(
                    "\\U%08x" % ord(c) for c in text) + '"'))
            short = part[0].encode()[:240].decode(errors="ignore")
            quoted = '"' + "".join("\\U%08x" % ord(c) for c in short) + '"'
            f.write("rights: {license: %s, holder: %s}\n" % (quoted, quoted))
            f.write("signals: {x_robots_tag: %s}\n" % quoted)
        json.dump(part, open("want%d.json" % n, "w"))
    print(n + 1)

def values(o):
    if isinstance(o, dict):
        for v in o.values():
            yield from values(v)
    elif isinstance(o, list):
        for v in o:
            yield from values(v)
    elif isinstance(o, str):
        yield o

def requests():
    for i, text in enumerate(texts()):
        print(json.dumps({"id": text, "tenant": text, "path": "f%d" % (i % 5),
                          "signals": {"content_usage": text}}))

def screen(*paths):
    for path in paths:
        for line in open(path, "rb").read().split(b"\n"):
            bad = [c for c in line.decode("utf-8") if steers(c)]
            if bad:
                sys.exit("%s: U+%04X in %r" % (path, ord(bad[0]), line))

def record(path, lines, want=None):
    raw = open(path, "rb").read()
    if any(b < 0x20 and b != 10 or b > 0x7e for b in raw):
        sys.exit("%s: not ASCII" % path)
    def once(pairs):
        if len(dict(pairs)) != len(pairs):
            sys.exit("%s: a key twice" % path)
        return dict(pairs)
    got = [json.loads(l, object_pairs_hook=once) for l in raw.splitlines()]
    if len(got) != int(lines) or not raw.endswith(b"\n"):
        sys.exit("%s: %d lines" % (path, len(got)))
    held = set(v for o in got for v in values(o))
    for text in json.load(open(want)) if want else []:
        if text not in held:
            sys.exit("%s: %r is not there" % (path, text))

globals()[sys.argv[1]](*sys.argv[2:])
EOF
hostile() { # description what ...
	h_what=$1
	shift
	if python3 hostile.py "$@" >h.out 2>&1; then
		pass "$h_what"
	else
		fail "$h_what" h.out
	fi
}

prov init --no-passphrase test/hostile >/dev/null
n=$(python3 hostile.py claims) || fail "claims are made"
i=0
while [ "$i" -lt "$n" ]; do
	echo "$i" >"f$i"
	files="${files-} f$i"
	prov sign --claim "claim$i.yaml" "f$i" >out 2>err ||
	    fail "claim $i is signed" out err
	cat out err >>signed
	prov show "f$i.prov" >>shown 2>&1
	prov show --json "f$i.prov" >shown.json 2>err
	hostile "claim $i: shown as JSON" record shown.json 1 "want$i.json"
	i=$((i + 1))
done
hostile "sign steers no screen" screen signed
hostile "show steers no screen" screen shown
prov verify -r . >out 2>err
hostile "verify steers no screen" screen out err
# shellcheck disable=SC2086 # words
prov verify --json $files >out 2>err
hostile "verify makes a line for each file" record out "$n"
i=0
while [ "$i" -lt "$n" ]; do
	echo x >>"f$i"
	i=$((i + 1))
done
# shellcheck disable=SC2086
prov verify $files >out 2>err
hostile "verify of what was altered steers no screen" screen out err
# shellcheck disable=SC2086 # words
prov verify --json $files >out 2>err
hostile "and makes a line for each file" record out "$n"

# What the gate prints: of manifests that do not bind any more, and of lines.
cat >policy.yaml <<-'END'
	version: 1
	purpose: none
	trust: {file: home/trust.yaml}
	require: {binding: clip}
	rights: {licenses: {deny: GPL-1.0-only}}
END
i=0
while [ "$i" -lt "$n" ]; do
	echo "$i" >"f$i"
	i=$((i + 1))
done
# shellcheck disable=SC2086
prov gate --policy policy.yaml $files >out 2>err
hostile "gate steers no screen" screen out err
# shellcheck disable=SC2086
prov gate --policy policy.yaml --json $files >out 2>err
hostile "gate makes a line for each file" record out "$n"
# shellcheck disable=SC2086
prov gate --policy policy.yaml --facts $files >out 2>err
hostile "and facts of each" record out "$n"
i=0
while [ "$i" -lt "$n" ]; do
	prov policy explain --policy policy.yaml "f$i"
	i=$((i + 1))
done >out 2>err
hostile "explain steers no screen" screen out err
python3 hostile.py requests >lines
for how in '' --facts; do
	# shellcheck disable=SC2086
	prov gate --policy policy.yaml --ndjson $how <lines >out 2>err
	hostile "a line for each request $how" record out \
	    "$(wc -l <lines)"
	hostile "and nothing beside it $how" screen err
done
done_testing
