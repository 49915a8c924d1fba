# SPDX-License-Identifier: ISC
"""Ways to damage or to forge what readers take from a ledger: each is a name
and a function of the ledger's directory."""
import os
import random
import shutil

FLIPS = (1, 8, 64)


def files_of(ledger, below=("tlog", "index")):
    found = []
    for part in below:
        for at, _, names in os.walk(os.path.join(ledger, part)):
            found += [os.path.relpath(os.path.join(at, n), ledger)
                      for n in names]
    return sorted(found)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def flip(ledger, names, n, rng):
    for _ in range(n):
        path = os.path.join(ledger, rng.choice(names))
        data = bytearray(read(path))
        if data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            write(path, data)


def flips(name, n, seed):
    return ("%d flips in %s" % (n, name),
            lambda d: flip(d, [name], n, random.Random(seed)))


def flips_anywhere(seed):
    below = ("tlog", "index", "blobs", ".")
    return ("64 flips anywhere, %d" % seed,
            lambda d: flip(d, files_of(d, below), 64, random.Random(seed)))


def other_of(ledger, name):
    """Another file of the same kind, or the next best."""
    kind = os.path.dirname(name).split("/")[:3]
    names = [n for n in files_of(ledger) if n != name]
    alike = [n for n in names if n.split("/")[:3] == kind]
    return os.path.join(ledger, (alike or names)[0])


def cut(path, to):
    data = read(path)
    write(path, data[:to(len(data))])


def instead(make):
    def swap(path, other):
        os.remove(path)
        make(path, other)
    return swap


SWAPS = {
    "empty": lambda p, o: cut(p, lambda n: 0),
    "half": lambda p, o: cut(p, lambda n: n // 2),
    "less": lambda p, o: cut(p, lambda n: n - 1),
    "more": lambda p, o: write(p, read(p) + b"x"),
    "huge": lambda p, o: os.truncate(p, 1 << 36),
    "gone": lambda p, o: os.remove(p),
    "another": lambda p, o: write(p, read(o)),
    "fifo": instead(lambda p, o: os.mkfifo(p)),
    "directory": instead(lambda p, o: os.mkdir(p)),
    "dangling": instead(lambda p, o: os.symlink("nowhere", p)),
    "endless": instead(lambda p, o: os.symlink("/dev/zero", p)),
    "linked": instead(lambda p, o: os.symlink(o, p)),
}


def swaps(name, how):
    return ("%s: %s" % (name, how),
            lambda d: SWAPS[how](os.path.join(d, name), other_of(d, name)))


PARTS = ("tlog/tile/entries", "tlog/tile/0", "tlog/tile/1", "index")


def another_history(evil, mask, checkpoint):
    """Parts of a ledger where other things were logged under the same log's
    name; the checkpoint as this one's, or of those with false signatures."""
    def put(ledger):
        for i, part in enumerate(PARTS):
            if mask >> i & 1:
                shutil.rmtree(os.path.join(ledger, part))
                shutil.copytree(os.path.join(evil, part),
                                os.path.join(ledger, part))
        if checkpoint is not None:
            write(os.path.join(ledger, "tlog/checkpoint"), checkpoint)
    return put


def resigned(note, by):
    """The text of one note under the signatures of the other."""
    return note.split(b"\n\n")[0] + b"\n\n" + by.split(b"\n\n", 1)[1]


def forgeries(evil, note, others):
    evil_note = read(os.path.join(evil, "tlog/checkpoint"))
    notes = {"true": None, "its, signed before": resigned(evil_note, note),
             "its, unsigned": evil_note.split(b"\n\n")[0] + b"\n\n"}
    for name, other in others.items():
        notes["its, signed by " + name] = resigned(evil_note, other)
    for what, checkpoint in notes.items():
        for mask in range(1 if checkpoint is None else 0, 1 << len(PARTS)):
            yield ("another history, parts %x, checkpoint %s" % (mask, what),
                   another_history(evil, mask, checkpoint))


def all_ways(ledger, evil, others, turn):
    note = read(os.path.join(ledger, "tlog/checkpoint"))
    yield from forgeries(evil, note, others)
    for i, name in enumerate(files_of(ledger, ("tlog", "index", "."))):
        if os.path.getsize(os.path.join(ledger, name)) == 0:
            continue
        for how in SWAPS:
            yield swaps(name, how)
        for n in FLIPS:
            yield flips(name, n, 1000 * turn + i)
