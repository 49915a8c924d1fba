#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Makes each file call of the commands that write fail in turn, once and from
then on, and holds each run to this: no crash; what it says is signed is signed
and can be shown; nothing acknowledged before is lost; the next run succeeds,
and the entry is there once (what is said against keys and media maybe twice).
Kills at each of them, too.

usage: inject.py SAMPLE [COMMAND ...]
how many failures of each command, or "all"; of the calls PROV_INJECT_CALLS
(all), which stand with commas between, PROV_INJECT_JOBS (2) at a time
"""
import collections
import concurrent.futures
import os
import random
import re
import shutil
import sys
import threading

from commands import COMMANDS, PREPARED
from place import Wrong, base

# What may come of a call, and kill -9 at it. EINTR only once: reading again is
# the answer to it, ours and SQLite's, however often.
ERRORS = {
    "open": ("EIO", "EINTR", "EMFILE"),
    "make": ("EIO", "ENOSPC", "EINTR"),
    "read": ("EIO", "EINTR"),
    "write": ("EIO", "ENOSPC", "EINTR"),
    "sync": ("EIO", "ENOSPC", "EINTR"),
    "look": ("EIO", "EINTR"),
    "lock": ("EIO", "EINTR", "ENOLCK"),
    "map": ("ENOMEM",),
}
ONCE = ("EINTR", "KILL")
CALLS = {
    "openat": "open", "read": "read", "pread64": "read", "readv": "read",
    "getdents64": "read", "write": "write", "pwrite64": "write",
    "writev": "write", "fsync": "sync", "fdatasync": "sync",
    "syncfs": "sync", "rename": "make", "renameat": "make",
    "renameat2": "make", "link": "make", "linkat": "make", "mkdir": "make",
    "mkdirat": "make", "ftruncate": "write", "fallocate": "write",
    "unlink": "make", "unlinkat": "make", "rmdir": "make", "close": "look",
    "fstat": "look", "newfstatat": "look", "lseek": "look",
    "statfs": "look", "fstatfs": "look", "access": "look",
    "faccessat": "look", "faccessat2": "look", "readlink": "look",
    "readlinkat": "look", "fcntl": "lock", "flock": "lock",
    "fchmod": "make", "chmod": "make", "fchown": "make", "mmap": "map",
    "pipe2": "open", "dup2": "look", "memfd_create": "open",
}
CASE = collections.namedtuple("case", "command call error n scope on early")
# A look at each of 256 directories is a loop: the first and the last stand for
# all of it.
LOOP = re.compile(r'/blobs/[0-9a-f]{2}"')
LOOP_ENDS = ('/blobs/00"', '/blobs/ff"')
LOCKS_TWICE = ("repair",)
SHOWN = 40  # of what goes wrong with a command
lock = threading.Lock()


def traced(line, scope, extra, out):
    return (["strace", "-qq", "-o", out] + (["-f"] if scope == "all" else []) +
            extra + line)


def count(p, name, top):
    """How often each call is made, from the first look at the home on."""
    found = {}
    for scope in ("main", "all"):
        place = p.copy(os.path.join(top, "count"))
        out = os.path.join(top, "trace")
        done = place.run(traced(COMMANDS[name](place).line, scope, [
            "-e", "trace=" + ",".join(CALLS)], out))
        if done.returncode != 0:
            raise Wrong("under strace: " + done.stderr)
        found[scope] = spans(out, place.home)
        shutil.rmtree(place.top)
    return found


def spans(path, home):
    """Of each call the numbers at which it can fail, in any of the threads, and
    how often it is made before. Who holds keys lets only root see what it
    opens: for others all calls count."""
    seen = collections.Counter()
    at_home = os.getuid() != 0
    numbers = collections.defaultdict(set)
    early = collections.Counter()
    with open(path, errors="replace") as f:
        for line in f:
            m = re.match(r"(\d+ +)?(\w+)\(", line)
            if m is None:
                continue
            pid, call = m.group(1) or "", m.group(2)
            seen[pid, call] += 1
            at_home = at_home or home in line
            if LOOP.search(line) and not any(e in line for e in LOOP_ENDS):
                continue
            if at_home:
                numbers[call].add(seen[pid, call])
            else:
                early[call] += 1
    return numbers, early


def errors(name, call):
    """What strace does not let be closed stays open, unlike what the kernel
    says that of: who locks twice would wait for himself."""
    if call == "close" and name in LOCKS_TWICE:
        return ("KILL",)
    return ERRORS[CALLS[call]] + ("KILL",)


def cases(p, name, top):
    calls = os.environ.get("PROV_INJECT_CALLS", ",".join(CALLS)).split(",")
    found = count(p, name, top)
    for scope in ("main", "all"):
        for call, numbers in sorted(found[scope][0].items()):
            if call not in calls:
                continue
            if scope == "all":
                numbers = numbers - found["main"][0].get(call, set())
            early = found["main"][1][call]
            for error in errors(name, call):
                for n in sorted(numbers):
                    for on in ("",) if error in ONCE else ("", "+"):
                        yield CASE(name, call, error, n, scope, on,
                                   n <= early or os.getuid() != 0)


def sample(all_cases, n):
    """Of each call some, always the same: those few that write, first."""
    rng = random.Random(5)
    by_call = collections.defaultdict(list)
    for c in all_cases:
        by_call[c.scope, c.call, c.on].append(c)
    for some in by_call.values():
        rng.shuffle(some)
    out = []
    while len(out) < n and any(by_call.values()):
        for key in sorted(by_call, key=lambda k: k[0] != "main"):
            if by_call[key] and len(out) < n:
                out.append(by_call[key].pop())
    return out


def inject(p, c):
    """Runs the command with the failure; whether it acknowledged."""
    run = COMMANDS[c.command](p)
    out = os.path.join(p.top, "trace")
    what = "inject=%s:%s=%s:when=%d%s" % (
        c.call, "signal" if c.error == "KILL" else "error", c.error, c.n, c.on)
    done = p.run(traced(run.line, c.scope,
                        ["-e", "trace=" + c.call, "-e", what], out))
    with open(out, errors="replace") as f:
        said = f.read()
    acked = run.acked(done)
    # The worker may be killed as well, and then the command says what it did.
    if c.error == "KILL" and done.returncode == -9:
        return True, acked
    # Without memory the loader may crash, before there is a program.
    if c.early and done.returncode == -11 and done.stdout + done.stderr == "":
        return True, False
    hit = "(INJECTED)" in said or "killed by SIGKILL" in said
    if done.returncode not in run.status:
        raise Wrong("exit %d: %s" % (done.returncode, done.stderr))
    if done.returncode == 0 and not acked:
        raise Wrong("exit 0, and nothing acknowledged")
    if done.returncode == 127 and acked:
        raise Wrong("did not start, and acknowledged")
    if (done.returncode not in (0, 127) and done.stderr.strip() == "" and
            CALLS[c.call] != "write"):
        raise Wrong("exit %d without a word" % done.returncode)
    return hit, acked


def one(p, c, top, number):
    place = p.copy(os.path.join(top, "case%d" % number))
    try:
        hit, acked = inject(place, c)
        run = COMMANDS[c.command](place)
        # Before any writer came to repair: what was acknowledged stands.
        run.stands(place)
        if acked:
            run.shows(place)
        run.repeat(place)
        run.shows(place)
        place.must("prov", "ledger", "check")
        if place.size() not in run.sizes:
            raise Wrong("%d entries" % place.size())
    finally:
        shutil.rmtree(place.top, ignore_errors=True)
    return hit


def attempt(p, c, top, number, wrong):
    try:
        return one(p, c, top, number)
    except (Wrong, OSError) as e:
        what = "%s, call %s %d%s (%s) %s: %s" % (
            c.command, c.call, c.n, c.on, c.scope, c.error,
            str(e).strip()[:600])
        with lock:
            wrong.append(what)
            if len(wrong) <= SHOWN:
                print("# " + what.replace("\n", "\n#   "), flush=True)
        return True


def prepare(p, name, top):
    place = p.copy(os.path.join(top, "begin"))
    PREPARED.get(name, lambda _: None)(place)
    return place


def campaign(p, name, top, much):
    p = prepare(p, name, top)
    todo = list(cases(p, name, top))
    total = len(todo)
    if much != "all":
        todo = sample(todo, int(much))
    wrong = []
    jobs = int(os.environ.get("PROV_INJECT_JOBS", "2"))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        hits = sum(pool.map(lambda x: attempt(p, x[1], top, x[0], wrong),
                            enumerate(todo)))
    shutil.rmtree(p.top)
    return len(todo), total, hits, len(wrong)


def main():
    top = os.path.realpath("inject")
    os.mkdir(top)
    names = sys.argv[2:] or list(COMMANDS)
    p = base(top)
    print("1..%d" % len(names))
    for i, name in enumerate(names):
        done, total, hits, wrong = campaign(p, name, top, sys.argv[1])
        print("%s %d - %s: %d of %d failures tried, %d happened, "
              "%d went wrong" % ("ok" if wrong == 0 and hits > 0 else "not ok",
                                 i + 1, name, done, total, hits, wrong),
              flush=True)


if __name__ == "__main__":
    main()
