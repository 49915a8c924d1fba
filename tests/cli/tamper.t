#!/bin/sh
# SPDX-License-Identifier: ISC
# What ffmpeg -c copy does to a real H.264 and AAC file: repackaging still
# matches by its streams, tampering never does, and each has its reason.
. "$srcdir/tests/tap.sh"

if ! command -v ffmpeg >/dev/null; then
	echo "1..0 # SKIP ffmpeg is not installed"
	exit 0
fi
export PROV_HOME="$tap_dir/home"
copy() { # output options...
	copy_out=$1
	shift
	ffmpeg -v error -nostdin -y "$@" "$copy_out" 2>ffmpeg.err ||
		echo "# ffmpeg: $(cat ffmpeg.err)"
}
verdict() { # description file status binding [reason] [options ...]
	v_what=$1 v_file=$2 v_status=$3 v_binding=$4 v_reason=$5
	shift 5
	prov verify --json "$@" "$v_file" >verdict.json 2>verdict.err
	v_got=$?
	tap_n=$((tap_n + 1))
	if [ "$v_got" -eq "$v_status" ] &&
	    grep -q "\"binding\":\"$v_binding\"" verdict.json &&
	    { [ -z "$v_reason" ] || grep -q "\"$v_reason\"" verdict.json; }; then
		echo "ok $tap_n - $v_what"
	else
		echo "not ok $tap_n - $v_what"
		echo "# exit $v_got, want $v_status $v_binding $v_reason"
		sed 's/^/# /' verdict.json verdict.err
	fi
}

# Flips bit 0 of byte N (from 0) behind the first occurrence of a marker.
flip() { # input output marker offset
	python3 - "$@" <<'EOF'
import sys
src, dst, marker, off = sys.argv[1:]
d = bytearray(open(src, "rb").read())
at = d.index(marker.encode()) + len(marker) + int(off)
d[at] ^= 1
open(dst, "wb").write(d)
EOF
}
# Where in the avcC box the one PPS begins: behind version, profile,
# compatibility, level, length size, count, u16 length and the SPS, count, u16.
pps_offset() {
	python3 - "$1" <<'EOF'
import sys
d = open(sys.argv[1], "rb").read()
at = d.index(b"avcC") + 4
print(6 + 2 + int.from_bytes(d[at + 6:at + 8], "big") + 1 + 2)
EOF
}

# The packet numbers of the second GOP: "first last".
second_gop() {
	ffprobe -v quiet -select_streams v:0 -show_entries packet=flags \
	    -of csv=p=0 "$1" | awk '/K/ { k[++n] = NR - 1 }
	    END { if (n > 2) print k[2], k[3] - 1 }'
}

tamper() { # name of the file to work on, already in this directory
	c=$1
	# shellcheck disable=SC2046
	set -- $(second_gop "$c")
	ok "$c: signs" prov sign "$c"
	verdict "$c: is exact" "$c" 0 exact ""
	for ext in mkv mov ts; do
		copy "copy.$ext" -i "$c" -map 0:v:0 -map 0:a:0 -c copy
		verdict "$c: remuxed to $ext is streams, by look-up" \
		    "copy.$ext" 0 streams "" --no-sidecar
		verdict "$c: remuxed to $ext is streams, by sidecar" \
		    "copy.$ext" 0 streams "" --sidecar "$c.prov"
	done
	copy slow.mp4 -itsscale 2 -i "$c" -map 0:v:0 -map 0:a:0 -c copy
	verdict "$c: slow motion" slow.mp4 1 none timing.rate \
	    --sidecar "$c.prov"
	copy turned.mp4 -i "$c" -map 0:v:0 -map 0:a:0 -c copy \
	    -metadata:s:v:0 rotate=90
	verdict "$c: turned by 90 degrees" turned.mp4 1 none \
	    presentation.rotation --sidecar "$c.prov"
	copy dropped.mp4 -i "$c" -map 0:v:0 -map 0:a:0 -c copy \
	    -bsf:v "noise=drop=between(n\\,$1\\,$2)"
	verdict "$c: a dropped GOP" dropped.mp4 1 none essence.missing \
	    --sidecar "$c.prov"
	flip "$c" sps.mp4 avcC 10
	verdict "$c: one SPS bit" sps.mp4 1 none config.sps --sidecar "$c.prov"
	flip "$c" pps.mp4 avcC $(($(pps_offset "$c") + 1))
	verdict "$c: one PPS bit" pps.mp4 1 none config.pps --sidecar "$c.prov"
	copy retimed.mp4 -i "$c" -map 0:v:0 -map 0:a:0 -c copy \
	    -bsf:v "setts=pts=PTS+if(eq(N\\,20)\\,-0.04/TB\\,0)+if(eq(N\\,21)\\,0.04/TB\\,0)"
	verdict "$c: frames re-timed inside a GOP" retimed.mp4 1 none \
	    timing.frames --sidecar "$c.prov"
	copy gap.mp4 -i "$c" -map 0:v:0 -map 0:a:0 -c copy \
	    -bsf:a "setts=ts=TS+if(gt(N\\,100)\\,0.5/TB\\,0)"
	verdict "$c: half a second of silence in the sound" gap.mp4 1 none \
	    timing.gap --sidecar "$c.prov"
	copy mute.mp4 -i "$c" -map 0:v:0 -c copy
	verdict "$c: a missing audio stream" mute.mp4 1 none streams.missing \
	    --sidecar "$c.prov"
	copy two.mp4 -i "$c" -map 0:v:0 -map 0:a:0 -map 0:a:0 -c copy
	verdict "$c: an added audio stream" two.mp4 1 none streams.added \
	    --sidecar "$c.prov"
	copy late.mkv -itsoffset 1.5 -i "$c" -i "$c" -map 1:v:0 -map 0:a:0 \
	    -c copy
	verdict "$c: sound late by 1.5 s" late.mkv 1 none timing.offset \
	    --sidecar "$c.prov"
	# Changes that honest tools make.
	copy fast.mp4 -i "$c" -map 0:v:0 -map 0:a:0 -c copy -movflags +faststart \
	    -metadata title=other -map_metadata -1
	verdict "$c: tags stripped and moov in front" fast.mp4 0 streams "" \
	    --no-sidecar
}

ok "sets up" prov init --no-passphrase test/tamper
cp "$srcdir/testdata/clip.mp4" clip.mp4
tamper clip.mp4
real=${PROV_SHARED:-}/media/mdn/friday.mp4
if [ -f "$real" ]; then
	cp "$real" real.mp4
	chmod u+w real.mp4
	tamper real.mp4
else
	echo "# PROV_SHARED has no media/mdn/friday.mp4: the made clip alone"
fi
done_testing
