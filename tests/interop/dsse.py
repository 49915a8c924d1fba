# SPDX-License-Identifier: ISC
"""Reads a run and what vouches for it as a stranger would: RUN.ndjson, its
attestation (DSSE, in-toto Statement v1, SVR v0.2) and its sidecar, by Python's
own libraries, cbor2 and cryptography; with securesystemslib and
in-toto-attestation where DIR has them. dsse.py RUN VKEY [DIR]
"""

import base64
import collections
import hashlib
import json
import re
import sys

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

run, vkey = sys.argv[1:3]
if len(sys.argv) > 3:
    sys.path.insert(0, sys.argv[3])
raw = open(run, "rb").read()
lines = raw.split(b"\n")
assert lines.pop() == b""
records = [json.loads(line) for line in lines]


def sha256(data):
    return hashlib.sha256(data).digest()


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\1" + root(leaves[:k]) + root(leaves[k:]))


leaves = [sha256(b"\0" + line) for line in lines]
top = root(leaves)
secret = base64.b64decode(vkey.split("+", 2)[2])
assert secret[0] == 1 and len(secret) == 33
public = Ed25519PublicKey.from_public_bytes(secret[1:])
kid = sha256(bytes.fromhex("a3010120062158" "20") + secret[1:])

# The envelope: PAE by hand.
envelope_bytes = open(re.sub(r"\.ndjson$", ".intoto.json", run), "rb").read()
envelope = json.loads(envelope_bytes)
assert set(envelope) == {"payloadType", "payload", "signatures"}
kind = envelope["payloadType"].encode()
assert kind == b"application/vnd.in-toto+json"
payload = base64.b64decode(envelope["payload"], validate=True)
(signature,) = envelope["signatures"]
assert signature["keyid"] == kid.hex()
pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
public.verify(base64.b64decode(signature["sig"], validate=True), pae)

# The statement.
statement = json.loads(payload)
assert set(statement) == {"_type", "subject", "predicateType", "predicate"}
assert statement["_type"] == "https://in-toto.io/Statement/v1"
assert statement["subject"] == [
    {"name": run.split("/")[-1], "digest": {"sha256": sha256(raw).hex()}},
    {"name": "records", "digest": {"rfc9162Sha256": top.hex()}},
]

# SVR v0.2, field by field.
assert statement["predicateType"] == "https://in-toto.io/attestation/svr/v0.2"
svr = statement["predicate"]
assert set(svr) == {"verifier", "timeCreated", "properties", "prov_run"}
assert re.fullmatch(r"[a-z][a-z0-9+.-]*:[!-~]+", svr["verifier"]["id"])
(policy,) = svr["verifier"]["policies"]
assert "sha256:" + policy["digest"]["sha256"] == records[0]["policy"]
assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", svr["timeCreated"])
assert svr["timeCreated"][:-1] == max(r["t"] for r in records)[:-5]
passed = [r for r in records if r["effective"] == "allow"]
properties = [
    name
    for name, holds in (
        ("PROV_SIGNED", lambda r: r["signature"] == "valid"),
        ("PROV_LOGGED", lambda r: r["ledger"] == "included"),
        ("PROV_BOUND_EXACT", lambda r: r["binding"] == "exact"),
        ("PROV_BOUND_STREAMS", lambda r: r["binding"] in ("exact", "streams")),
        (
            "PROV_RIGHTS_" + records[0]["purpose"].upper(),
            lambda r: r["purpose"] not in ("all", "none")
            and r["rights"] == "allowed",
        ),
    )
    if passed and all(map(holds, passed))
]
assert svr["properties"] == properties, (svr["properties"], properties)

# The counts, both in the attestation and in what was logged.
words = ("deny", "retry", "quarantine", "allow")
decided = collections.Counter(r["decision"] for r in records)
effective = collections.Counter(r["effective"] for r in records)
reasons = collections.Counter(c for r in records for c in r["reasons"])
said = svr["prov_run"]
assert said["records"] == len(records)
assert said["decisions"] == {w: decided[w] for w in words}
assert said["effective"] == {w: effective[w] for w in words}
assert said["bytes"] == sum(r["bytes"] or 0 for r in records)
assert said["passedBytes"] == sum(r["bytes"] or 0 for r in passed)
assert {x["code"]: x["records"] for x in said["reasons"]} == reasons

sidecar_bytes = open(run + ".prov", "rb").read()
body, seal = cbor2.loads(sidecar_bytes)
assert seal == sha256(sidecar_bytes[:-34])
assert body[7] == b"".join(leaf[:8] for leaf in leaves)
sign1 = cbor2.loads(body[2])
assert sign1.tag == 18
protected, unprotected, logged, sig = sign1.value
header = cbor2.loads(protected)
assert header[1] == -8 and header[3] == "application/prov-run+cbor"
assert header[4] == kid and header[15][2] == "sha256:" + top.hex()
public.verify(
    sig, cbor2.dumps(["Signature1", protected, b"", logged], canonical=True)
)
m = cbor2.loads(logged)
assert cbor2.dumps(m, canonical=True) == logged
assert m[3] == [len(records), top, sha256(raw), sha256(body[7])]
assert m[6] == [decided[w] for w in words]
assert m[7] == [effective[w] for w in words]
assert m[10] == [[c, reasons[c]] for c in sorted(reasons)]
assert m[12] == sha256(envelope_bytes)
print("by hand")

if len(sys.argv) > 3:
    from google.protobuf import json_format
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey

    theirs = Envelope.from_dict(envelope)
    key = SSlibKey(
        kid.hex(), "ed25519", "ed25519", {"public": secret[1:].hex()}
    )
    assert list(theirs.verify([key], 1)) == [kid.hex()]
    wrong = bytearray(theirs.payload)
    wrong[-2] ^= 1
    theirs.payload = bytes(wrong)
    try:
        theirs.verify([key], 1)
    except Exception:
        pass
    else:
        raise AssertionError("an altered payload verified")
    pb = json_format.Parse(payload, statement_pb2.Statement())
    Statement.copy_from_pb(pb).validate()
    print("by securesystemslib and in-toto-attestation")
