#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""bombs.py SIGNED: small files that ask for much, through the real worker.

Each is verified with the sidecar of the file SIGNED, in one run that ends with
SIGNED itself. Each gets a documented reason and status 1, and no process takes
more than 512 MiB. Speaks TAP, and says how long each took; PROV_HANG_MS makes
a longer time a failure.
"""

import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import time
import zlib

MEMORY_KIB = 512 << 10
HANG_MS = int(os.environ.get("PROV_HANG_MS", "0"))

# What a reason may be. A bomb that the demuxer sees through, because what it
# claims is not there, is malformed or incomplete; never a match.
MALFORMED = ("demux.malformed",)
MEMORY = ("limit.memory",)
SHORT = ("essence.incomplete",)


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def full(kind, *parts):
    return box(kind, bytes(4), *parts)


def be32(*values):
    return struct.pack(">%dI" % len(values), *values)


FTYP = box(b"ftyp", b"isom\0\0\0\0isommp42")
STTS, STSC = full(b"stts", be32(1, 1, 1024)), full(b"stsc", be32(1, 1, 1, 1))
STSZ, STCO = full(b"stsz", be32(0, 1, 16)), full(b"stco", be32(1, 40))
ESDS = full(b"esds", bytes.fromhex(
    "0319000100041140150000000000000000000000000502119006010200"))
MP4A = box(b"mp4a", bytes(6), b"\0\1", bytes(8), b"\0\2\0\x10\0\0\0\0",
           be32(48000 << 16), ESDS)
AVC1_HEAD = (bytes(6) + b"\0\1" + bytes(16) + b"\0\x40\0\x30" +
             be32(0x480000, 0x480000, 0) + b"\0\1" + bytes(32) + b"\0\x18" +
             b"\xff\xff")


def trak(tables, entry=MP4A, handler=b"soun", extra=b"", duration=48000):
    stsd = full(b"stsd", be32(1), entry)
    head = box(b"smhd", bytes(8)) if handler == b"soun" else \
        box(b"vmhd", bytes(12))
    dref = full(b"dref", be32(1), full(b"url ", b"")[:8] + b"\0\0\0\1")
    return box(
        b"trak",
        full(b"tkhd", be32(0, 0, 1, 0, duration), bytes(16),
             be32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000, 0, 0)),
        extra,
        box(b"mdia", full(b"mdhd", be32(0, 0, 48000, duration), bytes(4)),
            full(b"hdlr", bytes(4), handler, bytes(13)),
            box(b"minf", head, box(b"dinf", dref),
                box(b"stbl", stsd, *tables))))


def mp4(*tables, extra=b"", tail=b"", **kw):
    mvhd = full(b"mvhd", be32(0, 0, 1000, 1000, 0x10000), bytes(80))
    return (FTYP + box(b"mdat", bytes(4000)) +
            box(b"moov", mvhd, trak(tables, **kw), extra) + tail)


def table(kind, count, head=b""):
    """A table that says count and holds a kilobyte."""
    return full(kind, head, be32(count), bytes(1000))


def mp4_bombs():
    for power in (24, 26, 28, 31):
        n = 1 << power
        yield ("stsz-%d.mp4" % power, mp4(STTS, STSC, STCO,
               table(b"stsz", n, be32(0))), MALFORMED + MEMORY + SHORT)
        yield ("stsc-%d.mp4" % power, mp4(STTS, STSZ, STCO,
               table(b"stsc", n)), MALFORMED + MEMORY + SHORT)
        yield ("stts-%d.mp4" % power, mp4(STSC, STSZ, STCO,
               table(b"stts", n)), MALFORMED + MEMORY + SHORT)
        yield ("ctts-%d.mp4" % power, mp4(STTS, STSC, STSZ, STCO,
               table(b"ctts", n)), MALFORMED + MEMORY + SHORT)
        yield ("stco-%d.mp4" % power, mp4(STTS, STSC, STSZ,
               table(b"stco", n)), MALFORMED + MEMORY + SHORT)
        # No table at all: every sample has one size, and one duration.
        yield ("same-%d.mp4" % power, mp4(
            full(b"stts", be32(1, n - 1, 1024)),
            full(b"stsc", be32(1, 1, n - 1, 1)), STCO,
            full(b"stsz", be32(1, n - 1))), MALFORMED + MEMORY + SHORT)
    deep = b""
    for _ in range(1000):
        deep = box(b"moov", deep)
    yield "deep.mp4", FTYP + deep, ("limit.depth",) + MALFORMED
    deep = b""
    for _ in range(1000):
        deep = box(b"meta", bytes(4), box(b"ilst", deep))
    yield "deep-meta.mp4", mp4(STTS, STSC, STSZ, STCO,
                               extra=box(b"udta", deep)), ("limit.depth",)
    yield "boxes.mp4", FTYP + box(b"moov", box(b"trak") * 400000), (
        "limit.boxes", "limit.streams")
    yield "free.mp4", FTYP + box(b"free") * 500000, ("limit.boxes",) + MALFORMED
    yield "moof.mp4", mp4(STTS, STSC, STSZ, STCO, tail=box(
        b"moof", full(b"mfhd", be32(1))) * 200000), (
            "limit.boxes", "streams.")
    trun = full(b"trun", be32(1 << 28))
    traf = box(b"traf", full(b"tfhd", be32(1)), trun)
    trex = box(b"mvex", full(b"trex", be32(1, 1, 1024, 1, 0)))
    yield "trun.mp4", mp4(STTS, STSC, STSZ, STCO, extra=trex, tail=box(
        b"moof", full(b"mfhd", be32(1)), traf)), MALFORMED + MEMORY + SHORT
    storm = box(b"moof", full(b"mfhd", be32(1)), box(
        b"traf", full(b"tfhd", be32(1)), full(b"trun", be32(60000)))) * 3000
    yield "trun-storm.mp4", mp4(STTS, STSC, STSZ, STCO, extra=trex,
                                tail=storm), MALFORMED + MEMORY + SHORT + (
        "limit.cpu", "limit.reads", "limit.boxes")
    yield "tracks.mp4", FTYP + box(b"moov", trak(
        (STTS, STSC, STSZ, STCO)) * 300), ("limit.streams",)
    yield "duration.mp4", mp4(
        full(b"stts", be32(1, 1, 0x7fffffff)), STSC, STSZ, STCO,
        duration=0xffffffff), ("timing.", "essence.", "config.", "streams.")
    sps = b"\0\0\xff\xff\x67" + bytes(0xfffe)
    avcc = box(b"avcC", b"\1\x64\0\x1f\xff\xff", sps[2:] * 31, b"\0")
    yield "avcc.mp4", mp4(STTS, STSC, STSZ, STCO, entry=box(
        b"avc1", AVC1_HEAD, avcc), handler=b"vide"), (
        "limit.extradata", "config.")
    cmov = box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), box(
        b"cmvd", be32(0x7fffffff), zlib.compress(bytes(64 << 20)))))
    yield "cmov.mp4", FTYP + cmov, MALFORMED + MEMORY
    yield "edits.mp4", mp4(STTS, STSC, STSZ, STCO, extra=b"") + box(
        b"moov", trak((STTS, STSC, STSZ, STCO), extra=box(
            b"edts", table(b"elst", 1 << 28)))), MALFORMED + MEMORY + SHORT + (
        "presentation.edited", "streams.")


def size(n):
    return (n | 1 << 56).to_bytes(8, "big")


def el(kind, body):
    return bytes.fromhex(kind) + size(len(body)) + body


EBML = el("1a45dfa3", el("4282", b"matroska"))
INFO = el("1549a966", el("2ad7b1", b"\x0f\x42\x40"))


def track(n, codec=b"A_PCM/INT/LIT", more=b""):
    return el("ae", el("d7", bytes([n])) + el("73c5", bytes([n])) +
              el("83", b"\2") + el("86", codec) + more + el(
                  "e1", el("b5", struct.pack(">f", 8000)) + el("9f", b"\1") +
                  el("6264", b"\x08")))


def mkv(*parts, tracks=None):
    body = INFO + el("1654ae6b", tracks or track(1)) + b"".join(parts)
    return EBML + el("18538067", body)


def ebml_bombs():
    deep = b""
    for _ in range(1000):
        deep = el("a0", deep)
    yield "deep.mkv", mkv(el("1f43b675", el("e7", b"\0") + deep)), (
        "demux.malformed", "essence.", "limit.depth", "streams.missing")
    deep = b""
    for _ in range(1000):
        deep = el("67c8", deep)
    yield "deep-tags.mkv", mkv(el("1254c367", el("7373", deep))), (
        "demux.malformed", "essence.", "limit.", "streams.missing")
    yield "huge.mkv", EBML + bytes.fromhex("18538067") + size(
        (1 << 56) - 2) + INFO, MALFORMED + SHORT
    yield "huge-binary.mkv", mkv(tracks=track(1, more=bytes.fromhex("63a2") +
                                 size(1 << 40))), MALFORMED + SHORT + MEMORY
    yield "private.mkv", mkv(
        el("1f43b675", el("e7", b"\0") + el("a3", b"\x81\0\0\x80" + b"x")),
        tracks=track(1, b"A_AAC", el("63a2", bytes(2 << 20)))), (
        "limit.extradata",)
    yield "tracks.mkv", mkv(tracks=b"".join(
        track(1 + i % 120) for i in range(300))), ("limit.streams",)
    yield "void.mkv", mkv(el("ec", b"") * 500000), (
        "limit.elements",) + MALFORMED
    # 256 empty frames in a block of a few bytes.
    lace = el("a3", b"\x81\0\0\x86\xff" + bytes(255))
    yield "laces.mkv", mkv(el("1f43b675", el("e7", b"\0") + lace * 40000)), (
        "limit.", "streams.", "essence.", "timing.", "demux.")
    one = el("a3", b"\x81\0\0\x80x")
    yield "tiny.mkv", mkv(el("1f43b675", el("e7", b"\0") + one * 600000)), (
        "limit.elements", "streams.", "essence.")
    squeezed = zlib.compress(bytes(64 << 20), 9)
    coded = el("6d80", el("6240", el("5034", el("4254", b"\0"))))
    yield "zlib.mkv", mkv(
        el("1f43b675", el("e7", b"\0") + el("a3", b"\x81\0\0\x80" +
                                           squeezed) * 30),
        tracks=track(1, more=coded)), (
        "limit.", "essence.", "streams.", "demux.malformed")
    seek = el("114d9b74", el("4dbb", el("53ab", b"\x11\x4d\x9b\x74") + el(
        "53ac", b"\0")))
    yield "circle.mkv", EBML + el("18538067", seek * 100 + INFO + el(
        "1654ae6b", track(1))), ("limit.", "essence.", "streams.", "demux.")


def crc32(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04c11db7 if crc >> 31 else crc << 1)
            crc &= 0xffffffff
    return crc


def section(pid, table_id, body, number=0):
    head = bytes([table_id, 0xb0, len(body) + 9, 0, 1, 0xc1, number, number])
    data = head + body
    data += be32(crc32(data))
    return (b"\x47" + (0x4000 | pid).to_bytes(2, "big") + b"\x10\0" +
            data).ljust(188, b"\xff")


def ts_bombs():
    pat = section(0, 0, b"\0\1\xf0\0")
    streams = b"".join(bytes([0x0f]) + (0xe100 + i).to_bytes(2, "big") +
                       b"\xf0\0" for i in range(30))
    pmt = section(0x1000, 2, b"\xe1\0\xf0\0" + streams)
    pes = b""
    for pid in range(32, 8191):
        pes += (b"\x47" + (0x4000 | pid).to_bytes(2, "big") + b"\x10" +
                b"\0\0\1\xc0\0\x08\x80\x80\5\x21\0\1\0\1").ljust(188, b"\xff")
    yield "pids.ts", pat + pmt + pes + pes, (
        "limit.streams", "essence.", "demux.", "streams.")
    many = b"".join(section(0, 0, b"".join(
        (1 + i * 40 + j).to_bytes(2, "big") + (0xe020 + i * 40 + j).to_bytes(
            2, "big") for j in range(40)), i) for i in range(200))
    yield "programs.ts", many + pes, (
        "limit.cpu", "limit.streams", "essence.", "demux.", "streams.")


def page(serial, flags=2, body=b"OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0"):
    head = b"OggS\0" + bytes([flags]) + bytes(8) + struct.pack(
        "<III", serial, 0, 0) + bytes([1, len(body)])
    data = bytearray(head + body)
    data[22:26] = struct.pack("<I", crc32(data))
    return bytes(data)


def ogg_bombs():
    yield "serials.ogg", b"".join(page(i) for i in range(5000)), (
        "limit.", "essence.", "demux.")
    empty = page(1, 0, b"")
    yield "pages.ogg", page(1) + empty * 300000, (
        "limit.", "essence.", "demux.")


def chunk(kind, body, length=None):
    return be32(len(body) if length is None else length) + kind + body + be32(
        zlib.crc32(kind + body))


def png_head(width, height, kind=2):
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", be32(width, height) + bytes(
        [8, kind, 0, 0, 0]))


def image_bombs():
    end = chunk(b"IEND", b"")
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 13))
    many = ("limit.", "essence.", "demux.malformed", "streams.", "format.")
    yield "length.png", png_head(2, 2) + chunk(b"IDAT", b"x", 0x7fffffff), (
        "demux.malformed",)
    yield "size.png", png_head(0x7fffffff, 0x7fffffff) + pixels + end, many
    yield "pieces.png", png_head(2, 2) + chunk(b"IDAT", b"") * 500000 + end, \
        many
    yield "icc.png", png_head(2, 2) + chunk(b"iCCP", b"x\0\0" + zlib.compress(
        bytes(512 << 20), 9)) + pixels + end, many
    yield "frames.png", png_head(2, 2) + chunk(b"acTL", be32(
        0x7fffffff, 0)) + pixels + end, many
    yield "pixels.png", png_head(40000, 40000, 6) + chunk(
        b"IDAT", zlib.compress(bytes(64 << 20), 9)) + end, many
    frame = b"\x2c" + struct.pack("<4HB", 0, 0, 65535, 65535, 0) + b"\2\1\0\0"
    yield "frames.gif", b"GIF89a" + struct.pack(
        "<2H3B", 65535, 65535, 0, 0, 0) + frame * 500000 + b";", many + (
        "demux.unsupported",)
    anmf = b"ANMF" + struct.pack("<I", 16) + bytes(16)
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\2" + bytes(9) + \
        b"ANIM" + struct.pack("<I", 6) + bytes(6) + anmf * 200000
    yield "frames.webp", b"RIFF" + struct.pack("<I", len(body)) + body, \
        many + ("demux.unsupported",)
    yield "length.webp", b"RIFF\xff\xff\xff\x7fWEBPVP8 \xf0\xff\xff\x7f" + \
        bytes(100), many + ("demux.unsupported",)
    yield "markers.jpg", b"\xff\xd8" + b"\xff\xfe\0\2" * 1000000, many
    huffman = b"\xff\xc4" + struct.pack(">H", 19) + bytes(17)
    yield "tables.jpg", b"\xff\xd8" + huffman * 200000, many


def sound_bombs():
    deep = b""
    for _ in range(1000):
        body = b"INFO" + deep
        deep = b"LIST" + struct.pack("<I", len(body)) + body
    fmt = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    sizes = ("demux.", "essence.", "limit.", "streams.", "timing.")
    yield "deep.wav", b"RIFF\xff\xff\xff\xffWAVE" + fmt + deep, sizes
    yield "huge.wav", b"RIFF\xff\xff\xff\xffWAVE" + fmt + \
        b"data\xff\xff\xff\xff" + bytes(100), sizes
    yield "chunks.wav", b"RIFF\xff\xff\xff\xffWAVE" + fmt + \
        b"junk\0\0\0\0" * 800000, sizes
    info = b"\x10\0\x10\0" + bytes(6) + bytes.fromhex("0bb800f0") + bytes(20)
    yield "blocks.flac", b"fLaC\0\0\0\x22" + info + \
        b"\4\0\0\x08" + bytes(8) + b"\4\0\0\x08" * 300000, sizes
    yield "picture.flac", b"fLaC\0\0\0\x22" + info + b"\x86\xff\xff\xff" + \
        struct.pack(">I", 3) + b"\x7f\xff\xff\xff" + bytes(1000), sizes
    yield "tag.mp3", b"ID3\4\0\0\x7f\x7f\x7f\x7f" + b"APIC\x7f\x7f\x7f\x7f" + \
        bytes(1000), sizes
    packed = zlib.compress(bytes(200 << 20), 9)
    sync = struct.pack(">I", len(packed) + 4)
    yield "packed.mp3", b"ID3\3\0\0\0\x7f\x7f\x7f" + b"TXXX" + sync + \
        b"\0\x80" + be32(200 << 20) + packed, sizes
    frame = bytes.fromhex("fff14c4000fffc")
    yield "tiny.aac", frame * 500000, sizes
    yield "flood.h264", b"\0\0\0\1\x67\x42\0\x0a\xf8\x41\xa2\0\0\1\x68\xce" \
        b"\x38\x80" + b"\0\0\1\x65" * 500000, sizes + ("config.",)
    sei = b"\0\0\1\6" + b"\5\0" * 200000 + b"\x80"
    yield "sei.h264", b"\0\0\0\1\x67\x42\0\x0a\xf8\x41\xa2\0\0\1\x68\xce" \
        b"\x38\x80" + sei + b"\0\0\1\x65\x88\x84" + bytes(40), sizes + (
        "config.",)
    amf = b"\2\0\x0aonMetaData" + b"\3\0\1a" * 20000
    tag = b"\x12" + len(amf).to_bytes(3, "big") + bytes(7) + amf
    yield "amf.flv", b"FLV\1\5\0\0\0\x09\0\0\0\0" + tag, sizes
    strl = b"LIST" + struct.pack("<I", 4) + b"strl"
    hdrl = b"hdrlavih" + struct.pack("<I", 56) + bytes(56) + strl * 3000
    yield "streams.avi", b"RIFF\xff\xff\xff\x7fAVI LIST" + struct.pack(
        "<I", len(hdrl)) + hdrl, sizes


# CBOR that asks for much. The file beside it is SIGNED with a byte more.
SIDECARS = (
    ("array", b"\x9a\x10\0\0\0"),
    ("array64", b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"),
    ("map", b"\xba\xff\xff\xff\xff"),
    ("bytes", b"\x5b\0\0\0\x7f\xff\xff\xff\xff"),
    ("text", b"\x7a\xff\xff\xff\xff"),
    ("nested", b"\x81" * 100000 + b"\0"),
    ("tags", b"\xc1" * 100000 + b"\0"),
    ("endless", b"\x9f" * 100000),
    ("maps", b"\x81\xba\xba\xba\xba\xba\xba\xba"),
)


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def lay(signed):
    """Writes all of it; name -> the reasons that it may have."""
    want = {}
    os.mkdir("bombs")
    os.mkdir("sidecars")
    for maker in (mp4_bombs, ebml_bombs, ts_bombs, ogg_bombs, image_bombs,
                  sound_bombs):
        for name, data, reasons in maker():
            write("bombs/" + name, data)
            shutil.copy(signed + ".prov", "sidecars/" + name + ".prov")
            want[name] = reasons
    with open(signed, "rb") as f:
        media = f.read()
    for name, cbor in SIDECARS:
        name = "sidecar-" + name + ".mp4"
        write("bombs/" + name, media + b"\0")
        write("sidecars/" + name + ".prov", cbor)
        want[name] = ("carrier.sidecar.malformed",)
    last = "zz-" + os.path.basename(signed)
    shutil.copy(signed, "bombs/" + last)
    shutil.copy(signed + ".prov", "sidecars/" + last + ".prov")
    return want, last


def complaint(row, reasons):
    """What is wrong with a verdict, or None."""
    if row["status"] != 1 or row["binding"] != "none":
        return "status %s, %s, %s" % (row["status"], row["binding"],
                                      row["error"])
    if 0 < HANG_MS < row["ms"]:
        return "took %d ms" % row["ms"]
    if not any(r.startswith(w) for r in row["reasons"] for w in reasons):
        return "has %s and not %s" % (row["reasons"], reasons)
    return None


def main():
    want, last = lay(sys.argv[1])
    began = time.monotonic()
    run = subprocess.run(
        ["prov", "verify", "--json", "--sidecar-dir", "sidecars", "-r",
         "bombs"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        check=False)
    took = time.monotonic() - began
    rows = {os.path.basename(r["path"]): r
            for r in map(json.loads, run.stdout.splitlines())}
    bad, done = 0, 0
    print("1..%d" % (len(want) + 3))
    for name, reasons in want.items():
        why = complaint(rows[name], reasons) if name in rows else "no verdict"
        done, bad = done + 1, bad + bool(why)
        print("%sok %d - %s: %s" % (
            "not " if why else "", done, name,
            why or ", ".join(rows[name]["reasons"])))
        print("# %d ms" % rows[name]["ms"] if name in rows else "#")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    fine = rows.get(last, {}).get("binding") == "exact"
    for held, what in (
            (fine, "a good file after all of them verifies"),
            (run.returncode == 1, "exit status 1"),
            (peak <= MEMORY_KIB, "the largest process: %d MiB of 512" % (
                peak >> 10))):
        done, bad = done + 1, bad + (not held)
        print("%sok %d - %s" % ("" if held else "not ", done, what))
    print("# %d bombs in %.1f s" % (len(want), took))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
