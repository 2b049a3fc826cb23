"""The customer's databases of tests/fault/sweep.py: a ledger with a write-ahead log and a stock with a rollback journal,
below data/ in the install, and a release that brings migrations for both."""

import contextlib
import os
import shutil
import sqlite3
import tempfile

KINDS = {"ledger": "wal", "stock": "delete"}  # and how each keeps its journal
ROWS = 400

SCRIPTS = {
    "ledger": [
        "ALTER TABLE entry ADD COLUMN vat TEXT;\nUPDATE entry SET vat = CASE id % 3 WHEN 0 THEN '8%' ELSE '10%' END;",
        """CREATE TABLE posting (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, vat TEXT NOT NULL);
           INSERT INTO posting SELECT id, amount, vat FROM entry;
           DROP TABLE entry;
           CREATE INDEX posting_by_vat ON posting (vat);""",
    ],
    "stock": ["UPDATE item SET name = upper(name);\nCREATE TABLE lot (item INTEGER REFERENCES item (id), number TEXT);"],
}
CREATE = {
    "ledger": "CREATE TABLE entry (id INTEGER PRIMARY KEY, amount INTEGER); "
    f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO entry SELECT i, i * 7 FROM n",
    "stock": "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT); "
    f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO item SELECT i, 'item ' || i FROM n",
}


def file_of(install, kind):
    return f"{install}/data/{kind}.sqlite"


def create(install):
    os.makedirs(f"{install}/data", exist_ok=True)
    for kind, mode in KINDS.items():
        with contextlib.closing(sqlite3.connect(file_of(install, kind))) as database:
            database.execute(f"PRAGMA journal_mode = {mode}")
            database.executescript(CREATE[kind])
            database.commit()


def scripts():
    """Path in the package -> text."""
    return {f"sql/{kind}/{number}.sql": text for kind, texts in SCRIPTS.items() for number, text in enumerate(texts, 1)}


def migrations():
    """As the description of a package names them."""
    return [
        {"database": kind, "number": number, "file": f"sql/{kind}/{number}.sql"}
        for kind, texts in SCRIPTS.items()
        for number in range(1, len(texts) + 1)
    ]


def relocate(install):
    """An install that was copied holds the paths of where it was made."""
    if not os.path.isdir(f"{install}/data"):
        return
    with contextlib.closing(sqlite3.connect(f"{install}/state/updater.sqlite")) as database:
        for kind in KINDS:
            database.execute("UPDATE customer_database SET location = ? WHERE kind = ?", (file_of(install, kind), kind))
        database.commit()


def dump(path):
    """All that a database holds, but for what is recorded of migrations. The file itself is not touched: a look at it
    would already finish or undo what a cut has left."""
    with tempfile.TemporaryDirectory(prefix="kip-look.") as folder:
        for ending in ("", "-journal", "-wal"):
            if os.path.exists(path + ending):
                shutil.copyfile(path + ending, f"{folder}/copy{ending}")
        with contextlib.closing(sqlite3.connect(f"{folder}/copy")) as database:
            if (check := database.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                return f"damaged: {check}"
            return [line for line in database.iterdump() if "kip_migration" not in line]


class Expected:
    """What both databases hold before and after the migrations."""

    def __init__(self, old_version, new_version):
        with tempfile.TemporaryDirectory(prefix="kip-expected.") as folder:
            create(folder)
            self.by_version = {old_version: self.dumps(folder)}
            for kind, texts in SCRIPTS.items():
                with contextlib.closing(sqlite3.connect(file_of(folder, kind))) as database:
                    for text in texts:
                        database.executescript(text)
            self.by_version[new_version] = self.dumps(folder)

    @staticmethod
    def dumps(install):
        return {kind: dump(file_of(install, kind)) for kind in KINDS}

    def version(self, install):
        """(version, nothing), or (nothing, what is wrong)."""
        found = self.dumps(install)
        for version, dumps in self.by_version.items():
            if found == dumps:
                return version, None
        which = {kind: [v for v, dumps in self.by_version.items() if dumps[kind] == found[kind]] for kind in KINDS}
        return None, "of the databases " + ", ".join(f"{kind} is {(at or ['neither'])[0]}" for kind, at in which.items())
