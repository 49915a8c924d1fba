#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""pss.py COMMAND...: the most memory of all its processes at a time, in KiB.

What processes share is counted once: it is the sum of their PSS, looked at as
often as this process can.
"""
import os
import subprocess
import sys


def children():
    """The children of each process."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as f:
                    parent = int(f.read().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            found.setdefault(parent, []).append(int(name))
    return found


def pss(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            return sum(int(line.split()[1]) for line in f
                       if line.startswith("Pss:"))
    except OSError:
        return 0


def total(pid, below):
    return pss(pid) + sum(total(kid, below) for kid in below.get(pid, []))


command = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
most = 0
while command.poll() is None:
    most = max(most, total(command.pid, children()))
print(most)
sys.exit(command.returncode)
