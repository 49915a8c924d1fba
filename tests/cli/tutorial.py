# SPDX-License-Identifier: ISC
"""Runs the commands of prov-tutorial(7), and compares what it shows.

A page's examples are lines that begin with "$ ", with what belongs to them
(a here-document) or what they print below. Prints TAP lines without numbers.
"""
import re
import subprocess
import sys

# What a command that fails by design ends with.
STATUS = {"prov gate --policy policy.yaml --quarantine": 1,
          "prov policy explain": 1, "prov rescan": 1}


def blocks(page):
    with open(page, encoding="utf-8") as f:
        text = f.read()
    for body in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", text,
                           re.M | re.S):
        yield body.replace("\\e", "\\").split("\n")[:-1]


def examples(lines):
    """(command, what it prints or None where nothing is shown)"""
    at = 0
    while at < len(lines):
        command = lines[at][2:]
        at += 1
        if "<<" in command:
            end = lines.index("END", at)
            command += "\n" + "\n".join(lines[at:end + 1])
            at = end + 1
        shown = []
        while at < len(lines) and not lines[at].startswith("$ "):
            shown.append(lines[at])
            at += 1
        yield command, shown


def run(command, shown):
    first = command.split("\n")[0]
    done = subprocess.run(["sh", "-c", command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    want = next((s for c, s in STATUS.items() if first.startswith(c)), 0)
    got = re.sub(r"(?<=desk-1 )[0-9a-f]{8}", "KID", done.stdout)
    fine = done.returncode == want
    if shown:
        fine = fine and got.split("\n")[:-1] == shown
    print("%s %s" % ("ok" if fine else "not ok", first))
    if not fine:
        print("# exit %d, want %d" % (done.returncode, want))
        for line in (done.stdout + done.stderr).split("\n"):
            print("# " + line)


if __name__ == "__main__":
    for block in blocks(sys.argv[1]):
        for example in examples(block):
            run(*example)
