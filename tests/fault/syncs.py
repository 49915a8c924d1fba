#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How often a writer waits for the disk, by strace: a process that appends
again and again waits once for each entry, but for one in 64 or fewer, where
SQLite's log is copied; one that signs a single file at most three times, ever. Blobs and sidecars, which
are synced by themselves, do not count."""
import os
import re
import time

import told
from place import Wrong, base
from told import strace

TRACE = "fsync,fdatasync,syncfs,sync,msync,write"
APPENDS = 192
WINDOW = 64
SIGNS = 40
ONE_SHOT_MAX = 3
EACH_SECOND = 1  # what is derived is synced beside: of a quick process never
COPYING_MAX = 4  # the log, the database, the new log's head, the commit
ELSEWHERE = re.compile(r"/blobs/|/private/|/blobs>|/private>|\.prov")


def trace(p, args):
    """The calls of args and its threads: a sync's path, or what is written."""
    done, lines = strace(p, TRACE, args, ["-f"])
    if done.returncode != 0:
        raise Wrong(done.stdout + done.stderr)
    return lines


def is_sync(line):
    found = re.search(r"\b(fsync|fdatasync|syncfs|sync|msync)\(", line)
    return found is not None and not ELSEWHERE.search(line)


def warm(p):
    program = os.path.join(os.environ["builddir"], "tests/fault/singles")
    ledger = os.path.join(p.top, "warm")
    counts, n = [], 0
    lines = trace(p, [program, ledger, str(APPENDS)])
    # What is derived is synced by a thread beside: nobody waits for that.
    own = next((x.split()[0] for x in lines if '"appended' in x), None)
    for line in lines:
        n += is_sync(line) and line.split()[0] == own
        if '"appended' in line:
            counts.append(n)
            n = 0
    if len(counts) != APPENDS:
        raise Wrong("%d appends" % len(counts))
    counts = counts[1:]  # the first one comes behind making the ledger
    sums = [sum(counts[i:i + WINDOW])
            for i in range(len(counts) - WINDOW + 1)]
    print("# syncs of each append:", *counts)
    print("# %d for %d appends, at most %d for %d in a row" % (
        sum(counts), len(counts), max(sums), WINDOW))
    if min(counts) < 1:
        raise Wrong("an append without a sync is not durable")
    if max(counts) > COPYING_MAX:
        raise Wrong("one has %d" % max(counts))
    if max(sums) > WINDOW + COPYING_MAX - 1:
        raise Wrong("%d for %d appends in a row" % (max(sums), WINDOW))


def one_shot(p):
    counts = []
    for i in range(SIGNS):
        name = "%d.txt" % i
        with open(os.path.join(p.top, name), "w") as f:
            f.write("text %d\n" % i)
        begun = time.monotonic()
        lines = trace(p, ["prov", "sign", name])
        slow = time.monotonic() - begun >= EACH_SECOND
        n = sum(map(is_sync, lines))
        counts.append(n - (slow and n > ONE_SHOT_MAX and
                           any("syncfs(" in x for x in lines)))
    print("# syncs of each process:", *counts)
    if min(counts) < 1:
        raise Wrong("a signature without a sync is not durable")
    if max(counts) > ONE_SHOT_MAX:
        raise Wrong("one has %d" % max(counts))
    p.must("prov", "ledger", "check")


def main():
    top = os.path.realpath("syncs")
    os.mkdir(top)
    p = base(top)
    told.test("one sync for an append of a process that goes on", warm, p)
    told.test("three at most for a process that signs one file", one_shot, p)
    told.done()


if __name__ == "__main__":
    main()
