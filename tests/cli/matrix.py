#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""matrix.py TABLE CHANGES CASES: makes every change that the table lists of
small signed files and holds the verdict and its reasons to what the table says.
There have to be so many changes and cases in it.

Works in the current directory; prov is set up and $srcdir is known. Speaks TAP.
With names of changes behind, only those, and what came out.
"""

import collections
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys

import assets
import changes_mkv
import changes_mp4
import changes_other
import changes_packets
import changes_tools
from samples import Movie

Case = collections.namedtuple(
    "Case", "change asset container binding reasons skipped")
HARMLESS = ("exact", "streams")
FAMILIES = (changes_packets, changes_mp4, changes_mkv, changes_other,
            changes_tools)


def read_table(path):
    """One row is CHANGE | ASSET | CONTAINERS | BINDING | CODES | why."""
    cases = []
    with open(path) as f:
        for n, line in enumerate(f, 1):
            if not line.strip() or line.startswith("#"):
                continue
            cells = [c.strip() for c in line.split("|")]
            if len(cells) != 6:
                raise ValueError(f"{path}:{n}: {len(cells)} cells")
            change, names, containers, binding, codes, why = cells
            if binding != "none" and not why:
                raise ValueError(f"{path}:{n}: says not why it matches")
            if binding == "none" and not codes:
                raise ValueError(f"{path}:{n}: no reason code")
            words = codes.split()
            for asset in names.split():
                for c in containers.split():
                    cases.append(Case(
                        change, asset, c, binding,
                        tuple(w for w in words if w[0] != "?"),
                        tuple(w[1:] for w in words if w[0] == "?")))
    return cases


def source_of(asset):
    """The file of an asset as assets.py made it."""
    for ext in ("mp4", "ts", "mkv", "wav", "ogg", "mp3", "flac", "aac", "avi",
                "jpg", "png"):
        if os.path.exists(f"{asset}.{ext}"):
            return f"{asset}.{ext}"
    raise ValueError(f"no asset {asset}")


def base_name(asset, container):
    """The signed file: the asset itself, or a copy in the container."""
    if os.path.exists(f"{asset}.{container}"):
        return f"{asset}.{container}"
    ext = assets.CONTAINERS[container][0]
    return f"{asset}-{container}.{ext}"


def make_base(key):
    asset, container = key
    name = base_name(*key)
    if not os.path.exists(name):
        assets.remux(source_of(asset), container, f"{asset}-{container}")


def load(name):
    return Movie(name + ".mp4")


def stem(case):
    return f"made/{case.change}.{case.asset}.{case.container}"


def make_packets(case):
    m = load(case.asset)
    changes_packets.CHANGES[case.change](m, load)
    options = changes_packets.OPTIONS.get(case.change, ())
    plain = case.container == "mp4" and not options
    name = stem(case) + (".mp4" if plain else ".tmp.mp4")
    m.save(name)
    if plain:
        return name
    made = assets.remux(name, case.container, stem(case), *options)
    os.remove(name)
    return made


def make(case):
    """The changed file's name."""
    if case.change in changes_packets.CHANGES:
        return make_packets(case)
    base = base_name(case.asset, case.container)
    out = stem(case) + os.path.splitext(base)[1]
    for family in FAMILIES[1:]:
        fn = family.find(case.change, case.container)
        if fn is not None:
            fn(base, out)
            return out
    raise ValueError(f"{case.change}: nobody makes it in {case.container}")


def make_all(cases):
    """{file: case}, and what could not be made."""
    os.makedirs("made", exist_ok=True)
    os.makedirs("sidecars", exist_ok=True)
    made, broken = {}, {}
    keys = sorted({(c.asset, c.container) for c in cases})
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(make_base, keys))
        jobs = {pool.submit(make, c): c for c in cases}
        for job in concurrent.futures.as_completed(jobs):
            try:
                made[job.result()] = jobs[job]
            except Exception as e:  # each is a failed test
                broken[jobs[job]] = repr(e)
    return made, broken


def prov(*args):
    return subprocess.run(["prov", *args], text=True, capture_output=True,
                          stdin=subprocess.DEVNULL)


def sign(cases):
    bases = sorted({base_name(c.asset, c.container) for c in cases})
    done = prov("sign", *bases)
    return done.returncode == 0, done.stderr


def verify(made, *options):
    """{file: the verdict}"""
    done = prov("verify", "--json", "-j", "2", *options, *sorted(made))
    out = {}
    for line in done.stdout.splitlines():
        record = json.loads(line)
        out[record["path"]] = record
    return out


def lend_sidecars(made):
    """Each changed file gets the sidecar of what it was."""
    for name, case in made.items():
        base = base_name(case.asset, case.container)
        shutil.copy(base + ".prov",
                    f"sidecars/{os.path.basename(name)}.prov")


def judge(case, by_sidecar, by_lookup):
    """Everything that is not as the table has it."""
    wrong = []
    if by_sidecar is None or by_lookup is None:
        return ["no verdict"]
    fine = case.binding in HARMLESS
    if by_sidecar["binding"] != case.binding:
        wrong.append("binding " + by_sidecar["binding"])
    if (by_sidecar["status"] == 0) != fine:
        wrong.append("status %d" % by_sidecar["status"])
    if fine and by_sidecar["reasons"]:
        wrong.append("reasons, and yet it holds")
    wrong += [f"not {r}" for r in case.reasons
              if r not in by_sidecar["reasons"]]
    wrong += [f"{s} is checked" for s in case.skipped
              if s not in by_sidecar["not_checked"]]
    if (by_lookup["status"] == 0) != fine:
        wrong.append("by look-up status %d %s" % (by_lookup["status"],
                                                  by_lookup["binding"]))
    return wrong


class Tap:
    def __init__(self):
        self.n = 0

    def say(self, fine, what, details=()):
        self.n += 1
        print(("ok" if fine else "not ok"), self.n, "-", what)
        for d in details:
            print("#", d)


def brief(record):
    if record is None:
        return "nothing"
    return " ".join([str(record["status"]), record["binding"],
                     *record["reasons"],
                     *("?" + n for n in record["not_checked"])])


def report(tap, made, broken, show):
    by_sidecar = verify(made, "--sidecar-dir", "sidecars")
    by_lookup = verify(made, "--no-sidecar")
    for case, why in broken.items():
        tap.say(False, " ".join(case[:3]), [why])
    order = sorted(made.items(), key=lambda x: x[1][:3])
    for name, case in order:
        a, b = by_sidecar.get(name), by_lookup.get(name)
        wrong = judge(case, a, b)
        details = wrong + [brief(a), brief(b)] if wrong else []
        tap.say(not wrong, f"{case.change} of {case.asset} in "
                f"{case.container}: {case.binding}", details)
        if show and not wrong:
            print("#", brief(a), "/", brief(b))


def without_tool(cases):
    """Cases that take a program that is not here."""
    return [c for c in cases
            if not all(shutil.which(t) for t in changes_tools.needs(c.change))]


def count(tap, cases, changes, least):
    """That the table is whole: every change of its families is listed."""
    listed = {c.change for c in cases}
    unlisted = [n for f in FAMILIES if listed & set(f.names())
                for n in f.names() if n not in listed]
    tap.say(not unlisted, "every change is in the table", unlisted)
    tap.say(len(listed) >= changes and len(cases) >= least,
            f"{len(listed)} changes, {len(cases)} cases")


def main():
    cases = read_table(sys.argv[1])
    wanted = sys.argv[4:]
    assets.make(os.environ["srcdir"])
    tap = Tap()
    if wanted:
        cases = [c for c in cases if c.change in wanted]
    else:
        count(tap, cases, int(sys.argv[2]), int(sys.argv[3]))
    absent = without_tool(cases)
    for c in absent:
        tap.say(True, f"{c.change} of {c.asset} in {c.container} # SKIP "
                f"its tool is not installed")
    made, broken = make_all([c for c in cases if c not in absent])
    fine, why = sign([c for c in cases if c not in absent])
    tap.say(fine, "signs the originals", why.splitlines())
    lend_sidecars(made)
    report(tap, made, broken, bool(wanted))
    print(f"1..{tap.n}")


if __name__ == "__main__":
    main()
