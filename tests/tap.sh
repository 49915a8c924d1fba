# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# A TAP producer in a page. Source it from a .t file:
#
#	. "$srcdir/tests/tap.sh"
#	ok        "signs a file"      prov sign in.mp4
#	exit_is 1 "refuses a forgery" prov verify forged.mp4
#	same      "says so"           want got
#	done_testing
#
# Each test file runs in its own empty directory, removed at the end. What the
# last command printed is in the files out and err.
set -u
tap_n=0
tap_dir=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$tap_dir"; rm -rf "$tap_dir"' EXIT
cd "$tap_dir" || exit 99

# A test depends on nothing of the person who runs it.
export PROV_HOME="$tap_dir/home" HOME="$tap_dir" LC_ALL=C.UTF-8
export XDG_STATE_HOME="$tap_dir/state"
unset XDG_DATA_HOME

pass() { # description
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1"
}

fail() { # description [file ...], shown as a comment
	tap_n=$((tap_n + 1))
	echo "not ok $tap_n - $1"
	shift
	for tap_file in "$@"; do
		sed "s/^/# $tap_file: /" "$tap_file"
	done
}

exit_is() { # status description command ...
	tap_want=$1 tap_what=$2
	shift 2
	"$@" >out 2>err </dev/null
	tap_got=$?
	if [ "$tap_got" -eq "$tap_want" ]; then
		pass "$tap_what"
		return
	fi
	fail "$tap_what" out err
	echo "# $*: exit $tap_got, want $tap_want"
}

ok() { # description command ...
	exit_is 0 "$@"
}

says() { # status description pattern command ... : refused, in one line
	tap_want=$1 tap_what=$2 tap_pattern=$3
	shift 3
	"$@" >out 2>err </dev/null
	tap_got=$?
	if [ "$tap_got" -eq "$tap_want" ] && [ "$(wc -l <err)" -eq 1 ] &&
	    grep -q -e "$tap_pattern" err; then
		pass "$tap_what"
		return
	fi
	fail "$tap_what" out err
	echo "# $*: exit $tap_got, want $tap_want and '$tap_pattern'"
}

has() { # description file pattern
	if grep -q -e "$3" "$2"; then
		pass "$1"
	else
		fail "$1" "$2"
		echo "# no '$3' in $2"
	fi
}

same() { # description file file
	if diff -u "$2" "$3" >diff.out; then
		pass "$1"
	else
		fail "$1" diff.out
	fi
}

done_testing() {
	echo "1..$tap_n"
}
