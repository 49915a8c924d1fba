#!/bin/sh
# SPDX-License-Identifier: ISC
# Bad input and bad luck: one line that says what to do, the documented exit
# status, and nothing that was acknowledged is lost.
. "$srcdir/tests/tap.sh"

export PROV_HOME="$tap_dir/home"
clip=$srcdir/testdata/clip.mp4

says() { # want description pattern command... : exit status and one line
	s_want=$1 s_what=$2 s_pattern=$3
	shift 3
	"$@" >out 2>err </dev/null
	s_got=$?
	tap_n=$((tap_n + 1))
	if [ "$s_got" -eq "$s_want" ] && [ "$(wc -l <err)" -eq 1 ] &&
	    grep -q "$s_pattern" err; then
		echo "ok $tap_n - $s_what"
	else
		echo "not ok $tap_n - $s_what"
		echo "# $*: exit $s_got, want $s_want and '$s_pattern'"
		sed 's/^/# out: /' out
		sed 's/^/# err: /' err
	fi
}
same() { # description got want
	tap_n=$((tap_n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tap_n - $1"
	else
		echo "not ok $tap_n - $1"
		echo "# got $2, want $3"
	fi
}

says 2 "sign before init" "prov init" prov sign "$clip"
says 2 "verify before init" "prov init" prov verify "$clip"
ok "init" prov init --no-passphrase test/trouble
cp out first
ok "init again" prov init --no-passphrase test/trouble
same "init again changes nothing and says so" \
    "$(grep -c 'nothing was changed' out)" 1
says 2 "init under another name" "prov key generate" \
    prov init --no-passphrase test/other

: >empty
mkdir dir
mkfifo fifo
head -c 1000 "$clip" >truncated.mp4
head -c 100000 "$clip" >half.mp4
says 2 "sign an empty file" "empty" prov sign empty
exit_is 1 "verify an empty file" prov verify empty
says 2 "sign a directory" "directory" prov sign dir
exit_is 2 "verify a directory" prov verify dir
says 2 "sign a FIFO" "FIFO" prov sign fifo
exit_is 2 "verify a FIFO" prov verify fifo
says 2 "sign what is not there" "No such file" prov sign nothing.mp4
exit_is 2 "verify what is not there" prov verify nothing.mp4
says 2 "an unknown option" "no such option" prov sign --frobnicate x
ok "sign truncated media" prov sign truncated.mp4 half.mp4
ok "verify truncated media" prov verify truncated.mp4 half.mp4
cp "$clip" clip.mp4
ok "sign the whole clip" prov sign clip.mp4
head -c 200000 clip.mp4 >cut.mp4
exit_is 1 "a truncated copy does not verify" \
    prov verify --sidecar clip.mp4.prov cut.mp4
cp clip.mp4 damaged.mp4
head -c 500 clip.mp4.prov >damaged.mp4.prov
exit_is 1 "a truncated sidecar is refused, not replaced by look-up" \
    prov verify damaged.mp4
: >damaged.mp4.prov
exit_is 1 "an empty sidecar too" prov verify damaged.mp4

# Wrong passphrase.
(
	umask 077
	echo right >right
	echo wrong >wrong
)
PROV_HOME=$tap_dir/locked
ok "init with a passphrase" prov init --passphrase-file right test/locked
cp "$clip" locked.mp4
says 2 "a wrong passphrase" "passphrase" \
    prov sign --passphrase-file wrong locked.mp4
says 2 "no terminal to ask on" "passphrase" setsid prov sign locked.mp4
ok "the right one" prov sign --passphrase-file right locked.mp4
ok "and it verifies" prov verify locked.mp4
chmod 644 "$PROV_HOME/keys/test/locked.key"
exit_is 2 "a key that others can read" \
    prov sign --passphrase-file right locked.mp4
same "says so" "$(grep -c 'chmod\|others\|mode' err)" 1
PROV_HOME=$tap_dir/home

# Without the media worker no file can be signed: that is told once.
mkdir many
for i in 1 2 3 4 5 6 7 8; do cp "$clip" "many/$i.mp4"; done
exit_is 2 "a worker that cannot be started" \
    env PROV_DEMUX=/nonexistent/prov-demux prov sign -j 4 -r many
same "is told in one line" "$(grep -c 'cannot be started: No such file' err)" 1
same "before the sum" "$(wc -l <err) $(tail -n 1 err)" \
    "2 8 files: 0 signed, 0 signed already, 0 failed, 8 not tried"
same "nothing is signed" "$(find many -name '*.prov')" ""
ok "with it all are" prov sign -r many

# A full disk: nothing is acknowledged, and there is no damage.
if mkdir small && mount -t tmpfs -o size=1200k tmpfs small 2>/dev/null; then
	PROV_HOME=$tap_dir/small/home
	ok "init on a small disk" prov init --no-passphrase test/small
	cp "$clip" one.mp4
	ok "sign while there is room" prov sign one.mp4
	dd if=/dev/zero of=small/fill bs=4096 2>/dev/null
	cp "$srcdir/testdata/unknown.mp4" two.mp4
	says 2 "a full disk" "full\|space" prov sign two.mp4
	same "leaves no sidecar" "$(ls two.mp4.prov 2>/dev/null)" ""
	exit_is 1 "and no entry" prov verify two.mp4
	ok "what was signed before still verifies" prov verify one.mp4
	rm small/fill
	ok "with room again it signs" prov sign two.mp4
	ok "and verifies" prov verify --no-sidecar one.mp4 two.mp4
	ok "and the ledger is whole" prov ledger check
	umount small
	PROV_HOME=$tap_dir/home
else
	echo "# a full disk: not run, mounts are not allowed here"
fi

# A read-only ledger, as a user whom permissions bind.
if [ "$(id -u)" -eq 0 ] && mkdir ro && mount --bind ro ro 2>/dev/null; then
	PROV_HOME=$tap_dir/ro/home
	ok "init" prov init --no-passphrase test/ro
	cp "$clip" ro.mp4
	ok "sign" prov sign ro.mp4
	mount -o remount,bind,ro ro
	ok "verify on a read-only ledger" prov verify --no-sidecar ro.mp4
	cp "$clip" new.mp4
	echo tail >>new.mp4
	says 2 "sign into a read-only ledger" "[Rr]ead-only" prov sign new.mp4
	umount ro
	PROV_HOME=$tap_dir/home
else
	echo "# a read-only ledger: not run, mounts are not allowed here"
fi

# A second of a tone, for where many small files are wanted.
python3 - tone.wav <<'EOF'
import math, struct, sys, wave
with wave.open(sys.argv[1], "wb") as w:
    w.setparams((1, 2, 8000, 8000, "NONE", ""))
    w.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(t / 3)))
                           for t in range(8000)))
EOF

# Two signers at once, each with files of its own.
mkdir a b
for i in 1 2 3 4 5 6 7 8; do
	{ cat tone.wav; echo "a$i"; } >"a/$i.wav"
	{ cat tone.wav; echo "b$i"; } >"b/$i.wav"
done
prov sign -r a >a.out 2>a.err &
one=$!
prov sign -r b >b.out 2>b.err &
two=$!
wait "$one"
same "the first of two signers" $? 0
wait "$two"
same "the second" $? 0
ok "all of it is in the ledger" prov verify --no-sidecar -r a -r b
ok "which is whole" prov ledger check

# kill -9 at any moment: each line that was printed is in the ledger.
mkdir k
i=0
while [ "$i" -lt 60 ]; do
	{ cat tone.wav; echo "k$i"; } >"k/$i.wav"
	i=$((i + 1))
done
cycles=${PROV_KILLS:-20} cycle=0 lost=0 kept=0
# And more, where it came to nothing in time.
while [ "$cycle" -lt "$cycles" ] ||
    { [ "$kept" -eq 0 ] && [ "$cycle" -lt 200 ]; }; do
	# New bytes each time, so that there is something to sign.
	for f in k/*.wav; do
		printf 'c' >>"$f"
	done
	rm -f k/*.prov
	prov sign -r k >killed.out 2>/dev/null &
	pid=$!
	sleep "0.$(printf '%03d' $((cycle * 97 % 900 + 99)))"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	grep ': SIGNED' killed.out | sed 's/: SIGNED.*//' >acked
	while read -r f; do
		kept=$((kept + 1))
		prov verify "$f" >/dev/null 2>&1 || lost=$((lost + 1))
		prov verify --no-sidecar "$f" >/dev/null 2>&1 ||
		    lost=$((lost + 1))
	done <acked
	cycle=$((cycle + 1))
done
same "kill -9, $cycles times, $kept files acknowledged: lost" "$lost" 0
exit_is 0 "some were acknowledged" test "$kept" -gt 0
ok "signing goes on" prov sign -r k
ok "and the ledger is whole" prov ledger check
done_testing
