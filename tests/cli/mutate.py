# SPDX-License-Identifier: ISC
"""Damage to media files: mutate(rng, data, other, words) -> bytes."""

import glob
import os
import re
import zlib

ENDS = 4096      # half of the damage is here: headers, indexes, tails
CHUNKS_MAX = 4000
NUMBERS = (b"\0\0\0\0", b"\0\0\0\1", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff",
           b"\x80\0\0\0", b"\0\0\xff\xff", b"\1\0\0\0", b"\0\1\0\0")
BOXES = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"moof",
         b"traf", b"udta", b"mvex", b"dinf"}
MASTERS = {0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0, 0xE1, 0x1F43B675,
           0xA0, 0x1C53BB6B, 0xBB, 0xB7, 0x114D9B74, 0x4DBB, 0x55B0}


class Chunk:
    """A piece of a container: where it is and where its length stands."""

    def __init__(self, at, size, head, length=None):
        self.at, self.size, self.head, self.length = at, size, head, length


def boxes(data, at, end, out):
    while at + 8 <= end and len(out) < CHUNKS_MAX:
        size = int.from_bytes(data[at:at + 4], "big")
        if size < 8 or at + size > end:
            break
        out.append(Chunk(at, size, 8, (at, 4)))
        if data[at + 4:at + 8] in BOXES:
            boxes(data, at + 8, at + size, out)
        at += size


def vint(data, at, keep):
    """Value and length of an EBML number, or None."""
    if at >= len(data) or data[at] == 0:
        return None
    n = 9 - data[at].bit_length()
    value = int.from_bytes(data[at:at + n], "big")
    if not keep:
        value &= (1 << 7 * n) - 1
    return value, n


def elements(data, at, end, out):
    while at < end and len(out) < CHUNKS_MAX:
        kind, size = vint(data, at, True), None
        if kind:
            size = vint(data, at + kind[1], False)
        if not size:
            break
        head = kind[1] + size[1]
        whole = min(head + size[0], end - at)
        out.append(Chunk(at, whole, head, (at + kind[1], size[1])))
        if kind[0] in MASTERS:
            elements(data, at + head, at + whole, out)
        at += whole


def riff(data, at, end, out):
    while at + 8 <= end and len(out) < CHUNKS_MAX:
        size = int.from_bytes(data[at + 4:at + 8], "little")
        whole = min(8 + size + size % 2, end - at)
        out.append(Chunk(at, whole, 8, (at + 4, 4)))
        if data[at:at + 4] in (b"RIFF", b"LIST"):
            riff(data, at + 12, at + whole, out)
        at += whole


def png(data, out):
    at = 8
    while at + 12 <= len(data):
        whole = 12 + int.from_bytes(data[at:at + 4], "big")
        out.append(Chunk(at, whole, 8, (at, 4)))
        at += whole


def by_mark(data, mark, head, out):
    """Pieces that begin with a mark: pages, frames, segments, NAL units."""
    found = [m.start() for m in re.finditer(mark, data, re.S)][:CHUNKS_MAX]
    for at, after in zip(found, found[1:] + [len(data)]):
        out.append(Chunk(at, after - at, head))


def chunks(data):
    out = []
    if data[4:8] in (b"ftyp", b"moov", b"wide", b"styp", b"mdat"):
        boxes(data, 0, len(data), out)
        by_mark(data, b"\0\0[\1-\3].[\x01\x06\x09\x41\x61\x65\x67\x68]", 5, out)
    elif data[:4] == b"\x1a\x45\xdf\xa3":
        elements(data, 0, len(data), out)
    elif data[:4] in (b"RIFF", b"FORM"):
        riff(data, 0, len(data), out)
    elif data[:4] == b"\x89PNG":
        png(data, out)
    elif data[:4] == b"OggS":
        by_mark(data, b"OggS", 27, out)
    elif data[:1] == b"\x47" and data[188:189] == b"\x47":
        out = [Chunk(at, 188, 4) for at in range(0, len(data) - 187, 188)]
    elif data[:2] == b"\xff\xd8":
        by_mark(data, b"\xff[\xc0-\xfe]", 4, out)
    elif data[:4] == b"\0\0\0\1" or data[:3] == b"\0\0\1":
        by_mark(data, b"\0\0\1", 4, out)
    elif data[:2] == b"\x0b\x77":
        by_mark(data, b"\x0b\x77", 8, out)
    elif data[:1] == b"\xff":
        by_mark(data, b"\xff[\xe2-\xfb]", 7, out)
    if len(out) < 2:
        step = max(16, len(data) // 64)
        out = [Chunk(at, min(step, len(data) - at), 8)
               for at in range(0, len(data), step)]
    return out


def place(rng, size):
    where = rng.randrange(4)
    if where == 0:
        return rng.randrange(size)
    if where == 1:
        return size - 1 - rng.randrange(min(size, ENDS))
    return rng.randrange(min(size, ENDS))


def flip(rng, m, _):
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        m[place(rng, len(m))] ^= 1 << rng.randrange(8)


def set_byte(rng, m, _):
    m[place(rng, len(m))] = rng.randrange(256)


def set_number(rng, m, _):
    at = place(rng, len(m))
    m[at:at + 4] = rng.choice(NUMBERS)


def noise(rng, m, _):
    at, n = place(rng, len(m)), rng.randrange(1, 200)
    m[at:at + n] = rng.randbytes(len(m[at:at + n]))


def remove(rng, m, _):
    at = place(rng, len(m))
    del m[at:at + rng.randrange(1, 200)]


def repeat(rng, m, _):
    at, n = place(rng, len(m)), rng.randrange(1, 200)
    m[at:at] = m[at:at + n]


def move(rng, m, _):
    at, other = place(rng, len(m)), place(rng, len(m))
    n = rng.randrange(1, 200)
    m[at:at + n] = m[other:other + n]


def cut(rng, m, _):
    del m[max(1, place(rng, len(m))):]


def cut_at_chunk(rng, m, context):
    c = rng.choice(context.chunks)
    del m[max(1, c.at + rng.choice((0, 1, c.head, c.size - 1))):]


def grow(rng, m, context):
    m += rng.choice((bytes(rng.randrange(1, 5000)), context.other,
                     rng.randbytes(rng.randrange(1, 500)), bytes(m)))


def chunk_delete(rng, m, context):
    c = rng.choice(context.chunks)
    del m[c.at:c.at + c.size]


def chunk_repeat(rng, m, context):
    c, to = rng.choice(context.chunks), rng.choice(context.chunks)
    m[to.at:to.at] = m[c.at:c.at + c.size] * rng.choice((1, 1, 1, 5, 100))


def chunk_swap(rng, m, context):
    a, b = sorted(rng.sample(context.chunks, 2), key=lambda c: c.at)
    if a.at + a.size > b.at:
        return
    m[a.at:b.at + b.size] = (m[b.at:b.at + b.size] + m[a.at + a.size:b.at] +
                             m[a.at:a.at + a.size])


def chunk_head(rng, m, context):
    c = rng.choice(context.chunks)
    at = c.at + rng.randrange(max(1, c.head))
    if at < len(m):
        m[at] = rng.choice((m[at] ^ 1 << rng.randrange(8), rng.randrange(256)))


def chunk_body(rng, m, context):
    """A field near the beginning of a chunk, as tables and headers have."""
    c = rng.choice(context.chunks)
    at = c.at + c.head + rng.randrange(0, max(1, min(c.size - c.head, 64)))
    n = rng.choice((1, 2, 4))
    if at + n <= len(m):
        m[at:at + n] = rng.choice(NUMBERS)[-n:]


def chunk_length(rng, m, context):
    with_length = [c for c in context.chunks if c.length]
    if not with_length:
        return set_number(rng, m, context)
    at, n = rng.choice(with_length).length
    old = int.from_bytes(m[at:at + n], "big")
    new = rng.choice((0, 1, old + 1, old - 1, old * 2, old // 2, old + 256,
                      (1 << 8 * n) - 1, 1 << 8 * n - 1,
                      rng.randrange(1 << 8 * n)))
    m[at:at + n] = (new % (1 << 8 * n)).to_bytes(n, "big")
    return None


def splice(rng, m, context):
    at, n = place(rng, len(m)), rng.randrange(1, 4000)
    other = place(rng, len(context.other))
    piece = context.other[other:other + n]
    m[at:at + rng.choice((0, len(piece)))] = piece


def halves(rng, m, context):
    at = place(rng, len(m))
    m[at:] = context.other[place(rng, len(context.other)):]


def chunk_of_other(rng, m, context):
    c = rng.choice(context.other_chunks)
    to = rng.choice(context.chunks)
    m[to.at:to.at + rng.choice((0, to.size))] = \
        context.other[c.at:c.at + c.size]


def word(rng, m, context):
    at, text = place(rng, len(m)), rng.choice(context.words)
    m[at:at + rng.choice((0, len(text)))] = text


KINDS = (flip, flip, set_byte, set_number, noise, remove, repeat, move, cut,
         cut_at_chunk, grow, chunk_delete, chunk_repeat, chunk_swap,
         chunk_head, chunk_head, chunk_body, chunk_body, chunk_length,
         chunk_length, splice, halves, chunk_of_other, word)


def ogg_table():
    table = []
    for i in range(256):
        r = i << 24
        for _ in range(8):
            r = (r << 1 ^ 0x04c11db7 if r >> 31 else r << 1) & 0xffffffff
        table.append(r)
    return table


OGG = ogg_table()


def seal(m):
    """Makes checksums right again, so that damage gets behind them."""
    if m[:4] == b"\x89PNG":
        at = 8
        while at + 12 <= len(m):
            n = int.from_bytes(m[at:at + 4], "big")
            if at + 12 + n > len(m):
                break
            m[at + 8 + n:at + 12 + n] = zlib.crc32(
                m[at + 4:at + 8 + n]).to_bytes(4, "big")
            at += 12 + n
    elif m[:4] == b"OggS":
        pages = []
        by_mark(m, b"OggS", 27, pages)
        for p in pages:
            if p.size < 27:
                continue
            m[p.at + 22:p.at + 26] = bytes(4)
            crc = 0
            for byte in m[p.at:p.at + p.size]:
                crc = (crc << 8 ^ OGG[crc >> 24 ^ byte]) & 0xffffffff
            m[p.at + 22:p.at + 26] = crc.to_bytes(4, "little")


class Context:
    """What does not change between the mutants of one file."""

    def __init__(self, data, other, words):
        self.data, self.other, self.words = data, other, words
        self.chunks, self.other_chunks = chunks(data), chunks(other)


def mutate(rng, context):
    m = bytearray(context.data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if len(m) > 1:
            rng.choice(KINDS)(rng, m, context)
    if rng.randrange(2):
        seal(m)
    return bytes(m)


def tokens():
    """Words of the shared fuzz dictionaries, and a few that every reader has."""
    words = [b"moov", b"moof", b"elst", b"ctts", b"stts", b"clap", b"colr",
             b"\x1a\x45\xdf\xa3", b"OggS", b"RIFF", b"\0\0\1\x67", b"IDAT"]
    top = os.path.join(os.environ.get("PROV_SHARED", ""), "vectors",
                       "google-fuzzing-dictionaries")
    for path in sorted(glob.glob(top + "/*.dict")):
        with open(path, encoding="latin-1") as f:
            for text in re.findall(r'"((?:[^"\\]|\\.)+)"', f.read()):
                words.append(re.sub(
                    rb"\\x([0-9a-fA-F]{2})|\\(.)", lambda m: bytes(
                        [int(m[1], 16)]) if m[1] else m[2],
                    text.encode("latin-1")))
    return words
