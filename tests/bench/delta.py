#!/usr/bin/env python3
"""Size of a delta and the time to make it, against bsdiff, xdelta3 and zstd over whole tar archives; and its memory.

    tests/bench/delta.py BIN [--tools DIR] [--forms OLD NEW] [--rounds N] [--files N] [--large MB]
                         [--many N] [--many-octets N] [--most-mb MB] [--work DIR] [--json]

BIN holds kip; run_measured is there or in the folder named by --tools. Two versions of a form set (--forms; else made-up
ones, of which a twentieth changes) are packed; `kip package delta` makes a delta of the two packages. The others get the
same files as two tar archives, sorted and without times and owners: `bsdiff`, `xdelta3 -9`, `zstd -19 --patch-from`. One
that is not installed is shown as SKIPPED. Figures are medians of whole processes, taken in turns. Then what the delta
makes is compared with the new files, and a delta of the largest patch that there can be shows the peak of memory in
applying it, and so does one between two versions of many files, of which a third changes; with --most-mb a higher peak of
that one is a failure. A .kpd also carries what is new in the manifest, which the others lack.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

MIB = 1 << 20
PEERS = {
    "bsdiff": ["bsdiff", "{old}", "{new}", "{out}"],
    "xdelta3 -9": ["xdelta3", "-9", "-e", "-f", "-s", "{old}", "{new}", "{out}"],
    "zstd -19 --patch-from": ["zstd", "-q", "-f", "-19", "--patch-from={old}", "{new}", "-o", "{out}"],
}


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def make_forms(folder, count):
    """Forms that are much alike; in the new version each twentieth has other lines, and a few more come."""
    chance = random.Random(1)
    names = [f"line-{number}-{chance.randrange(10**6)}" for number in range(300)]
    for number in range(count + 3):
        lines = [f'  <{name} value="{chance.randrange(1000)}"/>' for name in chance.sample(names, 200)]
        changed = [line.replace("value", "amount") if at % 50 == 0 else line for at, line in enumerate(lines)]
        if number < count:
            write(f"{folder}/old/d{number % 7}/form-{number}.xml", "\n".join(lines).encode())
        is_new = number >= count or number % 20 == 0
        write(f"{folder}/new/d{number % 7}/form-{number}.xml", "\n".join(changed if is_new else lines).encode())
    return f"{folder}/old", f"{folder}/new"


def make_large(folder, megabytes):
    """One file of the largest size that is patched, half of it noise that changes."""
    chance, half = random.Random(2), megabytes * MIB // 2
    kept = chance.randbytes(half)
    for version in ("old", "new"):
        write(f"{folder}/{version}/large.bin", kept + chance.randbytes(half - 64 * 1024) + bytes(64 * 1024))
    return f"{folder}/old", f"{folder}/new"


def make_many(folder, count, octets):
    """Small files, of which each third changes, with text that shrinks."""
    chance = random.Random(3)
    words = [chance.randbytes(4).hex() for _ in range(500)]
    for number in range(count):
        text = " ".join(chance.choices(words, k=1 + octets // 9))
        for version in ("old", "new"):
            is_new = version == "new" and number % 3 == 0
            path = f"{folder}/{version}/forms/{number % 97:02}/form-{number:06}.xml"
            write(path, (f"new in {number}: {text}" if is_new else text)[:octets].encode())
    return f"{folder}/old", f"{folder}/new"


def run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"delta: {' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def measure(run_measured, command):
    """(CPU ms, wall ms, peak MB) of one run that must succeed."""
    text = subprocess.run([run_measured, *command], check=True, capture_output=True, text=True)
    status, cpu, wall, peak = map(int, text.stdout.split())
    if status:
        sys.exit(f"delta: {command} ended with {status}: {text.stderr}")
    return cpu / 1000, wall / 1000, peak / 1024


def pack(kip, folders, work):
    for folder, version in zip(folders, ("1", "2")):
        run(kip, "pack", folder, "--product", "forms", "--version", version, "--out", f"{work}/{version}.kpk")
    return [kip, "package", "delta", f"{work}/2.kpk", "--from", f"{work}/1.kpk"], f"{work}/2.from-1.kpd"


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


def compare(kip, run_measured, folders, given, work):
    """Rows of (size, CPU, wall, peak) by what made it; nothing where it is not installed."""
    make, delta = pack(kip, folders, work)
    for folder, name in zip(folders, ("old", "new")):
        names = sorted(os.path.relpath(os.path.join(at, file), folder) for at, _, files in os.walk(folder) for file in files)
        write(f"{work}/names", "\n".join(names).encode() + b"\n")
        run("tar", "-C", folder, "--owner=0", "--group=0", "--mtime=@0", "--mode=0644", "-cf", f"{work}/{name}.tar", "-T", f"{work}/names")
    commands = {"kip package delta": (make, delta)}
    for name, command in PEERS.items():
        at = {"old": f"{work}/old.tar", "new": f"{work}/new.tar", "out": f"{work}/out"}
        commands[name] = ([part.format(**at) for part in command], at["out"]) if shutil.which(command[0]) else None
    rows = {name: [] for name in commands}
    sizes = {}
    for _ in range(given.rounds):
        for name, row in rows.items():
            if commands[name] is None:
                continue
            command, out = commands[name]
            remove(out)
            row.append(measure(run_measured, command))
            sizes[name] = os.path.getsize(out)
    run(kip, "package", "extract", delta, "--base", f"{work}/1.kpk", "--to", f"{work}/made")
    run("diff", "-r", f"{work}/made", folders[1])
    return {name: (sizes[name], *map(statistics.median, zip(*row))) if row else None for name, row in rows.items()}


def apply_one(kip, run_measured, folders, work):
    """What it costs to make the new version out of the old one and a delta."""
    make, delta = pack(kip, folders, work)
    run(*make)
    command = [kip, "package", "extract", delta, "--base", f"{work}/1.kpk", "--to", f"{work}/made"]
    _, wall, peak = measure(run_measured, command)
    return {"size": os.path.getsize(delta), "wall_ms": round(wall, 1), "peak_mb": round(peak, 1)}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("bin")
    options.add_argument("--tools")
    options.add_argument("--forms", nargs=2, metavar=("OLD", "NEW"))
    options.add_argument("--rounds", type=int, default=11)
    options.add_argument("--files", type=int, default=500, help="of the made-up form set")
    options.add_argument("--large", type=int, default=16, metavar="MB", help="of the largest patch")
    options.add_argument("--many", type=int, default=20_000, metavar="FILES")
    options.add_argument("--many-octets", type=int, default=4096, help="of each of them")
    options.add_argument("--most-mb", type=float)
    options.add_argument("--work")
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    kip = os.path.join(os.path.abspath(given.bin), "kip")
    run_measured = os.path.join(os.path.abspath(given.tools or given.bin), "run_measured")
    with tempfile.TemporaryDirectory(prefix="kip-delta.", dir=given.work) as work:
        os.mkdir(f"{work}/one")
        os.mkdir(f"{work}/large")
        os.mkdir(f"{work}/many")
        folders = [os.path.abspath(path) for path in given.forms or make_forms(f"{work}/forms", given.files)]
        found = compare(kip, run_measured, folders, given, f"{work}/one")
        large = apply_one(kip, run_measured, make_large(f"{work}/forms-large", given.large), f"{work}/large")
        many = apply_one(kip, run_measured, make_many(f"{work}/forms-many", given.many, given.many_octets), f"{work}/many")
    if given.most_mb and many["peak_mb"] > given.most_mb:
        sys.exit(f"delta: applying one of {given.many} files took {many['peak_mb']} MB, allowed are {given.most_mb}")
    best = min((row for name, row in found.items() if row and name in PEERS), default=None)
    own = found["kip package delta"]
    result = {"rows": {name: row and dict(zip(("size", "cpu_ms", "wall_ms", "peak_mb"), row)) for name, row in found.items()},
              "apply_largest": large, "apply_many": many}  # fmt: skip
    if best:
        result |= {"size_of_best": round(own[0] / best[0], 3), "times_faster": round(best[2] / own[2], 1)}
    if given.json:
        print(json.dumps(result))
        return
    print(f"{'':<24}{'bytes':>9}{'CPU ms':>9}{'wall ms':>9}{'peak MB':>9}")
    for name, row in found.items():
        print(f"{name:<24}" + (f"{row[0]:>9}{row[1]:>9.1f}{row[2]:>9.1f}{row[3]:>9.1f}" if row else "  SKIPPED: not installed"))
    if best:
        print(f"of the smallest other: {result['size_of_best']} times its size, made {result['times_faster']} times as fast")
    for what, row in (("the largest patch", large), (f"a delta of {given.many} files", many)):
        print(f"applying {what} ({row['size']} bytes): {row['wall_ms']} ms, peak {row['peak_mb']} MB")


if __name__ == "__main__":
    main()
