#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""What prov signs, read by nothing but prov-manifest(5) and python3-cbor2.

identity.py make DIR          writes noise.wav and dot.png
identity.py read FILE VKEY    checks FILE and FILE.prov: MP4 with H.264 of
                              whole frames and sound, WAV, PNG
"""
import base64
import hashlib
import random
import struct
import sys
import zlib

import cbor2
from cryptography.hazmat.primitives.asymmetric import ed25519

import coded

NS = 1000000000


def H(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def u16(n):
    return struct.pack(">H", n)


def u32(n):
    return struct.pack(">I", n)


def check(what, holds):
    if not holds:
        sys.exit(f"not so: {what}")


def contents(path):
    with open(path, "rb") as f:
        return f.read()


def deterministic(raw, what):
    item = cbor2.loads(raw)
    check(f"{what} is deterministic CBOR",
          cbor2.dumps(item, canonical=True) == raw)
    return item


# ------------------------------------------------------------ timelines

def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else H()
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    return H(b"\x01", root(leaves[:split]), root(leaves[split:]))


def zigzag(data):
    out, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7f) << shift
        shift += 7
        if not byte & 0x80:
            out.append(value >> 1 ^ -(value & 1))
            value = shift = 0
    return out


def unit_times(times):
    """Of each unit, in coded order."""
    flat, order = times
    shown = [start + i * num // den
             for start, num, den, n in zip(*[iter(flat)] * 4)
             for i in range(n)]
    if order is None:
        return shown
    return [shown[i + d] for i, d in enumerate(zigzag(order))]


class Segments:
    """The leaves of one stream as its form and rule make them."""

    def __init__(self, form):
        self.form = form.encode()
        self.config = bytes(32)
        self.leaves, self.units, self.frames = [], [], []
        self.hash, self.n, self.frame = None, 0, None

    def record(self, kind, data):
        if self.hash is None:
            self.hash = hashlib.sha256(b"\x00")
            self.record(0x01, self.form)
            self.record(0x02, self.config)
        head = u32(len(data))
        if len(data) >= 16384:
            kind, data = kind + 0x80, H(data)
        head = bytes([kind]) + head + data
        if kind & 0x7f > 2 and self.frame is None:
            self.frame = hashlib.sha256(
                b"\x02\x02" + u32(32) + self.config)
        if self.frame is not None:
            self.frame.update(head)
        self.hash.update(head)

    def picture(self):
        self.n += 1
        self.frames.append(self.frame.digest()[:16])
        self.frame = None

    def configure(self, digest):
        if digest != self.config:
            self.config = digest
            if self.hash is not None:
                self.record(0x02, digest)

    def cut(self):
        if self.n:
            self.leaves.append(self.hash.digest())
            self.units.append(self.n)
            self.hash, self.n = None, 0


# ---------------------------------------------------------------- cdc/1

GEAR = [int.from_bytes(H(b"prov/cdc/1", bytes([i]))[:8], "big")
        for i in range(256)]


def gear(h, data):
    for byte in data:
        h = (2 * h + GEAR[byte]) & (1 << 64) - 1
    return h


def ends(h, samples, rate, step):
    bits = max(rate // step, 1).bit_length() - 1
    return samples >= 4 * rate or (
        samples >= rate // 4 and h >> 64 - bits == 0)


# ---------------------------------------------------------------- forms

def pcm(data, channels, rate, width):
    s = Segments("pcm/1")
    head = H(b"s", bytes([width]), u32(rate), u32(channels))
    s.configure(head)
    size, h, block = channels * width, 0, b""
    for at in range(0, len(data), size):
        unit = data[at:at + size]
        block += unit
        h = gear(h, unit)
        done = ends(h, s.n + len(block) // size, rate, 1)
        if done or len(block) == 4096 * size:
            s.record(0x10, block)
            s.n += len(block) // size
            block = b""
        if done:
            s.cut()
    if block:
        s.record(0x10, block)
        s.n += len(block) // size
    s.cut()
    return s, [["head", head]]


def aac(packets, asc):
    kind, index = asc[0] >> 3, (asc[0] & 7) << 1 | asc[1] >> 7
    rate = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000,
            12000, 11025, 8000, 7350][index]
    head = H(bytes([kind]), u32(rate), bytes([asc[1] >> 3 & 15]), u16(1024))
    s = Segments("aac/1")
    s.configure(head)
    for packet in packets:
        s.record(0x10, packet)
        s.n += 1024
        if ends(gear(0, packet[:64]), s.n, rate, 1024):
            s.cut()
    s.cut()
    return s, [["asc", head]]


def amr(data):
    sizes = [13, 14, 16, 18, 20, 21, 27, 32, 6] + [0] * 6 + [1]
    head, at = H(b"amr_nb"), 0
    s = Segments("amr/1")
    s.configure(head)
    while at < len(data):
        frame = data[at:at + sizes[data[at] >> 3 & 15]]
        at += len(frame)
        s.record(0x10, frame)
        s.n += 160
        if ends(gear(0, frame[:64]), s.n, 8000, 160):
            s.cut()
    s.cut()
    return s, [["head", head]]


def flv1(packets):
    """Sorenson H.263 of a size that has a number: as an example of frame/1."""
    content = u32(4) + b"flv1"
    s = Segments("frame/1")
    s.configure(H(content))
    for packet in packets:
        if packet[4] >> 5 & 3 == 0:
            s.cut()
        s.record(0x10, packet)
        s.n += 1
    s.cut()
    return s, [["extradata", H(u32(len(content)), content)]]


def sound(kind, packets, config):
    """Other coded sound, and how many samples each packet has."""
    form, rate, units = coded.units(kind, packets, config)
    s, first, due = Segments(form), None, False
    for content, records, n in (u for packet in units for u in packet):
        if due:
            s.cut()
        first = first or H(content)
        s.configure(H(content))
        for record in records:
            s.record(0x10, record)
        s.n += n
        due = ends(gear(0, records[0][:64]), s.n, rate, n)
    s.cut()
    return s, [["head", first]], [sum(u[2] for u in p) for p in units]


class Bits:
    def __init__(self, data):
        data = data.replace(b"\0\0\3", b"\0\0")
        self.v = "".join(f"{b:08b}" for b in data)
        self.at = 0

    def ue(self):
        zeros = self.v.index("1", self.at) - self.at
        self.at += zeros + 1
        low = self.v[self.at:self.at + zeros]
        self.at += zeros
        return (1 << zeros) - 1 + int(low or "0", 2)


def h264(packets, avcc):
    sets = {}

    def keep(unit):
        kind = unit[0] & 31
        if kind == 8:
            b = Bits(unit[1:])
            sets[8, b.ue()] = unit, b.ue()
        elif kind == 7:
            sets[7, Bits(unit[4:]).ue()] = unit, None
        return kind in (6, 7, 8, 9, 12, 13, 15)

    at, used = 5, {7: [], 8: []}
    for mask in (31, 255):
        n, at = avcc[at] & mask, at + 1
        for _ in range(n):
            size = int.from_bytes(avcc[at:at + 2], "big")
            keep(avcc[at + 2:at + 2 + size].rstrip(b"\0"))
            at += 2 + size
    s, width = Segments("h264/1"), (avcc[4] & 3) + 1
    for packet in packets:
        units, configs, intra, idr = [], [], True, False
        while packet:
            size = int.from_bytes(packet[:width], "big")
            unit = packet[width:width + size].rstrip(b"\0")
            packet = packet[width + size:]
            if not unit or keep(unit):
                continue
            config = None
            if unit[0] & 31 in (1, 2, 5):
                b = Bits(unit[1:40])
                b.ue()
                intra = b.ue() % 5 in (2, 4) and intra
                idr = idr or unit[0] & 31 == 5
                pps, sps_id = sets[8, b.ue()]
                sps = sets[7, sps_id][0]
                for kind, one in (7, sps), (8, pps):
                    if one not in used[kind]:
                        used[kind].append(one)
                config = H(H(sps), H(pps))
                configs.append(config)
            units.append((unit, config))
        if s.leaves or s.n:
            if idr or intra or s.n >= 300:
                s.cut()
                s.configure(configs[0])
        else:
            s.configure(configs[0])
        for unit, config in units:
            if config:
                s.configure(config)
            s.record(0x10, unit)
        s.picture()
    s.cut()
    return s, [[name, H(*(u32(len(x)) + x for x in used[kind]))]
               for name, kind in (("pps", 8), ("sps", 7))]


LEFT_OUT = (b"tEXt zTXt iTXt tIME eXIf caBX gAMA cHRM sRGB iCCP cICP pHYs "
            b"IHDR IEND").split()


def png(data):
    chunks, at = [], 8
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        chunks.append((data[at + 4:at + 8], data[at + 8:at + 8 + size]))
        at += 12 + size
        if chunks[-1][0] == b"IEND":
            break
    s, head = Segments("png/1"), H(chunks[0][1])
    s.configure(head)
    moves = b"acTL" in dict(chunks)
    times, now, waits, last = [], 0, not moves, b""
    for i, (kind, d) in enumerate(chunks):
        if moves and kind == b"fcTL":
            s.cut()
            s.record(0x12, d[4:20] + d[24:26])
            num, den = struct.unpack(">HH", d[20:24])
            times.append(now)
            now += nearest(num * NS, den or 100)
            waits = True
        elif kind == b"IDAT" or moves and kind == b"fdAT":
            last += d[4:] if kind == b"fdAT" else d
            if chunks[i + 1][0] == kind:
                continue
            s.record(0x10, last)
            s.n += waits
            waits, last = False, b""
        elif kind not in LEFT_OUT + [b"acTL"]:
            s.record(0x11, kind + d)
    s.cut()
    return [((s, [["ihdr", head]]), times if len(times) > 1 else None)]


def gif(data):
    def palette(flags):
        return 3 * (2 << (flags & 7)) * (flags >> 7)

    def inside(at):
        out = b""
        while data[at]:
            out += data[at + 1:at + 1 + data[at]]
            at += 1 + data[at]
        return out, at + 1

    at = 13 + palette(data[10])
    back = data[11] if data[10] & 0x80 else 0
    screen = H(data[6:10] + bytes([back, data[12]]))
    colours = H(data[13:at])
    s, times, now, control = Segments("gif/1"), [], 0, bytes(4)
    s.configure(H(screen, colours))
    while data[at] != 0x3b:
        if data[at] == 0x21:
            label, (body, end) = data[at + 1], inside(at + 2)
            known = body[:11] in (b"NETSCAPE2.0", b"ANIMEXTS1.0",
                                  b"ICCRGBG1012", b"XMP DataXMP",
                                  b"C2PA_GIF\1\0\0")
            if label == 0xf9:
                control = body
            elif label != 0xfe and not (label == 0xff and known):
                s.record(0x13, bytes([label]) + body)
            at = end
            continue
        s.cut()
        flags, own = data[at + 9], at + 10
        s.record(0x12, data[at + 1:at + 9] + bytes([
            flags & 0x40, control[0] & 0x1f,
            control[3] if control[0] & 1 else 0]))
        at = own + palette(flags)
        if at > own:
            s.record(0x11, data[own:at])
        body, end = inside(at + 1)
        s.record(0x10, data[at:at + 1] + body)
        s.n += 1
        times.append(now)
        now += int.from_bytes(control[1:3], "little") * NS // 100
        at, control = end, bytes(4)
    s.cut()
    return [((s, [["palette", colours], ["screen", screen]]),
             times if len(times) > 1 else None)]


def riff(data):
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at + 4:at + 8], "little")
        yield data[at:at + 4], data[at + 8:at + 8 + size]
        at += 8 + size + size % 2


def webp(data):
    def u24(d):
        return int.from_bytes(d[:3], "little")

    chunks = list(riff(data[12:8 + int.from_bytes(data[4:8], "little")]))
    kind, d = chunks[0]
    if kind == b"VP8X":
        size = u24(d[4:]) + 1, u24(d[7:]) + 1
    elif kind == b"VP8 ":
        size = [n & 0x3fff for n in struct.unpack("<HH", d[6:10])]
    else:
        bits = int.from_bytes(d[1:5], "little")
        size = (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1
    canvas = H(u32(size[0]), u32(size[1]), dict(chunks).get(b"ANIM", b"")[:4])
    s, times, now = Segments("webp/1"), [], 0
    s.configure(canvas)
    for kind, d in chunks:
        if kind == b"ANMF":
            s.cut()
            s.record(0x12, d[:12] + bytes([d[15] & 3]))
            for inner, more in riff(d[16:]):
                s.record(0x11, inner + more)
            s.n = 1
            times.append(now)
            now += u24(d[12:]) * NS // 1000
        elif kind not in (b"VP8X", b"ICCP", b"ANIM", b"EXIF", b"XMP ",
                          b"C2PA"):
            s.record(0x11, kind + d)
    s.n = 1
    s.cut()
    return [((s, [["canvas", canvas]]), times if len(times) > 1 else None)]


class Jpeg:
    """One picture that begins at a byte; MPF's entries, if it has some."""

    def __init__(self, data, at, kind=None):
        self.quant, self.huffman, self.restart = {}, {}, 0
        self.dac, self.index = bytearray(8), []
        self.parts = {"dqt": bytes(32), "dht": bytes(32)}
        if kind is not None:
            self.parts["mpf"] = H(u32(kind))
        self.s, self.active = Segments("jpeg/1"), None
        at += 2
        while True:
            while data[at + 1] == 0xff:
                at += 1
            marker, at = data[at + 1], at + 2
            if marker == 0xd9:
                break
            size = int.from_bytes(data[at:at + 2], "big")
            self.segment(marker, data[at + 2:at + size], at + 2)
            at += size
            if marker == 0xda:
                end = at
                while data[end] != 0xff or not (
                        0 < data[end + 1] < 0xd0 or data[end + 1] > 0xd7):
                    end += 1
                self.s.record(0x10, data[at:end])
                at = end
        self.configure()
        self.s.n, self.end = 1, at
        self.s.cut()

    def segment(self, marker, d, at):
        if marker == 0xda:
            self.configure()
            self.s.record(0x11, d)
        elif marker in (0xc0, 0xc1, 0xc2, 0xc9, 0xca):
            self.parts["sof"] = H(bytes([marker]), d)
        elif marker == 0xdd:
            self.restart = int.from_bytes(d, "big")
        elif marker == 0xe2 and d[:4] == b"MPF\0":
            order = "<" if d[4:5] == b"I" else ">"
            ifd, = struct.unpack(order + "I", d[8:12])
            tags, = struct.unpack(order + "H", d[4 + ifd:6 + ifd])
            for i in range(tags):
                tag, _, n, where = struct.unpack(
                    order + "HHII", d[6 + ifd + 12 * i:18 + ifd + 12 * i])
                if tag == 0xb002:
                    for k in range(4 + where, 4 + where + n, 16):
                        what, _, off = struct.unpack(order + "III",
                                                     d[k:k + 12])
                        self.index.append((what & 0xffffff, at + 4 + off))
        while d and marker == 0xdb:
            wide = d[0] >> 4
            n = 64 * (wide + 1)
            self.quant[d[0] & 15] = b"".join(
                v if wide else b"\0" + v for v in (
                    d[1 + k:2 + k + wide] for k in range(0, n, wide + 1)))
            d = d[1 + n:]
        while d and marker == 0xc4:
            n = 17 + sum(d[1:17])
            self.huffman[(d[0] >> 4) * 4 + (d[0] & 15)] = d[1:n]
            d = d[n:]
        while d and marker == 0xcc:
            ac = d[0] >> 4
            self.dac[4 * ac + (d[0] & 15)] = (d[1] - (5 if ac else 16)) % 256
            d = d[2:]

    def configure(self):
        quant, huffman = (H(*(bytes([k]) + v for k, v in sorted(t.items())))
                          for t in (self.quant, self.huffman))
        config = H(self.parts["sof"], quant, huffman, u16(self.restart),
                   bytes(self.dac))
        if config != self.active:
            self.active = config
            self.s.configure(config)
            for name, one in ("dqt", quant), ("dht", huffman):
                self.parts[name] = H(self.parts[name], one)

    def made(self):
        return (self.s, [list(p) for p in sorted(self.parts.items())]), None


def jpeg(data):
    first = Jpeg(data, 0)
    return [first.made()] + [Jpeg(data, at, kind).made()
                             for kind, at in first.index[1:]]


# ----------------------------------------------------------- containers

def boxes(data):
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        yield data[at + 4:at + 8], data[at + 8:at + size]
        at += size


def inside(data, *path):
    for name in path:
        data = dict(boxes(data))[name]
    return data


def table(stbl, name, width=1, at=4):
    """Rows of numbers of four bytes; of none where it is not there."""
    data = dict(boxes(stbl)).get(name)
    if data is None:
        return []
    n = int.from_bytes(data[at:at + 4], "big")
    flat = struct.unpack(f">{n * width}i",
                         data[at + 4:at + 4 + 4 * n * width])
    return list(zip(*[iter(flat)] * width))


def spread(rows):
    return [value for n, value in rows for _ in range(n)]


def samples(data, stbl):
    one, n = struct.unpack(">II", dict(boxes(stbl))[b"stsz"][4:12])
    sizes = [one] * n if one else [n for n, in table(stbl, b"stsz", at=8)]
    offsets = [n for n, in table(stbl, b"stco")]
    runs = table(stbl, b"stsc", 3)
    last = len(offsets) + 1
    ends_at = [first for first, _, _ in runs[1:]] + [last]
    per = [n for (first, n, _), end in zip(runs, ends_at)
           for _ in range(end - first)]
    out = []
    for at, n in zip(offsets, per):
        for _ in range(n):
            out.append(data[at:at + sizes[len(out)]])
            at += len(out[-1])
    return out


def nearest(n, d):
    return (n + d // 2) // d


def in_esds(packets, esds):
    """By object type: AAC, MPEG audio, DTS, Vorbis."""
    object_type = esds[esds.index(b"\x04\x80\x80") + 5]
    bare = {0x69: "mp3", 0x6b: "mp3", 0xa9: "dtsc"}
    if object_type in bare:
        return sound(bare[object_type], packets, None)
    # FFmpeg writes every length in four bytes, seven bits in each.
    at, n = esds.index(b"\x05\x80\x80") + 1, 0
    for byte in esds[at:at + 4]:
        n = n << 7 | byte & 0x7f
    config = esds[at + 4:at + 4 + n]
    return (sound("vorbis", packets, config) if object_type == 0xdd
            else aac(packets, config))


def track(data, moov, trak):
    mdia = inside(trak, b"mdia")
    scale = int.from_bytes(inside(mdia, b"mdhd")[12:16], "big")
    movie = int.from_bytes(inside(moov, b"mvhd")[12:16], "big")
    stbl = inside(mdia, b"minf", b"stbl")
    packets = samples(data, stbl)
    pts, dts = [], 0
    shifts = spread(table(stbl, b"ctts", 2)) or [0] * len(packets)
    for step, shift in zip(spread(table(stbl, b"stts", 2)), shifts):
        pts.append(nearest((dts + shift) * NS, scale))
        dts += step
    move = 0
    if b"edts" in dict(boxes(trak)):
        for length, media, _ in table(inside(trak, b"edts"), b"elst", 3):
            if media == -1:
                move += length * NS // movie
            else:
                move -= media * NS // scale
                break
    entry = inside(stbl, b"stsd")[8:]
    kind, body = next(boxes(entry))
    if kind == b"avc1":
        made = h264(packets, inside(body[78:], b"avcC"))
    elif kind == b"mp4a":
        made = in_esds(packets, inside(body[28:], b"esds"))
    else:
        name = kind.decode()
        box = coded.BOXES.get(name)
        made = sound(name, packets,
                     box and inside(body[28:], box.encode()))
    return kind, made, [t + move for t in pts]


def mp4(data):
    moov = inside(data, b"moov")
    tracks = [track(data, moov, trak) for name, trak in boxes(moov)
              if name == b"trak"]
    zero = min((min(t) for kind, _, t in tracks if kind == b"avc1"),
               default=tracks[0][2][0])
    return [(made, [t - zero for t in times]) for _, made, times in tracks]


def wav(data):
    chunks, at = {}, 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4:at + 8], "little")
        chunks[data[at:at + 4]] = data[at + 8:at + 8 + size]
        at += 8 + size + size % 2
    _, channels, rate, _, _, bits = struct.unpack("<HHIIHH",
                                                  chunks[b"fmt "][:16])
    return [(pcm(chunks[b"data"], channels, rate, bits // 8), [0])]


def ivf(data):
    packets, times, at = [], [], 32
    rate, scale = struct.unpack("<II", data[16:24])
    while at < len(data):
        size, pts = struct.unpack("<IQ", data[at:at + 12])
        packets.append(data[at + 12:at + 12 + size])
        times.append(nearest(pts * scale * NS, rate))
        at += 12 + size
    return [(flv1(packets), times)]


# ---------------------------------------------------------------- check

def check_stream(stream, blob, made, times):
    segments, parts, *sizes = made
    check("a form of its own", stream[4] == segments.form.decode())
    check("the timeline is the signed one", H(blob) == stream[15])
    tl = deterministic(blob, "the timeline")
    check("the leaves", tl[2] == b"".join(segments.leaves))
    check("the units", tl[3] == segments.units)
    if 5 in tl:
        check("the frames", tl[1] == 2 and tl[5] == b"".join(segments.frames))
    else:
        check("no frames", tl[1] == 1)
    check("the root", root(segments.leaves) == stream[14])
    check("the parts", stream[7] == parts)
    check("the configuration", stream[6] == H(
        *(name.encode() + b"\0" + digest for name, digest in parts)))
    check("the counts", stream[9] == len(segments.leaves) and
          sum(segments.units) == stream[11 if stream[2] == 2 else 10])
    if times is None:
        check("no times", tl[4] is None)
        return
    at = unit_times(tl[4])
    check("a time for each unit", len(at) == sum(segments.units))
    steps = sizes[0] if sizes else [len(at) // len(times)] * len(times)
    check("a number for each packet", len(steps) == len(times))
    place = 0
    for step, t in zip(steps, times):
        check("the times", abs(at[place] - t) <= 3000000)
        place += step


def check_sidecar(path, vkey):
    raw = contents(path + ".prov")
    check("the sidecar's seal", H(raw[:-34]) == raw[-32:])
    body = deterministic(raw, "the sidecar")[0]
    protected, _, payload, signature = deterministic(
        body[2], "the statement").value
    key = base64.b64decode(vkey.split("+", 2)[2])[1:]
    header = deterministic(protected, "the header")
    check("the kid", header[4] == H(bytes.fromhex("a301012006215820"), key))
    ed25519.Ed25519PublicKey.from_public_bytes(key).verify(
        signature, cbor2.dumps(["Signature1", protected, b"", payload]))
    manifest = deterministic(payload, "the manifest")
    check("the subject", header[15][2] == "sha256:" + manifest[4][2].hex())
    return manifest, body[5]


def read(path, vkey, framed=None):
    manifest, blobs = check_sidecar(path, vkey)
    data = contents(path)
    check("the asset", manifest[4][1] == len(data) and
          manifest[4][2] == H(data))
    made = {"mp4": mp4, "wav": wav, "ivf": ivf,
            "amr": lambda d: [(amr(d[6:]), [0])],
            "png": png, "gif": gif, "webp": webp,
            "jpeg": jpeg}[manifest[4][3]](data)
    check("the streams", len(made) == len(manifest[5]) == len(blobs))
    for stream, blob, (one, times) in zip(manifest[5], blobs, made):
        check_stream(stream, blob, one, times)
    if framed:
        check("each picture", any(
            5 in deterministic(blob, "a timeline") for blob in blobs))


def chunk(kind, data):
    return u32(len(data)) + kind + data + u32(zlib.crc32(kind + data))


def make(folder):
    r = random.Random(5)
    noise = bytes(r.randrange(256) for _ in range(4 * 8000 * 6))
    with open(folder + "/noise.wav", "wb") as f:
        f.write(b"RIFF" + struct.pack("<I", 36 + len(noise)) + b"WAVEfmt " +
                struct.pack("<IHHIIHH", 16, 1, 2, 8000, 32000, 4, 16) +
                b"data" + struct.pack("<I", len(noise)) + noise)
    with open(folder + "/speech.amr", "wb") as f:
        f.write(b"#!AMR\n")
        for _ in range(400):
            kind, size = r.choice([(0, 13), (7, 32), (8, 6), (15, 1)])
            f.write(bytes([kind << 3 | 4]) + r.randbytes(size - 1))
    with open(folder + "/frames.ivf", "wb") as f:
        f.write(b"DKIF" + struct.pack("<HH4sHHIIII", 0, 32, b"FLV1", 128, 96,
                                      25, 1, 40, 0))
        for i in range(40):
            packet = (bytes([0, 0, 0x80, 1, (i % 12 != 0) << 5]) +
                      r.randbytes(20000 if i == 7 else 50))
            f.write(struct.pack("<IQ", len(packet), i) + packet)
    pixels = zlib.compress(b"\0\1\0\0" * 2)
    with open(folder + "/dot.png", "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" +
                chunk(b"IHDR", u32(3) + u32(2) + bytes([8, 3, 0, 0, 0])) +
                chunk(b"gAMA", u32(45455)) + chunk(b"PLTE", bytes(6)) +
                chunk(b"tEXt", b"Title\0dot") +
                chunk(b"IDAT", pixels[:5]) + chunk(b"IDAT", pixels[5:]) +
                chunk(b"IEND", b""))


if __name__ == "__main__":
    {"make": make, "read": read}[sys.argv[1]](*sys.argv[2:])
