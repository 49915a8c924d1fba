#!/bin/sh
# SPDX-License-Identifier: ISC
# Others read what vouches for a run: Debian's python3-cbor2 and
# python3-cryptography count, hash and verify it again; PyPI's securesystemslib
# and in-toto-attestation do where they can be had (PROV_NO_NETWORK fetches none).
. "$srcdir/tests/tap.sh"
python=$(command -v /usr/bin/python3 || command -v python3)
read_run=$srcdir/tests/interop/dsse.py

if ! "${python:-false}" -c 'import cbor2, cryptography' 2>/dev/null; then
	echo "1..0 # SKIP python3-cbor2 or python3-cryptography is not here"
	exit 0
fi
prov init --no-passphrase test/gate >/dev/null
mkdir in
cp "$srcdir/testdata/clip.mp4" in/clip.mp4
cp "$srcdir/testdata/unknown.mp4" in/unsigned.mp4
for n in 1 2 3 4 5 6; do
	head -c "${n}000" "$srcdir/testdata/clip.mp4" >"in/$n.bin"
done
printf 'rights:\n  cawg.ai_generative_training: allowed\n' >claim.yaml
ok "sign" prov sign --claim claim.yaml in/clip.mp4 in/[1-6].bin
cat >policy.yaml <<-'END'
	version: 1
	name: training
	purpose: ai_generative_training
	trust:
	  file: home/trust.yaml
END
exit_is 1 "gate" prov gate --policy policy.yaml --output run.ndjson -r in
ok "sign-run" prov gate sign-run --policy policy.yaml run.ndjson
vkey=$(prov key export)
ok "python reads the run" "$python" "$read_run" run.ndjson "$vkey"
ok "verify-run" prov gate verify-run run.ndjson
has "with the rights of all that passed" out \
    PROV_RIGHTS_AI_GENERATIVE_TRAINING
for file in run.ndjson run.intoto.json run.ndjson.prov; do
	mkdir altered
	cp run.ndjson run.intoto.json run.ndjson.prov altered
	printf '~' | dd of="altered/$file" bs=1 seek=400 conv=notrunc 2>/dev/null
	exit_is 1 "python refuses an altered $file" \
	    "$python" "$read_run" altered/run.ndjson "$vkey"
	exit_is 1 "and so does prov" prov gate verify-run altered/run.ndjson
	rm -r altered
done

if [ -z "${PROV_NO_NETWORK-}" ] &&
    timeout 60 "$python" -m pip install --quiet --target pip \
	securesystemslib==1.3.1 in-toto-attestation==0.9.3 \
	>pip.out 2>&1; then
	ok "securesystemslib and in-toto-attestation read it" \
	    "$python" "$read_run" run.ndjson "$vkey" pip
	has "and say so" out 'by securesystemslib'
else
	echo "# no pip or network: securesystemslib not tried"
fi
done_testing
