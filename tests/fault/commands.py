# SPDX-License-Identifier: ISC
"""The commands that write, and what must hold of each when it failed, when it
says that it succeeded, and when it is run again."""
import os
import re
import shutil
from dataclasses import dataclass
from typing import Callable, Optional

from place import Wrong, tone

COMMANDS = {}
PREPARED = {}


def old_stands(p):
    p.must("prov", "verify", "old.wav")
    p.must("prov", "verify", "--no-sidecar", "old.wav")


def nothing(_):
    pass


@dataclass
class Run:
    line: list
    acks: Optional[str]  # what it says when it is done; None: its exit status
    shows: Callable      # what must hold from then on
    stands: Callable = old_stands       # and whatever came of it
    again: Optional[Callable] = None    # instead of the same line again
    sizes: tuple = (3,)                 # of the ledger in the end
    status: tuple = (0, 2, 75, 127)     # that it may end with

    def acked(self, done):
        if self.acks is None:
            return done.returncode == 0
        return re.search(self.acks, done.stdout, re.M) is not None

    def repeat(self, p):
        if self.again is not None:
            self.again(p)
        else:
            p.must(*self.line)


def command(fn):
    COMMANDS[fn.__name__.replace("_", " ")] = fn
    return fn


def prepared(fn):
    """What a command begins with, where that is not what all begin with."""
    PREPARED[fn.__name__.replace("_", " ").removesuffix(" begin")] = fn
    return fn


@command
def sign(_):
    return Run(["prov", "sign", "new.wav"], r"^new.wav: SIGNED", shows_media)


def shows_media(p):
    p.must("prov", "verify", "new.wav")
    p.must("prov", "verify", "--no-sidecar", "new.wav")


@command
def append(_):
    return Run(["prov", "ledger", "append", "made.prov"],
               r"^made.prov: entry \d+", shows_made)


def shows_made(p):
    p.must("prov", "verify", "--no-sidecar", "made.wav")


@command
def register(p):
    vkey = p.text("vkey").strip()
    return Run(["prov", "ledger", "register", vkey], r"entry \d+",
               lambda p: shows_registered(p, vkey))


def shows_registered(p, vkey):
    """In place, since only a writer can tell; it says where the key is."""
    if "there already" not in p.must("prov", "ledger", "register", vkey):
        raise Wrong("was not registered")


@prepared
def init_begin(p):
    """No home at all."""
    shutil.rmtree(p.home)


@command
def init(_):
    return Run(["prov", "init", "--no-passphrase", "test/inject"],
               r"^(ledger|key) .*(empty|there already)", shows_home,
               stands=nothing, again=init_again, sizes=(2,))


def shows_home(p):
    p.must("prov", "ledger", "checkpoint")


def init_again(p):
    p.must("prov", "init", "--no-passphrase", "test/inject")
    p.must("prov", "sign", "new.wav")
    shows_media(p)


@command
def publish(_):
    return Run(["prov", "ledger", "publish", "new"], r"^new: 2 entries",
               shows_published, sizes=(2,))


def shows_published(p):
    p.must("prov", "ledger", "clone", "new", "seen")
    p.must("prov", "verify", "--no-sidecar", "--ledger", "seen", "old.wav")
    shutil.rmtree(os.path.join(p.top, "seen"))


@command
def clone(_):
    return Run(["prov", "ledger", "clone", "pub", "copy"], r"^copy: 3 entries",
               shows_clone, sizes=(2,))


def shows_clone(p):
    p.must("prov", "verify", "--no-sidecar", "--ledger", "copy", "made.wav")
    p.must("prov", "ledger", "check", "--ledger", "copy")


def sign_late(p):
    tone(os.path.join(p.top, "late.wav"), 9)
    p.must("prov", "sign", "late.wav")


@prepared
def recover_begin(p):
    """An old copy of a ledger that has signed and published since."""
    before = os.path.join(p.top, "before")
    shutil.copytree(p.home, before, symlinks=True)
    sign_late(p)
    p.must("prov", "ledger", "publish", "newer")
    shutil.rmtree(p.home)
    os.rename(before, p.home)
    p.refuses(2, "old copy", "prov", "sign", "new.wav")


@command
def recover(_):
    return Run(["prov", "ledger", "recover", "--from", "newer"],
               r": 3 entries", shows_late)


def shows_late(p):
    p.must("prov", "verify", "late.wav")
    p.must("prov", "verify", "--no-sidecar", "late.wav")


PREPARED["revoke"] = PREPARED["takedown"] = sign_late


# Said again it is logged again.
@command
def revoke(p):
    return Run(["prov", "key", "revoke", "-k", "home/recovery.key",
                "--from-index", "2", "--reason", "key-compromise"],
               r"^revoked .* by entry \d+", shows_revoked, sizes=(4, 5))


def shows_revoked(p):
    late_is_refused(p)
    p.refuses(2, "was revoked", "prov", "sign", "new.wav")


def late_is_refused(p):
    p.refuses(1, "REVOKED", "prov", "verify", "--no-sidecar", "late.wav")


@command
def takedown(_):
    return Run(["prov", "ledger", "takedown", "--reason", "rights",
                "late.wav"], r"^taken down .* by entry \d+", late_is_refused,
               sizes=(4, 5))


@command
def witness_add(p):
    vkey = p.text("witness").strip()
    return Run(["prov", "ledger", "witness", "add", "--quorum", "none", vkey],
               None, lambda p: shows_witness(p, vkey),
               again=lambda p: witness_again(p, vkey), sizes=(2,))


def has_witness(p, vkey):
    return vkey in p.must("prov", "ledger", "witness", "list")


def shows_witness(p, vkey):
    old_stands(p)
    if not has_witness(p, vkey):
        raise Wrong("is no witness")


def witness_again(p, vkey):
    """It may have come that far without saying so."""
    line = ("prov", "ledger", "witness", "add", "--quorum", "none", vkey)
    if has_witness(p, vkey):
        p.refuses(2, "already", *line)
    else:
        p.must(*line)


# A new key is named once and for good.
@command
def key(_):
    return Run(["prov", "key", "generate", "--no-passphrase", "test/third"],
               r"^vkey  test/third", shows_key, again=key_again, sizes=(4,))


def shows_key(p):
    p.must("prov", "key", "export", "test/third")
    p.must("prov", "ledger", "register", p.must(
        "prov", "key", "export", "test/third").strip())
    tone(os.path.join(p.top, "third.wav"), 11)
    p.must("prov", "sign", "-k", "test/third", "third.wav")


def key_again(p):
    if os.path.exists(os.path.join(p.home, "keys", "test", "third.key")):
        p.refuses(2, "there already", *key(p).line)
    else:
        p.must(*key(p).line)


@command
def trust(p):
    vkey = p.text("vkey").strip()
    return Run(["prov", "trust", "add", vkey], r"^signer  test/second",
               lambda p: shows_trusted(p, vkey), sizes=(2,))


def shows_trusted(p, vkey):
    """And whom it trusted before it still does."""
    if vkey not in p.must("prov", "trust", "list"):
        raise Wrong("is not trusted")
    old_stands(p)


@prepared
def repair_begin(p):
    """A tile that is wrong, one that is gone, and an index of something."""
    tlog = os.path.join(p.home, "ledger", "tlog")
    tile = os.path.join(tlog, "tile", "0", "000.p", "2")
    with open(tile, "r+b") as f:
        f.seek(40)
        f.write(b"wrong")
    os.remove(os.path.join(tlog, "tile", "entries", "000.p", "2"))
    with open(os.path.join(p.home, "ledger", "index", "runs"), "a") as f:
        f.write("0 5 1\n")
    p.refuses(1, "3 differences", "prov", "ledger", "check")


# What cannot be read is told as damage, with 1.
@command
def repair(_):
    return Run(["prov", "ledger", "check", "--repair"],
               r"every hash, tile, index and blob as the checkpoint says",
               shows_repaired, stands=half_repaired, sizes=(2,),
               status=(0, 1, 2, 75, 127))


def shows_repaired(p):
    p.must("prov", "ledger", "check")
    old_stands(p)


def half_repaired(p):
    """What is called whole is."""
    if p.run(["prov", "ledger", "check"]).returncode == 0:
        old_stands(p)
