#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""attacks.py DIR: alters the containers of clip.mp4, clip.mkv, words.mkv and
sound.wav in DIR, without touching any packet, so that some player shows or
plays something else. Prints a line for each: FILE, what it was, the reason."""

import copy
import os
import struct
import sys

from boxes import Box, Element, Mkv, Mp4, chunks, real, uint, wave

ONE = 0x10000
EDITED, TWICE = "presentation.edited", "essence.noncanonical"
V, A = b"vide", b"soun"
STBL = "mdia/minf/stbl"


def say(name, was, reason):
    print(name, was, reason)


def mp4(name, reason, change):
    f = Mp4("clip.mp4")
    change(f)
    f.save(name + ".mp4")
    say(name + ".mp4", "clip.mp4", reason)


def mkv(name, reason, change, was="clip.mkv"):
    f = Mkv(was)
    change(f)
    f.save(name + ".mkv")
    say(name + ".mkv", was, reason)


def matrix(a, b, c, d):
    return struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)


def tkhd(at, data, track=V):
    return lambda f: f.track(track).at("tkhd").put(at, data)


def mvhd(at, data):
    return lambda f: f.moov.at("mvhd").put(at, data)


def into(path, tag, data):
    """Puts a box to the end of a track's box; path "": the track."""

    def change(f):
        t = f.track(V)
        (t.at(path) if path else t).kids.append(Box(tag, data))

    return change


def described(*parts, first=False):
    """Puts boxes into the sample description: (type, payload)."""

    def change(f):
        e = f.track(V).at(STBL + "/stsd").kids[0]
        new = b"".join(Box(t, d).bytes() for t, d in parts)
        e.data = e.data[:78] + new + e.data[78:] if first else e.data + new

    return change


def elsewhere(table):
    """Chunk offsets that play the file's pieces in another order."""
    n = struct.unpack(">I", table.data[4:8])[0]
    at = struct.unpack(">%dI" % n, table.data[8:])
    return Box(b"stco", table.data[:8] +
               struct.pack(">%dI" % n, *(at[1:] + at[:1])))


def offsets(place, before):
    def change(f):
        t = f.track(V)
        stbl, good = t.at(STBL), t.at(STBL + "/stco")
        i = stbl.kids.index(good)
        if place == STBL:
            evil = elsewhere(good)
            stbl.kids[i:i + 1] = [good, evil] if before else [evil, good]
            return
        stbl.kids[i] = elsewhere(good)
        t.at(place).kids.insert(0, good)

    return change


def disguised(f):
    """A movie that only libavformat knows, in front of the one that plays."""
    other = copy.deepcopy(f.moov)
    other.tag = b"hoov"
    for t in f.moov.all(b"trak"):
        table = t.at(STBL + "/stco")
        table.data = elsewhere(table).data
    f.root.kids.insert(f.root.kids.index(f.moov), other)


def twice(path, at, data):
    """A box, and before it the same with other data."""

    def change(f):
        node = f.moov
        parts = [p.encode() for p in path.split("/")]
        for p in parts[:-1]:
            node = node.one(p)
        box = node.one(parts[-1])
        other = Box(box.tag, box.data)
        other.put(at, data)
        node.kids.insert(node.kids.index(box), other)

    return change


def colour(p, t, m):
    return b"nclx" + struct.pack(">HHHB", p, t, m, 0)


def all_mp4():
    edit = struct.pack(">IIIiI", 0, 1, 2000, 5 * 12800, ONE)
    turned = matrix(0, ONE, -ONE, 0)
    pasp = struct.pack(">II", 4, 1)
    clap = struct.pack(">8I", 160, 1, 90, 1, 0, 1, 0, 1)
    whole = struct.pack(">8I", 320, 1, 180, 1, 0, 1, 0, 1)

    mp4("stretched", EDITED, tkhd(40, matrix(2 * ONE, 0, 0, ONE)))
    mp4("sheared", EDITED, tkhd(40, matrix(ONE, 0, ONE // 2, ONE)))
    mp4("vanished", EDITED, tkhd(40, matrix(0, 0, 0, 0)))
    mp4("tiny", EDITED, tkhd(40, matrix(256, 0, 0, 256)))
    mp4("upside-down", "presentation.rotation",
        tkhd(40, matrix(-ONE, 0, 0, -ONE)))
    mp4("movie-stretched", EDITED, mvhd(36, matrix(ONE, 0, 0, 2 * ONE)))
    mp4("movie-fast", EDITED, mvhd(20, struct.pack(">I", 2 * ONE)))
    mp4("movie-mute", EDITED, mvhd(24, b"\0\0"))
    mp4("mute", EDITED, tkhd(36, b"\0\0", A))
    mp4("one-sided", EDITED,
        lambda f: f.track(A).at("mdia/minf/smhd").put(4, b"\xff\0"))
    mp4("no-picture", EDITED, tkhd(0, b"\0\0\0\0"))
    mp4("no-sound", EDITED, tkhd(0, b"\0\0\0\0", A))
    mp4("narrow", "presentation.aspect", tkhd(76, struct.pack(">I", 80 * ONE)))
    mp4("late-start", EDITED,
        lambda f: setattr(f.track(V).at("edts/elst"), "data", edit))
    for n, path in enumerate(("", "mdia", "mdia/minf", STBL)):
        mp4("edit-%d" % n, TWICE, into(path, b"elst", edit))
    mp4("edit-clockless", EDITED,
        lambda f: setattr(f.moov.at("mvhd"), "tag", b"free"))
    mp4("edit-clock-late", EDITED, lambda f: f.moov.kids.append(
        f.moov.kids.pop(f.moov.kids.index(f.moov.at("mvhd")))))
    mp4("edit-zero", EDITED,
        lambda f: f.track(A).at("edts/elst").put(8, bytes(4)))
    mp4("edit-uncounted", EDITED,
        lambda f: f.track(V).at("edts/elst").put(4, bytes(4)))
    mp4("edit-tags", TWICE, into("", b"udta", Box(b"elst", edit).bytes()))
    mp4("offsets-first", TWICE, offsets(STBL, True))
    mp4("offsets-last", TWICE, offsets(STBL, False))
    mp4("offsets-outside", TWICE, offsets("mdia/minf", True))
    mp4("disguised", TWICE, disguised)
    mp4("movie-twice", TWICE, twice("mvhd", 36, turned))
    mp4("aspect", "presentation.aspect", described((b"pasp", pasp)))
    mp4("aspect-twice", TWICE, described((b"pasp", pasp), first=True))
    mp4("aspect-outside", TWICE, into(STBL, b"pasp", pasp))
    mp4("colour", "presentation.colour",
        described((b"colr", colour(9, 16, 9))))
    mp4("colour-twice", TWICE, described((b"colr", colour(9, 16, 9)),
                                         (b"colr", colour(2, 2, 2))))
    mp4("crop", "presentation.crop", described((b"clap", clap)))
    mp4("crop-twice", TWICE, described((b"clap", clap), (b"clap", whole)))
    mp4("stereo-outside", TWICE, into("", b"st3d", b"\0\0\0\0\1"))


def entry(*new):
    return lambda f: f.track(1).kids.extend(new)


def video(*new):
    return lambda f: f.track(1).one(0xE0).kids.extend(new)


def lasting(ms):
    def change(f):
        for g in f.segment.all(0x1F43B675, 0xA0):
            if g.one(0xA1).data[0] == 0x83:
                g.one(0x9B).data = ms.to_bytes(4, "big")

    return change


def reordered(f):
    c = f.segment.all(0x1F43B675)
    kids = f.segment.kids
    i, j = kids.index(c[0]), kids.index(c[1])
    kids[i], kids[j] = kids[j], kids[i]


def info(f):
    return f.segment.one(0x1549A966)


def few(times):
    """Pictures that last longer, by the track's default duration."""

    def change(f):
        for t in f.segment.all(0x1654AE6B, 0xAE):
            for e in t.all(0x23E383):
                e.data = struct.pack(
                    ">I", round(int.from_bytes(e.data, "big") * times))

    return change


def all_mkv():
    slow = uint(0x2AD7B1, 2000000)

    mkv("cropped", "presentation.crop", video(uint(0x54CC, 40)))
    mkv("crop-again", TWICE, video(uint(0x54CC, 40), uint(0x54CC, 0)))
    mkv("flat", "presentation.aspect",
        video(uint(0x54B0, 320), uint(0x54BA, 50)))
    mkv("stereo", "presentation.stereo", video(uint(0x53B8, 1)))
    mkv("rolled", "presentation.rotation", video(Element(
        0x7670, uint(0x7671, 0).bytes() + real(0x7675, 90).bytes())))
    mkv("ordered", "format.ordered", lambda f: f.segment.kids.insert(
        1, Element(0x1043A770, Element(
            0x45B9, uint(0x45DD, 1).bytes()).bytes())))
    mkv("disabled", EDITED, entry(uint(0xB9, 0)))
    mkv("few-asked-for", TWICE, few(100))
    mkv("fewer-asked-for", TWICE, few(1.25))
    mkv("slowed", EDITED, entry(real(0x23314F, 2.0)))
    mkv("slowed-twice", TWICE, entry(real(0x23314F, 2.0), real(0x23314F, 1)))
    mkv("scale-twice", TWICE, lambda f: info(f).kids.insert(0, slow))
    mkv("info-twice", TWICE, lambda f: f.segment.kids.insert(
        0, Element(0x1549A966, slow.bytes())))
    mkv("reordered", "essence.reordered", reordered)
    mkv("dropped", "clip", lambda f: f.segment.kids.remove(
        f.segment.all(0x1F43B675)[-1]))
    mkv("replayed", "essence.added", lambda f: f.segment.kids.append(
        copy.deepcopy(f.segment.all(0x1F43B675)[-1])))
    mkv("words-gone", "essence.altered", lasting(1), "words.mkv")
    mkv("words-stay", "essence.altered", lasting(60000), "words.mkv")


def wav(name, reason, data):
    with open(name + ".wav", "wb") as f:
        f.write(data)
    say(name + ".wav", "sound.wav", reason)


def all_wav():
    parts = dict(chunks("sound.wav"))
    fmt, data = parts[b"fmt "], parts[b"data"]
    evil = bytes(len(data))

    def form(at, new):
        return (b"fmt ", fmt[:at] + new + fmt[at + len(new):])

    wav("data-twice", TWICE, wave([(b"fmt ", fmt), (b"data", evil),
                                   (b"data", data)]))
    wav("form-twice", TWICE, wave([(b"fmt ", fmt), form(4, b"\0\0\1\0"),
                                   (b"data", data)]))
    wav("rate", "presentation.rate",
        wave([form(4, struct.pack("<II", 22050, 44100)), (b"data", data)]))
    wav("frame", TWICE, wave([form(12, b"\x08\0"), (b"data", data)]))
    long = wave([(b"fmt ", fmt), (b"data", data + evil)])
    ds64 = struct.pack("<QQQI", len(long), len(data), len(data) // 2, 0)
    wav("two-lengths", TWICE, b"RF64\xff\xff\xff\xffWAVEds64" +
        struct.pack("<I", len(ds64)) + ds64 + long[12:])


def all_text():
    with open("text.mp4", "rb") as f:
        data = f.read()
    with open("text-other.mp4", "wb") as f:
        f.write(data.replace(b"hello", b"jello"))
    say("text-other.mp4", "text.mp4", "essence.altered")


def pes_with_dts(data):
    """Where decoding times stand in the pictures of a transport stream."""
    for at in range(0, len(data), 188):
        p = at + 4
        if data[at + 3] & 0x20:
            p += 1 + data[p]
        if data[at + 1] & 0x40 and data[p:p + 4] == b"\0\0\1\xe0" and \
                data[p + 7] & 0xc0 == 0xc0:
            yield p + 14


def stamp(t):
    return bytes((0x11 | t >> 29 & 0xe, t >> 22 & 0xff, t >> 14 & 0xfe | 1,
                  t >> 7 & 0xff, t << 1 & 0xfe | 1))


def when_of(p):
    return ((p[0] >> 1 & 7) << 30 | p[1] << 22 | p[2] >> 1 << 15 |
            p[3] << 7 | p[4] >> 1)


def all_ts():
    """When FFmpeg takes times for another clock's, it leaves pictures out."""
    with open("clip.ts", "rb") as f:
        data = f.read()
    stamps = list(pes_with_dts(data))
    last = when_of(data[stamps[-1] - 5:stamps[-1]])
    for name, at, when in (("decoded-late", stamps[5], 1 << 32),
                           ("decoded-early", stamps[5], 1),
                           ("decoded-after", stamps[-1], last + 900)):
        with open(name + ".ts", "wb") as f:
            f.write(data[:at] + stamp(when) + data[at + 5:])
        say(name + ".ts", "clip.ts", TWICE)


def all_avi():
    """FFmpeg takes pictures half as high as stated for one field of two."""
    with open("clip.avi", "rb") as f:
        data = bytearray(f.read())
    at = data.index(b"strf") + 8
    height = int.from_bytes(data[at + 8:at + 12], "little")
    data[at + 8:at + 12] = (2 * height).to_bytes(4, "little")
    with open("fields.avi", "wb") as f:
        f.write(data)
    say("fields.avi", "clip.avi", EDITED)


def all_asf():
    """What WAVEFORMATEX says beside the configuration: rate and block."""
    with open("sound.asf", "rb") as f:
        data = f.read()
    at = data.index(struct.pack("<HHI", 0x161, 1, 44100))
    for name, off, length in (("bit-rate", 8, 4), ("block", 12, 2)):
        new = bytearray(data)
        was = int.from_bytes(data[at + off:at + off + length], "little")
        new[at + off:at + off + length] = (was * 2).to_bytes(length, "little")
        with open(name + ".asf", "wb") as f:
            f.write(new)
        say(name + ".asf", "sound.asf", "config.changed")


os.chdir(sys.argv[1])
all_mp4()
all_mkv()
all_wav()
all_text()
all_asf()
all_ts()
all_avi()
