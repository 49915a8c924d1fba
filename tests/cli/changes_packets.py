# SPDX-License-Identifier: ISC
"""Changes of samples: of their bytes, order and times, and of whole streams.

Each takes a Movie and alters it; ffmpeg then copies it into the container.
Assets besides the one that is changed come by load(name).
"""

import copy
import random

from samples import STBL

CHANGES = {}


def change(fn):
    CHANGES[fn.__name__.replace("_", "-")] = fn
    return fn


# Time.

def scale_times(track, factor):
    for s in track.samples:
        s.dts, s.pts = round(s.dts * factor), round(s.pts * factor)
        s.dur = round(s.dur * factor)
    track.start = round(track.start * factor)


def shift_from(track, first, seconds):
    by = track.ticks(seconds)
    for s in track.samples[first:]:
        s.dts += by
        s.pts += by


def middle(track):
    return track.groups()[len(track.groups()) // 2][0]


@change
def unaltered(m, load):
    pass


def rate(factor, sound=True):
    def fn(m, load):
        for t in m.tracks:
            if sound or t is m.video:
                scale_times(t, factor)
    return fn


CHANGES["rate-2x"] = rate(0.5)
CHANGES["rate-half"] = rate(2)
CHANGES["rate-1.001"] = rate(1.001)
CHANGES["rate-video-only"] = rate(1.05, sound=False)


@change
def rate_of_half(m, load):
    """From the middle on 1% slower: what is late adds up."""
    for t in m.tracks:
        first = middle(t) if t is m.video else len(t.samples) // 2
        at = t.samples[first].dts
        for s in t.samples[first:]:
            s.dts = at + round((s.dts - at) * 1.01)
            s.pts = at + round((s.pts - at) * 1.01)


@change
def times_swapped(m, load):
    a, b = sorted(m.video.samples, key=lambda s: s.pts)[60:62]
    a.pts, b.pts = b.pts, a.pts


@change
def times_reversed(m, load):
    """A group of pictures that plays backwards."""
    first, end = m.video.groups()[1]
    times = [s.pts for s in m.video.samples[first:end]]
    for s in m.video.samples[first:end]:
        s.pts = min(times) + max(times) - s.pts


@change
def times_jitter(m, load):
    dice = random.Random(1)
    for s in m.video.samples[1:]:
        s.pts += m.video.ticks(dice.uniform(-0.010, 0.010))


@change
def times_wobble(m, load):
    """Less than what containers round to."""
    dice = random.Random(1)
    for s in m.video.samples[1:]:
        s.pts += m.video.ticks(dice.uniform(-0.0015, 0.0015))


@change
def times_bunched(m, load):
    """Ten pictures within 10 ms: nine of them are never seen."""
    shown = sorted(m.video.samples, key=lambda s: s.pts)[60:70]
    for i, s in enumerate(shown):
        s.pts = shown[0].pts + m.video.ticks(0.001 * i)


@change
def times_dwell(m, load):
    shift_from(m.video, middle(m.video), 2)


@change
def times_all_dwell(m, load):
    for t in m.tracks:
        first = middle(t) if t is m.video else len(t.samples) // 2
        shift_from(t, first, 2)


@change
def times_one_late(m, load):
    s = sorted(m.video.samples, key=lambda s: s.pts)[70]
    s.pts += m.video.ticks(0.02)


@change
def times_coarse(m, load):
    """On a clock of eight ticks a second."""
    for s in m.video.samples:
        s.pts = round(s.pts * 8 / m.video.scale) * m.video.scale // 8


@change
def last_held(m, load):
    m.video.samples[-1].dur = m.video.ticks(20)


def sound_offset(seconds):
    def fn(m, load):
        m.audio.start -= m.audio.ticks(seconds)
    return fn


CHANGES["sound-late-20ms"] = sound_offset(0.020)
CHANGES["sound-late-60ms"] = sound_offset(0.060)
CHANGES["sound-late-1500ms"] = sound_offset(1.5)
CHANGES["sound-early-60ms"] = sound_offset(-0.060)


@change
def sound_gap(m, load):
    shift_from(m.audio, 100, 0.5)


@change
def sound_gap_60ms(m, load):
    shift_from(m.audio, 100, 0.06)


@change
def sound_moved_inside(m, load):
    """Late from here on, and on time again from there."""
    shift_from(m.audio, 100, 0.3)
    shift_from(m.audio, 200, -0.3 + 0.02)
    m.audio.samples = [s for i, s in enumerate(m.audio.samples)
                       if not 186 <= i < 201]


@change
def sound_drift(m, load):
    scale_times(m.audio, 1.01)


# Essence.

def fill(track, samples):
    """Samples one after the other, with no time between."""
    times = [(s.dts, s.pts - s.dts) for s in track.samples]
    end = track.samples[-1].dts
    for i, s in enumerate(samples):
        if i < len(times):
            s.dts, late = times[i]
        else:
            end += track.samples[-1].dur
            s.dts, late = end, s.pts - s.dts
        s.pts = s.dts + late
    track.samples = samples


@change
def frame_dropped(m, load):
    del m.video.samples[middle(m.video) + 7]


@change
def frame_dropped_closed_up(m, load):
    new = list(m.video.samples)
    del new[middle(m.video) + 7]
    fill(m.video, new)


@change
def frame_doubled(m, load):
    at = middle(m.video) + 7
    new = list(m.video.samples)
    new.insert(at, copy.copy(new[at]))
    fill(m.video, new)


@change
def frame_replayed(m, load):
    """One picture's bytes in the place of another's."""
    at = middle(m.video) + 7
    m.video.samples[at].data = m.video.samples[at + 3].data


@change
def frames_swapped(m, load):
    at = middle(m.video) + 7
    a, b = m.video.samples[at], m.video.samples[at + 3]
    a.data, b.data = b.data, a.data


def moved_groups(t, order):
    new = []
    for g in order:
        first, end = t.groups()[g]
        new += [copy.copy(s) for s in t.samples[first:end]]
    fill(t, new)


@change
def groups_swapped(m, load):
    moved_groups(m.video, [0, 2, 1, 3, 4])


@change
def group_replayed(m, load):
    moved_groups(m.video, [0, 1, 1, 2, 3, 4])


@change
def group_in_place_of_another(m, load):
    moved_groups(m.video, [0, 1, 1, 3, 4])


@change
def group_dropped(m, load):
    first, end = m.video.groups()[2]
    del m.video.samples[first:end]


@change
def group_dropped_closed_up(m, load):
    moved_groups(m.video, [0, 1, 3, 4])


@change
def groups_backwards(m, load):
    moved_groups(m.video, [4, 3, 2, 1, 0])


def flip(sample, at, bit=1):
    d = bytearray(sample.data)
    d[at] ^= bit
    sample.data = bytes(d)


def biggest(t):
    """The largest that is no key: a predicted picture."""
    return max((s for s in t.samples if not s.key or t.handler == b"soun"),
               key=lambda s: len(s.data))


@change
def picture_bit(m, load):
    s = biggest(m.video)
    flip(s, len(s.data) * 3 // 4)


@change
def picture_last_bit(m, load):
    flip(m.video.samples[-1], -1, 0x80)


@change
def sound_bit(m, load):
    s = biggest(m.audio)
    flip(s, len(s.data) // 2)


@change
def last_picture_cut(m, load):
    """Some bytes of the last picture are gone; its length field says so."""
    s = m.video.samples[-1]
    n = int.from_bytes(s.data[:4], "big")
    if n == len(s.data) - 4:
        s.data = (n - 5).to_bytes(4, "big") + s.data[4:-5]
    else:
        s.data = s.data[:-5]


@change
def sound_frame_dropped(m, load):
    del m.audio.samples[120]


@change
def sound_frame_doubled(m, load):
    new = list(m.audio.samples)
    new.insert(120, copy.copy(new[120]))
    fill(m.audio, new)


@change
def sound_frames_swapped(m, load):
    a, b = m.audio.samples[120], m.audio.samples[140]
    a.data, b.data = b.data, a.data


@change
def slices_swapped(m, load):
    """Two slices of one picture change places."""
    for s in m.video.samples[10:]:
        nals, at = [], 0
        while at < len(s.data):
            n = int.from_bytes(s.data[at:at + 4], "big") + 4
            nals.append(s.data[at:at + n])
            at += n
        slices = [i for i, n in enumerate(nals) if n[4] & 0x1F in (1, 5)]
        if len(slices) > 1:
            i, j = slices[:2]
            nals[i], nals[j] = nals[j], nals[i]
            s.data = b"".join(nals)
            return
    raise ValueError("no picture of several slices")


@change
def one_slice_gone(m, load):
    s = m.video.samples[11]
    n = int.from_bytes(s.data[:4], "big") + 4
    s.data = s.data[n:]


# Trims.

def cut(m, first, last):
    for t in m.tracks:
        lo, hi = t.start + t.ticks(first), t.start + t.ticks(last)
        t.samples = [s for s in t.samples if lo <= s.pts < hi]
        for s in t.samples:
            s.dts -= t.ticks(first)
            s.pts -= t.ticks(first)


@change
def start_trimmed(m, load):
    cut(m, 4, 100)


@change
def end_trimmed(m, load):
    cut(m, -1, 6)


@change
def last_frame_trimmed(m, load):
    del m.video.samples[-1]


@change
def last_sound_trimmed(m, load):
    del m.audio.samples[-1]


@change
def first_sound_trimmed(m, load):
    del m.audio.samples[0]


# Streams.

@change
def no_sound(m, load):
    m.tracks = [m.video]


@change
def no_picture(m, load):
    m.tracks = [m.audio]


@change
def sound_twice(m, load):
    m.add(m.audio)


@change
def sound_added(m, load):
    m.add(load("other").audio)


@change
def picture_added(m, load):
    m.add(load("other").video)


@change
def picture_twice(m, load):
    m.add(m.video)


@change
def sound_of_another(m, load):
    m.tracks = [m.video, load("other").audio]
    m.tracks[1].box.at("tkhd").put(12, b"\0\0\0\2")


@change
def picture_of_another(m, load):
    m.tracks = [load("other").video, m.audio]
    m.tracks[0].box.at("tkhd").put(12, b"\0\0\0\1")


@change
def tracks_permuted(m, load):
    m.tracks.reverse()


def join(m, other, first, last, at):
    """Takes the interval of another movie on behind at seconds."""
    for t in m.tracks:
        o = other.track(t.handler)
        by = t.ticks(at) + t.start
        lo, hi = o.start + o.ticks(first), o.start + o.ticks(last)
        for s in o.samples:
            if lo <= s.pts < hi:
                new = copy.copy(s)
                new.dts += by - lo
                new.pts += by - lo
                if not t.samples or new.dts > t.samples[-1].dts:
                    t.samples.append(new)


@change
def joined_to_another(m, load):
    """Two assets, one after the other."""
    join(m, load("other"), 0, 100, 10.04)


@change
def spliced(m, load):
    """The first half of this, the second of another."""
    cut(m, -1, 4)
    join(m, load("other"), 4, 8, 4)


@change
def another_in_the_middle(m, load):
    m2 = copy.deepcopy(m)
    cut(m, -1, 4)
    join(m, load("other"), 4, 6, 4)
    join(m, m2, 6, 100, 6)


@change
def another_with_the_same_end(m, load):
    """Nothing signed but a black end, which both have."""
    other = load("blackend")
    m.tracks = other.tracks
    m.moov = other.moov
    m.file = other.file


# Options of ffmpeg that take part in a change.
OPTIONS = {}


def bitstream(name, filters, *more):
    CHANGES[name] = unaltered
    OPTIONS[name] = ("-bsf:v", filters, *more)


UUID = "086f3693-b7b3-4f2c-9653-21492feee5b8"
bitstream("vui-colour", "h264_metadata=colour_primaries=9:"
          "transfer_characteristics=16:matrix_coefficients=9")
bitstream("vui-range", "h264_metadata=video_full_range_flag=1")
bitstream("vui-aspect", "h264_metadata=sample_aspect_ratio=4/3")
bitstream("vui-rate", "h264_metadata=tick_rate=120")
bitstream("sps-crop", "h264_metadata=crop_right=32")
bitstream("sps-other-level", "h264_metadata=level=51")
bitstream("sei-turned", "h264_metadata=display_orientation=insert:rotate=90")
bitstream("sei-flipped", "h264_metadata=display_orientation=insert:"
          "flip=horizontal")
bitstream("sei-text", "h264_metadata=sei_user_data=" + UUID + "+hello")
bitstream("sei-gone", "filter_units=remove_types=6")
bitstream("delimiters", "h264_metadata=aud=insert")
bitstream("hevc-colour", "hevc_metadata=colour_primaries=9:"
          "transfer_characteristics=16:matrix_coefficients=9")
bitstream("hevc-aspect", "hevc_metadata=sample_aspect_ratio=4/3")
bitstream("hevc-crop", "hevc_metadata=crop_right=32")
bitstream("hevc-level", "hevc_metadata=level=6")
bitstream("hevc-rate", "hevc_metadata=tick_rate=120")
bitstream("hevc-delimiters", "hevc_metadata=aud=insert")
bitstream("av1-colour", "av1_metadata=color_primaries=9:"
          "transfer_characteristics=16:matrix_coefficients=9")
bitstream("av1-delimiters", "av1_metadata=td=insert")
bitstream("mpeg2-aspect", "mpeg2_metadata=display_aspect_ratio=16/9")
bitstream("mpeg2-rate", "mpeg2_metadata=frame_rate=50")


@change
def subtitles_added(m, load):
    pass


OPTIONS["subtitles-added"] = ("-i", "added.srt", "-map", "0", "-map", "1")


@change
def cover_added(m, load):
    pass


OPTIONS["cover-added"] = ("-i", "still.jpg", "-map", "0", "-map", "1",
                          "-disposition:v:1", "attached_pic")


@change
def chapters_added(m, load):
    pass


OPTIONS["chapters-added"] = ("-i", "chapters.txt", "-map_metadata", "1",
                             "-map_chapters", "1")


def hevc_configuration(kind, at):
    """Flips a bit of a parameter set of hvcC."""

    def fn(m, load):
        e = m.video.box.at(STBL + "/stsd").kids[0]
        i = e.data.index(b"hvcC") + 4
        arrays, i = e.data[i + 22], i + 23
        for _ in range(arrays):
            found = e.data[i] & 0x3F
            n, i = int.from_bytes(e.data[i + 1:i + 3], "big"), i + 3
            for _ in range(n):
                size = int.from_bytes(e.data[i:i + 2], "big")
                if found == kind:
                    j = i + 2 + at
                    e.put(j, bytes([e.data[j] ^ 1]))
                    return
                i += 2 + size
        raise ValueError("no such set")

    return fn


CHANGES["hevc-vps-bit"] = hevc_configuration(32, 16)
CHANGES["hevc-sps-bit"] = hevc_configuration(33, 16)
CHANGES["hevc-pps-bit"] = hevc_configuration(34, 3)


@change
def config_conflict(m, load):
    """In-band another SPS than the container's, of the same number."""
    e = m.video.box.at(STBL + "/stsd").kids[0]
    i = e.data.index(b"avcC") + 4
    n = int.from_bytes(e.data[i + 6:i + 8], "big")
    sps = bytearray(e.data[i + 8:i + 8 + n])
    sps[3] ^= 2
    s = m.video.samples[0]
    s.data = n.to_bytes(4, "big") + bytes(sps) + s.data


def names():
    return list(CHANGES)
