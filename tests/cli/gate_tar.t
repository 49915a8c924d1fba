#!/bin/sh
# SPDX-License-Identifier: ISC
# prov gate --tar: what may pass of a shard becomes a tar of its own, by sample.
. "$srcdir/tests/tap.sh"

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP python3 is not installed"
	exit 0
fi
tar_py() {
	python3 "$srcdir/tests/cli/gate_tar.py" "$@"
}
lists() { # description tar name ...
	lists_what=$1 lists_tar=$2
	shift 2
	printf '%s\n' "$@" >want
	[ $# -gt 0 ] || : >want
	tar_py show "$lists_tar" | cut -d' ' -f1 >got
	same "$lists_what" want got
}
gate_tar() { # option ...
	prov gate --policy policy.yaml --tar "$@"
}

ok "init" prov init --no-passphrase test/tar
cp "$srcdir/testdata/clip.mp4" good.mp4
cp "$srcdir/testdata/unknown.mp4" bad.mp4
head -c 3000 good.mp4 >good.bin
head -c 2000 good.mp4 >synthetic.bin
printf 'rights:\n  source_type: trainedAlgorithmicMedia\n' >synthetic.yaml
ok "sign" prov sign good.mp4 good.bin
ok "sign what is generated" prov sign --claim synthetic.yaml synthetic.bin
cp good.mp4.prov keep.prov
cat >policy.yaml <<-'END'
	version: 1
	name: tar-test
	purpose: none
	trust:
	  file: home/trust.yaml
	rules:
	  - match: {source_type: trainedAlgorithmicMedia}
	    route: synthetic
	  - match: {path: "doubtful.tar/**"}
	    then: quarantine
END

# A shard with samples of all sorts.
tar_py make shard.tar w 0001.mp4=good.mp4 0001.json:'{}' 0002.mp4=bad.mp4 \
    0002.json:'{}' 0003.mp4=good.mp4 0003.bin=bad.mp4 0003.txt:caption \
    0004.bin=good.bin 0004.cls:7 0005.json:'{}' 0006.bin=synthetic.bin
exit_is 1 "a shard" gate_tar --json --accepted in.tar --rejected out.tar \
    --strict shard.tar
cp out records
lists "what may pass" in.tar 0001.mp4 0001.json 0004.bin 0004.cls 0006.bin
lists "what may not, samples whole" out.tar 0002.mp4 0002.json 0003.mp4 \
    0003.bin 0003.txt 0005.json
ok "bytes are as they were" tar_py same in.tar 0001.mp4 good.mp4
grep -o '"id":"[^"]*"' records >got
printf '"id":"shard.tar/%s"\n' 0001.mp4 0002.mp4 0003.mp4 0003.bin 0004.bin \
    0005.json 0006.bin >want
same "one record for each that is media, in order" want got
grep -o '"decision":"[^"]*"' records | cut -d'"' -f4 | tr '\n' ' ' >got
echo "allow deny deny deny allow deny allow " >want
tr -d '\n' <want >want2
same "decided by sample" want2 got
grep '0003.mp4' records >got
has "what another member keeps out says so" got '"reasons":\["shard.sample"\]'
ok "denials are answers" gate_tar --accepted in.tar shard.tar
exit_is 0 "a tar for a route" gate_tar --accepted in2.tar \
    --route synthetic=syn.tar shard.tar
lists "has what goes there" syn.tar 0006.bin
lists "and the other has not" in2.tar 0001.mp4 0001.json 0004.bin 0004.cls

# Compression, both ways.
for ext in gz zst; do
	if [ $ext = zst ] && ! command -v zstd >/dev/null; then
		echo "# zstd is not installed: skipped"
		continue
	fi
	case $ext in
	gz) gzip -k shard.tar ;;
	zst) zstd -q shard.tar ;;
	esac
	ok "a shard in $ext" gate_tar --accepted "in.tar.$ext" "shard.tar.$ext"
	case $ext in
	gz) gzip -dc in.tar.gz >plain.tar ;;
	zst) zstd -qdc in.tar.zst >plain.tar ;;
	esac
	lists "gives one in $ext" plain.tar 0001.mp4 0001.json 0004.bin \
	    0004.cls 0006.bin
done

# Sidecars travel along, and a bad one is not passed over.
tar_py make side.tar w a.mp4=good.mp4 a.mp4.prov=keep.prov \
    b.mp4=good.mp4 b.prov=keep.prov c.mp4=good.mp4 c.mp4.prov:rubbish \
    d.mp4=good.mp4 d.mp4.prov:
ok "sidecars" gate_tar --json --accepted in.tar --rejected out.tar side.tar
lists "good ones" in.tar a.mp4 a.mp4.prov b.mp4 b.prov
lists "bad ones" out.tar c.mp4 c.mp4.prov d.mp4 d.mp4.prov

# What a tar may not hold.
tar_py make odd.tar w 1.mp4=good.mp4 '2.mp4->good.mp4' ../3.mp4=good.mp4 \
    /4.mp4=good.mp4 5.mp4=good.mp4 5.mp4=good.mp4 6.mp4=good.mp4
ok "odd members" gate_tar --json --accepted in.tar --rejected out.tar odd.tar
lists "let the others in" in.tar 1.mp4 6.mp4
has "and say why" out 'shard.member'

# A shard's place is where it is, not what its members say.
mkdir -p vendor
cat >scoped.yaml <<-'END'
	version: 1
	purpose: none
	trust:
	  signers:
END
prov key export | sed 's/.*/    - {name: vendor, key: "&", paths: ["vendor\/**"]}/' >>scoped.yaml
cat >>scoped.yaml <<-'END'
	  logs:
	    policy: home/tlog-policy
END
tar_py make vendor/a.tar w vendor/x.mp4=good.mp4
tar_py make b.tar w vendor/a.tar/x.mp4=good.mp4
ok "in scope" prov gate --policy scoped.yaml --tar --strict vendor/a.tar
exit_is 1 "out of scope whatever it says" \
    prov gate --policy scoped.yaml --tar --strict b.tar

# Damage: nothing appears, what was decided is recorded, the rest is retried.
# Cut in the sample that is generated, behind all others.
head -c $(($(wc -c <shard.tar) - 11000)) shard.tar >cut.tar
rm -f in.tar out.tar run.ndjson
exit_is 75 "a shard that was cut" gate_tar --output run.ndjson \
    --accepted in.tar --rejected out.tar cut.tar
ok "leaves no tar" test ! -e in.tar -a ! -e out.tar
lastly=$(tail -n 1 run.ndjson)
case $lastly in
*'"decision":"retry"'*'"id":"cut.tar"'*) pass "the shard is to be retried" ;;
*) fail "the shard is to be retried" run.ndjson ;;
esac
ok "what was read before is decided" \
    sh -c 'grep 0001 run.ndjson | grep -q decision...allow'
ok "and nothing is allowed that was not read" \
    sh -c '! grep 0006 run.ndjson | grep -q decision...allow'
cp shard.tar cut.tar
ok "going on" gate_tar --resume run.ndjson --accepted in.tar cut.tar
lists "gives all of it" in.tar 0001.mp4 0001.json 0004.bin 0004.cls 0006.bin
tar_py make cut.tar w 0001.mp4=bad.mp4 0001.json:'{}'
ok "going on with another shard of that name" \
    gate_tar --resume run.ndjson --accepted in.tar cut.tar
lists "believes no earlier record" in.tar

tar_py make grown.tar w 0001.mp4=good.mp4
ok "a shard" gate_tar --resume grown.ndjson --accepted in.tar grown.tar
tar_py make grown.tar w 0001.mp4=good.mp4 0001.bin=bad.mp4
ok "that has grown" gate_tar --resume grown.ndjson --accepted in.tar grown.tar
lists "is decided anew" in.tar
grep '"id":"grown.tar/0001.mp4"' grown.ndjson | tail -n 1 >got
has "and the last record says so" got '"decision":"deny"'

# Several shards, and standard input.
mkdir -p shards accepted rejected
cp shard.tar shards/a.tar
cp side.tar shards/b.tar
ok "several shards" gate_tar --accepted accepted/ --rejected rejected/ \
    shards/a.tar shards/b.tar
lists "one" accepted/a.tar 0001.mp4 0001.json 0004.bin 0004.cls 0006.bin
lists "and the other" accepted/b.tar a.mp4 a.mp4.prov b.mp4 b.prov
prov gate --policy policy.yaml --tar --accepted - - <shard.tar >piped.tar 2>err
lists "through a pipe" piped.tar 0001.mp4 0001.json 0004.bin 0004.cls 0006.bin
tar_py make doubtful.tar w 1.mp4=good.mp4
ok "quarantine" gate_tar --json --accepted in.tar --quarantine q doubtful.tar
lists "is not let in" in.tar
ok "and is kept" sh -c 'ls q/*verdict.json'

# Routes of files lead to directories.
ok "a route of files" prov gate --policy policy.yaml \
    --route synthetic=pipe/deep good.bin synthetic.bin
ok "gets what goes there" cmp synthetic.bin pipe/deep/synthetic.bin
ok "and nothing else" test ! -e pipe/deep/good.bin
ok "by lines, too" sh -c 'echo synthetic.bin | prov gate --policy policy.yaml \
    --ndjson --route synthetic=piped && cmp synthetic.bin piped/synthetic.bin'
exit_is 75 "a route that leads nowhere" prov gate --policy policy.yaml \
    --route synthetic=good.bin/x synthetic.bin
has "lets nothing pass" out '^RETRY synthetic.bin .*error.write'

# Usage.
says 2 "no route" "NAME=WHERE" gate_tar --route synthetic shard.tar
says 2 "no shard" "shard" gate_tar --accepted in.tar
says 2 "two shards into one tar" "directory" \
    gate_tar --accepted in.tar shard.tar side.tar
says 2 "no such shard" "missing.tar" gate_tar missing.tar
echo "no tar" >text.tar
exit_is 75 "no tar" gate_tar --accepted in.tar text.tar
done_testing
