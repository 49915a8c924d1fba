# SPDX-License-Identifier: ISC
"""Looks at pages that prov verify --report wrote.

page FILE            is it well-formed, self-contained, without scripts?
repeat FILE          prints each command that it says repeats the verdict
shot PNG KIND        is a screenshot's first stream drawn as KIND says?
"""
import html.parser
import re
import struct
import sys
import xml.etree.ElementTree as etree
import zlib

SHEET = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; " \
    "form-action 'none'"
VOID = {"meta", "br"}
HTML = {"html", "head", "meta", "title", "style", "body", "header", "main",
        "footer", "section", "div", "h1", "h2", "h3", "p", "a", "code", "pre",
        "span", "strong", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead",
        "tbody", "tr", "th", "td", "br", "figure", "figcaption"}
SVG = {"svg", "defs", "pattern", "path", "rect", "text", "title", "desc"}


class Page(html.parser.HTMLParser):
    """As a browser reads it: tags in their order, and what they name."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.uses, self.meta = [], [], [], []

    def handle_starttag(self, tag, attrs):
        assert tag in HTML | SVG, f"<{tag}>"
        for name, value in attrs:
            assert not name.startswith("on"), f"{name} in <{tag}>"
            assert name not in ("src", "srcset", "action", "data", "poster",
                                "xlink:href", "ping"), f"{name} in <{tag}>"
            if name == "href":
                assert tag == "a" and value.startswith("#"), value
                self.uses.append(value[1:])
            elif name == "id":
                self.ids.append(value)
            elif name == "aria-labelledby":
                self.uses += value.split()
            elif name in ("fill", "style"):
                for ref in re.findall(r"url\(([^)]*)\)", value):
                    assert ref.startswith("#"), value
                    self.uses.append(ref[1:])
        if tag == "meta":
            self.meta.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}>"


def page(path):
    text = open(path, encoding="utf-8").read()
    root = etree.fromstring(text)  # XML has no mercy
    p = Page()
    p.feed(text)
    p.close()
    assert not p.open, p.open
    assert len(p.ids) == len(set(p.ids)), "an id stands twice"
    assert set(p.uses) <= set(p.ids), set(p.uses) - set(p.ids)
    first = text.index("Content-Security-Policy")
    assert first < text.index("<style"), "the policy comes too late"
    sheets = [m["content"] for m in p.meta
              if m.get("http-equiv") == "Content-Security-Policy"]
    assert sheets == [SHEET], sheets
    style = root.find(".//{http://www.w3.org/1999/xhtml}style").text
    assert not re.search(r"url\(|@import|@font-face|expression|//", style)
    svg = "{http://www.w3.org/2000/svg}"
    for drawing in root.iter(svg + "svg"):
        assert drawing.find(svg + "title").text.strip()
        assert drawing.find(svg + "desc").text.strip()
    outside = text.replace("http://www.w3.org/", "")
    assert "http:" not in outside and "https:" not in outside


def repeat(path):
    root = etree.parse(path).getroot()
    for pre in root.iter("{http://www.w3.org/1999/xhtml}pre"):
        command = "".join(pre.itertext())
        if command.startswith("prov verify"):
            print(command)


def pixels(path):
    """Rows of (r, g, b) of an 8-bit PNG without interlacing."""
    data, at, packed = open(path, "rb").read(), 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, lace = \
                struct.unpack(">IIBBBBB", body)
            assert depth == 8 and colour in (2, 6) and lace == 0
        elif kind == b"IDAT":
            packed += body
        at += size + 12
    bpp = 3 if colour == 2 else 4
    raw, row, rows = zlib.decompress(packed), bytearray(width * bpp), []
    for y in range(height):
        start = y * (width * bpp + 1)
        how, line = raw[start], bytearray(raw[start + 1:start + 1 + width * bpp])
        for i in range(len(line)):
            a = line[i - bpp] if i >= bpp else 0
            b, c = row[i], row[i - bpp] if i >= bpp else 0
            if how == 1:
                line[i] = line[i] + a & 255
            elif how == 2:
                line[i] = line[i] + b & 255
            elif how == 3:
                line[i] = line[i] + (a + b) // 2 & 255
            elif how == 4:
                pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
                line[i] = line[i] + (a if pa <= pb and pa <= pc
                                     else b if pb <= pc else c) & 255
        row = line
        rows.append([tuple(line[x * bpp:x * bpp + 3]) for x in range(width)])
    return rows


# The page's own colours by day; patterns and letters lie over them.
COLOURS = {"ok": (0x1a, 0x7f, 0x4b), "alt": (0xc8, 0x33, 0x2b),
           "add": (0x6b, 0x3f, 0xc9), "mov": (0xb8, 0x72, 0x0a)}


def spans(row, name):
    """The first and last column of a colour in a row, and how many."""
    at = [x for x, p in enumerate(row)
          if all(abs(p[i] - COLOURS[name][i]) <= 6 for i in range(3))]
    return (at[0], at[-1] + 1, len(at)) if at else (0, 0, 0)


def lanes(rows):
    """The lanes: rows with much of the page's colours."""
    full = [y for y, row in enumerate(rows)
            if sum(spans(row, name)[2] for name in COLOURS) > len(row) * 0.25]
    groups = []
    for y in full:  # a pattern's lines leave rows out
        if groups and y - groups[-1][-1] <= 5:
            groups[-1].append(y)
        else:
            groups.append([y])
    return [rows[g[0]:g[-1] + 1] for g in groups if 7 <= g[-1] - g[0] <= 24]


def share(lane, name, left, right):
    """From where to where a lane has a colour, in shares of its width."""
    at = [s for s in (spans(row, name) for row in lane) if s[2] > 0]
    if not at:
        return None
    return ((min(s[0] for s in at) - left) / (right - left),
            (max(s[1] for s in at) - left) / (right - left))


def near(got, want):
    ok = got is not None and all(abs(g - w) < 0.01 for g, w in zip(got, want))
    assert ok, f"{got}, not {want}"


def shot(path, kind):
    found = lanes(pixels(path))
    assert len(found) >= 4, f"{len(found)} lanes"
    was, now, sound = found[0], found[1], found[2]
    ends = [spans(row, n) for row in was + now for n in COLOURS]
    left = min(s[0] for s in ends if s[2] > 0)
    right = max(s[1] for s in ends if s[2] > 0)
    bad = [n for n in COLOURS if n != "ok"]
    if kind == "intact":
        for lane in found:
            assert all(share(lane, n, left, right) is None for n in bad)
            near(share(lane, "ok", left, right), (0, 1))
    elif kind == "altered":  # 4 to 6 of 10 s, in both lanes of the video
        for lane in (was, now):
            near(share(lane, "alt", left, right), (0.4, 0.6))
            near(share(lane, "ok", left, right), (0, 1))
        assert share(sound, "alt", left, right) is None
    elif kind == "slow":  # 10 s became 20
        near(share(was, "mov", left, right), (0, 0.5))
        near(share(now, "mov", left, right), (0, 1))
    else:
        raise ValueError(kind)


if __name__ == "__main__":
    {"page": page, "repeat": repeat, "shot": shot}[sys.argv[1]](*sys.argv[2:])
