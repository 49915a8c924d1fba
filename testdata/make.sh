#!/bin/sh
# SPDX-License-Identifier: ISC
# make.sh DIR: makes the media that tests and demo use, with ffmpeg. What it
# made with Debian 12's ffmpeg 5.1 is committed here; another version makes
# other bytes, so nothing depends on them.
set -eu
cd "${1:?usage: make.sh DIR}"

encode() { # output options ...
	out=$1
	shift
	ffmpeg -v error -nostdin -y "$@" -threads 1 -map_metadata -1 \
	    -fflags +bitexact -flags:v +bitexact -flags:a +bitexact "$out"
}

# Ten seconds in five closed groups of two, each with pictures of its own.
encode clip.mp4 -f lavfi -i "testsrc2=s=320x180:r=25:d=10" \
    -f lavfi -i "aevalsrc='0.2*sin(2*PI*(220+40*floor(t))*t)':s=48000:d=10" \
    -c:v libx264 -preset medium -crf 34 -pix_fmt yuv420p -g 50 \
    -keyint_min 50 -sc_threshold 0 -bf 2 -x264-params open-gop=0 \
    -c:a aac -b:a 48k -shortest

# Somebody else's video, for "not signed".
encode unknown.mp4 -f lavfi -i "mandelbrot=s=160x90:r=25:end_pts=50" -t 2 \
    -c:v libx264 -preset medium -crf 36 -pix_fmt yuv420p
