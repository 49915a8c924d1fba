# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# What the benchmarks share, to be sourced: commands over one file in one run,
# the best of PROV_BENCH_RUNS (5), as ratios, and the most memory that a
# command needs: what its processes share counts once (PSS).
set -eu
runs=${PROV_BENCH_RUNS:-5}
PATH=$builddir:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/prov-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
export PROV_HOME="$work/home"

best() { # name command... : sets best_ms to the fastest of all runs
	best_name=$1 best_ms=
	shift
	i=0
	while [ "$i" -lt "$runs" ]; do
		before >/dev/null 2>&1
		t0=$(date +%s%N)
		"$@" >out 2>err || { cat out err; exit 1; }
		t1=$(date +%s%N)
		ms=$(((t1 - t0) / 1000))
		[ -n "$best_ms" ] && [ "$best_ms" -le "$ms" ] || best_ms=$ms
		i=$((i + 1))
	done
	awk -v n="$best_name" -v us="$best_ms" -v mb="$mb" 'BEGIN {
		printf "%-44s %9.1f ms  %7.0f MB/s\n", n, us / 1000,
		    mb / (us / 1e6) }'
}
before() { :; }
ratio() { # what numerator denominator goal
	awk -v w="$1" -v a="$2" -v b="$3" -v g="$4" \
	    'BEGIN { printf "%-44s %9.2f x    goal %s\n", w, a / b, g }'
}
peak() { # command... : sets peak_kib to the most memory of all its processes
	python3 "$srcdir/tests/bench/pss.py" "$@" >peak_kib 2>err ||
	    { cat err; exit 1; }
	peak_kib=$(cat peak_kib)
}
memory() { # what goal-MiB
	echo "$1 $((peak_kib / 1024)) $2" | awk '{
		g = $NF; m = $(NF - 1); sub(/ [0-9]+ [0-9]+$/, "")
		printf "%-44s %9d MiB  goal %d\n", $0, m, g }'
}
megabytes() { # file : sets mb, and has the file in memory
	mb=$(awk -v b="$(stat -c %s "$1")" 'BEGIN { print b / 1e6 }')
	cat "$1" >/dev/null
}
repeat() { # part n whole : n times the part, one after the other
	i=0
	while [ "$i" -lt "$2" ]; do
		echo "file $1"
		i=$((i + 1))
	done >list.txt
	ffmpeg -v error -nostdin -y -f concat -i list.txt -map 0 -c copy "$3"
	rm "$1" list.txt
}
echo "# $(nproc) processors, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2-)"
