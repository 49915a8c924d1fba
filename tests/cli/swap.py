#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""swap.py GOOD BAD N: N verifications of a file that another process replaces
and rewrites with GOOD and BAD all the time. A verdict that holds is about
GOOD's bytes. Prints what is wrong; exit status 1 if anything."""

import collections
import hashlib
import json
import os
import random
import subprocess
import sys
import threading

PATH = "swapped.mp4"


def swap(files, stop, rng):
    """Replaces the file, or writes over it, whole or in part."""
    while not stop.is_set():
        data = rng.choice(files)
        how = rng.randrange(3)
        if how == 0:
            with open("new", "wb") as f:
                f.write(data)
            os.rename("new", PATH)
        elif how == 1:
            with open(PATH, "r+b") as f:
                f.write(data)
                f.truncate()
        else:
            at = rng.randrange(len(data))
            with open(PATH, "r+b") as f:
                f.seek(at)
                f.write(data[at:])
        stop.wait(rng.choice((0, 0.002, 0.02, 0.3)))


def main():
    good, bad, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
    files = [open(p, "rb").read() for p in (good, bad)]
    signed = hashlib.sha256(files[0]).hexdigest()
    with open(PATH, "wb") as f:
        f.write(files[1])
    stop, outcomes, wrong = threading.Event(), collections.Counter(), 0
    thread = threading.Thread(target=swap, args=(
        files, stop, random.Random(1)))
    thread.start()
    for _ in range(n):
        run = subprocess.run(
            ["prov", "verify", "--json", "--sidecar", sys.argv[1] + ".prov",
             PATH], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        row = json.loads(run.stdout)
        outcomes[row["status"], row["binding"]] += 1
        if row["status"] == 0 and row["sha256"] != signed:
            wrong += 1
            print("#", row["binding"], "for", row["sha256"])
    stop.set()
    thread.join()
    print("#", dict(outcomes))
    return 1 if wrong else 0


sys.exit(main())
