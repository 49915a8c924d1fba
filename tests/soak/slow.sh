#!/bin/sh
# SPDX-License-Identifier: ISC
# make soak: a hundred clients that send a byte a second do not keep others from
# a server's front, and each is let go within a minute.
set -eu
# shellcheck disable=SC2154 # make soak sets both
. "$srcdir/tests/soak/soak.sh"
soak PROV_SLOW=1 "$builddir/tests/unit/test_remote"
soak_end
