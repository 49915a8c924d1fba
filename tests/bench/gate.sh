#!/bin/sh
# SPDX-License-Identifier: ISC
# The gate: files, digests, a shard, two threads and memory, beside openssl
# dgst over the same bytes and one process for each file. All on one processor
# but where two threads are asked for, the page cache warm.
# PROV_BENCH_FILES (5000) of 100 KiB; PROV_BENCH_REQUESTS (1000000) for memory.
# shellcheck disable=SC2317 # best calls before()
. "$srcdir/tests/bench/bench.sh"
n=${PROV_BENCH_FILES:-5000}
requests=${PROV_BENCH_REQUESTS:-1000000}
signatures=$builddir/tests/bench/signatures
[ -x "$signatures" ] || signatures=$builddir/../tests/bench/signatures
one() { taskset -c 0 "$@"; }
mb=$(awk -v n="$n" 'BEGIN { print n * 102400 / 1e6 }')

rate() { # name items goal : of the best time
	awk -v w="$1" -v n="$2" -v us="$best_ms" -v g="$3" 'BEGIN {
		printf "%-44s %9.0f a second  goal %s\n", w, n / (us / 1e6), g }'
}

python3 - "$n" <<'PY'
import os, random, sys
random.seed(5)
os.mkdir("in")
for i in range(int(sys.argv[1])):
    with open(f"in/{i:06}.bin", "wb") as f:
        f.write(random.randbytes(102400))
PY
prov init --no-passphrase bench/gate >/dev/null
t0=$(date +%s%N)
prov sign --sidecar-dir sides -r in >out 2>err || { cat err; exit 1; }
awk -v n="$n" -v ns="$(($(date +%s%N) - t0))" 'BEGIN {
	printf "# signed %d files, %.0f a second\n", n, n / (ns / 1e9) }'
cat >policy.yaml <<'END'
version: 1
name: bench
purpose: none
trust:
  file: home/trust.yaml
END
find in -name '*.bin' | sort >names
xargs sha256sum <names | awk '{ print "{\"sha256\":\"" $1 "\"}" }' >digests
i=0
while [ "$i" -lt 10 ]; do
	cat digests
	i=$((i + 1))
done >many
gate() {
	prov gate --policy policy.yaml --ndjson "$@"
}
files() { # processors option ...
	on=$1
	shift
	taskset -c "$on" prov gate --policy policy.yaml --ndjson "$@" <names
}
digests() { # processors option ...
	on=$1
	shift
	taskset -c "$on" prov gate --policy policy.yaml --ndjson "$@" <many
}
allowed() { # how many
	[ "$(grep -c '"decision":"allow"' out)" -eq "$1" ] ||
	    { echo "not all were allowed"; head -n 3 out; exit 1; }
}
dgst() { one xargs openssl dgst -sha256 <names; }
each() { head -n 200 names | while read -r f; do one prov verify "$f" \
    --sidecar-dir sides; done; }

best "openssl dgst -sha256, one process" dgst
openssl_us=$best_ms
best "prov gate, files, sidecars" files 0 -j 1 --sidecar-dir sides
allowed "$n"
rate "files of 100 KiB, sidecars" "$n" 5000
sidecar_us=$best_ms
best "prov gate, files, look-up" files 0 -j 1 --no-sidecar
allowed "$n"
rate "files of 100 KiB, look-up" "$n" 5000
best "prov gate, files, look-up, 2 threads" files 0,1 -j 2 --no-sidecar
two_us=$best_ms
best "prov gate, files, look-up, 1 thread" files 0,1 -j 1 --no-sidecar
one_us=$best_ms
mb=0
best "200 files, a process for each" each
each_us=$((best_ms * n / 200))
best "prov gate, digests, every signature verified" digests 0 -j 1
allowed $((n * 10))
rate "digests, cold" $((n * 10)) 15000
digest_us=$best_ms
signature_us=$(one "$signatures")
awk -v us="$signature_us" 'BEGIN {
	printf "%-44s %9.1f us  %7.0f a second\n", "a signature, by libsodium alone",
	    us, 1e6 / us }'
digests 0 -j 1 --cache facts >/dev/null
best "prov gate, digests, recorded facts" digests 0 -j 1 --cache facts
allowed $((n * 10))
rate "digests, recorded facts" $((n * 10)) 50000
tar cf shard.tar in
# shellcheck disable=SC2034 # best says it
mb=$(awk -v n="$n" 'BEGIN { print n * 102400 / 1e6 }')
# A new tar for each shard, as ever: to replace one is to delete it, and a file
# system that discards what is deleted takes some 100 ms for these.
before() { rm -f accepted.tar rejected.tar; }
best "prov gate --tar" one prov gate --policy policy.yaml --tar -j 1 \
    --json --accepted accepted.tar --rejected rejected.tar shard.tar
allowed "$n"
rate "files of 100 KiB in a tar" "$n" 4500
before() { :; }
echo
ratio "two threads / one" "$one_us" "$two_us" 1.8
ratio "prov gate / openssl dgst" "$sidecar_us" "$openssl_us" "none"
ratio "a digest / its signature alone" "$digest_us" \
    "$(awk -v us="$signature_us" -v n="$n" 'BEGIN { print us * n * 10 }')" none
ratio "a process for each file / prov gate" "$each_us" "$sidecar_us" "none"
awk -v n="$requests" -v file=digests 'BEGIN {
	while ((getline line < file) > 0) all[k++] = line
	for (i = 0; i < n; i++) print all[i % k] }' >million
peak sh -c "exec prov gate --policy policy.yaml --ndjson -j 2 <million >/dev/null"
memory "$requests requests, peak over all processes" 96
