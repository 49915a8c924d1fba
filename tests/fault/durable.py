#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""In which order things reach the disk and the user, by strace: an entry is
synced before its checkpoint is published, that is renamed before the sidecar,
and that before anybody is told; a sync that failed is not tried again, and
what a process left unsynced is synced before it counts as signed already."""
import os
import re
import shutil

import told
from place import Wrong, base
from told import strace

TRACE = "pwrite64,fsync,fdatasync,syncfs,rename,renameat,renameat2,write"
SYNCS = ("fsync", "fdatasync")
SIGN = ["prov", "sign", "new.wav"]


def sign(p, extra=()):
    """One sign under strace: how it ended, and its calls as (name, rest)."""
    done, lines = strace(p, TRACE, SIGN, extra)
    found = [re.match(r"(\w+)\((.*)", line) for line in lines]
    return done, [m.groups() for m in found if m]


def last(calls, what, names, pattern):
    at = [i for i, (name, rest) in enumerate(calls)
          if name in names and re.search(pattern, rest)]
    if not at:
        raise Wrong("no " + what)
    return at[-1]


def first_sync(calls, path, since=0):
    for i, (name, rest) in enumerate(calls):
        if i > since and name in SYNCS and path in rest:
            return i
    raise Wrong("%s is never synced after call %d" % (path, since))


def until_told(calls):
    told = last(calls, "line", ("write",), r"^1<.*new.wav: SIGNED")
    return calls[:told]


def order(p):
    """Of a sign that succeeds."""
    done, calls = sign(p)
    if done.returncode != 0:
        raise Wrong(done.stderr)
    calls = until_told(calls)
    sidecar = last(calls, "sidecar", ("rename", "renameat", "renameat2"),
                   r'new\.wav\.prov"')
    public = last(calls, "checkpoint", ("rename", "renameat", "renameat2"),
                  r'/tlog/checkpoint"')
    written = last(calls[:public], "commit", ("pwrite64",), r"ledger\.db-wal>")
    synced = first_sync(calls, "ledger.db-wal>", written)
    if "= 0" not in calls[synced][1]:
        raise Wrong("was not synced: %s" % calls[synced][1])
    if not written < synced < public < sidecar:
        raise Wrong("commit %d, sync %d, checkpoint %d, sidecar %d" % (
            written, synced, public, sidecar))


def commit_sync(p, to):
    """Which of the calls of its kind syncs the commit: (name, number)."""
    place = p.copy(to)
    _, calls = sign(place)
    public = last(calls, "checkpoint", ("rename", "renameat", "renameat2"),
                  r'/tlog/checkpoint"')
    written = last(calls[:public], "commit", ("pwrite64",), r"ledger\.db-wal>")
    at = first_sync(calls, "ledger.db-wal>", written)
    shutil.rmtree(to)
    return calls[at][0], sum(c[0] == calls[at][0] for c in calls[:at + 1])


def not_retried(p, sync):
    """A failed sync is the end of it."""
    name, number = sync
    done, calls = sign(p, ["-e", "inject=%s:error=EIO:when=%d" % sync])
    bad = [i for i, (_, rest) in enumerate(calls) if "INJECTED" in rest]
    if len(bad) != 1 or "ledger.db-wal>" not in calls[bad[0]][1]:
        raise Wrong("%s %d did not fail" % (name, number))
    if done.returncode != 2 or "SIGNED" in done.stdout:
        raise Wrong("exit %d: %s" % (done.returncode, done.stdout))
    if "nothing was acknowledged" not in done.stderr:
        raise Wrong(done.stderr)
    for name, rest in calls[bad[0] + 1:]:
        if name in SYNCS + ("syncfs",):
            raise Wrong("synced again: " + rest)


def synced_later(p):
    """The commit is in the log, and maybe not on the disk: signing again has
    to write it to the database, anew, and sync that before it says so."""
    done, calls = sign(p)
    if done.returncode != 0:
        raise Wrong(done.stderr)
    calls = until_told(calls)
    written = last(calls, "write to the database", ("pwrite64",),
                   r"ledger\.db>")
    if "= 0" not in calls[first_sync(calls, "ledger.db>", written)][1]:
        raise Wrong("was not synced")
    if p.size() != 3:
        raise Wrong("%d entries, not 3" % p.size())
    p.must("prov", "ledger", "check")


def killed(p, sync):
    """kill -9 between the commit's last write and its sync."""
    done, _ = sign(p, ["-e", "inject=%s:signal=KILL:when=%d" % sync])
    if done.returncode >= 0 or "SIGNED" in done.stdout:
        raise Wrong("exit %d: %s" % (done.returncode, done.stdout))


def main():
    top = os.path.realpath("durable")
    os.mkdir(top)
    p = base(top)
    told.test("commit, sync, checkpoint, sidecar, line: in this order", order,
         p.copy(os.path.join(top, "order")))
    sync = commit_sync(p, os.path.join(top, "count"))
    failed = p.copy(os.path.join(top, "failed"))
    told.test("a sync that fails is fatal and not tried again", not_retried, failed,
         sync)
    told.test("what it left is synced before it counts", synced_later, failed)
    dead = p.copy(os.path.join(top, "killed"))
    told.test("killed before the sync, nothing is acknowledged", killed, dead, sync)
    told.test("what that left is synced before it counts, too", synced_later, dead)
    told.done()


if __name__ == "__main__":
    main()
