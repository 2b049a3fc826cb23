#!/usr/bin/env python3
"""Cost of a whole update, from the first request to the version that is in use, against tar.

    tests/bench/update.py BIN [--tools DIR] [--rounds N] [--files N] [--megabytes N] [--work DIR] [--json]

BIN holds kip, kip-server and kip-updater; run_measured is there or in the folder named by --tools. A vendor is set up with
the real programs and the web server of tests/fault/stage.py on 127.0.0.1. Its second release has many small files (5,000
files, 20 MB). In turns, `kip-updater update` brings a copy of an install of the first release to it (metadata, download,
checks, unpacking, syncs, the switch, records), in each layout, and `tar -x` with `sync -f` unpacks the same files. Figures
are medians; --work names where files are made: a real disk, since tmpfs makes syncs cost nothing. Nothing is removed
before the end, and a file system of its own is best: for half a minute ext4 looks for a new file's inode past each one
that was just freed there, which then costs more than all the rest.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(HERE, "..", "fault")]
import apply  # noqa: E402
import stage as staging  # noqa: E402


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("bin")
    options.add_argument("--tools")
    options.add_argument("--rounds", type=int, default=11)
    options.add_argument("--files", type=int, default=5000)
    options.add_argument("--megabytes", type=float, default=20)
    options.add_argument("--work")
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    bin_folder = os.path.abspath(given.bin)
    run_measured = os.path.join(os.path.abspath(given.tools or given.bin), "run_measured")
    rows = {}
    with tempfile.TemporaryDirectory(prefix="kip-update.", dir=given.work) as work:
        apply.make_folder(f"{work}/new", given.files, given.megabytes * 1e6)
        staging.write(f"{work}/first/print.xslt", "the first release")
        packing = ["tar", "-C", f"{work}/new", "--use-compress-program=zstd -q -18", "-cf", f"{work}/x.tar.zst", "."]
        subprocess.run(packing, check=True)
        unpack = 'mkdir "$1"; tar -C "$1" --zstd -xf "$0"; sync -f "$1"'
        with contextlib.closing(staging.Stage(bin_folder, work, f"{work}/first", f"{work}/new")):
            for number in range(given.rounds):
                made = f"{work}/made-{number}"
                command = ["sh", "-ec", unpack, f"{work}/x.tar.zst", f"{made}-tar"]
                rows.setdefault("tar + sync -f", []).append(measure(run_measured, command, work))
                for name, base in (("update, versioned", "old"), ("update, in place", "flat-old")):
                    shutil.copytree(f"{work}/{base}", f"{made}-{base}", symlinks=True)
                    command = [f"{bin_folder}/kip-updater", "--dir", f"{made}-{base}", "update"]
                    rows.setdefault(name, []).append(measure(run_measured, command, work))
    show({name: [statistics.median(column) for column in zip(*row)] for name, row in rows.items()}, given.json)


def measure(run_measured, command, work):
    """(CPU ms, wall ms, peak MB) of one run that must succeed, on a file system that has nothing else to write."""
    subprocess.run(["sync", "-f", work], check=True)
    done = subprocess.run([run_measured, *command], check=True, capture_output=True, text=True)
    status, cpu, wall, peak = map(int, done.stdout.splitlines()[-1].split())
    if status:
        sys.exit(f"update: {command} ended with {status}: {done.stderr}")
    return cpu / 1000, wall / 1000, peak / 1024


def show(found, as_json):
    floor = found["tar + sync -f"]
    out = [
        {"what": name, "cpu_ms": round(cpu, 1), "wall_ms": round(wall, 1), "peak_mb": round(peak, 1),
         "cpu_of_tar": round(cpu / floor[0], 2), "wall_of_tar": round(wall / floor[1], 2)}
        for name, (cpu, wall, peak) in found.items()
    ]  # fmt: skip
    if as_json:
        return print(json.dumps(out))
    print(f"{'':<24}{'CPU ms':>9}{'wall ms':>9}{'peak MB':>9}  CPU, wall of tar")
    for row in out:
        print(f"{row['what']:<24}{row['cpu_ms']:>9}{row['wall_ms']:>9}{row['peak_mb']:>9}  {row['cpu_of_tar']}, {row['wall_of_tar']}")


if __name__ == "__main__":
    main()
