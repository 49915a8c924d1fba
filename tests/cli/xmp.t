#!/bin/sh
# SPDX-License-Identifier: ISC
# What independent tools write as XMP is found in each container.
. "$srcdir/tests/tap.sh"

scan=$builddir/tests/cli/scan
dmi=http://ns.useplus.org/ldf/vocab/DMI
dst=http://cv.iptc.org/newscodes/digitalsourcetype

found() { # file want
	"$scan" "$1" >got 2>err
	echo "$2" >want
	same "$1: $2" want got
}

run() {
	"$@" >tool.out 2>&1 || fail "$*" tool.out
}

if ! command -v ffmpeg >/dev/null; then
	echo "1..0 # SKIP ffmpeg is not installed"
	exit 0
fi
picture='-v error -f lavfi -i testsrc2=s=64x48:d=0.2:r=10'
# shellcheck disable=SC2086 # options
for kind in jpg png tiff; do
	ffmpeg $picture -frames:v 1 "plain.$kind" || fail "ffmpeg: $kind"
done
# shellcheck disable=SC2086
ffmpeg $picture -c:v mpeg4 plain.mp4 || fail "ffmpeg: mp4"
for kind in jpg png tiff mp4; do
	found "plain.$kind" ".... -"
done

packet() { # mining term
	cat <<-TXT
	<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>
	<x:xmpmeta xmlns:x='adobe:ns:meta/'>
	<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
	<rdf:Description rdf:about=''
	  xmlns:plus='http://ns.useplus.org/ldf/xmp/1.0/'
	  xmlns:Iptc4xmpExt='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'>
	<plus:DataMining>$dmi-$1</plus:DataMining>
	<Iptc4xmpExt:DigitalSourceType>$dst/$2</Iptc4xmpExt:DigitalSourceType>
	</rdf:Description>
	</rdf:RDF>
	</x:xmpmeta>
	<?xpacket end='w'?>
	TXT
}
packet PROHIBITED-AIMLTRAINING digitalCapture >training.xmp
packet PROHIBITED-SEECONSTRAINT trainedAlgorithmicMedia >constraint.xmp
packet ALLOWED print >allowed.xmp
for form in UTF-16LE UTF-16BE UTF-16; do
	iconv -f UTF-8 -t $form training.xmp >training.$form
	found training.$form "..nn digitalCapture"
done

# One process for all containers: it takes long to start.
if command -v exiftool >/dev/null; then
	for what in training constraint allowed; do
		run exiftool -q -q -o "${what}_%f.%e" "-xmp<=$what.xmp" \
		    plain.jpg plain.png plain.tiff plain.mp4
	done
	run exiftool -q -q -o term_%f.%e \
	    -XMP-iptcExt:DigitalSourceType=$dst/algorithmicMedia \
	    plain.jpg plain.png plain.tiff plain.mp4
	run exiftool -q -q -o stripped_%f.%e -XMP:all= \
	    training_plain.jpg training_plain.png training_plain.tiff
	for kind in jpg png tiff mp4; do
		found "training_plain.$kind" "..nn digitalCapture"
		found "constraint_plain.$kind" "cccc trainedAlgorithmicMedia"
		found "allowed_plain.$kind" ".... print"
		found "term_plain.$kind" ".... algorithmicMedia"
	done
	for kind in jpg png tiff; do
		found "stripped_training_plain.$kind" ".... -"
	done
else
	pass "what exiftool writes # SKIP exiftool is not installed"
fi

if command -v webpmux >/dev/null && command -v cwebp >/dev/null; then
	run cwebp -quiet plain.png -o plain.webp
	run webpmux -set xmp training.xmp plain.webp -o training.webp
	found plain.webp ".... -"
	found training.webp "..nn digitalCapture"
else
	pass "what webpmux writes # SKIP webpmux is not installed"
fi
done_testing
