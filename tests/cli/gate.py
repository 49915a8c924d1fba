# SPDX-License-Identifier: ISC
"""
gate.py WHAT ARGUMENT ...: what a client of prov gate --ndjson sees. Prints
nothing and is 0 where it sees what it should.
"""
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

KEYS = """v path status error binding signature ledger reasons not_checked
sha256 bytes signer kid iss signed_at origin log_index checkpoint_size
witnessed_at uncovered_bytes streams decision ms id policy purpose rights
source_type license effective rule note route t cached tenant media_type
statement""".split()


def start(policy, *more, **how):
    return subprocess.Popen(
        ["prov", "gate", "--policy", policy, "--ndjson", *more],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, **how)


def pairs_once(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), keys
    return dict(pairs)


def read(line):
    assert line.endswith(b"\n") and line.isascii(), line
    return json.loads(line, object_pairs_hook=pairs_once)


def keys(policy, *lines):
    """Every record has every key, in one order, whatever was asked."""
    out = subprocess.run(
        ["prov", "gate", "--policy", policy, "--ndjson"],
        input="\n".join(lines).encode() + b"\n", stdout=subprocess.PIPE,
        check=False).stdout.splitlines(keepends=True)
    assert len(out) == len(lines), out
    for line in out:
        assert list(read(line)) == KEYS, line


def lockstep(policy, n, *more):
    """Asks again only when answered, as many clients do."""
    p = start(policy, *more)
    for i in range(int(n)):
        p.stdin.write(b'{"id":"%d","sha256":"%s"}\n' % (i, b"0" * 64))
        p.stdin.flush()
        assert read(p.stdout.readline())["id"] == str(i)
    p.stdin.close()
    assert p.stdout.read() == b""
    assert p.wait() == 0


def order(policy, n, *more):
    """Asks all at once; the names are of files of all sizes, and of none."""
    p = start(policy, *more)
    asked = [b"in/small.bin", b"in/clip.mp4", b"none", b"{", b"../x",
             b'{"sha256":"%s"}' % (b"1" * 64)]
    want = [b"in/small.bin", b"in/clip.mp4", b"none", None, b"../x",
            b"sha256:" + b"1" * 64]
    n = int(n)

    def ask():
        for i in range(n):
            p.stdin.write(asked[i % len(asked)] + b"\n")
        p.stdin.close()

    t = threading.Thread(target=ask)
    t.start()
    for i in range(n):
        r = read(p.stdout.readline())
        w = want[i % len(want)]
        assert r["id"] == (w and w.decode()), (i, r)
    t.join()
    assert p.stdout.read() == b""
    assert p.wait() == 75  # "none" is not there


def memory(policy, n, most, *more):
    """n requests, and at most so many MiB."""
    p = start(policy, *more)
    n = int(n)

    def ask():
        for i in range(n):
            d = hashlib.sha256(b"%d" % i).hexdigest().encode()
            p.stdin.write(b'{"id":"item-%d","sha256":"%s"}\n' % (i, d))
        p.stdin.close()

    t = threading.Thread(target=ask)
    t.start()
    got = sum(1 for _ in p.stdout)
    t.join()
    assert p.wait() == 0
    assert got == n, got
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print("# %d requests: %.1f MiB" % (n, used))
    assert used <= float(most), used


def stalled(policy, run, *more):
    """A client that reads nothing does not make the gate read on and on."""
    p = start(policy, *more)
    fd = p.stdin.fileno()
    os.set_blocking(fd, False)
    line = b'{"id":"%s"}\n' % (b"x" * 4000)
    taken, idle = 0, 0
    while idle < 10:
        try:
            taken += os.write(fd, line * 10)
            idle = 0
        except BlockingIOError:
            idle += 1
            time.sleep(0.1)
        assert taken < 64 << 20
    p.send_signal(signal.SIGTERM)
    p.stdout.close()
    assert p.wait(20) == 75


def killed(policy, run, n, sig, *more):
    """Killed while it answers: what was read of it is in the file."""
    p = start(policy, "--resume", run, *more)
    lines = b"".join(b'{"id":"%d","sha256":"%s"}\n' % (i, b"2" * 64)
                     for i in range(int(n)))
    t = threading.Thread(target=feed, args=(p, lines))
    t.start()
    seen = [p.stdout.readline() for _ in range(int(n) // 10)]
    p.send_signal(int(sig))
    rest = p.stdout.read()
    status = p.wait()
    t.join()
    seen += [x for x in rest.splitlines(keepends=True) if x.endswith(b"\n")]
    assert status == (75 if int(sig) == signal.SIGTERM else -int(sig)), status
    with open(run, "rb") as f:
        kept = {x for x in f.read().splitlines(keepends=True)}
    assert all(x in kept for x in seen)
    if int(sig) == signal.SIGTERM:
        assert len(seen) == len(kept), (len(seen), len(kept))
    assert len(kept) < int(n), "it was over before it was killed"


def feed(p, lines):
    try:
        p.stdin.write(lines)
        p.stdin.close()
    except BrokenPipeError:
        pass


def resumed(policy, run, n, *more):
    """Goes on: each is answered to the client, and is in the file once."""
    p = start(policy, "--resume", run, *more)
    lines = b"".join(b'{"id":"%d","sha256":"%s"}\n' % (i, b"2" * 64)
                     for i in range(int(n)))
    t = threading.Thread(target=feed, args=(p, lines))
    t.start()
    out = [read(x)["id"] for x in p.stdout]
    t.join()
    assert p.wait() == 0
    want = [str(i) for i in range(int(n))]
    assert out == want
    with open(run, "rb") as f:
        kept = [read(x)["id"] for x in f]
    assert kept == want, len(kept)


def main():
    what, *rest = sys.argv[1:]
    {"keys": keys, "lockstep": lockstep, "order": order, "memory": memory,
     "stalled": stalled, "killed": killed, "resumed": resumed}[what](*rest)


main()
