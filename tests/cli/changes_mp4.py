# SPDX-License-Identifier: ISC
"""Changes of MP4 and QuickTime boxes: no sample is touched."""

import copy
import struct

from boxes import Box, Mp4

ONE = 0x10000
V, A = b"vide", b"soun"
STBL = "mdia/minf/stbl"
CHANGES = {}


def names():
    return list(CHANGES)


def find(name, container):
    """What makes one file of another, if boxes are what changes."""
    fn = CHANGES.get(name) if container in ("mp4", "mov", "frag") else None
    if fn is None:
        return None

    def make(base, out):
        f = Mp4(base)
        extra = fn(f)
        f.save(out)
        if extra:
            with open(out, "ab") as file:
                file.write(extra)

    return make


def add(name, fn):
    CHANGES[name] = fn


def change(fn):
    CHANGES[fn.__name__.replace("_", "-")] = fn
    return fn


def u32(*v):
    return struct.pack(">%dI" % len(v), *v)


def matrix(a, b, c, d):
    return struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)


def tkhd(at, data, track=V):
    return lambda f: f.track(track).at("tkhd").put(at, data)


def mvhd(at, data):
    return lambda f: f.moov.at("mvhd").put(at, data)


def into(path, tag, data):
    """Puts a box to the end of a track's box; path "": the track."""

    def fn(f):
        t = f.track(V)
        (t.at(path) if path else t).kids.append(Box(tag, data))

    return fn


HEADS = {V: 78, A: 28}


def entry(f, handler=V):
    return f.track(handler).at(STBL + "/stsd").kids[0]


def extensions(data, head):
    """Boxes of a sample entry; QuickTime may end the list by 4 zeros."""
    out, at = [], head
    while at + 8 <= len(data):
        size, tag = struct.unpack(">I4s", data[at:at + 8])
        if size < 8:
            break
        out.append((tag, data[at + 8:at + size]))
        at += size
    return out


def described(*parts, handler=V):
    """Puts boxes into the sample description, for those of their names."""

    def fn(f):
        e, head = entry(f, handler), HEADS[handler]
        if handler == A and e.data[8:10] == b"\0\1":
            head += 16
        new = {tag for tag, _ in parts}
        kept = [x for x in extensions(e.data, head) if x[0] not in new]
        e.data = e.data[:head] + b"".join(
            Box(t, d).bytes() for t, d in kept + list(parts))

    return fn


# Geometry.

add("stretched", tkhd(40, matrix(2 * ONE, 0, 0, ONE)))
add("sheared", tkhd(40, matrix(ONE, 0, ONE // 2, ONE)))
add("vanished", tkhd(40, matrix(0, 0, 0, 0)))
add("tiny", tkhd(40, matrix(256, 0, 0, 256)))
add("rotated-90", tkhd(40, matrix(0, ONE, -ONE, 0)))
add("rotated-180", tkhd(40, matrix(-ONE, 0, 0, -ONE)))
add("rotated-270", tkhd(40, matrix(0, -ONE, ONE, 0)))
add("rotated-5", tkhd(40, matrix(65287, 5712, -5712, 65287)))
add("mirrored", tkhd(40, matrix(-ONE, 0, 0, ONE)))
add("flipped", tkhd(40, matrix(ONE, 0, 0, -ONE)))
add("movie-stretched", mvhd(36, matrix(ONE, 0, 0, 2 * ONE)))
add("movie-rotated", mvhd(36, matrix(0, ONE, -ONE, 0)))
add("perspective", tkhd(48, u32(0x1000)))
add("narrow", lambda f: f.track(V).at("tkhd").put(76, u32(80 * ONE)))
add("no-size", tkhd(76, u32(0, 0)))
add("half-size", lambda f: f.track(V).at("tkhd").put(76, u32(*(
    x // 2 for x in struct.unpack(
        ">II", f.track(V).at("tkhd").data[76:84])))))


def entry_size(w, h):
    """The sample entry's size: players take its ratio to the header's."""

    def fn(f):
        e = entry(f)
        size = struct.unpack(">HH", e.data[24:28])
        e.data = e.data[:24] + struct.pack(
            ">HH", int(size[0] * w), int(size[1] * h)) + e.data[28:]

    return fn


def entry_pixels(f):
    entry_size(0.5, 1)(f)
    described((b"pasp", u32(2, 1)))(f)


add("entry-narrow", entry_size(0.5, 1))
add("entry-high", entry_size(1, 2))
add("entry-half", entry_size(0.5, 0.5))
add("entry-no-size", entry_size(0, 0))
add("entry-no-width", entry_size(0, 1))
add("entry-pixels", entry_pixels)
add("layer", tkhd(32, b"\xff\xff"))
add("moved", tkhd(64, u32(50 * ONE, 50 * ONE)))
add("aspect", described((b"pasp", u32(4, 1))))
add("aspect-square", described((b"pasp", u32(1, 1))))
add("aspect-twice", described((b"pasp", u32(4, 1)), (b"pasp", u32(1, 1))))
add("aspect-outside", into(STBL, b"pasp", u32(4, 1)))
add("crop", described((b"clap", u32(100, 1, 60, 1, 0, 1, 0, 1))))
add("crop-moved", described((b"clap", u32(100, 1, 60, 1, 10, 1, 0, 1))))
add("crop-twice", described((b"clap", u32(100, 1, 60, 1, 0, 1, 0, 1)),
                            (b"clap", u32(320, 1, 180, 1, 0, 1, 0, 1))))
add("crop-of-nothing", described(
    (b"clap", u32(320, 1, 180, 1, 0, 1, 0, 1))))


# Colour, depth and space.

def nclx(p, t, m, full=0):
    return b"nclx" + struct.pack(">HHHB", p, t, m, full << 7)


def nclc(p, t, m):
    return b"nclc" + struct.pack(">HHH", p, t, m)


def full(version, data):
    return u32(version << 24) + data


SPHERE = Box(b"svhd", full(0, b"x\0")).bytes()


def proj(yaw=0, bounds=0):
    return Box(b"proj", Box(b"prhd", full(0, struct.pack(
        ">iii", yaw * ONE, 0, 0))).bytes() + Box(
            b"equi", full(0, u32(0, bounds, 0, 0))).bytes()).bytes()


def vexu():
    eyes = Box(b"eyes", Box(b"stri", full(0, b"\3")).bytes()).bytes()
    return eyes


add("colour", described((b"colr", nclx(9, 16, 9))))
add("colour-nclc", described((b"colr", nclc(9, 16, 9))))
add("colour-unspecified", described((b"colr", nclx(2, 2, 2))))
add("colour-range", described((b"colr", nclx(2, 2, 2, 1))))
add("colour-twice", described((b"colr", nclx(9, 16, 9)),
                              (b"colr", nclx(2, 2, 2))))
add("colour-profile", described((b"colr", b"prof" + bytes(range(128)))))
add("mastering", described((b"mdcv", bytes(range(1, 25)))))
add("light", described((b"clli", struct.pack(">HH", 1000, 400))))
add("dolby-vision", described(
    (b"dvcC", b"\1\0\x0a\x25\x10" + bytes(19))))
add("stereo", described((b"st3d", full(0, b"\1"))))
add("stereo-outside", into("", b"st3d", full(0, b"\1")))
add("stereo-apple", described((b"vexu", vexu())))
add("sphere", described((b"sv3d", SPHERE + proj(yaw=45))))
add("sphere-turned", described((b"sv3d", SPHERE + proj(yaw=90))))
add("sphere-part", described((b"sv3d", SPHERE + proj(bounds=1 << 30))))
add("sphere-xml", into("", b"uuid", bytes.fromhex(
    "ffcc8263f8554a938814587a02521fdd") +
    b"<GSpherical:ProjectionType>equirectangular"
    b"</GSpherical:ProjectionType><GSpherical:InitialViewHeadingDegrees>30"
    b"</GSpherical:InitialViewHeadingDegrees>"))
add("region", into("", b"clip", Box(b"crgn", u32(0x000a0000, 0, 0)).bytes()))
add("aperture", into("", b"tapt", Box(b"clef", full(0, u32(
    320 * ONE, 60 * ONE))).bytes()))
add("fields", described((b"fiel", b"\2\6")))


# Sound.

add("mute", tkhd(36, b"\0\0", A))
add("movie-mute", mvhd(24, b"\0\0"))
add("one-sided", lambda f: f.track(A).at("mdia/minf/smhd").put(4, b"\xff\0"))


@change
def sound_entry_rate(f):
    entry(f, A).put(24, struct.pack(">H", 24000))


@change
def sound_entry_channels(f):
    entry(f, A).put(16, struct.pack(">H", 6))


def asc(at, bit):
    """Flips bits of the AudioSpecificConfig, behind tag 5 and its length."""

    def fn(f):
        e = entry(f, A)
        i = e.data.index(b"\5\x80\x80\x80") + 5 + at
        e.put(i, bytes([e.data[i] ^ bit]))

    return fn


add("sound-config-type", asc(0, 0x18))
add("sound-config-rate", asc(1, 0x80))
add("sound-config-channels", asc(1, 0x18))


def opus_head(at, data):
    def fn(f):
        e = entry(f, A)
        e.put(e.data.index(b"dOps") + 4 + at, data)

    return fn


add("opus-gain", opus_head(8, struct.pack(">h", 1536)))
add("opus-preskip", opus_head(2, struct.pack(">H", 20000)))
add("opus-channels", opus_head(1, b"\2"))
add("opus-input-rate", opus_head(4, u32(44100)))


# Which tracks play.

add("no-picture-flag", tkhd(0, b"\0\0\0\0"))
add("no-sound-flag", tkhd(0, b"\0\0\0\0", A))
add("alternate-group", tkhd(34, b"\0\7", A))


@change
def second_sound_first(f):
    """Another of two languages plays; both are there."""
    a, b = [t for t in f.moov.all(b"trak")
            if t.at("mdia/hdlr").data[8:12] == A]
    a.at("tkhd").put(3, b"\2")
    b.at("tkhd").put(3, b"\3")


@change
def languages_swapped(f):
    a, b = [t.at("mdia/mdhd") for t in f.moov.all(b"trak")
            if t.at("mdia/hdlr").data[8:12] == A]
    x, y = a.data[20:22], b.data[20:22]
    a.put(20, y)
    b.put(20, x)


@change
def track_ids(f):
    """Other numbers for the same tracks."""
    for t in f.moov.all(b"trak"):
        old = struct.unpack(">I", t.at("tkhd").data[12:16])[0]
        t.at("tkhd").put(12, u32(old + 6))


@change
def handler_data(f):
    """The sound is called data, so that it does not play."""
    f.track(A).at("mdia/hdlr").put(8, b"meta")


# Edit lists.

def edits(*rows, track=V, version=0):
    def fn(f):
        body = struct.pack(">II", version << 24, len(rows))
        for duration, at, rate in rows:
            body += struct.pack(">QqI" if version else ">IiI", duration, at,
                                rate)
        t = f.track(track)
        t.kids = [k for k in t.kids if k.tag != b"edts"]
        t.kids.insert(1, Box(b"edts", kids=[Box(b"elst", body)]))

    return fn


add("edit-start", edits((2000, 5 * 12800, ONE)))
add("edit-end", edits((2000, 1024, ONE)))
add("edit-hides-middle", edits((4000, 1024, ONE), (4000, 77824, ONE)))
add("edit-replays", edits((4000, 1024, ONE), (6000, 1024, ONE)))
add("edit-swaps", edits((5000, 65024, ONE), (5000, 1024, ONE)))
add("edit-dwells", edits((1000, 1024, 0), (10000, 1024, ONE)))
add("edit-fast", edits((10000, 1024, 2 * ONE)))
add("edit-slow", edits((10000, 1024, ONE // 2)))
add("edit-backwards", edits((10000, 1024, 0xffff0000)))
add("edit-negative", edits((10000, -5, ONE)))
add("edit-pause", edits((4000, 1024, ONE), (1000, -1, ONE),
                        (6000, 52224, ONE)))
add("edit-one-frame", edits((10000, 1024 + 512, ONE)))
add("edit-wide", edits((10000, 1024, ONE), version=1))
add("edit-delay-sound", edits((500, -1, ONE), (10000, 1024, ONE), track=A))
add("edit-sound-start", edits((9000, 49024, ONE), track=A))
add("edit-sound-60ms", edits((10000, 1024 + 2880, ONE), track=A))


@change
def edit_delay_all(f):
    """A second of nothing before everything."""
    edits((1000, -1, ONE), (10000, 1024, ONE))(f)
    edits((1000, -1, ONE), (10000, 1024, ONE), track=A)(f)
    mvhd(16, u32(11000))(f)
    for t in f.moov.all(b"trak"):
        t.at("tkhd").put(20, u32(11000))


@change
def edits_gone(f):
    for t in f.moov.all(b"trak"):
        t.kids = [k for k in t.kids if k.tag != b"edts"]


ELSEWHERE = struct.pack(">IIIiI", 0, 1, 2000, 5 * 12800, ONE)
for _n, _path in enumerate(("", "mdia", "mdia/minf", STBL)):
    add("edit-outside-%d" % _n, into(_path, b"elst", ELSEWHERE))
add("edit-in-tags", into("", b"udta", Box(b"elst", ELSEWHERE).bytes()))


# Time.

add("movie-fast", mvhd(20, u32(2 * ONE)))


@change
def movie_clock(f):
    """The unit of edits is half as long."""
    at = f.moov.at("mvhd")
    at.put(12, u32(2 * struct.unpack(">I", at.data[12:16])[0]))


@change
def movie_duration(f):
    mvhd(16, u32(1000))(f)


@change
def header_durations(f):
    for t in f.moov.all(b"trak"):
        t.at("tkhd").put(20, u32(1))
        t.at("mdia/mdhd").put(16, u32(1))


def clock(track):
    def fn(f):
        at = f.track(track).at("mdia/mdhd")
        at.put(12, u32(2 * struct.unpack(">I", at.data[12:16])[0]))

    return fn


add("picture-clock", clock(V))
add("sound-clock", clock(A))


def box_table(f, tag, track=V):
    return f.track(track).at(STBL + "/" + tag)


@change
def composition_one(f):
    t = box_table(f, "ctts")
    x = list(struct.unpack(">%di" % ((len(t.data) - 8) // 4), t.data[8:]))
    i = len(x) // 4 * 2
    n, shift = x[i:i + 2]
    parts = [(n - 1, shift)] if n > 1 else []
    x[i:i + 2] = [v for p in parts + [(1, shift + 300)] for v in p]
    t.data = t.data[:4] + u32(len(x) // 2) + struct.pack(
        ">%di" % len(x), *x)


@change
def composition_gone(f):
    stbl = f.track(V).at(STBL)
    stbl.kids = [k for k in stbl.kids if k.tag != b"ctts"]


@change
def composition_negative(f):
    """All earlier by as much as the edit list then starts earlier."""
    t = box_table(f, "ctts")
    x = list(struct.unpack(">%di" % ((len(t.data) - 8) // 4), t.data[8:]))
    x[1::2] = [v - 1024 for v in x[1::2]]
    t.data = b"\1\0\0\0" + t.data[4:8] + struct.pack(">%di" % len(x), *x)
    edits((10000, 0, ONE))(f)


def steps(track, *pairs):
    """Other durations; the last pair has the rest."""

    def fn(f):
        t = box_table(f, "stts", track)
        n = sum(struct.unpack(">%dI" % ((len(t.data) - 8) // 4),
                              t.data[8:])[::2])
        rows = list(pairs[:-1])
        rows.append((n - sum(p[0] for p in rows), pairs[-1][1]))
        t.data = u32(0, len(rows), *(v for r in rows for v in r))

    return fn


add("steps-slow", steps(V, (0, 5120)))
add("steps-two", steps(V, (100, 512), (1, 612), (1, 412), (0, 512)))
add("steps-hole", steps(A, (100, 1024), (1, 25024), (0, 1024)))
add("steps-zero", steps(V, (100, 512), (50, 0), (0, 512)))
add("steps-last", steps(V, (249, 512), (0, 51200)))


# Where the samples are.

def elsewhere(table):
    """Chunk offsets that play the file's pieces in another order."""
    n = struct.unpack(">I", table.data[4:8])[0]
    at = struct.unpack(">%dI" % n, table.data[8:])
    return Box(b"stco", table.data[:8] + u32(*(at[1:] + at[:1])))


def offsets(place, before):
    def fn(f):
        t = f.track(V)
        stbl, good = t.at(STBL), t.at(STBL + "/stco")
        i = stbl.kids.index(good)
        if place == STBL:
            evil = elsewhere(good)
            stbl.kids[i:i + 1] = [good, evil] if before else [evil, good]
            return
        stbl.kids[i] = elsewhere(good)
        t.at(place).kids.insert(0, good)

    return fn


add("offsets-first", offsets(STBL, True))
add("offsets-last", offsets(STBL, False))
add("offsets-outside", offsets("mdia/minf", True))


@change
def offsets_turned(f):
    box_table(f, "stco").data = elsewhere(box_table(f, "stco")).data


@change
def sizes_shorter(f):
    """The last sample ends four bytes early."""
    t = box_table(f, "stsz")
    n = struct.unpack(">I", t.data[-4:])[0]
    t.data = t.data[:-4] + u32(n - 4)


@change
def sizes_one_less(f):
    """A sample less, as if the last had never been."""
    t = box_table(f, "stsz")
    n = struct.unpack(">I", t.data[8:12])[0]
    t.data = t.data[:8] + u32(n - 1) + t.data[12:-4]


@change
def key_flags_gone(f):
    stbl = f.track(V).at(STBL)
    stbl.kids = [k for k in stbl.kids if k.tag != b"stss"]


@change
def key_flags_one(f):
    box_table(f, "stss").data = u32(0, 1, 1)


# What is refused.

def twice(path, at, data):
    """A box, and before it the same with other data."""

    def fn(f):
        node = f.moov
        parts = [p.encode() for p in path.split("/")]
        for p in parts[:-1]:
            node = node.one(p)
        box = node.one(parts[-1])
        other = Box(box.tag, box.data)
        other.put(at, data)
        node.kids.insert(node.kids.index(box), other)

    return fn


add("movie-header-twice", twice("mvhd", 36, matrix(0, ONE, -ONE, 0)))
add("track-header-twice", twice("trak/tkhd", 40, matrix(0, ONE, -ONE, 0)))


@change
def disguised(f):
    """A movie that only libavformat knows, in front of the one that plays."""
    other = copy.deepcopy(f.moov)
    other.tag = b"hoov"
    for t in f.moov.all(b"trak"):
        t.at("tkhd").put(40, matrix(0, ONE, -ONE, 0))
    f.root.kids.insert(f.root.kids.index(f.moov), other)


@change
def second_movie(f):
    """Behind the end, a moov that turns the picture."""
    other = copy.deepcopy(f.moov)
    for t in other.all(b"trak"):
        t.at("tkhd").put(40, matrix(0, ONE, -ONE, 0))
    f.root.kids.append(other)


@change
def descriptions_two(f):
    stsd = f.track(V).at(STBL + "/stsd")
    stsd.kids.append(copy.deepcopy(stsd.kids[0]))
    stsd.head = stsd.head[:4] + u32(2)


@change
def data_elsewhere(f):
    dref = f.track(V).at("mdia/minf/dinf")
    dref.data = dref.data[:-12] + Box(
        b"url ", u32(0) + b"file:other\0").bytes()


@change
def encrypted(f):
    e = entry(f)
    e.tag = b"encv"
    described((b"sinf", Box(b"frma", b"avc1").bytes() + Box(
        b"schm", full(0, b"cenc" + u32(ONE))).bytes()))(f)


@change
def encryption_box(f):
    described((b"sinf", Box(b"frma", b"avc1").bytes()))(f)


def configuration(at, bit=1):
    """Flips a bit of avcC; from its parameter sets on."""

    def fn(f):
        e = entry(f)
        i = e.data.index(b"avcC") + 4 + at
        e.put(i, bytes([e.data[i] ^ bit]))

    return fn


add("sps-level", configuration(11, 2))
add("sps-bit", configuration(14))


@change
def pps_bit(f):
    e = entry(f)
    at = e.data.index(b"avcC") + 4
    sps = int.from_bytes(e.data[at + 6:at + 8], "big")
    at += 8 + sps + 3 + 2
    e.put(at, bytes([e.data[at] ^ 1]))


@change
def profile_byte(f):
    """avcC's own copy of profile and level, which decoders do not need."""
    configuration(3, 2)(f)


# Bytes that are none of the movie's.

def appended(data):
    return lambda f: data


ZIP = b"PK\3\4" + bytes(26) + b"evil" * 16 + b"PK\5\6" + bytes(18)
add("appended-zip", appended(ZIP))
add("appended-html", appended(b"<html><script>alert(1)</script></html>"))
add("appended-pdf", appended(b"%PDF-1.4\n1 0 obj\n%%EOF\n"))
add("appended-free", lambda f: f.root.kids.append(Box(b"free", bytes(999))))


@change
def movie_in_free(f):
    """A whole other movie in a box that readers pass over."""
    with open("other.mp4", "rb") as other:
        f.root.kids.append(Box(b"free", other.read()))


@change
def c2pa_box(f):
    f.root.kids.insert(1, Box(b"uuid", bytes.fromhex(
        "d8fec3d61b0e483c92975828877ec481") + full(0, b"manifest\0") +
        bytes(8) + b"jumb" * 100))


@change
def tags(f):
    f.moov.kids.append(Box(b"udta", Box(b"name", b"another title").bytes()))


# Fragments.

def fragments(f):
    """(moof, mdat) of each."""
    kids = f.root.kids
    return [(k, kids[i + 1]) for i, k in enumerate(kids) if k.tag == b"moof"]


@change
def fragment_dropped(f):
    for k in fragments(f)[2]:
        f.root.kids.remove(k)


@change
def fragment_last_dropped(f):
    for k in fragments(f)[-1]:
        f.root.kids.remove(k)


@change
def fragment_doubled(f):
    i = f.root.kids.index(fragments(f)[2][0])
    f.root.kids[i:i] = f.root.kids[i:i + 2]


@change
def fragments_swapped(f):
    i = f.root.kids.index(fragments(f)[1][0])
    k = f.root.kids
    k[i:i + 4] = k[i + 2:i + 4] + k[i:i + 2]


@change
def fragment_numbers(f):
    for moof, _ in fragments(f):
        moof.at("mfhd").put(4, u32(7))


@change
def fragment_time(f):
    """The pictures of one fragment half a second late."""
    t = fragments(f)[2][0].all(b"traf")[0].at("tfdt")
    t.put(4, struct.pack(
        ">Q", struct.unpack(">Q", t.data[4:12])[0] + 6400))


@change
def fragment_sound_time(f):
    for moof, _ in fragments(f)[2:]:
        t = moof.all(b"traf")[1].at("tfdt")
        t.put(4, struct.pack(
            ">Q", struct.unpack(">Q", t.data[4:12])[0] + 6400))


@change
def fragment_shift(f):
    """One picture's composition offset in a run."""
    run = fragments(f)[1][0].all(b"traf")[0].at("trun")
    flags = struct.unpack(">I", run.data[:4])[0] & 0xFFFFFF
    at = 8 + 4 * bool(flags & 1) + 4 * bool(flags & 4)
    fields = [b for b in (0x100, 0x200, 0x400, 0x800) if flags & b]
    at += 10 * 4 * len(fields) + 4 * fields.index(0x800)
    run.put(at, struct.pack(
        ">i", struct.unpack(">i", run.data[at:at + 4])[0] + 300))


@change
def fragment_index_gone(f):
    f.root.kids = [k for k in f.root.kids if k.tag not in (b"mfra", b"sidx")]
