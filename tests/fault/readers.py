#!/usr/bin/env python3
"""Reads the files in use all through updates and rollbacks: nobody may ever see a mix of two versions.

    tests/fault/readers.py BIN [--rounds N] [--seed N]

BIN holds kip, kip-server and kip-updater. Each reader does what a program does: it follows app/current once, then reads
every file below what that names. Prints how often it read which version; exit status 1 where a reader saw anything but
exactly the old or exactly the new files. As a negative control a mix is made first, which a reader must notice.
"""

import argparse
import collections
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True  # no __pycache__ among the sources
import judging  # noqa: E402
import stage as staging  # noqa: E402

READERS = 2


class Reader(threading.Thread):
    def __init__(self, install, contents, stop):
        super().__init__()
        self.pointer, self.contents, self.stop = f"{install}/app/current", contents, stop
        self.seen = collections.Counter()

    def run(self):
        while not self.stop.is_set():
            self.seen[self.look()] += 1

    def look(self):
        try:
            found = judging.read_tree(os.path.realpath(self.pointer, strict=True))
        except OSError as error:
            return f"unreadable: {error.strerror}"
        return next((version for version, content in self.contents.items() if content == found), "a mix")


def watch(install, contents, commands):
    """What readers saw while the commands ran, one after the other."""
    stop = threading.Event()
    readers = [Reader(install, contents, stop) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        for command in commands:
            subprocess.run([*command], check=True, capture_output=True)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    return sum((reader.seen for reader in readers), collections.Counter())


def expect_to_notice_a_mix(work, forms, contents):
    """The old files with one of the new ones among them."""
    folder = f"{work}/mix/app/versions/mixed"
    shutil.copytree(forms[0], folder)
    changed = next(path for path, digest in contents[staging.NEW_VERSION].items() if contents[staging.OLD_VERSION].get(path) != digest)
    os.makedirs(os.path.dirname(f"{folder}/{changed}"), exist_ok=True)
    shutil.copy(f"{forms[1]}/{changed}", f"{folder}/{changed}")
    os.symlink("versions/mixed", f"{work}/mix/app/current")
    if (seen := Reader(f"{work}/mix", contents, threading.Event()).look()) != "a mix":
        sys.exit(f"readers: a mix was taken for {seen}: this test finds nothing")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("bin")
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    bin_folder = os.path.abspath(given.bin)
    with tempfile.TemporaryDirectory(prefix="kip-readers.") as work:
        work = os.path.realpath(work)
        forms = staging.make_forms(f"{work}/forms", given.seed)
        contents = dict(zip((staging.OLD_VERSION, staging.NEW_VERSION), map(judging.read_tree, forms)))
        with contextlib.closing(staging.Stage(bin_folder, work, *forms)):
            expect_to_notice_a_mix(work, forms, contents)
            seen = collections.Counter()
            updater = [f"{bin_folder}/kip-updater", "--dir", f"{work}/install"]
            for _ in range(given.rounds):
                shutil.rmtree(f"{work}/install", ignore_errors=True)
                shutil.copytree(f"{work}/old", f"{work}/install", symlinks=True)
                seen += watch(f"{work}/install", contents, [[*updater, "update"], [*updater, "rollback"]])
    print("seen:", ", ".join(f"{what} {count} times" for what, count in sorted(seen.items())))
    missing = [version for version in contents if not seen[version]]
    if set(seen) - set(contents) or missing:
        sys.exit("readers: a reader saw something else than a whole version, or not both of them")


if __name__ == "__main__":
    main()
