# SPDX-License-Identifier: ISC
"""What the tamper matrix is made of: small files, one for each kind of essence."""

import os
import shutil
import subprocess

import changes_mp4
from boxes import Mp4

SOUND = ("-f", "lavfi", "-i",
         "aevalsrc='0.2*sin(2*PI*({}+40*floor(t))*t)':s=48000:d={}")
AVC = ("-c:v", "libx264", "-preset", "veryfast", "-qp", "36", "-pix_fmt",
       "yuv420p", "-g", "50", "-keyint_min", "50", "-sc_threshold", "0",
       "-bf", "2", "-x264-params")
AAC = ("-c:a", "aac", "-b:a", "48k")


def ffmpeg(*args):
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *args], text=True,
        stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError("ffmpeg " + " ".join(args) + ": " + done.stderr)



def sound(pitch, seconds):
    return (*SOUND[:3], SOUND[3].format(pitch, seconds))


def encode(out, source, pitch, seconds, *options):
    ffmpeg("-f", "lavfi", "-i", source, *sound(pitch, seconds), "-t",
           str(seconds), "-threads", "1", "-map_metadata", "-1",
           *options, out)


def with_end(out, source, pitch):
    """Four seconds of something, then four of black and silence."""
    black = "color=black:s=160x96:r=25:d=4"
    ffmpeg("-f", "lavfi", "-i", source, "-f", "lavfi", "-i", black,
           *sound(pitch, 4), "-f", "lavfi", "-i",
           "anullsrc=r=48000:cl=mono:d=4", "-filter_complex",
           "[0:v]trim=duration=4,format=yuv420p[a];[1:v]format=yuv420p[b];"
           "[a][b]concat[v];[2:a][3:a]concat=v=0:a=1[s]", "-map", "[v]",
           "-map", "[s]", "-threads", "1", *AVC, "open-gop=0", *AAC, out)


def make_pictures():
    test, other = "testsrc=s=160x96:r=25", "mandelbrot=s=160x96:r=25"
    encode("other.mp4", other, 500, 10, *AVC, "open-gop=0", *AAC)
    encode("slices.mp4", test, 300, 2, *AVC, "open-gop=0:slices=4", *AAC)
    with_end("black.mp4", test, 300)
    with_end("blackend.mp4", other, 500)
    encode("hevc.mp4", test, 300, 10, "-c:v", "libx265", "-preset",
           "ultrafast", "-x265-params",
           "log-level=none:keyint=50:min-keyint=50:scenecut=0:open-gop=0:"
           "bframes=2:b-adapt=0", "-pix_fmt", "yuv420p", "-tag:v", "hvc1",
           *AAC)
    encode("vp9.mp4", test, 300, 10, "-c:v", "libvpx-vp9", "-deadline",
           "realtime", "-cpu-used", "8", "-g", "50", "-pix_fmt", "yuv420p",
           "-b:v", "60k", "-c:a", "libopus", "-b:a", "32k")
    encode("av1.mp4", test, 300, 4, "-c:v", "libaom-av1", "-cpu-used", "8",
           "-usage", "realtime", "-g", "25", "-pix_fmt", "yuv420p", *AAC)
    encode("mpeg2.mp4", test, 300, 4, "-c:v", "mpeg2video", "-g", "12",
           "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "mp2")
    encode("mjpeg.avi", test, 300, 2, "-c:v", "mjpeg", "-pix_fmt",
           "yuvj420p", "-c:a", "pcm_s16le")


def make_sounds():
    for name, options in (
            ("pcm.wav", ("-c:a", "pcm_s16le")),
            ("opus.ogg", ("-c:a", "libopus")),
            ("vorbis.ogg", ("-c:a", "libvorbis")),
            ("mp3.mp3", ("-c:a", "libmp3lame")),
            ("flac.flac", ("-c:a", "flac")),
            ("adts.aac", AAC)):
        ffmpeg(*sound(300, 6), "-map_metadata", "-1", *options, name)


def make_others():
    with open("words.srt", "w") as f:
        f.write("1\n00:00:01,000 --> 00:00:03,000\nhello\n\n"
                "2\n00:00:04,000 --> 00:00:06,000\nworld\n\n")
    with open("added.srt", "w") as f:
        f.write("1\n00:00:02,000 --> 00:00:04,000\nnot so\n\n")
    with open("chapters.txt", "w") as f:
        f.write(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\n"
                "END=4000\ntitle=One\n")
    copy = ("-map", "0", "-map", "1", "-c", "copy")
    ffmpeg("-i", "avc.mp4", "-i", "words.srt", *copy, "-c:s", "srt",
           "words.mkv")
    ffmpeg("-i", "avc.mp4", "-i", "words.srt", *copy, "-c:s", "mov_text",
           "text.mp4")
    ffmpeg("-i", "avc.mp4", "-i", "black.mp4", "-map", "0", "-map", "1:a",
           "-c", "copy", "-metadata:s:a:0", "language=eng",
           "-metadata:s:a:1", "language=fra", "langs.mp4")
    ffmpeg("-i", "avc.mp4", "-i", "black.mp4", "-map", "0", "-map", "1:v",
           "-c", "copy", "overlay.mp4")
    sphere = Mp4("avc.mp4")
    changes_mp4.described((b"sv3d", changes_mp4.SPHERE +
                           changes_mp4.proj()))(sphere)
    sphere.save("sphere.mp4")
    ffmpeg("-i", "avc.mp4", "-frames:v", "1", "-pix_fmt", "yuvj420p",
           "still.jpg")
    ffmpeg("-i", "avc.mp4", "-frames:v", "1", "still.png")
    ffmpeg("-i", "avc.mp4", "-frames:v", "1", "-vf", "hflip", "other.png")


# Options of ffmpeg's output, by container.
CONTAINERS = {
    "mp4": ("mp4",),
    "mov": ("mov",),
    "frag": ("mp4", "-movflags", "frag_keyframe+delay_moov+default_base_moof"),
    "mkv": ("mkv",),
    "webm": ("webm",),
    "ts": ("ts",),
    "m2ts": ("m2ts", "-mpegts_m2ts_mode", "1"),
    "flv": ("flv",),
    "nut": ("nut",),
    "avi": ("avi",),
}


def remux(source, container, stem, *options):
    """Copies all streams into a container; its name."""
    ext, *more = CONTAINERS[container]
    name = f"{stem}.{ext}"
    if "-map" not in options:
        more = ["-map", "0", *more]
    if "added.srt" in options:
        more += ["-c:s", "mov_text" if ext in ("mp4", "mov") else "srt"]
    # Inputs come before options of the output.
    n = 2 if options[:1] == ("-i",) else 0
    ffmpeg("-i", source, *options[:n], "-c", "copy", *more, *options[n:],
           name)
    return name


def make(srcdir):
    """All assets, in the directory that is current."""
    shutil.copy(os.path.join(srcdir, "testdata/clip.mp4"), "avc.mp4")
    os.chmod("avc.mp4", 0o644)
    make_pictures()
    make_sounds()
    make_others()
