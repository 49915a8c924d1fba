# SPDX-License-Identifier: ISC
"""Small media of every container and codec: made by ffmpeg, and real files
from PROV_SHARED. What ffmpeg here cannot make is left out."""

import glob
import os
import shutil
import subprocess

PICTURE = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1.2"]
MOTION = ["-f", "lavfi", "-t", "1.2", "-i", "mandelbrot=s=64x48:r=10"]
SOUND = ["-f", "lavfi", "-i", "aevalsrc='0.3*sin(500*t*t)':s=44100:d=0.6"]
TONE = ["-f", "lavfi", "-i", "aevalsrc='0.3*sin(500*t*t)':s=48000:d=0.5"]
H264 = ["-c:v", "libx264", "-preset", "medium", "-g", "5", "-bf", "2",
        "-pix_fmt", "yuv420p", "-shortest"]
X = ["-shortest"]

# Name, inputs, how they are coded. No two have the same essence: each has a hue
# and a loudness of its own, so that a file that lost its sound is not found to
# be another one, whole.
MADE = (
    ("h264.mp4", PICTURE + SOUND, H264 + ["-c:a", "aac"]),
    ("frag.mp4", PICTURE + SOUND,
     H264 + ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"]),
    ("h264.mkv", PICTURE + TONE, H264 + ["-c:a", "libopus"]),
    ("h264.ts", PICTURE + SOUND, H264 + ["-c:a", "aac"]),
    ("h264.flv", PICTURE + SOUND, H264 + ["-c:a", "aac"]),
    ("h264.avi", PICTURE, H264 + ["-bf", "0"]),
    ("h264.h264", PICTURE, H264),
    ("hevc.mp4", PICTURE, ["-c:v", "libx265", "-x265-params",
                           "log-level=none:keyint=6", "-tag:v", "hvc1"]),
    ("hevc.mkv", MOTION, ["-c:v", "libx265", "-x265-params",
                          "log-level=none:keyint=6"]),
    ("hevc.ts", MOTION, ["-c:v", "libx265", "-x265-params",
                         "log-level=none:keyint=6"]),
    ("vp8.webm", PICTURE + SOUND, ["-c:v", "libvpx", "-g", "6",
                                   "-c:a", "libvorbis"] + X),
    ("alpha.webm", PICTURE, ["-c:v", "libvpx", "-g", "6", "-pix_fmt",
                             "yuva420p", "-auto-alt-ref", "0"]),
    ("vp9.webm", PICTURE + TONE, ["-c:v", "libvpx-vp9", "-g", "6",
                                  "-c:a", "libopus"] + X),
    ("vp9.mp4", PICTURE, ["-c:v", "libvpx-vp9", "-g", "6"]),
    ("av1.mp4", PICTURE, ["-c:v", "libaom-av1", "-cpu-used", "8", "-g", "6"]),
    ("av1.mkv", PICTURE, ["-c:v", "libaom-av1", "-cpu-used", "8", "-g", "6"]),
    ("mpeg2.ts", PICTURE + TONE, ["-c:v", "mpeg2video", "-g", "6", "-bf", "1",
                                  "-c:a", "mp2"] + X),
    ("mpeg2.mpg", PICTURE + TONE, ["-c:v", "mpeg2video", "-g", "6",
                                   "-c:a", "mp2"] + X),
    ("mpeg4.avi", PICTURE + SOUND, ["-c:v", "mpeg4", "-g", "6",
                                    "-c:a", "libmp3lame"] + X),
    ("mpeg4.mp4", PICTURE, ["-c:v", "mpeg4", "-g", "6", "-bf", "1"]),
    ("prores.mov", PICTURE + TONE, ["-c:v", "prores_ks", "-frames:v", "4",
                                    "-c:a", "pcm_s16le"] + X),
    ("mjpeg.mov", PICTURE + TONE, ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p",
                                   "-c:a", "pcm_s24be"] + X),
    ("mjpeg.avi", PICTURE, ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]),
    ("theora.ogg", PICTURE, ["-c:v", "libtheora"]),
    ("h264.nut", PICTURE, H264),
    ("aac.aac", SOUND, ["-c:a", "aac"]),
    ("aac.m4a", SOUND, ["-c:a", "aac"]),
    ("latm.ts", SOUND, ["-c:a", "aac", "-mpegts_flags", "latm"]),
    ("mp3.mp3", SOUND, ["-c:a", "libmp3lame"]),
    ("opus.ogg", TONE, ["-c:a", "libopus"]),
    ("vorbis.ogg", SOUND, ["-c:a", "libvorbis"]),
    ("flac.flac", SOUND, ["-c:a", "flac"]),
    ("flac.ogg", SOUND, ["-c:a", "flac", "-f", "ogg"]),
    ("flac.mkv", SOUND, ["-c:a", "flac"]),
    ("alac.m4a", SOUND, ["-c:a", "alac"]),
    ("ac3.ac3", TONE, ["-c:a", "ac3"]),
    ("ac3.mkv", TONE, ["-c:a", "ac3"]),
    ("eac3.mp4", TONE, ["-c:a", "eac3"]),
    ("dts.mkv", TONE, ["-c:a", "dca", "-strict", "-2"]),
    ("dts.dts", TONE, ["-c:a", "dca", "-strict", "-2"]),
    ("truehd.mkv", TONE, ["-c:a", "truehd", "-strict", "-2"]),
    ("pcm.wav", SOUND, ["-c:a", "pcm_s16le", "-t", "0.2"]),
    ("pcm24.wav", SOUND, ["-c:a", "pcm_s24le", "-t", "0.2"]),
    ("pcm.w64", SOUND, ["-c:a", "pcm_s16le", "-t", "0.2"]),
    ("pcm.aiff", SOUND, ["-c:a", "pcm_s16be", "-t", "0.2"]),
    ("pcm.mkv", SOUND, ["-c:a", "pcm_s16le", "-t", "0.2"]),
    ("wma.asf", SOUND, ["-c:a", "wmav2", "-f", "asf"]),
    ("still.jpg", PICTURE, ["-frames:v", "1", "-pix_fmt", "yuvj420p",
                            "-huffman", "optimal"]),
    ("still.png", PICTURE, ["-frames:v", "1", "-pix_fmt", "rgb24"]),
    ("moving.apng", PICTURE, ["-frames:v", "3", "-f", "apng"]),
    ("still.webp", PICTURE, ["-frames:v", "1", "-c:v", "libwebp"]),
    ("moving.webp", PICTURE, ["-frames:v", "3", "-c:v", "libwebp_anim"]),
    ("moving.gif", PICTURE, ["-frames:v", "3"]),
)


def make(directory):
    """Makes what ffmpeg can; the paths, in order."""
    found = []
    for i, (name, inputs, coding) in enumerate(MADE):
        path = os.path.join(directory, name)
        own = ["-filter:v", "hue=h=%d" % (6 * i)]
        own += ["-filter:a", "volume=%.3f" % (1 - 0.01 * i)]
        run = subprocess.run(
            ["ffmpeg", "-v", "error", "-nostdin", "-y", *inputs,
             *own, "-threads", "1", *coding, "-fflags", "+bitexact",
             "-flags", "+bitexact", path],
            stderr=subprocess.DEVNULL, check=False)
        if run.returncode == 0 and os.path.getsize(path) > 0:
            found.append(path)
        elif os.path.exists(path):
            os.unlink(path)
    return found


def collect(directory, limit):
    """Real files of up to limit bytes, copied flat; the paths, in order."""
    top = os.path.join(os.environ.get("PROV_SHARED", ""), "media")
    found = []
    for path in sorted(glob.glob(top + "/**/*", recursive=True)):
        if not os.path.isfile(path) or os.path.getsize(path) > limit or \
                path.endswith(".txt"):
            continue
        name = os.path.join(directory, "%03d-%s" % (
            len(found), os.path.basename(path)))
        shutil.copyfile(path, name)
        os.chmod(name, 0o600)
        found.append(name)
    return found
