# SPDX-License-Identifier: ISC
"""An MP4 file as lists of samples that can be changed one by one.

What a change leaves is written as an MP4 file again, so that ffmpeg can copy it
into any other container.
"""

import copy
import struct

from boxes import Box, Mp4

V, A = b"vide", b"soun"
STBL = "mdia/minf/stbl"


class Sample:
    """A packet: its bytes, and its times in ticks of the track."""

    def __init__(self, data, dts, pts, dur, key):
        self.data, self.dts, self.pts = data, dts, pts
        self.dur, self.key = dur, key


def u32s(data):
    return list(struct.unpack(">%dI" % (len(data) // 4), data))


def runs(values):
    """(count, value) of neighbours that are the same."""
    out = []
    for v in values:
        if out and out[-1][1] == v:
            out[-1][0] += 1
        else:
            out.append([1, v])
    return out


def spread(pairs):
    return [v for n, v in pairs for _ in range(n)]


class Track:
    def __init__(self, box, data):
        self.box = box
        self.handler = box.at("mdia/hdlr").data[8:12]
        mdhd = box.at("mdia/mdhd").data
        self.scale = struct.unpack(">I", mdhd[12:16])[0]
        self.start = 0
        if box.all(b"edts", b"elst"):
            elst = box.at("edts/elst").data
            n = struct.unpack(">I", elst[4:8])[0]
            for i in range(n):
                _, at, _ = struct.unpack(">IiI", elst[8 + 12 * i:20 + 12 * i])
                self.start = max(self.start, at)
        self.samples = self.read(box.at(STBL), data)

    def read(self, stbl, data):
        sizes = u32s(stbl.at("stsz").data[4:])
        sizes = sizes[2:] if sizes[0] == 0 else [sizes[0]] * sizes[1]
        x = u32s(stbl.at("stts").data[8:])
        durs = spread(zip(x[::2], x[1::2]))
        shifts = [0] * len(sizes)
        if stbl.all(b"ctts"):
            x = struct.unpack(">%di" % ((len(stbl.at("ctts").data) - 8) // 4),
                              stbl.at("ctts").data[8:])
            shifts = spread(zip(x[::2], x[1::2]))
        keys = set(range(1, len(sizes) + 1))
        if stbl.all(b"stss"):
            keys = set(u32s(stbl.at("stss").data[8:]))
        places = self.places(stbl, sizes)
        out, dts = [], 0
        for i, size in enumerate(sizes):
            out.append(Sample(data[places[i]:places[i] + size], dts,
                              dts + shifts[i], durs[i], i + 1 in keys))
            dts += durs[i]
        return out

    def places(self, stbl, sizes):
        chunks = u32s(stbl.at("stco").data[8:])
        x = u32s(stbl.at("stsc").data[8:])
        firsts = list(zip(x[::3], x[1::3]))
        out, i = [], 0
        for c, at in enumerate(chunks):
            n = [k for f, k in firsts if f <= c + 1][-1]
            for size in sizes[i:i + n]:
                out.append(at)
                at += size
            i += n
        return out

    def ticks(self, seconds):
        return round(seconds * self.scale)

    def groups(self):
        """(first, end) of each run of samples that starts at a key."""
        at = [i for i, s in enumerate(self.samples) if s.key]
        return list(zip(at, at[1:] + [len(self.samples)]))

    def end(self):
        return max(s.pts + s.dur for s in self.samples)

    def finish(self, movie_scale):
        """The boxes that say where the samples are and when."""
        s = self.samples
        late = max([0] + [x.dts - x.pts for x in s])
        first = s[0].dts
        for x in s:
            x.pts += late - first
            x.dts -= first
        start = self.start + late - first
        steps = [b.dts - a.dts for a, b in zip(s, s[1:])] + [s[-1].dur]
        if min(steps) < 0:
            raise ValueError("samples are not in order")
        stbl = self.box.at(STBL)
        stbl.kids = [k for k in stbl.kids if k.tag == b"stsd"]
        stbl.kids.append(table(b"stts", runs(steps)))
        stbl.kids.append(table(b"ctts", runs([x.pts - x.dts for x in s])))
        stbl.kids.append(Box(b"stsc", struct.pack(">5I", 0, 1, 1, 1, 1)))
        stbl.kids.append(Box(b"stsz", struct.pack(
            ">%dI" % (3 + len(s)), 0, 0, len(s), *(len(x.data) for x in s))))
        stbl.kids.append(Box(b"stco", struct.pack(">II", 0, len(s)) +
                             bytes(4 * len(s))))
        if not all(x.key for x in s):
            keys = [i + 1 for i, x in enumerate(s) if x.key]
            stbl.kids.append(Box(b"stss", struct.pack(
                ">%dI" % (2 + len(keys)), 0, len(keys), *keys)))
        self.lasts(start, movie_scale)

    def lasts(self, start, movie_scale):
        """An edit list that shows everything from start on."""
        empty = -min(0, start)
        start = max(0, start)
        shown = self.end() - start
        self.box.at("mdia/mdhd").put(16, struct.pack(">I", shown))
        whole = -(-(shown + empty) * movie_scale // self.scale)
        self.box.at("tkhd").put(20, struct.pack(">I", whole))
        edits = [(-(-shown * movie_scale // self.scale), start)]
        if empty:
            edits.insert(0, (round(empty * movie_scale / self.scale), -1))
        elst = struct.pack(">II", 0, len(edits)) + b"".join(
            struct.pack(">IiI", d, at, 0x10000) for d, at in edits)
        self.box.kids = [k for k in self.box.kids if k.tag != b"edts"]
        self.box.kids.insert(1, Box(b"edts", kids=[Box(b"elst", elst)]))


def table(tag, pairs):
    flat = [x for pair in pairs for x in pair]
    return Box(tag, struct.pack(">II", 0, len(pairs)) +
               struct.pack(">%di" % len(flat), *flat))


class Movie:
    """Tracks of samples; save() makes a file of them."""

    def __init__(self, path):
        with open(path, "rb") as f:
            data = f.read()
        self.file = Mp4(path)
        self.moov = self.file.moov
        self.scale = struct.unpack(">I", self.moov.at("mvhd").data[12:16])[0]
        self.tracks = [Track(t, data) for t in self.moov.all(b"trak")]

    def track(self, handler, nth=0):
        return [t for t in self.tracks if t.handler == handler][nth]

    @property
    def video(self):
        return self.track(V)

    @property
    def audio(self):
        return self.track(A)

    def add(self, track):
        """A copy of a track, perhaps of another movie, with a new id."""
        new = copy.deepcopy(track)
        new.box.at("tkhd").put(12, struct.pack(">I", len(self.tracks) + 1))
        self.tracks.append(new)
        return new

    def save(self, path):
        order = []
        for t in self.tracks:
            t.finish(self.scale)
            order += [(x.dts / t.scale, n, x) for n, x in
                      enumerate(t.samples)]
        order.sort(key=lambda o: o[0])
        rest = [k for k in self.moov.kids if k.tag not in (b"trak", b"udta")]
        self.moov.kids = rest + [t.box for t in self.tracks]
        ftyp = self.file.root.at("ftyp")
        at = len(ftyp.bytes()) + 8
        body, places = [], {}
        for _, _, x in order:
            places[id(x)] = at
            body.append(x.data)
            at += len(x.data)
        for t in self.tracks:
            t.box.at(STBL + "/stco").put(8, struct.pack(
                ">%dI" % len(t.samples), *(places[id(x)] for x in t.samples)))
        with open(path, "wb") as f:
            f.write(ftyp.bytes() + Box(b"mdat", b"".join(body)).bytes() +
                    self.moov.bytes())
