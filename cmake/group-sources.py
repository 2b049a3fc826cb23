#!/usr/bin/env python3
"""Which source files are compiled together: group-sources.py SIZE FILE...

Prints each one's group, in the given order, a line each. A group has at most SIZE files, all of one folder, and no name
that two of them declare in their anonymous namespaces; so what a file calls its own stays its own.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ANONYMOUS = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
TYPE = re.compile(r"^(?:struct|class|enum class|enum|union) (\w+)|^using (\w+) =", re.MULTILINE)
# Of a line that begins at the margin, as clang-format lays out every declaration: the name before its parameters or value.
OTHER = re.compile(r"^(?!struct|class|enum|using|union|template|[A-Z_]+\(|//|#|\})[^\s(={;\[][^(={;\[\n]*?(\w+) ?[(={;\[]", re.MULTILINE)


def own_names(path):
    with open(path, encoding="utf-8") as file:
        parts = ANONYMOUS.findall(file.read())
    return {match[match.lastindex] for part in parts for pattern in (TYPE, OTHER) for match in pattern.finditer(part)}


def grouped(size, paths):
    """The groups' names, in the order of paths: the first group of its folder with room and without its names."""
    folders = {}
    out = []
    for path in paths:
        folder = os.path.relpath(os.path.dirname(os.path.abspath(path)), ROOT)
        names = own_names(path)
        groups = folders.setdefault(folder, [])
        place = next((i for i, (count, taken) in enumerate(groups) if count < size and not names & taken), len(groups))
        if place == len(groups):
            groups.append((0, set()))
        count, taken = groups[place]
        groups[place] = (count + 1, taken | names)
        out.append(f"{re.sub('[^A-Za-z0-9]', '_', folder)}_{place}")
    return out


def main():
    print("\n".join(grouped(int(sys.argv[1]), sys.argv[2:])))


if __name__ == "__main__":
    main()
