# SPDX-License-Identifier: ISC
"""The accounting of prov-manifest(5), "Bytes that nothing covers", once more.

Written from the manual and the formats' standards alone. For MP4 and MOV the
samples come from the sample tables and the fragments' runs, where prov goes by
what its demuxer read; for AVI from the chunks of the movi lists.

uncovered.py RECORDS   compares each line of prov verify --json with its file
uncovered.py -- FILE   prints ours
"""
import json
import struct
import sys

FIXED = {
    ("moov", "mvhd"): (100, 112), ("trak", "tkhd"): (84, 96),
    ("mdia", "mdhd"): (24, 36), ("mdia", "hdlr"): (24, 24),
    ("minf", "vmhd"): (12, 12), ("minf", "smhd"): (8, 8),
    ("minf", "nmhd"): (4, 4), ("minf", "sthd"): (4, 4),
    ("mvex", "trex"): (24, 24), ("mvex", "mehd"): (8, 12),
    ("moof", "mfhd"): (8, 8), ("traf", "tfdt"): (8, 12),
}
TABLES = {"stts": 8, "ctts": 8, "stss": 4, "stsc": 12, "stco": 4, "co64": 8}
INSIDE = {("", "moov"), ("", "moof"), ("moov", "trak"), ("moov", "mvex"),
          ("trak", "edts"), ("trak", "mdia"), ("mdia", "minf"),
          ("minf", "dinf"), ("minf", "stbl"), ("moof", "traf")}
CONFIG = set("""avcC hvcC lhvC av1C vpcC esds dOps dfLa dac3 dec3 ddts dmlp
    alac wave glbl d263 damr chan pcmC pasp colr clap fiel mdcv clli st3d sv3d
    dvcC dvvC dvwC vexu""".split())
TEXT = {"text", "sbtl", "subt", "subp", "clcp"}
# What FFmpeg 5.1 reads otherwise than by the tables: it takes captions out of
# their boxes, 24-bit sound for 16-bit, and nothing of what is encrypted.
ODD = {"c608", "ipcm", "fpcm", "encv", "enca", "encs", "drms"}


def u16(d, at):
    return struct.unpack_from(">H", d, at)[0]


def u32(d, at):
    return struct.unpack_from(">I", d, at)[0]


def u64(d, at):
    return struct.unpack_from(">Q", d, at)[0]


def boxes(d, at, end):
    """(type, start, payload, end) of each box."""
    while end - at >= 8:
        size, head = u32(d, at), 8
        if size == 1:
            if end - at < 16:
                return
            size, head = u64(d, at + 8), 16
        elif size == 0:
            size = end - at
        if size < head:
            return
        stop = min(end, at + size)
        yield d[at + 4:at + 8].decode("latin-1"), at, at + head, stop
        at = stop


class Movie:
    def __init__(self, d):
        self.d, self.cover = d, []
        self.tracks, self.track, self.seen = [], None, False
        self.chapters, self.odd = set(), False
        self.references(0, len(d))
        self.walk("", 0, len(d))

    def references(self, at, end):
        """The tracks that are another's chapters."""
        for kind, _, body, stop in boxes(self.d, at, end):
            if kind in ("moov", "trak", "tref"):
                self.references(body, stop)
            elif kind == "chap":
                self.chapters.update(u32(self.d, i) for i in
                                     range(body, stop - 3, 4))

    def add(self, at, size, end=None):
        self.cover.append((at, at + size if end is None
                           else min(end, at + size)))

    def walk(self, parent, at, end):
        d = self.d
        for kind, start, body, stop in boxes(d, at, end):
            size = stop - body
            ver = d[body] if size else 0
            if parent == "" and kind == "mdat":
                self.add(start, body - start)
                continue
            if kind == "moov":
                if parent or self.seen:
                    continue
                self.seen = True
            known = True
            if (parent, kind) in INSIDE:
                self.enter(parent, kind, start, body, stop)
            elif (parent, kind) in FIXED:
                self.add(body, FIXED[parent, kind][ver == 1], stop)
                self.note(kind, body, stop)
            elif parent == "stbl" and kind in TABLES and size >= 8:
                self.add(body, 8 + TABLES[kind] * u32(d, body + 4), stop)
                self.track[kind] = (body, stop)
            elif parent == "stbl" and kind == "stsz" and size >= 12:
                n = u32(d, body + 8) if u32(d, body + 4) == 0 else 0
                self.add(body, 12 + 4 * n, stop)
                self.track[kind] = (body, stop)
            elif parent == "stbl" and kind == "stz2" and size >= 12:
                self.add(body, 12 + (u32(d, body + 8) * d[body + 7] + 7) // 8,
                         stop)
                self.track[kind] = (body, stop)
            elif parent == "stbl" and kind == "stsd":
                self.add(body, 8, stop)
                self.entries(body + 8, stop)
            elif parent == "edts" and kind == "elst" and size >= 8:
                self.add(body, 8 + (20 if ver == 1 else 12) *
                         u32(d, body + 4), stop)
            elif parent == "dinf" and kind == "dref":
                self.add(body, 8, stop)
                for _, at_, in_, out in boxes(d, body + 8, stop):
                    self.add(at_, in_ - at_ + 4, out)
            elif parent == "traf" and kind == "tfhd" and size >= 8:
                self.fragment(body, stop)
            elif parent == "traf" and kind == "trun" and size >= 8:
                self.run(body, stop)
            elif (parent, kind, start) == ("", "ftyp", 0):
                self.add(body, 136, stop)
            else:
                known = (parent, kind) in {
                    ("stbl", k) for k in (*TABLES, "stsz", "stz2")} | {
                    ("edts", "elst"), ("traf", "tfhd"), ("traf", "trun")}
            if known:
                self.add(start, body - start)

    def enter(self, parent, kind, start, body, stop):
        if kind == "trak":
            self.track = {"handler": "", "id": 0, "entry": ""}
            self.tracks.append(self.track)
        if kind == "moof":
            self.moof = self.next = start
        self.walk(kind, body, stop)
        if kind == "trak":
            self.samples()

    def note(self, kind, body, stop):
        d = self.d
        if kind == "tkhd" and stop - body >= 84:
            self.track["id"] = u32(d, body + (20 if d[body] == 1 else 12))
            self.track["off"] = not d[body + 3] & 1
        elif kind == "hdlr" and stop - body >= 12:
            self.track["handler"] = d[body + 8:body + 12].decode("latin-1")
        elif kind == "trex" and stop - body >= 24:
            for t in self.tracks:
                if t["id"] == u32(d, body + 4):
                    t["size"] = u32(d, body + 16)

    def entries(self, at, end):
        d, handler = self.d, self.track["handler"]
        for kind, start, body, stop in boxes(d, at, end):
            self.odd |= kind in ODD
            if not self.track["entry"]:
                self.track["entry"] = kind
                self.sound(body, stop)
            self.add(start, body - start)
            size = 8
            if handler in TEXT:
                size = stop - body
            elif handler == "vide":
                size = 78
            elif handler == "soun":
                size = 28
                if stop - body >= 10:
                    size += {1: 16, 2: 36}.get(u16(d, body + 8), 0)
            size = min(size, stop - body)
            self.add(body, size)
            for sub, sub_at, _, sub_end in boxes(d, body + size, stop):
                if sub in CONFIG:
                    self.cover.append((sub_at, sub_end))

    def is_bound(self, t):
        """What is seen, heard or read; nobody is told of other changes."""
        if t.get("off") and t["id"] in self.chapters and \
                t["handler"] != "soun":
            return False
        return t["handler"] in ("vide", "soun") or t["handler"] in TEXT

    def sound(self, at, end):
        """How many bytes how many ticks take, of uncompressed sound."""
        if self.track["handler"] != "soun" or end - at < 28:
            return
        ver, channels, bits = (u16(self.d, at + i) for i in (8, 16, 18))
        self.track["frame"] = 1, max(1, channels * bits // 8)
        if ver == 1 and end - at >= 44 and u32(self.d, at + 28):
            self.track["frame"] = u32(self.d, at + 28), u32(self.d, at + 36)
        if ver == 2 and end - at >= 64:
            self.track["frame"] = u32(self.d, at + 60), u32(self.d, at + 56)

    def samples(self):
        """Sample sizes x chunks x offsets (14496-12 8.7)."""
        d, t = self.d, self.track
        if not self.is_bound(t):
            return
        where = t.get("stco") or t.get("co64")
        if where is None or "stsc" not in t:
            return
        wide = "stco" not in t
        n = min(u32(d, where[0] + 4), (where[1] - where[0] - 8) //
                (8 if wide else 4))
        chunks = struct.unpack_from(f">{n}{'Q' if wide else 'I'}", d,
                                    where[0] + 8)
        body, stop = t["stsc"]
        runs = [struct.unpack_from(">III", d, body + 8 + 12 * i) for i in
                range(min(u32(d, body + 4), (stop - body - 8) // 12))]
        sizes = self.sizes(t)
        sample = 0
        for i, (first, per, _) in enumerate(runs):
            last = runs[i + 1][0] if i + 1 < len(runs) else n + 1
            for chunk in range(first, min(last, n + 1)):
                left = min(per, sizes.n - sample)
                if left <= 0:
                    return
                self.add(chunks[chunk - 1], sizes.sum(sample, left), len(d))
                sample += left

    def sizes(self, t):
        d = self.d
        if "stsz" in t:
            body, stop = t["stsz"]
            each, n = u32(d, body + 4), u32(d, body + 8)
            # Uncompressed sound: a sample is a tick, of the entry's size.
            if each == 0:
                n = min(n, (stop - body - 12) // 4)
                return Sizes(struct.unpack_from(f">{n}I", d, body + 12))
            return Sizes(None, (1, each) if each > 1
                         else t.get("frame", (1, each)), n)
        body, _ = t["stz2"]
        bits, n = d[body + 7], u32(d, body + 8)
        if bits == 4:
            return Sizes([d[body + 12 + i // 2] >> (4 * (1 - i % 2)) & 15
                          for i in range(n)])
        return Sizes(struct.unpack_from(f">{n}{'B' if bits == 8 else 'H'}",
                                        d, body + 12))

    def fragment(self, body, stop):
        d = self.d
        flags, at = u32(d, body) & 0xffffff, body + 8
        self.add(body, 8 + sum(size for bit, size in (
            (1, 8), (2, 4), (8, 4), (16, 4), (32, 4)) if flags & bit), stop)
        self.frag = next((t for t in self.tracks
                          if t["id"] == u32(d, body + 4)), {})
        self.base = self.moof if flags & 0x20000 else self.next
        if flags & 1:
            self.base, at = u64(d, at), at + 8
        at += 4 * bool(flags & 2) + 4 * bool(flags & 8)
        self.size = u32(d, at) if flags & 16 else self.frag.get("size", 0)
        self.next = self.base

    def run(self, body, stop):
        d = self.d
        flags, n, at = u32(d, body) & 0xffffff, u32(d, body + 4), body + 8
        each = 4 * bin(flags >> 8 & 15).count("1")
        fixed = 8 + 4 * bool(flags & 1) + 4 * bool(flags & 4)
        self.add(body, fixed + n * each, stop)
        where = self.next
        if flags & 1:
            where = self.base + struct.unpack_from(">i", d, at)[0]
        at = body + fixed
        total = n * self.size
        if flags & 0x200:
            skip = 4 * bool(flags & 0x100)
            total = sum(u32(d, at + i * each + skip) for i in range(n)
                        if at + i * each + skip + 4 <= stop)
        if self.frag and self.is_bound(self.frag):
            self.add(where, total, len(d))
        self.next = where + total


class Sizes:
    def __init__(self, each, same=(1, 0), n=0):
        self.same, self.n = same, n if each is None else len(each)
        self.upto = None
        if each is not None:
            self.upto = [0]
            for size in each:
                self.upto.append(self.upto[-1] + size)

    def sum(self, first, n):
        if self.upto is None:
            return n // self.same[0] * self.same[1]
        return self.upto[first + n] - self.upto[first]


def l32(d, at):
    return struct.unpack_from("<I", d, at)[0]


def chunks(d, at, end, long_len=0):
    """(id, start, payload, end, padded) of each chunk."""
    while end - at >= 8:
        kind, size = d[at:at + 4].decode("latin-1"), l32(d, at + 4)
        if size == 0xffffffff and kind == "data" and long_len:
            size = long_len
        stop = min(end, at + 8 + size)
        pad = size % 2 == 1 and stop < end
        yield kind, at, at + 8, stop, pad
        at = stop + pad


def wave(d):
    """All of the data counts: what of it is no whole frame is for the caller."""
    cover, end = [(0, 12)], len(d)
    size = l32(d, 4)
    if size not in (0, 0xffffffff) and size < end - 8:
        end = 8 + size
    seen, long_len = set(), 0
    if d[:4] != b"RIFF" and d[12:16] == b"ds64":
        long_len = struct.unpack_from("<Q", d, 28)[0]
    for kind, start, body, stop, pad in chunks(d, 12, end, long_len):
        have, some = stop - body, None
        if kind == "fmt " and kind not in seen:
            some = 16
            if have >= 18:
                tag, = struct.unpack_from("<H", d, body)
                more, = struct.unpack_from("<H", d, body + 16)
                some = 18 if tag in (1, 3) else 18 + more
        elif kind == "fact":
            some = 4
        elif kind == "ds64":
            some = 28
        elif kind == "data" and kind not in seen:
            some = have
        seen.add(kind)
        if some is not None:
            cover.append((start, min(stop, body + some)))
            if pad:
                cover.append((stop, stop + 1))
    return cover


class Avi:
    def __init__(self, d):
        self.d, self.cover, self.media, self.kinds = d, [], 0, []
        self.walk(0, len(d), 0)

    def walk(self, at, end, depth):
        d = self.d
        for kind, start, body, stop, pad in chunks(d, at, end):
            some = None
            if depth == 0 and kind != "RIFF":
                return
            if kind in ("RIFF", "LIST") and stop - body >= 4 and \
                    d[body:body + 4] in (b"AVI ", b"AVIX", b"hdrl", b"strl",
                                         b"movi", b"rec "):
                some = 4
                if depth < 4:
                    self.walk(body + 4, stop, depth + 1)
            elif kind[:2].isdigit() and kind[2:] in ("dc", "db", "wb", "tx",
                                                     "pc"):
                self.media += 1
                some = 0
                n = int(kind[:2])
                if n < len(self.kinds) and kind[2:] != "pc" and \
                        self.kinds[n] in (b"vids", b"auds", b"txts"):
                    some = stop - body
            elif kind[:2] == "ix" or kind == "indx":
                if stop - body >= 8:
                    each = 8 if kind[:2] == "ix" else 16
                    some = 24 + each * l32(d, body + 4)
                else:
                    some = 0
            elif kind == "idx1":
                some = 16 * self.media
            elif kind in ("avih", "strh"):
                some = 56
                if kind == "strh":
                    self.kinds.append(d[body:body + 4])
            elif kind == "strf":
                some = stop - body
            if some is not None:
                self.cover.append((start, min(stop, body + some)))
                if pad:
                    self.cover.append((stop, stop + 1))


def union(cover, size):
    total, end = 0, 0
    for a, b in sorted(cover):
        a, b = max(a, end), min(b, size)
        if b > a:
            total += b - a
            end = b
    return total


def uncovered(path, form):
    """The figure, and whether prov's may be larger."""
    d, odd = open(path, "rb").read(), False
    if form in ("mp4", "mov"):
        movie = Movie(d)
        cover, odd = movie.cover, movie.odd
    elif form == "wav":
        cover = wave(d)
    elif form == "avi":
        cover = Avi(d).cover
    else:
        return None
    return len(d) - union(cover, len(d)), odd


def form_of(path):
    with open(path, "rb") as f:
        head = f.read(12)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip",
                     b"pnot"):
        return "mp4"
    if head[:4] in (b"RIFF", b"RF64", b"BW64"):
        return {b"WAVE": "wav", b"AVI ": "avi"}.get(head[8:])
    return None


def compare(records):
    n = bad = odd = 0
    for line in open(records, encoding="ascii"):
        record = json.loads(line)
        form = form_of(record["path"])
        if form is None or record["uncovered_bytes"] is None:
            continue
        want, more = uncovered(record["path"], form)
        got = record["uncovered_bytes"]
        n += 1
        odd += more
        if got != want and not (more and got > want):
            bad += 1
            print(f"# {record['path']}: {got}, not {want}")
    print(f"# {n} files, of which FFmpeg reads {odd} in its own way; "
          f"{bad} otherwise")
    return bad == 0 and n > odd


if __name__ == "__main__":
    if sys.argv[1] == "--":
        print(uncovered(sys.argv[2], form_of(sys.argv[2]))[0])
    else:
        sys.exit(not compare(sys.argv[1]))
