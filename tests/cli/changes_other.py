# SPDX-License-Identifier: ISC
"""Changes of MPEG-TS, AVI, FLV, Ogg, WAVE, sound that stands alone, images."""

import struct
import zlib

from boxes import chunks, wave

CHANGES = {}


def change(container, name=None):
    def put(fn):
        n = name or fn.__name__.replace("_", "-")
        CHANGES[n] = (container, fn)
        return fn

    return put


def names():
    return list(CHANGES)


def find(name, container):
    """What makes one file of another: a function of its bytes."""
    on, fn = CHANGES.get(name, (None, None))
    if on != container:
        return None

    def make(base, out):
        with open(base, "rb") as f:
            data = fn(f.read())
        with open(out, "wb") as f:
            f.write(data)

    return make


# MPEG-TS: packets of 188 bytes.

class Packet:
    def __init__(self, data):
        self.data = bytearray(data)

    @property
    def pid(self):
        return struct.unpack(">H", self.data[1:3])[0] & 0x1FFF

    @pid.setter
    def pid(self, v):
        self.data[1] = self.data[1] & 0xE0 | v >> 8
        self.data[2] = v & 0xFF

    @property
    def starts(self):
        return self.data[1] & 0x40

    @property
    def payload(self):
        """Where it begins."""
        return 5 + self.data[4] if self.data[3] & 0x20 else 4


def packets(data):
    return [Packet(data[i:i + 188]) for i in range(0, len(data), 188)]


def join(all_packets):
    return b"".join(bytes(p.data) for p in all_packets)


def by_packet(name):
    def put(fn):
        CHANGES[name] = ("ts", lambda data: join(fn(packets(data))))
        return fn

    return put


PMT, V, A = 0x1000, 0x100, 0x101


def stamps(p):
    """Where PTS and DTS of a PES stand in a packet that begins one."""
    at = p.payload
    if not p.starts or p.data[at:at + 3] != b"\0\0\1" or \
            not p.data[at + 7] & 0x80:
        return []
    return [at + 9] + ([at + 14] if p.data[at + 7] & 0x40 else [])


def get_stamp(d, at):
    return ((d[at] >> 1 & 7) << 30 | d[at + 1] << 22 | (d[at + 2] >> 1) << 15 |
            d[at + 3] << 7 | d[at + 4] >> 1)


def put_stamp(d, at, v):
    d[at] = d[at] & 0xF1 | (v >> 30 & 7) << 1
    d[at + 1] = v >> 22 & 0xFF
    d[at + 2] = (v >> 15 & 0x7F) << 1 | 1
    d[at + 3] = v >> 7 & 0xFF
    d[at + 4] = (v & 0x7F) << 1 | 1


def later(pid, ms, skip=0, only=None, pts_alone=False):
    def fn(ps):
        n = 0
        for p in ps:
            if pid not in (None, p.pid) or not stamps(p):
                continue
            n += 1
            if n <= skip or (only and n > skip + only):
                continue
            for at in stamps(p)[:1 if pts_alone else 2]:
                put_stamp(p.data, at,
                          get_stamp(p.data, at) + ms * 90 & (1 << 33) - 1)
        return ps

    return fn


by_packet("ts-all-late")(later(None, 10000))
by_packet("ts-jump")(later(None, 20000, skip=150))
by_packet("ts-picture-late")(later(V, 12, skip=60, only=1, pts_alone=True))
by_packet("ts-sound-late")(later(A, 60))
by_packet("ts-sound-gap")(later(A, 500, skip=4))


@by_packet("ts-wraps")
def ts_wraps(ps):
    """The clock passes 2^33 in the middle: nothing else changes."""
    return later(None, ((1 << 33) - 90000 * 6) // 90)(ps)


@by_packet("ts-clock-reference")
def ts_clock_reference(ps):
    """PCR ten seconds off: decoders' clocks, not the times of frames."""
    for p in ps:
        if p.data[3] & 0x20 and p.data[4] and p.data[5] & 0x10:
            base = int.from_bytes(p.data[6:10], "big") + 450000
            p.data[6:10] = (base & 0xFFFFFFFF).to_bytes(4, "big")
    return ps


@by_packet("ts-null-packets")
def ts_null_packets(ps):
    null = Packet(b"\x47\x1f\xff\x10" + b"\xff" * 184)
    return [x for p in ps for x in (p, null)]


@by_packet("ts-doubled-packet")
def ts_doubled_packet(ps):
    """A packet may be sent twice (13818-1 2.4.3.3)."""
    i = [i for i, p in enumerate(ps) if p.pid == V and not p.starts
         and not p.data[3] & 0x20][30]
    return ps[:i] + [ps[i], ps[i]] + ps[i + 1:]


@by_packet("ts-packet-gone")
def ts_packet_gone(ps):
    i = [i for i, p in enumerate(ps) if p.pid == V][30]
    return ps[:i] + ps[i + 1:]


@by_packet("ts-packet-tripled")
def ts_packet_tripled(ps):
    i = [i for i, p in enumerate(ps) if p.pid == V][30]
    return ps[:i] + [ps[i]] * 3 + ps[i + 1:]


@by_packet("ts-error-flag")
def ts_error_flag(ps):
    [p for p in ps if p.pid == V][30].data[1] |= 0x80
    return ps


@by_packet("ts-scrambled")
def ts_scrambled(ps):
    [p for p in ps if p.pid == V][30].data[3] |= 0x80
    return ps


@by_packet("ts-payload-bit")
def ts_payload_bit(ps):
    p = [p for p in ps if p.pid == V and not p.starts][30]
    p.data[150] ^= 1
    return ps


@by_packet("ts-pids")
def ts_pids(ps):
    """Other numbers for the streams, in the table too."""
    for p in ps:
        if p.pid in (V, A):
            p.pid = p.pid + 0x50
    return table(ps, lambda s: s.replace(b"\xe1\x00", b"\xe1\x50").replace(
        b"\xe1\x01", b"\xe1\x51"))


def crc(data):
    c = 0xFFFFFFFF
    for b in data:
        c ^= b << 24
        for _ in range(8):
            c = (c << 1 ^ (0x04C11DB7 if c & 1 << 31 else 0)) & 0xFFFFFFFF
    return c.to_bytes(4, "big")


def table(ps, fn):
    """Rewrites the program map; fn gets and gives it without length, CRC."""
    for p in ps:
        if p.pid != PMT or not p.starts:
            continue
        at = p.payload + 1
        n = struct.unpack(">H", p.data[at + 1:at + 3])[0] & 0xFFF
        body = fn(bytes(p.data[at + 3:at + 3 + n - 4]))
        head = bytes([2]) + struct.pack(">H", 0xB000 | len(body) + 4)
        whole = head + body + crc(head + body)
        p.data[at:] = (whole + b"\xff" * 188)[:188 - at]
    return ps


@by_packet("ts-stream-added")
def ts_stream_added(ps):
    """A stream of private data that somebody may know."""
    pes = b"\0\0\1\xbd\0\x20\x80\0\0" + b"hidden" * 4
    new = Packet(b"\x47\x41\x70\x30" + bytes([183 - len(pes), 0]) +
                 b"\xff" * (182 - len(pes)) + pes)
    return table(ps[:60] + [new] + ps[60:],
                 lambda s: s + b"\x06\xe1\x70\xf0\x00")


@by_packet("ts-stream-announced")
def ts_stream_announced(ps):
    """A stream of which nothing comes."""
    return table(ps, lambda s: s + b"\x1b\xe1\x70\xf0\x00")


@by_packet("ts-stream-unlisted")
def ts_stream_unlisted(ps):
    """Packets of a PID that no table knows."""
    new = Packet(b"\x47\x01\x70\x10" + b"hidden" * 30 + b"\0" * 4)
    return ps[:60] + [new] + ps[60:]


@by_packet("ts-sound-unlisted")
def ts_sound_unlisted(ps):
    """The sound is there, and the table has lost it."""
    return table(ps, lambda s: s[:s.index(b"\x0f\xe1\x01")])


@by_packet("ts-sound-type")
def ts_sound_type(ps):
    """AAC that the table calls AC-3."""
    return table(ps, lambda s: s.replace(b"\x0f\xe1\x01", b"\x81\xe1\x01"))


@by_packet("ts-language")
def ts_language(ps):
    return table(ps, lambda s: s[:s.index(b"\x0f\xe1\x01")] +
                 b"\x0f\xe1\x01\xf0\x06\x0a\x04fra\x00")


@by_packet("ts-second-program")
def ts_second_program(ps):
    """The program association names another program, of nothing."""
    for p in ps:
        if p.pid == 0:
            body = b"\x00\x01\xc1\x00\x00" + struct.pack(
                ">HHHH", 1, 0xE000 | PMT, 2, 0xE000 | 0x1100)
            head = b"\0" + struct.pack(">H", 0xB000 | len(body) + 4)
            p.data[5:] = (head + body + crc(head + body) +
                          b"\xff" * 188)[:183]
    return ps


@change("ts")
def ts_cut(data):
    return data[:len(data) // 2 // 188 * 188]


@change("ts")
def ts_cut_in_packet(data):
    return data[:len(data) // 2 // 188 * 188 + 77]


@change("ts")
def ts_junk(data):
    at = len(data) // 2 // 188 * 188
    return data[:at] + b"junk" * 50 + data[at:]


@change("ts")
def ts_appended(data):
    return data + b"PK\3\4" + bytes(300)


@change("ts")
def ts_behind_itself(data):
    """The same again: sent twice."""
    return data + data


# FLV.

def flv_tags(data):
    out, at = [], 13
    while at + 11 <= len(data):
        size = int.from_bytes(data[at + 1:at + 4], "big")
        out.append(bytearray(data[at:at + 11 + size]))
        at += 11 + size + 4
    return out


def by_tag(name):
    def put(fn):
        CHANGES[name] = ("flv", lambda data: data[:13] + b"".join(
            bytes(t) + len(t).to_bytes(4, "big")
            for t in fn(flv_tags(data))))
        return fn

    return put


def flv_later(t, ms):
    at = int.from_bytes(t[4:7], "big") + ms
    t[4:7] = at.to_bytes(3, "big")


@by_tag("flv-all-late")
def flv_all_late(ts):
    for t in ts:
        if t[0] != 18:
            flv_later(t, 5000)
    return ts


@by_tag("flv-picture-late")
def flv_picture_late(ts):
    flv_later([t for t in ts if t[0] == 9][60], 12)
    return ts


@by_tag("flv-composition")
def flv_composition(ts):
    t = [t for t in ts if t[0] == 9][60]
    t[13:16] = (int.from_bytes(t[13:16], "big") + 13).to_bytes(3, "big")
    return ts


@by_tag("flv-sound-late")
def flv_sound_late(ts):
    for t in ts:
        if t[0] == 8:
            flv_later(t, 80)
    return ts


@by_tag("flv-tag-gone")
def flv_tag_gone(ts):
    ts.remove([t for t in ts if t[0] == 9][60])
    return ts


@by_tag("flv-bit")
def flv_bit(ts):
    max((t for t in ts[20:] if t[0] == 9), key=len)[-9] ^= 1
    return ts


@by_tag("flv-configuration")
def flv_configuration(ts):
    """Another SPS from the middle on."""
    i = len(ts) // 2
    head = bytearray([t for t in ts if t[0] == 9 and t[12] == 0][0])
    head[11 + 5 + 11] ^= 2
    head[4:7] = ts[i][4:7]
    return ts[:i] + [head] + ts[i:]


@by_tag("flv-script")
def flv_script(ts):
    """What the script says of the file."""
    for t in ts:
        if t[0] == 18:
            i = t.index(b"framerate") + 9
            t[i + 1:i + 9] = struct.pack(">d", 5.0)
    return ts


@by_tag("flv-script-gone")
def flv_script_gone(ts):
    return [t for t in ts if t[0] != 18]


@by_tag("flv-stream-flags")
def flv_key_flags(ts):
    """No picture is called a key any more."""
    for t in ts:
        if t[0] == 9 and t[11] >> 4 == 1 and t[12] == 1:
            t[11] = 0x27
    return ts


@change("flv")
def flv_previous_sizes(data):
    """The lengths that only reading backwards takes."""
    out, at = data[:13], 13
    while at + 11 <= len(data):
        size = int.from_bytes(data[at + 1:at + 4], "big") + 11
        out += data[at:at + size] + b"\0\0\0\7"
        at += size + 4
    return out


@change("flv")
def flv_cut(data):
    return data[:len(data) * 2 // 3]


# AVI.

@change("avi")
def avi_rate(data):
    at = data.index(b"vids")
    rate = struct.unpack("<I", data[at + 24:at + 28])[0]
    return data[:at + 24] + struct.pack("<I", rate * 2) + data[at + 28:]


@change("avi")
def avi_start(data):
    at = data.index(b"vids")
    return data[:at + 28] + struct.pack("<I", 25) + data[at + 32:]


@change("avi")
def avi_sound_rate(data):
    """Samples a second of both headers of the sound."""
    at = data.index(b"auds")
    data = data[:at + 24] + struct.pack(
        "<I", struct.unpack("<I", data[at + 24:at + 28])[0] // 2) + \
        data[at + 28:]
    at = data.index(b"strf", at) + 8
    x = struct.unpack("<II", data[at + 4:at + 12])
    return data[:at + 4] + struct.pack("<II", x[0] // 2, x[1] // 2) + \
        data[at + 12:]


@change("avi")
def avi_header_rate(data):
    """Microseconds a frame of the main header: nobody's clock."""
    at = data.index(b"avih") + 8
    return data[:at] + struct.pack("<I", 1000) + data[at + 4:]


@change("avi")
def avi_bit(data):
    at = data.index(b"movi") + 4000
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def avi_parts(data):
    """Before the frames, (tag, frame), behind."""
    at = data.index(b"movi") + 4
    end = at - 4 + struct.unpack("<I", data[at - 8:at - 4])[0]
    out, i = [], at
    while i + 8 <= end:
        n = struct.unpack("<I", data[i + 4:i + 8])[0]
        out.append(data[i:i + 8 + n + (n & 1)])
        i += 8 + n + (n & 1)
    return data[:at], out, data[end:]


@change("avi")
def avi_frames_swapped(data):
    head, parts, tail = avi_parts(data)
    v = [i for i, p in enumerate(parts) if p[2:4] == b"dc"]
    i, j = v[10], v[11]
    parts[i], parts[j] = parts[j], parts[i]
    return head + b"".join(parts) + tail


@change("avi")
def avi_index(data):
    """An index that has the frames in another order."""
    at = data.index(b"idx1")
    n = struct.unpack("<I", data[at + 4:at + 8])[0]
    rows = [data[i:i + 16] for i in range(at + 8, at + 8 + n, 16)]
    v = [i for i, r in enumerate(rows) if r[2:4] == b"dc"]
    i, j = v[10], v[11]
    rows[i], rows[j] = rows[j], rows[i]
    return data[:at + 8] + b"".join(rows) + data[at + 8 + n:]


@change("avi")
def avi_cut(data):
    return data[:len(data) // 2]


@change("avi")
def avi_junk(data):
    at = data.index(b"LIST", 200)
    at = data.rindex(b"LIST", 0, data.index(b"movi"))
    junk = b"JUNK" + struct.pack("<I", 64) + bytes(64)
    size = struct.unpack("<I", data[4:8])[0] + len(junk)
    return data[:4] + struct.pack("<I", size) + data[8:at] + junk + data[at:]


# Ogg: pages.

def page_crc(page):
    c = 0
    for b in page:
        c ^= b << 24
        for _ in range(8):
            c = (c << 1 ^ (0x04C11DB7 if c & 1 << 31 else 0)) & 0xFFFFFFFF
    return c


def pages(data):
    out, at = [], 0
    while data[at:at + 4] == b"OggS":
        n = data[at + 26]
        size = 27 + n + sum(data[at + 27:at + 27 + n])
        out.append(bytearray(data[at:at + size]))
        at += size
    return out


def sealed(ps):
    for p in ps:
        p[22:26] = bytes(4)
        p[22:26] = struct.pack("<I", page_crc(p))
    return b"".join(bytes(p) for p in ps)


def by_page(name):
    def put(fn):
        CHANGES[name] = ("ogg", lambda data: sealed(fn(pages(data))))
        return fn

    return put


def granule(p, by):
    at = struct.unpack("<q", p[6:14])[0]
    p[6:14] = struct.pack("<q", at + by)


@by_page("ogg-late")
def ogg_late(ps):
    for p in ps[2:]:
        granule(p, 480000)
    return ps


@by_page("ogg-gap")
def ogg_gap(ps):
    for p in ps[4:]:
        granule(p, 24000)
    return ps


@by_page("ogg-end")
def ogg_end(ps):
    """The last second is not to be heard."""
    granule(ps[-1], -40000)
    return ps


@by_page("ogg-page-gone")
def ogg_page_gone(ps):
    return ps[:3] + ps[4:]


@by_page("ogg-page-gone-renumbered")
def ogg_page_gone_renumbered(ps):
    ps = ps[:3] + ps[4:]
    for i, p in enumerate(ps):
        p[18:22] = struct.pack("<I", i)
    return ps


@by_page("ogg-last-page-gone")
def ogg_last_page_gone(ps):
    return ps[:-1]


@by_page("ogg-pages-swapped")
def ogg_pages_swapped(ps):
    ps[3], ps[4] = ps[4], ps[3]
    return ps


@by_page("ogg-gain")
def ogg_gain(ps):
    at = ps[0].index(b"OpusHead")
    ps[0][at + 16:at + 18] = struct.pack("<h", -2560)
    return ps


@by_page("ogg-preskip")
def ogg_preskip(ps):
    at = ps[0].index(b"OpusHead")
    ps[0][at + 10:at + 12] = struct.pack("<H", 24000)
    return ps


@by_page("ogg-channels")
def ogg_channels(ps):
    at = ps[0].index(b"OpusHead")
    ps[0][at + 9] = 2
    return ps


@by_page("ogg-comment")
def ogg_comment(ps):
    """Another name in the comments; no byte more."""
    at = ps[1].index(b"Lavf")
    ps[1][at:at + 4] = b"Evil"
    return ps


@by_page("ogg-bit")
def ogg_bit(ps):
    ps[3][-50] ^= 1
    return ps


@by_page("ogg-serial")
def ogg_serial(ps):
    for p in ps:
        p[14:18] = b"other"[:4]
    return ps


@by_page("ogg-chained")
def ogg_chained(ps):
    """The same stream once more, as its own."""
    more = [bytearray(p) for p in ps]
    for p in more:
        p[14:18] = b"more"
    return ps + more


@change("ogg")
def ogg_checksum(data):
    """A page that readers have to drop: its checksum is wrong."""
    ps = pages(data)
    ps[3][22] ^= 1
    return b"".join(bytes(p) for p in ps)


# WAVE.

def by_chunk(name):
    def put(fn):
        def make(data):
            with open("pcm.wav", "rb"):
                parts = chunks("pcm.wav")
            new = fn(parts)
            return new if isinstance(new, bytes) else wave(new)

        CHANGES[name] = ("wav", make)
        return fn

    return put


def with_form(parts, at, new):
    return [(t, x[:at] + new + x[at + len(new):] if t == b"fmt " else x)
            for t, x in parts]


by_chunk("wav-rate")(lambda ps: with_form(
    ps, 4, struct.pack("<II", 22050, 44100)))
by_chunk("wav-channels")(lambda ps: with_form(
    with_form(ps, 2, b"\2\0"), 12, b"\4\0"))
by_chunk("wav-bits")(lambda ps: with_form(
    with_form(ps, 14, b"\x08\0"), 12, b"\1\0"))
by_chunk("wav-frame")(lambda ps: with_form(ps, 12, b"\x08\0"))
by_chunk("wav-form-twice")(lambda ps: ps[:1] + with_form(
    ps, 4, struct.pack("<II", 22050, 44100))[:1] + ps[1:])
by_chunk("wav-data-twice")(lambda ps: [
    x for t, d in ps for x in
    ([(t, bytes(len(d))), (t, d)] if t == b"data" else [(t, d)])])
by_chunk("wav-list")(lambda ps: ps + [
    (b"LIST", b"INFOINAM\6\0\0\0other\0")])
by_chunk("wav-bext")(lambda ps: [(b"bext", bytes(602))] + ps)
by_chunk("wav-loop")(lambda ps: ps + [(b"smpl", struct.pack(
    "<15I", 0, 0, 20833, 60, 0, 0, 0, 1, 0, 0, 0, 0, 1000, 0, 5))])
by_chunk("wav-cut")(lambda ps: wave(ps)[:200000])
by_chunk("wav-appended")(lambda ps: wave(ps) + b"PK\3\4" + bytes(40))
by_chunk("wav-sample")(lambda ps: [
    (t, x[:5000] + bytes([x[5000] ^ 1]) + x[5001:] if t == b"data" else x)
    for t, x in ps])
by_chunk("wav-shorter")(lambda ps: [
    (t, x[:-4800] if t == b"data" else x) for t, x in ps])
by_chunk("wav-reversed")(lambda ps: [
    (t, b"".join(x[i:i + 2] for i in range(len(x) - 2, -2, -2))
     if t == b"data" else x) for t, x in ps])
by_chunk("wav-speakers")(lambda ps: [
    (t, b"\xfe\xff" + x[2:16] + struct.pack("<HHI", 22, 16, 1) +
     b"\1\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
     if t == b"fmt " else x) for t, x in ps])


@by_chunk("wav-two-lengths")
def wav_two_lengths(ps):
    parts = dict(ps)
    data = parts[b"data"]
    long = wave([(b"fmt ", parts[b"fmt "]), (b"data", data * 2)])
    ds64 = struct.pack("<QQQI", len(long), len(data), len(data) // 2, 0)
    return (b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<I", len(ds64)) +
            ds64 + long[12:])


# MPEG audio, ADTS and FLAC.

def mp3_frames(data):
    """Where frames of one bit rate begin, behind the tag."""
    at, out = data.index(b"\xff\xfb"), []
    rates = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    hz = (44100, 48000, 32000)
    while at + 4 <= len(data) and data[at] == 0xFF:
        size = 144000 * rates[data[at + 2] >> 4] // hz[
            data[at + 2] >> 2 & 3] + (data[at + 2] >> 1 & 1)
        out.append(data[at:at + size])
        at += size
    return data[:data.index(b"\xff\xfb")], out


@change("mp3")
def mp3_frame_gone(data):
    head, frames = mp3_frames(data)
    return head + b"".join(frames[:50] + frames[51:])


@change("mp3")
def mp3_gain(data):
    """What mp3gain does: the loudness of each frame."""
    head, frames = mp3_frames(data)
    out = []
    for f in frames[1:]:
        f = bytearray(f)
        f[4 + 5] ^= 0x04
        out.append(bytes(f))
    return head + frames[0] + b"".join(out)


@change("mp3")
def mp3_header_private_bit(data):
    head, frames = mp3_frames(data)
    return head + b"".join(
        f[:2] + bytes([f[2] ^ 1]) + f[3:] for f in frames)


@change("mp3")
def mp3_tag(data):
    return (b"ID3\4\0\0\0\0\0\x0fTIT2\0\0\0\5\0\0\3evil" + data +
            b"TAG" + b"evil".ljust(125, b"\0"))


@change("mp3")
def mp3_info_gone(data):
    head, frames = mp3_frames(data)
    return head + b"".join(frames[1:])


@change("mp3")
def mp3_info_delay(data):
    """Delay and padding of the Info frame."""
    head, frames = mp3_frames(data)
    f = frames[0]
    at = f.index(b"Lavc") + 21
    return head + f[:at] + b"\xff\xff\xff" + f[at + 3:] + b"".join(frames[1:])


@change("mp3")
def mp3_appended(data):
    return data + b"PK\3\4" + bytes(300)


def adts(data):
    out, at = [], 0
    while at + 7 <= len(data):
        n = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        out.append(bytearray(data[at:at + n]))
        at += n
    return out


@change("aac")
def aac_frame_gone(data):
    f = adts(data)
    return b"".join(bytes(x) for x in f[:50] + f[51:])


@change("aac")
def aac_rate(data):
    """Another sample rate in each header."""
    f = adts(data)
    for x in f:
        x[2] = x[2] & 0xC3 | 6 << 2
    return b"".join(bytes(x) for x in f)


@change("aac")
def aac_version_bit(data):
    """MPEG-2 instead of MPEG-4: the same frames."""
    f = adts(data)
    for x in f:
        x[1] ^= 8
    return b"".join(bytes(x) for x in f)


@change("flac")
def flac_comment(data):
    at = data.index(b"Lavf")
    return data[:at] + b"Evil" + data[at + 4:]


@change("flac")
def flac_bit(data):
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


@change("flac")
def flac_rate(data):
    """Half the rate in STREAMINFO; frames may say otherwise."""
    at = 8 + 10
    x = int.from_bytes(data[at:at + 3], "big")
    x = (x >> 4) // 2 << 4 | x & 15
    return data[:at] + x.to_bytes(3, "big") + data[at + 3:]


@change("flac")
def flac_cut(data):
    return data[:len(data) // 2]


# A handful of images; they have tables of their own.

def png_chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data)))


def png_put(*parts):
    new = b"".join(png_chunk(*p) for p in parts)
    return lambda data: data[:33] + new + data[33:]


CHANGES["png-text"] = ("png", png_put((b"tEXt", b"Comment\0evil")))
CHANGES["png-gamma"] = ("png", png_put((b"gAMA", struct.pack(">I", 90000))))
CHANGES["png-appended"] = ("png", lambda data: data + b"PK\3\4" + bytes(40))


@change("png")
def png_animated(data):
    """A second picture, which browsers show for ever."""
    with open("other.png", "rb") as f:
        other = f.read()
    size = data[16:24]
    fctl = size + struct.pack(">IIHHBB", 0, 0, 1, 10, 0, 0)
    at = other.index(b"IDAT") - 4
    frame = other[at + 8:at + 8 + struct.unpack(">I", other[at:at + 4])[0]]
    return png_put((b"acTL", struct.pack(">II", 1, 0)))(data[:-12]) + \
        png_chunk(b"fcTL", struct.pack(">I", 0) + fctl) + \
        png_chunk(b"fdAT", struct.pack(">I", 1) + frame) + data[-12:]


@change("png")
def png_palette_row(data):
    """A byte of the coded picture."""
    at = data.index(b"IDAT") + 60
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


@change("jpg")
def jpg_comment(data):
    return data[:2] + b"\xff\xfe\0\6evil" + data[2:]


@change("jpg")
def jpg_turned(data):
    tiff = b"MM\0*\0\0\0\x08\0\1" + struct.pack(">HHIHH", 0x112, 3, 1, 6,
                                                0) + b"\0\0\0\0"
    body = b"Exif\0\0" + tiff
    return data[:2] + b"\xff\xe1" + struct.pack(
        ">H", len(body) + 2) + body + data[2:]


@change("jpg")
def jpg_appended(data):
    return data + b"<html></html>"


@change("jpg")
def jpg_table(data):
    """One step of a quantisation table: other contrast."""
    at = data.index(b"\xff\xdb") + 10
    return data[:at] + bytes([data[at] + 1]) + data[at + 1:]


@change("jpg")
def jpg_scan_bit(data):
    at = len(data) * 3 // 4
    while data[at - 1] == 0xFF or data[at] in (0, 0xFF) or \
            data[at] ^ 1 == 0xFF:
        at += 1
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
