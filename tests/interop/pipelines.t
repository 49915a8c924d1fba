#!/bin/sh
# SPDX-License-Identifier: ISC
# The examples, run by what they are for: records in DuckDB (npm), a gate in
# Spark (PyPI, local mode), a Job of Kubernetes (its schema from PyPI; its
# command is run). DUCKDB_NODE, PYSPARK and KUBERNETES_VALIDATE name installed
# copies; PROV_NO_NETWORK fetches none.
. "$srcdir/tests/tap.sh"
examples=$srcdir/examples
python=/usr/bin/python3
[ -x "$python" ] || python=python3

fetch() { # package ... : from PyPI into the directory pip
	[ -z "${PROV_NO_NETWORK-}" ] &&
	    timeout 300 "$python" -m pip install --quiet --target pip "$@" \
		>pip.out 2>&1
}

ok "init" prov init --no-passphrase test/pipelines
mkdir in
head -c 4000 "$srcdir/testdata/clip.mp4" >in/good.bin
cp "$srcdir/testdata/clip.mp4" in/clip.mp4
cp "$srcdir/testdata/unknown.mp4" in/bad.mp4
ok "sign" prov sign in/good.bin in/clip.mp4
cat >policy.yaml <<-'END'
	version: 1
	name: pipelines
	purpose: none
	trust:
	  file: home/trust.yaml
END
exit_is 1 "a run" prov gate --policy policy.yaml --output run.ndjson -r in

modules=${DUCKDB_NODE-}
if [ -z "$modules" ] && [ -z "${PROV_NO_NETWORK-}" ] &&
    command -v node >/dev/null && command -v npm >/dev/null &&
    timeout 120 npm install --ignore-scripts --no-audit --no-fund \
	--prefix "$tap_dir/npm" @duckdb/node-api >npm.out 2>&1; then
	modules=$tap_dir/npm/node_modules
fi
if [ -n "$modules" ]; then
	ok "DuckDB makes Parquet of a run, and counts why" node \
	    "$srcdir/tests/interop/pipelines.mjs" "$modules" \
	    "$examples/duckdb/parquet.sql" "$examples/duckdb/why.sql"
	cat >want <<-END
		allow  2 $(cat in/good.bin in/clip.mp4 | wc -c)
		deny unsigned 1 $(wc -c <in/bad.mp4)
	END
	same "as many as there are" want out
	cat >types.sql <<-'END'
		SELECT column_name, column_type FROM (DESCRIBE
		SELECT bytes, t, reasons, cached, signed_at FROM 'run.parquet');
	END
	ok "its types" node "$srcdir/tests/interop/pipelines.mjs" "$modules" \
	    types.sql
	cat >want <<-'END'
		bytes BIGINT
		t TIMESTAMP
		reasons VARCHAR[]
		cached BOOLEAN
		signed_at TIMESTAMP
	END
	same "are those of the values" want out
else
	echo "# no node, npm or network: DuckDB not tried"
fi

# Kubernetes.
if [ -n "${KUBERNETES_VALIDATE-}" ]; then
	validate=$KUBERNETES_VALIDATE
elif fetch kubernetes-validate; then
	validate=$tap_dir/pip
else
	validate=
fi
if [ -n "$validate" ]; then
	ok "the Job and its ConfigMap are what Kubernetes 1.33 takes" \
	    env PYTHONPATH="$validate" "$python" \
	    "$srcdir/tests/interop/pipelines.py" schema \
	    "$examples/kubernetes/job.yaml" "$examples/kubernetes/policy.yaml"
	for dir in etc/prov in out rejected runs; do
		mkdir -p mnt/$dir
	done
	cp -r home/ledger mnt/ledger
	k8s() {
		env PYTHONPATH="$validate" "$python" \
		    "$srcdir/tests/interop/pipelines.py" "$@"
	}
	ok "its policy" k8s unpack "$examples/kubernetes/policy.yaml"
	ok "is one" prov policy check mnt/etc/prov/policy.yaml
	tar cf mnt/in/7.tar -C in good.bin bad.mp4
	ok "its command" k8s run "$examples/kubernetes/job.yaml" 7
	ok "makes what it names" test -s mnt/rejected/7.tar -a \
	    -s mnt/out/7.tar -a -s mnt/runs/7.ndjson -a -s mnt/runs/7.prom
	ok "and lets nobody in whom nobody trusts" \
	    sh -c '! grep -q decision...allow mnt/runs/7.ndjson'
else
	echo "# no pip or network: the Job's schema not tried"
fi

# Spark: Java, and a long download.
if ! command -v java >/dev/null; then
	echo "# no java: Spark not tried"
elif [ -z "${PYSPARK-}" ] && ! fetch pyspark==3.5.7; then
	echo "# no pip or network: Spark not tried"
else
	printf 'good.bin\nbad.mp4\nclip.mp4\n' >names.txt
	ok "Spark pipes its partitions through the gate" \
	    env PYTHONPATH="${PYSPARK-$tap_dir/pip}" \
	    PYSPARK_PYTHON="$python" SPARK_LOCAL_IP=127.0.0.1 "$python" \
	    "$examples/spark/gate.py" policy.yaml in names.txt allowed.parquet
	has "counts" out '^|allow *|NULL *|2 *|$'
	has "and says why" out '^|deny *|unsigned|1 *|$'
	ok "and writes what may go on" sh -c 'ls allowed.parquet/*.parquet'
	echo broken >bad.yaml
	exit_is 1 "and fails where the gate does" \
	    env PYTHONPATH="${PYSPARK-$tap_dir/pip}" \
	    PYSPARK_PYTHON="$python" SPARK_LOCAL_IP=127.0.0.1 "$python" \
	    "$examples/spark/gate.py" bad.yaml in names.txt none.parquet
	ok "with nothing written" test ! -e none.parquet/_SUCCESS
fi
done_testing
