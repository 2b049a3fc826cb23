#!/usr/bin/env python3
"""Checks what the compiler cannot: who may include what, that rooms form no circle, and how long files may be.

    cmake/lint-includes.py [--functions] [--root DIR]   exit status 1 and one line per finding: file:line: reason
    cmake/lint-includes.py --self-test                  breaks each rule once in a temporary tree

A module is a top-level folder; a room is a folder directly inside one, such as signing/tuf. --functions adds the length
of functions and needs universal-ctags. The tables come first: a change of the rules is a change of a table.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

# --- The rules ---------------------------------------------------------------------------------------------------------

# module -> the modules it may include, as <module/room/file.hpp>
MODULES = {
    "manifests": {"manifests"},
    "signing": {"manifests", "signing"},
    "server": {"manifests", "signing", "server"},
    "client-updater": {"manifests", "signing", "client-updater"},
}

# Rooms of this name hold programs: nothing outside them includes them.
PROGRAM_ROOMS = {"app", "cli"}

# Headers (a pattern for the whole name) -> places where they may be included. A place is a path prefix, or "*/room" for
# a room of any module, or "*" for everywhere.
THIRD_PARTY = [
    ("SQLite", r"sqlite3(ext)?\.h|SQLiteCpp/.*", ["server/storage/sqlite/", "client-updater/state/", "client-updater/databases/"]),
    ("libpq", r"libpq-fe\.h|libpq/.*", ["server/storage/postgres/"]),
    ("ODBC", r"sql(ext|types|ucode)?\.h|odbcinst\.h", ["client-updater/databases/"]),
    ("cpp-httplib", r"httplib\.h", ["signing/http/"]),
    ("curl", r"curl/.*", ["signing/fetch/"]),
    ("libarchive", r"archive(_entry)?\.h", ["signing/package/"]),
    ("zlib", r"zlib\.h", ["signing/package/"]),
    ("zstd", r"zstd(_errors)?\.h|zdict\.h", ["signing/package/"]),
    ("OpenSSL", r"openssl/.*", ["signing/crypto/", "signing/timestamp/"]),
    ("nlohmann JSON", r"nlohmann/.*", ["manifests/codec/"]),
    ("toml++", r"toml\+\+/.*|toml\.hpp", ["signing/config/"]),
    ("utf8proc", r"utf8proc\.h", ["manifests/core/"]),
    ("date", r"date/.*", ["manifests/deadline/"]),
    ("CLI11", r"CLI/.*", ["*/cli", "*/app"]),
    ("fmt", r"fmt/.*", ["*"]),
]

# Windows will come: what is POSIX or Linux stays in few places. Besides these, files whose name begins with "posix".
POSIX_HEADERS = (
    r"(sys|linux|arpa|netinet|net)/.*|(unistd|fcntl|dirent|termios|poll|signal|pthread|sched|semaphore|spawn|pwd|grp|netdb"
    r"|dlfcn|syslog|glob|fnmatch|ftw|utime|pty|ifaddrs)\.h"
)
POSIX_PLACES = ["client-updater/platform/posix/", "*/app", "signing/storage/posix", "signing/cli/"]

# Standard headers -> (where they are forbidden, why).
LOST_WAKEUPS = "loses wake-ups under mingw's GCC 12: use a mutex and a condition_variable"
PURE = "manifests is pure (no I/O, threads or chance): pass in what it needs"
STANDARD = [
    (r"latch|barrier|semaphore", ["*"], LOST_WAKEUPS),
    (
        r"iostream|fstream|filesystem|thread|mutex|shared_mutex|condition_variable|future|stop_token|atomic|random",
        ["manifests/"],
        PURE,
    ),
]

# Lines at most.
SOURCE_LINES, HEADER_LINES, TEST_LINES, FUNCTION_LINES = 400, 200, 800, 60
# path -> (lines allowed instead, reason). One that is no longer needed is an error.
SIZE_EXCEPTIONS = {}
# path:function -> (lines allowed instead, reason).
FUNCTION_EXCEPTIONS = {}

HEADER_ENDINGS = (".hpp", ".h", ".hh")
SOURCE_ENDINGS = (".cpp", ".cc", ".cxx")

# --- Reading -----------------------------------------------------------------------------------------------------------

# Comments become blanks (their line ends stay); strings are matched so that "a//b" and "/*" are not taken for comments.
COMMENT_OR_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*.*?\*/', re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def code_files(root, folder):
    """Paths relative to root, with '/', of the C++ files under a folder, sorted."""
    found = []
    for at, folders, names in os.walk(os.path.join(root, folder)):
        folders.sort()
        for name in names:
            if name.endswith(HEADER_ENDINGS + SOURCE_ENDINGS):
                found.append(os.path.relpath(os.path.join(at, name), root).replace(os.sep, "/"))
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def includes(text):
    """(line, quote, header) of every include directive outside comments."""

    def blank(match):
        found = match.group()
        return re.sub(r"[^\n]", " ", found) if found.startswith("/") else found

    code = COMMENT_OR_TEXT.sub(blank, text)
    return [(code.count("\n", 0, m.start()) + 1, m.group(1), m.group(2)) for m in INCLUDE.finditer(code)]


def room_of(path):
    """signing/tuf/x.hpp -> signing/tuf; a file directly in a module belongs to the room named as the module."""
    parts = path.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def is_in(path, places):
    for place in places:
        if place == "*" or path.startswith(place):
            return True
        if place.startswith("*/") and room_of(path).partition("/")[2] == place[2:]:
            return True
    return False


# --- Checks ------------------------------------------------------------------------------------------------------------


def check_third_party(path, header):
    for name, pattern, places in THIRD_PARTY:
        if re.fullmatch(pattern, header):
            return None if is_in(path, places) else f"{name} (<{header}>) is included only in {', '.join(places)}"
    if re.fullmatch(POSIX_HEADERS, header):
        if is_in(path, POSIX_PLACES) or os.path.basename(path).startswith("posix"):
            return None
        return f"POSIX header <{header}> belongs in files named posix* or in {', '.join(POSIX_PLACES)}"
    for pattern, places, reason in STANDARD:
        if re.fullmatch(pattern, header) and is_in(path, places):
            return f"<{header}>: {reason}"
    if "/" in header or "." in header:
        return f"<{header}> is in no table of cmake/lint-includes.py: say there where it may be included"
    return None


def check_own(path, header):
    """An include of one of ours: its direction, and that it is not the inside of a program."""
    module, target = path.split("/")[0], header.split("/")[0]
    if target not in MODULES[module]:
        return f"{module} may include only {', '.join(sorted(MODULES[module]))}, not <{header}>"
    room = room_of(header)
    if room != room_of(path) and room.partition("/")[2] in PROGRAM_ROOMS:
        return f"<{header}>: nothing outside {room} includes it"
    return None


def check_module(root, module, edges):
    findings = []
    for path in code_files(root, module):
        for line, quote, header in includes(read(root, path)):
            if quote == '"':
                # Quotes say: private to this folder. Everything else is written in full.
                beside = os.path.join(root, os.path.dirname(path), header)
                private = "/" not in header and os.path.isfile(beside)
                found = None if private else f'"{header}" is not beside this file: write <{module}/...> with the whole path'
            elif header.split("/")[0] in MODULES:
                found = check_own(path, header)
                if not found and room_of(header) != room_of(path):
                    edges.setdefault(room_of(path), {}).setdefault(room_of(header), f"{path}:{line}")
            else:
                found = check_third_party(path, header)
            if found:
                findings.append(f"{path}:{line}: {found}")
    return findings


def path_between(edges, start, goal):
    """The shortest way of rooms from start to goal (start == goal: a circle), or None."""
    queue, seen = [[start]], set()
    while queue:
        way = queue.pop(0)
        for following in sorted(edges.get(way[-1], {})):
            if following == goal:
                return way + [goal]
            if following not in seen:
                seen.add(following)
                queue.append(way + [following])
    return None


def check_circles(edges):
    findings, told = [], set()
    for room in sorted(edges):
        circle = path_between(edges, room, room)
        if circle and not told & set(circle):
            told |= set(circle)
            steps = [f"{a} -> {b} at {edges[a][b]}" for a, b in zip(circle, circle[1:])]
            findings.append(f"{edges[circle[0]][circle[1]]}: rooms include each other in a circle: {'; '.join(steps)}")
    return findings


def check_sizes(root):
    findings, needed = [], set()
    for folder in [*MODULES, "tests"]:
        for path in code_files(root, folder):
            kind = TEST_LINES if folder == "tests" else HEADER_LINES if path.endswith(HEADER_ENDINGS) else SOURCE_LINES
            lines = len(read(root, path).splitlines())
            if lines > kind:
                needed.add(path)
            limit = SIZE_EXCEPTIONS.get(path, (kind,))[0]
            if lines > limit:
                findings.append(f"{path}:{limit + 1}: {lines} lines, at most {limit}: split it by what changes together")
    stale = sorted(set(SIZE_EXCEPTIONS) - needed)
    return findings + [f"{path}:1: needs no size exception any more: remove it from SIZE_EXCEPTIONS" for path in stale]


def check_functions(root):
    files = [path for module in MODULES for path in code_files(root, module)]
    command = ["ctags", "--output-format=json", "--languages=C++", "--c++-kinds=f", "--fields=+ne", "-L", "-", "-f", "-"]
    try:
        listing = subprocess.run(command, cwd=root, input="\n".join(files), capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"lint: the length of functions needs universal-ctags, and running it failed: {error}")
    findings = []
    for tag in map(json.loads, listing.stdout.splitlines()):
        if "end" not in tag:
            continue
        lines = tag["end"] - tag["line"] + 1
        limit = FUNCTION_EXCEPTIONS.get(f"{tag['path']}:{tag['name']}", (FUNCTION_LINES,))[0]
        if lines > limit:
            findings.append(f"{tag['path']}:{tag['line']}: {tag['name']} has {lines} lines, at most {limit}")
    return findings


def lint(root, functions=False):
    edges, findings = {}, []
    for module in MODULES:
        findings += check_module(root, module, edges)
    findings += check_circles(edges)
    findings += check_sizes(root)
    if functions:
        findings += check_functions(root)
    return findings


# --- Self-test ---------------------------------------------------------------------------------------------------------

CLEAN = {
    "manifests/core/a.hpp": "#pragma once\n#include <string>\n// #include <sqlite3.h>\n/*\n#include <zstd.h>\n*/\n",
    "manifests/codec/a.cpp": '#include <nlohmann/json.hpp>\nauto s = "/*";\n#include <manifests/core/a.hpp>\n',
    "signing/storage/posix_files.cpp": "#include <fcntl.h>\n#include <fmt/core.h>\n#include <mutex>\n",
    "manifests/core/a.cpp": '#include "a.hpp"\n',
    "signing/cli/main.cpp": "#include <CLI/CLI.hpp>\n#include <termios.h>\n#include <signing/cli/ask.hpp>\n",
    "server/storage/sqlite/db.cpp": "#include <SQLiteCpp/SQLiteCpp.h>\n#include <signing/crypto/hash.hpp>\n",
    "client-updater/platform/posix/lock.cpp": "#include <sys/file.h>\n#include <client-updater/state/db.hpp>\n",
    "tests/any_test.cpp": '#include "x.hpp"\n#include <sqlite3.h>\n' + "\n" * 790,
}

# what is broken -> (files, the beginning of the line expected, a part of its reason)
BROKEN = {
    "forbidden third-party header": ({"signing/tuf/a.cpp": "\n#include <sqlite3.h>\n"}, "signing/tuf/a.cpp:2:", "SQLite"),
    "prefix is no room": ({"signing/fetcher/a.cpp": "#include <curl/curl.h>\n"}, "signing/fetcher/a.cpp:1:", "curl"),
    "SQLite beside its room": (
        {"server/storage/sql/a.cpp": "#include <SQLiteCpp/SQLiteCpp.h>\n"}, "server/storage/sql/a.cpp:1:", "SQLite"),
    "libpq beside its room": (
        {"server/storage/sql/a.cpp": "#include <libpq-fe.h>\n"}, "server/storage/sql/a.cpp:1:", "libpq"),
    "CLI11 in a library room": ({"signing/tuf/a.cpp": "#include <CLI/CLI.hpp>\n"}, "signing/tuf/a.cpp:1:", "CLI11"),
    "unknown header": ({"server/http/a.cpp": "#include <pqxx/pqxx>\n"}, "server/http/a.cpp:1:", "in no table"),
    "POSIX header": ({"signing/fetch/a.cpp": "#  include <unistd.h>\n"}, "signing/fetch/a.cpp:1:", "POSIX"),
    "lost wake-ups": ({"server/app/a.cpp": "#include <latch>\n"}, "server/app/a.cpp:1:", "wake-ups"),
    "impure manifests": ({"manifests/model/a.cpp": "#include <fstream>\n"}, "manifests/model/a.cpp:1:", "pure"),
    "quotes for what is elsewhere": ({"signing/tuf/a.cpp": '#include "zstd.h"\n'}, "signing/tuf/a.cpp:1:", "<signing/...>"),
    "quotes with a path": (
        {"manifests/model/a.cpp": '#include "../core/a.hpp"\n'}, "manifests/model/a.cpp:1:", "<manifests/...>"),
    "manifests upwards": (
        {"manifests/core/b.hpp": "#include <signing/tuf/x.hpp>\n"}, "manifests/core/b.hpp:1:", "manifests may include"),
    "server and client": (
        {"server/domain/a.cpp": "#include <client-updater/state/x.hpp>\n"}, "server/domain/a.cpp:1:", "server may include"),
    "client and server": (
        {"client-updater/app/a.cpp": "#include <server/domain/x.hpp>\n"}, "client-updater/app/a.cpp:1:", "may include only"),
    "no module": ({"server/http/a.cpp": "#include <kip/server/x.hpp>\n"}, "server/http/a.cpp:1:", "in no table"),
    "inside of a program": (
        {"server/http/a.cpp": "#include <server/app/x.hpp>\n"}, "server/http/a.cpp:1:", "nothing outside server/app"),
    "circle of three rooms": (
        {
            "signing/a/x.hpp": "#include <signing/b/x.hpp>\n",
            "signing/b/x.hpp": "#include <signing/c/x.hpp>\n",
            "signing/c/x.hpp": "#include <signing/a/x.hpp>\n",
        }, "signing/a/x.hpp:1:", "signing/c -> signing/a at signing/c/x.hpp:1"),
    "long source": ({"signing/tuf/a.cpp": "\n" * 401}, "signing/tuf/a.cpp:401:", "401 lines, at most 400"),
    "long header": ({"signing/tuf/a.hpp": "\n" * 201}, "signing/tuf/a.hpp:201:", "201 lines, at most 200"),
    "long test": ({"tests/b_test.cpp": "\n" * 801}, "tests/b_test.cpp:801:", "801 lines, at most 800"),
}


def lint_tree(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return lint(root)


def self_test():
    cases = [("clean tree", lint_tree(CLEAN), lambda found: found == [])]
    for name, (files, start, part) in BROKEN.items():
        right = lambda found, start=start, part=part: len(found) == 1 and found[0].startswith(start) and part in found[0]
        cases.append((name, lint_tree({**CLEAN, **files}), right))
    SIZE_EXCEPTIONS["manifests/core/a.hpp"] = (900, "self-test")
    cases.append(("stale exception", lint_tree(CLEAN), lambda found: len(found) == 1 and "no size exception" in found[0]))
    del SIZE_EXCEPTIONS["manifests/core/a.hpp"]
    failed = [(name, found) for name, found, right in cases if not right(found)]
    for name, found in failed:
        print(f"lint self-test: {name}: unexpected findings {found}", file=sys.stderr)
    print(f"lint self-test: {len(cases) - len(failed)} of {len(cases)} cases as expected")
    return 1 if failed else 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--root", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    arguments.add_argument("--functions", action="store_true", help="check the length of functions too")
    arguments.add_argument("--self-test", action="store_true", help="check that every rule finds what it should")
    options = arguments.parse_args()
    if options.self_test:
        return self_test()
    findings = lint(options.root, options.functions)
    print("\n".join(findings + [f"lint: {len(findings)} findings"] if findings else ["lint: clean"]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
