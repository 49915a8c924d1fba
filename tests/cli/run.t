#!/bin/sh
# SPDX-License-Identifier: ISC
# prov gate sign-run, prov gate verify-run and prov rescan: what vouches for a
# run, what of it can change unseen (nothing), and what comes of it later.
. "$srcdir/tests/tap.sh"

ok "init" prov init --no-passphrase test/gate
mkdir in
cp "$srcdir/testdata/clip.mp4" in/clip.mp4
cp "$srcdir/testdata/unknown.mp4" in/unsigned.mp4
head -c 5000 "$srcdir/testdata/clip.mp4" >in/small.bin
head -c 6000 "$srcdir/testdata/clip.mp4" >in/other.bin
head -c 7000 "$srcdir/testdata/clip.mp4" >in/third.bin
prov sign in/clip.mp4 in/small.bin in/other.bin in/third.bin >/dev/null 2>&1
cat >policy.yaml <<-'END'
	version: 1
	name: run-test
	purpose: none
	trust:
	  file: home/trust.yaml
END
exit_is 1 "a run" prov gate --policy policy.yaml --output run.ndjson -r in
wc -l <run.ndjson | tr -d ' ' >lines
echo 5 >want
same "of five" want lines

# Signed, and found to hold.
ok "sign-run" prov gate sign-run --policy policy.yaml run.ndjson
has "counts" out '5 records: 4 allowed, 0 quarantined, 0 to try again, 1 denied'
has "and logs" out '^ledger  entry 5$'
cp run.ndjson.prov first.prov
cp run.intoto.json first.json
ok "once more" prov gate sign-run --policy policy.yaml run.ndjson
has "is the same entry" out '^ledger  entry 5, as before$'
same "and the same attestation" first.json run.intoto.json
ok "verify-run" prov gate verify-run run.ndjson
has "says so" out '^VERIFIED run.ndjson$'
has "and what passed has in common" out '^  passed    PROV_BOUND_EXACT$'
ok "as JSON" prov gate verify-run --json run.ndjson
jq -e '.word == "VERIFIED" and .status == 0 and .records == 5 and
    .envelope == "valid" and .reasons == [] and .not_checked == [] and
    .lines == [] and .run.policy == "run-test" and
    .run.decisions == {"allow":4,"quarantine":0,"retry":0,"deny":1} and
    .run.reasons == {"unsigned":1} and .run.properties == ["PROV_SIGNED",
    "PROV_LOGGED","PROV_BOUND_EXACT","PROV_BOUND_STREAMS"]' out >judged
has "with all of it" judged true
ok "by another name" cp run.ndjson moved.ndjson
ok "the ledger finds it by its records" prov gate verify-run moved.ndjson
cp home/trust.yaml home/tlog-policy .
PROV_HOME=$PWD/nowhere exit_is 0 "without a ledger" \
    prov gate verify-run --trust trust.yaml --json run.ndjson
jq -e '.not_checked | index("revocation") != null and index("heads") != null' \
    out >judged
has "says what was not checked" judged true
ok "show" prov show run.ndjson.prov
has "shows it" out '^type        application/prov-run+cbor$'
exit_is 1 "and verify takes it for no manifest" prov verify run.ndjson
ok "the ledger checks" prov ledger check --signatures
ok "what was signed before still verifies" prov verify in/clip.mp4

# What was altered is named.
altered() { # description pattern sed-program
	sed "$3" run.ndjson >x.ndjson
	cp run.ndjson.prov x.ndjson.prov
	cp run.intoto.json x.intoto.json
	exit_is 1 "$1" prov gate verify-run x.ndjson
	has "is named" out "$2"
	has "and reported" out '^ALTERED x.ndjson$'
}
altered "an altered line" '^  line 3 was altered$' '3s/"decision"/"decisiom"/'
altered "a flipped digit" '^  line 1 was altered$' '1s/"ms":[0-9]/"ms":9/'
altered "a space" '^  line 2 was altered$' '2s/$/ /'
altered "a missing line" '^  line 2 is missing, before line 2$' 2d
altered "the last one missing" '^  line 5 is missing, before line 5$' '$d'
altered "an added line" '^  line 5 was added$' '4{
p
}'
altered "an empty line" '^  line 2 was added$' '1G'
altered "a moved line" '^  line 5 was moved; it was line 1$' '1{
h
d
}
5{
G
}'
awk '{ l[NR] = $0 } END { for (i = NR; i > 0; i--) print l[i] }' \
    run.ndjson >x.ndjson
exit_is 1 "all in reverse" prov gate verify-run --json x.ndjson
jq -e '.lines_differ == 4 and ([.lines[].what] | unique) == ["moved"]' \
    out >judged
has "are four that moved" judged true
printf '%s' "$(cat run.ndjson)" >x.ndjson
exit_is 1 "the last newline gone" prov gate verify-run x.ndjson
has "is named" out 'run.line: line 5: '
: >x.ndjson
exit_is 1 "nothing left" prov gate verify-run x.ndjson
head -c 200000 /dev/zero | tr '\0' x >x.ndjson
exit_is 1 "one line without end" prov gate verify-run x.ndjson
rm x.ndjson.prov x.intoto.json
exit_is 1 "an altered run without its sidecar" \
    prov gate verify-run x.ndjson
has "is not in the ledger" out '^UNSIGNED x.ndjson$'
exit_is 2 "a run that is not there" prov gate verify-run none.ndjson
exit_is 2 "an attestation that is not there" \
    prov gate verify-run run.ndjson none.json

# Attestations and sidecars of another run, or damaged.
head -n 3 run.ndjson >part.ndjson
ok "a second run" prov gate sign-run part.ndjson
ok "verifies" prov gate verify-run part.ndjson
exit_is 1 "an attestation of another run" \
    prov gate verify-run run.ndjson part.intoto.json
has "is not the one that was logged" out 'run.envelope: .*not the one'
ok "a sidecar of another run, where the ledger has the right one" \
    prov gate verify-run --sidecar part.ndjson.prov run.ndjson
PROV_HOME=$PWD/nowhere exit_is 1 "and without it" prov gate verify-run \
    --trust trust.yaml --sidecar part.ndjson.prov run.ndjson
has "is on other records" out '^ALTERED'
has "of which the last two are new" out '^  line 5 was added'
sed 's/"sig":"./"sig":"_/' run.intoto.json >x.json
exit_is 1 "a damaged attestation" prov gate verify-run run.ndjson x.json
cp run.ndjson.prov x.prov
printf x | dd of=x.prov bs=1 seek=300 conv=notrunc 2>/dev/null
exit_is 1 "a damaged sidecar" \
    prov gate verify-run --sidecar x.prov run.ndjson
has "is malformed" out 'carrier.sidecar.malformed'
exit_is 1 "a sidecar of media" \
    prov gate verify-run --sidecar in/clip.mp4.prov run.ndjson

# What is no run is not signed.
printf '{"v":1}\n' >bad.ndjson
says 1 "a line that is no record" 'line 1: ' prov gate sign-run bad.ndjson
{ cat run.ndjson && head -c 100 run.ndjson; } >bad.ndjson
says 1 "a torn line" 'line 6: the run ends within it' \
    prov gate sign-run bad.ndjson
: >bad.ndjson
says 1 "an empty run" 'nothing was decided' prov gate sign-run bad.ndjson
sed '2s/"policy":"sha256:./"policy":"sha256:0/' run.ndjson >bad.ndjson
cmp -s run.ndjson bad.ndjson &&
    sed '2s/"policy":"sha256:./"policy":"sha256:1/' run.ndjson >bad.ndjson
says 1 "two policies in one run" 'line 2: decided by another policy' \
    prov gate sign-run bad.ndjson
sed 's/run-test/another/' policy.yaml >other.yaml
says 1 "a policy that did not decide" 'decided by another policy' \
    prov gate sign-run --policy other.yaml run.ndjson
ok "nothing of these was logged" prov ledger checkpoint
has "at all" out '^7$'

# Counted by groups.
ok "report" prov gate report run.ndjson
has "by reason" out '^ *1  *11351  *0  *0  *0  *1  unsigned$'
ok "by signer, as JSON" prov gate report --json --group-by signer run.ndjson
jq -sc 'map([.name, .records, .allow, .deny])' out >got
echo '[[null,1,0,1],["test/gate",4,4,0]]' >want
same "has all of them" want got
ok "by media type" prov gate report --json --group-by media_type run.ndjson
jq -s 'map(.records) | add' out >got
echo 5 >want
same "has all of them, too" want got
says 2 "by what there is not" 'groups are by' \
    prov gate report --group-by colour run.ndjson
printf '{}\n' >none.ndjson
says 1 "of what is no run" 'line 1: ' prov gate report none.ndjson

# Decided again.
ok "rescan" prov rescan --policy policy.yaml run.ndjson
same "finds nothing changed" /dev/null out
has "and says so" err '5 records: 4 were let pass, 0 would not be now'
prov ledger takedown --reason rights in/clip.mp4 >/dev/null
exit_is 1 "after a takedown" prov rescan --policy policy.yaml run.ndjson
jq -e '.id == "in/clip.mp4" and .decision == "deny" and .was == "allow" and
    .reasons == ["asset.takedown"]' out >judged
has "it names what is out" judged true
cat >strict.yaml <<-'END'
	version: 1
	purpose: none
	trust:
	  file: home/trust.yaml
	require:
	  max_bytes: 5500
END
exit_is 1 "under another policy" prov rescan --policy strict.yaml run.ndjson
jq -r .id out | sort >ids
printf '%s\n' in/clip.mp4 in/other.bin in/third.bin >want
same "the sizes are those that were recorded" want ids
{ cat run.ndjson && head -c 100 run.ndjson; } >bad.ndjson
exit_is 1 "a torn run" prov rescan --policy policy.yaml bad.ndjson
has "is named" err 'line 6: '
says 2 "without a policy" 'policy' prov rescan run.ndjson

# Who is not trusted, or no more, vouches for nothing.
prov trust remove test/gate >/dev/null
exit_is 1 "an untrusted signer" prov gate verify-run run.ndjson
has "is named" out '^UNTRUSTED run.ndjson$'
cp trust.yaml home/trust.yaml
prov key revoke -k home/recovery.key --reason key-compromise test/gate \
    --from-index 0 >/dev/null
exit_is 1 "a revoked signer" prov gate verify-run run.ndjson
has "is named" out '^REVOKED run.ndjson$'
exit_is 1 "and all that it signed is out" \
    prov rescan --policy policy.yaml run.ndjson
wc -l <out | tr -d ' ' >lines
echo 4 >want
same "each of four" want lines
done_testing
