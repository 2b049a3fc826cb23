#!/usr/bin/env python3
"""A mail server by Debian's python3-aiosmtpd, which speaks TLS after STARTTLS and wants a login.

    mail_server.py CERTIFICATE KEY USER PASSWORD FOLDER

Listens on a free port of 127.0.0.1, whose number it writes to FOLDER/port. What it takes lies in FOLDER as N.eml, with the envelope in
N.envelope. A recipient whose address begins with "gone" is refused for good; one that begins with "busy" is put off as long as there
is a file FOLDER/busy; as long as there is a file FOLDER/closed, nobody may send anything to anyone; each refusal adds a line to FOLDER/refused. Runs until it is ended.
"""

import os
import pathlib
import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, folder):
        self.folder = folder
        self.taken = 0

    def refuse(self, answer):
        with open(self.folder / "refused", "a") as file:
            file.write(answer + "\n")
        return answer

    async def handle_RCPT(self, server, session, envelope, address, options):
        if (self.folder / "closed").exists():
            return self.refuse(f"554 5.7.1 <{address}>: relay access denied")
        if address.startswith("gone"):
            return self.refuse(f"550 5.1.1 <{address}>: user unknown")
        if address.startswith("busy") and (self.folder / "busy").exists():
            return self.refuse("451 4.3.0 try again later")
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        self.taken += 1
        (self.folder / f"{self.taken}.envelope").write_text(
            f"{envelope.mail_from} {','.join(envelope.rcpt_tos)} tls={session.ssl is not None} login={session.authenticated}\n"
        )
        draft = self.folder / f"{self.taken}.new"
        draft.write_bytes(envelope.content)
        draft.rename(self.folder / f"{self.taken}.eml")
        return f"250 2.0.0 taken as {self.taken}"


def main():
    certificate, key, user, password, folder = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def authenticate(server, session, envelope, mechanism, data):
        right = getattr(data, "login", None) == user.encode() and getattr(data, "password", None) == password.encode()
        return AuthResult(success=right)

    class LocalController(Controller):
        def factory(self):
            return SMTP(self.handler, hostname="localhost", tls_context=context, require_starttls=True, auth_required=True,
                        authenticator=authenticate, enable_SMTPUTF8=False)

        def _trigger_server(self):
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    folder = pathlib.Path(folder)
    controller = LocalController(Handler(folder), hostname="127.0.0.1", port=0)
    controller.start()
    draft = folder / "port.new"
    draft.write_text(str(controller.port))
    os.rename(draft, folder / "port")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
main()
