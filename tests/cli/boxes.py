# SPDX-License-Identifier: ISC
"""Takes MP4, Matroska and WAVE files apart and puts them together again."""

import struct

BOXES = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta",
         b"mvex", b"moof", b"traf"}
MASTERS = {0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0, 0xE1, 0x1F43B675,
           0xA0}


class Node:
    """A box or element: data, or kids behind head."""

    def __init__(self, tag, data=b"", kids=None, head=b""):
        self.tag, self.data, self.kids, self.head = tag, data, kids, head

    def body(self):
        if self.kids is None:
            return self.data
        return self.head + b"".join(k.bytes() for k in self.kids)

    def all(self, *path):
        found = [self]
        for tag in path:
            found = [k for n in found for k in n.kids or [] if k.tag == tag]
        return found

    def one(self, *path):
        return self.all(*path)[0]

    def put(self, at, data):
        self.data = self.data[:at] + data + self.data[at + len(data):]


class Box(Node):
    def bytes(self):
        body = self.body()
        return struct.pack(">I", len(body) + 8) + self.tag + body

    def at(self, path):
        return self.one(*(p.encode() for p in path.split("/")))


def boxes(data):
    out, i = [], 0
    while i + 8 <= len(data):
        size, tag = struct.unpack(">I4s", data[i:i + 8])
        body = data[i + 8:i + size]
        box = Box(tag, body)
        if tag in BOXES:
            box.kids = boxes(body)
        elif tag == b"stsd":
            box.head, box.kids = body[:8], boxes(body[8:])
        out.append(box)
        i += size
    return out


class Mp4:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.root = Box(b"root", kids=boxes(f.read()))
        self.moov = self.root.at("moov")
        self.mdat = self.mdat_at()

    def mdat_at(self):
        at = 0
        for k in self.root.kids:
            if k.tag == b"mdat":
                return at + 8
            at += len(k.bytes())
        raise ValueError("no mdat")

    def track(self, handler):
        for t in self.moov.all(b"trak"):
            if t.at("mdia/hdlr").data[8:12] == handler:
                return t
        raise ValueError("no track")

    def move(self, node, by):
        for k in node.kids or []:
            if k.tag == b"stco":
                n = struct.unpack(">I", k.data[4:8])[0]
                at = struct.unpack(">%dI" % n, k.data[8:])
                k.data = k.data[:8] + struct.pack(
                    ">%dI" % n, *(x + by for x in at))
            self.move(k, by)

    def save(self, path):
        self.move(self.root, self.mdat_at() - self.mdat)
        with open(path, "wb") as f:
            f.write(b"".join(k.bytes() for k in self.root.kids))


class Element(Node):
    def bytes(self):
        body = self.body()
        size = 1 << 56 | len(body)
        tag = self.tag.to_bytes((self.tag.bit_length() + 7) // 8, "big")
        return tag + size.to_bytes(8, "big") + body


def number(data, at, keep):
    n = 1
    while not data[at] & 0x80 >> (n - 1):
        n += 1
    v = int.from_bytes(data[at:at + n], "big")
    return v if keep else v & (1 << 7 * n) - 1, at + n


def elements(data):
    out, i = [], 0
    while i < len(data):
        tag, i = number(data, i, True)
        size, i = number(data, i, False)
        body = data[i:i + size]
        out.append(Element(tag, body, elements(body) if tag in MASTERS
                           else None))
        i += size
    return out


class Mkv:
    """Without the lists of positions, which are wrong afterwards."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.top = elements(f.read())
        self.segment = [e for e in self.top if e.tag == 0x18538067][0]
        self.segment.kids = [k for k in self.segment.kids
                             if k.tag not in (0x114D9B74, 0x1C53BB6B, 0xEC)]

    def track(self, kind):
        for t in self.segment.all(0x1654AE6B, 0xAE):
            if t.one(0x83).data[-1] == kind:
                return t
        raise ValueError("no track")

    def save(self, path):
        with open(path, "wb") as f:
            f.write(b"".join(e.bytes() for e in self.top))


def uint(tag, v):
    return Element(tag, v.to_bytes(max(1, (v.bit_length() + 7) // 8), "big"))


def real(tag, v):
    return Element(tag, struct.pack(">d", v))


def chunks(path):
    with open(path, "rb") as f:
        data = f.read()
    out, i = [], 12
    while i + 8 <= len(data):
        size = struct.unpack("<I", data[i + 4:i + 8])[0]
        out.append((data[i:i + 4], data[i + 8:i + 8 + size]))
        i += 8 + size + (size & 1)
    return out


def wave(parts):
    body = b"WAVE" + b"".join(
        tag + struct.pack("<I", len(x)) + x + b"\0" * (len(x) & 1)
        for tag, x in parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body
