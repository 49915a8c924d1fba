#!/bin/sh
# SPDX-License-Identifier: ISC
# demo.sh BUILD: the main job on a real clip, in BUILD/demo with keys and a
# ledger of its own. Fails unless each answer is the documented one.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:?usage: demo.sh BUILD}" && pwd)
PATH=$build:$PATH
PROV_DEMUX=$build/prov-demux
PROV_HOME=$build/demo/home
export PATH PROV_DEMUX PROV_HOME LC_ALL=C.UTF-8

rm -rf "$build/demo"
mkdir "$build/demo"
cd "$build/demo"
cp "$here/testdata/clip.mp4" "$here/testdata/unknown.mp4" .

wanted='' got='' n=0 right=0

# Shows a command, runs it, and compares its exit status and what it says.
run() { # status text command
	status=0
	printf '$ %s\n' "$3"
	sh -c "${3%%  #*}" >said 2>&1 || status=$?
	cat said
	if [ "$status" -ne "$1" ] || ! grep -qF -- "$2" said; then
		echo "demo: exit status $status, want $1 and \"$2\"" >&2
		return 1
	fi
}

verify() { # the same, counted
	n=$((n + 1)) wanted="$wanted${wanted:+ }$1"
	! run "$@" || right=$((right + 1))
	got="$got${got:+ }$status"
}

# Inverts four bytes in the middle of a picture between 4 and 6 seconds.
alter() { # input output
	cp "$1" "$2"
	at=$(ffprobe -v error -select_streams v:0 -show_entries \
	    packet=pts_time,pos,size -of csv=p=0 "$1" |
	    awk -F, '$1 > 4.5 && $1 < 5.5 && $2 > 400 {
		print $3 + int($2 / 2); exit }')
	for i in 0 1 2 3; do
		byte=$(od -An -tu1 -j $((at + i)) -N 1 "$2")
		# shellcheck disable=SC2059 # an octal escape is the format
		printf "\\$(printf %o $((255 - byte)))" |
		    dd of="$2" bs=1 seek=$((at + i)) conv=notrunc 2>dd.err
	done
}
alter clip.mp4 altered.mp4
ffmpeg -v error -nostdin -y -itsscale 2 -i clip.mp4 -c copy slow.mp4

# What is shown as "ffmpeg" should say nothing and ask nothing.
ffmpeg=$(command -v ffmpeg)
mkdir bin
printf '#!/bin/sh\nexec %s -v error -nostdin -y "$@"\n' "$ffmpeg" >bin/ffmpeg
chmod +x bin/ffmpeg
PATH=$PWD/bin:$PATH

run 0 'demo/camera-1' 'prov init --no-passphrase demo/camera-1'
run 0 'SIGNED' 'prov sign clip.mp4'
verify 0 'VERIFIED exact' 'prov verify clip.mp4'
verify 0 'VERIFIED streams' \
    'ffmpeg -i clip.mp4 -c copy clip.mkv && prov verify clip.mkv     # no sidecar'
verify 0 'CLIP  0:02-0:08 of what was signed' \
    'ffmpeg -ss 2 -i clip.mp4 -t 6 -c copy piece.mp4 && prov verify --accept clip piece.mp4'
verify 1 'altered 4.0-6.0 s' \
    'prov verify --sidecar clip.mp4.prov altered.mp4     # bytes changed in the picture'
verify 1 'timing.rate' \
    'prov verify --sidecar clip.mp4.prov slow.mp4        # same bytes, half speed'
verify 1 'UNSIGNED' 'prov verify unknown.mp4'

echo
if [ "$right" -ne "$n" ]; then
	echo "$right of $n answers as documented (exit statuses $got, documented $wanted)"
	exit 1
fi
echo "$n of $n exit statuses as documented ($got)"
