#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""What the commands say of a ledger that somebody damaged or forged: verify,
prove and check, as they are run. Never is a file called logged that was not, or
another entry than the one it is; no proof is printed that does not lead to the
log's own checkpoint; what check calls whole is.

usage: damaged.py SAMPLE TURNS    how many kinds of damage, or "all", so often
"""
import base64
import collections
import concurrent.futures
import json
import os
import random
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(sys.argv[0]), "../interop"))

import cbor2
from place import Place, Wrong
from spoil import all_ways, another_history, flips_anywhere
from tlog import bundle, inclusion_root, leaf_hash, read, root_of, tile_path

BATCHES = (250, 30, 20)  # partial tiles and several runs
FORGED = "forged.txt"    # never logged here, but in the other history
NOBODY = "nobody.txt"    # nor anywhere
LEFT = 25                # of the last entries are looked at more
STATUS = (0, 1, 2, 75)
NO_SIDECAR = ("--json", "--no-sidecar", "--no-memory")


class Log:
    """What was logged in truth, and which file is which entry."""

    def __init__(self, place, index):
        self.note = read(os.path.join(place.home, "ledger"), "checkpoint")
        lines = self.note.decode().split("\n")
        self.size, self.root = int(lines[1]), base64.b64decode(lines[2])
        self.entries = []
        for n in range((self.size + 255) // 256):
            width = min(256, self.size - 256 * n)
            self.entries += bundle(read(os.path.join(place.home, "ledger"),
                                        tile_path("entries", n, width)))
        self.leaves = [leaf_hash(e) for e in self.entries]
        assert root_of(self.leaves) == self.root
        self.index = index
        assert sorted(index.values()) == list(range(1, self.size))


def signed(place, prefix, n):
    names = ["%s%d.txt" % (prefix, i) for i in range(n)]
    for name in names:
        with open(os.path.join(place.top, name), "w") as f:
            f.write("this is %s\n" % name)
    said = place.must("prov", "sign", *names)
    return {m[1]: int(m[2]) for m in
            re.finditer(r"^(\S+): SIGNED  entry (\d+)", said, re.M)}


def told(text):
    """The lines of JSON."""
    out = []
    for line in text.splitlines():
        try:
            out.append(json.loads(line))
        except ValueError:
            raise Wrong("no JSON: " + line) from None
    return out


class Trial:
    def __init__(self, place, log, seed):
        self.p, self.log = place, log
        rng = random.Random(seed)
        names = sorted(log.index, key=log.index.get)
        self.files = rng.sample(names, 2) + rng.sample(names[-LEFT:], 2)
        self.numbers = [rng.randrange(log.size),
                        log.size - 1 - rng.randrange(LEFT)]
        self.complete = True

    def run(self, *args):
        done = self.p.run(["prov"] + list(args))
        if done.returncode not in STATUS:
            raise Wrong("%s: exit %d: %s" % (" ".join(args), done.returncode,
                                             done.stderr))
        return done

    def verify(self, names, *options):
        done = self.run("verify", *options, *names)
        answers = told(done.stdout)
        if len(answers) != len(names) and done.returncode in (0, 1):
            raise Wrong("verify: %d answers, exit %d" % (len(answers),
                                                         done.returncode))
        worst = max([r["status"] for r in answers], default=None)
        if done.returncode == 0 and worst != 0:
            raise Wrong("verify: exit 0, and status %s" % worst)
        return answers

    def logged(self):
        """What was logged is found as it was logged, or not."""
        for options in (NO_SIDECAR, ("--json",)):
            answers = self.verify(self.files, *options)
            for r in answers:
                self.check_logged(r, options)
            if options == NO_SIDECAR and (
                    len(answers) < len(self.files) or
                    any(r["status"] != 0 for r in answers)):
                self.complete = False

    def check_logged(self, r, options):
        want = self.log.index[r["path"]]
        included = r["ledger"] == "included"
        if r["log_index"] not in (None, want):
            raise Wrong("%s is entry %d, not %s" % (r["path"], want,
                                                    r["log_index"]))
        if r["status"] == 0 and options == NO_SIDECAR and not included:
            raise Wrong("passes, and is %s" % r["ledger"])
        if included and r["log_index"] is None:
            raise Wrong("is included nowhere")
        if (included and options == NO_SIDECAR and
                r["checkpoint_size"] != self.log.size):
            raise Wrong("is included in %s entries" % r["checkpoint_size"])

    def unlogged(self):
        """What was not is not."""
        for name in (FORGED, NOBODY):
            for r in self.verify([name], *NO_SIDECAR):
                if r["status"] == 0 or r["ledger"] == "included":
                    raise Wrong("%s: %s" % (name, json.dumps(r)))
            done = self.run("verify", *NO_SIDECAR[1:], name)
            if done.returncode == 0 or "VERIFIED" in done.stdout:
                raise Wrong(done.stdout)
            for extra in ((), ("--receipt",), ("--transparent",)):
                if self.run("ledger", "prove", *extra, name).returncode == 0:
                    raise Wrong("prove %s: exit 0" % name)

    def check_path(self, index, at, size, path):
        if at != index or size != self.log.size:
            raise Wrong("a proof of %d in %d" % (at, size))
        try:
            root = inclusion_root(at, size, self.log.leaves[index], path)
        except AssertionError as e:
            raise Wrong("the proof of %d: %s" % (index, e)) from None
        if root != self.log.root:
            raise Wrong("the proof of %d is false" % index)

    def check_proof(self, index, text):
        head, note = text.encode().split(b"\n\n", 1)
        lines = head.decode().split("\n")
        if lines[0] != "c2sp.org/tlog-proof@v1":
            raise Wrong("no proof: " + lines[0])
        if note.split(b"\n\n")[0] != self.log.note.split(b"\n\n")[0]:
            raise Wrong("a proof to another checkpoint")
        self.check_path(index, int(lines[1].removeprefix("index ")),
                        int(note.split(b"\n")[1]),
                        [base64.b64decode(x) for x in lines[2:]])

    def check_receipt(self, index, data):
        """RFC 9942: 396 are proofs, of which -1 are those of inclusion."""
        receipt = cbor2.loads(data).value
        proof, = receipt[1][396][-1]
        size, at, path = cbor2.loads(proof)
        self.check_path(index, at, size, path)

    def proofs(self):
        for what, index in ([(n, self.log.index[n]) for n in self.files] +
                            [(str(i), i) for i in self.numbers]):
            done = self.run("ledger", "prove", what)
            if done.returncode == 0:
                self.check_proof(index, done.stdout)
            else:
                self.complete = False
        self.receipt(self.numbers[0])

    def receipt(self, index):
        out = os.path.join(self.p.top, "receipt")
        done = self.run_to(out, "ledger", "prove", "--receipt", str(index))
        if done.returncode == 0:
            with open(out, "rb") as f:
                self.check_receipt(index, f.read())

    def run_to(self, out, *args):
        done = self.p.run(["sh", "-c", 'exec prov "$@" >' + out, "sh"] +
                          list(args))
        if done.returncode not in STATUS:
            raise Wrong("%s: exit %d: %s" % (" ".join(args), done.returncode,
                                             done.stderr))
        return done

    def entries(self):
        out = os.path.join(self.p.top, "entry")
        for i in self.numbers:
            done = self.run_to(out, "show", "--raw", "--entry", str(i))
            with open(out, "rb") as f:
                if done.returncode == 0 and f.read() != self.log.entries[i]:
                    raise Wrong("shows another entry %d" % i)

    def whole(self):
        done = self.run("ledger", "check")
        if done.returncode == 0 and not self.complete:
            raise Wrong("check finds nothing, and not all can be read")
        return done.returncode == 0

    def copied(self):
        """A clone is of this history, or there is none."""
        done = self.run("ledger", "clone", "home/ledger", "copy")
        if done.returncode == 0:
            said = self.p.must("prov", "ledger", "checkpoint", "--ledger",
                               "copy")
            if said.split("\n")[:3] != self.log.note.decode().split("\n")[:3]:
                raise Wrong("clones another history")


def trial(p, log, top, number, what, spoil):
    """Whether all could be read and was found whole."""
    place = Place(os.path.join(top, "trial%d" % number))
    os.mkdir(place.top)
    shutil.copytree(p.home, place.home, symlinks=True)
    t = Trial(place, log, number)
    for name in t.files + [n + ".prov" for n in t.files] + [FORGED, NOBODY]:
        shutil.copy(os.path.join(p.top, name), place.top)
    try:
        spoil(os.path.join(place.home, "ledger"))
        t.unlogged()
        t.logged()
        t.proofs()
        t.entries()
        t.copied()
        return t.whole(), None
    except (Wrong, OSError) as e:
        return False, "%s: %s" % (what, str(e).strip()[:600])
    finally:
        shutil.rmtree(place.top, ignore_errors=True)


def begin(top):
    """A ledger, another history of it, and of another log by that name."""
    p = Place(os.path.join(top, "base"))
    os.mkdir(p.top)
    p.must("prov", "init", "--no-passphrase", "test/damage")
    index = {}
    for i, n in enumerate(BATCHES):
        if i == len(BATCHES) - 1:
            evil = p.copy(os.path.join(top, "evil"))
        index.update(signed(p, "abc"[i], n))
    log = Log(p, index)
    with open(os.path.join(evil.top, FORGED), "w") as f:
        f.write("never logged\n")
    evil.must("prov", "sign", FORGED)
    signed(evil, "e", BATCHES[-1] - 1)
    evil.must("prov", "verify", *NO_SIDECAR, FORGED)
    other = Place(os.path.join(top, "other"))
    os.mkdir(other.top)
    other.must("prov", "init", "--no-passphrase", "test/damage")
    for name in FORGED, NOBODY:
        with open(os.path.join(p.top, name), "w") as f:
            f.write("never logged\n" if name == FORGED else "by nobody\n")
    return p, log, evil, other


def ways(p, evil, other, much, rounds):
    ledger = os.path.join(p.home, "ledger")
    notes = {"another": read(os.path.join(other.home, "ledger"), "checkpoint")}
    found = []
    for turn in range(rounds):
        found += all_ways(ledger, os.path.join(evil.home, "ledger"), notes,
                          turn)
    found += [flips_anywhere(i) for i in range(len(found) // 4)]
    if much != "all":
        return random.Random(7).sample(found, int(much))
    return found


def signed_history(evil):
    """The other history with its true checkpoint, for this test's own sake."""
    ledger = os.path.join(evil.home, "ledger")
    return another_history(ledger, 15, read(ledger, "checkpoint"))


def main():
    top = os.path.realpath("damaged")
    os.mkdir(top)
    p, log, evil, other = begin(top)
    todo = ways(p, evil, other, sys.argv[1], max(1, int(sys.argv[2])))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda x: trial(p, log, top, x[0], *x[1]),
                                enumerate([("nothing", lambda _: None)] +
                                          todo)))
    seen = trial(p, log, top, 0, "signed", signed_history(evil))[1]
    wrong = [w for _, w in results if w is not None]
    for w in wrong[:40]:
        print("# " + w.replace("\n", "\n#   "))
    counted = collections.Counter(whole for whole, _ in results[1:])
    print("1..3")
    print("%s 1 - nothing is wrong with what was not damaged" % (
        "ok" if results[0][0] else "not ok"))
    print("%s 2 - %d ways to damage it: %d told by check, %d harmless, "
          "%d went wrong" % ("not ok" if wrong else "ok", len(todo),
                             counted[False] - len(wrong), counted[True],
                             len(wrong)))
    print("%s 3 - another history that the log signed would be seen" % (
        "not ok" if seen is None else "ok"), flush=True)


if __name__ == "__main__":
    main()
