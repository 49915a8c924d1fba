# SPDX-License-Identifier: ISC
"""A home with a ledger and an entry that was acknowledged, and things to be
logged; and commands that run in it, or must succeed there."""
import os
import re
import shutil
import subprocess
import wave

TIMEOUT = 300  # a run that does not end by then hangs


class Wrong(Exception):
    pass


def tone(path, n):
    with wave.open(path, "wb") as w:
        w.setparams((1, 2, 8000, 8000, "NONE", ""))
        w.writeframes(bytes((i * n // 7) & 0x3f for i in range(16000)))


class Place:
    """A directory with a home, as it was before the command is run."""

    def __init__(self, top):
        self.top = top
        self.home = os.path.join(top, "home")

    def run(self, args):
        env = dict(os.environ, PROV_HOME=self.home,
                   XDG_STATE_HOME=os.path.join(self.top, "state"))
        try:
            return subprocess.run(args, cwd=self.top, env=env, text=True,
                                  stdin=subprocess.DEVNULL, errors="replace",
                                  capture_output=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Wrong("hangs: " + " ".join(args)) from None

    def must(self, *args):
        done = self.run(args)
        if done.returncode != 0:
            raise Wrong("%s: exit %d: %s%s" % (
                " ".join(args), done.returncode, done.stdout, done.stderr))
        return done.stdout

    def refuses(self, status, why, *args):
        done = self.run(args)
        if done.returncode != status or why not in done.stdout + done.stderr:
            raise Wrong("%s: exit %d, not %d and '%s': %s%s" % (
                " ".join(args), done.returncode, status, why, done.stdout,
                done.stderr))

    def text(self, name):
        with open(os.path.join(self.top, name)) as f:
            return f.read()

    def copy(self, to):
        shutil.copytree(self.top, to, symlinks=True)
        return Place(to)

    def size(self):
        return int(self.must("prov", "ledger", "checkpoint").split("\n")[1])


def base(top):
    """One entry that was acknowledged, and things to be logged."""
    p = Place(os.path.join(top, "base"))
    os.mkdir(p.top)
    for i, name in enumerate(("old.wav", "new.wav", "made.wav")):
        tone(os.path.join(p.top, name), i + 3)
    p.must("prov", "init", "--no-passphrase", "test/inject")
    p.must("prov", "sign", "old.wav")
    other = p.copy(os.path.join(top, "other"))
    other.must("prov", "sign", "made.wav")
    shutil.copy(os.path.join(other.top, "made.wav.prov"),
                os.path.join(p.top, "made.prov"))
    other.must("prov", "ledger", "publish", "pub")
    shutil.copytree(os.path.join(other.top, "pub"), os.path.join(p.top, "pub"))
    other.must("prov", "key", "generate", "--no-passphrase", "test/second")
    with open(os.path.join(p.top, "vkey"), "w") as f:
        f.write(other.must("prov", "key", "export", "test/second"))
    said = other.must("prov", "ledger", "witness", "init", "--no-passphrase",
                      "test/witness")
    with open(os.path.join(p.top, "witness"), "w") as f:
        f.write(re.search("^vkey +(.*)", said, re.M).group(1))
    return p
