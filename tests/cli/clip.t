#!/bin/sh
# SPDX-License-Identifier: ISC
# Pieces of what was signed, and what only looks like one: each row of
# testdata/clips.txt, found by look-up in the ledger alone. A row whose tool is
# not here is not tried.
. "$srcdir/tests/tap.sh"

if ! command -v ffmpeg >/dev/null || ! command -v jq >/dev/null; then
	echo "# ffmpeg or jq is not here: not tried"
	pass "nothing to cut"
	done_testing
	exit
fi
ff="ffmpeg -v error -nostdin -y"
export ff

part() { # output seed seconds pictures sound
	$ff -f lavfi -i "$4" -f lavfi -i "$5" -t "$3" -c:v libx264 \
	    -preset veryfast -g 50 -keyint_min 50 -sc_threshold 0 -bf 2 \
	    -b:v 150k -pix_fmt yuv420p -c:a aac -b:a 48k -ac 1 "$1"
}
pictures="s=160x120:r=25,noise=allf=t:alls=20:all_seed"
part a0.mp4 1 170 "testsrc2=$pictures=1" "anoisesrc=r=48000:c=pink:a=0.3:seed=1"
part b0.mp4 2 170 "testsrc2=$pictures=2" "anoisesrc=r=48000:c=pink:a=0.3:seed=2"
part black.mp4 3 10 "color=black:s=160x120:r=25" "anullsrc=r=48000:cl=mono"
for asset in a b; do
	printf "file %s\n" "${asset}0.mp4" black.mp4 >list
	$ff -f concat -i list -map 0 -c copy "$asset.mp4"
done
$ff -i a.mp4 -map 0:a -c copy song.mka
cat >edit.sh <<'EOF'
#!/bin/sh
# edit.sh OUT IN FROM TO ... : pieces one behind the other.
set -eu
out=$1 n=0
shift
: >pieces
while [ $# -ge 3 ]; do
	$ff -ss "$2" -i "$1" -t $(($3 - $2)) -map 0 -c copy "piece$n.ts"
	echo "file piece$n.ts" >>pieces
	n=$((n + 1))
	shift 3
done
$ff -f concat -i pieces -map 0 -c copy "$out"
EOF
chmod +x edit.sh

prov init --no-passphrase test/clip >/dev/null
ok "three assets are signed" prov sign --no-sidecar a.mp4 b.mp4 song.mka

PATH=.:$PATH
exec 3<"$srcdir/testdata/clips.txt"
while read -r word reason file command <&3; do
	case $word in '#'* | '') continue ;; esac
	tool=${command%% *}
	if [ "$tool" = mkvmerge ] && ! command -v mkvmerge >/dev/null; then
		echo "# mkvmerge is not here: $file is not tried"
		continue
	fi
	if ! sh -c "$command" >out 2>err </dev/null || [ ! -s "$file" ]; then
		fail "$file is made" out err
		continue
	fi
	prov verify --no-sidecar --json "$file" >json 2>err </dev/null
	prov verify --no-sidecar "$file" >out 2>>err </dev/null
	status=$?
	case $reason in
	-) want=true ;;
	*) want="any(.reasons[]; . == \"$reason\")" ;;
	esac
	if grep -q "^$file: $word\( \|\$\)" out && [ "$status" -eq 1 ] &&
	    jq -e "$want" <json >/dev/null; then
		pass "$file: $word $reason"
	else
		fail "$file: $word $reason" out json err
	fi
	[ "$word" = CLIP ] || continue
	ok "$file passes where clips may" \
	    prov verify --no-sidecar --accept clip "$file"
	if jq -e '.binding == "clip" and (.streams | length > 0) and
	    all(.streams[]; .status == "clip" and
	    .source[1] > .source[0] and
	    all(.unproven[]; .[1] - .[0] < 8.1))' <json >/dev/null; then
		pass "$file says what it holds"
	else
		fail "$file says what it holds" json
	fi
done

# With a digest for each picture no picture at an edge is left unproven.
export PROV_HOME="$PWD/framed"
prov init --no-passphrase test/frames >/dev/null
ok "each picture is signed" prov sign --frames --no-sidecar a.mp4
for file in between.mp4 between.mkv between.ts head.mp4; do
	prov verify --no-sidecar --json "$file" >json 2>err
	if jq -e '.binding == "clip" and all(.streams[];
	    .kind != "video" or .unproven == [])' <json >/dev/null; then
		pass "$file is proven to its last picture"
	else
		fail "$file is proven to its last picture" json err
	fi
done
done_testing
