#!/usr/bin/env python3
"""Ends TLS before a server that speaks plain HTTP.

    tls_front.py CERTIFICATE KEY BACKEND-PORT PORT-FILE

Listens on a free port of 127.0.0.1, whose number it writes to PORT-FILE, and hands each connection on. Runs until it is
ended.
"""

import os
import socket
import ssl
import sys
import threading


def pump(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    certificate, key, backend, port_file = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with open(port_file + ".new", "w") as file:
            file.write(str(listener.getsockname()[1]))
        os.rename(port_file + ".new", port_file)
        while True:
            plain, _ = listener.accept()
            try:
                client = context.wrap_socket(plain, server_side=True)
                server = socket.create_connection(("127.0.0.1", int(backend)))
            except OSError:
                continue  # a client that does not trust it
            for ends in ((client, server), (server, client)):
                threading.Thread(target=pump, args=ends, daemon=True).start()


if __name__ == "__main__":
    main()
