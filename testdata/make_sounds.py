#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes testdata/fuzz/sound: what tests/fuzz/fuzz_sound.c reads.

Run in testdata/. The same bytes come out every time.
"""
import os

(AAC, MPEG, OPUS, S16BE, U8, S24LE, AC3, EAC3, DTS, MLP, FLAC, ALAC, VORBIS,
 LATM) = range(14)
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
    yield "usac", sound(AAC, bytes.fromhex("f946436012345678"), [block] * 3)
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
    yield from frames()
    yield "pcm", sound(S16BE, b"", [bytes(range(200)), b"abc", b"d"])
    yield "pcm-24", sound(S24LE, b"", [bytes(250)] * 4)
    yield "pcm-8", sound(U8, b"", [b"silence"])


def padded(text, size):
    head = bytes.fromhex(text)
    return head + bytes(i * 7 & 255 for i in range(size - len(head)))


def crc(data, poly, bits):
    r = 0
    for byte in data:
        r ^= byte << bits - 8
        for _ in range(8):
            r = r << 1 ^ (poly if r >> bits - 1 & 1 else 0)
            r &= (1 << bits) - 1
    return r.to_bytes(bits // 8, "big")


def flac_frame(text, size):
    head = bytes.fromhex(text)
    frame = padded((head + crc(head, 7, 8)).hex(), size - 2)
    return frame + crc(frame, 0x8005, 16)


def vorbis_headers():
    head = bytes.fromhex("01766f726269730000000002"
                         "44ac0000000000000000000000000000b801")
    # Two modes, short and long: number 2, then 41 bits each, then a set bit.
    bits = 3 | 1 << 2 | 1 << 8 + 41 | 1 << 8 + 41 + 33 | 1 << 8 + 82
    setup = b"\x05vorbis" + b"\xff" * 7 + bits.to_bytes(12, "little")
    return b"\2\x1e\7" + head + b"\3vorbis" + setup


def loas(bits):
    """A frame of these (value, width)."""
    text = "".join(f"{v:0{n}b}" for v, n in bits)
    text += "0" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big")
    return (0x2B7 << 13 | len(data)).to_bytes(3, "big") + data


def latm():
    block = b"\x21\x10\x04\x60\x8c\x1c"
    payload = [(6, 8), (int.from_bytes(block, "big"), 48)]
    mux = [(0, 1), (0, 1), (1, 1), (0, 6), (0, 7), (0x1190, 16), (0, 3),
           (255, 8), (0, 2)]
    yield "latm", sound(LATM, b"", [loas(mux + payload),
                                    loas([(1, 1)] + payload)])
    mux = [(0, 1), (2, 2), (1, 2), (65535, 16), (1, 1), (1, 6), (0, 7), (0, 2),
           (40, 8), (0x119056E500, 40), (0, 3), (255, 8), (0, 1), (1, 1),
           (165, 8)]
    yield "latm-two", sound(LATM, b"", [loas(mux + payload * 2)] * 2)


def frames():
    yield from latm()
    ac3 = padded("0b770000004040", 128)
    yield "ac3", sound(AC3, b"", [ac3, ac3 + b"\x0b"])
    swapped = bytes(ac3[i ^ 1] for i in range(128))
    yield "ac3-swapped", sound(AC3, b"", [swapped])
    unit = b"".join(padded(t, 64) for t in
                    ("0b77001f3480", "0b77401f3480", "0b77081f3480"))
    yield "eac3", sound(EAC3, b"", [unit, unit])
    core = padded("7ffe8001fc3c05f0b4a0003800", 96)
    ext = padded("645820250001e003f880", 32)
    yield "dts", sound(DTS, b"", [core + ext, core, ext])
    yield "dts-ext", sound(DTS, b"", [ext, ext])
    major = padded("50180000f8726fba00008001b75200000000800020", 48)
    yield "truehd", sound(MLP, b"", [major, padded("50180000", 48) * 2])
    info = bytes.fromhex("10001000" + "000000" * 2 + "0ac442f0" + "00" * 20)
    frame = flac_frame("fff8c91800", 40)
    yield "flac", sound(FLAC, info, [frame, frame + frame,
                                     flac_frame("fff8791800000f", 40)])
    cookie = bytes.fromhex("00001000001028""0a0e0200ff"
                           "00004000000123450000ac44")
    yield "alac", sound(ALAC, b"\0\0\0\x24alac\0\0\0\0" + cookie,
                        [padded("200000", 40), padded("200010000007d0", 40)])
    yield "vorbis", sound(VORBIS, vorbis_headers(),
                          [b"\0abc", b"\2def", b"\6ghi"])


def main():
    os.makedirs(os.path.join("fuzz", "sound"), exist_ok=True)
    for name, data in sounds():
        with open(os.path.join("fuzz", "sound", name), "wb") as out:
            out.write(data)


main()
