#!/usr/bin/env python3
"""Time and memory of `kip deadline compute --batch`.

    tests/bench/deadline_batch.py BIN [--tools DIR] [--lines N] [--rounds N]

BIN holds kip; run_measured is there or in the folder named by --tools. Three of four lines are limits in days, the fourth
one of up to 40 working hours, over three countries. Figures are medians of whole processes. That a run over ten times as
many lines takes no more memory is checked, and the exit status says so: the memory of a run is that of its buffers.
"""

import argparse
import datetime
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

GROWTH_KB = 2048


def line(number, chance):
    day = datetime.date(2024, 1, 1) + datetime.timedelta(chance.randrange(900))
    request = {"id": number, "jurisdiction": chance.choice(["VN", "HU", "CN"]), "profile": "public"}
    if number % 4:
        return {**request, "on": day.isoformat(), "period": {"amount": chance.randint(1, 90), "unit": "day"}}
    return {
        **request,
        "at": f"{day.isoformat()}T16:30:00+07:00",
        "period": {"amount": chance.randint(1, 40), "unit": "working-hour"},
        "office": ["08:00-12:00", "13:00-17:00"],
    }


def write(path, lines):
    chance = random.Random(1)
    with open(path, "w", encoding="utf-8") as file:
        for number in range(lines):
            file.write(json.dumps(line(number, chance)) + "\n")


def measure(options, path):
    tool = os.path.join(options.tools or options.bin, "run_measured")
    rows = []
    for _ in range(options.rounds):
        ran = subprocess.run(
            [tool, os.path.join(options.bin, "kip"), "deadline", "compute", "--batch", path],
            check=True, capture_output=True, encoding="utf-8",
        )
        status, cpu, wall, peak = map(int, ran.stdout.split())
        if status != 0:
            sys.exit(f"kip ended with {status}: {ran.stderr}")
        rows.append((cpu / 1e6, wall / 1e6, peak))
    return [statistics.median(column) for column in zip(*rows)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin")
    parser.add_argument("--tools")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for lines in (options.lines // 10, options.lines):
            path = os.path.join(folder, "batch.jsonl")
            write(path, lines)
            cpu, wall, peak = measure(options, path)
            peaks.append(peak)
            print(f"{lines:8} lines  {wall:6.2f} s  {cpu:6.2f} s CPU  {lines / wall:8.0f} lines/s  peak {peak:.0f} kB")
    if peaks[1] > peaks[0] + GROWTH_KB:
        sys.exit("the memory grows with the number of lines")


if __name__ == "__main__":
    main()
