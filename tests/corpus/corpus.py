#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Every file of the real corpus: sign, verify, look up, flip a byte, move.

Speaks TAP. One test for each promise, with each file that breaks it named.
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

FORMS = ("h264/1", "hevc/1", "av1/1", "vp8/1", "vp9/1", "mpeg2video/1",
         "mpeg4/1", "prores/1", "mjpeg/1", "aac/1", "mpeg-audio/1",
         "opus/1", "vorbis/1", "flac/1", "alac/1", "ac3/1", "eac3/1", "dts/1",
         "mlp/1", "truehd/1", "usac/1", "pcm/1", "jpeg/1", "png/1")
tests = 0


def ok(fine, what, details=()):
    global tests
    tests += 1
    print(f"{'ok' if fine else 'not ok'} {tests} - {what}", flush=True)
    for line in list(details)[:40]:
        print(f"# {line}")


def run(home, *args, **kw):
    env = dict(os.environ, PROV_HOME=home)
    return subprocess.run(["prov", *args], env=env, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, **kw)


def records(home, *args):
    """The exit status and the JSON lines of a command, by path."""
    done = run(home, *args, "--json")
    by_path = {}
    for line in done.stdout.splitlines():
        rec = json.loads(line)
        by_path[rec["path"]] = rec
    return done, by_path


def packets(path):
    """(position, size) of each packet that ffprobe can place."""
    out = subprocess.run(
        ["ffprobe", "-v", "quiet", "-show_entries", "packet=pos,size",
         "-of", "csv=p=0", path], text=True, capture_output=True,
        stdin=subprocess.DEVNULL).stdout
    found = []
    for line in out.splitlines():
        f = line.split(",")
        if len(f) >= 2 and f[0].isdigit() and f[1].isdigit():
            found.append((int(f[1]), int(f[0])))
    return found


def essence_byte(path, data):
    """Where a byte of coded picture or sound stands."""
    if data[:2] == b"\xff\xd8":
        sos = data.rfind(b"\xff\xda")
        at = (sos + len(data)) // 2
        while data[at] in (0, 0xff) or data[at - 1] == 0xff or \
                data[at] ^ 1 == 0xff:
            at += 1
        return at
    if data[:4] == b"OggS":
        # ffprobe places pages, not packets; headers fill whole ones, at 0.
        pages = [m.start() for m in re.finditer(b"OggS", data)
                 if any(data[m.start() + 6:m.start() + 14])]
        at = pages[len(pages) // 2]
        n = data[at + 26]
        return at + 27 + n + sum(data[at + 27:at + 27 + n]) // 2
    found = packets(path)
    found = found[len(found) // 10:len(found) * 9 // 10 + 1] or found
    best = max(found, key=lambda p: p[1], default=None)
    if data[0] == 0x47 and len(data) > 188 and data[188] == 0x47:
        return ts_byte(data, best[0] if best else 0)
    if best and best[0] + best[1] <= len(data):
        return best[0] + best[1] * 3 // 4
    return len(data) // 2


def ts_byte(data, start):
    """A byte of a TS packet that carries nothing but the middle of a PES."""
    pid = int.from_bytes(data[start + 1:start + 3], "big") & 0x1fff
    there = [at for at in range(0, len(data) - 187, 188)
             if int.from_bytes(data[at + 1:at + 3], "big") & 0x5fff == pid
             and data[at + 3] & 0x30 == 0x10]
    return there[len(there) // 2] + 100 if there else start + 120


def flip(data, at, bit):
    out = bytearray(data)
    out[at] ^= 1 << bit
    return bytes(out)


def main():
    shared = os.environ.get("PROV_SHARED", "")
    media = os.path.join(shared, "media")
    if not os.path.isdir(media):
        print("ok 1 - no corpus: PROV_SHARED has no media folder")
        print("# set PROV_SHARED to a folder with media/ to run this")
        print("1..1")
        return
    work = tempfile.mkdtemp(prefix="prov-corpus-")
    try:
        corpus(media, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"1..{tests}")


def corpus(media, work):
    tree, home = os.path.join(work, "media"), os.path.join(work, "home")
    shutil.copytree(media, tree, copy_function=shutil.copyfile)
    for top, _, _ in os.walk(tree):
        os.chmod(top, 0o755)
    files = sorted(os.path.join(d, n) for d, _, ns in os.walk(tree) for n in ns)
    print(f"# {len(files)} files")
    ok(run(home, "init", "--no-passphrase", "test/corpus").returncode == 0,
       "init")

    done, signed = records(home, "sign", "-r", tree)
    bad = [f"{p}: {signed.get(p)}" for p in files
           if signed.get(p, {}).get("status") not in ("signed", "existed")]
    ok(done.returncode == 0 and not bad, "each file is signed",
       bad + done.stderr.splitlines()[-5:])
    streams = [p for p in files if signed[p]["streams"] and
               not signed[p]["note"]]
    print(f"# {len(streams)} with stream identity, "
          f"{len(files) - len(streams)} exact only")

    verify_all(home, tree, files)
    altered(home, work, files, signed)
    elsewhere(home, work, tree, files)
    bits(home, work, files)


def verify_all(home, tree, files):
    for what, extra in (("with its sidecar", []),
                        ("by look-up alone", ["--no-sidecar"])):
        done, recs = records(home, "verify", "-r", tree, *extra)
        bad = [f"{p}: {recs.get(p)}" for p in files
               if recs.get(p, {}).get("binding") != "exact" or
               recs[p]["status"] != 0]
        ok(done.returncode == 0 and not bad and len(recs) == len(files),
           f"each file verifies exactly {what}", bad)


def resealed(data):
    """An Ogg file's pages with checksums that fit; anything else as it is."""
    out, at = bytearray(data), 0
    while data[:4] == b"OggS" and data[at:at + 4] == b"OggS":
        n = data[at + 26]
        end = at + 27 + n + sum(data[at + 27:at + 27 + n])
        out[at + 22:at + 26] = bytes(4)
        crc = 0
        for byte in out[at:end]:
            crc ^= byte << 24
            for _ in range(8):
                crc = (crc << 1 ^ (0x04c11db7 if crc >> 31 else 0)) & 0xffffffff
        out[at + 22:at + 26] = crc.to_bytes(4, "little")
        at = end
    return bytes(out)


def altered(home, work, files, signed):
    """One byte of essence flipped, the sidecar kept."""
    there = os.path.join(work, "altered")
    moved = {}
    for i, path in enumerate(files):
        data = open(path, "rb").read()
        new = os.path.join(there, str(i), os.path.basename(path))
        os.makedirs(os.path.dirname(new))
        with open(new, "wb") as f:
            f.write(resealed(flip(data, essence_byte(path, data), 0)))
        shutil.copyfile(path + ".prov", new + ".prov")
        moved[path] = new
    done, recs = records(home, "verify", "-r", there)
    bad = [f"{p}: {recs.get(moved[p])}" for p in files
           if recs.get(moved[p], {}).get("status") != 1]
    ok(done.returncode == 1 and not bad,
       "with one byte of essence flipped none verifies", bad)
    named, unnamed = 0, []
    for p in files:
        if not any(s["canon"] in FORMS for s in signed[p]["streams"]):
            continue
        if any(s["altered"] for s in recs[moved[p]]["streams"]):
            named += 1
        else:
            unnamed.append(f"{p}: {recs[moved[p]]}")
    ok(not unnamed and named > 0,
       f"the altered range is named in {named} files with a form", unnamed)
    shutil.rmtree(there)


def elsewhere(home, work, tree, files):
    """A machine that trusts the two public keys and has no ledger."""
    other = os.path.join(work, "elsewhere")
    for line in run(home, "trust", "list").stdout.splitlines():
        kind, vkey = line.split()[:2]
        extra = ["--log"] if kind == "log" else []
        run(other, "trust", "add", *extra, vkey)
    done, recs = records(other, "verify", "-r", tree)
    bad = [f"{p}: {recs.get(p)}" for p in files
           if recs.get(p, {}).get("status") != 0]
    ok(done.returncode == 0 and not bad,
       "the sidecar alone is enough where only the two keys are trusted", bad)


def bits(home, work, files):
    """64 random bits of each sidecar."""
    rng = random.Random(20261123)
    there = os.path.join(work, "bits")
    os.makedirs(there)
    small = sorted(files, key=os.path.getsize)
    passed, tried, n_bits = [], 0, int(os.environ.get("PROV_BITS", "64"))
    for i, path in enumerate(small):
        data = open(path + ".prov", "rb").read()
        for k in range(n_bits):
            bit = rng.randrange(len(data) * 8)
            name = os.path.join(there, f"{i}-{k}-{os.path.basename(path)}")
            os.link(path, name)
            with open(name + ".prov", "wb") as f:
                f.write(flip(data, bit // 8, bit % 8))
            tried += 1
    done, recs = records(home, "verify", "-r", there)
    passed = [f"{p}: {r}" for p, r in recs.items() if r["status"] == 0]
    ok(done.returncode == 1 and not passed and len(recs) == tried,
       f"none of {tried} sidecars with a flipped bit verifies", passed)


if __name__ == "__main__":
    sys.exit(main())
