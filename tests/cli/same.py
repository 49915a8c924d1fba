#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""same.py FILE: one identity of FILE under any name and in any surroundings.
Speaks TAP."""

import json
import os
import shutil
import subprocess
import sys

NAMES = (
    b"a", b"a.al", b"a.ul", b"a.sln", b"a.m3u8", b"a.ffconcat", b"a.sdp",
    b"a.txt", b"a.xbin", b"a.jpg", b"a.png", b"a.webp", b"a.mkv", b"a.ts",
    b"a.h264", b"a.ac3", b"a.dts", b"a.prov.mp4", b"-dash", b"--json",
    b"new\nline.mp4", b"\xf0\x9f\x8e\xac.mp4", b"\xff\xfe.mp4", b"a b c",
    b"%d.png", b"%03d.jpg", b"pipe:0", b"concat:FILE", b"data:,x",
    b"http:x", b"subfile,,start,0,end,99,,:FILE", b"*", b"[x]?",
    b"quote'\"", b"back\\slash", b".hidden", b"\x1b[31mred", b"n" * 200,
)
SURROUNDINGS = (
    ("the time zone", {"TZ": "Pacific/Kiritimati"}, ""),
    ("another time zone", {"TZ": ":/nonexistent"}, ""),
    ("the C locale", {"LC_ALL": "C"}, ""),
    ("a Turkish locale", {"LC_ALL": "tr_TR.UTF-8"}, ""),
    ("a locale of commas", {"LC_ALL": "de_DE.UTF-8", "LC_NUMERIC": "de_DE"},
     ""),
    ("a locale that is not there", {"LC_ALL": "xx_XX.nothing"}, ""),
    ("memory that is not zero", {"MALLOC_PERTURB_": "165"}, ""),
    ("FFmpeg's own variables", {"AV_LOG_FORCE_COLOR": "1",
                                "FFREPORT": "file=report:level=48"}, ""),
    ("an empty environment", None, ""),
    ("a strict umask", {}, "umask 777"),
    ("another directory", {}, "cd /"),
    ("standard input closed", {}, "exec <&-"),
    ("standard error closed", {}, "exec 2>&-"),
    ("few descriptors", {}, "ulimit -n 32"),
    ("a small stack", {}, "ulimit -s 1024"),
    ("low priority", {}, "renice -n 5 $$ >/dev/null"),
)
tests = 0


def ok(fine, what, detail=""):
    global tests
    tests += 1
    print("%sok %d - %s" % ("" if fine else "not ", tests, what), flush=True)
    if not fine:
        print("#", str(detail)[:500])


def records(command, **how):
    run = subprocess.run(command, stdout=subprocess.PIPE, check=False, **how)
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    for row in rows:
        row.pop("path")
        row.pop("ms", None)
    return rows


def identify(path, before="", env=None):
    script = (before + "\n" if before else "") + 'exec prov hash --json -- "$0"'
    rows = records(["sh", "-c", script, path], env=env)
    return rows[0] if len(rows) == 1 else rows


def names(path, want):
    os.mkdir("names")
    for name in NAMES:
        here = os.path.join(b"names", name.replace(b"FILE", path.encode()))
        shutil.copy(path, here)
        got = identify(here)
        ok(got == want, "the name %s" % ascii(name)[1:40], got)
        os.unlink(here)


def surroundings(path, want):
    least = {k: os.environ[k] for k in ("PATH", "PROV_DEMUX", "PROV_HOME")}
    for what, more, before in SURROUNDINGS:
        env = least if more is None else dict(os.environ, **more)
        got = identify(os.path.abspath(path), before, env)
        ok(got == want, what, got)


def threads(path):
    """As verify sees it, which takes many files at once."""
    many = []
    for i in range(12):
        many.append("copy-%d" % i)
        shutil.copy(path, many[-1])
    # The first time no head of the log is known to compare with.
    fresh = records(["prov", "verify", "--json", "-j", "4", *many])
    ok(all(r == fresh[0] and "consistency" in r["not_checked"]
           for r in fresh), "four threads that remember nothing yet")
    one = [records(["prov", "verify", "--json", "-j", str(j), *many])
           for j in (1, 1, 4, 12)]
    first = one[0][0]
    ok(first["streams"] and all(r == first for rows in one for r in rows),
       "one thread, four, twelve")


def main():
    path = sys.argv[1]
    want = identify(path)
    ok(bool(want["streams"]), "%s has streams" % path, want)
    ok(all(identify(path) == want for _ in range(10)), "ten runs")
    names(path, want)
    surroundings(path, want)
    threads(path)
    print("1..%d" % tests)


main()
