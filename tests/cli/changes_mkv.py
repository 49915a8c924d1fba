# SPDX-License-Identifier: ISC
"""Changes of Matroska elements: no frame is touched."""

import copy
import struct

from boxes import Element, Mkv, real, uint

CHANGES = {}
INFO, TRACKS, CLUSTER, CHAPTERS = (0x1549A966, 0x1654AE6B, 0x1F43B675,
                                   0x1043A770)
VIDEO, AUDIO, TEXT = 1, 2, 0x11


def names():
    return list(CHANGES)


def find(name, container):
    fn = CHANGES.get(name) if container in ("mkv", "webm") else None
    if fn is None:
        return None

    def make(base, out):
        f = Mkv(base)
        extra = fn(f)
        f.save(out)
        if extra:
            with open(out, "ab") as file:
                file.write(extra)

    return make


def add(name, fn):
    CHANGES["mkv-" + name] = fn


def change(name):
    """Names what is defined below."""
    return lambda fn: add(name, fn)


def put(parent, *new):
    """New elements of one kind for those that are there."""
    tags = {e.tag for e in new}
    parent.kids = [k for k in parent.kids if k.tag not in tags] + list(new)


def group(tag, *kids):
    return Element(tag, b"".join(k.bytes() for k in kids))


def entry(*new, kind=VIDEO):
    return lambda f: put(f.track(kind), *new)


def video(*new):
    return lambda f: put(f.track(VIDEO).one(0xE0), *new)


def twice(*new):
    return lambda f: f.track(VIDEO).one(0xE0).kids.extend(new)


def info(*new):
    return lambda f: put(f.segment.one(INFO), *new)


def colour(*new):
    return video(group(0x55B0, *new))


def projection(*new):
    return video(group(0x7670, *new))


def chapters(*new):
    return lambda f: f.segment.kids.insert(1, group(CHAPTERS, group(
        0x45B9, *new)))


# Geometry.

add("crop", video(uint(0x54CC, 40)))
add("crop-bottom", video(uint(0x54AA, 8)))
add("crop-nothing", video(uint(0x54CC, 0)))
add("crop-twice", twice(uint(0x54CC, 40), uint(0x54CC, 0)))
add("display", video(uint(0x54B0, 320), uint(0x54BA, 50)))
add("display-same", video(uint(0x54B0, 640), uint(0x54BA, 360)))
add("display-unit", video(uint(0x54B0, 16), uint(0x54BA, 9), uint(0x54B2, 3)))
add("display-no-unit", video(uint(0x54B0, 320), uint(0x54BA, 50),
                             uint(0x54B2, 4)))
add("pixels", video(uint(0xB0, 160)))
add("pixels-shown", video(uint(0xB0, 160), uint(0x54B0, 320),
                          uint(0x54BA, 180)))
add("stereo", video(uint(0x53B8, 1)))
add("stereo-mono", video(uint(0x53B8, 0)))
add("rolled", projection(uint(0x7671, 0), real(0x7675, 90)))
add("mirrored", projection(uint(0x7671, 0), real(0x7673, 180)))
add("yawed", projection(uint(0x7671, 0), real(0x7673, 30)))
add("pitched", projection(uint(0x7671, 0), real(0x7674, 30)))
add("sphere", projection(uint(0x7671, 1), real(0x7673, 45)))
add("sphere-turned", projection(uint(0x7671, 1), real(0x7673, 90)))
add("sphere-part", projection(uint(0x7671, 1), Element(
    0x7672, bytes(4) + struct.pack(">4I", 0, 1 << 30, 0, 0))))
add("alpha", video(uint(0x53C0, 1)))
add("fields", video(uint(0x9A, 1), uint(0x9D, 6)))

# Colour.

add("colour", colour(uint(0x55BB, 9), uint(0x55BA, 16), uint(0x55B1, 9)))
add("colour-range", colour(uint(0x55B9, 2)))
add("colour-unspecified", colour(uint(0x55BB, 2), uint(0x55BA, 2)))
add("light", colour(uint(0x55BC, 1000), uint(0x55BD, 400)))
add("mastering", colour(group(0x55D0, *(
    real(0x55D1 + i, 0.3) for i in range(10)))))
add("dolby-vision", entry(group(
    0x41E4, uint(0x41F0, 1), uint(0x41E7, 0x64766343),
    Element(0x41ED, b"\1\0\x0a\x25\x10" + bytes(19)))))

# Which tracks play, and how.

add("disabled", entry(uint(0xB9, 0)))
add("sound-disabled", entry(uint(0xB9, 0), kind=AUDIO))
add("not-default", entry(uint(0x88, 0)))
add("forced", entry(uint(0x55AA, 1), kind=AUDIO))
add("language", entry(Element(0x22B59C, b"fra"), kind=AUDIO))
add("name", entry(Element(0x536E, b"another name")))
add("slowed", entry(real(0x23314F, 2.0)))
add("slowed-not", entry(real(0x23314F, 1.0)))
add("slowed-twice", lambda f: f.track(VIDEO).kids.extend(
    [real(0x23314F, 2.0), real(0x23314F, 1)]))
add("offset", entry(uint(0x537F, 500000000), kind=AUDIO))
add("combined", entry(group(0xE2, group(0xE3, uint(0xE5, 1)))))
add("codec-delay", entry(uint(0x56AA, 1500000000), kind=AUDIO))
add("codec-delay-shorter", entry(uint(0x56AA, 1000000), kind=AUDIO))
add("frame-duration", entry(uint(0x23E383, 1000000)))
add("sound-rate", lambda f: put(f.track(AUDIO).one(0xE1), real(
    0xB5, 24000.0)))
add("sound-channels", lambda f: put(f.track(AUDIO).one(0xE1), uint(0x9F, 6)))
add("encrypted", entry(group(0x6D80, group(0x6240, uint(0x5033, 1),
                                           group(0x5035, uint(0x47E1, 5))))))


def private(at, bit, kind=VIDEO):
    def fn(f):
        e = f.track(kind).one(0x63A2)
        e.put(at % len(e.data), bytes([e.data[at] ^ bit]))

    return fn


add("sps-bit", private(14, 1))


@change("pps-bit")
def pps_bit(f):
    e = f.track(VIDEO).one(0x63A2)
    at = 8 + int.from_bytes(e.data[6:8], "big") + 3 + 1
    e.put(at, bytes([e.data[at] ^ 1]))


add("sound-config", private(1, 0x18, AUDIO))
add("private-twice", lambda f: f.track(VIDEO).kids.append(
    copy.deepcopy(f.track(VIDEO).one(0x63A2))))


@change("track-numbers")
def track_numbers(f):
    for t in f.segment.all(TRACKS, 0xAE):
        t.one(0xD7).data = bytes([t.one(0xD7).data[-1] + 20])
    for c in f.segment.all(CLUSTER):
        for b in c.all(0xA3) + c.all(0xA0, 0xA1):
            b.data = bytes([b.data[0] + 20]) + b.data[1:]


@change("track-number-twice")
def track_number_twice(f):
    f.track(AUDIO).one(0xD7).data = f.track(VIDEO).one(0xD7).data


@change("track-unknown-codec")
def track_unknown_codec(f):
    f.track(AUDIO).one(0x86).data = b"A_NOBODYS"


@change("track-type")
def track_type(f):
    f.track(AUDIO).one(0x83).data = b"\x21"


# Time.

add("scale", info(uint(0x2AD7B1, 2000000)))
add("scale-twice", lambda f: f.segment.one(INFO).kids.insert(
    0, uint(0x2AD7B1, 2000000)))
add("info-twice", lambda f: f.segment.kids.insert(
    0, group(INFO, uint(0x2AD7B1, 2000000))))
add("duration", info(real(0x4489, 1000.0)))


def blocks(f, kind):
    number = f.track(kind).one(0xD7).data[-1] | 0x80
    return [b for c in f.segment.all(CLUSTER)
            for b in c.all(0xA3) + c.all(0xA0, 0xA1) if b.data[0] == number]


def block_later(kind, ms, which):
    def fn(f):
        for b in blocks(f, kind)[which]:
            at = struct.unpack(">h", b.data[1:3])[0]
            b.put(1, struct.pack(">h", at + ms))

    return fn


add("block-late", block_later(VIDEO, 12, slice(60, 61)))
add("blocks-late", block_later(AUDIO, 100, slice(100, None)))


@change("cluster-late")
def cluster_late(f):
    t = f.segment.all(CLUSTER)[1].one(0xE7)
    t.data = (int.from_bytes(t.data, "big") + 500).to_bytes(4, "big")


@change("all-late")
def all_late(f):
    """Everything begins ten seconds later."""
    for c in f.segment.all(CLUSTER):
        t = c.one(0xE7)
        t.data = (int.from_bytes(t.data, "big") + 10000).to_bytes(4, "big")


def lasting(ms):
    def fn(f):
        for g in f.segment.all(CLUSTER, 0xA0):
            if g.one(0xA1).data[0] == 0x83 and g.all(0x9B):
                g.one(0x9B).data = ms.to_bytes(4, "big")

    return fn


add("words-gone", lasting(1))
add("words-stay", lasting(60000))


@change("words-moved")
def words_moved(f):
    block_later(TEXT, 500, slice(None))(f)


@change("words-other")
def words_other(f):
    b = blocks(f, TEXT)[0]
    b.data = b.data.replace(b"hello", b"never")


# Frames.

@change("block-dropped")
def block_dropped(f):
    c = f.segment.all(CLUSTER)[1]
    c.kids.remove(c.all(0xA3)[8])


@change("block-doubled")
def block_doubled(f):
    c = f.segment.all(CLUSTER)[1]
    c.kids.append(copy.deepcopy(c.all(0xA3)[-1]))


@change("cluster-dropped")
def cluster_dropped(f):
    f.segment.kids.remove(f.segment.all(CLUSTER)[-1])


@change("cluster-replayed")
def cluster_replayed(f):
    f.segment.kids.append(copy.deepcopy(f.segment.all(CLUSTER)[-1]))


@change("clusters-swapped")
def clusters_swapped(f):
    a, b = f.segment.all(CLUSTER)[:2]
    kids = f.segment.kids
    i, j = kids.index(a), kids.index(b)
    kids[i], kids[j] = b, a


@change("block-of-nobody")
def block_of_nobody(f):
    """Frames of a track that does not exist."""
    for b in blocks(f, AUDIO)[:20]:
        b.data = b"\x8f" + b.data[1:]


@change("padding")
def padding(f):
    c = f.segment.all(CLUSTER)[-1]
    b = [x for x in c.all(0xA3) if x.data[0] == 0x82][-1]
    c.kids[c.kids.index(b)] = group(0xA0, Element(0xA1, b.data), Element(
        0x75A2, (900000000).to_bytes(4, "big")))


@change("codec-state")
def codec_state(f):
    c = f.segment.all(CLUSTER)[1]
    b = [x for x in c.all(0xA3) if x.data[0] == 0x81][0]
    c.kids[c.kids.index(b)] = group(0xA0, Element(0xA1, b.data), Element(
        0xA4, f.track(VIDEO).one(0x63A2).data))


# What is refused.

add("ordered", chapters(uint(0x45DD, 1)))
add("chapters", chapters(uint(0x45DD, 0)))
add("chapter-elsewhere", chapters(group(0xB6, Element(0x6E67, bytes(16)))))
add("linked", info(Element(0x3EB923, bytes(range(16)))))
add("family", info(Element(0x4444, bytes(range(16)))))


@change("second-segment")
def second_segment(f):
    f.top.append(copy.deepcopy(f.segment))


@change("second-tracks")
def second_tracks(f):
    other = copy.deepcopy(f.segment.one(TRACKS))
    f.segment.kids.append(other)


# Beside the media.

def attached(name, kind, data, at=2):
    new = group(0x1941A469, group(
        0x61A7, Element(0x466E, name), Element(0x4660, kind),
        Element(0x465C, data), uint(0x46AE, 7)))
    return lambda f: f.segment.kids.insert(at, new)


FONT = b"\0\1\0\0" + bytes(60)
add("font", attached(b"a.ttf", b"font/ttf", FONT))
add("font-by-name", attached(b"a.ttf", b"application/octet-stream", FONT[4:]))
add("font-by-content", attached(b"a", b"application/octet-stream", FONT))
add("font-behind", attached(b"a.ttf", b"font/ttf", FONT, at=999))
add("cover", attached(b"cover.jpg", b"image/jpeg", b"\xff\xd8\xff\xd9"))
add("tags", lambda f: f.segment.kids.append(group(0x1254C367, group(
    0x7373, group(0x63C0), group(0x67C8, Element(0x45A3, b"TITLE"),
                                 Element(0x4487, b"other"))))))
add("gain-tags", lambda f: f.segment.kids.append(group(0x1254C367, group(
    0x7373, group(0x63C0), group(
        0x67C8, Element(0x45A3, b"REPLAYGAIN_TRACK_GAIN"),
        Element(0x4487, b"-30 dB"))))))
add("void", lambda f: f.segment.kids.insert(1, Element(0xEC, bytes(500))))
add("application", info(Element(0x4D80, b"another muxer")))
add("appended-zip", lambda f: b"PK\3\4" + bytes(26) + b"evil" * 16)


@change("movie-in-void")
def movie_in_void(f):
    with open("other.mp4", "rb") as other:
        f.segment.kids.append(Element(0xEC, other.read()))
