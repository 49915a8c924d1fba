#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes testdata/fuzz/jpeg and testdata/fuzz/png: small images that decode.

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
    yield "animated", png(8, 0, [b"ab"], before=chunk(b"acTL", b"\0\0\0\1\0\0\0\0"))


def main():
    for folder, images in (("jpeg", jpegs()), ("png", pngs())):
        os.makedirs(os.path.join("fuzz", folder), exist_ok=True)
        for name, data in images:
            with open(os.path.join("fuzz", folder, name), "wb") as out:
                out.write(data)


main()
