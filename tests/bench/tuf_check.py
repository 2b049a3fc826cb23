#!/usr/bin/env python3
"""Whole-process cost of a TUF check: CPU, wall time, peak memory, octets and requests.

    tests/bench/tuf_check.py BIN [--tools DIR] [--rounds N] [--targets 1000,10000] [--peer NAME=COMMAND ...]

BIN holds kip-updater; make_tuf_repository, bare_check and run_measured are there or in the folder named by --tools
(build/release/bin has the first, build/dev/bin the others). For each repository (flat, and hash bins) it measures a cold
download of a 1 MiB target and a check in which nothing has changed, each in fresh processes against a server on
127.0.0.1, and beside them a bare libcurl program that makes the same two requests: the ratio is what counts. A peer is
another client with the command line of `kip-updater tuf` (init, refresh, download). Figures are medians.
"""

import argparse
import functools
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time


class Handler(http.server.SimpleHTTPRequestHandler):
    """Static files with Last-Modified, kept-alive connections, and counters."""

    protocol_version = "HTTP/1.1"
    requests = octets = 0

    def log_request(self, code="-", size="-"):
        Handler.requests += 1

    def log_message(self, *_):
        pass

    def copyfile(self, source, outputfile):
        data = source.read()
        Handler.octets += len(data)
        outputfile.write(data)


def serve(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def run(run_measured, command):
    """(CPU seconds, wall seconds, peak MB, octets, requests) of one process that must succeed."""
    Handler.requests = Handler.octets = 0
    text = subprocess.run([run_measured, *command], check=True, capture_output=True, text=True)
    status, cpu, wall, peak = map(int, text.stdout.split())
    if status:
        sys.exit(f"tuf_check: {command} ended with {status}: {text.stderr}")
    return cpu / 1e6, wall / 1e6, peak / 1024, Handler.octets, Handler.requests


def median(rows):
    return [statistics.median(column) for column in zip(*rows)]


class Client:
    def __init__(self, name, command, work):
        self.name, self.command, self.metadata = name, command, os.path.join(work, name)
        self.targets = self.metadata + "-targets"

    def fresh(self, root):
        for folder in (self.metadata, self.targets):
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
        subprocess.run([*self.command, "--metadata-dir", self.metadata, "init", root], check=True, stdout=subprocess.DEVNULL)

    def refresh(self, url):
        return [*self.command, "--metadata-dir", self.metadata, "--metadata-url", url + "metadata/", "refresh"]

    def download(self, url):
        return [
            *self.command, "--metadata-dir", self.metadata, "--metadata-url", url + "metadata/",
            "--target-name", "big/target.bin", "--target-base-url", url + "targets/", "--target-dir", self.targets,
            "download",
        ]  # fmt: skip


def measure(clients, program, folder, rounds):
    """Rows of (client, what, figures), clients taking turns so that noise meets all alike."""
    server = serve(folder)
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    root = os.path.join(folder, "metadata", "1.root.json")
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(os.stat(f"{folder}/metadata/timestamp.json").st_mtime))
    rows = {}
    timed = functools.partial(run, program("run_measured"))
    for _ in range(rounds):
        for client in clients:
            client.fresh(root)
            rows.setdefault((client.name, "cold, 1 MiB target"), []).append(timed(client.download(url)))
        for client in clients:
            rows.setdefault((client.name, "no change"), []).append(timed(client.refresh(url)))
        rows.setdefault(("bare libcurl", "no change"), []).append(timed([program("bare_check"), url + "metadata/", date]))
    server.shutdown()
    return {key: median(value) for key, value in rows.items()}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("bin")
    options.add_argument("--tools")
    options.add_argument("--rounds", type=int, default=11)
    options.add_argument("--targets", default="1000,10000")
    options.add_argument("--bins", type=int, default=256)
    options.add_argument("--peer", action="append", default=[])
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    program = functools.partial(os.path.join, os.path.abspath(given.tools or given.bin))
    sizes = [int(text) for text in given.targets.split(",")]
    out = []
    with tempfile.TemporaryDirectory(prefix="kip-bench.") as work:
        clients = [Client("kip-updater", [os.path.join(os.path.abspath(given.bin), "kip-updater"), "tuf"], work)]
        for peer in given.peer:
            name, _, command = peer.partition("=")
            clients.append(Client(name, command.split(), work))
        for count, bins in [(size, 0) for size in sizes] + [(sizes[-1], given.bins)]:
            folder = os.path.join(work, f"repository-{count}-{bins}")
            subprocess.run([program("make_tuf_repository"), folder, str(count), str(bins)], check=True)
            found = measure(clients, program, folder, given.rounds)
            floor = found["bare libcurl", "no change"][0]
            for (name, what), (cpu, wall, peak, octets, requests) in found.items():
                row = {"targets": count, "bins": bins, "client": name, "what": what, "cpu_ms": round(cpu * 1000, 1),
                       "wall_ms": round(wall * 1000, 1), "peak_mb": round(peak, 1), "octets": int(octets),
                       "requests": int(requests)}  # fmt: skip
                if what == "no change":
                    row["cpu_of_bare"] = round(cpu / floor, 2)
                out.append(row)
    if given.json:
        print(json.dumps(out))
        return
    print(f"{'targets':>8} {'bins':>5}  {'client':<14}{'what':<20}{'CPU ms':>8}{'wall ms':>9}{'peak MB':>9}{'octets':>10}{'requests':>9}  of bare")
    for row in out:
        print(f"{row['targets']:>8} {row['bins']:>5}  {row['client']:<14}{row['what']:<20}{row['cpu_ms']:>8}{row['wall_ms']:>9}"
              f"{row['peak_mb']:>9}{row['octets']:>10}{row['requests']:>9}  {row.get('cpu_of_bare', '')}")  # fmt: skip


if __name__ == "__main__":
    main()
