#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""pairs.py N: what tests/interop/pairs prints, by RFC 9162 2.1.3.1 and 2.1.4.1
as they are written there, over the entries alone."""

import hashlib
import sys


def sha(data):
    return hashlib.sha256(data).digest()


known = {}


def mth(begin, end):
    """MTH(D[begin:end]); ranges come again and again."""
    got = known.get((begin, end))
    if got is None:
        if end - begin == 1:
            got = sha(b"\0" + bytes((begin >> 8, begin & 255)))
        else:
            k = begin + split(end - begin)
            got = sha(b"\1" + mth(begin, k) + mth(k, end))
        known[begin, end] = got
    return got


def split(n):
    """The largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


SPLIT = [0, 0]


def path(m, begin, end):
    """PATH(m, D[begin:end]), m counted from begin; last hash first."""
    out = []
    while end - begin > 1:
        k = SPLIT[end - begin]
        if m < k:
            out.append(mth(begin + k, end))
            end = begin + k
        else:
            out.append(mth(begin, begin + k))
            m, begin = m - k, begin + k
    return out


def subproof(m, begin, end, whole):
    """SUBPROOF(m, D[begin:end], b); last hash first."""
    out = []
    while m != end - begin:
        k = SPLIT[end - begin]
        if m <= k:
            out.append(mth(begin + k, end))
            end = begin + k
        else:
            out.append(mth(begin, begin + k))
            m, begin, whole = m - k, begin + k, False
    if not whole:
        out.append(mth(begin, end))
    return out


def digest(proofs):
    h = hashlib.sha256()
    for proof in proofs:
        h.update(bytes((len(proof),)) + b"".join(proof[::-1]))
    return h.hexdigest()


def main():
    top = int(sys.argv[1])
    SPLIT.extend(split(n) for n in range(2, top + 1))
    for n in range(1, top + 1):
        print(
            n,
            digest(path(m, 0, n) for m in range(n)),
            digest(subproof(m, 0, n, True) for m in range(1, n + 1)),
        )


main()
