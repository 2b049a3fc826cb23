#!/usr/bin/env python3
"""Checks docs/traceability.md: every test that it names exists in tests/, and every row names one.

A test is written as `Suite.Name`, or as `e2e:NAME` for a CTest test that is no GoogleTest.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MACRO = re.compile(r"\b(?:TEST|TEST_F|TEST_P|TYPED_TEST|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\(\s*(\w+)\s*,\s*(\w+)")


def tests_in_tree():
    found = set()
    for path in (ROOT / "tests").rglob("*.cpp"):
        found |= {f"{suite}.{name}" for suite, name in MACRO.findall(path.read_text(encoding="utf-8"))}
    registered = (ROOT / "tests" / "CMakeLists.txt").read_text(encoding="utf-8")
    return found | {f"e2e:{name}" for name in re.findall(r"add_test\(\s*NAME\s+([\w.]+)", registered)}


def main():
    known = tests_in_tree()
    faults = []
    for number, line in enumerate((ROOT / "docs" / "traceability.md").read_text(encoding="utf-8").splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or set(cells[0]) <= {"-", " "} or cells[-1] == "test":
            continue
        named = re.findall(r"`([^`]+)`", cells[-1])
        if not named:
            faults.append(f"docs/traceability.md:{number}: names no test")
        faults += [f"docs/traceability.md:{number}: there is no test {name}" for name in named if name not in known]
    print("\n".join(faults) if faults else "traceability: every row has its tests")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
