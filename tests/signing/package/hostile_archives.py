#!/usr/bin/env python3
"""Archives that are made to harm, given to the real program: each is refused, by name, and leaves nothing.

    tests/signing/package/hostile_archives.py BIN [--unlimited] [--only TEXT] [--keep DIR]

BIN holds kip. Each archive is inspected and extracted, with the memory bounded to 300 MB (not with --unlimited, which
sanitizers need) and the time to 60 s. It has to be refused with the exit status and the words that its row names;
afterwards the target does not exist and everything around it is as it was: names, kinds, octets, link targets, modes.
Good packages stand beside them, since a program that refuses everything would pass otherwise. --keep writes the
archives into a folder. The archives are the same in each run.
"""

import argparse
import bz2
import gzip
import io
import lzma
import os
import random
import resource
import stat
import subprocess
import sys
import tempfile
import zipfile

from archive_parts import (
    BLOCK, END, MANIFEST, SKIPPABLE, ZSTD_MAGIC, archive, block, blocks, checksum, entry, extended, frame, header, listed,
    manifest, octal, padded, record, xxh64, zeros,
)  # fmt: skip

MALFORMED, TOO_LARGE, INTEGRITY = 3, 4, 11
ADDRESS_SPACE = 300 << 20
SECONDS = 60

FIRST, SECOND = ("a.txt", b"A"), ("b/c.txt", b"BC")
ROWS = [listed(*FIRST), listed(*SECOND)]
LAST = entry(b"b/c.txt", b"BC")
FILES = entry(b"a.txt", b"A") + LAST
GOOD = archive(ROWS, FILES)


# --- Cases: name -> (octets of the package, exit status, words of the message) -------------------------------------------


def instead(*entries):
    """A package in which other entries stand where "a.txt" should."""
    return frame(archive(ROWS, *entries, LAST))


def described(rows, *entries):
    """A package whose manifest lists just what is in it."""
    return frame(archive(rows, *entries))


WINDOWS = "that Windows does not allow in a file name"
DOTS = 'has a "." or ".." component'
EMPTY_PART = "has an empty component"
CONTROL = "has a control character or a mark that turns the direction of writing"
RESERVED = "is a device name on Windows"
ENDS = "ends in a dot or a blank"

PATHS = {
    "absolute": ("/tmp/kip-evil", "is absolute"), "absolute-twice": ("//server/share", "is absolute"),
    "parent": ("../evil", DOTS), "parent-alone": ("..", DOTS), "parent-inside": ("b/../../evil", DOTS),
    "parent-last": ("b/..", DOTS), "parent-harmless": ("b/../evil", DOTS), "here": ("./a.txt", DOTS),
    "here-inside": ("b/./c.txt", DOTS), "backslash": ("..\\evil", WINDOWS), "backslash-inside": ("b\\c.txt", WINDOWS),
    "unc": ("\\\\server\\share", WINDOWS), "drive": ("C:/evil", WINDOWS), "drive-relative": ("C:evil", WINDOWS),
    "stream": ("a.txt:ads", WINDOWS), "stream-data": ("a.txt::$DATA", WINDOWS), "wildcard": ("a*", WINDOWS),
    "question": ("a?", WINDOWS), "quote": ('a"', WINDOWS), "angle": ("<a>", WINDOWS), "pipe": ("a|b", WINDOWS),
    "con": ("CON", RESERVED), "nul-txt": ("NUL.txt", RESERVED), "com1": ("b/com1", RESERVED), "lpt9": ("LPT9.tar.gz", RESERVED),
    "conin": ("CONIN$", RESERVED), "conout": ("conout$.log", RESERVED), "com-superscript": ("COM\u00b9", RESERVED),
    "lpt-superscript": ("LPT\u00b3.txt", RESERVED), "aux-directory": ("aux/evil", RESERVED), "con-blank": ("CON .txt", RESERVED),
    "dot-last": ("a.txt.", ENDS), "blank-last": ("a.txt ", ENDS), "dots": ("...", ENDS), "dot-directory": ("b./evil", ENDS),
    "blank-directory": ("b /evil", ENDS), "empty": ("", "is empty"), "slash-last": ("a.txt/", EMPTY_PART),
    "slash-twice": ("b//c.txt", EMPTY_PART), "line-end": ("a\nb", CONTROL), "escape": ("\x1b[2J", CONTROL),
    "delete": ("a\x7f", CONTROL), "c1": ("a\u009b31m", CONTROL), "bidi-override": ("a\u202etxt.exe", CONTROL),
    "bidi-isolate": ("a\u2066b", CONTROL), "direction-mark": ("a\u200fb", CONTROL), "line-separator": ("a\u2028b", CONTROL),
    "long-component": ("n" * 256, "more than 255 bytes"), "long-path": ("/".join(["n" * 200] * 6), "longer than 1024 bytes"),
    "deep": ("/".join("d" * 33), "nested too deep"),
}  # fmt: skip

NO_TEXT = {
    "octet": b"a\xff", "overlong-dots": b"\xc0\xae\xc0\xae/evil", "surrogate": b"a\xed\xa0\x80", "cut": b"a\xe2\x82",
    "beyond-unicode": b"a\xf4\x90\x80\x80", "latin-1": "Téves".encode("latin-1"),
}  # fmt: skip


def paths():
    for name, (path, words) in PATHS.items():
        octets = path.encode()
        # Only the archive has it; and, what is worse, manifest and archive agree on it.
        yield f"path-{name}", instead(entry(octets, b"A")), MALFORMED, words
        too_long = len(octets) > 1024
        yield (f"path-{name}-listed", described([listed(path, b"A")], entry(octets, b"A")), TOO_LARGE if too_long else MALFORMED,
               "allowed are 1024" if too_long else words)  # fmt: skip
        yield f"path-{name}-extra", frame(archive(ROWS, FILES, entry(octets, b"A"))), MALFORMED, words
    for name, octets in NO_TEXT.items():
        yield f"path-no-utf8-{name}", instead(entry(octets, b"A")), MALFORMED, "is not UTF-8"
        text = manifest([listed("PATH", b"A")]).replace(b"PATH", octets)
        yield f"path-no-utf8-{name}-listed", frame(archive(text, entry(octets, b"A"))), MALFORMED, "its manifest is not UTF-8"
    removal = manifest(ROWS, removals=[{"path": "../../canary/secret", "reason": "evil"}])
    yield "path-removal", frame(archive(removal, FILES)), MALFORMED, DOTS


KINDS = {
    b"1": "a hard link", b"2": "a symbolic link", b"3": "a character device", b"4": "a block device", b"5": "a directory",
    b"6": "a FIFO", b"7": "a contiguous file", b"g": "a global extended header", b"L": "a long name in GNU's form",
    b"K": "a long link in GNU's form", b"S": "a sparse file", b"M": "a part of a file", b"V": "a volume's label",
    b"D": "a list of a directory", b"N": "a long name in an old form", b"X": "an extended header in an old form",
    b"\0": "an entry in an old form", b"s": "an entry of unknown type", b"A": "an entry of unknown type",
    b"8": "an entry of unknown type", b"\xff": "an entry of unknown type",
}  # fmt: skip


def kinds():
    for kind, words in KINDS.items():
        name = f"kind-{kind[0]:02x}"
        yield name, instead(header(b"a.txt", 0, kind)), MALFORMED, f'{words}, "a.txt"'
        yield f"{name}-extra", frame(archive(ROWS, FILES, header(b"z", 0, kind))), MALFORMED, words
    canary = b"../canary"
    through = [listed("d/secret", b"evil")]
    links = {"relative": canary, "absolute": b"/tmp", "inside": b"b/c.txt", "itself": b"d", "nothing": b""}
    for name, target in links.items():
        evil = header(b"d", 0, b"2", linkname=target) + entry(b"d/secret", b"evil")
        yield f"symlink-{name}-then-file", described(through, evil), MALFORMED, 'a symbolic link, "d"'
    chain = header(b"l1", 0, b"2", linkname=b"l2") + header(b"l2", 0, b"2", linkname=b"..") + entry(b"l1/x", b"evil")
    yield "symlink-chain", described([listed("l1/x", b"evil")], chain), MALFORMED, 'a symbolic link, "l1"'
    replaced = entry(b"d/secret", b"evil") + header(b"d", 0, b"2", linkname=canary)
    yield "symlink-after-file", described(through, replaced), MALFORMED, 'a symbolic link, "d"'
    for name, target in {"out": b"../canary/secret", "in": b"b/c.txt", "chain": b"l2"}.items():
        yield f"hard-link-{name}", instead(header(b"a.txt", 0, b"1", linkname=target)), MALFORMED, "a hard link"
    content = header(b"a.txt", 4, b"1", linkname=b"../canary/secret") + padded(b"evil")
    yield "hard-link-with-content", described([listed("a.txt", b"evil")], content), MALFORMED, "a hard link"
    yield "device-null", instead(header(b"a.txt", 0, b"3", devmajor=octal(1, 8), devminor=octal(3, 8))), MALFORMED, "a character device"
    long_name = header(b"././@LongLink", 8, b"L", magic=b"ustar  \0") + padded(b"../evil\0")
    yield "gnu-long-name", instead(long_name, entry(b"a.txt", b"A")), MALFORMED, "a long name in GNU's form"
    long_link = header(b"././@LongLink", 8, b"K", magic=b"ustar  \0") + padded(b"../evil\0")
    yield "gnu-long-link", instead(long_link, entry(b"a.txt", b"A")), MALFORMED, "a long link in GNU's form"
    manifest_link = header(MANIFEST, 0, b"2", linkname=b"/etc/passwd")
    yield "manifest-is-a-link", frame(manifest_link + FILES + END), MALFORMED, f'a symbolic link, "{MANIFEST.decode()}"'


def extensions():
    after = entry(b"a.txt", b"A")
    refused = {
        "size": b"1", "linkpath": b"../canary/secret", "mtime": b"1", "atime": b"0", "uid": b"0", "gid": b"0", "uname": b"root",
        "gname": b"root", "charset": b"BINARY", "comment": b"hidden", "SCHILY.xattr.user.x": b"1", "SCHILY.acl.access": b"x",
        "SCHILY.fflags": b"x", "LIBARCHIVE.xattr.x": b"MQ", "LIBARCHIVE.symlinktype": b"dir", "GNU.sparse.major": b"1",
        "GNU.sparse.map": b"0,1", "GNU.sparse.name": b"../evil", "RHT.security.selinux": b"x", "": b"x",
    }  # fmt: skip
    for key, value in refused.items():
        words = f'has "{key}" = "{value.decode()}" in an extended header'
        yield f"pax-{key or 'no-key'}", instead(extended((key.encode(), value)), after), MALFORMED, words
    for name, value in {"utf8": b"ISO-IR 10646 2000 UTF-8", "empty": b"", "other": b"ISO-8859-1"}.items():
        yield f"pax-hdrcharset-{name}", instead(extended((b"hdrcharset", value)), after), MALFORMED, 'has "hdrcharset" ='
    binary = (b"hdrcharset", b"BINARY")
    yield "pax-hdrcharset-twice", instead(extended(binary, binary), after), MALFORMED, 'has "hdrcharset" ='
    long_path = b"n" * 120
    both = extended(binary, (b"path", long_path), (b"path", b"../" + long_path))
    yield "pax-path-without-charset", instead(extended((b"path", long_path)), after), MALFORMED, 'has "path" ='
    yield "pax-charset-after-path", instead(extended((b"path", long_path), binary), after), MALFORMED, 'has "path" ='
    yield "pax-path-twice", instead(both, after), MALFORMED, 'has "path" ='
    yield "pax-path-parent", instead(extended(binary, (b"path", b"../" + long_path)), after), MALFORMED, DOTS
    yield "pax-path-nul", instead(extended(binary, (b"path", b"a.txt\0" + long_path)), after), MALFORMED, CONTROL
    yield "pax-path-needless", instead(extended(binary, (b"path", b"a.txt")), entry(b"z", b"A")), MALFORMED, "where none is needed"
    yield "pax-path-empty", instead(extended(binary, (b"path", b"")), after), MALFORMED, "where none is needed"
    yield "pax-nul-in-key", instead(extended((b"path\0", long_path)), after), MALFORMED, 'has "path\\u{0}" ='
    damaged = {
        "no-length": b"path=x\n", "length-zero": b"0 path=x\n", "length-short": b"5 path=x\n", "length-long": b"99 path=x\n",
        "length-huge": b"99999999999999999999 path=x\n", "length-negative": b"-9 path=x\n", "length-padded": b"010 path=x\n",
        "no-equals": b"8 path!\n", "no-end": b"9 path=xx", "only-length": b"4 \n\n", "nuls": bytes(16),
    }  # fmt: skip
    for name, octets in damaged.items():
        yield f"pax-damaged-{name}", instead(extended(octets), after), MALFORMED, "an extended header that is damaged"
    yield "pax-two", instead(extended(binary), extended(binary), after), MALFORMED, "two extended headers for one entry"
    yield "pax-alone", frame(archive(ROWS, FILES, extended(binary))), MALFORMED, "an extended header without an entry"
    yield "pax-before-link", instead(extended(binary), header(b"a.txt", 0, b"2", linkname=b"..")), MALFORMED, "a symbolic link"
    large = header(b"x", 1 << 20, b"x") + bytes(1 << 20)
    yield "pax-large", instead(large, after), TOO_LARGE, "an extended header of 1048576 bytes"
    glob = header(b"g", 0, b"g")
    yield "pax-global-first", frame(glob + GOOD), MALFORMED, "a global extended header"
    content = bytes(1024) + b"A"
    sparse = [listed("a.txt", content)]
    old = header(b"a.txt", 1, b"S", magic=b"ustar  \0") + padded(b"A")
    yield "sparse-gnu", described(sparse, old), MALFORMED, "a sparse file"
    new = extended((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.realsize", b"1025"))
    yield "sparse-pax", described(sparse, new, entry(b"a.txt", b"A")), MALFORMED, "GNU.sparse.major"


def fields():
    numbers = {
        "size-base-256": ({"size": b"\x80" + bytes(10) + b"\x01"}, "a size in base 256"),
        "size-negative-base-256": ({"size": b"\xff" * 12}, "a size in base 256"),
        "size-negative": ({"size": b"-0000000001\0"}, "a size that is no octal number"),
        "size-decimal": ({"size": b"00000000009\0"}, "a size that is no octal number"),
        "size-blank-first": ({"size": b"          1\0"}, "a size that is no octal number"),
        "size-none": ({"size": bytes(12)}, "a size that is no octal number"),
        "size-nul-inside": ({"size": b"1\x000000000001"}, "a size that is no octal number"),
        "mode-base-256": ({"mode": b"\x80" + bytes(6) + b"\x01"}, "a mode that is no octal number"),
        "mode-none": ({"mode": bytes(8)}, "a mode that is no octal number"),
        "owner": ({"uid": octal(1000, 8)}, "an owner"), "owner-base-256": ({"uid": b"\x80" + bytes(7)}, "an owner"),
        "owner-nul-inside": ({"uid": b"00\x0000000"}, "an owner"),
        "group": ({"gid": octal(1000, 8)}, "a group"), "time": ({"mtime": octal(1, 12)}, "a time"),
        "time-negative": ({"mtime": b"\xff" * 12}, "a time"), "owner-name": ({"uname": b"root"}, "the name of an owner"),
        "group-name": ({"gname": b"root"}, "the name of a group"), "device": ({"devmajor": octal(8, 8)}, "the number of a device"),
        "device-minor": ({"devminor": octal(1, 8)}, "the number of a device"),
        "link-target": ({"linkname": b"../canary/secret"}, "the target of a link"),
        "hidden-behind-header": ({"tail": b"hidden"}, "hidden octets behind its header"),
        "hidden-behind-prefix": ({"prefix": b"\0hidden"}, "hidden octets behind its name"),
    }  # fmt: skip
    for name, (changed, words) in numbers.items():
        evil = header(b"a.txt", 1, **changed) + padded(b"A")
        yield f"field-{name}", instead(evil), MALFORMED, f'gives "a.txt" {words}'
    hidden = header(b"a.txt\0/../../evil", 1) + padded(b"A")
    yield "field-hidden-behind-name", instead(hidden), MALFORMED, "hidden octets behind its name"
    prefix = header(b"evil", 1, prefix=b"../..") + padded(b"A")
    yield "field-prefix-parent", instead(prefix), MALFORMED, DOTS
    dirty = header(b"a.txt", 1) + b"A" + bytes(510) + b"x"
    yield "padding-hidden", instead(dirty), MALFORMED, "hides octets in the padding"
    for mode in (0o4644, 0o2644, 0o1644, 0o666, 0o777, 0o755, 0o600, 0, 0o7777777):
        evil = header(b"a.txt", 1, mode=octal(mode, 8)) + padded(b"A")
        yield f"mode-{mode:o}", instead(evil), INTEGRITY, f"has the mode {mode:04o}, it must have 0644"
    setuid = header(b"a.txt", 1, mode=octal(0o4755, 8)) + padded(b"A")
    yield "mode-setuid-of-program", described([listed("a.txt", b"A", mode="0755")], setuid), INTEGRITY, "it must have 0755"
    loose = header(MANIFEST, len(manifest(ROWS)), mode=octal(0o666, 8)) + padded(manifest(ROWS))
    yield "mode-of-manifest", frame(loose + FILES + END), INTEGRITY, "has the mode 0666"
    gnu = header(b"a.txt", 1, magic=b"ustar  \0") + padded(b"A")
    yield "dialect-gnu", instead(gnu), MALFORMED, "another dialect of tar than POSIX ustar"
    yield "dialect-v7", instead(header(b"a.txt", 1, magic=bytes(8)) + padded(b"A")), MALFORMED, "another dialect of tar"
    yield "dialect-star", instead(header(b"a.txt", 1, tail=b"\0\0\0\0\0\0\0\0tar\0") + padded(b"A")), MALFORMED, "hidden octets"
    for name, value in {"zero": b"000000\0 ", "none": bytes(8), "off-by-one": None}.items():
        right = header(b"a.txt", 1)
        value = value or b"%06o\0 " % (int(right[148:154], 8) + 1)
        yield f"header-checksum-{name}", instead(header(b"a.txt", 1, chksum=value) + padded(b"A")), MALFORMED, "wrong checksum"


def lists():
    a, z = entry(b"a.txt", b"A"), entry(b"z.txt", b"Z")
    yield "list-nothing", frame(archive(ROWS)), MALFORMED, '"a.txt" is missing'
    yield "list-first-missing", frame(archive(ROWS, LAST)), MALFORMED, '"a.txt" is missing'
    yield "list-last-missing", frame(archive(ROWS, a)), MALFORMED, '"b/c.txt" is missing'
    yield "list-order", frame(archive(ROWS, LAST, a)), MALFORMED, "out of order"
    yield "list-twice", frame(archive(ROWS, a, a, LAST)), MALFORMED, '"a.txt" that is there twice'
    yield "list-twice-at-the-end", frame(archive(ROWS, FILES, a)), MALFORMED, 'one more entry, "a.txt"'
    yield "list-extra", frame(archive(ROWS, FILES, z)), MALFORMED, 'one more entry, "z.txt"'
    yield "list-extra-inside", frame(archive(ROWS, a, entry(b"aa", b"x"), LAST)), MALFORMED, '"aa" that its manifest does not list'
    yield "list-extra-case", frame(archive(ROWS, FILES, entry(b"A.TXT", b"x"))), MALFORMED, 'one more entry, "A.TXT"'
    yield "list-other-case", instead(entry(b"A.TXT", b"A")), MALFORMED, '"A.TXT" that its manifest does not list'
    yield "list-thousands", frame(archive(ROWS, FILES, header(b"z") * 20_000), check=b"none"), MALFORMED, "one more entry"
    yield "list-manifest-again", instead(entry(MANIFEST, b"{}")), MALFORMED, "there twice or out of order"
    yield "list-manifest-at-the-end", frame(archive(ROWS, FILES, entry(MANIFEST, b"{}"))), MALFORMED, "one more entry"
    yield "content-other", instead(entry(b"a.txt", b"B")), INTEGRITY, 'the content of "a.txt" is not what its manifest says'
    yield "content-longer", instead(entry(b"a.txt", b"AA")), INTEGRITY, '"a.txt" has 2 bytes, its manifest says 1'
    yield "content-shorter", instead(entry(b"a.txt", b"")), INTEGRITY, '"a.txt" has 0 bytes, its manifest says 1'
    huge = header(b"a.txt", 0o77777777777) + padded(b"A")
    yield "content-huge", instead(huge), INTEGRITY, '"a.txt" has 8589934591 bytes'
    cut = archive([listed("a.txt", bytes(4096))], header(b"a.txt", 4096), bytes(1024), end=b"")
    yield "content-cut", frame(cut), MALFORMED, "ends early, within a file"
    collisions = {
        "duplicate": (["a", "a"], "there twice"), "case": (["A.txt", "a.txt"], "are one name on systems"),
        "case-directory": (["B/x", "b/y"], "are one name on systems"), "case-folded": (["STRASSE", "stra\u00dfe"], "one name"),
        "case-turkish": (["K", "\u212a"], "one name"), "normal-forms": (["Te\u0301ves", "T\u00e9ves"], "one name"),
        "normal-forms-directory": (["e\u0301/x", "\u00e9/y"], "one name"),
        "normal-forms-vietnamese": (["ta\u0323\u0302p", "t\u1ead" + "p"], "one name"),
        "file-and-directory": (["a", "a/b"], "would be a file and a directory"),
        "file-and-directory-case": (["A", "a/b"], "would be a file and a directory"),
        "own-folder": (["kip/evil"], "is kept for the package itself"), "own-folder-case": (["KIP/evil"], "is kept for"),
        "order": (["b", "a"], "there twice or out of order"),
    }  # fmt: skip
    for name, (names, words) in collisions.items():
        rows = [listed(path, b"x") for path in names]
        entries = [entry(path.encode(), b"x") for path in names]
        yield f"collision-{name}", described(rows, *entries), MALFORMED, words


def manifests():
    def text(value):
        return frame(archive(value, FILES))

    whole = manifest(ROWS)
    yield "manifest-missing", frame(FILES + END), MALFORMED, "its first entry is not kip/manifest.json"
    yield "manifest-second", frame(FILES + entry(MANIFEST, whole) + END), MALFORMED, "its first entry is not kip/manifest.json"
    yield "manifest-twice", frame(entry(MANIFEST, whole) * 2 + FILES + END), MALFORMED, "there twice"
    yield "manifest-other-case", frame(entry(b"kip/MANIFEST.json", whole) + FILES + END), MALFORMED, "first entry is not"
    yield "manifest-empty", text(b""), MALFORMED, "JSON"
    yield "manifest-no-json", text(b"<xml/>"), MALFORMED, "JSON"
    yield "manifest-array", text(b"[]"), MALFORMED, "object"
    yield "manifest-deep", text(b"[" * 100_000), TOO_LARGE, "nested"
    yield "manifest-cut", text(whole[:-1]), MALFORMED, "JSON"
    yield "manifest-duplicate-key", text(whole[:-1] + b',"version":"1"}'), MALFORMED, "version"
    yield "manifest-not-canonical", text(whole + b"\n"), MALFORMED, "canonical"
    yield "manifest-float", text(whole.replace(b'"size":1,', b'"size":1.0,').replace(b'"size":1}', b'"size":1.0}')), MALFORMED, "1.0 is not an integer"
    yield "manifest-unknown-member", text(manifest(ROWS, evil=1)), MALFORMED, "evil"
    yield "manifest-other-format", text(manifest(ROWS, format="kip.package/2")), MALFORMED, "kip.package"
    yield "manifest-mode", text(manifest([listed(*FIRST, mode="0777"), ROWS[1]])), MALFORMED, "mode"
    yield "manifest-setuid", text(manifest([listed(*FIRST, mode="4755"), ROWS[1]])), MALFORMED, "mode"
    yield "manifest-kind", text(manifest([listed(*FIRST, kind="symlink"), ROWS[1]])), MALFORMED, "kind"
    yield "manifest-size-negative", text(manifest([listed(*FIRST, size=-1), ROWS[1]])), MALFORMED, "size"
    yield "manifest-size-huge", text(manifest([listed(*FIRST, size=1 << 62), ROWS[1]])), MALFORMED, "size"
    yield "manifest-hash", text(manifest([listed(*FIRST, sha256="0"), ROWS[1]])), MALFORMED, "sha256"
    five = [listed(str(at), size=4 << 30) for at in range(5)]
    yield "manifest-total", text(manifest(five)), TOO_LARGE, "more than 16 GiB in all"
    yield "manifest-acts", text(manifest(ROWS, acts=[f"A:{at:05}:2025" for at in range(1001)])), TOO_LARGE, "acts"
    note = manifest(ROWS, notes={"en": "n" * 20_000})
    yield "manifest-note", text(note), TOO_LARGE, "longer than 16 KiB"
    large = header(MANIFEST, (8 << 20) + 1) + bytes(1 << 20)
    yield "manifest-large", frame(large, check=b"none"), TOO_LARGE, "its manifest has more than 8 MiB"
    many = [listed(f"{at:05x}", b"") for at in range(50_000)] + [listed("zz/..", b"")]
    yield "manifest-many-files", frame(b"", body=blocks(archive(many), False), check=b""), MALFORMED, DOTS
    values = b"[" + b"1," * 1_000_001 + b"1]"
    yield "manifest-many-values", frame(b"", body=blocks(archive(values), False), check=b""), TOO_LARGE, "values"


def zip_of(name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def containers():
    whole = frame(GOOD)
    yield "file-empty", b"", MALFORMED, "it is empty"
    yield "file-one-octet", b"\x28", MALFORMED, "ends early"
    yield "file-text", b"hello, world\n" * 100, MALFORMED, "it is no Zstandard frame"
    yield "file-noise", random.Random(1).randbytes(4096), MALFORMED, "it is no Zstandard frame"
    yield "file-zip", zip_of("../evil", b"evil"), MALFORMED, "it is a ZIP archive"
    yield "file-7z", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24), MALFORMED, "it is a 7z archive"
    yield "file-cpio", b"070701" + b"0" * 104 + b"TRAILER!!!\0", MALFORMED, "it is a cpio archive"
    yield "file-tar", GOOD, MALFORMED, "it is a tar archive without compression"
    yield "file-tar-gz", gzip.compress(GOOD, mtime=0), MALFORMED, "it is a gzip file"
    yield "file-tar-bz2", bz2.compress(GOOD), MALFORMED, "it is a bzip2 file"
    yield "file-tar-xz", lzma.compress(GOOD), MALFORMED, "it is an xz file"
    yield "frame-no-tar", frame(zip_of("a", b"A" * 1000)), MALFORMED, "its archive is no tar archive"
    yield "frame-nothing", frame(b""), MALFORMED, "its archive ends early"
    yield "frame-zeros", frame(END), MALFORMED, "its first entry is not kip/manifest.json"
    for name, size in {"header": 5, "block-header": 8, "manifest": 900, "file": len(whole) - 2000, "checksum": len(whole) - 1}.items():
        yield f"frame-cut-in-{name}", whole[:size], MALFORMED, "it ends early"
    yield "frame-checksum-wrong", whole[:-1] + bytes([whole[-1] ^ 1]), MALFORMED, "the checksum of its Zstandard frame is wrong"
    yield "frame-checksum-none", frame(GOOD, descriptor=0, check=b""), MALFORMED, "its frame has no checksum"
    yield "frame-dictionary", ZSTD_MAGIC + b"\x05\x50\x07" + blocks(GOOD) + checksum(GOOD), MALFORMED, "needs a dictionary"
    yield "frame-reserved-bit", frame(GOOD, descriptor=0x0C), MALFORMED, "cannot be decoded"
    yield "frame-reserved-block", frame(GOOD, body=block(GOOD, True, 3)), MALFORMED, "cannot be decoded"
    yield "frame-damaged-block", frame(GOOD, body=block(GOOD, True, 2)), MALFORMED, "cannot be decoded"
    yield "frame-size-wrong", ZSTD_MAGIC + b"\xc4\x50" + (1 << 20).to_bytes(8, "little") + blocks(GOOD) + checksum(GOOD), MALFORMED, "cannot be decoded"
    yield "frame-twice", whole + whole, MALFORMED, "something follows after its end"
    yield "frame-then-empty-frame", whole + frame(b""), MALFORMED, "something follows after its end"
    yield "frame-then-skippable", whole + SKIPPABLE, MALFORMED, "something follows after its end"
    yield "frame-then-garbage", whole + b"\0", MALFORMED, "something follows after its end"
    yield "frame-after-skippable", SKIPPABLE + whole, MALFORMED, "it is a skippable Zstandard frame"
    yield "frame-split", frame(GOOD[:1024]) + frame(GOOD[1024:]), MALFORMED, "something follows after its end"
    yield "frame-old", b"\x27\xb5\x2f\xfd" + whole[4:], MALFORMED, "it is no Zstandard frame"
    follows = "something follows after the end of its archive"
    yield "archive-then-garbage", frame(GOOD + b"x" * BLOCK), MALFORMED, follows
    yield "archive-then-padding", frame(GOOD + bytes(BLOCK * 18)), MALFORMED, follows
    yield "archive-twice", frame(GOOD + GOOD), MALFORMED, follows
    yield "archive-half-end-then-file", frame(archive(ROWS, FILES, bytes(BLOCK), entry(b"z", b"x"))), MALFORMED, follows
    yield "archive-no-end", frame(archive(ROWS, FILES, end=b"")), MALFORMED, "its archive ends early"
    yield "archive-half-end", frame(archive(ROWS, FILES, end=bytes(BLOCK))), MALFORMED, "its archive ends early"
    yield "archive-cut-in-header", frame(GOOD[: -1024 - 1024 + 100]), MALFORMED, "its archive ends early"


def bombs():
    for window_log in (26, 28, 31, 41):
        yield f"bomb-window-{window_log}", frame(GOOD, window_log), TOO_LARGE, "asks for a window of more than 32 MiB"
    told = len(GOOD).to_bytes(4, "little")  # the whole frame can be decoded at once, without a window
    yield "bomb-window-of-a-small-frame", ZSTD_MAGIC + b"\x84\x80" + told + blocks(GOOD) + checksum(GOOD), TOO_LARGE, "asks for a window of more than 32 MiB"
    size = (1 << 40).to_bytes(8, "little")
    yield "bomb-single-segment", ZSTD_MAGIC + b"\xe4" + size + blocks(GOOD) + checksum(GOOD), TOO_LARGE, "asks for a window"
    more = "it unpacks to more than it may"
    start = archive([listed("a.txt", size=4 << 30, sha256="0" * 64)], header(b"a.txt", 4 << 30), end=b"")
    body = blocks(start, False) + zeros(1 << 15) + block(b"", True)
    yield "bomb-in-a-file", frame(start, body=body, check=b"none"), TOO_LARGE, more
    body = blocks(GOOD, False) + zeros(1 << 15) + block(b"", True)
    yield "bomb-after-the-archive", frame(GOOD, body=body, check=b"none"), MALFORMED, "follows after the end of its archive"
    start = header(MANIFEST, 8 << 20)
    yield "bomb-as-manifest", frame(start, body=blocks(start, False) + zeros(1 << 12), check=b"none"), MALFORMED, "JSON"
    yield "bomb-before-the-manifest", frame(b"", body=zeros(1 << 15), check=b"none"), MALFORMED, "follows after the end of its archive"
    start = archive(ROWS, header(b"a.txt", 1), b"A", end=b"")
    yield "bomb-as-padding", frame(start, body=blocks(start, False) + zeros(1 << 15), check=b"none"), MALFORMED, "follows after the end of its archive"
    start = archive(ROWS, header(b"x", 0o77777777777, b"x"), end=b"")
    yield "bomb-as-extended-header", frame(start, body=blocks(start, False) + zeros(1 << 15), check=b"none"), TOO_LARGE, "an extended header of 8589934591 bytes"
    empty = block(b"", False) * 500_000
    yield "bomb-empty-blocks", frame(GOOD, body=empty + blocks(GOOD), check=b"none"), MALFORMED, "the checksum of its Zstandard frame is wrong"


GROUPS = (paths, kinds, extensions, fields, lists, manifests, containers, bombs)

# What must go on working: name -> {path: (content, whether it can be executed)}.
GOODS = {
    "plain": {"a.txt": (b"A", False), "b/c.txt": (b"BC", True)},
    "nothing": {},
    "empty-file": {"empty.txt": (b"", False)},
    "deep": {"/".join("d" * 32): (b"deep", False)},
    "long-path": {"/".join(["n" * 255] * 4)[:1024]: (b"long", False)},
    "vietnamese": {"Báo cáo/Tài chính/Tập hợp.xml": ("Mẫu mới".encode(), False), "ta\u0323\u0302p.txt": (b"decomposed", False)},
    "almost-reserved": {"COM10": (b"x", False), "CONSOLE": (b"x", False), "a.b.c": (b"x", False), "nul_": (b"x", False)},
    "block-sizes": {f"{size}": (bytes(size), False) for size in sorted((0, 1, 511, 512, 513, 131072, 131073), key=str)},
}


# --- Running -------------------------------------------------------------------------------------------------------------


def snapshot(folder):
    """Path -> kind, mode, and octets or link target, of everything below."""
    found = {}
    for parent, directories, files in os.walk(folder):
        for name in directories + files:
            path = os.path.join(parent, name)
            status = os.lstat(path)
            content = None
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
            found[os.path.relpath(path, folder)] = (status.st_mode, content)
    return found


def bound_memory():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


class Ground:
    """A folder with a package in it and with what an attacker would like to reach."""

    def __init__(self, kip, folder, unlimited):
        self.kip, self.folder, self.bound = kip, folder, None if unlimited else bound_memory
        os.makedirs(os.path.join(folder, "canary", "inside"))
        for name in ("canary/secret", "canary/inside/x", "evil-not", "secret"):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(f"the octets of {name}")
        os.symlink("canary/secret", os.path.join(folder, "link"))
        os.symlink("nowhere", os.path.join(folder, "dangling"))

    def put(self, octets):
        with open(os.path.join(self.folder, "x.kpk"), "wb") as file:
            file.write(octets)

    def run(self, *arguments):
        """Exit status and what was said on standard error."""
        command = [self.kip, "package", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, timeout=SECONDS, preexec_fn=self.bound, check=False)
        return done.returncode, done.stderr.decode("utf-8", "replace")


def refusals(ground, octets, status, words):
    """What is wrong with how one archive is refused."""
    ground.put(octets)
    before = snapshot(ground.folder)
    for arguments in (("inspect", "x.kpk"), ("extract", "x.kpk", "--to", "made")):
        got, said = ground.run(*arguments)
        if got != status:
            yield f"{arguments[0]}: status {got} instead of {status}: {said}"
        if words not in said:
            yield f"{arguments[0]}: no {words!r} in: {said}"
        if not said.startswith("error: ") or said.count("\n") != 1 or any(ord(c) < 32 for c in said[:-1]):
            yield f"{arguments[0]}: not one printable line: {said!r}"
        if snapshot(ground.folder) != before:
            yield f"{arguments[0]}: changed {set(before) ^ set(snapshot(ground.folder)) or 'a file'}"


def acceptances(ground, contents):
    rows = [listed(path, content, mode="0755" if run else "0644") for path, (content, run) in contents.items()]
    entries = [
        entry(path.encode(), content, mode=octal(0o755 if run else 0o644, 8)) for path, (content, run) in contents.items()
    ]
    ground.put(frame(archive(rows, *entries), window_log=25))
    for arguments in (("inspect", "x.kpk"), ("extract", "x.kpk", "--to", "good")):
        got, said = ground.run(*arguments)
        if got != 0 or said:
            yield f"{arguments[0]}: status {got}: {said}"
            return
    made = snapshot(os.path.join(ground.folder, "good"))
    files = {path: found for path, found in made.items() if not stat.S_ISDIR(found[0])}
    wanted = {path: (stat.S_IFREG | (0o755 if run else 0o644), content) for path, (content, run) in contents.items()}
    if files != wanted:
        yield f"extracted {files}"
    subprocess.run(["rm", "-rf", os.path.join(ground.folder, "good")], check=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("bin")
    options.add_argument("--unlimited", action="store_true")
    options.add_argument("--only", default="")
    options.add_argument("--keep")
    given = options.parse_args()
    assert xxh64(b"") == 0xEF46DB3751D8E999 and xxh64(b"abc") == 0x44BC2CF5AD770999  # xxHash specification
    cases = [case for group in GROUPS for case in group() if given.only in case[0]]
    if len({case[0] for case in cases}) != len(cases):
        sys.exit("hostile_archives: two cases have one name")
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="kip-hostile.") as folder:
        ground = Ground(os.path.join(os.path.abspath(given.bin), "kip"), folder, given.unlimited)
        checks = [(name, octets, refusals(ground, octets, status, words)) for name, octets, status, words in cases]
        checks += [(name, b"", acceptances(ground, contents)) for name, contents in GOODS.items() if given.only in name]
        for name, octets, faults in checks:
            for fault in faults:
                wrong += 1
                print(f"{name}: {fault}")
            if given.keep and octets:
                os.makedirs(given.keep, exist_ok=True)
                with open(os.path.join(given.keep, f"{name}.kpk"), "wb") as file:
                    file.write(octets)
    print(f"{len(checks)} archives, {wrong} faults")
    sys.exit(1 if wrong or not checks else 0)


if __name__ == "__main__":
    main()
