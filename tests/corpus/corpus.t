#!/bin/sh
# SPDX-License-Identifier: ISC
# Every file of the real corpus, when PROV_SHARED has one.
exec python3 "$srcdir/tests/corpus/corpus.py"
