#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""images.py originals: puts what ffmpeg wrote into the shapes to be signed.
images.py altered: writes the cases of testdata/images.txt that need no tool.

Both in the working directory.
"""

import struct
import sys
import zlib


def read(name):
    with open(name, "rb") as f:
        return f.read()


def write(name, *parts):
    with open(name, "wb") as f:
        f.write(b"".join(parts))


# ----------------------------------------------------------------- JPEG

XMP = b"http://ns.adobe.com/xap/1.0/\0"
HDR = b"http://ns.adobe.com/hdr-gain-map/1.0/"
ISO = b"urn:iso:std:iso:ts:21496:-1\0"


def segment(marker, data):
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg_split(data):
    """Head segments as (marker, content), and what begins with SOS."""
    at, out = 2, []
    while data[at + 1] != 0xDA:
        size = struct.unpack(">H", data[at + 2:at + 4])[0]
        out.append((data[at + 1], data[at + 4:at + 2 + size]))
        at += 2 + size
    return out, data[at:]


def jpeg_join(head, rest):
    return b"\xff\xd8" + b"".join(segment(*s) for s in head) + rest


def tiff(orientation):
    return b"MM\0*" + struct.pack(
        ">IHHHIHHI", 8, 1, 0x112, 3, 1, orientation, 0, 0)


def jumbf(payload):
    box = struct.pack(">I", 8 + len(payload)) + b"jumb" + payload
    return b"JP\0\1" + struct.pack(">I", 1) + box


def mpf(first_len, second_len, offset):
    """Behind MPF's name: an index of two images."""
    head = struct.pack("<2sHIHHHIIHHIII", b"II", 42, 8, 2, 0xB001, 4, 1, 2,
                       0xB002, 7, 32, 38, 0)
    return b"MPF\0" + head + struct.pack(
        "<IIIHHIIIHH", 0x30000, first_len, 0, 0, 0, 0, second_len, offset,
        0, 0)


def gain_map(picture, gain, xmp, iso=b"\0\0\0\0"):
    """An Ultra HDR file: the second picture is how bright the first can be."""
    head, rest = jpeg_split(picture)
    front = [head[0], (0xE1, XMP + xmp), (0xE2, ISO + iso)]
    before = len(jpeg_join(front, b""))
    size = before + 4 + 74 + len(jpeg_join(head[1:], rest)) - 2
    index = mpf(size, len(gain), size - before - 8)
    return jpeg_join(front + [(0xE2, index)] + head[1:], rest) + gain


GAIN_XMP = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://'
            b'www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
            b'xmlns:hdrgm="' + HDR + b'" hdrgm:Version="1.0"/></rdf:RDF>'
            b'</x:xmpmeta>')


def jpeg_originals():
    head, rest = jpeg_split(read("made.jpg"))
    head = [s for s in head if s[0] != 0xFE]
    plain = jpeg_join(head, rest)
    write("photo.jpg", plain)
    write("tagged.jpg", jpeg_join(head[:1] + [
        (0xE1, b"Exif\0\0" + tiff(1)), (0xE1, XMP + b"<x:xmpmeta/>"),
        (0xED, b"Photoshop 3.0\0"), (0xFE, b"a comment"),
        (0xEB, jumbf(b"c2pa")), (0xEC, b"Ducky\0\1")] + head[1:], rest))
    write("bare.jpg", jpeg_join(head[1:] + [(0xFE, b"bare")], rest))
    small_head, small_rest = jpeg_split(read("gain.jpg"))
    small = jpeg_join([s for s in small_head if s[0] != 0xFE], small_rest)
    write("gain.jpg", small)
    write("ultra.jpg", gain_map(plain, small, GAIN_XMP))
    head, rest = jpeg_split(read("moved.jpg"))
    write("profiled.jpg", jpeg_join(
        head[:1] + [(0xE2, b"ICC_PROFILE\0\1\1a profile")] + head[1:], rest))
    write("motion.jpg", jpeg_join(
        head[:1] + [(0xE1, XMP + b"<GCamera:MotionPhoto/>")] + head[1:], rest),
        read("motion.mp4"))


def jpeg_altered():
    plain = read("photo.jpg")
    head, rest = jpeg_split(plain)

    def put(name, *segments):
        write(name, jpeg_join(head[:1] + list(segments) + head[1:], rest))

    put("exif.jpg", (0xE1, b"Exif\0\0" + tiff(1)))
    put("xmp.jpg", (0xE1, XMP + b"<x:xmpmeta/>"))
    put("comment.jpg", (0xFE, b"hello"))
    put("c2pa.jpg", (0xEB, jumbf(b"manifest store")))
    put("iptc.jpg", (0xED, b"Photoshop 3.0\0"))
    put("ducky.jpg", (0xEC, b"Ducky\0\1"))
    put("icc.jpg", (0xE2, b"ICC_PROFILE\0\1\1any profile"))
    put("turned.jpg", (0xE1, b"Exif\0\0" + tiff(6)))
    put("mirrored.jpg", (0xE1, b"Exif\0\0" + tiff(2)))
    put("hdr.jpg", (0xE2, ISO + b"\0\0\0\0"))
    dht = b"".join(d for m, d in head if m == 0xC4)
    write("tables.jpg", jpeg_join(
        [s for s in head if s[0] != 0xC4] + [(0xC4, dht)], rest))
    write("filled.jpg", plain[:2] + b"\xff" * 7 + plain[2:])
    jfif = head[0][1]
    write("density.jpg", jpeg_join(
        [(0xE0, jfif[:7] + b"\1\0\x48\0\x48" + jfif[12:])] + head[1:], rest))
    quant = [(m, d[:-1] + bytes([d[-1] ^ 1]) if m == 0xDB else d)
             for m, d in head]
    write("quant.jpg", jpeg_join(quant, rest))
    at = len(rest) // 2
    while 0xFF in rest[at - 1:at + 2] or 0xFF in (rest[at] ^ 1,):
        at += 1
    write("scan.jpg", jpeg_join(
        head, rest[:at] + bytes([rest[at] ^ 1]) + rest[at + 1:]))
    write("zip.jpg", plain, b"PK\5\6" + bytes(18))
    write("html.jpg", plain, b"<html><script>")
    write("second.jpg", plain, read("gain.jpg"))
    head, rest = jpeg_split(read("bare.jpg"))
    write("colours.jpg", jpeg_join(
        [(0xEE, b"Adobe\0\x64\0\0\0\0\0")] + head, rest))

    ultra, small = read("ultra.jpg"), read("gain.jpg")
    head, rest = jpeg_split(ultra)
    write("ultra_exif.jpg", jpeg_join(
        head[:3] + [(0xE1, b"Exif\0\0" + tiff(1))] + head[3:], rest))
    words = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http:'
             b'//www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
             b"xmlns:g='" + HDR + b"' dc:title='x'>\n<g:Version>1.0"
             b"</g:Version></rdf:Description></rdf:RDF></x:xmpmeta>")
    write("ultra_title.jpg", gain_map(plain, small, words))
    write("ultra_version.jpg", gain_map(
        plain, small, GAIN_XMP.replace(b"1.0\"/>", b"1.1\"/>")))
    write("ultra_iso.jpg", gain_map(plain, small, GAIN_XMP, b"\0\0\0\1"))
    write("ultra_cut.jpg", ultra[:-len(small)])
    changed = bytearray(small)
    changed[-3] ^= 1
    write("ultra_swapped.jpg", gain_map(plain, bytes(changed), GAIN_XMP))
    write("ultra_no_index.jpg", jpeg_join(
        [s for s in head if not s[1].startswith(b"MPF")], rest))
    write("ultra_added.jpg", read("hdr.jpg"), small)

    motion, video = read("motion.jpg"), read("motion.mp4")
    head, rest = jpeg_split(motion)
    write("motion_bare.jpg", jpeg_join(head[:1] + head[2:], rest))
    write("motion_comment.jpg", jpeg_join(
        head[:1] + [(0xFE, b"hello")] + head[1:], rest))
    write("motion_cut.jpg", motion[:-len(video)])
    write("motion_added.jpg", plain, video)
    write("motion_other.jpg", motion[:-len(video)], read("other.mp4"))
    write("motion_behind.jpg", motion, b"SEFT")


# ------------------------------------------------------------ PNG, APNG

def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data)))


def png_split(data):
    at, out = 8, []
    while at < len(data):
        size = struct.unpack(">I", data[at:at + 4])[0]
        out.append((data[at + 4:at + 8], data[at + 8:at + 8 + size]))
        at += 12 + size
    return out


def png_join(chunks):
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks)


DROPPED = (b"tEXt", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP")


def png_originals():
    for name in "png", "apng":
        write("still.png" if name == "png" else "moving.png", png_join(
            c for c in png_split(read("made." + name))
            if c[0] not in DROPPED))
    chunks = png_split(read("still.png"))
    pixels = b"".join(d for k, d in chunks if k == b"IDAT")
    write("still.png", png_join(
        [chunks[0], (b"IDAT", pixels), (b"IEND", b"")]))
    write("tagged.png", png_join([
        chunks[0], (b"tEXt", b"Title\0x"), (b"eXIf", tiff(1)),
        (b"caBX", b"store"), (b"IDAT", pixels),
        (b"tIME", b"\7\xea\1\1\0\0\0"), (b"IEND", b"")]))


def png_altered():
    plain = read("still.png")
    head, pixels, end = png_split(plain)

    def put(name, *chunks):
        write(name, png_join([head, *chunks, pixels, end]))

    put("text.png", (b"tEXt", b"Title\0hello"))
    put("exif.png", (b"eXIf", tiff(1)))
    put("c2pa.png", (b"caBX", b"manifest store"))
    put("time.png", (b"tIME", b"\7\xea\1\1\0\0\0"))
    put("gamma.png", (b"gAMA", struct.pack(">I", 45455)))
    put("srgb.png", (b"sRGB", b"\0"))
    put("icc.png", (b"iCCP", b"x\0\0" + zlib.compress(b"a profile")))
    put("cicp.png", (b"cICP", b"\x09\x10\0\1"))
    put("density.png", (b"pHYs", struct.pack(">IIB", 2835, 2835, 1)))
    put("turned.png", (b"eXIf", tiff(6)))
    put("clear.png", (b"tRNS", bytes(6)))
    put("background.png", (b"bKGD", bytes(6)))
    put("unknown.png", (b"vpAg", b"x"))
    data = pixels[1]
    write("split.png", png_join(
        [head] + [(b"IDAT", data[i:i + 100])
                  for i in range(0, len(data), 100)] + [end]))
    changed = data[:50] + bytes([data[50] ^ 1]) + data[51:]
    write("pixels.png", png_join([head, (b"IDAT", changed), end]))
    write("zip.png", plain, b"PK\5\6" + bytes(18))


class Apng:
    """Frames as [fcTL without its number, data]; the still is the first."""

    def __init__(self):
        self.head, self.frames, self.loops = [], [], 0
        for kind, data in png_split(read("moving.png")):
            if kind == b"acTL":
                self.loops = struct.unpack(">I", data[4:])[0]
            elif kind == b"fcTL":
                self.frames.append([bytearray(data[4:]), b""])
            elif kind == b"IDAT":
                self.frames[-1][1] += data
            elif kind == b"fdAT":
                self.frames[-1][1] += data[4:]
            elif kind != b"IEND":
                self.head.append((kind, data))

    def save(self, name, piece=1 << 20, control=True, extra=()):
        out, n = list(self.head), 0
        if control:
            out.append((b"acTL", struct.pack(
                ">II", len(self.frames), self.loops)))
        out += extra
        for i, (how, data) in enumerate(self.frames):
            out.append((b"fcTL", struct.pack(">I", n) + how))
            n += 1
            for at in range(0, len(data), piece):
                part = data[at:at + piece]
                if i > 0:
                    part = struct.pack(">I", n) + part
                    n += 1
                out.append((b"fdAT" if i > 0 else b"IDAT", part))
        write(name, png_join(out + [(b"IEND", b"")]))


def apng_altered():
    Apng().save("moving_text.png", extra=[(b"tEXt", b"Title\0x")])
    Apng().save("moving_split.png", piece=64)
    Apng().save("moving_stopped.png", control=False)
    a = Apng()
    a.frames = a.frames[:1]
    write("moving_still.png", png_join(
        a.head + [(b"IDAT", a.frames[0][1]), (b"IEND", b"")]))

    def put(name, change):
        b = Apng()
        change(b)
        b.save("moving_" + name + ".png")

    def delay(b, i, factor):
        num, den = struct.unpack(">HH", b.frames[i][0][16:20])
        b.frames[i][0][16:20] = struct.pack(">HH", num * factor, den)

    def slow(b):
        for i in range(len(b.frames)):
            delay(b, i, 2)

    def swap(b):
        b.frames[2], b.frames[3] = b.frames[3], b.frames[2]

    def dispose(b):
        b.frames[2][0][20] ^= 1

    def blend(b):
        b.frames[2][0][21] ^= 1

    put("dropped", lambda b: b.frames.pop(3))
    put("doubled", lambda b: b.frames.insert(3, b.frames[3]))
    put("swapped", swap)
    put("late", lambda b: delay(b, 1, 3))
    put("slow", slow)
    put("last", lambda b: delay(b, -1, 3))
    put("loops", lambda b: setattr(b, "loops", 5))
    put("dispose", dispose)
    put("blend", blend)


# ----------------------------------------------------------------- WebP

def webp_split(data):
    at, out = 12, []
    while at < len(data):
        size = struct.unpack("<I", data[at + 4:at + 8])[0]
        out.append((data[at:at + 4], data[at + 8:at + 8 + size]))
        at += 8 + size + size % 2
    return out


def webp_join(chunks):
    data = b"WEBP" + b"".join(
        k + struct.pack("<I", len(d)) + d + b"\0" * (len(d) % 2)
        for k, d in chunks)
    return b"RIFF" + struct.pack("<I", len(data)) + data


def webp_originals():
    """In the extended format, which has room for EXIF."""
    picture = webp_split(read("small.webp"))[0]
    head = bytes([0x0C, 0, 0, 0]) + (159).to_bytes(3, "little") + (
        119).to_bytes(3, "little")
    write("tagged.webp", webp_join([
        (b"VP8X", head), picture, (b"EXIF", tiff(1)),
        (b"XMP ", b"<x:xmpmeta/>")]))


def webp_altered():
    plain = read("still.webp")
    chunks = webp_split(plain)
    write("c2pa.webp", webp_join(chunks + [(b"C2PA", b"store!")]))
    write("unknown.webp", webp_join(chunks + [(b"any ", b"thing!")]))
    kind, data = chunks[0]
    write("pixels.webp", webp_join(
        [(kind, data[:99] + bytes([data[99] ^ 1]) + data[100:])]))
    write("zip.webp", plain, b"PK\5\6" + bytes(18))

    def put(name, change):
        out = [[k, bytearray(d)] for k, d in webp_split(read("moving.webp"))]
        frames = [i for i, c in enumerate(out) if c[0] == b"ANMF"]
        change(out, frames)
        write("moving_" + name + ".webp", webp_join(out))

    def delay(out, i, factor):
        ms = int.from_bytes(out[i][1][12:15], "little")
        out[i][1][12:15] = (ms * factor).to_bytes(3, "little")

    def slow(out, frames):
        for i in frames:
            delay(out, i, 2)

    def swap(out, frames):
        i, k = frames[2], frames[3]
        out[i], out[k] = out[k], out[i]

    def flags(bit):
        def change(out, frames):
            out[frames[2]][1][15] ^= bit
        return change

    def control(at, to):
        def change(out, frames):
            out[frames[0] - 1][1][at] = to
        return change

    def still(out, frames):
        picture = out[frames[0]][1][16:]
        size = struct.unpack("<I", picture[4:8])[0]
        out[:] = [[bytes(picture[:4]), picture[8:8 + size]]]

    put("c2pa", lambda out, f: out.append([b"C2PA", b"store!"]))
    put("dropped", lambda out, f: out.pop(f[3]))
    put("doubled", lambda out, f: out.insert(f[3], out[f[3]]))
    put("swapped", swap)
    put("late", lambda out, f: delay(out, f[1], 3))
    put("slow", slow)
    put("last", lambda out, f: delay(out, f[-1], 3))
    put("dispose", flags(1))
    put("blend", flags(2))
    put("loops", control(4, 5))
    put("background", control(0, 7))
    put("still", still)


# ------------------------------------------------------------------ GIF

def blocks(data, piece=255):
    return b"".join(bytes([len(data[i:i + piece])]) + data[i:i + piece]
                    for i in range(0, len(data), piece)) + b"\0"


def unblock(data, at):
    out = b""
    while data[at]:
        out += data[at + 1:at + 1 + data[at]]
        at += 1 + data[at]
    return out, at + 1


class Gif:
    """frames: [control, descriptor with palette and code size, data]."""

    def __init__(self):
        data = read("moving.gif")
        at = 13 + 3 * (2 << (data[10] & 7)) * (data[10] >> 7)
        self.head, self.loop, self.frames = data[:at], None, []
        control = bytearray(4)
        while data[at] != 0x3B:
            if data[at] == 0x21:
                inside, end = unblock(data, at + 2)
                if data[at + 1] == 0xF9:
                    control = bytearray(inside)
                elif inside.startswith(b"NETSCAPE2.0"):
                    self.loop = struct.unpack("<H", inside[12:])[0]
                at = end
                continue
            flags = data[at + 9]
            first = at + 10 + 3 * (2 << (flags & 7)) * (flags >> 7)
            inside, end = unblock(data, first + 1)
            self.frames.append([control, data[at:first + 1], inside])
            at = end

    def save(self, name, piece=255, extra=b""):
        out = [self.head]
        if self.loop is not None:
            out.append(b"\x21\xff\x0bNETSCAPE2.0\3\1" +
                       struct.pack("<H", self.loop) + b"\0")
        out.append(extra)
        for control, picture, data in self.frames:
            out += [b"\x21\xf9" + blocks(control), picture,
                    blocks(data, piece)]
        write(name, *out, b"\x3b")


def gif_altered():
    Gif().save("moving_split.gif", piece=50)
    Gif().save("moving_comment.gif", extra=b"\x21\xfe\5hello\0")
    Gif().save("moving_c2pa.gif",
               extra=b"\x21\xff\x0bC2PA_GIF\1\0\0\5store\0")
    Gif().save("moving_icc.gif",
               extra=b"\x21\xff\x0bICCRGBG1012\7profile\0")
    Gif().save("moving_unknown.gif", extra=b"\x21\xff\x0bSOMETHING42\1x\0")
    write("moving_zip.gif", read("moving.gif"), b"PK\5\6" + bytes(18))

    def put(name, change):
        g = Gif()
        change(g)
        g.save("moving_" + name + ".gif")

    def delay(g, i, factor):
        control = bytearray(g.frames[i][0])
        ms = struct.unpack("<H", control[1:3])[0]
        control[1:3] = struct.pack("<H", ms * factor)
        g.frames[i][0] = control

    def slow(g):
        for i in range(len(g.frames)):
            delay(g, i, 2)

    def swap(g):
        g.frames[2], g.frames[3] = g.frames[3], g.frames[2]

    def dispose(g):
        g.frames[2][0] = bytearray(g.frames[2][0])
        g.frames[2][0][0] ^= 8

    def palette(g):
        g.head = g.head[:13] + bytes([g.head[13] ^ 1]) + g.head[14:]

    put("dropped", lambda g: g.frames.pop(3))
    put("doubled", lambda g: g.frames.insert(3, g.frames[3]))
    put("swapped", swap)
    put("late", lambda g: delay(g, 1, 3))
    put("slow", slow)
    put("last", lambda g: delay(g, -1, 3))
    put("loops", lambda g: setattr(g, "loop", 5))
    put("once", lambda g: setattr(g, "loop", None))
    put("dispose", dispose)
    put("palette", palette)


def main():
    if sys.argv[1] == "originals":
        jpeg_originals()
        png_originals()
        webp_originals()
        Gif().save("moving.gif")
        again = Gif()
        again.loop = 9
        again.save("tagged.gif", extra=(
            b"\x21\xfe\5hello\0\x21\xff\x0bXMP DataXMP\4<x/>\0"))
        return
    jpeg_altered()
    png_altered()
    apng_altered()
    webp_altered()
    gif_altered()


main()
