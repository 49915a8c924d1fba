#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Every file of the real corpus, and one made file for each encoder, remuxed
to seven containers by `ffmpeg -map 0 -c copy`: each stream keeps its identity.

Speaks TAP. What differs has to stand in testdata/remux.txt with its reason and
evidence; what stands there and does not differ any more is said. Without --all
a third of the corpus stands for it, always the same one. With --table that
file's lines are written, with evidence taken from the packets.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

from remux_made import make_all

CONTAINERS = {"mp4": "mp4", "mov": "mov", "mkv": "matroska", "ts": "mpegts",
              "nut": "nut", "webm": "webm", "flv": "flv"}
TOGETHER = ("mp4", "mov", "mkv", "ts", "nut")
BOUND = ("video", "audio", "subtitle")
EQUAL_MIN = 0.99    # of the whole corpus
SAMPLE_MIN = 0.985  # of a third of it, where made oddities weigh more
tests = 0


def ok(fine, what, details=()):
    global tests
    tests += 1
    print(f"{'ok' if fine else 'not ok'} {tests} - {what}", flush=True)
    for line in list(details)[:60]:
        print(f"# {line}")


def quiet(*args):
    return subprocess.run(args, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, errors="replace")


def copied(source, maps, outs):
    """Whether ffmpeg wrote each of outs, which are (format, path)."""
    args = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", source]
    for fmt, path in outs:
        args += [x for m in maps for x in ("-map", m)]
        args += ["-c", "copy", "-f", fmt, path]
    good = quiet(*args).returncode == 0 and all(
        os.path.exists(p) and os.path.getsize(p) > 0 for _, p in outs)
    if not good:
        for _, path in outs:
            if os.path.exists(path):
                os.unlink(path)
    return good


def stream_indices(source):
    out = quiet("ffprobe", "-v", "quiet", "-show_entries", "stream=index",
                "-of", "csv=p=0", source).stdout
    return sorted({int(x.strip(",")) for x in out.split()
                   if x.strip(",").isdigit()})


def remux_one(source, ext, stem):
    """As much of the source as this container can carry."""
    fmt, out = CONTAINERS[ext], f"{stem}.{ext}"
    if copied(source, ["0"], [(fmt, out)]):
        return [out]
    indices = stream_indices(source)
    if len(indices) <= 1:
        return []
    alone = {i: f"{stem}-{i}.{ext}" for i in indices}
    good = [i for i in indices
            if copied(source, [f"0:{i}"], [(fmt, alone[i])])]
    if len(good) > 1 and copied(source, [f"0:{i}" for i in good],
                                [(fmt, out)]):
        for i in good:
            os.unlink(alone[i])
        return [out]
    return [alone[i] for i in good]


def remux(source, stem):
    """{container: files}."""
    made = {}
    outs = [(CONTAINERS[e], f"{stem}.{e}") for e in TOGETHER]
    if copied(source, ["0"], outs):
        made = {e: [p] for e, (_, p) in zip(TOGETHER, outs)}
    for ext in CONTAINERS:
        if ext not in made:
            made[ext] = remux_one(source, ext, stem)
    return made


def hashed(*folders):
    recs = {}
    for folder in folders:
        done = quiet("prov", "hash", "--json", "-r", folder)
        for line in done.stdout.splitlines():
            rec = json.loads(line)
            recs[rec["path"]] = rec
    return recs


def bound(rec):
    """Its streams that a match needs, each with where another reader sees it."""
    found = [s for s in rec["streams"] if s["kind"] in BOUND]
    for nth, s in enumerate(found):
        s["at"] = (rec["path"], nth)
    return found


IDENTITY = ("canon", "config", "root", "segments", "frames")


def differences(was, now):
    return [k for k in IDENTITY if was[k] != now[k]]


def pairs(was, now):
    """Source stream, result stream or None: equal ones first."""
    left = list(now)
    found = {}
    for rule in (lambda a, b: not differences(a, b), lambda a, b: True):
        for i, a in enumerate(was):
            if i in found:
                continue
            for b in left:
                if (a["kind"], a["codec"]) == (b["kind"], b["codec"]) and \
                        rule(a, b):
                    found[i] = b
                    left.remove(b)
                    break
    return [(a, found.get(i)) for i, a in enumerate(was)]


class Matrix:
    def __init__(self):
        self.equal = collections.Counter()
        self.total = collections.Counter()
        self.by_codec = collections.defaultdict(collections.Counter)
        self.not_carried = collections.defaultdict(collections.Counter)
        self.differing = {}
        self.names = set()

    def add(self, name, ext, was, now):
        self.names.add(name)
        for nth, (a, b) in enumerate(pairs(was, now)):
            if b is None:
                self.not_carried[ext][a["codec"]] += 1
                continue
            what = differences(a, b)
            self.total[ext] += 1
            self.equal[ext] += not what
            self.by_codec[a["codec"]][bool(what)] += 1
            if what:
                self.differing[name, ext, f"{nth}:{a['codec']}"] = \
                    (what, a, b)


def read_table(path):
    """{(file, container, stream): (what, why, evidence)}."""
    rows = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                cells = [c.strip() for c in line.rstrip("\n").split("|")]
                rows[tuple(cells[:3])] = cells[3:]
    return rows


def judge(matrix, rows, least):
    """Rows that say "lost:" are of copies whose packets, as far as there are
    any, are the source's: what else the muxer left out is no fault of theirs."""
    unexpected, other, lost = [], [], 0
    for key, (what, a, b) in sorted(matrix.differing.items()):
        if key not in rows:
            unexpected.append(f"{' '.join(key)}: {' '.join(what)} "
                              f"({a['frames']} to {b['frames']} frames, "
                              f"{a['refused']} to {b['refused']})")
            continue
        if rows[key][0] != " ".join(what):
            other.append(f"{' '.join(key)}: {' '.join(what)}, not "
                         f"{rows[key][0]}")
        if rows[key][1].startswith("lost:"):
            if "equal packets" in evidence(a, b):
                lost += 1
            else:
                other.append(f"{' '.join(key)}: {evidence(a, b)}")
    ok(not unexpected, "what differs stands in testdata/remux.txt",
       unexpected)
    ok(not other, "it differs in what is said there", other)
    for key in sorted(set(rows) - set(matrix.differing)):
        if key[0] in matrix.names:
            print(f"# no longer differs: {' '.join(key)}")
    shares(matrix, lost, least)


def shares(matrix, lost, least):
    equal, total = sum(matrix.equal.values()), sum(matrix.total.values())
    share = (equal + lost) / total if total else 0
    print(f"# {equal} of {total} streams are equal, {equal / total:.2%}; "
          f"of {lost} more the muxer left something out")
    ok(share >= least, f"{equal + lost} of {total} are equal over the "
       f"packets that the muxer wrote: {share:.2%}")


def report(matrix):
    for ext in CONTAINERS:
        lost = " ".join(f"{c}:{n}" for c, n in
                        sorted(matrix.not_carried[ext].items()))
        print(f"# {ext}: {matrix.equal[ext]} of {matrix.total[ext]} equal; "
              f"not carried: {lost or 'none'}")
    for codec, n in sorted(matrix.by_codec.items()):
        print(f"# {codec}: {n[False]} equal, {n[True]} differ")


def packets(path, nth):
    """(hash, duration) of each packet of the nth bound stream, as stored."""
    args = ["ffprobe", "-v", "quiet", "-show_packets", "-show_data_hash",
            "md5", "-of", "json", path]
    for more in (["-ignore_editlist", "1"], []):
        out = quiet(*args[:1], *more, *args[1:]).stdout
        try:
            found = json.loads(out).get("packets", [])
        except ValueError:
            continue
        if found:
            break
    else:
        return []
    streams = sorted({p["stream_index"] for p in found
                      if p["codec_type"] in BOUND})
    if nth >= len(streams):
        return []
    return [(p["data_hash"], p.get("duration"))
            for p in found if p["stream_index"] == streams[nth]]


def evidence(a, b):
    """What the muxer wrote, seen by another reader."""
    was, now = packets(*a["at"]), packets(*b["at"])
    x, y = [h for h, _ in was], [h for h, _ in now]
    if x == y and x:
        said = [d for _, d in was], [d for _, d in now]
        if (None in said[0]) != (None in said[1]):
            return (f"{len(x)} equal packets; durations "
                    f"{'lost' if None in said[1] else 'added'}")
        return f"{len(x)} equal packets"
    if 0 < len(y) < len(x):
        if x[:len(y)] == y:
            return (f"{len(y)} equal packets; the last {len(x) - len(y)} "
                    "not written")
        if x[len(x) - len(y):] == y:
            return (f"{len(y)} equal packets; the first {len(x) - len(y)} "
                    "not written")
    same = sum((collections.Counter(x) & collections.Counter(y)).values())
    return f"{len(x)} packets became {len(y)}, {same} of them the same"


def write_table(matrix, rows):
    for key, (what, a, b) in sorted(matrix.differing.items()):
        why = rows.get(key, ["", "?"])[1]
        print(" | ".join([*key, " ".join(what), why, evidence(a, b)]))


def sign(home, sources):
    env = dict(os.environ, PROV_HOME=home)
    subprocess.run(["prov", "init", "--no-passphrase", "test/remux"], env=env,
                   check=True, capture_output=True)
    done = subprocess.run(["prov", "sign", *sources], env=env,
                          capture_output=True, text=True)
    return done.returncode


def verify(home, work, results):
    """The whole verdict on each copy that has all of its source's streams."""
    good, total, why = 0, 0, collections.Counter()
    copies = {}
    for name, (source, made) in results.items():
        if not os.path.exists(source + ".prov"):
            continue
        for ext, outs in made.items():
            if len(outs) == 1:
                shutil.copyfile(source + ".prov", outs[0] + ".prov")
                copies[outs[0]] = (name, ext)
    env = dict(os.environ, PROV_HOME=home)
    done = subprocess.run(["prov", "verify", "--json", "-r", work], env=env,
                          capture_output=True, text=True)
    by_ext = collections.Counter()
    for line in done.stdout.splitlines():
        rec = json.loads(line)
        if rec["path"] not in copies:
            continue
        name, ext = copies[rec["path"]]
        total += 1
        holds = rec["status"] == 0
        by_ext[ext, holds] += 1
        good += holds
        if not holds:
            why[rec["reasons"][0] if rec["reasons"] else "?"] += 1
            if os.environ.get("PROV_REMUX_WHY"):
                print(f"# {name} {ext}: {' '.join(rec['reasons'])}")
    print(f"# whole files that verify: {good} of {total}; first reasons of "
          "the others: " +
          " ".join(f"{c}:{n}" for c, n in why.most_common()))
    for ext in CONTAINERS:
        print(f"# {ext}: {by_ext[ext, True]} verify, "
              f"{by_ext[ext, False]} do not")


def chosen(path, all_files):
    """Of the corpus a third, by the files' names."""
    return all_files or hashlib.sha256(path.encode()).digest()[0] % 3 == 0


def gather(work, all_files):
    """A tree of what is remuxed: copies, because signing writes."""
    media = os.path.join(os.environ.get("PROV_SHARED", ""), "media")
    tree = os.path.join(work, "sources")
    os.makedirs(os.path.join(tree, "made"))
    if not os.path.isdir(media):
        print("# no corpus: PROV_SHARED has no media folder")
    for top, _, files in os.walk(media):
        for name in files:
            path = os.path.join(top, name)
            rel = os.path.relpath(path, media)
            if chosen(rel, all_files):
                copy = os.path.join(tree, rel)
                os.makedirs(os.path.dirname(copy), exist_ok=True)
                shutil.copyfile(path, copy)
    make_all(os.path.join(tree, "made"), os.cpu_count() or 1)
    return tree


def remux_all(tree, there, sources):
    """{name: (path, {container: files})}."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(remux, p, os.path.join(there, str(n)))
                for n, p in enumerate(sources)]
        return {os.path.relpath(p, tree): (p, job.result())
                for p, job in zip(sources, jobs)}


def run(work, args):
    tree = gather(work, args.all)
    there = os.path.join(work, "copies")
    os.makedirs(there)
    src = hashed(tree)
    sources = sorted(p for p, r in src.items() if bound(r))
    ok(len(sources) > 30, f"{len(sources)} files with streams")
    results = remux_all(tree, there, sources)
    out = hashed(there)
    matrix = Matrix()
    for name, (p, made) in results.items():
        for ext, files in made.items():
            now = [s for f in files if f in out for s in bound(out[f])]
            matrix.add(name, ext, bound(src[p]), now)
    report(matrix)
    rows = read_table(os.path.join(os.environ["srcdir"],
                                   "testdata/remux.txt"))
    if args.table:
        write_table(matrix, rows)
        return
    judge(matrix, rows, EQUAL_MIN if args.all else SAMPLE_MIN)
    home = os.path.join(work, "home")
    ok(sign(home, sources) == 0, "the sources are signed")
    verify(home, there, results)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--all", action="store_true")
    args = parser.parse_args()
    work = tempfile.mkdtemp(prefix="prov-remux-", dir=os.getcwd())
    try:
        run(work, args)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"1..{tests}")


if __name__ == "__main__":
    sys.exit(main())
