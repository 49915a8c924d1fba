# SPDX-License-Identifier: ISC
"""What honest people do to media with the tools that they have."""

import os
import shutil
import subprocess

# NAME: (what makes {out} of {in}, what then changes {out} in place)
CHANGES = {}


def tool(name, *steps):
    """A step is a list of words; one without {in} works on {out} alone."""
    CHANGES["tool-" + name] = steps


def ffmpeg(name, *options, inputs=()):
    more = [x for i in inputs for x in ("-i", i)]
    tool(name, ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", "{in}",
                *more, *(() if "-map" in options else ("-map", "0")),
                "-c", "copy", *options, "{out}"])


def names():
    return list(CHANGES)


def needs(name):
    """Programs that a change takes."""
    return {step[0] for step in CHANGES.get(name, ())}


def find(name, _container):
    steps = CHANGES.get(name)
    if steps is None:
        return None

    def make(base, out):
        if not any("{in}" in w for w in steps[0]):
            shutil.copy(base, out)
            os.chmod(out, 0o644)
        for step in steps:
            words = [w.replace("{in}", base).replace("{out}", out)
                     for w in step]
            done = subprocess.run(words, text=True, capture_output=True,
                                  stdin=subprocess.DEVNULL, timeout=120)
            # mkvmerge says 1 for a warning.
            if done.returncode > (words[0] == "mkvmerge"):
                raise RuntimeError(" ".join(words) + ": " + done.stdout +
                                   done.stderr)

    return make


ffmpeg("copy")
ffmpeg("faststart", "-movflags", "+faststart")
ffmpeg("fragments", "-movflags", "frag_keyframe+delay_moov")
ffmpeg("fragments-plain", "-movflags", "frag_keyframe+empty_moov")
ffmpeg("fragments-short", "-movflags", "empty_moov+default_base_moof",
       "-frag_duration", "500000")
ffmpeg("cmaf", "-movflags", "+cmaf")
ffmpeg("tags", "-metadata", "title=other", "-metadata", "comment=long " * 50)
ffmpeg("tags-gone", "-map_metadata", "-1", "-fflags", "+bitexact")
ffmpeg("language", "-metadata:s:a:0", "language=fra")
ffmpeg("disposition", "-disposition:a:0", "default+original")
ffmpeg("order", "-map", "0:a", "-map", "0:v")
ffmpeg("chapters", "-map_metadata", "1", "-map_chapters", "1",
       inputs=("chapters.txt",))
ffmpeg("clock", "-video_track_timescale", "90000")
ffmpeg("brand", "-brand", "mp42")
ffmpeg("delimiters", "-bsf:v", "h264_metadata=aud=insert")
ffmpeg("filler", "-bsf:v", "filter_units=remove_types=12")
ffmpeg("sei-gone", "-bsf:v", "filter_units=remove_types=6")
ffmpeg("clusters", "-cluster_time_limit", "200")
ffmpeg("live", "-live", "1")
ffmpeg("cues", "-reserve_index_space", "5000")
ffmpeg("interleave", "-max_interleave_delta", "3000000")
ffmpeg("pids", "-mpegts_start_pid", "0x300", "-mpegts_pmt_start_pid",
       "0x200")
ffmpeg("service", "-metadata", "service_name=other", "-mpegts_service_id",
       "9")
ffmpeg("tables", "-pat_period", "0.02", "-pcr_period", "20")
ffmpeg("packets", "-pes_payload_size", "0")
ffmpeg("index", "-flvflags", "add_keyframe_index")
ffmpeg("pages", "-page_duration", "200000")
ffmpeg("rf64", "-rf64", "always")
ffmpeg("bext", "-write_bext", "1", "-metadata", "description=other")
ffmpeg("id3", "-id3v2_version", "3", "-write_id3v1", "1", "-metadata",
       "title=other")

tool("mkvmerge", ["mkvmerge", "-q", "-o", "{out}", "{in}"])
tool("mkvmerge-lacing", ["mkvmerge", "-q", "--engage", "no_simpleblocks",
                         "-o", "{out}", "{in}"])
tool("mkvpropedit", ["mkvpropedit", "-q", "{out}", "--edit", "info", "--set",
                     "title=other", "--edit", "track:a1", "--set",
                     "language=fre", "--set", "name=other"])
tool("mkvpropedit-cover", ["mkvpropedit", "-q", "{out}", "--add-attachment",
                           "still.jpg"])
tool("exiftool", ["exiftool", "-q", "-overwrite_original", "-Title=other",
                  "-XMP:Creator=somebody", "{out}"])
tool("exiftool-gone", ["exiftool", "-q", "-overwrite_original", "-all=",
                       "{out}"])
tool("atomicparsley", ["AtomicParsley", "{out}", "--title", "other",
                       "--artwork", "still.jpg", "--overWrite"])
tool("vorbiscomment", ["vorbiscomment", "-w", "-t", "TITLE=other", "{out}"])
tool("metaflac", ["metaflac", "--set-tag=TITLE=other",
                  "--add-padding=5000", "{out}"])
tool("metaflac-gone", ["metaflac", "--remove-all", "{out}"])
tool("metaflac-gain", ["metaflac", "--add-replay-gain", "{out}"])


def through(name, ext, *options):
    """Into another container and back again."""
    half = "{out}.half." + ext
    ff = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i"]
    tool("through-" + name,
         ff + ["{in}", "-map", "0", "-c", "copy", *options, half],
         ff + [half, "-map", "0", "-c", "copy", "{out}"])


through("ts", "ts")
through("mkv", "mkv")
through("mov", "mov")
through("flv", "flv")
through("nut", "nut")
through("fragments", "mp4", "-movflags", "frag_keyframe+delay_moov")
