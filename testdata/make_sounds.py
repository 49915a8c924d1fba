#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes testdata/fuzz/sound: what tests/fuzz/fuzz_sound.c reads.

Run in testdata/. The same bytes come out every time.
"""
import os

AAC, MPEG, OPUS, S16BE, U8, S24LE = range(6)
HEAD = b"OpusHead\1\2\x38\1\x80\xbb\0\0\0\0\0"


def piece(data):
    return bytes([len(data)]) + data


def sound(codec, config, packets):
    return bytes([codec]) + piece(config) + b"".join(map(piece, packets))


def adts(block, layout=2):
    whole = 7 + len(block)
    return bytes([0xFF, 0xF1, 0x4C, layout << 6, whole >> 3,
                  (whole << 5 | 0x1F) & 0xFF, 0xFC]) + block


def sounds():
    block = b"\x21\x10\x04\x60\x8c\x1c"
    yield "aac", sound(AAC, bytes.fromhex("119056e500"), [block] * 18)
    yield "aac-sbr", sound(AAC, bytes.fromhex("131056e59d4880"), [block] * 3)
    yield "adts", sound(AAC, b"", [adts(block), adts(block) * 2])
    pce = bytes.fromhex("a04c810000100000")
    yield "adts-pce", sound(AAC, b"", [adts(pce + block, 0), adts(block, 0)])
    frame = b"\xff\xf3\x18\xc0" + bytes(range(20))
    frame = (frame + bytes(52))[:52]
    info = (frame[:13] + b"Info\0\0\0\0LAME3.100" + bytes(52))[:52]
    yield "mp3", sound(MPEG, b"", [info, frame, frame + frame])
    yield "opus", sound(OPUS, HEAD, [b"\xfcab", b"\xff\3x", b"\x08y"])
    dops = b"\0\2\1\x38\0\0\xbb\x80\0\0\1\1\1\0\1"
    yield "opus-mp4", sound(OPUS, dops, [b"\xfcab"])
    yield "pcm", sound(S16BE, b"", [bytes(range(200)), b"abc", b"d"])
    yield "pcm-24", sound(S24LE, b"", [bytes(250)] * 4)
    yield "pcm-8", sound(U8, b"", [b"silence"])


def main():
    os.makedirs(os.path.join("fuzz", "sound"), exist_ok=True)
    for name, data in sounds():
        with open(os.path.join("fuzz", "sound", name), "wb") as out:
            out.write(data)


main()
