#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""mutants.py make FILE N SEED: writes N damaged copies of FILE, mutant-I.EXT.
mutants.py judge FILE VERDICTS: FILE's mutants that verified, one JSON object a
line, must decode to what FILE does. Prints what is wrong; exit 1 if anything."""

import json
import os
import random
import subprocess
import sys

ENDS = 4096  # half of the damage is here: headers, indexes, tails


def place(rng, size):
    where = rng.randrange(4)
    if where == 0:
        return rng.randrange(size)
    if where == 1:
        return size - 1 - rng.randrange(min(size, ENDS))
    return rng.randrange(min(size, ENDS))


def mutate(rng, data):
    m, size = bytearray(data), len(data)
    at, other = place(rng, size), place(rng, size)
    n = rng.randrange(1, 200)
    kind = rng.randrange(7)
    if kind == 0:
        m[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        m[at] = rng.randrange(256)
    elif kind == 2:
        m[at:at + 4] = rng.choice((b"\0\0\0\0", b"\xff\xff\xff\xff",
                                   b"\x7f\xff\xff\xff", b"\0\0\0\1"))
    elif kind == 3:
        del m[at:at + n]
    elif kind == 4:
        m[at:at] = m[at:at + n]
    elif kind == 5:
        m = m[:max(1, at)]
    else:
        m[at:at + n] = data[other:other + n]
    return bytes(m)


def make(path, n, seed):
    with open(path, "rb") as f:
        data = f.read()
    rng = random.Random(seed + path)
    done = 0
    while done < n:
        m = mutate(rng, data)
        if m == data:
            continue
        with open("mutant-%d%s" % (done, os.path.splitext(path)[1]),
                  "wb") as f:
            f.write(m)
        done += 1


def decoded(path):
    run = subprocess.run(
        ["ffmpeg", "-v", "quiet", "-nostdin", "-i", path, "-map", "0:v?",
         "-map", "0:a?", "-f", "framemd5", "-"],
        stdout=subprocess.PIPE, check=False)
    return [x for x in run.stdout.split(b"\n") if not x.startswith(b"#")]


def judge(path, verdicts):
    want, bad, held = decoded(path), 0, 0
    with open(verdicts) as f:
        rows = [json.loads(line) for line in f]
    for row in rows:
        if row["status"] not in (0, 1, 2, 75):
            print("status", row["status"], row["path"])
            bad += 1
        if row["status"] != 0:
            continue
        held += 1
        if row["binding"] != "streams" or decoded(row["path"]) != want:
            print(row["binding"], "and decodes otherwise:", row["path"])
            bad += 1
    print("#", path, len(rows), "mutants,", held, "decode as signed")
    return 1 if bad else 0


if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]), sys.argv[4])
else:
    sys.exit(judge(sys.argv[2], sys.argv[3]))
