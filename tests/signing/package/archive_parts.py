"""Parts of packages, made octet by octet, also such as no writer would make: tar headers, Zstandard frames, manifests."""

import hashlib
import json
import struct

BLOCK = 512
MANIFEST = b"kip/manifest.json"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE = b"\x50\x2a\x4d\x18" + struct.pack("<I", 4) + b"skip"
MASK = (1 << 64) - 1


# --- Tar: POSIX.1-2017, pax, "ustar Interchange Format" ------------------------------------------------------------------


def octal(number, width):
    return b"%0*o\0" % (width - 1, number)


def padded(content):
    return content + bytes(-len(content) % BLOCK)


def header(name, length=0, kind=b"0", **fields):
    """One block. Fields by their names in POSIX, as octets; besides these `tail`, what stands behind the last one."""
    values = {
        "name": name, "mode": octal(0o644, 8), "uid": octal(0, 8), "gid": octal(0, 8), "size": octal(length, 12),
        "mtime": octal(0, 12), "chksum": b" " * 8, "typeflag": kind, "linkname": b"", "magic": b"ustar\x0000", "uname": b"",
        "gname": b"", "devmajor": b"", "devminor": b"", "prefix": b"", "tail": b"",
    }  # fmt: skip
    values.update({key: value for key, value in fields.items() if key != "chksum"})
    widths = [100, 8, 8, 8, 12, 12, 8, 1, 100, 8, 32, 32, 8, 8, 155, 12]
    block = bytearray(b"".join(value.ljust(width, b"\0")[:width] for value, width in zip(values.values(), widths)))
    block[148:156] = fields.get("chksum", b"%06o\0 " % sum(block))
    return bytes(block)


def record(key, value):
    body = b" " + key + b"=" + value + b"\n"
    length = len(body)
    while len(str(length)) + len(body) != length:
        length += 1
    return str(length).encode() + body


def extended(*records):
    """A pax header; each record is raw octets or a pair."""
    content = b"".join(part if isinstance(part, bytes) else record(*part) for part in records)
    return header(b"PaxHeader/x", len(content), b"x") + padded(content)


def entry(name, content=b"", **fields):
    """A regular file as the writer makes it; its name goes into an extended header where ustar has no place for it."""
    if len(name) <= 100 and all(octet < 128 and octet for octet in name):
        return header(name, len(content), **fields) + padded(content)
    pax = extended((b"hdrcharset", b"BINARY"), (b"path", name))
    return pax + header(name.replace(b"\0", b"")[:100], len(content), **fields) + padded(content)


END = bytes(2 * BLOCK)


# --- Manifest: docs/formats/package.md -----------------------------------------------------------------------------------


def listed(path, content=b"", **changes):
    row = {"kind": "managed", "mode": "0644", "path": path, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    return {**row, **changes}


def manifest(rows, **changes):
    """Canonical, unless a change makes it otherwise. Rows are taken in their order."""
    value = {
        "acts": [], "files": rows, "format": "kip.package/1", "forms": [], "from_versions": [], "notes": {},
        "product": "ledger", "removals": [], "version": "2026.1",
    }  # fmt: skip
    return json.dumps({**value, **changes}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def archive(described, *entries, end=END):
    """A whole tar archive; `described` is a manifest or the rows of one."""
    text = described if isinstance(described, bytes) else manifest(described)
    return entry(MANIFEST, text) + b"".join(entries) + end


# --- Zstandard: RFC 8878; its checksum: XXH64, seed 0 --------------------------------------------------------------------

P1, P2, P3, P4, P5 = 11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579, 2870177450012600261


def rotated(x, bits):
    return ((x << bits) | (x >> (64 - bits))) & MASK


def one_round(lane, value):
    return rotated((lane + value * P2) & MASK, 31) * P1 & MASK


def xxh64(data):
    at = 0
    if len(data) >= 32:
        lanes = [(P1 + P2) & MASK, P2, 0, -P1 & MASK]
        for values in struct.iter_unpack("<4Q", data[: len(data) // 32 * 32]):
            lanes = [one_round(lane, value) for lane, value in zip(lanes, values)]
        at = len(data) // 32 * 32
        total = sum(rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            total = ((total ^ one_round(0, lane)) * P1 + P4) & MASK
    else:
        total = P5
    total = (total + len(data)) & MASK
    while at + 8 <= len(data):
        total = (rotated(total ^ one_round(0, struct.unpack_from("<Q", data, at)[0]), 27) * P1 + P4) & MASK
        at += 8
    if at + 4 <= len(data):
        total = (rotated(total ^ (struct.unpack_from("<I", data, at)[0] * P1 & MASK), 23) * P2 + P3) & MASK
        at += 4
    for octet in data[at:]:
        total = rotated(total ^ (octet * P5 & MASK), 11) * P1 & MASK
    total = (total ^ total >> 33) * P2 & MASK
    total = (total ^ total >> 29) * P3 & MASK
    return total ^ total >> 32


def block(content, last, kind=0, size=None):
    """A raw block, or of another kind: 1 repeats its one octet `size` times."""
    return struct.pack("<I", (len(content) if size is None else size) << 3 | kind << 1 | last)[:3] + content


def blocks(content, last=True):
    piece = 1 << 17
    cut = [content[at : at + piece] for at in range(0, len(content), piece)] or [b""]
    return b"".join(block(part, last and at == len(cut) - 1) for at, part in enumerate(cut))


def zeros(count):
    """A number of times 128 KiB of zeros, in four octets each."""
    return block(b"\0", False, 1, 1 << 17) * count


def checksum(content):
    return struct.pack("<I", xxh64(content) & 0xFFFFFFFF)


def frame(content, window_log=20, descriptor=0x04, body=None, check=None):
    """One frame with uncompressed blocks; `body` stands for all blocks, `check` for the checksum."""
    body = blocks(content) if body is None else body
    check = checksum(content) if check is None else check
    return ZSTD_MAGIC + bytes([descriptor, (window_log - 10) << 3]) + body + check
