#!/bin/sh
# SPDX-License-Identifier: ISC
# Bad luck that lasts: a writer that stopped, an old copy put back, a clock that
# went back, a disk that is almost full, a ledger that one may only read.
. "$srcdir/tests/tap.sh"

command -v python3 >/dev/null || {
	echo "1..0 # SKIP python3 is not installed"
	exit 0
}
# Who holds keys lets only root look at what it opens.
traced=
if [ "$(id -u)" -eq 0 ] && strace -o trace true 2>/dev/null; then
	traced=yes
else
	echo "# not root, or no strace: nothing is made to fail"
fi

tone() { # file ... : each a second of sound that no other has
	python3 - "$@" <<'EOF'
import os, sys, wave
for path in sys.argv[1:]:
    with wave.open(path, "wb") as w:
        w.setparams((1, 2, 8000, 8000, "NONE", ""))
        w.writeframes(os.urandom(16000))
EOF
}
entries() {
	prov ledger checkpoint 2>/dev/null | sed -n 2p
}

ok "init" prov init --no-passphrase test/scenes
tone a.wav b.wav c.wav d.wav e.wav f.wav
ok "sign" prov sign a.wav
ledger=$PROV_HOME/ledger

# The holder of the lock is stopped: others wait for it, and not for ever.
mkdir stuck
cp -a "$PROV_HOME" stuck/home
cp b.wav stuck/b.wav
mkfifo held
python3 - "$tap_dir/stuck/home/ledger/lock" >held <<'EOF' &
import fcntl, os, signal, sys
lock = open(sys.argv[1])
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
os.close(1)
os.kill(os.getpid(), signal.SIGSTOP)
EOF
holder=$!
trap 'kill -9 "$holder" 2>/dev/null; chmod -R u+w "$tap_dir"; rm -rf "$tap_dir"' EXIT
read -r state <held
exit_is 0 "a lock is held" test "$state" = held
(
	begin=$(date +%s)
	env PROV_HOME="$tap_dir/stuck/home" \
	    XDG_STATE_HOME="$tap_dir/stuck/state" prov sign stuck/b.wav \
	    >stuck/out 2>stuck/err
	echo "$? $(($(date +%s) - begin))" >stuck/status
) &
waiting=$!
exit_is 0 "who only reads does not wait" \
    env PROV_HOME="$tap_dir/stuck/home" prov verify --no-sidecar a.wav

# An old copy of the store beside what was published since.
mkdir old
cp -a "$ledger"/ledger.db* old/
ok "sign one more" prov sign b.wav
mkdir new
cp -a "$ledger"/ledger.db* new/
cp -a old/* "$ledger/"
says 2 "an old store is not written to" "old copy" prov sign c.wav
exit_is 1 "nothing was signed" test -e c.wav.prov
ok "and what was is still found" prov verify --no-sidecar a.wav b.wav
if [ -n "$traced" ]; then
	exit_is 75 "nor where the checkpoint cannot be read" \
	    strace -o trace -P "$ledger/tlog/checkpoint" \
	    -e inject=read:error=EIO prov sign c.wav
	exit_is 75 "nor opened" strace -o trace -P "$ledger/tlog/checkpoint" \
	    -e inject=openat:error=EIO prov sign c.wav
	ok "the call did fail" grep -q INJECTED trace
	exit_is 1 "nothing was signed then" test -e c.wav.prov
fi
exit_is 0 "the checkpoint stands" test "$(entries)" = 3
cp -a new/* "$ledger/"
ok "with the right store it goes on" prov sign c.wav
ok "and is whole" prov ledger check

# A timeline that cannot be read neither differs nor is it gone.
if [ -n "$traced" ]; then
	blob=$(find "$ledger/blobs" -type f | head -n 1)
	says 75 "a timeline that cannot be read is told by check" \
	    "cannot be read: " strace -f -o trace -P "$blob" \
	    -e inject=openat:error=EIO prov ledger check
	has "and counted apart" out ", 0 differences, 1 files that could not"
	has "with what to do" out "(blob; nothing is known of it"
	exit_is 2 "nor one that may not be opened" \
	    strace -f -o trace -P "$blob" -e inject=openat:error=EACCES \
	    prov ledger check --json
	has "as a program reads it" out '"differences":0,"unreadable":1,'
	cp -a "$ledger" unindexed
	rm -r unindexed/index
	blob=unindexed/${blob#"$ledger/"}
	for e in EIO:75 EACCES:2 EMFILE:75; do
		exit_is "${e#*:}" "nothing is concluded from ${e%:*}" \
		    strace -f -o trace -P "$blob" \
		    -e "inject=openat:error=${e%:*}" prov verify \
		    --no-sidecar --no-memory --ledger unindexed a.wav
		ok "that did fail" grep -q INJECTED trace
	done
	ok "what can be read verifies" prov verify --no-sidecar --no-memory \
	    --ledger unindexed a.wav
fi

# An old copy of the whole ledger: who saw more of it before says so.
cp -a "$ledger" older
ok "sign one more" prov sign f.wav
ok "and see it" prov verify --no-sidecar f.wav
mv "$ledger" newer
mv older "$ledger"
exit_is 75 "an old copy is stale, and nothing is concluded" \
    prov verify --no-sidecar a.wav
rm -rf "$ledger"
mv newer "$ledger"
ok "what was newer is not" prov verify --no-sidecar a.wav f.wav
tone f.wav

# The clock goes back by years.
if command -v faketime >/dev/null; then
	ok "sign in the past" env FAKETIME_DONT_FAKE_MONOTONIC=1 \
	    faketime -f '2011-02-03 04:05:06' prov sign d.wav
	ok "and now" prov sign e.wav
	ok "all of it verifies" prov verify a.wav c.wav d.wav e.wav
	ok "also from the ledger" prov verify --no-sidecar a.wav d.wav e.wav
	ok "which is whole" prov ledger check
else
	echo "# a clock that goes back: not run, faketime is not installed"
fi

# Nowhere to say it: no file takes the place of what is closed.
exit_is 2 "a full standard output" sh -c 'prov sign a.wav >/dev/full'
exit_is 2 "a closed standard output" sh -c 'prov sign f.wav >&-'
ok "what could not be said was done" prov verify --no-sidecar f.wav
if [ -n "$traced" ]; then
	rm -f f.wav.prov
	sh -c 'strace -f -o trace -e trace=openat prov sign f.wav none.wav \
	    <&- >&- 2>&-'
	ok "signs without any" grep -q 'f\.wav' trace
	exit_is 1 "and opens nothing in their place" \
	    grep -E "\"$PROV_HOME/.*= [012]\$" trace
	ok "the sidecar is one" prov verify f.wav
fi
ok "and the ledger is whole" prov ledger check

# Who cannot tell whether a file is there does not take it for missing.
blind() { # path command ...
	blind_path=$1
	shift
	env PROV_HOME="$tap_dir/blind/home" XDG_STATE_HOME="$tap_dir/blind/state" \
	    strace -f -o trace -P "$blind_path" -e \
	    'inject=?access,?faccessat,?faccessat2:error=EIO' "$@"
}
if [ -n "$traced" ]; then
	mkdir blind
	cp -a "$PROV_HOME" blind/home
	cp b.wav blind/b.wav
	home=$tap_dir/blind/home
	ok "check" blind "$home/ledger/ledger.db" prov ledger check
	has "takes no store for none" out 'and the store'
	ok "the call did fail" grep -q INJECTED trace
	ok "publish" blind "$home/ledger/ledger.db" \
	    prov ledger publish blind/pub
	ok "remembers where" grep -q "blind/pub" "$home/ledger/ledger.db-wal"
	exit_is 2 "a ledger is no place for a copy" \
	    blind "$home/ledger/ledger.db" \
	    prov ledger clone "$tap_dir/blind/pub" "$home/ledger"
	ok "take down" blind none prov ledger takedown blind/b.wav
	exit_is 1 "verify asks a ledger that it cannot see" \
	    blind "$home/ledger" prov verify blind/b.wav
	has "which tells" out REVOKED
	PROV_HOME=$home prov ledger witness init --no-passphrase \
	    --dir blind/witness test/witness >out 2>err
	ok "a quorum" blind none prov ledger witness add --quorum all \
	    "$(sed -n 's/^vkey  *//p' out)" http://127.0.0.1:1
	rm -f blind/b.wav.prov
	tone blind/g.wav
	exit_is 75 "sign waits for whom the trust file names" \
	    blind "$home/trust.yaml" prov sign --wait 0 blind/g.wav
	exit_is 75 "and so does who appends" \
	    blind "$home/trust.yaml" prov ledger takedown blind/g.wav
fi

# Any moment at which a disk fills up: so many pages are left.
fill() { # pages left
	dd if=/dev/zero of=small/fill bs=4096 2>/dev/null
	[ "$1" -eq 0 ] || truncate -s "-$((4096 * $1))" small/fill
}
if mkdir small && mount -t tmpfs -o size=2m tmpfs small 2>/dev/null; then
	PROV_HOME=$tap_dir/small/home
	ok "init on a small disk" prov init --no-passphrase test/small
	pages=0 lost=0 false=0
	while [ "$pages" -lt 24 ]; do
		tone "p$pages.wav"
		fill "$pages"
		if prov sign "p$pages.wav" >out 2>err; then
			prov verify "p$pages.wav" >out 2>&1 || false=$((false + 1))
			prov verify --no-sidecar "p$pages.wav" >out 2>&1 ||
			    false=$((false + 1))
		fi
		rm small/fill
		prov sign "p$pages.wav" >out 2>err || lost=$((lost + 1))
		prov verify --no-sidecar "p$pages.wav" >out 2>&1 ||
		    lost=$((lost + 1))
		pages=$((pages + 3))
	done
	exit_is 0 "no success without room" test "$false" -eq 0
	exit_is 0 "with room again all is signed" test "$lost" -eq 0
	ok "each once" test "$(entries)" = 9
	ok "and the ledger is whole" prov ledger check
	umount small
	PROV_HOME=$tap_dir/home
else
	echo "# a disk that fills up: not run, mounts are not allowed here"
fi

# A tree of 0444, read by somebody else where that can be.
mkdir shown
cp -a "$ledger" shown/ledger
cp "$PROV_HOME/trust.yaml" "$PROV_HOME/tlog-policy" a.wav shown/
rm -rf shown/ledger/private shown/ledger/ledger.db* shown/ledger/lock
chmod -R a=rX shown
chmod a+x "$tap_dir"
reader=
if [ "$(id -u)" -eq 0 ]; then
	# What he remembers of the log is his own.
	mkdir remembered
	chown 65534:65534 remembered
	reader="setpriv --reuid=65534 --regid=65534 --clear-groups -- env
	    XDG_STATE_HOME=$tap_dir/remembered"
	# shellcheck disable=SC2086 # words
	$reader prov --version >out 2>&1 || {
		echo "# another user cannot run prov here: read as the same one"
		reader=
	}
fi
# shellcheck disable=SC2086
ok "verify from a tree that is only readable" $reader prov verify \
    --no-sidecar --ledger shown/ledger --trust shown/trust.yaml shown/a.wav
# shellcheck disable=SC2086
ok "check it" $reader prov ledger check --ledger shown/ledger \
    --trust shown/trust.yaml
# shellcheck disable=SC2086
ok "prove from it" $reader prov ledger prove --ledger shown/ledger \
    --trust shown/trust.yaml 1
exit_is 0 "nothing was written there" test -z "$(find shown -newer shown/a.wav -type f -name '*.tmp')"

wait "$waiting"
read -r status seconds <stuck/status
exit_is 0 "a stopped writer: exit 75" \
    test "$status" -eq 75
exit_is 0 "not before 30 s, or nearly ($seconds)" test "$seconds" -ge 28
has "what to do is said" stuck/err "try again"
kill -9 "$holder"
wait "$holder" 2>/dev/null
exit_is 0 "when it is gone, signing works at once" \
    env PROV_HOME="$tap_dir/stuck/home" \
    XDG_STATE_HOME="$tap_dir/stuck/state" prov sign stuck/b.wav
exit_is 0 "and the ledger is whole" \
    env PROV_HOME="$tap_dir/stuck/home" prov ledger check
done_testing
