#!/bin/sh
# SPDX-License-Identifier: ISC
# prov policy: what decides which media enters, without a pipeline.
. "$srcdir/tests/tap.sh"

prov init --no-passphrase cam/one >/dev/null
vkey=$(prov key export)
log=$(prov key export cam/one/log)
{
	echo "version: 1"
	echo "name: demo"
	echo "purpose: ai_training"
	echo "trust:"
	echo "  signers:"
	echo "    - {name: cam, key: $vkey, paths: \"in/**\"}"
	echo "  logs:"
	echo "    lines: |"
	echo "      log $log"
	echo "      quorum none"
	echo "rules:"
	echo "  - match: {path: \"in/raw/**\", signer: cam}"
	echo "    set: {rights.unknown: allow}"
	echo "    route: raw"
	echo "    note: contract 2026-114"
} >policy.yaml

ok "check" prov policy check policy.yaml
has "names it" out '^policy    demo$'
has "and its digest" out '^digest    [0-9a-f]\{64\}$'
has "whom it trusts" out '^trusts    cam, below in/\*\*$'
has "what it wants" out '^wants     require.binding: streams$'
has "and what rules do" out '^rule 1    path in/raw/\*\* and signer cam: wants rights.unknown: allow, goes to raw (contract 2026-114)$'
echo "version: 1" >none.yaml
ok "check a policy with nothing in it" prov policy check none.yaml
has "and it says so" out '^It trusts nobody, so it lets nothing in'
sed 's/signers:/signrs:/' policy.yaml >wrong.yaml
# shellcheck disable=SC2016 # the backquotes are the message's
says 2 "an unknown key" 'wrong.yaml:5:3: unknown key "signrs"; did you mean `signers`?' \
    prov policy check wrong.yaml
printf 'version: 1\nrequire: {binding: similar}\n' >wrong.yaml
says 2 "a binding to come" 'wrong.yaml:2:20: "similar" is a binding that does not exist yet' \
    prov policy check wrong.yaml
says 2 "a policy that is not there" 'missing.yaml' prov policy check missing.yaml

# The trust of this home, in a policy.
printf 'version: 1\ntrust: {file: home/trust.yaml}\n' >file.yaml
ok "a trust file" prov policy check file.yaml
has "whom it trusts" out '^trusts    cam/one, for every path, who may revoke$'
digest=$(sed -n 's/^digest *//p' out)
echo '# a remark' >>home/tlog-policy
ok "a remark in its tlog-policy" prov policy check file.yaml
has "changes no digest" out "$digest"
sed -i '/^log /d' home/tlog-policy
ok "a log less" prov policy check file.yaml
has "lets nothing in" out '^It trusts no log, and inclusion is required'
if grep -q "$digest" out; then
	fail "and changes the digest" out
else
	pass "and changes the digest"
fi

# Why, for one item.
zeros=0000000000000000000000000000000000000000000000000000000000000000
cat >facts.json <<EOF
{"v":1,"path":"in/raw/a.mp4","sha256":"$zeros","bytes":5,"carrier":"sidecar",
"binding":"exact","signature":"valid","ledger":"included","revoked":"no",
"signer":"cam","iss":"cam/one","statement":"$zeros","kid":"$zeros",
"signed_at":"2026-11-01T00:00:00Z"}
EOF
ok "explain what is allowed" prov policy explain --policy policy.yaml \
    --facts facts.json
has "each requirement" out '^met  *require.binding  *streams  *exact  *sidecar$'
has "the rule" out '^rule      1, contract 2026-114$'
has "the route" out '^route     raw$'
has "the decision" out '^decision  allow$'
sed 's,in/raw,in,' facts.json >other.json
exit_is 1 "explain what is denied" prov policy explain --policy policy.yaml \
    --facts other.json
has "what is not met" out '^NOT MET rights.ai_training  *allowed  *silent'
has "the reason" out '^reason    rights.ai_training.unknown: nobody signed'
has "no rule" out '^rule      none matches$'
sed 's,"included","stale",2' facts.json | sed 's,"ledger":"included","ledger":"stale",' >stale.json
exit_is 75 "explain what is to be tried again" prov policy explain --json \
    --policy policy.yaml --facts stale.json
has "as JSON" out '"decision":"retry".*"reasons":\["ledger.stale"\]'
exit_is 1 "facts from standard input" sh -c \
    'prov policy explain --json --policy policy.yaml --facts - <other.json'
has "as JSON" out '"name":"rights.ai_training","wanted":"allowed","found":"silent","where":null,"met":false'
says 2 "facts that are none" 'facts' prov policy explain --policy policy.yaml \
    --facts policy.yaml
says 2 "no policy" 'what decides' prov policy explain --facts facts.json
says 2 "about nothing" 'about what' prov policy explain --policy policy.yaml
says 2 "facts and where to look" '\-\-facts' prov policy explain \
    --policy policy.yaml --facts facts.json --root .

# The same of a file: what the gate finds is what is explained.
mkdir -p in/raw
cp "$srcdir/testdata/unknown.mp4" in/raw/a.mp4
echo "log $log" >>home/tlog-policy
prov sign in/raw/a.mp4 >/dev/null
ok "explain a file" prov policy explain --policy policy.yaml in/raw/a.mp4
has "signed by whom" out '^met  *signature .*valid, by cam  *sidecar$'
has "and in which log" out '^met  *require.inclusion  *required  *included  *cam/one/log$'
has "is allowed by the rule" out '^rule      1, contract 2026-114$'
exit_is 1 "outside of the signer's scope" prov policy explain --root in \
    --policy policy.yaml raw/a.mp4
has "nobody is trusted" out '^reason    signature.path'
cp in/raw/a.mp4 in/unsigned.mp4
printf x >>in/unsigned.mp4
exit_is 1 "an unsigned file" prov policy explain --json --policy policy.yaml \
    --no-sidecar in/unsigned.mp4
has "is denied for that" out '"decision":"deny"'
exit_is 75 "a file that is not there" prov policy explain --policy policy.yaml \
    in/missing.mp4
has "is to be tried again" out '^reason    error.open'
exit_is 1 "a name that leads out" prov policy explain --policy policy.yaml \
    in/../in/raw/a.mp4

# A table of expected decisions.
cat >cases.yaml <<EOF
version: 1
policy: policy.yaml
cases:
  - {name: raw, facts: facts.json, decision: allow, route: raw, rule: 1}
  - {name: other, facts: other.json, decision: deny, rule: none,
     reasons: [rights.ai_training.unknown]}
EOF
ok "a table that holds" prov policy test cases.yaml
has "counts them" out '^2 cases, 0 failed$'
sed 's/decision: deny/decision: allow/; s/ai_training.unknown/ai_training.notAllowed/' \
    cases.yaml >failing.yaml
exit_is 1 "one that does not" prov policy test failing.yaml
cat >want <<EOF
failing.yaml:5: other
- decision: allow
+ decision: deny
- reason: rights.ai_training.notAllowed
+ reason: rights.ai_training.unknown
2 cases, 1 failed
EOF
same "says what was expected and what came out" want out
exit_is 1 "another policy" prov policy test --policy none.yaml cases.yaml
sed 's/decision: deny/decison: deny/' cases.yaml >wrong.yaml
# shellcheck disable=SC2016
says 2 "a table that is none" 'wrong.yaml:5:38: unknown key "decison"; did you mean `decision`?' \
    prov policy test wrong.yaml
sed 's/ai_training.unknown/ai_training.unkown/' cases.yaml >wrong.yaml
says 2 "a code that nobody gives" 'wrong.yaml:6:16: "rights.ai_training.unkown" is no reason code' \
    prov policy test wrong.yaml
printf 'version: 1\npolicy: policy.yaml\ncases: [{decision: deny, facts: {v: 1, colour: red}}]\n' >wrong.yaml
says 2 "facts that nobody knows" 'wrong.yaml:3:33: facts' prov policy test wrong.yaml
done_testing
