# SPDX-License-Identifier: ISC
"""The Kubernetes example: its schema, and the very command that it runs."""
import subprocess
import sys

import yaml


def load(path):
    with open(path, encoding="utf-8") as f:
        return yaml.safe_load(f)


def schema(*files):
    import kubernetes_validate

    for path in files:
        kubernetes_validate.validate(load(path), "1.33", strict=True)


def unpack(path):
    """As a ConfigMap is mounted."""
    for name, text in load(path)["data"].items():
        with open("mnt/etc/prov/" + name, "w", encoding="utf-8") as f:
            f.write(text)


def place(word, index):
    """/in is mnt/in here; Kubernetes puts the index in."""
    word = word.replace("$(JOB_COMPLETION_INDEX)", index)
    option, eq, value = word.partition("=")
    if value.startswith("/"):
        return option + eq + "mnt" + value
    return word


def run(path, index):
    spec = load(path)["spec"]["template"]["spec"]
    command = spec["containers"][0]["command"]
    sys.exit(subprocess.run([place(w, index) for w in command],
                            check=False).returncode)


if __name__ == "__main__":
    {"schema": schema, "unpack": unpack, "run": run}[sys.argv[1]](*sys.argv[2:])
