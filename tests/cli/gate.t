#!/bin/sh
# SPDX-License-Identifier: ISC
# prov gate: files, trees, streams of requests, runs, quarantine and metrics.
. "$srcdir/tests/tap.sh"

client() { # what argument ...
	python3 "$srcdir/tests/cli/gate.py" "$@"
}
# One request through the gate; what it says is in the file answer.
ask() { # line [option ...]
	ask_line=$1
	shift
	printf '%s\n' "$ask_line" |
	    prov gate --policy policy.yaml --ndjson "$@" >answer 2>err
}
answers() { # description request pattern [option ...]
	answers_what=$1 answers_line=$2 answers_pattern=$3
	shift 3
	ask "$answers_line" "$@"
	if [ "$(wc -l <answer)" -eq 1 ] &&
	    grep -q -e "$answers_pattern" answer; then
		pass "$answers_what"
	else
		fail "$answers_what" answer err
		echo "# no '$answers_pattern'"
	fi
}
decides() { # description request decision reason [option ...]
	decides_what=$1 decides_line=$2 decides_decision=$3 decides_why=$4
	shift 4
	ask "$decides_line" "$@"
	if [ "$(wc -l <answer)" -eq 1 ] &&
	    grep -q "\"decision\":\"$decides_decision\"" answer &&
	    grep -q "\"reasons\":\[$decides_why" answer; then
		pass "$decides_what"
	else
		fail "$decides_what" answer err
		echo "# want $decides_decision for $decides_why"
	fi
}

ok "init" prov init --no-passphrase test/gate
mkdir -p in/deep
cp "$srcdir/testdata/clip.mp4" in/clip.mp4
cp "$srcdir/testdata/unknown.mp4" in/deep/unsigned.mp4
head -c 5000 "$srcdir/testdata/clip.mp4" >in/small.bin
ok "sign" prov sign in/clip.mp4 in/small.bin
cat >policy.yaml <<-'END'
	version: 1
	name: gate-test
	purpose: none
	trust:
	  file: home/trust.yaml
	rules:
	  - match: {path: "in/doubtful/**"}
	    then: quarantine
	    note: somebody looks at it
END
sha256=$(sha256sum in/clip.mp4 | cut -d' ' -f1)

# Files and trees.
exit_is 1 "a tree with something unsigned" \
    prov gate --policy policy.yaml -r in
cat >want <<-'END'
	ALLOW in/clip.mp4
	DENY in/deep/unsigned.mp4  unsigned
	ALLOW in/small.bin
END
same "is a line each, in the order of the names" want out
has "and a summary" err '^3 files: 2 allow, 1 deny$'
ok "files that may pass" prov gate --policy policy.yaml ./in//clip.mp4 \
    in/small.bin
printf 'ALLOW in/clip.mp4\nALLOW in/small.bin\n' >want
same "by the names that the policy has" want out
ok "below another root" prov gate --policy policy.yaml --root in clip.mp4
exit_is 1 "json" prov gate --policy policy.yaml --json -j 3 -r in
printf '"id":"in/%s"\n' clip.mp4 deep/unsigned.mp4 small.bin >want
grep -o '"id":"[^"]*"' out >got
same "is a record a line, in order" want got
says 2 "no policy" "policy" prov gate in/clip.mp4
says 2 "no such policy" "none.yaml" prov gate --policy none.yaml in/clip.mp4
says 2 "nothing to judge" "nothing" prov gate --policy policy.yaml
says 2 "a name that is not below the root" "root" \
    prov gate --policy policy.yaml "$tap_dir/in/clip.mp4"
says 2 "a root that is none" "none" \
    prov gate --policy policy.yaml --root none in/clip.mp4
says 2 "--ndjson with files" "standard input" \
    prov gate --policy policy.yaml --ndjson in/clip.mp4
exit_is 1 "names that lead out" prov gate --policy policy.yaml in/../in/clip.mp4
has "are no names" out '^DENY in/../in/clip.mp4  path.invalid'

# Requests.
ok "records have every key, in one order" client keys policy.yaml \
    in/clip.mp4 none '{' '{"path":"../x"}' "{\"sha256\":\"$sha256\"}" '' \
    '{"id":"a","tenant":"t","path":"in/deep/unsigned.mp4"}'
decides "a bare name" in/clip.mp4 allow ''
answers "has its name as id" in/clip.mp4 '"id":"in/clip.mp4"'
decides "an object" '{"path":"in/clip.mp4","id":"7","tenant":"t"}' allow ''
has "has id and tenant" answer '"id":"7".*"tenant":"t"'
decides "nulls are keys that are not there" \
    '{"path":"in/clip.mp4","id":null,"fd":null,"signals":null}' allow ''
decides "a digest" "{\"sha256\":\"$sha256\"}" allow ''
has "is looked up" answer '"binding":"exact"'
decides "a digest that nobody logged" "{\"sha256\":\"$(printf %064d 0)\"}" \
    deny '"unsigned"'
decides "a file that is unsigned" in/deep/unsigned.mp4 deny '"unsigned"'
decides "a file with another's sidecar" \
    '{"path":"in/deep/unsigned.mp4","manifest":"in/clip.mp4.prov"}' deny ''
base64=$(base64 -w 0 in/clip.mp4.prov)
cp in/clip.mp4 in/deep/moved.mp4
decides "a sidecar in the request" \
    "{\"path\":\"in/deep/moved.mp4\",\"sidecar\":\"$base64\"}" allow ''
decides "by its name, too" \
    '{"path":"in/deep/moved.mp4","manifest":"in/clip.mp4.prov"}' allow ''
rm in/deep/moved.mp4
: >in/deep/unsigned.mp4.prov
decides "an empty sidecar is a bad one" in/deep/unsigned.mp4 deny \
    '"carrier.sidecar.malformed"'
decides "which is looked at for nobody else" \
    in/deep/unsigned.mp4 deny '"unsigned"' --no-sidecar
rm in/deep/unsigned.mp4.prov
decides "a descriptor" '{"fd":3}' allow '' 3<in/clip.mp4
has "is in no scope" answer '"path":null'
decides "a descriptor that was not handed over" '{"fd":4}' deny \
    '"request.malformed"' 3<in/clip.mp4
decides "standard input is none" '{"fd":0}' deny '"request.malformed"'

# What is no request.
while IFS= read -r line; do
	decides "no request: $(printf '%s' "$line" | tr '\134' '|')" "$line" deny '"request.malformed"'
done <<'END'
{
{}
{"path":"in/clip.mp4","path":"in/clip.mp4"}
{"path":"in/clip.mp4","sha256":"0000000000000000000000000000000000000000000000000000000000000000"}
{"path":"in/clip.mp4","fd":3}
{"path":"in/clip.mp4","verdict":"allow"}
{"path":7}
{"path":""}
{"path":"in/clip.mp4\u0000"}
{"id":"x"}
{"id":7,"path":"in/clip.mp4"}
{"path":"in/clip.mp4"}{}
{"path":"in/clip.mp4"
{"sha256":"00"}
{"sha256":"ABCDEF0000000000000000000000000000000000000000000000000000000000"}
{"path":"in/clip.mp4","sidecar":"!"}
{"path":"in/clip.mp4","signals":"noai"}
{"path":"in/clip.mp4","signals":{"noai":true}}
{"path":"in/clip.mp4","signals":{"tdm_reservaton":1}}
{"path":"in/clip.mp4","tenant":""}
{"fd":"3"}
{"fd":-1}
{"fd":3.0}
END
head -c 1100000 /dev/zero | tr '\0' x >long
{
	cat long
	printf '\nin/clip.mp4'
} | prov gate --policy policy.yaml --ndjson >answers
grep -c '"request.malformed"' answers >got
grep -c '"decision":"allow"' answers >>got
printf '1\n1\n' >want
same "a line that is too long is one answer, a last one without end another" \
    want got
printf 'in/cl\0ip.mp4\nin/clip.mp4\r\n' |
    prov gate --policy policy.yaml --ndjson >answers
grep -c '"decision":"deny"' answers >got
echo 2 >want
same "NUL and carriage return are no part of a name" want got

# Names.
ln -s clip.mp4 in/link.mp4
ln -s deep in/dir
mkfifo in/fifo
while read -r name; do
	# echo, which tells of it, takes a backslash for more than that.
	decides "the name $(printf '%s' "$name" | tr '\134' '|')" "$name" deny \
	    '"path.invalid"'
done <<-'END'
	/etc/passwd
	../in/clip.mp4
	in/./clip.mp4
	in//clip.mp4
	in/clip.mp4/
	in\clip.mp4
	in/link.mp4
	in/dir/unsigned.mp4
	in/fifo
	in/deep
END
rm in/link.mp4 in/dir in/fifo

# Rights that a site reserved.
decides "signals that say nothing" \
    '{"path":"in/clip.mp4","signals":{"tdm_reservation":0}}' allow ''
sed 's/purpose: none/purpose: ai_training/' policy.yaml >training.yaml
cat >>training.yaml <<-'END'
	rights:
	  unknown: allow
END
mv policy.yaml none.yaml
mv training.yaml policy.yaml
decides "silence, which is allowed here" in/clip.mp4 allow ''
for signals in '{"tdm_reservation":1}' '{"tdm_reservation":"1"}' \
    '{"x_robots_tag":["all","noai"]}' '{"tdm_reservation":{}}' \
    '{"headers":{"Server":"x","TDM-Reservation":"1"}}'; do
	decides "signals restrict: $signals" \
	    "{\"path\":\"in/clip.mp4\",\"signals\":$signals}" deny \
	    '"rights.ai_training.notAllowed"'
done
mv none.yaml policy.yaml

# Streams.
ok "a client that waits for each answer" client lockstep policy.yaml 300 -j 3
ok "and with one worker" client lockstep policy.yaml 300 -j 1
ok "answers are in the order of the requests" \
    client order policy.yaml 3000 -j 4
ok "requests that nobody reads the answers of" \
    client stalled policy.yaml run -j 2
ok "memory is bounded" client memory policy.yaml 20000 96 -j 2
grep '^#' out
printf 'in/clip.mp4\nnone\nin/deep/unsigned.mp4\n' >requests
prov gate --policy policy.yaml --ndjson <requests >out
echo $? >got
head -n 1 requests | prov gate --policy policy.yaml --ndjson >out
echo $? >>got
tail -n 1 requests | prov gate --policy policy.yaml --ndjson >out
echo $? >>got
tail -n 1 requests | prov gate --policy policy.yaml --ndjson --strict >out
echo $? >>got
printf '75\n0\n0\n1\n' >want
same "a denial is an answer, unless --strict; retry is 75" want got

# Warnings.
sed 's/^purpose:/mode: warn\npurpose:/' policy.yaml >warn.yaml
ok "a policy that only warns" prov gate --policy warn.yaml \
    in/deep/unsigned.mp4
has "says what it would do" out 'DENY in/deep/unsigned.mp4  unsigned  (allow'

# Facts.
exit_is 1 "facts" prov gate --policy policy.yaml --facts -r in
python3 -c '
import json, sys
facts = [json.loads(line) for line in sys.stdin]
assert [f["signature"] for f in facts] == ["valid", "absent", "valid"]
assert "decision" not in facts[0]' <out
echo $? >got
echo 0 >want
same "are what the policy was asked about" want got

# Runs.
exit_is 1 "a run file" prov gate --policy policy.yaml --output run.1 --json -r in
same "has the records" out run.1
says 2 "is not replaced" "resume" \
    prov gate --policy policy.yaml --output run.1 -r in
cp run.1 run.2
printf '{"v":1,"pa' >>run.2
exit_is 1 "it is gone on with, without the torn line" \
    prov gate --policy policy.yaml --resume run.2 --json -r in
same "asks nothing again" run.1 run.2
same "and answers as before" run.1 out
says 2 "not under another policy" "policy" \
    prov gate --policy warn.yaml --resume run.2 -r in
sed '2s/"v":1/"v":2/' run.1 >run.3
says 2 "not what is no run" "run.3" \
    prov gate --policy policy.yaml --resume run.3 -r in
printf 'none\n' | prov gate --policy policy.yaml --ndjson --output run.4 >out
cp in/clip.mp4 none
cp in/clip.mp4.prov none.prov
printf 'none\n' | prov gate --policy policy.yaml --ndjson --resume run.4 >out
grep -o '"decision":"[a-z]*"' run.4 >got
printf '"decision":"retry"\n"decision":"allow"\n' >want
same "retry is asked again, and the last record counts" want got
rm none none.prov
ok "killed while it answers" client killed policy.yaml run.5 20000 9 -j 2
ok "it goes on" client resumed policy.yaml run.5 20000 -j 2
printf '{"fd":3}\n' |
    prov gate --policy policy.yaml --ndjson --output run.6 3<in/clip.mp4 >out
decides "descriptors are asked anew" '{"fd":3}' deny '"unsigned"' \
    --resume run.6 3<in/deep/unsigned.mp4

# Quarantine.
mkdir -p in/doubtful/a in/doubtful/b
cp in/deep/unsigned.mp4 in/doubtful/a/same.mp4
cp in/clip.mp4 in/doubtful/b/same.mp4
# shellcheck disable=SC2016 # it is a name
cp in/deep/unsigned.mp4 "in/doubtful/b/$(printf 'caf\303\251 $x.mp4')"
exit_is 1 "what a rule quarantines" \
    prov gate --policy policy.yaml --quarantine q/deep -r in
has "is told" out '^QUARANTINE in/doubtful/a/same.mp4'
find q -type f | sed 's|.*/[0-9a-f]\{32\}-||' | sort >got
sort >want <<-'END'
	caf__ _x.mp4
	caf__ _x.mp4.verdict.json
	same.mp4
	same.mp4
	same.mp4.verdict.json
	same.mp4.verdict.json
END
sed -i 's/caf__ _x/caf____x/' want
same "is kept, and nothing else is" want got
for f in q/deep/*-same.mp4; do
	sha256sum <"$f" | cut -d' ' -f1
	grep -o '"sha256":"[^"]*"' "$f.verdict.json"
done | sed 's/"sha256":"\(.*\)"/\1/' | uniq -c | awk '{ print $1 }' >got
printf '2\n2\n' >want
same "with the bytes that the record is about" want got
find q/deep -name '.prov-*' >got
: >want
same "and nothing half-written" want got
chmod 500 q/deep
if [ "$(id -u)" -ne 0 ]; then
	exit_is 75 "where it cannot be kept" \
	    prov gate --policy policy.yaml --quarantine q/deep \
	    in/doubtful/a/same.mp4
	has "it has to be asked again" out '^RETRY .*error.write'
fi
chmod 700 q/deep
rm -r in/doubtful

# Metrics.
exit_is 1 "metrics" prov gate --policy policy.yaml --metrics-file m.prom -r in
for line in \
    '^prov_gate_total{decision="allow",reason="",policy="gate-test"} 2$' \
    '^prov_gate_total{decision="deny",reason="unsigned",policy="gate-test"} 1$' \
    '^prov_gate_duration_seconds_bucket{le="+Inf"} 3$' \
    '^prov_gate_duration_seconds_count 3$' \
    '^prov_inflight 0$' '^prov_checkpoint_size 3$' \
    '^prov_policy_info{name="gate-test",digest="sha256:[0-9a-f]*"} 1$' \
    '^prov_build_info{version="[0-9.]*"} 1$'; do
	has "has $line" m.prom "$line"
done
{
	wc -c <in/clip.mp4
	wc -c <in/deep/unsigned.mp4
	wc -c <in/small.bin
} | awk '{ n += $1 } END { print "prov_gate_bytes_total", n }' >want
grep '^prov_gate_bytes_total' m.prom >got
same "has the bytes that were hashed" want got
grep -c 'in/\|clip' m.prom >got
echo 0 >want
same "and no names of files" want got

done_testing
