#!/bin/sh
# SPDX-License-Identifier: ISC
# Streams keep their identity in every container that ffmpeg can copy them to.
# PROV_REMUX=--all takes the whole corpus (make soak).
for tool in ffmpeg ffprobe python3; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	}
done
# shellcheck disable=SC2086 # options, or none
exec python3 "$srcdir/tests/corpus/remux.py" ${PROV_REMUX:-}
