# SPDX-License-Identifier: ISC
"""A small file for each encoder that this FFmpeg has, with what makes its
codec hard to recognise again: fields, hidden frames, alpha, repeated headers."""
import concurrent.futures
import os
import subprocess

PICTURE = "testsrc2=s=128x96:r=25:d=1.2"
ALPHA = "testsrc2=s=128x96:r=25:d=1.2:alpha=80"
SOUND = "aevalsrc='0.3*sin(2*PI*(300+200*t)*t)|0.2*cos(1500*t)':s=48000:d=1.5"

X264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", "12")
X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-g", "12")

# name: (what goes in, encoder options)
VIDEO = {
    "x264.mp4": (*X264, "-bf", "2"),
    "x264-mbaff.mp4": (*X264, "-flags", "+ilme+ildct", "-x264-params",
                       "tff=1"),
    "x264-open.mkv": (*X264, "-bf", "3", "-x264-params",
                      "open-gop=1:aud=1:slices=3"),
    "x264-hrd.ts": (*X264, "-b:v", "300k", "-maxrate", "300k", "-bufsize",
                    "300k", "-x264-params", "nal-hrd=cbr:filler=1"),
    "x264-refresh.mp4": (*X264, "-x264-params", "intra-refresh=1"),
    "x264-422-10.mov": (*X264, "-pix_fmt", "yuv422p10le"),
    "x264-444.mkv": (*X264, "-pix_fmt", "yuv444p"),
    "x264-pic-struct.mp4": (*X264, "-x264-params",
                            "pic-struct=1:frame-packing=3"),
    "x265.mp4": (*X265, "-x265-params", "log-level=none", "-tag:v", "hvc1"),
    "x265-hev1.mp4": (*X265, "-x265-params",
                      "log-level=none:repeat-headers=1:aud=1", "-tag:v",
                      "hev1"),
    "x265-open.mkv": (*X265, "-x265-params",
                      "log-level=none:open-gop=1:bframes=3"),
    "x265-hdr.mkv": (*X265, "-pix_fmt", "yuv420p10le", "-x265-params",
                     "log-level=none:hdr10=1:repeat-headers=1:max-cll=1000,"
                     "400:master-display=G(13250,34500)B(7500,3000)"
                     "R(34000,16000)WP(15635,16450)L(10000000,50)"),
    "aom.mkv": ("-c:v", "libaom-av1", "-cpu-used", "8", "-g", "12",
                "-b:v", "100k"),
    "aom-layers.mp4": ("-c:v", "libaom-av1", "-cpu-used", "8", "-usage",
                       "realtime", "-b:v", "100k"),
    "svt.mp4": ("-c:v", "libsvtav1", "-preset", "12", "-g", "12"),
    "vp8.webm": ("-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames",
                 "12", "-deadline", "realtime", "-g", "12", "-b:v", "100k"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-lag-in-frames", "12",
                 "-auto-alt-ref", "1", "-cpu-used", "5", "-g", "12", "-b:v",
                 "100k"),
    "vp9-444-10.mkv": ("-c:v", "libvpx-vp9", "-pix_fmt", "yuv444p10le",
                       "-cpu-used", "8", "-deadline", "realtime", "-b:v",
                       "100k"),
    "mpeg1.mkv": ("-c:v", "mpeg1video", "-bf", "2"),
    "mpeg2-fields.ts": ("-c:v", "mpeg2video", "-flags", "+ilme+ildct",
                        "-bf", "2", "-top", "0"),
    "mpeg2-422.mov": ("-c:v", "mpeg2video", "-pix_fmt", "yuv422p"),
    "mpeg4.mp4": ("-c:v", "mpeg4", "-bf", "2"),
    "xvid.mkv": ("-c:v", "libxvid",),
    "prores.mov": ("-c:v", "prores_ks", "-profile:v", "2"),
    "prores-fields.mov": ("-c:v", "prores_ks", "-flags", "+ilme+ildct",
                          "-profile:v", "3"),
    "mjpeg.avi": ("-c:v", "mjpeg", "-q:v", "5"),
    "mjpeg.mov": ("-c:v", "mjpeg", "-pix_fmt", "yuvj422p"),
    "ffv1.mkv": ("-c:v", "ffv1", "-level", "3", "-g", "4"),
    "ffv1-1.avi": ("-c:v", "ffv1", "-level", "1"),
    "huffyuv.avi": ("-c:v", "huffyuv", "-pix_fmt", "yuv422p"),
    "ffvhuff.mkv": ("-c:v", "ffvhuff",),
    "theora.ogg": ("-c:v", "libtheora", "-g", "12"),
    "dv.mov": ("-c:v", "dvvideo", "-s", "720x576", "-pix_fmt", "yuv420p"),
    "h263.mov": ("-c:v", "h263",),
    "flv1.flv": ("-c:v", "flv",),
    "cinepak.avi": ("-c:v", "cinepak",),
    "msmpeg4.avi": ("-c:v", "msmpeg4",),
    "msmpeg4v2.avi": ("-c:v", "msmpeg4v2",),
    "wmv2.asf": ("-c:v", "wmv2",),
    "snow.nut": ("-c:v", "snow",),
    "dnxhr.mov": ("-c:v", "dnxhd", "-profile:v", "dnxhr_sq", "-s", "256x128",
                  "-pix_fmt", "yuv422p"),
    "cfhd.mov": ("-c:v", "cfhd",),
    "jpeg2000.mkv": ("-c:v", "jpeg2000",),
    "qtrle.mov": ("-c:v", "qtrle",),
    "png.mov": ("-c:v", "png",),
    "utvideo.avi": ("-c:v", "utvideo",),
    "rawvideo.nut": ("-c:v", "rawvideo",),
    "v210.mov": ("-c:v", "v210",),
    "svq1.mov": ("-c:v", "svq1",),
    "magicyuv.avi": ("-c:v", "magicyuv",),
    "hap.mov": ("-c:v", "hap",),
}
WITH_ALPHA = {
    "vp8-alpha.webm": ("-c:v", "libvpx", "-pix_fmt", "yuva420p",
                       "-auto-alt-ref", "0", "-deadline", "realtime",
                       "-b:v", "100k"),
    "vp9-alpha.webm": ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p",
                       "-deadline", "realtime", "-cpu-used", "8", "-b:v",
                       "100k"),
    "prores-4444.mov": ("-c:v", "prores_ks", "-pix_fmt", "yuva444p10le"),
}
AUDIO = {
    "aac.m4a": ("-c:a", "aac"),
    "aac.aac": ("-c:a", "aac", "-f", "adts"),
    "mp3.mp3": ("-c:a", "libmp3lame"),
    "mp2.ts": ("-c:a", "mp2"),
    "ac3.mp4": ("-c:a", "ac3"),
    "eac3.mkv": ("-c:a", "eac3"),
    "dts.mkv": ("-c:a", "dca", "-strict", "-2"),
    "truehd.mkv": ("-c:a", "truehd", "-strict", "-2"),
    "flac.flac": ("-c:a", "flac"),
    "alac.m4a": ("-c:a", "alac"),
    "opus.ogg": ("-c:a", "libopus"),
    "vorbis.ogg": ("-c:a", "libvorbis"),
    "s16.wav": ("-c:a", "pcm_s16le"),
    "s24.mkv": ("-c:a", "pcm_s24le"),
    "s16be.mov": ("-c:a", "pcm_s16be"),
    "f32.wav": ("-c:a", "pcm_f32le"),
    "wavpack.mkv": ("-c:a", "wavpack"),
    "adpcm.wav": ("-c:a", "adpcm_ms"),
    "mulaw.wav": ("-c:a", "pcm_mulaw"),
}


def make(path, source, options):
    args = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i",
            source, "-threads", "1", "-fflags", "+bitexact", "-flags:v",
            "+bitexact", "-flags:a", "+bitexact", *options, path]
    done = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace")
    if done.returncode == 0 and os.path.getsize(path) > 0:
        return None
    if os.path.exists(path):
        os.unlink(path)
    return f"{os.path.basename(path)}: {done.stderr.strip()[-160:]}"


def make_all(folder, threads):
    """Says what could not be made: an encoder may be missing."""
    jobs = [(os.path.join(folder, name), source, options)
            for source, rows in ((PICTURE, VIDEO), (ALPHA, WITH_ALPHA),
                                 (SOUND, AUDIO))
            for name, options in rows.items()]
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        for trouble in pool.map(lambda j: make(*j), jobs):
            if trouble:
                print("# not made: " + trouble.replace("\n", " "))
