#!/bin/sh
# SPDX-License-Identifier: ISC
# Images as tools write and rewrite them, case by case as testdata/images.txt
# lists them: what only describes a picture may come and go, what changes the
# picture, its time or its colours may not.
. "$srcdir/tests/tap.sh"

for tool in ffmpeg python3 cwebp; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	}
done
run() { # command ...
	"$@" >tool.out 2>&1 </dev/null || {
		fail "$*" tool.out
		done_testing
		exit 1
	}
}
ff() { # input options, output
	run ffmpeg -v error -nostdin -y -f lavfi "$@"
}

ok "sets up" prov init --no-passphrase test/images
ff -i testsrc=s=160x120 -frames:v 1 -pix_fmt yuvj420p made.jpg
ff -i testsrc2=s=80x60 -frames:v 1 -pix_fmt gray gain.jpg
ff -i testsrc2=s=160x120 -frames:v 1 -pix_fmt yuvj420p moved.jpg
ff -i testsrc=s=160x120 -frames:v 1 made.png
ff -i testsrc2=s=64x48:r=10 -frames:v 8 -f apng -plays 0 made.apng
ff -i testsrc2=s=64x48:r=10 -frames:v 8 moving.gif
ff -i testsrc2=s=64x48:r=10 -frames:v 8 -c:v libwebp_anim -loop 0 moving.webp
ff -i testsrc2=s=64x48:r=10 -frames:v 10 -c:v mpeg4 motion.mp4
ff -i testsrc=s=64x48:r=10 -frames:v 10 -c:v mpeg4 other.mp4
run cwebp -quiet made.png -o still.webp
run cwebp -quiet -q 30 made.png -o small.webp
run python3 -B "$srcdir/tests/cli/images.py" originals
ok "signs the originals" prov sign photo.jpg tagged.jpg profiled.jpg bare.jpg \
    ultra.jpg motion.jpg still.png tagged.png moving.png still.webp \
    tagged.webp moving.webp moving.gif tagged.gif
run python3 -B "$srcdir/tests/cli/images.py" altered
# gifsicle writes every file anew: once, and then again what it wrote.
if command -v gifsicle >/dev/null; then
	run gifsicle --no-warnings moving.gif -o sicle.gif
	ok "signs what gifsicle wrote" prov sign sicle.gif
fi

# What a tool makes of an original: one function for each tool's cases.
made_exiftool() { # original case
	case $2 in
	bare*) set -- "$1" "$2" -all= ;;
	artist*) set -- "$1" "$2" -Artist=somebody -XMP:Title=something ;;
	turn*) set -- "$1" "$2" -n -Orientation=6 ;;
	dense*) set -- "$1" "$2" -JFIF:XResolution=300 \
	    -JFIF:YResolution=300 -JFIF:ResolutionUnit=inches ;;
	esac
	e_from=$1 e_to=$2
	shift 2
	exiftool -q -q -o "$e_to" "$@" "$e_from"
}
made_jpegtran() {
	case $2 in
	optimized*) jpegtran -copy all -optimize -outfile "$2" "$1" ;;
	progressive*) jpegtran -copy all -progressive -outfile "$2" "$1" ;;
	*) jpegtran -copy all -rotate 90 -outfile "$2" "$1" ;;
	esac
}
made_optipng() {
	optipng -quiet -force -nx -o1 -zc1 -out "$2" "$1"
}
made_webpmux() {
	printf 'profile!' >w_data
	printf 'MM\0*\0\0\0\10\0\0' >w_exif
	case $2 in
	exif*) webpmux -set exif w_exif "$1" -o "$2" ;;
	turn*)
		printf 'MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1' >w_exif
		printf '\0\6\0\0\0\0\0\0' >>w_exif
		webpmux -set exif w_exif "$1" -o "$2"
		;;
	bare*)
		webpmux -strip exif "$1" -o w_none
		webpmux -strip xmp w_none -o "$2"
		;;
	xmp*) webpmux -set xmp w_data "$1" -o "$2" ;;
	icc*) webpmux -set icc w_data "$1" -o "$2" ;;
	*) webpmux -set loop 3 "$1" -o "$2" ;;
	esac
}
made_gifsicle() {
	case $2 in
	comment*) gifsicle --no-warnings --comment hello "$1" -o "$2" ;;
	rewritten*) gifsicle --no-warnings "$1" -o "$2" ;;
	*) gifsicle --no-warnings --delay 7 "$1" -o "$2" ;;
	esac
}

check() { # file original binding reason uncovered, by the original's sidecar
	prov verify --json --sidecar "$2.prov" "$1" >out 2>err </dev/null
	c_got=$?
	c_want=1
	[ "$3" = streams ] && c_want=0
	if [ $c_got -eq $c_want ] && grep -q "\"binding\":\"$3\"" out &&
	    { [ "$4" = - ] || grep -q "\"$4\"" out; } &&
	    { [ "$5" = - ] || grep -q "\"uncovered_bytes\":$5," out; }; then
		pass "$1: $3 $4 $5"
		return
	fi
	fail "$1: $3 $4 $5" out err
	echo "# exit $c_got, want $c_want"
}

while read -r file original tool binding reason uncovered; do
	case $file in '' | '#'*) continue ;; esac
	if [ "$tool" != - ]; then
		if ! command -v "$tool" >/dev/null; then
			pass "$file # SKIP $tool is not installed"
			continue
		fi
		if ! "made_$tool" "$original" "$file" >tool.out 2>&1; then
			fail "$tool makes $file" tool.out
			continue
		fi
	fi
	check "$file" "$original" "$binding" "$reason" "$uncovered"
	[ "$binding" = streams ] && honest="${honest-} $file"
done <"$srcdir/testdata/images.txt"
# shellcheck disable=SC2086 # one word a file
ok "and what is honest is found in the ledger" prov verify --no-sidecar $honest

# Seconds of what was altered in an animation: frames last a tenth each.
seconds() { # file original range
	prov verify --json --sidecar "$2.prov" "$1" >out 2>err </dev/null
	has "$1: $3" out "$3"
}
seconds moving_dispose.png moving.png '"altered":\[\[0.2,0.3\]\]'
seconds moving_blend.webp moving.webp '"altered":\[\[0.2,0.3\]\]'
seconds moving_dispose.gif moving.gif '"altered":\[\[0.2,0.3\]\]'
seconds moving_dropped.png moving.png '\[\[0.3,0.4\]\]'

# Debian's exiftool writes no WebP; npm has one that does, where npm is.
newer=
if command -v npm >/dev/null && command -v perl >/dev/null &&
    timeout 60 npm install --ignore-scripts --no-audit --no-fund \
	--prefix "$tap_dir/npm" exiftool-vendored.pl@13.59.3 >npm.out 2>&1; then
	newer=$tap_dir/npm/node_modules/exiftool-vendored.pl/bin/exiftool
fi
written() { # case original binding reason exiftool's arguments ...
	w_case=$1 w_from=$2 w_binding=$3 w_reason=$4
	shift 4
	run perl "$newer" -q -q -o "$w_case" "$@" "$w_from"
	check "$w_case" "$w_from" "$w_binding" "$w_reason" -
}
if [ -n "$newer" ] && [ -f "$newer" ]; then
	written npm_bare.webp tagged.webp streams - -all=
	written npm_artist.webp still.webp streams - -Artist=somebody \
	    -XMP:Title=something
	written npm_still.webp still.webp streams - -XMP:Title=something
	written npm_moving.webp moving.webp streams - -Artist=somebody
	written npm_turn.webp still.webp none presentation.rotation \
	    -n -Orientation=6
else
	echo "# no npm, perl or network: exiftool on WebP not tried"
fi

# C2PA stores of other people's tools, with and without.
real=${PROV_SHARED:-}/c2pa
stripped() { # file binding reason
	cp "$real/$1.jpg" "real_$1.jpg"
	chmod u+w "real_$1.jpg"
	prov sign "real_$1.jpg" >tool.out 2>&1 || fail "signs $1" tool.out
	exiftool -q -q -o "stripped_$1.jpg" -all= "real_$1.jpg"
	check "stripped_$1.jpg" "real_$1.jpg" "$2" "$3" 0
}
if [ -f "$real/C.jpg" ] && command -v exiftool >/dev/null; then
	for file in C CA CACA CIE-sig-CA E-sig-CA XCA boxhash prerelease; do
		stripped $file streams -
	done
	for file in cloud thumbnail earth_apollo17 update_manifest; do
		stripped $file none presentation.icc
	done
	stripped no_alg none presentation.rotation
fi
done_testing
