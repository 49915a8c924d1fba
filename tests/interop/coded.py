# SPDX-License-Identifier: ISC
"""Coded sound by prov-manifest(5): what is in packets of MP4 tracks.

units(kind, packets, config) returns the form, the rate, and for each packet a
list of (configuration content, records, samples).
"""


def u32(n):
    return n.to_bytes(4, "big")


class Bits:
    def __init__(self, data):
        self.v = "".join(f"{b:08b}" for b in data)
        self.at = 0

    def u(self, n):
        self.at += n
        return int(self.v[self.at - n:self.at], 2)


KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
        448, 512, 576, 640)


def ac3_header(frame):
    """(length, begins, content, rate, samples)"""
    b = Bits(frame[2:10])
    if frame[5] >> 3 > 10:
        kind, substream = b.u(2), b.u(3)
        size, code, blocks = 2 * (b.u(11) + 1), b.u(2), b.u(2)
        acmod, lfe = b.u(3), b.u(1)
        rates = (48000, 44100, 32000)
        rate = rates[blocks] // 2 if code == 3 else rates[code]
        samples = 1536 if code == 3 else (256, 512, 768, 1536)[blocks]
        content = bytes([1, acmod, lfe]) + u32(rate)
        return size, kind != 1 and substream == 0, content, rate, samples
    b.u(16)
    code, size = b.u(2), b.u(6)
    b.u(8)
    acmod = b.u(3)
    levels = (acmod in (3, 5, 7)) + (acmod > 3) + (acmod == 2)
    lfe = b.u(2 * levels + 1) & 1
    rate = (48000, 44100, 32000)[code]
    k = KBPS[size // 2]
    words = (2 * k, k * 320 // 147 + size % 2, 3 * k)[code]
    return 2 * words, True, bytes([0, acmod, lfe]) + u32(rate), rate, 1536


def ac3(packets, _):
    rate = ac3_header(packets[0])[3]
    out = []
    for packet in packets:
        here = []
        while packet:
            size, begins, content, _, samples = ac3_header(packet)
            if begins:
                here.append((content, [packet[:size]], samples))
            else:
                here[-1][1].append(packet[:size])
            packet = packet[size:]
        out.append(here)
    return rate, out


def flac_header(frame, info):
    b = Bits(frame[:16])
    b.u(16)
    block, rate, channels, size = b.u(4), b.u(4), b.u(4), b.u(3)
    b.u(1)
    first = b.u(8)
    more = len(f"{first:08b}".split("0", 1)[0])
    b.at += 8 * max(more - 1, 0)
    if block == 6:
        samples = b.u(8) + 1
    elif block == 7:
        samples = b.u(16) + 1
    elif block == 1:
        samples = 192
    else:
        samples = 576 << block - 2 if block < 6 else 256 << block - 8
    stated = int.from_bytes(info[10:14], "big") >> 12
    rates = (stated, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000,
             44100, 48000, 96000)
    bits = (((info[12] & 1) << 4 | info[13] >> 4) + 1, 8, 12, None, 16, 20,
            24, 32)[size]
    channels = channels + 1 if channels < 8 else 2
    return bytes([channels, bits]) + u32(rates[rate]), rates[rate], samples


def flac(packets, config):
    info = config[8:42]
    rate = flac_header(packets[0], info)[1]
    return rate, [[(c, [p], n)] for p in packets
                  for c, _, n in [flac_header(p, info)]]


def alac(packets, config):
    c = config[4:]
    content = c[:6] + c[9:10] + c[6:9] + c[10:12] + c[20:24]
    out = []
    for p in packets:
        b = Bits(p[:8])
        b.u(19)
        sized = b.u(1)
        b.u(3)
        n = b.u(32) if sized else int.from_bytes(c[:4], "big")
        out.append([(content, [p], n)])
    return int.from_bytes(c[20:24], "big"), out


def dts(packets, _):
    out, rate = [], 0
    for packet in packets:
        here = []
        while packet:
            b = Bits(packet[4:16])
            if packet[:4] == b"\x7f\xfe\x80\x01":
                b.u(6)
                crc, blocks, size = b.u(1), b.u(7) + 1, b.u(14) + 1
                amode, code = b.u(6), b.u(4)
                rate = {8: 44100, 13: 48000}[code]
                b.u(15)
                lfe = b.u(2) != 0
                b.u(8 + (16 if crc else 0))
                content = bytes([1, amode, lfe, b.u(3)]) + u32(rate)
                here.append((content, [packet[:size]], 32 * blocks))
            else:
                b.u(10)
                wide = b.u(1)
                b.u(12 if wide else 8)
                size = b.u(20 if wide else 16) + 1
                here[-1][1].append(packet[:size])
            packet = packet[size:]
        out.append(here)
    return rate, out


def truehd(packets, _):
    out, content, code = [], None, 0
    for packet in packets:
        here = []
        while packet:
            size = 2 * (int.from_bytes(packet[:2], "big") & 0xfff)
            if packet[4:8] == b"\xf8\x72\x6f\xba":
                content = packet[4:12] + bytes([packet[20] >> 4])
                code = packet[8] >> 4
            here.append((content, [packet[:size]], 40 << (code & 7)))
            packet = packet[size:]
        out.append(here)
    return (44100 if code & 8 else 48000) << (code & 7), out


def vorbis(packets, config):
    """Headers with Xiph lacing; modes are read from the end backwards."""
    at, sizes = 1, []
    for _ in range(2):
        n = 0
        while config[at] == 255:
            n, at = n + 255, at + 1
        n, at = n + config[at], at + 1
        sizes.append(n)
    ident = config[at:at + sizes[0]]
    setup = config[at + sum(sizes):]
    bits = "".join(f"{b:08b}"[::-1] for b in setup)
    bits = bits[:bits.rindex("1")]
    modes, found = [], None
    while len(bits) > 41 and "1" not in bits[-40:-8]:
        modes.insert(0, bits[-41] == "1")
        bits = bits[:-41]
        if int(bits[-6:][::-1], 2) + 1 == len(modes):
            found = list(modes)
    content = u32(len(ident)) + ident + u32(len(setup)) + setup
    windows = 1 << (ident[28] & 15), 1 << (ident[28] >> 4)
    out, last = [], None
    for p in packets:
        low = int.from_bytes(p[:2], "little")
        mode = low >> 1 & (1 << (len(found) - 1).bit_length()) - 1
        window = windows[found[mode]]
        out.append([(content, [p], (last or window) // 4 + window // 4)])
        last = window
    return int.from_bytes(ident[12:16], "little"), out


def opus(packets, config):
    channels, family = config[1], config[10]
    table = bytes([1, channels == 2, 0, 1][:2 + channels])
    content = bytes([channels, family or 1]) + (
        table if family == 0 else config[11:13 + channels])
    lengths = [480, 960, 1920, 2880] * 3 + [480, 960] * 2 + \
        [120, 240, 480, 960] * 4
    out = []
    for p in packets:
        n = (1, 2, 2, p[1] & 63 if len(p) > 1 else 0)[p[0] & 3]
        out.append([(content, [p], n * lengths[p[0] >> 3])])
    return 48000, out


def mpeg_audio(packets, _):
    out, rate = [], 0
    for p in packets:
        version, layer = p[1] >> 3 & 3, 4 - (p[1] >> 1 & 3)
        channels = 1 if p[3] >> 6 == 3 else 2
        rate = (44100, 48000, 32000)[p[2] >> 2 & 3] >> (2, 0, 1, 0)[version]
        samples = 384 if layer == 1 else 1152 if layer == 2 or version == 3 \
            else 576
        content = bytes([version, layer, channels]) + u32(rate)
        out.append([(content, [p], samples)])
    return rate, out


FORMS = {"ac-3": ("ac3/1", ac3), "ec-3": ("eac3/1", ac3),
         "fLaC": ("flac/1", flac), "alac": ("alac/1", alac),
         "dtsc": ("dts/1", dts), "mlpa": ("truehd/1", truehd),
         "Opus": ("opus/1", opus), "vorbis": ("vorbis/1", vorbis),
         "mp3": ("mpeg-audio/1", mpeg_audio)}
BOXES = {"fLaC": "dfLa", "alac": "alac", "Opus": "dOps"}


def units(kind, packets, config):
    form, split = FORMS[kind]
    rate, out = split(packets, config)
    return form, rate, out
