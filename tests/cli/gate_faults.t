#!/bin/sh
# SPDX-License-Identifier: ISC
# The fault table of prov-gate(1): whatever goes wrong, the decision and the
# exit status are the documented ones, nothing is allowed by it, and the run
# can be gone on with.
. "$srcdir/tests/tap.sh"

client() { # what argument ...
	python3 "$srcdir/tests/cli/gate.py" "$@"
}
# What prov gate says of items: its exit status and each decision with reason.
fault() { # description status "DECISION reason" command ...
	fault_what=$1 fault_status=$2 fault_say=$3
	shift 3
	"$@" >out 2>err </dev/null
	fault_got=$?
	if [ "$fault_got" -eq "$fault_status" ] &&
	    grep -q -e "$fault_say" out &&
	    ! grep -q -e '^ALLOW' -e '"decision":"allow"' out; then
		pass "$fault_what"
		return
	fi
	fail "$fault_what" out err
	echo "# exit $fault_got, want $fault_status and '$fault_say'"
}
flock_is_held() {
	! flock -n -x home/ledger/lock -c true
}
gate() {
	prov gate --policy policy.yaml "$@"
}

ok "init" prov init --no-passphrase test/faults
mkdir in
cp "$srcdir/testdata/clip.mp4" in/clip.mp4
cp "$srcdir/testdata/unknown.mp4" in/unsigned.mp4
ok "sign" prov sign in/clip.mp4
cat >policy.yaml <<-'END'
	version: 1
	purpose: none
	trust:
	  file: home/trust.yaml
END
ok "what is allowed where nothing goes wrong" gate in/clip.mp4

# The item.
fault "a file that is not there" 75 '^RETRY in/none  error.open' gate in/none
fault "a directory of it that is not there" 75 '^RETRY .*error.open' \
    gate none/clip.mp4
fault "a sidecar that was asked for is not there" 0 \
    '"decision":"retry".*' sh -c \
    'printf "{\"path\":\"in/clip.mp4\",\"manifest\":\"none\"}\n" |
    { prov gate --policy policy.yaml --ndjson; [ $? -eq 75 ]; }'
fault "a read that fails" 75 '^RETRY mem  error.read' \
    gate --root "/proc/$$" mem
truncate -s 150M big.bin
while :; do
	printf x >>big.bin
done &
writer=$!
fault "a file that changes meanwhile" 75 '^RETRY big.bin  error.read' \
    gate big.bin
kill "$writer"
wait "$writer" 2>/dev/null
rm big.bin
if [ "$(id -u)" -eq 0 ]; then
	unprivileged="setpriv --reuid 65534 --regid 65534 --clear-groups"
	chmod 755 "$tap_dir"
	chmod -R a+rX home
	chmod -R go= home/keys
	mkdir -m 777 theirs
else
	unprivileged=
fi
chmod 000 in/clip.mp4
# shellcheck disable=SC2086 # words
fault "a file that may not be read" 75 '^RETRY in/clip.mp4  error.open' \
    $unprivileged env XDG_STATE_HOME="$tap_dir/theirs/state" \
    prov gate --policy policy.yaml in/clip.mp4
chmod 644 in/clip.mp4
chmod 000 in/clip.mp4.prov
# shellcheck disable=SC2086 # words
fault "a sidecar that may not be read" 75 '^RETRY in/clip.mp4  error.open' \
    $unprivileged env XDG_STATE_HOME="$tap_dir/theirs/state" \
    prov gate --policy policy.yaml in/clip.mp4
chmod 644 in/clip.mp4.prov
for on_error in deny quarantine; do
	sed "1a on_error: $on_error" policy.yaml >on_error.yaml
	fault "the policy has $on_error instead" 1 \
	    "^$(echo $on_error | tr '[:lower:]' '[:upper:]') in/none  error.open" \
	    prov gate --policy on_error.yaml in/none
done
sed '1a on_error: allow' policy.yaml >on_error.yaml
says 2 "and cannot have allow" 'on_error' \
    prov gate --policy on_error.yaml in/none
ln -s clip.mp4 in/link
mkfifo in/fifo
fault "a link" 1 '^DENY in/link  path.invalid' gate in/link
fault "a FIFO" 1 '^DENY in/fifo  path.invalid' gate in/fifo
fault "a directory" 1 '^DENY in  path.invalid' gate in
rm in/link in/fifo

# The ledger.
cp -R home/ledger old
head -c 5000 "$srcdir/testdata/clip.mp4" >in/more.bin
ok "sign more" prov sign in/more.bin
rm in/more.bin in/more.bin.prov
ok "remember the head" gate in/clip.mp4
# Readers wait for no writer: one that holds the lock changes nothing.
if command -v flock >/dev/null; then
	flock -x home/ledger/lock -c 'echo >writing; exec sleep 30' &
	holder=$!
	while [ ! -e writing ]; do
		sleep 0.1
	done
	ok "a ledger that somebody writes to" timeout 20 \
	    prov gate --policy policy.yaml in/clip.mp4
	ok "all that time" flock_is_held
	kill "$holder"
fi
fault "a ledger that is stale" 75 '^RETRY in/clip.mp4  ledger.stale' \
    gate --ledger old in/clip.mp4
fault "and what it has not" 75 '^RETRY in/unsigned.mp4  ledger.stale' \
    gate --ledger old in/unsigned.mp4
cp -R home/ledger damaged
find damaged/tlog/tile/0 -type f | while read -r tile; do
	chmod u+w "$tile"
	printf 'x' | dd of="$tile" bs=1 seek=40 conv=notrunc 2>/dev/null
done
fault "a ledger that is damaged" 1 '^DENY in/clip.mp4  ledger.invalid' \
    gate --ledger damaged --no-sidecar in/clip.mp4
exit_is 2 "a ledger that is not there" gate --ledger nowhere in/clip.mp4

# Another who holds what is needed.
mkfifo hold
gate --ndjson --cache cache --output held <hold >held.out 2>held.err &
holder=$!
exec 9>hold
printf 'in/clip.mp4\n' >&9
while ! grep -q allow held 2>/dev/null; do
	kill -0 "$holder" || break
	sleep 0.1
done
says 75 "a run that another writes to" "another" gate --resume held in/clip.mp4
says 75 "a cache that another uses" "cache" gate --cache cache in/clip.mp4
exec 9>&-
wait "$holder"
ok "they are free afterwards" gate --resume held --cache cache in/clip.mp4

# The way out.
printf 'in/clip.mp4\n' | { gate --ndjson 2>err; echo $? >status; } >/dev/full
echo 2 >want
same "a full disk on standard output" want status
# Sets the largest file that may be written; a limit stands for a full disk.
limited() { # kilobytes command ...
	limit=$1
	shift
	(
		trap '' XFSZ
		# shellcheck disable=SC3045 # dash has it
		ulimit -f $((limit * 2))
		"$@"
	)
}
i=0
while [ $i -lt 60 ]; do
	echo '{"id":"u'$i'","path":"in/unsigned.mp4"}'
	echo '{"id":"'$i'","path":"in/clip.mp4"}'
	i=$((i + 1))
done >many
limited 32 prov gate --policy policy.yaml --ndjson --output full.run -j 2 \
    <many 2>err | cat >full.out
gate --ndjson --resume full.run <many >all.out 2>err2
echo "exit $?" >got
has "a full disk under the run file is told" err 'full.run'
echo "exit 0" >want
same "and the run goes on" want got
head -c "$(wc -c <full.out)" full.run >prefix
same "what was answered before is in it" full.out prefix
grep -c . all.out >got
grep -c '"id":' full.run >>got
printf '120\n120\n' >want
same "and all the rest afterwards" want got
limited 1 prov gate --policy policy.yaml --ndjson --output full.run2 \
    <many >full.out2 2>err2
echo $? >got
echo 2 >want
same "the exit status is 2" want got
: >want
same "and nothing is answered that cannot be recorded" want full.out2
sed '$a default: quarantine' policy.yaml >quarantine.yaml
limited 4 prov gate --policy quarantine.yaml --quarantine q in/unsigned.mp4 \
    >out 2>err
echo $? >got
echo 75 >want
same "a full disk in quarantine" want got
has "is to be asked again" out '^RETRY in/unsigned.mp4  .*error.write'
find q -type f >got
: >want
same "and leaves nothing" want got

# Who reads and who ends it.
{
	gate --ndjson --output pipe.run -j 2 <many
	echo $? >status
} 2>err | head -n 1 >first
awk 'BEGIN { for (i = 0; i < 20000; i++)
	printf "{\"id\":\"%d\",\"sha256\":\"%064d\"}\n", i, i }' >lots
{
	gate --ndjson --output gone.run -j 2 <lots
	echo $? >status
} 2>err | head -n 1 >first
echo 75 >want
same "a reader that is gone" want status
head -n 1 gone.run >got
same "what it was told is recorded" first got
gate --ndjson --resume gone.run <lots >all.out
echo $? >got
wc -l <all.out >>got
wc -l <gone.run >>got
printf '0\n20000\n20000\n' >want
same "and the run goes on" want got
ok "SIGTERM while it answers" client killed policy.yaml term.run 20000 15 -j 2
ok "the run goes on" client resumed policy.yaml term.run 20000 -j 2
ok "kill -9 while it answers" client killed policy.yaml kill.run 20000 9 -j 2
printf '{"v":1,"path":"in' >>kill.run
ok "the run goes on, without what was torn" \
    client resumed policy.yaml kill.run 20000 -j 2
{
	echo 'version: 1'
	echo 'nonsense: yes'
} >bad.yaml
says 2 "a policy that is none" 'bad.yaml:2:1' prov gate --policy bad.yaml in/clip.mp4
chmod 000 in
if [ "$(id -u)" -ne 0 ]; then
	exit_is 2 "a directory that cannot be read" gate -r in
fi
chmod 755 in

# Nothing is connected to. The workers that take media apart are asked over
# pairs of UNIX sockets, which lead nowhere else.
# It is the program itself that is looked at, not libtool's script.
program=$builddir/.libs/prov
export LD_LIBRARY_PATH="$builddir/.libs"
if [ ! -x "$program" ]; then
	program=$(command -v prov)
fi
if strace -o /dev/null true 2>/dev/null; then
	strace -f -e trace=network -o calls "$program" gate \
	    --policy policy.yaml -r in >out 2>err
	strace -f -e trace=network -o calls2 "$program" verify -r in >out 2>err
	cat calls calls2 >both
	has "a worker was asked, and seen to be" both 'socketpair(AF_UNIX'
	grep -e 'AF_INET' -e 'AF_NETLINK' -e 'AF_PACKET' -e '[ ]socket(' \
	    -e 'connect(' -e 'bind(' -e 'listen(' -e 'accept' both >got
	: >want
	same "prov gate and prov verify open no socket to anywhere" want got
else
	echo "# no socket: not run, strace cannot trace here"
fi

done_testing
