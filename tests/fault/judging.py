"""How tests/fault/sweep.py judges one point: what is left right after the cut, and after the recovery. Each function takes
a Run and gives its faults in words."""

import contextlib
import hashlib
import json
import os
import sqlite3
import stat
import subprocess

import stage as staging

FAILING = {"eio", "eio-power", "enospc"}  # modes in which a call fails and the program goes on
PATIENCE = 120  # seconds after which a program counts as hanging
JOURNAL = ".kip"  # of an in-place install: a switch that is under way


class Run:
    """One point: what was done at which place, and with what outcome."""

    def __init__(self, sweep, scenario, mode, place):
        self.sweep, self.scenario, self.mode, self.place = sweep, scenario, mode, place
        self.install, self.status, self.said, self.code, self.mail = place.install, None, "", None, []

    def words(self, command):
        """The command itself: {code} stands for an enrolment code, a new one at each point, {restore} for one that brings
        a machine to what the install `old` had, and {install} for the folder."""
        known = {"code": self.code, "restore": self.sweep.stage.code_to_restore, "install": self.install}
        return [word.format_map(known) for word in command]

    def updater(self, *arguments):
        return subprocess.run([f"{self.sweep.bin}/kip-updater", "--json", "--dir", self.install, *arguments],
                              capture_output=True, text=True, timeout=PATIENCE)  # fmt: skip


def read_tree(folder):
    """Path -> SHA-256 of every file. Directories exist through the files in them only."""
    out = {}
    for directory, below, names in os.walk(folder, onerror=fail_walk):
        if directory == folder and JOURNAL in below:
            below.remove(JOURNAL)
        for name in names:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            if not stat.S_ISREG(status.st_mode):
                out[os.path.relpath(path, folder)] = "not a file"
                continue
            with open(path, "rb") as file:
                out[os.path.relpath(path, folder)] = hashlib.sha256(file.read()).hexdigest()
    return out


def fail_walk(error):
    raise error


def version_in_use(run):
    """(version, nothing) of a whole tree; otherwise (nothing, what is wrong with it)."""
    try:
        found = read_tree(f"{run.install}/{run.scenario.files}/")
    except OSError as error:
        return None, f"{run.scenario.files} cannot be read: {error.strerror}"
    contents = run.sweep.contents[run.scenario.databases]
    for version, content in contents.items():
        if found == content:
            return version, None
    wanted = contents[run.scenario.goal]
    wrong = sorted(path for path in {*found, *wanted} if found.get(path) != wanted.get(path))
    some = ", ".join(wrong[:3]) + (" ..." if len(wrong) > 3 else "")
    return None, f"{run.scenario.files} is neither old nor new: from {run.scenario.goal} differ {some}"


def always_whole(run):
    """Right after the cut, before anything is mended."""
    version, fault = version_in_use(run)
    faults = status_works(run)
    if fault:
        faults.append(f"before the recovery {fault}")
    elif run.status == 0 and run.scenario.promises and version != run.scenario.goal:
        faults.append(f"the command said that it was done, but {version} is in use")
    return faults


def kept_its_word(run):
    """The same where a mix is allowed until the recovery, unless the command said that it was done."""
    done = run.status == 0 and run.scenario.promises
    return always_whole(run) if done else status_works(run)


def goes_together(run):
    """With migrations: files and databases are old or new, both, unless programs are kept out."""
    done = run.status == 0 and run.scenario.promises
    if os.path.exists(f"{run.install}/launch.guard") and not done:
        return status_works(run)
    version, fault = run.sweep.expected.version(run.install)
    faults = always_whole(run) + ([f"before the recovery {fault}"] if fault else [])
    if not faults and version != version_in_use(run)[0]:
        faults.append(f"before the recovery the files are {version_in_use(run)[0]}, the databases {version}")
    return faults


def migrated(run):
    """After the recovery, with migrations."""
    faults = is_done(run)
    version, fault = run.sweep.expected.version(run.install)
    if version != run.scenario.goal:
        faults.append(f"after the recovery {fault or 'the databases are ' + version}")
    for left in ("launch.guard", "state/databases", "state/rehearsal"):
        if os.path.exists(f"{run.install}/{left}"):
            faults.append(f"{left} is left over")
    return faults


def status_works(run, may_be=(0,)):
    done = run.updater("status")
    if done.returncode in may_be:
        return []
    return [f"status after the cut ended with {done.returncode}: {done.stdout}{done.stderr}"]


def not_enrolled_or_works(run):
    not_found = 5
    return status_works(run, (0, not_found))


def nothing_or_kept_its_word(run):
    """Right after a cut on a machine that begins with nothing."""
    if run.status != 0 and not os.path.lexists(f"{run.install}/app/current"):
        return not_enrolled_or_works(run)
    return always_whole(run)


def mailed(run):
    """Right after the cut, without a network; a file of receipts that is there by then goes to the vendor."""
    run.mail = [read_bytes(receipts_file(run))] if os.path.exists(receipts_file(run)) else []
    return always_whole(run) if run.scenario.files == "app/current" else kept_its_word(run)


def is_done(run):
    return flat_is_done(run) if run.scenario.files == "app" else pointed_is_done(run)


def delivered(run):
    """After the recovery, where kip-server was asked: both sides know the same receipts, each once."""
    recorded = run.sweep.stage.backend.recorded(id_of(run))
    with contextlib.closing(open_database(run.install)) as database:
        kept = dict(database.execute("SELECT digest, event_index FROM receipt").fetchall())
    wrong = {digest for digest in {*recorded, *kept} if recorded.get(digest) != kept.get(digest)}
    return is_done(run) + ([f"{len(wrong)} receipts differ between kip-server and the install"] if wrong else [])


def restored(run):
    """After the recovery: one install more, in place of the one whose key is retired."""
    done = run.updater("report")
    faults = [] if done.returncode == 0 else [f"report ended with {done.returncode}: {done.stdout}{done.stderr}"]
    installs = {item["install"]: item for item in run.sweep.stage.backend.ask("installs")["installs"]}
    old, own = run.sweep.stage.id_of("old"), id_of(run)
    if len(installs) != run.sweep.installs + 1:
        faults.append(f"{len(installs)} installs are known, there were {run.sweep.installs}")
    if (installs[old]["standing"], installs[old].get("replaced_by")) != ("retired", own):
        faults.append(f"the install that was replaced: {installs[old]}")
    if installs[own]["standing"] != "active" or installs[own]["disputed"]:
        faults.append(f"the install that took its place: {installs[own]}")
    return faults + delivered(run)


def exported(run):
    """After the recovery: what was mailed makes the vendor know the receipts of the install, each once, and the answer
    settles them."""
    stage, answer = run.sweep.stage, f"{run.sweep.work}/answer.json"
    faults = [f"the network was asked {stage.asked_offline} times"] if stage.asked_offline else []
    name = os.path.basename(receipts_file(run))
    if sorted(os.listdir(f"{run.install}/stick")) != ["forms.kpo", name]:
        faults.append(f"beside the bundle lie {os.listdir(f'{run.install}/stick')}")
    run.mail.append(read_bytes(receipts_file(run)))
    with stage.as_before():
        for number, mail in enumerate(run.mail):
            staging.write(f"{run.sweep.work}/mail-{number}.json", mail)
            stage.run("kip", "receipt", "import", f"{run.sweep.work}/mail-{number}.json", "--out", answer, server=stage.backend)
            done = run.updater("receipts", "acknowledge", answer)
            os.remove(answer)
            if done.returncode != 0:
                faults.append(f"the answer is refused: {done.stdout}{done.stderr}")
        return faults + delivered(run)


def receipts_file(run):
    return f"{run.install}/stick/kip-receipts-{id_of(run)}.json"


def id_of(run):
    return json.loads(run.updater("status").stdout)["install"]


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def pointed_is_done(run):
    """After the recovery, for the layout with a pointer."""
    version, fault = version_in_use(run)
    if fault:
        return [f"after the recovery {fault}"]
    faults = []
    if version != run.scenario.goal:
        faults.append(f"after the recovery {version} is in use")
    said = json.loads(run.updater("status").stdout)
    if said["in_use"]["version"] != version or not said["pointer_as_recorded"]:
        faults.append(f"status says that {said['in_use']['version']} is in use, the pointer says {version}")
    kept = sorted(f"{item['version']}-{item['manifest'][:8]}" for item in said["versions"])
    if sorted(os.listdir(f"{run.install}/app/versions")) != kept:
        faults.append(f"app/versions holds {os.listdir(f'{run.install}/app/versions')}, recorded are {kept}")
    if os.listdir(f"{run.install}/state/staging"):
        faults.append("something is left in state/staging")
    return faults


def flat_is_done(run):
    """After the recovery, for the layout in which files are replaced."""
    version, fault = version_in_use(run)
    if fault:
        return [f"after the recovery {fault}"]
    said = json.loads(run.updater("status").stdout)
    faults = []
    if version != run.scenario.goal or said["in_use"]["version"] != version:
        faults.append(f"after the recovery {version} is in use, status says {said['in_use']['version']}")
    kept = sorted(f"{item['version']}-{item['manifest'][:8]}" for item in said["versions"])
    if sorted(os.listdir(f"{run.install}/state/versions")) != kept:
        faults.append(f"state/versions holds {os.listdir(f'{run.install}/state/versions')}, recorded are {kept}")
    if os.listdir(f"{run.install}/state/staging") or os.path.lexists(f"{run.install}/{run.scenario.files}/{JOURNAL}"):
        faults.append("something is left over")
    return faults


def open_database(install):
    return sqlite3.connect(f"file:{install}/state/updater.sqlite?mode=ro", uri=True)


def read_receipts(install):
    """(faults of the database, its receipts in order as (incarnation, sequence, digest, envelope))."""
    with contextlib.closing(open_database(install)) as database:
        check = database.execute("PRAGMA integrity_check").fetchall()
        rows = database.execute("SELECT incarnation, sequence, digest, envelope FROM receipt ORDER BY rowid").fetchall()
    return [] if check == [("ok",)] else [f"the database is damaged: {check[:2]}"], rows


def receipts_hold(run, before, posted):
    """`before`: those that the install began with; `posted`: what has left the machine since."""
    try:
        faults, rows = read_receipts(run.install)
    except sqlite3.Error as error:
        return [f"the database cannot be read: {error}"]
    chain, previous, states = [envelope for *_, envelope in rows], None, []
    for number, (incarnation, sequence, digest, envelope) in enumerate(rows, 1):
        said = staging.payload_of(envelope)
        if (incarnation, sequence) != (rows[0][0], number) or said["sequence"] != number:
            faults.append(f"receipt {number} of the chain has the sequence {sequence}")
        if hashlib.sha256(envelope).hexdigest() != digest or said.get("previous") != previous:
            faults.append(f"receipt {number} does not follow the one before")
        previous = digest
        if said["version"] == run.scenario.about:
            states.append((said["state"], said.get("detail", "")))
    if chain[: len(before)] != before:
        faults.append("receipts from before the command are lost")
    if lost := [envelope for envelope in posted if envelope not in chain]:
        faults.append(f"{len(lost)} receipts were sent but are not kept as sent")
    if run.mode in FAILING or run.scenario.first:
        # Two cuts during the trial of a version look like one that does not start. And a call that failed may be
        # reported, but the same failure once only.
        failures = [detail for state, detail in states if state == "failed"]
        if len(failures) != len(set(failures)):
            faults.append(f"a failure is reported twice: {failures}")
        states = [item for item in states if item[0] != "failed" and not (item[0] == "held" and may_be_held(run))]
        # A version may be taken back, as on a disk that stays full; then it was asked for again.
        taken_back = [at for at, (state, _) in enumerate(states) if state == "rolled_back"]
        if taken_back and "rolled_back" not in run.scenario.states:
            states = states[taken_back[-1] + 1 :]
    if [state for state, _ in states] != run.scenario.states:
        faults.append(f"reported on {run.scenario.about}: {', '.join(state for state, _ in states)}")
    return faults


def may_be_held(run):
    """Two cuts during the trial of a version look like one that does not start; and what programs may have entered into
    databases since is not thrown away by itself: the install is held for people."""
    return run.scenario.first and run.scenario.databases


def judge(run, before, posted):
    """All faults of one point, with the recovery in between. `posted` still grows."""
    try:
        faults = run.scenario.judge_cut(run)
        for command in run.scenario.recover:
            if command != run.scenario.recover[0] and version_in_use(run)[0] == run.scenario.goal:
                break
            done = run.updater(*run.words(command))
            if may_be_held(run) and json.loads(run.updater("status").stdout).get("held"):
                done = run.updater("resume", "--keep")  # as whoever has looked at it
            if run.scenario.judge_cut in (kept_its_word, goes_together) and version_in_use(run)[1]:
                faults.append(f"after {' '.join(command)} {version_in_use(run)[1]}")
            if done.returncode != 0:
                faults.append(f"the recovery ({' '.join(command)}) ended with {done.returncode}: {done.stdout}{done.stderr}")
        return faults + run.scenario.judge_end(run) + receipts_hold(run, before, posted)
    except subprocess.TimeoutExpired as error:
        return [f"{' '.join(error.cmd[3:])} hangs"]
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        return [f"cannot be judged: {error!r}"]
