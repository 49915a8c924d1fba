#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Leaves out one call of prov_fail after the other and runs the tests that reach
it, until one fails. What no test notices needs a test, or a reason in
reasons.txt.

usage: mutate.py [-j N] [--only PREFIX] [--again] SRCDIR OUT TEST ...

Each TEST is a program of a build with --enable-mutate, or a .t script that
finds one in its environment; NAME=VALUE: in front of it is for its own
environment. OUT keeps what was found: which calls each test
reaches (reach.json; of a test that has changed it is found anew) and what came
of each call (results.tsv), so that a run goes on where the last one stopped;
--again tries what was noticed by no test once more. Exit status 1: calls that
no test notices, without a reason.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True  # SRCDIR may not be written to
from sites import reasons, sites  # noqa: E402

TIMES = 10          # longer than without a change: it hangs
LEAST_S = 20        # but on a busy machine nothing is that quick
BASE_S = 900        # the longest that a test may take as it is
FILE_MAX = 1 << 30  # what it may write into one file
SPACE_MAX = 8 << 30
lock = threading.Lock()


def limits():
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_MAX, FILE_MAX))
    resource.setrlimit(resource.RLIMIT_AS, (SPACE_MAX, SPACE_MAX))


# Where that is allowed, a test has a /tmp in memory and processes of its own,
# of which none outlives it.
OWN = ["unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc", "sh", "-c",
       'mount -t tmpfs none /tmp && mkdir "$TMPDIR" && cd "$TMPDIR" && '
       'exec "$@"', "sh"]


def own():
    """Whether it is allowed."""
    try:
        return subprocess.run(
            OWN + ["true"], env=dict(os.environ, TMPDIR="/tmp/own"),
            stderr=subprocess.DEVNULL, check=False).returncode == 0
    except FileNotFoundError:
        return False


BOX = []


def box(paths):
    """Not where something that is needed is in /tmp and would not be seen."""
    if own() and not any(os.path.realpath(p).startswith("/tmp/")
                         for p in paths):
        BOX.extend(OWN)


def run(test, extra, seconds):
    """Whether all of it passed."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as top:
        env = dict(os.environ, TMPDIR="/tmp/own" if BOX else top, HOME=top,
                   LOGGED_DIR="/tmp" if BOX else top, PROV_CALLS="all", **extra)
        setting, _, path = test.rpartition(":")
        if setting:
            env.update([setting.split("=", 1)])
        line = BOX + (["sh", path] if path.endswith(".t") else [path])
        with open(os.path.join(top, "out"), "w+b") as out:
            p = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.STDOUT, cwd=top, env=env,
                                 preexec_fn=limits)
            try:
                status = p.wait(seconds)
            except subprocess.TimeoutExpired:
                status = -1
            try:
                os.killpg(p.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            p.wait()
            out.seek(0)
            said = out.read()
        # A test that took write permission away leaves what rm cannot.
        subprocess.run(["chmod", "-R", "u+rwX", top], check=False,
                       stderr=subprocess.DEVNULL)
    return status == 0 and not any(x.startswith(b"not ok")
                                   for x in said.split(b"\n"))


def stamp(test):
    """Of libtool's script, the program behind it."""
    test = test.rpartition(":")[2]
    at, name = os.path.split(test)
    real = os.path.join(at, ".libs", name)
    return os.stat(real if os.path.exists(real) else test).st_mtime


def reach(test, out):
    """What the test reaches without a change, and how long it takes."""
    path = os.path.join(out, "trace.%d" % threading.get_ident())
    began = time.monotonic()
    good = run(test, {"PROV_MUTATE_TRACE": path}, BASE_S)
    took = time.monotonic() - began
    found = set()
    if os.path.exists(path):
        with open(path, encoding="ascii") as f:
            found = {line.strip() for line in f}
        os.unlink(path)
    return {"stamp": stamp(test), "good": good, "took": took,
            "sites": sorted(found)}


def reaches(tests, out, jobs):
    path = os.path.join(out, "reach.json")
    known = {}
    if os.path.exists(path):
        with open(path, encoding="ascii") as f:
            known = json.load(f)
    todo = [t for t in tests
            if t not in known or known[t]["stamp"] != stamp(t)]

    def one(test):
        got = reach(test, out)
        with lock:
            known[test] = got
            print("# %6.1f s, %3d calls: %s%s" % (
                got["took"], len(got["sites"]), os.path.basename(test),
                "" if got["good"] else " (fails as it is, and is left out)"),
                flush=True)
            with open(path + ".new", "w", encoding="ascii") as f:
                json.dump(known, f)
            os.replace(path + ".new", path)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, todo))
    return {t: known[t] for t in tests if known[t]["good"]}


def judge(site, by_site):
    """Who notices, or nothing; the quickest are asked first."""
    for took, test in by_site[site.number]:
        if not run(test, {"PROV_MUTATE": site.number},
                   max(LEAST_S, TIMES * took)):
            return "noticed", os.path.basename(test)
    return ("missed", "%d tests" % len(by_site[site.number])
            if by_site[site.number] else "not reached")


def past(path):
    done = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            for line in f:
                name, what, who, text = line.rstrip("\n").split("\t")
                done[name, text] = what, who
    return done


def judge_all(todo, by_site, path, jobs):
    done = past(path)
    began = time.monotonic()
    count = 0

    def one(site):
        nonlocal count
        what, who = judge(site, by_site)
        with lock:
            count += 1
            done[site.name, site.text] = what, who
            with open(path, "a", encoding="utf-8") as f:
                f.write("\t".join((site.name, what, who, site.text)) + "\n")
            print("# %d of %d, %.0f s: %s %s: %s" % (
                count, len(todo), time.monotonic() - began, site.name, what,
                who), flush=True)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, todo))
    return done


def table(every, done, why):
    """A line a stage, and what is left."""
    rows = collections.defaultdict(collections.Counter)
    left = []
    for s in every:
        what, who = done[s.name, s.text]
        if what == "missed" and s.name in why:
            what = "reason"
        rows[s.number.split("/")[0]][what] += 1
        if what == "missed":
            left.append("# %s (%s) %s: %s" % (s.name, s.number, s.text, who))
        elif what == "noticed" and s.name in why:
            print("# %s has a reason and is noticed: %s" % (s.name, who))
    print("# %-8s %6s %8s %8s %6s" % ("stage", "calls", "noticed", "reasons",
                                     "left"))
    for stage, n in rows.items():
        print("# %-8s %6d %8d %8d %6d" % (stage, sum(n.values()),
                                         n["noticed"], n["reason"],
                                         n["missed"]))
    print("\n".join(left) if left else "# nothing is left")
    return len(left)


def absolute(test):
    setting, colon, path = test.rpartition(":")
    return setting + colon + os.path.realpath(path)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("-j", type=int, default=2)
    p.add_argument("--only", default="")
    p.add_argument("--again", action="store_true")
    p.add_argument("srcdir")
    p.add_argument("out")
    p.add_argument("tests", nargs="+")
    a = p.parse_args()
    os.nice(15)
    os.makedirs(a.out, exist_ok=True)
    out = os.path.realpath(a.out)
    box([out, a.srcdir, os.environ.get("builddir", out)] +
        [absolute(t).rpartition(":")[2] for t in a.tests])
    every = [s for s in sites(a.srcdir) if s.name.startswith(a.only)]
    found = reaches([absolute(t) for t in a.tests], out, a.j)
    by_site = {s.number: sorted((r["took"], t) for t, r in found.items()
                                if s.number in r["sites"]) for s in every}
    path = os.path.join(out, "results.tsv")
    done = past(path)
    todo = [s for s in every if (s.name, s.text) not in done or
            (a.again and done[s.name, s.text][0] == "missed")]
    done = judge_all(todo, by_site, path, a.j)
    left = table(every, done, reasons(a.srcdir))
    print("%sok - %d calls of prov_fail left out in turn, %d of them "
          "unnoticed without a reason" % ("" if left == 0 else "not ",
                                          len(every), left))
    sys.exit(0 if left == 0 else 1)


if __name__ == "__main__":
    main()
