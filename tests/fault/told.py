# SPDX-License-Identifier: ISC
"""Tests that tell in TAP what went wrong, and the calls that a command made."""
import os

from place import Wrong

n_tests = 0


def test(what, fn, *args):
    global n_tests
    n_tests += 1
    try:
        fn(*args)
        print("ok %d - %s" % (n_tests, what), flush=True)
    except Wrong as e:
        print("not ok %d - %s\n# %s" % (n_tests, what,
                                        str(e).replace("\n", "\n# ")))


def done():
    print("1..%d" % n_tests)


def strace(p, calls, args, extra=()):
    """How the command ended, and the lines of the trace of these calls."""
    out = os.path.join(p.top, "trace")
    ended = p.run(["strace", "-qq", "-y", "-s", "64", "-o", out, "-e",
                   "trace=" + calls] + list(extra) + list(args))
    with open(out, errors="replace") as f:
        lines = f.read().splitlines()
    os.remove(out)
    return ended, lines
