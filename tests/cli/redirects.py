#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""redirects.py: files that lead to other files and hosts, each through the real
worker under strace. Beside what a text file of the same name makes it open,
nothing is opened and nothing connected. Speaks TAP."""

import json
import os
import re
import struct
import subprocess

from bombs import STCO, STSC, STSZ, STTS, be32, box, el, full, mkv, mp4

LED = "canary.mp4"
URL = "http://127.0.0.1:9/" + LED
TRACED = "trace=open,openat,openat2,connect,socket,execve,sendto"


def text(*lines):
    return "\n".join(lines).encode() + b"\n"


def riff(kind, body):
    return b"RIFF" + struct.pack("<I", len(body) + 4) + kind + body


def id3(frame, body):
    n = len(body)
    size = bytes([0, 0, (n + 10) >> 7 & 127, (n + 10) & 127])
    return b"ID3\3\0\0" + size + frame + be32(n) + b"\0\0" + body


def external(kind, body):
    """A track whose media is in another file."""
    stsd = b"\0\0\0\1"
    made = mp4(STTS, STSC, STSZ, STCO)
    self_contained = full(b"url ", b"")[:8] + stsd
    other = box(kind, bytes(4), body)
    grown = len(other) - len(self_contained)
    at = made.index(self_contained)
    out = bytearray(made[:at] + other + made[at + len(self_contained):])
    for name in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        i = out.index(name) - 4
        out[i:i + 4] = be32(struct.unpack(">I", out[i:i + 4])[0] + grown)
    return bytes(out)


def alias(path):
    """QuickTime's alias record, with the path that FFmpeg would open."""
    p = path.encode()
    head = bytearray(150)
    head[10:11], head[50:51] = b"\x01", bytes([len(p)])
    return bytes(head) + struct.pack(">HH", 2, len(p)) + p + b"\xff\xff\0\0"


def redirects():
    yield "hls.m3u8", text("#EXTM3U", "#EXTINF:1,", LED)
    yield "hls.mp4", text("#EXTM3U", "#EXTINF:1,", "file://" + os.path.abspath(
        LED))
    yield "hls-http.ts", text("#EXTM3U", "#EXTINF:1,", URL)
    yield "hls-key.m3u8", text("#EXTM3U", '#EXT-X-KEY:METHOD=AES-128,URI="%s"'
                               % URL, "#EXTINF:1,", LED)
    yield "hls-concat.m3u8", text("#EXTM3U", "#EXTINF:1,",
                                  "concat:%s|/etc/passwd" % LED)
    yield "bom.m3u8", b"\xef\xbb\xbf" + text("#EXTM3U", LED)
    yield "list.ffconcat", text("ffconcat version 1.0", "file " + LED)
    yield "list.mp4", text("ffconcat version 1.0", "file '%s'" % LED)
    yield "dash.mpd", text(
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011">',
        "<BaseURL>%s</BaseURL><Period><AdaptationSet><Representation>" % URL,
        "</Representation></AdaptationSet></Period></MPD>")
    yield "talk.sdp", text("v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=x",
                           "c=IN IP4 127.0.0.1", "t=0 0",
                           "m=video 5004 RTP/AVP 96",
                           "a=rtpmap:96 H264/90000")
    yield "redirect.asx", text('<asx version="3"><entry><ref href="%s"/>' % URL,
                               "</entry></asx>")
    yield "redirect.asf", text("[Reference]", "Ref1=" + URL)
    yield "real.rm", text("rtsp://127.0.0.1:554/" + LED)
    yield "list.pls", text("[playlist]", "File1=" + LED)
    yield "list.xspf", text('<?xml version="1.0"?><playlist><trackList><track>',
                            "<location>%s</location>" % LED)
    yield "smooth.ism", text('<?xml version="1.0"?><SmoothStreamingMedia>')
    yield "cpl.xml", text('<?xml version="1.0"?><CompositionPlaylist>',
                          "<Id>urn:uuid:0</Id></CompositionPlaylist>")
    yield "cue.cue", text('FILE "%s" WAVE' % LED, "TRACK 01 AUDIO")
    yield "picture.svg", text('<svg xmlns:xlink="http://www.w3.org/1999/xlink">'
                              '<image xlink:href="%s"/></svg>' % URL)
    yield "page.html", text('<video src="%s"></video>' % URL)
    yield "mlv.m00", b"MLVI" + be32(52) + b"v2.0\0\0\0\0" + bytes(100)
    yield "index.sln", text(LED)
    yield "gab2.avi", riff(b"AVI ", b"LIST" + struct.pack("<I", 4) + b"movi" +
                           b"GAB2\0\2\0" + text("#EXTM3U", URL))
    yield "url.mp4", external(b"url ", URL.encode() + b"\0")
    yield "alias.mov", external(b"alis", alias(os.path.abspath(LED)))
    yield "reference.mov", box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(
        b"moov", box(b"rmra", box(b"rmda", box(
            b"rdrf", bytes(4), b"url ", be32(len(URL)), URL.encode()))))
    uid = el("3eb923", bytes(16)) + el("3e83bb", LED.encode())
    yield "linked.mkv", mkv(el("1549a966", el("2ad7b1", b"\x0f\x42\x40") +
                               uid))
    yield "picture.mp3", id3(b"APIC", b"\0-->\0\3\0" + URL.encode())
    yield "lyrics.flac", b"fLaC\x86\0\0\x60" + be32(3, 3) + b"-->" + be32(
        0, 0, 0, 0, 0, len(URL)) + URL.encode() + bytes(60)
    yield "xmp.jpg", b"\xff\xd8\xff\xe1\0\x60http://ns.adobe.com/xap/1.0/\0" + (
        b'<x dcterms:provenance="%s"/>' % URL.encode()).ljust(65) + \
        b"\xff\xd9"


def opened(path):
    """What all processes open and connect to, and the record."""
    run = subprocess.run(
        ["strace", "-f", "-qq", "-o", "trace", "-e", TRACED, "prov", "hash",
         "--json", "--", path], stdin=subprocess.DEVNULL,
        capture_output=True, check=False)
    calls = set()
    with open("trace", encoding="utf-8", errors="replace") as f:
        for line in f:
            m = re.match(r'\d+ +(\w+)\([^"]*("[^"]*")?', line)
            if m:
                calls.add((m[1], re.sub(r"/proc/\d+", "/proc/N", m[2] or "")))
    return calls, json.loads(run.stdout)


def main():
    with open(LED, "wb") as f:
        f.write(b"ffconcat version 1.0\n")
    files = list(redirects())
    print("1..%d" % (len(files) + 1))
    for i, (name, data) in enumerate(files):
        calls = []
        for content in (b"plain text\n" * 30, data):
            with open(name, "wb") as f:
                f.write(content)
            calls.append(opened("./" + name))
        extra = calls[1][0] - calls[0][0]
        note = calls[1][1]["note"] or ""
        bad = extra or "sandbox" in note or any(
            LED in c[1] for c in calls[1][0])
        print("%sok %d - %s: %s" % ("not " if bad else "", i + 1, name,
                                    note.split(":")[0] or "its own streams"))
        for call in sorted(extra)[:10]:
            print("#", call)
    # The test can see: a file that prov is told to open is opened.
    seen = any(LED in c[1] for c in opened(LED)[0])
    print("%sok %d - an open is seen" % ("" if seen else "not ",
                                         len(files) + 1))


main()
