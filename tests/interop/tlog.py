#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""tlog.py DIR VKEY [PROOF ...]: reads a C2SP tlog-tiles log by the text of the
specifications alone: signed-note, tlog-checkpoint, tlog-tiles, tlog-proof."""

import base64
import hashlib
import os
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha(data):
    return hashlib.sha256(data).digest()


def leaf_hash(entry):
    return sha(b"\0" + entry)


def root_of(hashes):
    """RFC 9162 2.1.1, as it is written there."""
    if not hashes:
        return sha(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha(b"\1" + root_of(hashes[:k]) + root_of(hashes[k:]))


def inclusion_root(index, size, leaf, path):
    """RFC 9162 2.1.3.2."""
    fn, sn, r = index, size - 1, leaf
    for p in path:
        assert sn != 0, "the path is too long"
        if fn & 1 or fn == sn:
            r = sha(b"\1" + p + r)
            while fn & 1 == 0 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            r = sha(b"\1" + r + p)
        fn >>= 1
        sn >>= 1
    assert sn == 0, "the path is too short"
    return r


def verify_note(note, vkey):
    name, key_id, key = vkey.split("+", 2)
    key = base64.b64decode(key, validate=True)
    assert key[0] == 1 and len(key) == 33
    assert sha(name.encode() + b"\n" + key)[:4].hex() == key_id
    text, sigs = note.rsplit(b"\n\n", 1)
    text += b"\n"
    found = 0
    for line in sigs.splitlines():
        dash, who, sig = line.decode().split(" ")
        assert dash == "\u2014"
        sig = base64.b64decode(sig, validate=True)
        if who == name and sig[:4].hex() == key_id:
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(sig[4:], text)
            found += 1
    assert found == 1, "not signed by the log"
    lines = text.decode().split("\n")
    assert lines[0] == name and lines[-1] == ""
    assert str(int(lines[1])) == lines[1]
    return int(lines[1]), base64.b64decode(lines[2], validate=True)


def tile_path(level, n, width):
    name = "%03d" % (n % 1000)
    while n >= 1000:
        n //= 1000
        name = "x%03d/%s" % (n % 1000, name)
    return "tile/%s/%s%s" % (level, name, "" if width == 256 else ".p/%d" % width)


def read(directory, path):
    with open(os.path.join(directory, "tlog", path), "rb") as f:
        return f.read()


def bundle(data):
    entries = []
    while data:
        (n,) = struct.unpack(">H", data[:2])
        assert len(data) >= 2 + n, "bundle is cut short"
        entries.append(data[2 : 2 + n])
        data = data[2 + n :]
    return entries


def tiles_of(hashes):
    for n in range(0, len(hashes), 256):
        part = hashes[n : n + 256]
        yield n // 256, len(part), part


def main():
    directory, vkey, proofs = sys.argv[1], sys.argv[2], sys.argv[3:]
    size, root = verify_note(read(directory, "checkpoint"), vkey)
    entries = []
    for n in range((size + 255) // 256):
        width = min(256, size - 256 * n)
        got = bundle(read(directory, tile_path("entries", n, width)))
        assert len(got) == width, "bundle of %d entries" % len(got)
        entries += got
    leaves = [leaf_hash(e) for e in entries]
    assert root_of(leaves) == root, "the entries do not give the root"

    hashes, level, tiles = leaves, 0, 0
    while hashes:
        above = []
        for n, width, part in tiles_of(hashes):
            assert read(directory, tile_path(level, n, width)) == b"".join(part)
            tiles += 1
            if width == 256:
                above.append(root_of(part))
        hashes, level = above, level + 1
    assert not os.path.exists(os.path.join(directory, "tlog/tile/%d" % level))

    for path in proofs:
        with open(path, "rb") as f:
            head, note = f.read().split(b"\n\n", 1)
        lines = head.decode().split("\n")
        assert lines[0] == "c2sp.org/tlog-proof@v1"
        assert lines[1].startswith("index ")
        index = int(lines[1][6:])
        hashes = [base64.b64decode(h, validate=True) for h in lines[2:]]
        at, want = verify_note(note, vkey)
        assert inclusion_root(index, at, leaves[index], hashes) == want
    print("%d entries, %d tiles, %d proofs" % (size, tiles, len(proofs)))


if __name__ == "__main__":
    main()
