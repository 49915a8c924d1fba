# SPDX-License-Identifier: ISC
"""Makes tars for gate_tar.t, and tells what is in one."""
import io
import sys
import tarfile


def add(tar, name, data, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = len(data) if kind == tarfile.REGTYPE else 0
    info.mtime = 1700000000
    if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        info.linkname = data.decode()
        info.size = 0
    tar.addfile(info, io.BytesIO(data) if info.size else None)


def make(out, mode, members):
    """members: NAME=FILE, or NAME:TEXT, NAME->TARGET."""
    with tarfile.open(out, mode) as tar:
        for m in members:
            if "->" in m:
                name, target = m.split("->", 1)
                add(tar, name, target.encode(), tarfile.SYMTYPE)
            elif "=" in m:
                name, path = m.split("=", 1)
                with open(path, "rb") as f:
                    add(tar, name, f.read())
            else:
                name, text = m.split(":", 1)
                add(tar, name, text.encode())


def show(path):
    """NAME and length of each member, as another reader has them."""
    with tarfile.open(path, "r:*") as tar:
        for info in tar:
            print(info.name, info.size)


def same(tar_path, name, file_path):
    with tarfile.open(tar_path, "r:*") as tar, open(file_path, "rb") as f:
        sys.exit(tar.extractfile(name).read() != f.read())


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "make":
        make(rest[0], rest[1], rest[2:])
    elif what == "show":
        show(rest[0])
    elif what == "same":
        same(*rest)
