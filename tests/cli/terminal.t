#!/bin/sh
# SPDX-License-Identifier: ISC
# What a terminal sees: progress, and no text that steers it.
. "$srcdir/tests/tap.sh"

if ! python3 -c 'import pty; pty.openpty()' 2>/dev/null; then
	echo "1..0 # SKIP no terminals here: /dev/pts is not mounted"
	exit 0
fi

# Runs a command with a terminal for standard error and prints what is there.
# Its standard output goes to the file out; its answers come from typed.
cat >onpty.py <<'EOF'
import os, pty, signal, sys
typed = open("typed", "rb").read().splitlines(True) \
    if os.path.exists("typed") else []
pid, fd = pty.fork()
if pid == 0:
    os.dup2(os.open("out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
    os.execvp(sys.argv[1], sys.argv[1:])
signal.alarm(300)
seen = b""
while True:
    try:
        some = os.read(fd, 4096)
    except OSError:
        break
    if not some:
        break
    seen += some
    if typed and some.endswith(b": "):
        os.write(fd, typed.pop(0))
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
EOF
on_terminal() { # command ... : its output in out, the terminal in seen
	python3 onpty.py "$@" >seen
}
pass_if() { # description command ...
	p_what=$1
	shift
	if "$@"; then
		pass "$p_what"
	else
		fail "$p_what"
		cat -v seen out 2>/dev/null | head -n 20 | sed 's/^/# /'
	fi
}
esc=$(printf '\033')

clean() { # description file ... : no byte in them that does
	if python3 - "$@" <<'EOF'
import sys
bad = set(range(0x20)) - {10} | set(range(0x7f, 0xa0)) | {
    0x61c, 0x200e, 0x200f, *range(0x2028, 0x202f), *range(0x2066, 0x206a),
    0xfeff, *range(0xe0000, 0xe0080)}
for path in sys.argv[2:]:
    text = open(path, "rb").read().decode("utf-8")
    sys.exit(1) if any(ord(c) in bad for c in text) else None
EOF
	then
		pass "$1"
	else
		fail "$1"
		shift
		cat -v "$@" | sed 's/^/# /'
	fi
}

# A passphrase is asked for twice, and not shown.
printf 'sesame one\nsesame one\n' >typed
pass_if "init asks for a passphrase" on_terminal prov init test/terminal
has "by name" seen 'passphrase for the new key: '
has "twice" seen 'passphrase for the new key, again: '
pass_if "and does not show it" sh -c '! grep -q sesame seen out'
printf 'sesame one\n' >typed
pass_if "the key opens with it" on_terminal prov key show
printf 'sesame two\n' >typed
pass_if "and with nothing else" sh -c '! python3 onpty.py prov key show >seen'
has "as it says" seen 'wrong passphrase'
printf 'one\ntwo\n' >typed
pass_if "two that differ" \
    sh -c '! python3 onpty.py prov key generate other >seen'
has "make nothing" seen 'the two differ; nothing was written'
rm typed

# Progress: on a terminal, after half a second, wiped at the end.
export PROV_HOME="$tap_dir/open"
prov init --no-passphrase test/terminal >/dev/null
# Slow enough on any machine: a hole costs no room, but has to be read.
truncate -s 2G big
pass_if "sign on a terminal" on_terminal prov sign --no-sidecar big
has "shows how far it is" seen \
    'signing [0-9]* of 2147 MB, [0-9]* MB/s'
has "and the result on standard output" out '^big: SIGNED  entry 1'
tail -c 4 seen >is
printf '\r\033[K' >want
same "the line is wiped at last" want is
rm big
mkdir many
i=0
while [ "$i" -lt 300 ]; do
	echo "$i" >"many/$i"
	i=$((i + 1))
done
pass_if "many files on a terminal" \
    on_terminal prov sign -j 1 --no-sidecar -r many
has "are counted" seen 'signing [0-9]* of 300 files, [0-9]*/s'
has "and summed up" seen '300 files: 300 signed, 0 signed already, 0 failed'
ok "off a terminal" prov sign -j 1 --no-sidecar -r many
echo '300 files: 0 signed, 300 signed already, 0 failed' >want
same "there is the sum alone" want err
clean "and nothing that moves the cursor" out

# File names that steer a terminal, in every output.
n=0
for name in "a${esc}[2J$(printf '\nb: VERIFIED exact\r\b\a\177')" \
    "a$(printf '\302\233\342\200\256gpj\342\201\246')b" \
    "a$(printf '\377\300\200\355\240\200')"; do
	n=$((n + 1))
	mkdir "dir$n"
	cd "dir$n" || exit 99
	echo "name $n" >"$name"
	hidden=$(printf '%s' "$name" | tr -c 'ab' '?')
	for how in 'sign' 'sign' 'sign --json' 'verify' 'verify --json' 'hash' \
	    'hash --json' 'show' 'show --json' 'ledger prove' 'ledger append' \
	    'key show' 'trust remove' 'init'; do
		# shellcheck disable=SC2086 # words
		prov $how "$name"
		# shellcheck disable=SC2086
		prov $how "not$name"
	done >out 2>err
	{
		prov sign --claim "$name" x
		prov sign --derived-from "not$name" "$name"
		prov sign --key "$name" x
		prov sign -r "not$name"
		prov sign -j "$name"
		prov sign --sidecar-dir "$name" "$name"
		prov verify --trust "not$name" x
		prov verify --ledger "$name" x
		prov verify --sidecar "$name" "$name"
		prov show --entry "$name"
		prov "$name"
		prov key "$name"
		prov sign "--$name"
	} >>out 2>>err
	clean "the name $hidden" out err
	has "which was signed" out ': SIGNED  entry'
	pass_if "and forged no line" sh -c '! grep "^b: VERIFIED" out err'
	cd ..
done
done_testing
