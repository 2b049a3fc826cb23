#!/usr/bin/env python3
"""Cuts a real update at every call that changes a file, and judges what is left.

    tests/fault/sweep.py BIN [--shim FILE] [--careless FILE] [--only SCENARIO[:MODE] ...] [--every K] [--points 3,40-60]
                         [--forms OLD NEW] [--seed N] [--work DIR] [--no-controls] [--json]

BIN holds kip, kip-server and kip-updater; the shim and the careless updater are looked for there too. A vendor with two
releases is set up once with the real programs; then each point gets a fresh copy of one install, a command cut at that
point by the shim, and a recovery without it. At every instant the files in use must be exactly the old or exactly the
new ones; after the recovery they are those that the command leads to, and the receipts form one chain in which nothing
is lost or doubled, what had been sent before the cut included.

Modes (shim.c says more): kill, torn (only at writes), power, power-names, eio, eio-power (EIO, and once the program has
ended the power goes too), enospc. Those with power need root and loop mounts, otherwise they are SKIPPED. Scenarios are
the table below. Besides, negative controls must be caught, or the sweep fails itself: the syncs removed under both power
modes, and an updater that sets its pointer too early under kill.

Exit status: 0 all held, 1 something did not, 2 usage.
"""

import argparse
import collections
import contextlib
import ctypes
import fcntl
import functools
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # no __pycache__ among the sources
import databases  # noqa: E402
import judging  # noqa: E402
import stage as staging  # noqa: E402

MODES = ["kill", "torn", "power", "power-names", "eio", "eio-power", "enospc"]
POWER = {"power": 2, "power-names": 1, "eio-power": 1}  # flags of the ioctl below
EXT4_IOC_SHUTDOWN = 0x8004587D
WRITES = {"write", "pwrite", "pwrite64", "writev"}
IMAGE_SIZE = 32 << 20
OUTCOME_OF_SHIM = 99

# --- What is tried -----------------------------------------------------------------------------------------------------

# base: the install that each point starts from, a folder below the stage; command: what is cut; promises: whether its
# success means that the goal is reached; recover: what is run after it, until the goal is reached; goal: a version;
# states: what is reported on the version `about`, in the end; files: the folder that programs read, below the install;
# judge_cut, judge_end: functions of a Run that give the faults; vendor: what the vendor does at each point, a context that
# is made of the stage; first: what had been cut before the command, if so; databases: whether migrations go with it.
# Run.words() says what stands for something else in a command.
Scenario = collections.namedtuple(
    "Scenario", "base command promises recover goal about states files judge_cut judge_end vendor first databases"
)

INSTALLED = ["downloaded", "verified", "applying", "installed"]


def both(scenario, command, *further):
    """The command is cut, and recovers by being given again; if need be, with further words."""
    return scenario._replace(command=command, recover=[command, *([*command, *words] for words in further)])


def scenarios():
    update = Scenario("old", ["update"], True, [["update"]], staging.NEW_VERSION, staging.NEW_VERSION, INSTALLED,
                      "app/current", judging.always_whole, judging.pointed_is_done, contextlib.nullcontext, None,
                      False)  # fmt: skip
    rollback = update._replace(base="new", command=["rollback"], recover=[["check"], ["rollback"]],
                               goal=staging.OLD_VERSION, states=[*INSTALLED, "rolled_back"])  # fmt: skip
    # Where files are replaced one by one, a cut may leave a mix, until the next command has mended it.
    in_place = update._replace(base="flat-old", recover=[["check"], ["update"], ["update", "--again"]], files="app",
                               judge_cut=judging.kept_its_word, judge_end=judging.flat_is_done)  # fmt: skip
    in_place_rollback = rollback._replace(base="flat-new", files="app", judge_cut=judging.kept_its_word,
                                          judge_end=judging.flat_is_done)  # fmt: skip
    migration = update._replace(base="books-old", recover=in_place.recover, judge_cut=judging.goes_together,
                                judge_end=judging.migrated, databases=True)  # fmt: skip
    flat_migration = migration._replace(base="flat-books-old", files="app")
    # On a machine without an install, in place of one that had the old version; the new one is rolled out.
    restore = update._replace(base="none", goal=staging.OLD_VERSION, about=staging.OLD_VERSION,
                              judge_cut=judging.nothing_or_kept_its_word, judge_end=judging.restored,
                              vendor=staging.Stage.as_before)  # fmt: skip
    # Without a network. The file of receipts lies beside the bundle, and is cut as well.
    apply_bundle = ["bundle", "apply", "{install}/stick/forms.kpo"]
    bundle = update._replace(base="stick-old", judge_cut=judging.mailed, judge_end=judging.exported,
                             vendor=staging.Stage.offline)  # fmt: skip
    # fmt: off
    return {
        "update": update,
        "rollback": rollback,
        "in-place": in_place,
        "in-place-rollback": in_place_rollback,
        # Made out of what is in use and a delta. Where that fails, the package takes its place.
        "delta": update._replace(base="delta-old"),
        "in-place-delta": in_place._replace(base="flat-delta-old"),
        "report": update._replace(base="pending", command=["report"], recover=[["report"]], judge_end=judging.delivered,
                                  vendor=staging.Stage.answering),
        "enroll": update._replace(base="none", command=["enroll", "{code}"], promises=False,
                                  recover=[["enroll", "{code}"], ["update"]], judge_cut=judging.not_enrolled_or_works,
                                  judge_end=judging.delivered, vendor=staging.Stage.answering),
        "restore": both(restore, ["restore", "{restore}"]),
        "restore-in-place": both(restore._replace(files="app"), ["restore", "{restore}", "--layout", "in-place"]),
        "bundle": both(bundle, apply_bundle),
        "bundle-in-place": both(bundle._replace(base="flat-stick-old", files="app"), apply_bundle, ["--again"]),
        # Cut while they recover from a cut.
        "update-twice": update._replace(first=update, recover=[["update"], ["update", "--again"]]),
        "rollback-twice": rollback._replace(command=["check"], promises=False, first=rollback),
        "in-place-twice": in_place._replace(command=["check"], promises=False, first=in_place),
        "migration": migration,
        "migration-in-place": flat_migration,
        "migration-twice": migration._replace(command=["check"], promises=False, first=migration),
    }
    # fmt: on


# --- Where it is tried -------------------------------------------------------------------------------------------------


class FolderPlace:
    """Copies of an install on any file system: a cut process leaves what it wrote."""

    def __init__(self, work):
        self.work, self.install = work, f"{work}/install"

    def import_base(self, folder):
        return folder

    def fresh(self, base):
        shutil.rmtree(self.install, ignore_errors=True)
        shutil.copytree(base, self.install, symlinks=True)
        databases.relocate(self.install)

    def after_cut(self):
        pass

    def save(self, name):
        shutil.rmtree(f"{self.work}/{name}", ignore_errors=True)
        shutil.copytree(self.install, f"{self.work}/{name}", symlinks=True)
        return f"{self.work}/{name}"

    def close(self):
        shutil.rmtree(self.install, ignore_errors=True)


class ImagePlace:
    """Copies of an install in an ext4 image. noauto_da_alloc: no help of the kernel for those who forget to sync."""

    def __init__(self, work):
        self.work, self.image, self.mount_point = work, f"{work}/image", f"{work}/mnt"
        self.install, self.mounted = f"{self.mount_point}/install", False
        os.makedirs(self.mount_point, exist_ok=True)

    def import_base(self, folder):
        base = f"{folder}.ext4"
        if not os.path.exists(base):
            with open(self.image, "wb") as file:
                file.truncate(IMAGE_SIZE)
            tool("mkfs.ext4", "-q", "-F", self.image)
            self.mount()
            shutil.copytree(folder, self.install, symlinks=True)
            databases.relocate(self.install)
            self.unmount()
            tool("cp", "--sparse=always", self.image, base)
        return base

    def fresh(self, base):
        self.unmount()
        tool("cp", "--sparse=always", base, self.image)
        self.mount()

    def after_cut(self):
        """The machine starts again."""
        self.unmount()
        self.mount()

    def save(self, name):
        self.unmount()
        tool("cp", "--sparse=always", self.image, f"{self.work}/{name}.ext4")
        self.mount()
        return f"{self.work}/{name}.ext4"

    def lose_power(self, mode):
        descriptor = os.open(self.mount_point, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", POWER[mode]))
        os.close(descriptor)

    def mount(self):
        tool("mount", "-o", "loop,noauto_da_alloc", self.image, self.mount_point)
        self.mounted = True

    def unmount(self):
        if self.mounted:
            tool("umount", self.mount_point)
        self.mounted = False

    def close(self):
        self.unmount()


def tool(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


def why_no_power(work):
    """Nothing where power cuts can be tried. From then on mounts are seen by this process and its children only, and
    go with it, however it ends."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        clone_newns = 0x20000
        if libc.unshare(clone_newns) != 0:
            return f"no mounts of our own: {os.strerror(ctypes.get_errno())}"
        tool("mount", "--make-rprivate", "/")
        os.makedirs(f"{work}/probe")
        place = ImagePlace(work)
        with contextlib.closing(place):
            place.fresh(place.import_base(f"{work}/probe"))
            place.lose_power("power")
    except subprocess.CalledProcessError as error:
        return f"{error.cmd[0]}: {error.stderr.strip()}"
    except OSError as error:
        return str(error)
    return None


# --- The sweep ---------------------------------------------------------------------------------------------------------


class Sweep:
    def __init__(self, given, work, stage, forms):
        self.bin, self.given, self.work, self.stage = os.path.abspath(given.bin), given, work, stage
        # By whether migrations go with it, and by version.
        old, new = map(judging.read_tree, forms)
        self.contents = {
            False: {staging.OLD_VERSION: old, staging.NEW_VERSION: new},
            True: {staging.OLD_VERSION: old, staging.NEW_VERSION: judging.read_tree(stage.books)},
        }
        self.expected = databases.Expected(staging.OLD_VERSION, staging.NEW_VERSION)
        self.failures, self.rows, self.missed = [], [], 0
        # One install of each layout at four moments: nothing there yet, old, new with nothing delivered, new and delivered.
        # And the old one with a bundle that brings the new version.
        os.makedirs(f"{work}/none")
        stage.keep_server()
        self.installs = len(stage.server.ask("installs")["installs"])
        for layout in ("", "flat-"):
            shutil.copytree(f"{work}/{layout}old", f"{work}/{layout}stick-old", symlinks=True)
            os.mkdir(f"{work}/{layout}stick-old/stick")
            stage.make_bundle(f"{work}/{layout}stick-old/stick/forms.kpo")
            shutil.copytree(f"{work}/{layout}old", f"{work}/{layout}pending", symlinks=True)
            stage.run("kip-updater", "--dir", f"{work}/{layout}pending", "update")
            shutil.copytree(f"{work}/{layout}pending", f"{work}/{layout}new", symlinks=True)
            with stage.answering():
                stage.run("kip-updater", "--dir", f"{work}/{layout}new", "report")

        self.expect_delta("delta-old")
        self.expect_delta("flat-delta-old")

    def expect_delta(self, base):
        """Without a cut an update of that install takes the delta: otherwise the sweep would try something else."""
        shutil.copytree(f"{self.work}/{base}", f"{self.work}/try-{base}", symlinks=True)
        said = json.loads(self.stage.run("kip-updater", "--json", "--dir", f"{self.work}/try-{base}", "update"))
        if said.get("downloaded", {}).get("what") != "delta":
            raise RuntimeError(f"an update of {base} does not take the delta: {said}")

    def receipts_in(self, base):
        known = os.path.exists(f"{self.work}/{base}/state")
        return [envelope for *_, envelope in judging.read_receipts(f"{self.work}/{base}")[1]] if known else []

    def cut(self, run, point=0, program=None, **more):
        """Runs the command under the shim; point 0 cuts nothing."""
        environment = {**os.environ, "LD_PRELOAD": self.given.shim, "KIP_FAULT_BELOW": run.install, **more}
        if point:
            environment |= {"KIP_FAULT_AT": str(point), "KIP_FAULT_HOW": "eio" if run.mode == "eio-power" else run.mode}
        if "{code}" in run.scenario.command:
            run.code = self.stage.new_code()
        command = program or [f"{self.bin}/kip-updater", "--dir", run.install, *run.words(run.scenario.command)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=judging.PATIENCE)
        run.status, run.said = done.returncode, done.stdout + done.stderr
        if run.status == OUTCOME_OF_SHIM:
            raise RuntimeError(f"the shim could not do it: {done.stderr}")
        if point and run.mode in POWER:
            if run.status != -signal.SIGKILL:
                run.place.lose_power(run.mode)
            run.place.after_cut()

    def trace(self, run, base, program=None):
        """The calls of an uncut run from that base, as (call, path)."""
        run.place.fresh(base)
        trace = f"{self.work}/trace"
        with contextlib.suppress(FileNotFoundError):
            os.remove(trace)
        with run.scenario.vendor(self.stage):
            self.cut(run, program=program, KIP_FAULT_TRACE=trace)
        if run.status != 0:
            raise RuntimeError(f"{run.scenario.command} fails without any cut: {run.said}")
        with open(trace) as file:
            calls = [line.split(" ", 2)[1:] for line in file.read().splitlines()]
        return [(call, os.path.relpath(path, run.install)) for call, path in calls]

    def points(self, calls, mode, every):
        """The points to try, from 1; the one after the last call is a cut right after the end."""
        out = [point for point in range(1, len(calls) + 2) if self.given.points is None or point in self.given.points]
        if mode == "torn":
            out = [point for point in out if point <= len(calls) and calls[point - 1][0] in WRITES]
        chosen = out[every // 2 :: every]
        return chosen if not out or mode not in POWER or out[-1] in chosen else [*chosen, out[-1]]

    def try_point(self, run, base, point, calls, before, posted=(), program=None, **more):
        """`posted`: what had been posted from this base before."""
        self.stage.posted = list(posted)
        run.place.fresh(base)
        with run.scenario.vendor(self.stage):
            try:
                self.cut(run, point, program, **more)
            except subprocess.TimeoutExpired:
                return ["the command hangs"]
            if run.mode not in judging.FAILING and run.status != -signal.SIGKILL and point <= len(calls):
                self.missed += 1
            return judging.judge(run, before, self.stage.posted)

    def sweep(self, name, scenario, mode, place):
        started, tried, failed = time.monotonic(), 0, len(self.failures)
        run = judging.Run(self, scenario, mode, place)
        base = place.import_base(f"{self.work}/{scenario.base}")
        before = self.receipts_in(scenario.base)
        every = max(self.given.every, self.given.second_every) if scenario.first else self.given.every
        for base, at_first, posted in self.bases(run, base):
            calls = self.trace(run, base)
            points = self.points(calls, mode, every)
            for number, point in enumerate(points):
                self.progress(f"{name} {mode}{at_first}: {number} of {len(points)}")
                tried += 1
                for found in self.try_point(run, base, point, calls, before, posted):
                    self.report(name, mode, point, calls, found, at_first)
        self.row(name, mode, tried, len(self.failures) - failed, started)

    def bases(self, run, base):
        """(base, words on it, what was posted from it) to cut the command from: for a double cut the install as each
        first cut left it."""
        if run.scenario.first is None:
            yield base, "", []
            return
        first = judging.Run(self, run.scenario.first, run.mode, run.place)
        calls = self.trace(first, base)
        for point in range(self.given.first_every // 2 or 1, len(calls) + 1, self.given.first_every):
            self.stage.posted = []
            run.place.fresh(base)
            self.cut(first, point)
            words = f" after a cut at {point} ({' '.join(calls[point - 1])})"
            yield run.place.save("first-cut"), words, list(self.stage.posted)

    def control(self, name, mode, points_of, program, more, place):
        """A variant that is known to be wrong: the sweep fails unless it finds that out."""
        started = time.monotonic()
        run = judging.Run(self, scenarios()["update"], mode, place)
        base = place.import_base(f"{self.work}/{run.scenario.base}")
        before = self.receipts_in(run.scenario.base)
        program = program and [program, run.install]
        # A download arrives in pieces of any size, and each is a call: the numbers of the calls after it move a little.
        for _ in range(5):
            calls = self.trace(run, base, program)
            points = points_of(calls)
            caught = [point for point in points if self.try_point(run, base, point, calls, before, (), program, **more)]
            if caught:
                break
        self.missed = 0
        if not caught:
            self.report(name, mode, 0, calls, f"was not caught at any of {len(points)} points: this sweep finds nothing", "")
        self.row(name, mode, len(points), 0 if caught else 1, started, caught=len(caught))

    # --- Output ---

    def progress(self, text):
        if sys.stderr.isatty():
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def report(self, name, mode, point, calls, found, at_first):
        call = " ".join(calls[point - 1]) if 0 < point <= len(calls) else "the end" if point else "-"
        failure = {"scenario": name, "mode": mode, "point": point, "call": call, "first": at_first, "found": found.strip()}
        self.failures.append(failure)
        if not self.given.json:
            self.progress("")
            print(f"FAILED {name} {mode} at {point} ({call}){at_first}: {found.strip()}", flush=True)

    def row(self, name, mode, points, failures, started, **more):
        seconds = round(time.monotonic() - started, 1)
        row = {"scenario": name, "mode": mode, "points": points, "failures": failures, "seconds": seconds, "missed": self.missed, **more}
        self.rows.append(row)
        if not self.given.json:
            self.progress("")
            caught = f", caught at {more['caught']} as it should be" if more.get("caught") else ""
            missed = f", {self.missed} not reached" if self.missed else ""
            figures = f"{points:>5} points {failures:>4} failures {seconds:>7.1f} s"
            print(f"{name:<20}{mode:<13}{figures}{caught}{missed}", flush=True)
        self.missed = 0

    def skip(self, name, mode, why):
        self.rows.append({"scenario": name, "mode": mode, "skipped": why})
        if not self.given.json:
            print(f"{name:<20}{mode:<13}SKIPPED: {why}", flush=True)


def spread(count):
    """Points for a control: `count` of them all over the run, and the one after its end."""
    return lambda calls: sorted({*range(1, len(calls) + 1, max(1, len(calls) // count)), len(calls) + 1})


def around_the_pointer(calls):
    at = max(number for number, (_, path) in enumerate(calls, 1) if path == "app/current")
    return range(at - 8, min(at + 12, len(calls)) + 1)


# mode, points as a function of the calls, whether the program is the careless one, more for the environment
CONTROLS = {
    "no-sync": [("power", spread(20), False, {"KIP_FAULT_NO_SYNC": "1"}),
                ("power-names", spread(20), False, {"KIP_FAULT_NO_SYNC": "1"})],
    "careless": [("kill", around_the_pointer, True, {})],
}  # fmt: skip


def run_all(sweep, wanted):
    given, modes = sweep.given, {mode for _, mode in wanted}
    no_power = why_no_power(sweep.work) if modes & set(POWER) else None
    jobs = [(name, mode, functools.partial(sweep.sweep, name, scenarios()[name], mode)) for name, mode in wanted]
    for name, rows in {} if given.no_controls else CONTROLS.items():
        for mode, points_of, is_careless, more in rows:
            if mode in modes:
                program = given.careless if is_careless else None
                jobs.append((name, mode, functools.partial(sweep.control, name, mode, points_of, program, more)))
    for name, mode, job in jobs:
        if mode in POWER and no_power:
            sweep.skip(name, mode, no_power)
            continue
        with contextlib.closing(ImagePlace(sweep.work) if mode in POWER else FolderPlace(sweep.work)) as place:
            job(place)


def numbers(text):
    out = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        out |= set(range(int(first), int(last or first) + 1))
    return out


def parse():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("bin")
    options.add_argument("--shim")
    options.add_argument("--careless")
    options.add_argument("--only", action="append", metavar="SCENARIO[:MODE]", help="once per wish; :MODE is all scenarios")
    options.add_argument("--every", type=int, default=1, metavar="K", help="only each K-th point")
    options.add_argument("--first-every", type=int, default=24, metavar="K", help="double cuts: first at each K-th point")
    options.add_argument("--second-every", type=int, default=7, metavar="K", help="and then at each K-th of the recovery")
    options.add_argument("--points", type=numbers, help="only these, as 3,40-60")
    options.add_argument("--forms", nargs=2, metavar=("OLD", "NEW"), help="two folders instead of made-up forms")
    options.add_argument("--seed", type=int, default=1, help="of the made-up forms")
    options.add_argument("--work", help="where to work; best on tmpfs (default: /dev/shm, else TMPDIR)")
    options.add_argument("--no-controls", action="store_true", help="without the negative controls")
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    wanted = [(name, mode) for name in scenarios() for mode in MODES]
    for wish in given.only or ():
        name, _, mode = wish.partition(":")
        if (name and name not in scenarios()) or (mode and mode not in MODES):
            options.error(f"--only {wish}: scenarios are {', '.join(scenarios())}; modes are {', '.join(MODES)}")
    if given.only:
        wanted = [(name, mode) for name, mode in wanted if {name, f":{mode}", f"{name}:{mode}"} & set(given.only)]
    given.shim = os.path.abspath(given.shim or f"{given.bin}/fault_shim.so")
    given.careless = os.path.abspath(given.careless or f"{given.bin}/careless_updater")
    needed = [given.shim, *(f"{given.bin}/{name}" for name in ("kip", "kip-server", "kip-updater"))]
    if not given.no_controls:
        needed.append(given.careless)
    if missing := [path for path in needed if not os.path.exists(path)]:
        options.error(f"missing: {', '.join(missing)}")
    if min(given.every, given.first_every, given.second_every) < 1:
        options.error("K is at least 1")
    return given, wanted


def main():
    given, wanted = parse()
    fast = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="kip-fault.", dir=given.work or fast) as work:
        work = os.path.realpath(work)
        forms = [os.path.abspath(path) for path in given.forms or staging.make_forms(f"{work}/forms", given.seed)]
        try:
            with contextlib.closing(staging.Stage(os.path.abspath(given.bin), work, *forms)) as stage:
                sweep = Sweep(given, work, stage, forms)
                run_all(sweep, wanted)
        except RuntimeError as error:
            sys.exit(f"sweep: {error}")
    if given.json:
        print(json.dumps({"rows": sweep.rows, "failures": sweep.failures}))
    sys.exit(1 if sweep.failures else 0)


if __name__ == "__main__":
    main()
