"""A receiver of webhooks: webhook_receiver.py SECRET FOLDER.

Checks each message as Standard Webhooks 1.0 says and notes in FOLDER: told ("TYPE KIND"), ids, bad (what did not hold). Its port is
in FOLDER/port. Where FOLDER/answer has a status, that is the answer, and nothing is noted.
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import sys
import time

SECRET = base64.b64decode(sys.argv[1].removeprefix("whsec_"))
FOLDER = sys.argv[2]


def note(name, line):
    with open(os.path.join(FOLDER, name), "a", encoding="utf-8") as file:
        file.write(line + "\n")


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        status = 204
        try:
            with open(os.path.join(FOLDER, "answer"), encoding="utf-8") as file:
                status = int(file.read())
        except FileNotFoundError:
            self.take(body)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def take(self, body):
        name, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        signed = f"{name}.{at}.".encode() + body
        wanted = "v1," + base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(wanted, self.headers["webhook-signature"]) or abs(time.time() - int(at)) > 300:
            note("bad", name)
            return
        message = json.loads(body)
        note("ids", name)
        note("told", f'{message["type"]} {message["data"]["alert"]["kind"]}')

    def log_message(self, *args):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
with open(os.path.join(FOLDER, "port.new"), "w", encoding="utf-8") as port:
    port.write(str(server.server_port))
os.rename(os.path.join(FOLDER, "port.new"), os.path.join(FOLDER, "port"))
server.serve_forever()
