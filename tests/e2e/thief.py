#!/usr/bin/env python3
"""Plays a thief who has a server's online keys and its web root, but no officer's key.

thief.py expired SERVER_DIR TENANT                 serves a timestamp that is already expired
thief.py lone-officer SERVER_DIR TENANT ROLE FILE  serves FILE (a role with too few officers' signatures) as the role's next version

Signs with the server's real online keys by the openssl program, so that only the check under test can refuse.
"""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile


def canonical(value):
    """OLPC canonical JSON of objects, lists, texts and integers."""
    if isinstance(value, dict):
        return "{" + ",".join(canonical(k) + ":" + canonical(value[k]) for k in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return json.dumps(value)


def signed(body, key, key_id):
    with tempfile.NamedTemporaryFile() as message:
        message.write(canonical(body).encode())
        message.flush()
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", message.name],
                                   check=True, capture_output=True).stdout
    document = {"signatures": [{"keyid": key_id, "sig": signature.hex()}], "signed": body}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


class Repository:
    def __init__(self, server, tenant):
        self.keys = pathlib.Path(server, "keys")
        self.metadata = pathlib.Path(server, "repository", tenant, "metadata")
        roots = sorted(self.metadata.glob("*.root.json"), key=lambda p: int(p.name.split(".")[0]))
        self.root = json.loads(roots[-1].read_bytes())["signed"]
        self.timestamp = json.loads((self.metadata / "timestamp.json").read_bytes())["signed"]

    def sign(self, role, body):
        return signed(body, str(self.keys / (role + ".pem")), self.root["roles"][role]["keyids"][0])

    def serve(self, name, data):
        (self.metadata / name).write_bytes(data)


def meta(data):
    return {"version": json.loads(data)["signed"]["version"], "length": len(data),
            "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}


def expired(repository):
    body = repository.timestamp
    body["version"] += 1
    body["expires"] = "2020-01-01T00:00:00Z"
    repository.serve("timestamp.json", repository.sign("timestamp", body))


def lone_officer(repository, role, path):
    data = pathlib.Path(path).read_bytes()
    version = repository.timestamp["meta"]["snapshot.json"]["version"]
    snapshot = json.loads((repository.metadata / f"{version}.snapshot.json").read_bytes())["signed"]
    snapshot["version"] += 1
    snapshot["meta"][role + ".json"] = meta(data)
    snapshot_data = repository.sign("snapshot", snapshot)
    body = repository.timestamp
    body["version"] += 1
    body["meta"]["snapshot.json"] = meta(snapshot_data)
    repository.serve(f"{json.loads(data)['signed']['version']}.{role}.json", data)
    repository.serve(f"{snapshot['version']}.snapshot.json", snapshot_data)
    repository.serve("timestamp.json", repository.sign("timestamp", body))


def main(arguments):
    repository = Repository(arguments[1], arguments[2])
    if arguments[0] == "expired":
        expired(repository)
    elif arguments[0] == "lone-officer":
        lone_officer(repository, arguments[3], arguments[4])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
