"""The stage of tests/fault/sweep.py: a vendor with two releases, played by the real kip-server and kip, and the web
server that installs see, on 127.0.0.1."""

import base64
import contextlib
import functools
import hashlib
import http.client
import http.server
import json
import os
import random
import shutil
import subprocess
import sys
import threading

import databases

TENANT, TAX_CODE = "fault", "9800002027"
PRODUCT, BOOKS = "forms", "books"  # releases of the second one bring migrations
OLD_VERSION, NEW_VERSION = "1.0", "2.0"
BASE_VERSION = "1.5"  # the old files once more, as the release that a delta leads from
PASSPHRASE = "only for this stage"
CUSTOMERS = "tax code;name;e-mail;product;contract start;periods;seats;regime\n" + "".join(
    f"{TAX_CODE};Sweep;;{product};02/01/2026;120;10000;TT99\n" for product in (PRODUCT, BOOKS)
)


class Front(http.server.BaseHTTPRequestHandler):
    """The vendor's files as a plain web server has them (whole or from an offset on). What is posted is kept; it is
    passed on to kip-server while there is a backend, and refused with 503 otherwise. Who asks while the stage is offline
    gets no answer and is counted."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # header and body in one packet

    def parse_request(self):
        stage = self.server.stage
        stage.asked_offline += stage.is_offline
        return not stage.is_offline and super().parse_request()

    def do_GET(self):
        stage = self.server.stage
        path = os.path.normpath(f"{stage.web_root}/{self.path.removeprefix(f'/t/{TENANT}/')}")
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError:
            return self.answer(404, b"")
        start = self.headers.get("Range", "").removeprefix("bytes=").removesuffix("-")
        if not start.isdigit():
            return self.answer(200, data)
        if int(start) >= len(data):
            return self.answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        where = f"bytes {start}-{len(data) - 1}/{len(data)}"
        return self.answer(206, data[int(start) :], {"Content-Range": where})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.endswith("/receipts"):
            self.server.stage.posted += [base64.b64decode(receipt) for receipt in json.loads(body)["receipts"]]
        backend = self.server.stage.backend
        if backend is None:
            return self.answer(503, b"")
        connection = http.client.HTTPConnection(backend.address)
        passed = {name: value for name, value in self.headers.items() if name.startswith(("Kip-", "Content-Type"))}
        connection.request("POST", self.path, body, passed)
        response = connection.getresponse()
        self.answer(response.status, response.read(), {"Content-Type": response.headers["Content-Type"]})
        return connection.close()

    def answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class FrontServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # those who were killed hang up like that
            super().handle_error(request, client_address)


class Server:
    """A kip-server that runs on `folder`, until close(). `settings` is a kip.toml that leads to it."""

    def __init__(self, bin_folder, folder, token_file):
        self.settings, self.token_file = f"{folder}.toml", token_file
        ready = f"{folder}.ready"
        with contextlib.suppress(FileNotFoundError):
            os.remove(ready)
        with open(f"{folder}.log", "wb") as log:
            self.process = subprocess.Popen([f"{bin_folder}/kip-server", "run", "--dir", folder, "--listen", "127.0.0.1:0",
                                             "--ready-file", ready], stdout=log, stderr=log)  # fmt: skip
        while not os.path.exists(ready):  # it comes by rename
            if self.process.poll() is not None:
                raise RuntimeError(f"kip-server did not start, see {folder}.log")
            threading.Event().wait(0.01)
        with open(ready) as file:
            self.address = file.read().strip().removeprefix("http://")
        settings = f'[server]\nurl = "http://{self.address}"\ntenant = "{TENANT}"\ntoken_file = "{token_file}"\n'
        write(self.settings, settings)

    def close(self):
        self.process.terminate()
        self.process.wait()

    def recorded(self, install):
        """Digest -> place in the log of each receipt from that install."""
        out, after = {}, 0
        while events := self.ask(f"events?after={after}&limit=1000")["events"]:
            for event in events:
                after = event["index"]
                self.take_receipts(event, install, out)
        return out

    @staticmethod
    def take_receipts(event, install, out):
        said = payload_of(base64.b64decode(event["envelope"]))
        if event["type"] != "receipts.recorded":
            return
        for receipt in map(base64.b64decode, said["body"]["receipts"]):
            if payload_of(receipt)["install"] != install:
                continue
            digest = hashlib.sha256(receipt).hexdigest()
            if digest in out:
                raise ValueError(f"kip-server has recorded a receipt twice, at {out[digest]} and {event['index']}")
            out[digest] = event["index"]

    def ask(self, path):
        with open(self.token_file) as file:
            headers = {"Authorization": f"Bearer {file.read().strip()}"}
        with contextlib.closing(http.client.HTTPConnection(self.address)) as connection:
            connection.request("GET", f"/v1/tenants/{TENANT}/{path}", headers=headers)
            return json.loads(connection.getresponse().read())


class Stage:
    """Everything lies below `work`. While it is open, kip-server and the front run."""

    def __init__(self, bin_folder, work, old, new):
        self.bin, self.work = bin_folder, work
        self.backend, self.posted = None, []
        self.is_offline, self.asked_offline = False, 0
        self.web_root = f"{work}/server/repository/{TENANT}"
        self.front = FrontServer(("127.0.0.1", 0), Front)
        self.front.stage = self
        threading.Thread(target=self.front.serve_forever, daemon=True).start()
        self.server = None
        try:
            self.set_up(old, new)
        except BaseException:
            self.close()
            raise

    def close(self):
        self.front.shutdown()
        if self.server is not None:
            self.server.close()

    def run(self, program, *arguments, secret=False, server=None):
        """Standard output of a program that must succeed; kip speaks with that server, else with the one of the stage."""
        command, pipe = [f"{self.bin}/{program}", *arguments], ()
        if secret:
            reading, writing = os.pipe()
            os.write(writing, PASSPHRASE.encode() + b"\n")
            os.close(writing)
            command += ["--passphrase-fd", str(reading)]
            pipe = (reading,)
        server = server or self.server
        environment = {**os.environ, **({"KIP_CONFIG": server.settings} if server else {})}
        done = subprocess.run(command, env=environment, pass_fds=pipe, capture_output=True, text=True)
        for descriptor in pipe:
            os.close(descriptor)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def set_up(self, old, new):
        work, url = self.work, f"http://127.0.0.1:{self.front.server_address[1]}"
        kip = functools.partial(self.run, "kip")
        self.run("kip-server", "init", "--dir", f"{work}/server", "--tenant", TENANT, "--url", url,
                 "--token-file", f"{work}/token", "--yes")  # fmt: skip
        self.run("kip-server", "token", "create", "--dir", f"{work}/server", "--name", "second", "--role", "all",
                 "--token-file", f"{work}/token-second")  # fmt: skip
        self.server = Server(self.bin, f"{work}/server", f"{work}/token")
        kip("key", "new", "--name", "An", "--out", f"{work}/an.key", secret=True)
        kip("repo", "init", "--repo", f"{work}/repo", "--online", f"{work}/server/online-keys.json", "--threshold", "1",
            "--product", PRODUCT, "--product", BOOKS, "--officer", f"{work}/an.key.pub")  # fmt: skip
        self.sign_and_publish()
        write(f"{work}/customers.csv", CUSTOMERS)
        kip("customer", "import", f"{work}/customers.csv")
        self.release(PRODUCT, OLD_VERSION, old)
        self.release(BOOKS, OLD_VERSION, old)
        self.install(PRODUCT, "old", "flat-old")
        self.install(BOOKS, "books-old", "flat-books-old")
        for name in ("books-old", "flat-books-old"):
            databases.create(f"{work}/{name}")
            for kind in databases.KINDS:
                self.run("kip-updater", "--dir", f"{work}/{name}", "database", "attach", kind,
                         databases.file_of(f"{work}/{name}", kind))  # fmt: skip
        self.release(PRODUCT, BASE_VERSION, old)
        self.install(PRODUCT, "delta-old", "flat-delta-old")
        self.release(PRODUCT, NEW_VERSION, new, BASE_VERSION)
        self.books = self.with_scripts(new)
        self.release(BOOKS, NEW_VERSION, self.books, more={"migrations": databases.migrations()})

    def install(self, product, *names):
        """Installs with the newest release in use and everything delivered."""
        with self.answering():
            for name in names:
                layout = "in-place" if name.startswith("flat") else "versioned"
                self.run("kip-updater", "--dir", f"{self.work}/{name}", "enroll", self.new_code(product), "--layout", layout)
                self.run("kip-updater", "--dir", f"{self.work}/{name}", "update")

    def with_scripts(self, forms):
        """A copy of the forms with the scripts of the migrations."""
        folder = f"{self.work}/books-forms"
        shutil.copytree(forms, folder)
        for path, text in databases.scripts().items():
            write(f"{folder}/{path}", text)
        return folder

    def keep_server(self):
        """For as_before(): the server knows the installs as they are now, and a code for a machine that is to be brought to
        what `old` has."""
        self.code_to_restore = self.run("kip", "install", "code", "--replaces", self.id_of("old")).split()[-1]
        self.server.close()
        shutil.copytree(f"{self.work}/server", f"{self.work}/server-before")
        self.server = Server(self.bin, f"{self.work}/server", f"{self.work}/token")

    @contextlib.contextmanager
    def answering(self):
        """While it lasts, what is posted reaches kip-server."""
        self.backend = self.server
        yield
        self.backend = None

    @contextlib.contextmanager
    def as_before(self):
        """While it lasts, what is posted reaches a kip-server that knows nothing of what was tried before."""
        folder = f"{self.work}/server-copy"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(f"{self.work}/server-before", folder)
        with contextlib.closing(Server(self.bin, folder, f"{self.work}/token")) as self.backend:
            yield
        self.backend = None

    @contextlib.contextmanager
    def offline(self):
        """While it lasts, nobody is answered."""
        self.is_offline, self.asked_offline = True, 0
        yield
        self.is_offline = False

    def new_code(self, product=PRODUCT):
        return self.run("kip", "install", "code", "--customer", TAX_CODE, "--product", product).strip()

    def id_of(self, name):
        """Of the install in that folder."""
        return json.loads(self.run("kip-updater", "--json", "--dir", f"{self.work}/{name}", "status"))["install"]

    def make_bundle(self, out):
        self.run("kip", "offline-bundle", "--repo", f"{self.work}/repo", "--product", PRODUCT, "--key", f"{self.work}/an.key",
                 "--out", out, secret=True)  # fmt: skip

    def sign_and_publish(self):
        self.run("kip", "sign", "--repo", f"{self.work}/repo", "--yes", "--key", f"{self.work}/an.key", secret=True)
        answer = json.loads(self.run("kip", "--json", "publish", "--repo", f"{self.work}/repo"))
        if "proposal" in answer:
            self.run("kip", "proposal", "approve", answer["proposal"]["proposal"], "--token-file", f"{self.work}/token-second")
            self.run("kip", "publish", "--repo", f"{self.work}/repo")

    def release(self, product, version, folder, base=None, more=None):
        """`base`: the version from which there is a delta, too. `more`: members of the description."""
        name, description = f"{self.work}/{product}", f"{self.work}/description.json"
        package, pack, add = f"{name}-{version}.kpk", [], []
        if base:
            pack, add = ["--from", f"{name}-{base}.kpk"], ["--delta", f"{name}-{version}.from-{base}.kpd"]
        write(description, json.dumps({"format": "kip.pack/1", "acts": [], "forms": [], "notes": {}, **(more or {})}))
        self.run("kip", "pack", folder, "--product", product, "--version", version, "--description", description,
                 "--out", package, *pack)  # fmt: skip
        self.run("kip", "repo", "add", "--repo", f"{self.work}/repo", package, *add)
        self.sign_and_publish()


def payload_of(envelope):
    return json.loads(base64.b64decode(json.loads(envelope)["payload"]))


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def make_forms(folder, seed):
    """Two form sets, folder/OLD_VERSION and folder/NEW_VERSION: files that stay, change, come and go."""
    chance = random.Random(seed)
    old = {f"mẫu/B{number:02}-DN/layout.xml": chance.randbytes(chance.randrange(1, 9000)) for number in range(1, 5)}
    old["print.xslt"], old["large.bin"], old["empty.txt"] = b"the same in both", chance.randbytes(300_000), b""
    new = {path: data for path, data in old.items() if path != "mẫu/B02-DN/layout.xml"}
    for path in ("mẫu/B01-DN/layout.xml", "large.bin"):
        new[path] = chance.randbytes(len(old[path]))
    new["thuế/01-GTGT.xml"] = chance.randbytes(2000)
    out = []
    for version, files in ((OLD_VERSION, old), (NEW_VERSION, new)):
        for path, data in files.items():
            write(f"{folder}/{version}/{path}", data)
        out.append(f"{folder}/{version}")
    return out
