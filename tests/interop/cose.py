#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Statements, seen by python3-cbor2 and python3-cryptography.

cose.py read DIR     checks what make_statement wrote
cose.py write DIR    writes one of its own, prints the verifier key
cose.py forge DIR    the same with the headers of cose-wg's example
"""
import base64
import hashlib
import sys

import cbor2
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NAME = "interop/python"
TYPE = "application/prov-manifest+cbor"


def contents(path):
    with open(path, "rb") as f:
        return f.read()


def canonical(item):
    """RFC 8949 4.2.1. cbor2 sorts by length first, which for our keys (small
    numbers, and text of one encoding) comes to the same."""
    return cbor2.dumps(item, canonical=True)


def thumbprint(key):
    return hashlib.sha256(bytes.fromhex("a301012006215820") + key).digest()


def to_sign(protected, payload):
    return cbor2.dumps(["Signature1", protected, b"", payload])


def check(what, holds):
    if not holds:
        sys.exit(f"not so: {what}")


def read(folder):
    raw = contents(f"{folder}/statement.cose")
    key = contents(f"{folder}/public.key")
    item = cbor2.loads(raw)
    check("tag 18", item.tag == 18 and len(item.value) == 4)
    check("it re-encodes as it is", canonical(item) == raw)
    protected, unprotected, payload, signature = item.value
    header = cbor2.loads(protected)
    check("the header re-encodes", canonical(header) == protected)
    check("nothing is unprotected", unprotected == {})
    check("header keys", list(header) == [1, 3, 4, 15])
    check("EdDSA", header[1] == -8)
    check("content type", header[3] == TYPE)
    check("kid", header[4] == thumbprint(key))
    ed25519.Ed25519PublicKey.from_public_bytes(key).verify(
        signature, to_sign(protected, payload))
    manifest = cbor2.loads(payload)
    check("the payload is the manifest",
          payload == contents(f"{folder}/manifest.cbor"))
    check("the manifest re-encodes", canonical(manifest) == payload)
    check("sub is the asset",
          header[15] == {1: "demo/camera-1",
                         2: "sha256:" + manifest[4][2].hex()})
    check("manifest keys", list(manifest) == list(range(1, 10)))
    digest = hashlib.sha256(b"0123456789abcdef"
                            + canonical(["title", "A walk"])).digest()
    check("the private assertion opens",
          manifest[6] == [["license", "CC-BY-4.0"], digest])
    for stream in manifest[5]:
        parts = b"".join(name.encode() + b"\0" + part
                         for name, part in sorted(stream[7]))
        check("configuration", stream[6] == hashlib.sha256(parts).digest())


def vkey(key):
    typed = b"\x01" + key
    key_id = hashlib.sha256(NAME.encode() + b"\n" + typed).digest()[:4]
    return f"{NAME}+{key_id.hex()}+{base64.b64encode(typed).decode()}"


def write(folder, unprotected):
    secret = ed25519.Ed25519PrivateKey.generate()
    key = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    asset = hashlib.sha256(b"asset").digest()
    payload = canonical({
        1: 1, 2: 1795466460, 3: "cose.py", 4: {1: 5, 2: asset, 3: ""},
        5: [], 6: [["rights", {"license": "CC0-1.0"}]], 7: [], 8: 2})
    protected = canonical({
        1: -8, 3: TYPE, 4: thumbprint(key),
        15: {1: NAME, 2: "sha256:" + asset.hex()}})
    signature = secret.sign(to_sign(protected, payload))
    with open(f"{folder}/statement.cose", "wb") as f:
        f.write(canonical(cbor2.CBORTag(
            18, [protected, unprotected, payload, signature])))
    print(vkey(key))


def main():
    verb, folder = sys.argv[1:]
    if verb == "read":
        read(folder)
    elif verb == "write":
        write(folder, {})
    else:
        write(folder, {4: b"11"})


main()
