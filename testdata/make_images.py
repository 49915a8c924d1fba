#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes testdata/fuzz/{gif,jpeg,png,webp}: small images, most of which decode.

Run in testdata/. The same bytes come out every time.
"""
import os
import struct
import zlib


def segment(marker, data):
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def exif(orientation):
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x112, 3, 1, orientation, 0, 0)
    return segment(0xE1, b"Exif\0\0" + tiff)


QUANT = segment(0xDB, b"\0" + b"\1" * 64)
# One code of two bits each: DC category 0 and end of block.
HUFFMAN = segment(0xC4, b"\0" + b"\0\1" + b"\0" * 14 + b"\0") + segment(
    0xC4, b"\x10" + b"\0\1" + b"\0" * 14 + b"\0"
)
JFIF = segment(0xE0, b"JFIF\0\1\2\1\0\x48\0\x48\0\0")
ICC = segment(0xE2, b"ICC_PROFILE\0\1\1profile")
ADOBE = segment(0xEE, b"Adobe\0d\0\0\0\0\1")
JUMBF = segment(0xEB, b"JP\0\1\0\0\0\1\0\0\0\x10jumb\0\0\0\x08jumd")
XMP = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>")


def frame(sof, components):
    head = struct.pack(">BHHB", 8, 8, 8, components)
    for i in range(components):
        head += bytes([i + 1, 0x11, 0])
    return segment(sof, head)


def scan(ids, start, end, coded):
    head = bytes([len(ids)]) + b"".join(bytes([i, 0]) for i in ids)
    return segment(0xDA, head + bytes([start, end, 0])) + coded


def jpeg(*parts):
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xd9"


def gain_map(image):
    """Two of it: an MPF index, and what is said of the second one."""
    xmp = (b'<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/'
           b'1.0/" hdrgm:Version="1.0"><hdrgm:GainMapMax><rdf:li>1</rdf:li>'
           b'</hdrgm:GainMapMax></rdf:Description>')
    iso = segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0")
    head = iso + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
    size = 2 + len(head) + 4 + 4 + 34 + 32 + len(image) - 2
    index = struct.pack("<2sHIHHHIIHHIII", b"II", 42, 8, 2, 0xB001, 4, 1, 2,
                        0xB002, 7, 32, 34, 0)
    index = index[:34].ljust(34, b"\0")
    entries = struct.pack("<IIIHHIIIHH", 0x30000, size, 0, 0, 0, 0,
                          len(image), size - 2 - len(head) - 8, 0, 0)
    first = head + segment(0xE2, b"MPF\0" + index + entries)
    return image[:2] + first + image[2:] + image


def jpegs():
    grey = scan([1], 0, 63, b"\x0f")
    yield "grey", jpeg(QUANT, HUFFMAN, frame(0xC0, 1), grey)
    colour = scan([1, 2, 3], 0, 63, b"\x00\x0f")
    yield "colour", jpeg(JFIF, QUANT, frame(0xC0, 3), HUFFMAN, colour)
    yield "metadata", jpeg(
        exif(6), XMP, JUMBF, ICC, ADOBE, segment(0xFE, b"hello"),
        QUANT, segment(0xDD, b"\0\1"), frame(0xC0, 3), HUFFMAN, colour)
    yield "progressive", jpeg(
        QUANT, frame(0xC2, 1), HUFFMAN, scan([1], 0, 0, b"\x3f"),
        HUFFMAN, scan([1], 1, 63, b"\x3f"))
    dac = segment(0xCC, b"\0\x10\x10\5")
    yield "arithmetic", jpeg(QUANT, dac, frame(0xC9, 1), grey)
    yield "gain_map", gain_map(jpeg(QUANT, HUFFMAN, frame(0xC0, 1), grey))
    video = b"\0\0\0\x10ftypmp42\0\0\0\0" + b"\0\0\0\x08moov"
    yield "motion", jpeg(QUANT, HUFFMAN, frame(0xC0, 1), grey) + video
    yield "trailer", jpeg(QUANT, HUFFMAN, frame(0xC0, 1), grey) + b"mp4"


def chunk(kind, data):
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(depth, colour, rows, before=b"", after=b"", split=0):
    head = struct.pack(">IIBBBBB", 2, len(rows), depth, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    pixels = chunk(b"IDAT", data[split:])
    if split:
        pixels = chunk(b"IDAT", data[:split]) + pixels
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + pixels
            + after + chunk(b"IEND", b""))


def pngs():
    yield "grey", png(8, 0, [b"\x10\x20", b"\x30\x40"])
    yield "split", png(8, 2, [b"abcdef"], split=5)
    palette = chunk(b"PLTE", b"abcdef") + chunk(b"tRNS", b"\0\x80")
    yield "palette", png(1, 3, [b"\x40"], before=palette)
    colour = (chunk(b"gAMA", b"\0\0\xb1\x8f") + chunk(b"sRGB", b"\1")
              + chunk(b"cICP", b"\x09\x10\0\1") + chunk(b"cHRM", b"01234567" * 4)
              + chunk(b"pHYs", b"\0\0\x0b\x13\0\0\x0b\x13\1"))
    yield "colour", png(8, 6, [b"abcdefgh"], before=colour)
    meta = (chunk(b"tEXt", b"Title\0x") + chunk(b"eXIf", exif(6)[10:])
            + chunk(b"tIME", b"\7\xea\1\1\0\0\0") + chunk(b"caBX", b"jumb"))
    yield "metadata", png(8, 4, [b"abcd"], after=meta) + b"trailer"
    yield "animated", apng(b"\0\0\0\3\0\0\0\0")
    yield "no_control", apng(None)


def control(n, delay, how=b"\0\0"):
    return chunk(b"fcTL", struct.pack(">IIIIIHH", n, 2, 1, 0, 0, delay, 10)
                 + how)


def apng(loops):
    """Three frames, the still among them."""
    rows = [zlib.compress(b"\0" + row, 9) for row in (b"ab", b"cd", b"ef")]
    still = png(8, 0, [b"ab"], before=(
        chunk(b"acTL", loops) if loops else b"") + control(0, 1))
    more = (control(1, 2, b"\1\1") + chunk(b"fdAT", b"\0\0\0\2" + rows[1])
            + control(3, 3) + chunk(b"fdAT", b"\0\0\0\4" + rows[2][:3])
            + chunk(b"fdAT", b"\0\0\0\5" + rows[2][3:]))
    return still[:-12] + more + still[-12:]


def blocks(data):
    return b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255]
                    for i in range(0, len(data), 255)) + b"\0"


def picture(place, own=b""):
    flags = 0x80 if own else 0
    # Clear, a pixel of colour 0, the end: codes of three bits.
    return (b"\x2c" + struct.pack("<HHHHB", *place, flags) + own + b"\2"
            + blocks(b"\x44\1"))


def application(name, data):
    return b"\x21\xff" + blocks(name)[:-1] + blocks(data)


def gifs():
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"abcdef"
    shown = b"\x21\xf9\4\5\x0a\0\1\0"
    one = picture((0, 0, 1, 1))
    yield "still", head + one + b"\x3b"
    yield "animated", (
        head + application(b"NETSCAPE2.0", b"\1\0\0") + shown + one
        + shown + picture((0, 0, 1, 1), b"ghijkl") + one + b"\x3b")
    yield "extensions", (
        head + b"\x21\xfe" + blocks(b"a comment")
        + application(b"XMP DataXMP", b"<x/>")
        + application(b"ICCRGBG1012", b"profile")
        + application(b"C2PA_GIF\1\0\0", b"jumb")
        + application(b"SOMETHING42", b"else")
        + b"\x21\1" + blocks(b"plain text") + one + b"\x3btrailer")


def riff(*parts):
    data = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(data)) + data


def part(kind, data):
    return (kind + struct.pack("<I", len(data)) + data
            + b"\0" * (len(data) % 2))


def wide(flags):
    return part(b"VP8X", bytes([flags, 0, 0, 0, 3, 0, 0, 1, 0, 0]))


LOSSY = part(b"VP8 ", b"\x10\0\0\x9d\x01\x2a\4\0\2\0x")
LOSSLESS = part(b"VP8L", b"\x2f\3\x40\0\x10y")


def animation_frame(ms, how, *parts):
    head = b"\0\0\0\0\0\0\3\0\0\1\0\0" + bytes([ms, 0, 0, how])
    return part(b"ANMF", head + b"".join(parts))


def webps():
    yield "lossy", riff(LOSSY)
    yield "lossless", riff(LOSSLESS) + b"trailer"
    yield "metadata", riff(
        wide(0x3c), part(b"ICCP", b"profile"), part(b"ALPH", b"\1\2"), LOSSY,
        part(b"EXIF", exif(6)[10:]), part(b"XMP ", b"<x/>"),
        part(b"C2PA", b"jumb"), part(b"any ", b"thing"))
    yield "animated", riff(
        wide(0x12), part(b"ANIM", b"\1\2\3\4\0\0"),
        animation_frame(20, 0, LOSSY), animation_frame(30, 2, LOSSLESS),
        animation_frame(40, 1, part(b"ALPH", b"\1\2"), LOSSY))


def main():
    for folder, images in (
            ("gif", gifs()), ("jpeg", jpegs()), ("png", pngs()),
            ("webp", webps())):
        os.makedirs(os.path.join("fuzz", folder), exist_ok=True)
        for name, data in images:
            with open(os.path.join("fuzz", folder, name), "wb") as out:
                out.write(data)


main()
