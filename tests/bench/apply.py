#!/usr/bin/env python3
"""Cost of unpacking a package durably, against tar: CPU, wall time, peak memory.

    tests/bench/apply.py BIN [--tools DIR] [--rounds N] [--files N] [--megabytes N] [--large MB] [--many N]
                         [--most-mb MB] [--work DIR] [--json]

BIN holds kip; run_measured is there or in the folder named by --tools. A folder of many small files (5,000 files, 20 MB)
is packed by `kip pack`, and by tar with zstd at the same level. `kip package extract`, which checks every octet and syncs,
and `tar -x` with `sync -f` unpack it in turns, each into a folder that did not exist, on a file system that has nothing
else to write. Beside them one large package (500 MB, half of it noise) for the peak of memory; it is made with a fast
level but with the window that `kip pack` uses. And as much in many small files (--many), whose manifest is then what
counts. Figures are medians; --work names where files are made. With --most-mb a higher peak of either is a failure.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "signing", "package"))
import archive_parts as parts  # noqa: E402

WORDS = [f"{word}{end}" for word in "mẫu biểu số tiền thuế kỳ doanh thu chi phí nợ có tài khoản".split() for end in ("", "/", ">", '="')]


def make_folder(folder, files, octets):
    """Files with text of different lengths, which shrink about as forms do."""
    chance = random.Random(1)
    for number in range(files):
        path = os.path.join(folder, f"d{number % 97:02}", f"form-{number}.xml")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        length = max(1, round(octets / files * chance.uniform(0.2, 1.8)))
        text = " ".join(chance.choices(WORDS, k=length // 6)).encode() + chance.randbytes(length // 4)
        with open(path, "wb") as file:
            file.write((text + b" " * length)[:length])


def make_large(path, megabytes, count):
    """A package of that many files, noise and zeros in turns, piece by piece into zstd."""
    size = megabytes * 1_000_000 // count
    kinds = {b"noise": random.Random(2).randbytes(size), b"zeros": bytes(size)}
    names = [f"forms/{at % 97:02}/{at:06}-{(b'noise', b'zeros')[at % 2].decode()}" for at in range(count)]
    names.sort()
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in kinds.items()}
    rows = [parts.listed(name, b"", sha256=digests[name[-5:].encode()], size=size) for name in names]
    with open(path, "wb") as out:
        command = ["zstd", "-q", "-1", "--check", "--zstd=wlog=23", "-c"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out) as compressing:
            compressing.stdin.write(parts.entry(parts.MANIFEST, parts.manifest(rows)))
            for name in names:
                compressing.stdin.write(parts.entry(name.encode(), kinds[name[-5:].encode()]))
            compressing.stdin.write(parts.END)
    if compressing.returncode:
        sys.exit("apply: zstd failed")


def measure(run_measured, command, made):
    """(CPU ms, wall ms, peak MB) of one run that must succeed, from a clean start."""
    shutil.rmtree(made, ignore_errors=True)
    subprocess.run(["sync", "-f", os.path.dirname(made)], check=True)
    text = subprocess.run([run_measured, *command], check=True, capture_output=True, text=True)
    status, cpu, wall, peak = map(int, text.stdout.split())
    if status:
        sys.exit(f"apply: {command} ended with {status}: {text.stderr}")
    return cpu / 1000, wall / 1000, peak / 1024


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("bin")
    options.add_argument("--tools")
    options.add_argument("--rounds", type=int, default=11)
    options.add_argument("--files", type=int, default=5000)
    options.add_argument("--megabytes", type=float, default=20)
    options.add_argument("--large", type=int, default=500)
    options.add_argument("--many", type=int, default=20_000, metavar="FILES")
    options.add_argument("--most-mb", type=float)
    options.add_argument("--work")
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    kip = os.path.join(os.path.abspath(given.bin), "kip")
    run_measured = os.path.join(os.path.abspath(given.tools or given.bin), "run_measured")
    with tempfile.TemporaryDirectory(prefix="kip-apply.", dir=given.work) as work:
        at = lambda name: os.path.join(work, name)  # noqa: E731
        make_folder(at("in"), given.files, given.megabytes * 1e6)
        subprocess.run([kip, "pack", at("in"), "--product", "forms", "--version", "1", "--out", at("x.kpk")], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["tar", "-C", at("in"), "--use-compress-program=zstd -q -18", "-cf", at("x.tar.zst"), "."], check=True)
        commands = {
            "kip package extract": [kip, "package", "extract", at("x.kpk"), "--to", at("made")],
            "tar + sync -f": ["sh", "-ec", f'mkdir "{at("made")}"; tar -C "{at("made")}" --zstd -xf "{at("x.tar.zst")}"; sync -f "{at("made")}"'],
            "kip package inspect": [kip, "package", "inspect", at("x.kpk")],
        }  # fmt: skip
        rows = {name: [] for name in commands}
        for _ in range(given.rounds):
            for name, command in commands.items():
                rows[name].append(measure(run_measured, command, at("made")))
        found = {name: [statistics.median(column) for column in zip(*row)] for name, row in rows.items()}
        for count in (max(1, given.large // 10), given.many):
            make_large(at("large.kpk"), given.large, count)
            large = [kip, "package", "extract", at("large.kpk"), "--to", at("made")]
            found[f"{given.large} MB in {count} files"] = measure(run_measured, large, at("made"))
    floor = found["tar + sync -f"]
    peak = max(peak for name, (_, _, peak) in found.items() if name.endswith(" files"))
    if given.most_mb and peak > given.most_mb:
        sys.exit(f"apply: unpacking {given.large} MB took {peak:.1f} MB of memory, allowed are {given.most_mb}")
    out = [
        {"what": name, "cpu_ms": round(cpu, 1), "wall_ms": round(wall, 1), "peak_mb": round(peak, 1),
         "cpu_of_tar": round(cpu / floor[0], 2), "wall_of_tar": round(wall / floor[1], 2)}
        for name, (cpu, wall, peak) in found.items()
    ]  # fmt: skip
    if given.json:
        print(json.dumps(out))
        return
    print(f"{'':<30}{'CPU ms':>9}{'wall ms':>9}{'peak MB':>9}  CPU, wall of tar")
    for row in out:
        print(f"{row['what']:<30}{row['cpu_ms']:>9}{row['wall_ms']:>9}{row['peak_mb']:>9}  {row['cpu_of_tar']}, {row['wall_of_tar']}")


if __name__ == "__main__":
    main()
