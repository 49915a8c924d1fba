#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""receipt.py VKEY RECEIPT.cose...: RFC 9942 receipts of the entries beside them
(.entry), by PyPI's scitt-cose. Altered ones have to be refused."""

import base64
import sys

import cbor2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from scitt_cose.receipt import verify_receipt


def main():
    name, _, raw = sys.argv[1].split("+", 2)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(raw)[1:])
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    def check(receipt, entry):
        return verify_receipt(
            receipt, leaf_entry_hex=entry.hex(), log_public_key_pem=pem
        )

    altered = 0
    for path in sys.argv[2:]:
        with open(path, "rb") as f:
            receipt = f.read()
        with open(path[: -len("cose")] + "entry", "rb") as f:
            entry = f.read()
        got = check(receipt, entry)
        assert got.ok, (path, got.errors)
        assert path.endswith("/%d.cose" % got.leaf_index)
        assert got.issuer == name and got.subject.startswith("sha256:")
        assert not check(receipt, entry[:-1] + bytes((entry[-1] ^ 1,))).ok, path
        # The path's hashes, the protected header and the signature.
        parts = cbor2.loads(receipt).value
        proof = cbor2.loads(parts[1][396][-1][0])
        for part in [parts[0], parts[3]] + list(proof[2]):
            at = receipt.index(part) + len(part) - 1
            bad = receipt[:at] + bytes((receipt[at] ^ 1,)) + receipt[at + 1 :]
            assert not check(bad, entry).ok, (path, at)
            altered += 1
        # The statement is the entry with the receipt in its header.
        with open(path[: -len("cose")] + "transparent", "rb") as f:
            both = cbor2.loads(f.read())
        assert list(both.value[1]) == [394] and both.value[1][394] == [receipt]
        both.value[1].clear()
        assert cbor2.dumps(both) == entry, path
    assert altered > 9
    print("%d receipts, %d altered ones refused" % (len(sys.argv) - 2, altered))


main()
