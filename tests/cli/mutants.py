#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""mutants.py N SEED [NAME]: N damaged media files through the real worker.

Each gets a verdict from a worker of at most 512 MiB (and within PROV_HANG_MS
where that is set), and one that verifies by its streams decodes to the very frames and samples, at the
times and of the shape, that were signed: ffmpeg is the judge. Speaks TAP.
Damaged files that break a promise are kept in PROV_KEEP where that is set.
"""

import collections
import functools
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile

import mutate
import seeds

BATCH = 250
EACH_MIN = 25  # mutants of one file
SHARED_MAX = 48 << 10  # real files: the small ones, so that damage hits
HANG_MS = int(os.environ.get("PROV_HANG_MS", "0"))
AGAIN = 5
MEMORY_KIB = 512 << 10
VIDEO_S, AUDIO_S = 0.003, 0.025  # what a frame may be away from its time
HIDDEN_S, FLOATS = 0.2, 4
STILLS = (".png", ".jpg")
IMAGES = STILLS + (".apng", ".gif", ".webp")
REASONS_MAX = 12
FORMATS = {".oga": "ogg", ".ogg": "ogg", ".opus": "ogg", ".ogv": "ogg",
           ".mkv": "matroska", ".webm": "matroska", ".avi": "avi",
           ".ts": "mpegts", ".flv": "flv", ".nut": "nut", ".mp3": "mp3",
           ".aac": "aac", ".w64": "w64", ".wav": "wav"}


class Tally:
    def __init__(self):
        self.bindings = collections.Counter()
        self.reasons = collections.Counter()
        self.bad = []
        self.n = self.slowest_ms = self.judged = 0


def ffmpeg(path, *how):
    """What it writes. Where it does not see what the file is, as prov does, it
    is told."""
    run = ["ffmpeg", "-v", "quiet", "-nostdin", "-threads", "1"]
    for told in (), ("-f", FORMATS.get(os.path.splitext(path)[1])):
        if None in told:
            break
        out = subprocess.run([*run, *told, "-i", path, *how, "-"],
                             stdout=subprocess.PIPE, check=False,
                             timeout=600).stdout
        if out:
            break
    return out


def with_packets(path):
    """The maps of streams that hold something: damage may name others."""
    run = subprocess.run(
        ["ffprobe", "-v", "quiet", "-count_packets", "-show_entries",
         "stream=index,codec_type,nb_read_packets", "-of", "json", path],
        stdout=subprocess.PIPE, check=False, timeout=600)
    found = json.loads(run.stdout or b"{}").get("streams", [])
    return tuple(x for kind in ("video", "audio") for s in found
                 if s.get("codec_type") == kind and
                 int(s.get("nb_read_packets", 0)) > 0
                 for x in ("-map", "0:%d" % s["index"]))


@functools.lru_cache(maxsize=8)
def frames(path, maps=("-map", "0:v?", "-map", "0:a?")):
    """What ffmpeg shows: the shape of each stream, and its frames, at their
    own times and not those of the rate that the container announces."""
    out = ffmpeg(path, *maps, "-fps_mode", "passthrough", "-enc_time_base",
                 "-1", "-f", "framemd5")
    shape, tick, shown = [], {}, collections.defaultdict(list)
    for line in out.decode("ascii", "replace").splitlines():
        if line.startswith("#tb "):
            n, value = line[4:].split(": ")
            num, den = value.split("/")
            tick[int(n)] = int(num) / int(den)
        elif line.startswith(("#dimensions", "#sar", "#sample_rate",
                              "#channel_layout", "#media_type")):
            # A shape of pixels that is not known is taken to be square.
            if line.startswith("#sar "):
                line = line.replace(": 0/1", ": 1/1")
            shape.append(line)
        elif line and not line.startswith("#"):
            f = [x.strip() for x in line.split(",")]
            shown[int(f[0])].append(
                (int(f[2]) * tick[int(f[0])], int(f[4]), f[5]))
    # ffmpeg shows images that are appended to an image, too; nobody else does,
    # and their bytes are reported as uncovered.
    if path.endswith(STILLS):
        shown = {n: fs[:1] for n, fs in shown.items()}
    return shape, on_one_clock(shape, shown)


def on_one_clock(shape, shown):
    """Times from the first picture on, or else from the first sound."""
    pictures = [n for n in shown if "#media_type %d: video" % n in shape]
    origin = min((f[0] for n in pictures or shown for f in shown[n]),
                 default=0)
    return {n: [(f[0] - origin, *f[1:]) for f in fs]
            for n, fs in shown.items()}


def equal(want, got):
    """None, or how two of those differ."""
    if want[0] != got[0]:
        return "another shape"
    if want[1].keys() != got[1].keys():
        return "other streams"
    for n, signed in want[1].items():
        is_sound = any("media_type %d: audio" % n in s for s in want[0])
        within = AUDIO_S if is_sound else VIDEO_S
        if is_sound:
            if sum(f[1] for f in signed) != sum(f[1] for f in got[1][n]):
                return "stream %d: another length" % n
        if [f[1:] for f in signed] != [f[1:] for f in got[1][n]]:
            return "stream %d: other frames" % n
        if any(abs(a[0] - b[0]) > within + 1e-6
               for a, b in zip(signed, got[1][n])):
            return "stream %d: other times" % n
    return None


def sound_within(signed, path, rates):
    """The same sounds, but for what prov-manifest(5) lets be hidden at ends:
    a fifth of a second is no edit. Each alone: f32le mixes packets of all."""
    for k, rate in enumerate(rates):
        how = ("-map", "0:a:%d" % k, "-f", "f32le", "-c:a", "pcm_f32le")
        a, b = ffmpeg(signed, *how), ffmpeg(path, *how)
        most = int(rate * HIDDEN_S) * FLOATS
        if not (shifted(a, b, most) or shifted(b, a, most)):
            return False
    return bool(rates)


def shifted(a, b, most):
    """Whether b begins up to most bytes into a, and goes on like it until one
    of them ends, at most that much before the other."""
    for k in range(0, min(most, len(a)) + 1, FLOATS):
        n = min(len(a) - k, len(b))
        if n > 0 and a[k:k + 64] == b[:64] and a[k:k + n] == b[:n] and \
                abs(len(a) - k - len(b)) <= most:
            return True
    return False


def rates_of(shape):
    """Samples a second, of all channels, of each sound."""
    said = dict(s[1:].split(": ", 1) for s in shape)
    return [int(said["sample_rate " + k.split()[1]]) * channels(
        said.get("channel_layout_name " + k.split()[1],
                 said.get("channel_layout " + k.split()[1], "")))
            for k, v in said.items()
            if k.startswith("media_type ") and v == "audio"]


def channels(layout):
    """Of what ffmpeg calls stereo, 5.1(side) and the like; else one."""
    front, _, low = layout.partition("(")[0].partition(".")
    if front.isdigit() and low.isdigit():
        return int(front) + int(low)
    return 2 if layout == "stereo" else 1


def pictures(shown):
    n = [k for k in shown[1] if "#media_type %d: video" % k in shown[0]]
    return ([s for s in shown[0] if int(s.split()[1][:-1]) in n],
            {k: shown[1][k] for k in n})


def differs(path, signed):
    """None, or how a file that verifies as another shows something else."""
    # Behind an image's end ffmpeg goes on reading; the bytes are uncovered.
    if path.endswith(IMAGES) and bytes_of(path).startswith(bytes_of(signed)):
        return None
    want = frames(signed)
    if equal(want, frames(path)) is None:
        return None
    got = frames(path, with_packets(path))
    # Of what is appended to a file, nobody is shown something else by a reader
    # that then refuses all of it.
    if not got[1] and bytes_of(path).startswith(bytes_of(signed)):
        return None
    why = equal(want, got)
    if why and sound_within(signed, path, rates_of(want[0])):
        return equal(pictures(want), pictures(got))
    return why


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


def keep(path):
    to = os.environ.get("PROV_KEEP")
    if to:
        os.makedirs(to, exist_ok=True)
        shutil.copy(path, to)


def complain(tally, what, path):
    tally.bad.append("%s: %s" % (os.path.basename(path), what))
    keep(path)


def again_ms(path):
    """How long it takes at best: a busy machine is no hang."""
    least = HANG_MS + 1
    for _ in range(AGAIN):
        run = subprocess.run(["prov", "verify", "--json", path],
                             stdin=subprocess.DEVNULL, capture_output=True,
                             check=False)
        least = min(least, json.loads(run.stdout)["ms"])
        if least <= HANG_MS:
            break
    return least


def look(tally, row, log):
    """One verdict."""
    path = row["path"]
    tally.n += 1
    tally.bindings[row["binding"]] += 1
    tally.reasons.update(row["reasons"])
    tally.slowest_ms = max(tally.slowest_ms, row["ms"])
    if row["status"] not in (0, 1) or row["error"]:
        complain(tally, "status %d: %s" % (row["status"], row["error"]), path)
    if 0 < HANG_MS < row["ms"] and HANG_MS < again_ms(path):
        complain(tally, "took %d ms" % row["ms"], path)
    if row["status"] == 0:
        tally.judged += 1
        # Damage can make one signed file into another: then that one counts.
        signed = log[row["log_index"]]
        if row["binding"] == "exact":
            why = None if bytes_of(path) == bytes_of(signed) else "other bytes"
        else:
            why = differs(path, signed)
        if row["binding"] not in ("exact", "streams") or why:
            complain(tally, "verifies %s, and has %s" % (
                row["binding"], why or "no right to"), path)


def verify(directory, sidecars):
    run = subprocess.run(
        ["prov", "verify", "--json", "--sidecar-dir", sidecars, "-r",
         directory], stdin=subprocess.DEVNULL, capture_output=True,
        check=False)
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    return run.returncode, rows


def batch(tally, path, context, log, seed, first, n):
    """Mutants first to first + n of one file."""
    here, sidecars = tempfile.mkdtemp(dir="."), tempfile.mkdtemp(dir=".")
    stem, ext = os.path.splitext(os.path.basename(path))
    for i in range(first, first + n):
        rng = random.Random("%s/%s/%d" % (seed, os.path.basename(path), i))
        data = mutate.mutate(rng, context)
        while data == context.data or not data:
            data = mutate.mutate(rng, context)
        name = "%s-%06d%s" % (stem, i, ext)
        with open(os.path.join(here, name), "wb") as f:
            f.write(data)
        os.link(path + ".prov", os.path.join(sidecars, name + ".prov"))
    status, rows = verify(here, sidecars)
    if status not in (0, 1, 2, 75) or len(rows) != n:
        tally.bad.append("%s: exit status %d, %d of %d verdicts" % (
            path, status, len(rows), n))
    for row in rows:
        look(tally, row, log)
    shutil.rmtree(here)
    shutil.rmtree(sidecars)


def run_seed(path, other, words, log, n, seed):
    tally = Tally()
    with open(path, "rb") as f, open(other, "rb") as g:
        context = mutate.Context(f.read(), g.read(), words)
    for first in range(0, n, BATCH):
        batch(tally, path, context, log, seed, first, min(BATCH, n - first))
    return tally


def sign(files):
    """Those that can be signed, by their places in the log."""
    subprocess.run(["prov", "sign", *files], stdin=subprocess.DEVNULL,
                   capture_output=True, check=False)
    files = [p for p in files if os.path.exists(p + ".prov")]
    run = subprocess.run(["prov", "verify", "--json", *files],
                         stdin=subprocess.DEVNULL, capture_output=True,
                         check=False)
    return {row["log_index"]: row["path"]
            for row in map(json.loads, run.stdout.splitlines())
            if row["status"] == 0}


def others(files):
    """For each file another to splice with: of its kind, where there is."""
    for i, path in enumerate(files):
        ext = os.path.splitext(path)[1]
        after = files[i + 1:] + files[:i] or files
        yield path, next((p for p in after if p.endswith(ext)), after[0])


def main():
    n, seed = int(sys.argv[1]), sys.argv[2]
    only = sys.argv[3] if len(sys.argv) > 3 else ""
    os.mkdir("seeds")
    files = seeds.make("seeds") + seeds.collect("seeds", SHARED_MAX)
    log = sign(files)
    pairs = [p for p in others(list(log.values())) if only in p[0]]
    # A few of many files rather than one or two mutants of each.
    pairs = pairs[::len(pairs) * EACH_MIN // n + 1]
    words, total, bad = mutate.tokens(), Tally(), 0
    print("1..%d" % (len(pairs) + 1))
    for i, (path, other) in enumerate(pairs):
        share = n * (i + 1) // len(pairs) - n * i // len(pairs)
        t = run_seed(path, other, words, log, share, seed)
        print("%sok %d - %s: %d mutants, %d verify and decode as signed" % (
            "not " if t.bad else "", i + 1, os.path.basename(path), t.n,
            t.judged), flush=True)
        for line in t.bad[:20]:
            print("#", line)
        total.n, total.judged = total.n + t.n, total.judged + t.judged
        total.slowest_ms = max(total.slowest_ms, t.slowest_ms)
        total.bindings += t.bindings
        total.reasons += t.reasons
        bad += len(t.bad)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    fine = bad == 0 and peak <= MEMORY_KIB and total.n == n
    print("%sok %d - %d mutants: %d bad, %d judged, slowest %d ms, largest "
          "process %d MiB" % ("" if fine else "not ", len(pairs) + 1, total.n,
                              bad, total.judged, total.slowest_ms,
                              peak >> 10))
    print("#", dict(total.bindings))
    print("#", dict(total.reasons.most_common(REASONS_MAX)))
    return 0 if fine else 1


sys.exit(main())
