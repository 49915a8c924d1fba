#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The calls of prov_fail and prov_fail_errno in the stages that decide, as the
compiler counts them in a build with -DPROV_MUTATE, and why some are noticed by
no test.

usage: sites.py SRCDIR          lists them: number, name, status, message
       sites.py SRCDIR check    compares the reasons with the calls

A number, as "sign/note.c:3", is what PROV_MUTATE takes; it moves with each
change to the file. A name, as "sign/note.c:line_parse:1", counts within the
function, and is what a reason is found by.
"""
import collections
import glob
import os
import re
import sys

STAGES = ("sign", "carrier", "ledger", "verify", "policy", "gate")
TEXT_MAX = 60    # of the message, enough to tell it by
REASON_MIN = 40  # less is no reason but a remark
SITE = collections.namedtuple("site", "number name status text")

# What is no code: comments, and what is between quotes.
TOKENS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"'
                    r"|'(?:[^'\\\n]|\\.)*'|\bprov_fail(?:_errno)?\s*\(|^\w+\(",
                    re.S | re.M)
CALL = re.compile(r'prov_fail(?:_errno)?\s*\(')


def arguments(text, start):
    """The arguments of the call whose parenthesis is before start."""
    out, depth, at, i = [], 0, start, start
    while True:
        m = re.compile(r'"(?:[^"\\]|\\.)*"|[(),]').search(text, i)
        i = m.end()
        token = m.group(0)
        if token == "," and depth == 0 or token == ")" and depth == 0:
            out.append(text[at:m.start()])
            at = i
            if token == ")":
                return out
        elif token == "(":
            depth += 1
        elif token == ")":
            depth -= 1


def words(argument):
    """A message in one line, without the quotes where it was folded."""
    text = re.sub(r'"\s*"', "", " ".join(argument.split()))
    return text[1:-1] if re.fullmatch(r'"[^"]*"', text) else text


def of_file(path, shown):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    function, n, count = "", 0, 0
    for m in TOKENS.finditer(text):
        token = m.group(0)
        if CALL.match(token):
            args = arguments(text, m.end())
            yield SITE("%s:%d" % (shown, count),
                       "%s:%s:%d" % (shown, function, n + 1),
                       args[1].strip(), words(args[2])[:TEXT_MAX])
            n, count = n + 1, count + 1
        elif re.fullmatch(r"\w+\(", token):
            function, n = token[:-1], 0


def sites(srcdir):
    out = []
    for stage in STAGES:
        for path in sorted(glob.glob(os.path.join(srcdir, "src", stage,
                                                  "*.c"))):
            out += of_file(path, stage + "/" + os.path.basename(path))
    return out


def reasons(srcdir):
    """Name to message and reason: three fields, between them bars."""
    out = {}
    path = os.path.join(srcdir, "tests/mutate/reasons.txt")
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.startswith("#") or line.strip() == "":
                continue
            fields = [x.strip() for x in line.split(" | ")]
            if len(fields) != 3 or fields[0] in out:
                sys.exit("reasons.txt:%d: malformed, or there twice" % number)
            out[fields[0]] = fields[1:]
    return out


def stale(srcdir):
    known = {s.name: s for s in sites(srcdir)}
    for name, (text, why) in reasons(srcdir).items():
        if name not in known:
            yield "%s: no such call" % name
        elif known[name].text != text:
            yield "%s: now says %s" % (name, known[name].text)
        elif len(why) < REASON_MIN:
            yield "%s: that is no reason" % name


def main():
    if sys.argv[2:] == ["check"]:
        for line in stale(sys.argv[1]):
            print(line)
        return
    for s in sites(sys.argv[1]):
        print("\t".join(s))


if __name__ == "__main__":
    main()
