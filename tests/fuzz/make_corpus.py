#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets: tests/fuzz/corpus/TARGET/seed-NAME.

    tests/fuzz/make_corpus.py     needs the programs openssl (3.0) and zstd; replaces seed-*, leaves other files (regressions) alone

What the inputs consist of is said at the top of each target. The keys are made for this and thrown away, so that each
run writes other keys and signatures; nothing needs them to be the same.
"""

import base64
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "signing" / "package"))
import archive_parts as parts  # noqa: E402

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
EXPIRES = "2031-05-06T07:08:09Z"


def openssl(*arguments, data=b""):
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=True)
    return done.stdout


def canonical(value):
    """OLPC canonical JSON, for values without quotes and backslashes in their texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Key:
    """A private key in a file, and how TUF signs with it."""

    def __init__(self, folder, name, keytype, scheme, *make, sign=()):
        self.path = folder / name
        self.keytype, self.scheme, self.sign_options = keytype, scheme, sign
        openssl("genpkey", *make, "-out", self.path)

    def pem(self, *options):
        return openssl("pkey", "-in", self.path, "-pubout", *options).decode()

    def der(self, *options):
        return openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER", *options)

    def public(self):
        return self.der()[-32:].hex() if self.keytype == "ed25519" else self.pem()

    def json(self):
        return {"keytype": self.keytype, "scheme": self.scheme, "keyval": {"public": self.public()}}

    def key_id(self):
        # The line ends of PEM stand in the canonical form as they are.
        return hashlib.sha256(canonical(self.json()).replace(b"\\n", b"\n")).hexdigest()

    def sign(self, message):
        with tempfile.NamedTemporaryFile() as file:
            file.write(message)
            file.flush()
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in", file.name, *self.sign_options)


def make_keys(folder):
    pss = ["-digest", "sha256", "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:32"]
    return {
        "ed25519": Key(folder, "ed25519", "ed25519", "ed25519", "-algorithm", "ED25519"),
        "p256": Key(folder, "p256", "ecdsa", "ecdsa-sha2-nistp256", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:P-256", sign=["-digest", "sha256"]),
        "p384": Key(folder, "p384", "ecdsa", "ecdsa-sha2-nistp384", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:P-384", sign=["-digest", "sha384"]),
        "rsa": Key(folder, "rsa", "rsa", "rsassa-pss-sha256", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                   sign=pss),
    }


def unwanted_keys(folder):
    """Keys of types, sizes and encodings that are refused or brought to one form."""
    made = {}
    for name, *make in [
        ("rsa-1024-bits", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
        ("rsa-exponent-3", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:3"),
        ("rsa-pss", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"),
        ("secp256k1", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"),
        ("p521", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"),
        ("p256-explicit", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt",
         "ec_param_enc:explicit"),
        ("ed448", "-algorithm", "ED448"),
        ("x25519", "-algorithm", "X25519"),
    ]:
        made[name] = Key(folder, name, "", "", *make)
    return made


# --- JSON --------------------------------------------------------------------------------------------------------------

JSON_TEXTS = {
    "null": b"null",
    "true": b" true ",
    "integers": b"[0,-0,1,-1,9223372036854775807,-9223372036854775808]",
    "integer-too-large": b"9223372036854775808",
    "integer-two-to-64": b"18446744073709551616",
    "fraction": b"1.5",
    "exponent": b"[1e3]",
    "leading-zero": b"01",
    "text": '"Kịp thời, 07:00, ünïcödé, 🕰"'.encode(),
    "escapes": rb'"\"\\\/\b\f\n\r\t\u0000\u001f\u007f\u00e9\ud83d\ude00"',
    "lone-surrogate": rb'"\ud800"',
    "not-utf8": b'"\xff\xc0\x80"',
    "overlong-utf8": b'"\xe0\x80\xaf"',
    "raw-control": b'"\x01"',
    "delete": b'"\x7f"',
    "blanks": b"\t[\r\n1 ,\n2\t]\r\n ",
    "byte-order-mark": b"\xef\xbb\xbf{}",
    "object": b'{"b":[],"a":{},"":0,"A":"","\\"":1,"\\n":2}',
    "duplicate": b'{"a":1,"\\u0061":2}',
    "nested": b'[[[[[[[[]]]]]]]]',
    "nested-objects": b'{"a":{"b":{"c":{"d":[{"e":[{}]}]}}}}',
    "too-deep": b"[" * 17 + b"]" * 17,
    "trailing-text": b"{} {}",
    "trailing-nul": b"{}\0{}",
    "trailing-comma": b"[1,]",
    "comment": b"[/*x*/]",
    "unfinished": b'{"a":[1,{"b":"',
    "many": b"[" + b"0," * 1200 + b"0]",
}


# --- TUF ---------------------------------------------------------------------------------------------------------------


def header(kind, **more):
    return {"_type": kind, "spec_version": "1.0.34", "version": 7, "expires": EXPIRES, **more}


def document(body, *signers, signed_form=None):
    message = signed_form or canonical(body).replace(b"\\n", b"\n")
    signatures = [{"keyid": key.key_id(), "sig": key.sign(message).hex()} for key in signers]
    return canonical({"signed": body, "signatures": signatures})


def role(threshold, *keys, **more):
    return {"keyids": [key.key_id() for key in keys], "threshold": threshold, **more}


def tuf_documents(keys):
    ed25519, p256, p384, rsa = (keys[name] for name in ("ed25519", "p256", "p384", "rsa"))
    every = {key.key_id(): key.json() for key in keys.values()}
    one = {ed25519.key_id(): ed25519.json()}
    hashes = {"sha256": hashlib.sha256(b"form").hexdigest(), "sha512": hashlib.sha512(b"form").hexdigest()}
    top = ("root", "timestamp", "snapshot", "targets")
    small_roles = {name: role(1, ed25519) for name in top}

    def targets(delegations=None, **files):
        files = {name.replace("__", "/") + ".kpk": file for name, file in files.items()}
        return header("targets", targets=files, **({"delegations": delegations} if delegations else {}))

    form = {"length": 4, "hashes": hashes, "custom": {"format": "kip.release/1", "notes": {"vi": "Mẫu"}}}
    yield "root", document(header("root", consistent_snapshot=True, keys=every, roles={
        "root": role(3, ed25519, p256, rsa), "timestamp": role(1, ed25519), "snapshot": role(1, p256),
        "targets": role(2, ed25519, p384)}), *keys.values())
    yield "root-small", document(header("root", keys=one, roles=small_roles), ed25519)
    unknown = {**one, "unknown": {"keytype": "ml-dsa", "scheme": "ml-dsa-65", "keyval": {"public": "00"}, "x": [1]},
               "unreadable": {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "zz"}}}
    yield "root-unknown-keys", document(header("root", keys=unknown, roles=small_roles), ed25519)
    twice = {"one": ed25519.json(), "two": ed25519.json()}
    two_ids = document(header("root", keys=twice, roles={name: {"keyids": ["one", "two"], "threshold": 2} for name in top}),
                       ed25519)
    signature = json.loads(two_ids)["signatures"][0]["sig"]
    yield "root-one-key-two-ids", canonical({"signed": json.loads(two_ids)["signed"], "signatures": [
        {"keyid": "one", "sig": signature}, {"keyid": "two", "sig": signature}]})
    yield "root-role-missing", document(header("root", keys=one, roles={"root": role(1, ed25519)}), ed25519)

    meta = {"snapshot.json": {"version": 3, "length": 100, "hashes": hashes}}
    yield "timestamp", document(header("timestamp", meta=meta), p256)
    offset = dict(header("timestamp", meta={"snapshot.json": {"version": 1}}), expires="2031-05-06t07:08:09.123456789+07:00")
    yield "timestamp-fraction-and-offset", document(offset, ed25519)
    for name, expires in [("first-year", "1970-01-01T00:00:00+07:00"), ("last-year", "9999-12-31T23:59:59.999-07:00")]:
        body = dict(header("timestamp", meta={"snapshot.json": {"version": 1}}), expires=expires)
        yield f"timestamp-out-of-{name}", document(body, ed25519)
    yield "timestamp-unsigned", canonical({"signed": header("timestamp", meta=meta), "signatures": []})
    yield "snapshot", document(header("snapshot", meta={
        "targets.json": {"version": 2}, "product-forms.json": {"version": 5, "length": 9, "hashes": hashes}}), rsa)

    yield "targets-empty", document(targets(), p384)
    yield "targets", document(targets(forms__a=form, b={"length": 0, "hashes": {"sha256": ""}}), ed25519, p384)
    yield "targets-delegations", document(targets({"keys": every, "roles": [
        role(1, ed25519, name="product-forms", terminating=True, paths=["forms/*", "f?rms/a.kpk"]),
        role(2, p256, rsa, name="rollouts", terminating=False, paths=["*"]),
        role(1, p384, name="nothing", terminating=False, paths=[])]}), ed25519, p256, rsa)
    yield "targets-hash-prefixes", document(targets({"keys": one, "roles": [
        role(1, ed25519, name=f"bin-{digit}", terminating=False, path_hash_prefixes=[digit]) for digit in "0123456789abcdef"]}),
        ed25519)
    yield "targets-succinct", document(targets({"keys": one, "succinct_roles": role(
        1, ed25519, bit_length=32, name_prefix="bin")}), ed25519)
    yield "targets-role-twice", document(targets({"keys": one, "roles": 2 * [
        role(1, ed25519, name="a", terminating=False, paths=["*"])]}), ed25519)
    same = {"keyid": "a", "sig": "00"}
    yield "signature-twice", canonical({"signed": targets(), "signatures": [same, same]})
    yield "signature-not-hexadecimal", canonical({"signed": targets(), "signatures": [{"keyid": "a", "sig": "xyz"}]})


def verified_note():
    file = {"sha256": hashlib.sha256(b"").hexdigest(), "version": 4, "expires": EXPIRES}
    return canonical({"format": "kip.verified/1", "etag": "W/'1'", "last_modified": "Mon, 03 Nov 2025 17:00:00 GMT",
                      **{name: file for name in ("root", "timestamp", "snapshot", "targets")}})


def tuf_inputs(keys):
    lines = b"forms/a.kpk\nf?rms/*.k*\n"
    for name, text in tuf_documents(keys):
        yield name, lines + text
    yield "verified", lines + verified_note()
    for name, path, pattern in [("slash", b"a/b/c", b"*/*/?"), ("stars", b"aXbXXcab", b"*a*b**c*b"), ("empty", b"", b"*"),
                                ("across", b"ax/bx", b"a*b?"), ("backtrack", b"ab/abab", b"*b/a*ab")]:
        yield f"pattern-{name}", path + b"\n" + pattern + b"\n"


# --- Keys --------------------------------------------------------------------------------------------------------------


def key_inputs(keys, unwanted):
    def signed(key, text, signature=None):
        signature = key.sign(b"a statement") if signature is None else signature
        return b"a statement\n" + signature.hex().encode() + b"\n" + text

    def alone(text):
        return b"\n\n" + (text if isinstance(text, bytes) else text.encode())

    for name, key in keys.items():
        yield f"json-{name}", signed(key, json.dumps(key.json()).encode())
        yield f"pem-{name}", signed(key, key.pem().encode())
        yield f"der-{name}", signed(key, key.der())
    p256, rsa = keys["p256"], keys["rsa"]
    yield "json-old-keytype", alone(json.dumps({**p256.json(), "keytype": p256.scheme}))
    yield "json-more-members", alone(json.dumps({**keys["ed25519"].json(), "keyid_hash_algorithms": ["sha256"]}))
    yield "json-wrong-curve", alone(json.dumps({**p256.json(), "scheme": "ecdsa-sha2-nistp384"}))
    yield "json-unknown", alone('{"keytype":"ml-dsa","scheme":"ml-dsa-65","keyval":{"public":""}}')
    yield "json-short", alone('{"keytype":"ed25519","scheme":"ed25519","keyval":{"public":"00"}}')
    signature = p256.sign(b"a statement")
    for name, other in [("cut", signature[:-1]), ("longer", signature + b"\0"), ("empty", b""),
                        ("zeros", bytes.fromhex("3006020100020100"))]:
        yield f"signature-{name}", signed(p256, p256.pem().encode(), other)
    yield "pem-text-around", alone("before\n" + rsa.pem() + "after\n")
    yield "pem-two-keys", alone(p256.pem() + rsa.pem())
    lines = p256.pem().splitlines()
    encrypted = ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF", ""]
    yield "pem-encrypted", alone("\n".join([lines[0], *encrypted, *lines[1:], ""]))
    yield "pem-crlf", alone(p256.pem().replace("\n", "\r\n"))
    for name in ("p256", "p384"):
        for form in ("compressed", "hybrid"):
            yield f"der-{name}-{form}", alone(keys[name].der("-ec_conv_form", form))
    for name, key in unwanted.items():
        yield f"der-{name}", alone(key.der())


# --- Archives ----------------------------------------------------------------------------------------------------------


def tar_inputs():
    rows = [parts.listed("a.txt", b"A"), parts.listed("b/c.txt", b"BC")]
    files = parts.entry(b"a.txt", b"A") + parts.entry(b"b/c.txt", b"BC" * 300)
    long_name = parts.entry("Báo cáo/".encode() + b"n" * 150, b"x")
    binary = parts.extended((b"hdrcharset", b"BINARY"))
    inputs = {
        "package": parts.archive(rows, files), "long-name": long_name + parts.END, "empty": parts.END,
        "name-utf8": parts.extended((b"path", "Báo".encode())) + parts.header(b"x") + parts.END,
        "prefix": parts.header(b"a", prefix=b"d/e") + parts.END, "program": parts.entry(b"p", b"", mode=b"000755 \0") + parts.END,
        "charset": binary + files + parts.END, "link": parts.header(b"l", 0, b"2", linkname=b"..") + parts.END,
        "size": parts.extended((b"size", b"1")) + files + parts.END, "gnu-name": parts.header(b"x", 8, b"L") + bytes(512) + parts.END,
        "sparse": parts.extended((b"GNU.sparse.map", b"0,1")) + files + parts.END, "no-end": files,
        "base-256": parts.header(b"a", size=b"\x80" + bytes(11)) + parts.END, "two-pax": binary + binary + files + parts.END,
    }  # fmt: skip
    for name, archive in inputs.items():
        yield name, b"+" + archive
    yield "wrong-checksum", b"=" + parts.header(b"a", chksum=b"000000\0 ") + parts.END


# --- Deltas ------------------------------------------------------------------------------------------------------------


def patch(folder, base, made):
    """As zstd --patch-from makes it."""
    for name, content in (("base", base), ("made", made)):
        (folder / name).write_bytes(content)
    done = subprocess.run(["zstd", "-q", "-c", "-19", "--no-check", f"--patch-from={folder}/base", f"{folder}/made"],
                          capture_output=True, check=True)  # fmt: skip
    return done.stdout


def section(content):
    return len(content).to_bytes(2, "big") + content


def delta_inputs(folder):
    """Between the two versions that tests/fuzz/delta_reader.cpp has."""

    def version(number, form, key):
        return parts.manifest([parts.listed("a.txt", form), parts.listed("b/c.txt", b"stays"),
                               parts.listed("mine.ini", key, kind="editable")], version=number)  # fmt: skip

    def described(patches, whole, **changes):
        ends = {name: {"manifest": hashlib.sha256(text).hexdigest(), "version": number}
                for name, text, number in (("from", old, "1.0"), ("to", new, "1.1"))}  # fmt: skip
        value = {"format": "kip.delta/1", "moved": [], "patches": patches, "product": "ledger", "whole": whole, **ends, **changes}
        return canonical(value)

    old, new = version("1.0", b"the first form", b"key=1"), version("1.1", b"the second form", b"key=2")
    one = [{"base": [[0, 1]], "files": [[0, 1]]}]
    right = described(one, [[2, 1]])
    old_outline, new_outline = (re.sub(rb'"sha256":"[0-9a-f]+"', b'"sha256":"' + 64 * b"0" + b'"', text) for text in (old, new))
    manifest, form = patch(folder, old_outline, new_outline), patch(folder, b"the first form", b"the second form")

    def delta(description=right, manifest=manifest, form=form, whole=b"key=2"):
        return b"a" + section(description) + section(manifest) + section(form) + whole

    yield "description", b"d" + right
    yield "description-two-patches", b"d" + described([*one, {"base": [], "files": [[1, 1]]}], [[2, 1]])
    yield "description-editable-base", b"d" + described([{"base": [[2, 1]], "files": [[0, 2]]}], [[2, 1]])
    yield "description-many", b"d" + described([{"base": [[0, 99999]] * 11, "files": [[0, 99999]]}], [])
    yield "description-moved", b"d" + described(one, [[2, 1]], moved=[[1, 1, 1]])
    yield "description-moved-many", b"d" + described(one, [[2, 1]], moved=[[0, 0, 99999], [0, 0, 99999]])
    yield "description-overlap", b"d" + described(one, [[0, 1], [2, 1]])
    yield "patch", b"p" + section(b"the first form") + form
    yield "patch-other-base", b"p" + section(b"another") + form
    yield "patch-bomb", b"p" + section(b"") + patch(folder, b"x", bytes(1 << 20))
    yield "patch-window", b"p" + section(b"x") + parts.frame(b"x", window_log=31, descriptor=0)
    yield "delta", delta()
    yield "delta-wrong-content", delta(whole=b"key=3")
    yield "delta-wrong-size", delta(form=patch(folder, b"the first form", b"the second for"))
    yield "delta-wrong-manifest", delta(manifest=patch(folder, old_outline, new_outline.replace(b"0644", b"0755")))
    yield "delta-hashes", delta(manifest=patch(folder, old_outline, new))
    yield "delta-moved", delta(described(one, [[2, 1]], moved=[[1, 1, 1]]))
    yield "delta-other-product", delta(described(one, [[2, 1]], product="wages"))


# --- Offline bundles ---------------------------------------------------------------------------------------------------


def bundle_inputs():
    dates = {"created_at": "2026-01-01T00:00:00Z", "valid_until": "2026-01-31T00:00:00Z"}
    subject = {"tenant": "an-phat", "product": "forms", "version": "1.1", **dates}
    files = [("statement.json", b"{}"), ("metadata/timestamp.json", b"time"), ("targets/forms/x.forms-1.1.kpk", b"package")]

    def index(rows, **changes):
        listed = [{"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()} for path, content in rows]
        return canonical({"format": "kip.bundle/1", **subject, "entries": listed, **changes})

    def statement(**changes):
        digest = hashlib.sha256(b"time").hexdigest()
        return canonical({"format": "kip.offline/1", **subject, "manifest": digest, "timestamp": digest, **changes})

    def bundle(described, rows, end=parts.END):
        return parts.entry(b"bundle.json", described) + b"".join(parts.entry(path.encode(), content) for path, content in rows) + end

    def letters(member, envelopes):
        return canonical({"format": f"kip.{member}/1", "tenant": "an-phat", "install": "01JD0000000000000000000001", member: envelopes})

    yield "index", b"i" + index(files)
    yield "index-path", b"i" + index([*files, ("../x", b"")])
    yield "index-twice", b"i" + index([*files, ("targets/FORMS/x.forms-1.1.kpk", b"")])
    yield "index-size", b"i" + index(files, entries=[{"path": "statement.json", "size": 1 << 40, "sha256": "00" * 32}])
    yield "statement", b"s" + statement()
    yield "statement-long", b"s" + statement(valid_until="2027-01-01T00:00:00Z")
    yield "statement-backwards", b"s" + statement(valid_until="2025-01-01T00:00:00Z")
    yield "receipts", b"r" + letters("receipts", ["e30="])
    yield "acknowledgements", b"a" + letters("acknowledgements", ["e30=", "e30="])
    yield "bundle", b"b" + bundle(index(files), files)
    yield "bundle-more", b"b" + bundle(index(files), [*files, ("metadata/x", b"")])
    yield "bundle-other-order", b"b" + bundle(index(files), files[::-1])
    yield "bundle-cut", b"b" + bundle(index(files), files, end=b"")


def deadline_inputs():
    """What is read of deadlines: lines of a batch, a calendar, an amendment, a rule."""
    days = {"id": "a", "jurisdiction": "VN", "rule": "VN-CIVIL-2015", "profile": "public", "on": "2025-10-27"}
    hours = {"id": 1, "jurisdiction": "HU", "profile": "statutory", "at": "2026-03-28T20:00:00+01:00"}
    office = {"office": ["08:00-12:00", "13:00-17:00"]}
    for unit in ("day", "working-day", "week", "month", "year"):
        yield unit, b"l" + canonical({**days, "period": {"amount": 7, "unit": unit}})
    for clock in ("elapsed", "skip-statutory-holidays", "skip-non-working-days", "working-hours", "intake-then-elapsed",
                  "intake-then-skip-statutory-holidays", "duty-hours"):
        yield clock, b"l" + canonical({**hours, **office, "clock": clock, "period": {"amount": 24, "unit": "hour"}})
    yield "union", b"l" + canonical({**days, "jurisdiction": "EU", "rule": "EU-1182-71", "period": {"amount": 2, "unit": "day"}})
    yield "close", b"l" + canonical(
        {**days, "jurisdiction": "CN", "rule": "CN-CIVIL", "close_of_business": "17:00", "period": {"amount": 2, "unit": "day"}}
    )
    yield "no-json", b'l{"id":"x", "period": 7.5'
    row = {"date": "2026-01-02", "name": "n", "kind": "off", "type": "swap", "source": "s"}
    provisional = {"from": "2026-01-01", "to": "2026-12-31", "reason": "r", "days": [row], "unconfirmed": []}
    yield "calendar", b"c" + canonical(
        {"format": "kip.calendar/1.1", "version": "1", "country": "VN", "timezone": "Asia/Ho_Chi_Minh", "weekend": [6, 7],
         "coverage": {"from": "2025-01-01", "to": "2025-12-31"}, "days": [], "fixed": [{"month": 1, "day": 1, "name": "n"}],
         "provisional": provisional}
    )
    amendment = {"format": "kip.calendar-amendment/1", "country": "VN", "version": "1", "complete_to": "2027-06-30"}
    yield "amendment", b"a" + canonical(
        {**amendment, "confirm": [{"date": "2026-11-23", "source": "s"}], "days": [{**row, "date": "2027-03-01"}]}
    )
    yield "rule", b"r" + (CORPUS.parents[2] / "manifests/rules/EU-1182-71.json").read_bytes()


def mail_inputs():
    report = (CORPUS.parents[1] / "data/reports/failed.eml").read_bytes()
    yield "report", b"d" + report
    yield "report-crlf", b"d" + report.replace(b"\n", b"\r\n")
    yield "report-delayed", b"d" + report.replace(b"Action: failed", b"Action: delayed (4 h)")
    yield "report-headers", b"d" + report.replace(b"message/rfc822", b"text/rfc822-headers")
    yield "report-folded", b"d" + report.replace(b"report-type=", b"\n\treport-type=")
    yield "address", b"ake.toan+thue@xn--minh-anh-1a2.com.vn"
    yield "address-quoted", b'a"a b"@c.vn'
    yield "message", b"mA subject, and\nits text.\n.\nFrom here on = \n"
    yield "message-words", "mThông tư số 99/2025/TT-BTC 电子发票 – új számviteli rend\nKính gửi quý khách 尊敬的 Tisztelt ő\n".encode()


TIMESTAMP_SETTINGS = """
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[tsa]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[plain]
serial = {0}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
accuracy = secs:1, millisecs:500, microsecs:1
clock_precision_digits = 3
ess_cert_id_alg = sha256
[named]
serial = {0}/serial
signer_digest = sha384
default_policy = 1.2.3.4
digests = sha256, sha512
tsa_name = yes
ordering = yes
ess_cert_id_chain = yes
ess_cert_id_alg = sha1
[revoking]
database = {0}/index.txt
crlnumber = {0}/crlnumber
default_md = sha256
default_crl_days = 30
"""


def timestamp_inputs(folder):
    """Tokens of an authority below a root, and what is read beside them."""
    settings = folder / "tsa.cnf"
    settings.write_text(TIMESTAMP_SETTINGS.format(folder))
    (folder / "serial").write_text("01")
    (folder / "crlnumber").write_text("01")
    (folder / "index.txt").write_text("")
    (folder / "data").write_text("data")
    at = {name: folder / name for name in ("root.key", "root.pem", "tsa.key", "tsa.csr", "tsa.pem")}
    for key in ("root.key", "tsa.key"):
        openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", at[key])
    openssl("req", "-x509", "-new", "-key", at["root.key"], "-subj", "/CN=Root", "-days", "3650", "-config", settings,
            "-extensions", "ca", "-out", at["root.pem"])
    openssl("req", "-new", "-key", at["tsa.key"], "-subj", "/CN=Authority", "-config", settings, "-out", at["tsa.csr"])
    openssl("x509", "-req", "-in", at["tsa.csr"], "-CA", at["root.pem"], "-CAkey", at["root.key"], "-CAcreateserial", "-days",
            "3650", "-extfile", settings, "-extensions", "tsa", "-out", at["tsa.pem"])
    root = openssl("x509", "-in", at["root.pem"], "-outform", "DER")
    trusted = b"v" + len(root).to_bytes(2, "big") + root

    def reply(section, digest, *more):
        query = openssl("ts", "-query", "-config", settings, "-data", folder / "data", f"-{digest}", *more)
        (folder / "query").write_bytes(query)
        return query, openssl("ts", "-reply", "-config", settings, "-section", section, "-queryfile", folder / "query",
                              "-signer", at["tsa.pem"], "-inkey", at["tsa.key"], "-chain", at["root.pem"])

    for section in ("plain", "named"):
        for digest in ("sha256", "sha512"):
            query, answer = reply(section, digest, "-cert")
            (folder / "answer").write_bytes(answer)
            yield f"response-{section}-{digest}", trusted + answer
            yield f"token-{section}-{digest}", trusted + openssl("ts", "-reply", "-in", folder / "answer", "-token_out")
    yield "request", b"q" + query
    yield "bare", trusted + reply("plain", "sha256", "-no_nonce")[1]
    yield "cut", trusted + answer[:-100]
    yield "more", trusted + answer + b"x"
    yield "indefinite", trusted + bytes.fromhex("308006092a864886f70d010702a0803080") + answer[40:200] + bytes(6)
    rejected = reply("plain", "sha1")[1]
    yield "rejected", b"r" + rejected
    yield "granted", b"r" + answer
    crl = openssl("ca", "-config", settings, "-name", "revoking", "-cert", at["root.pem"], "-keyfile", at["root.key"], "-gencrl")
    yield "certificates", b"c" + at["root.pem"].read_bytes() + crl + at["tsa.pem"].read_bytes()
    yield "certificate", b"c" + root


# --- Evidence ----------------------------------------------------------------------------------------------------------


def ustar(name, content):
    """An entry as evidence bundles have it: their one spelling of a header."""
    block = bytearray(512)
    for place, text in ((0, name), (100, b"000644 "), (108, b"000000 "), (116, b"000000 "), (124, b"%011o " % len(content)), (136, b"00000000000 "),
                        (148, b" " * 8), (156, b"0"), (257, b"ustar\0" + b"00"), (329, b"000000 "), (337, b"000000 ")):  # fmt: skip
        block[place : place + len(text)] = text
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + content + bytes(-len(content) % 512)


def evidence_inputs():
    listed = b"# kip.evidence-sums/1 an-phat https://x\n" + b"".join(
        hashlib.sha256(content).hexdigest().encode() + b"  " + name + b"\n" for name, content in ((b"a", b"A"), (b"b/c", b"")))
    whole = ustar(b"SHA256SUMS", listed) + ustar(b"SHA256SUMS.sig", bytes(64)) + ustar(b"a", b"A") + ustar(b"b/c", b"")
    yield "bundle", b"t" + whole + parts.END
    yield "bundle-empty", b"t" + parts.END
    yield "bundle-order", b"t" + ustar(b"b", b"") + ustar(b"a", b"") + parts.END
    root = b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    note = b"x.vn/log/o\n0\n" + root + b"\n\n\xe2\x80\x94 x.vn/log/o " + b"A" * 91 + b"=\n"
    yield "note", b"n" + note
    yield "checkpoint", b"cx.vn/log/o\n0\n" + root + b"\nmore\n"
    yield "proof", b"pc2sp.org/tlog-proof@v1\nextra AAAA\nindex 3\n" + (root + b"\n") * 3 + b"\n" + note
    histories = pathlib.Path(__file__).resolve().parent.parent / "data" / "histories.txt"
    for place, text in enumerate(re.split(rb"(?m)^(?=history )", histories.read_bytes())[1:13]):
        yield f"history-{place}", b"h" + text
    yield "history-as-before", b"hhistory a\ndue 5\npart 1\nhistory b as-before\nrollout 1 -\ninstall i retired=3\nword 1 installed 4 - gap\n"
def envelope_inputs():
    """As they are written here, and in other ways."""
    payload = base64.b64encode(b'{"a":1}').decode()
    signature = base64.b64encode(bytes(range(64))).decode()

    def written(kind, *signatures):
        listed = [{"keyid": key, "sig": text} for key, text in signatures]
        return {"payload": payload, "payloadType": kind, "signatures": listed}

    one = written("application/x", ("key", signature))
    for name, value in (("one", one), ("two", written("t", ("", signature), ("k", ""))), ("none", written("t"))):
        yield name, json.dumps(value, separators=(",", ":")).encode()
    yield "blanks", json.dumps(one).encode()
    yield "escapes", json.dumps(written('"\\\u00e9', ("key", signature)), separators=(",", ":")).encode()
    yield "other-order", json.dumps(dict(reversed(one.items())), separators=(",", ":")).encode()
    yield "comma", json.dumps(one, separators=(",", ":")).replace("}]", "},]").encode()


def witness_inputs():
    """The example of C2SP tlog-witness, whose signatures nobody here can check, and what is near to it."""
    digest = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
    signature = base64.b64encode(bytes(4) + bytes(range(64))).decode()
    note = f"example.com/log\n20\n{digest}\n\n\u2014 example.com/log {signature}\n"
    yield "first", f"old 0\n\n{note}".encode()
    yield "grown", f"old 7\n{digest}\n{digest}\n\n{note}".encode()
    yield "longest", f"old 18446744073709551615\n{(digest + chr(10)) * 63}\n{note}".encode()
    yield "too-long", f"old 1\n{(digest + chr(10)) * 64}\n{note}".encode()
    yield "leading-zero", f"old 07\n\n{note}".encode()
    yield "no-blank-line", f"old 7\n{digest}\n".encode()
    yield "extension", f"old 0\n\n{note.replace(digest, digest + chr(10) + 'more', 1)}".encode()
    yield "two-signatures", f"old 0\n\n{note}\u2014 witness.example/w1 {signature}\n".encode()
    yield "size", b"20852014\n"
    yield "cosignature", f"\u2014 witness.example/w1 {signature}\n".encode()


def write(target, inputs):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("seed-*"):
        old.unlink()
    for name, content in inputs:
        (folder / f"seed-{name}").write_bytes(content)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        keys = make_keys(folder)
        write("json_reader", JSON_TEXTS.items())
        write("canonical_json", JSON_TEXTS.items())
        write("tuf_metadata", tuf_inputs(keys))
        write("key", key_inputs(keys, unwanted_keys(folder)))
        write("tar_reader", tar_inputs())
        write("delta_reader", delta_inputs(folder))
        write("bundle_file", bundle_inputs())
        write("deadline", deadline_inputs())
        write("envelope", envelope_inputs())
        write("evidence", evidence_inputs())
        write("mail", mail_inputs())
        write("timestamp", timestamp_inputs(folder))
        write("witness", witness_inputs())


if __name__ == "__main__":
    main()
