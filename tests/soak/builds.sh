#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: one identity of every file of the corpus from builds by gcc, by
# clang, and with sanitizers.
set -eu
# shellcheck disable=SC2154 # make soak sets both
top=$srcdir shared=${PROV_SHARED:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

identify() { # name: by the build in that folder
	set -- "$1" -r "$top/testdata"
	[ ! -d "$shared/media" ] || set -- "$@" -r "$shared/media"
	name=$1
	shift
	PROV_DEMUX=$work/$name/prov-demux "$work/$name/prov" hash --json "$@" \
	    >"$work/$name.json"
	echo "# $name: $(wc -l <"$work/$name.json") files"
}
build() { # name configure-arguments ...
	mkdir "$work/$1"
	(cd "$work/$1" && shift && "$top/configure" --quiet "$@" >log 2>&1 &&
	    make -s all >log 2>&1) || { tail -n 40 "$work/$1/log"; exit 1; }
	identify "$1"
}

build gcc CC=gcc
build clang CC=clang
build sanitized CC=clang --enable-sanitizers CFLAGS="-g -O1"
cmp "$work/gcc.json" "$work/clang.json"
cmp "$work/gcc.json" "$work/sanitized.json"
echo "ok - one identity from three builds"
