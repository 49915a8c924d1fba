#!/bin/sh
# SPDX-License-Identifier: ISC
# run.sh DIR TARGET...: fuzzes each target of the build in DIR for FUZZ_SECONDS.
# New inputs gather in DIR/corpus/NOUN, what crashes in DIR/crash-*.
set -eu
dir=$1 srcdir=${srcdir:?is set by make fuzz}
shift
cd "$dir"
for target in "$@"; do
	noun=${target##*/fuzz_}
	seeds=$srcdir/testdata/fuzz/$noun
	mkdir -p "corpus/$noun"
	printf 'fuzz %-12s %s s  ' "$noun" "$FUZZ_SECONDS"
	set -- -max_total_time="$FUZZ_SECONDS" -rss_limit_mb=1024 -timeout=10 \
	    -max_len=65536 -print_final_stats=1 -artifact_prefix="crash-$noun-"
	[ ! -f "$seeds.dict" ] || set -- "$@" -dict="$seeds.dict"
	if "./$target" "$@" "corpus/$noun" "$seeds" >"$noun.log" 2>&1; then
		sed -n 's/^stat::number_of_executed_units: */runs /p' \
		    "$noun.log"
	else
		echo "failed"
		tail -n 40 "$noun.log" >&2
		exit 1
	fi
done
