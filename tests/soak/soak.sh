# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# Campaigns of test programs. Source it, and then:
#
#	soak    PROV_MUTANTS=9 sh a.t	a program, what it is told first
#	soak_end			fails if one did
#
# A program fails that ends badly, that says "not ok", or of whose tests not all
# were run. The others are run all the same.
soak_dir=$(mktemp -d)
trap 'rm -rf "$soak_dir"' EXIT
soak_failed=0

soak() { # [NAME=VALUE ...] command ...
	{
		soak_status=0
		env "$@" || soak_status=$?
		echo "$soak_status" >"$soak_dir/status"
	} | tee "$soak_dir/out"
	read -r soak_status <"$soak_dir/status"
	soak_planned=$(awk -F'[. ]+' '/^1\.\.[0-9]/ { n += $2 }
		END { print n + 0 }' "$soak_dir/out")
	soak_passed=$(grep -c '^ok ' "$soak_dir/out") || :
	if [ "$soak_status" -ne 0 ] || ! grep -q '^1\.\.' "$soak_dir/out" ||
	    [ "$soak_passed" -ne "$soak_planned" ]; then
		soak_failed=$((soak_failed + 1))
		echo "# $*: exit $soak_status," \
		    "$soak_passed of $soak_planned tests passed" >&2
	fi
}

soak_end() {
	[ "$soak_failed" -eq 0 ]
}
