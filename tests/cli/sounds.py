#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""sounds.py TABLE: each codec of sound in each container that takes it.

Encodes noise, signs it, copies it with ffmpeg -c copy, and looks what prov
makes of the copies. All have the roots and the verdict of their source, but
for those of TABLE, which says what else and why. Speaks TAP.
"""
import fnmatch
import json
import os
import subprocess
import sys

# Name, where it is first put, and how ffmpeg makes it.
SOURCES = [line.split(None, 2) for line in """
aac-mono adts -ac 1 -c:a aac
aac-stereo adts -c:a aac
aac-51 adts -af aformat=channel_layouts=5.1 -c:a aac
aac-pce mp4 -af aformat=channel_layouts=2.1 -c:a aac
aac-22k mp4 -ar 22050 -c:a aac
ac3 ac3 -c:a ac3
ac3-51 ac3 -af aformat=channel_layouts=5.1 -c:a ac3
ac3-44k ac3 -ar 44100 -c:a ac3
eac3 eac3 -c:a eac3
eac3-51 eac3 -af aformat=channel_layouts=5.1 -c:a eac3
dts dts -strict -2 -c:a dca
dts-51 dts -af aformat=channel_layouts=5.1(side) -strict -2 -c:a dca
truehd truehd -strict -2 -c:a truehd
truehd-51 truehd -af aformat=channel_layouts=5.1 -ar 96000 -strict -2 -c:a truehd
mlp mlp -strict -2 -c:a mlp
flac flac -c:a flac
flac-51 flac -af aformat=channel_layouts=5.1 -c:a flac
flac-side flac -af aformat=channel_layouts=5.1(side) -c:a flac
flac-24 flac -ar 96000 -sample_fmt s32 -c:a flac
alac mp4 -c:a alac
alac-51 mp4 -af aformat=channel_layouts=5.1 -c:a alac
alac-24 mov -ar 44100 -sample_fmt s32p -c:a alac
vorbis ogg -c:a libvorbis
vorbis-51 ogg -af aformat=channel_layouts=5.1 -c:a libvorbis
opus ogg -c:a libopus
opus-51 ogg -af aformat=channel_layouts=5.1 -c:a libopus
opus-many matroska -af aformat=channel_layouts=5.1 -mapping_family 255 -c:a libopus
mp3 mp3 -c:a libmp3lame
mp3-22k mp3 -ar 22050 -ac 1 -c:a libmp3lame
mp3-8k mp3 -ar 8000 -c:a libmp3lame
mp2 matroska -c:a mp2
mp2-24k mpegts -ar 24000 -c:a mp2
pcm-u8 wav -c:a pcm_u8
pcm-s8 aiff -c:a pcm_s8
pcm-s16 wav -c:a pcm_s16le
pcm-s16be aiff -c:a pcm_s16be
pcm-s24 wav -c:a pcm_s24le
pcm-s24be au -c:a pcm_s24be
pcm-s32 wav -c:a pcm_s32le
pcm-s32be caf -c:a pcm_s32be
pcm-s64 nut -c:a pcm_s64le
pcm-f32 wav -c:a pcm_f32le
pcm-f32be mov -c:a pcm_f32be
pcm-f64 wav -c:a pcm_f64le
pcm-f64be caf -c:a pcm_f64be
pcm-alaw wav -ar 8000 -ac 1 -c:a pcm_alaw
pcm-mulaw au -ar 8000 -ac 1 -c:a pcm_mulaw
pcm-51 wav -af aformat=channel_layouts=5.1 -c:a pcm_s16le
""".strip().splitlines()]

# What FFmpeg's muxers take, by the longest beginning of a name; those that
# take anything at all (mpegts for PCM, the raw ones) are left out.
ANY = "mp4 mov matroska mpegts nut avi asf wav w64 "
PCM = "mov nut caf aiff "
TAKES = {
    "aac": ANY + "flv adts latm",
    "ac3": ANY + "caf ac3",
    "eac3": ANY + "eac3",
    "dts": ANY + "dts",
    "truehd": "mp4 matroska mpegts truehd",
    "mlp": "matroska mpegts mlp",
    "flac": "mp4 matroska mpegts ogg nut avi asf wav w64 caf flac",
    "alac": "mp4 mov matroska mpegts nut caf",
    "vorbis": ANY + "webm ogg",
    "opus": "mp4 matroska webm mpegts ogg nut",
    "mp3": ANY + "caf flv mp3",
    "mp3-8k": ANY + "caf mp3",
    "mp2": ANY + "caf",
    "pcm": PCM + "matroska avi asf wav w64",
    "pcm-u8": "mov matroska nut avi asf wav w64 aiff",
    "pcm-s8": PCM + "au",
    "pcm-s16be": PCM + "matroska au",
    "pcm-s24be": PCM + "matroska au",
    "pcm-s32be": PCM + "matroska au",
    "pcm-s64": "mov matroska nut avi asf wav w64",
    "pcm-f32be": PCM + "au",
    "pcm-f64be": PCM + "au",
    "pcm-alaw": PCM + "matroska avi flv asf wav w64 au",
    "pcm-mulaw": PCM + "matroska avi flv asf wav w64 au",
}


def ffmpeg(*args):
    return subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *args],
        capture_output=True, text=True).returncode == 0


def prov(*args):
    env = dict(os.environ, PROV_HOME=os.path.abspath("home"))
    out = subprocess.run(["prov", *args], env=env, capture_output=True,
                         text=True, stdin=subprocess.DEVNULL)
    return [json.loads(line) for line in out.stdout.splitlines()
            if line.startswith("{")]


def encode():
    made = {}
    for name, container, args in SOURCES:
        path = f"{name}.{container}"
        # Noise that a few seconds of cannot repeat, and its own for each.
        noise = f"anoisesrc=d=4:r=48000:c=pink:seed={1 + len(made)}"
        if ffmpeg("-f", "lavfi", "-i", noise + ",aformat=channel_layouts="
                  "stereo", *args.split(), "-bitexact", "-f", container, path):
            made[name] = path
    return made


def takers(name):
    best = max((k for k in TAKES if name.startswith(k)), key=len)
    return TAKES[best].split()


def copy(made):
    copies = {}
    for name, path in made.items():
        outputs = {c: f"{name}+{c}.{c}" for c in takers(name)}
        args = [["-map", "0", "-c", "copy", "-strict", "-2", "-f", c, to]
                for c, to in outputs.items()]
        # All at once, and one by one where a muxer does not want to.
        if not ffmpeg("-i", path, *sum(args, [])):
            for each in args:
                if not ffmpeg("-i", path, *each):
                    del outputs[each[-2]]
        copies.update(((name, c), to) for c, to in outputs.items())
    return copies


# Patches outside of packets, by what stands before the byte that changes.
PATCHES = [
    ("alac", "mp4", b"$alac\0\0\0\0\0\0\x10\0", 2, "Rice parameter"),
    ("opus", "mp4", b"dOps", 9, "gain"),
    ("opus-51", "mp4", b"dOps", 13, "place of a channel"),
    ("opus-51", "matroska", b"OpusHead", 13, "place of a channel"),
    ("flac", "mp4", b"dfLa\0\0\0\0", 16, "rate in STREAMINFO"),
    ("vorbis", "matroska", b"\5vorbis", 40, "codebook"),
    ("vorbis", "matroska", b"\1vorbis", 21, "window"),
    ("aac-stereo", "mp4", b"\5\x80\x80\x80", 2, "channels"),
]


def patched(made):
    """Files that play otherwise, though no packet has changed."""
    out = {}
    for name, container, before, at, what in PATCHES:
        data = bytearray(open(f"{name}+{container}.{container}", "rb").read())
        data[data.index(before) + len(before) + at] ^= 1 << 3 \
            if what == "channels" else 1
        to = f"patched-{len(out)}.{container}"
        with open(to, "wb") as f:
            f.write(data)
        out[to] = f"{what} of {name} in {container}"
    # Each ADTS header says mono, and packets are as they were.
    data = bytearray(open(made["aac-stereo"], "rb").read())
    at = 0
    while at + 7 <= len(data):
        size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        data[at + 3] = data[at + 3] & 0x3f | 1 << 6
        at += size
    with open("patched.adts", "wb") as f:
        f.write(data)
    out["patched.adts"] = "channels in ADTS"
    return out


def sound(record):
    """(canon, root) of the only stream."""
    streams = record["streams"]
    return (streams[0]["canon"], streams[0]["root"]) if streams else None


def found(source, copied, verdict):
    """What became of a copy, in words of the table."""
    one = sound(copied)
    if one is None:
        return "unread"
    if one != sound(source):
        return "raw" if one[0] == "raw/1" else "differs"
    if verdict["status"] == 0:
        return "streams"
    return verdict["reasons"][0] if verdict["reasons"] else "none"


def read_table(path):
    table = {}
    with open(path) as f:
        for line in f:
            if not line.strip() or line.startswith("#"):
                continue
            pattern, container, what, _ = line.split(None, 3)
            for name in fnmatch.filter((s[0] for s in SOURCES), pattern):
                table[name, container] = what
    return table


def main():
    table = read_table(sys.argv[1])
    prov("init", "--no-passphrase", "test/sounds")
    made = encode()
    prov("sign", "--json", *made.values())
    copies = copy(made)
    hashes = {r["path"]: r for r in
              prov("hash", "--json", *made.values(), *copies.values())}
    verdicts = {r["path"]: r for r in
                prov("verify", "--json", *copies.values())}
    n = 0
    for name, container, _ in SOURCES:
        n += 1
        want = sound(hashes[made[name]]) if name in made else None
        fine = want is not None and want[0] != "raw/1"
        print(f"{'ok' if fine else 'not ok'} {n} - {name} has a form: {want}")
    met = set()
    for (name, container), path in copies.items():
        n += 1
        want = table.get((name, container), "streams")
        is_ = found(hashes[made[name]], hashes[path], verdicts[path])
        met.add((name, container))
        print(f"{'ok' if is_ == want else 'not ok'} {n} - {name} in "
              f"{container}: {is_}")
        if is_ != want:
            print(f"# the table says {want}; {verdicts[path]['reasons']}")
    lies = patched(made)
    for r in prov("verify", "--json", *lies):
        n += 1
        fine = r["status"] == 1 and r["binding"] not in ("exact", "streams")
        print(f"{'ok' if fine else 'not ok'} {n} - {lies[r['path']]}: "
              f"{r['reasons']}")
    n += 1
    stale = sorted(set(table) - met)
    print(f"{'not ok' if stale else 'ok'} {n} - every row of the table was "
          f"met")
    for row in stale:
        print("#", *row)
    print(f"1..{n}")


if __name__ == "__main__":
    main()
