#!/usr/bin/env python3
"""Attacks the server at a port of this machine in several ways, and asks beside each as an office does.

    hostile_clients.py PORT CERTIFICATE TOKEN-FILE

The office asks from 127.0.0.1, the attacker from 127.0.0.2: limits are per address. Time counts only as a limit after which
a client gives up; nothing is measured.
"""

import http.client
import socket
import ssl
import sys

PORT = int(sys.argv[1])
TRUST = ssl.create_default_context(cafile=sys.argv[2])
TOKEN = open(sys.argv[3]).read().strip()
OFFICE, ATTACKER = ("127.0.0.1", 0), ("127.0.0.2", 0)
PATIENCE = 10


def connect(source):
    raw = socket.create_connection(("127.0.0.1", PORT), timeout=PATIENCE, source_address=source)
    return TRUST.wrap_socket(raw, server_hostname="localhost")


def ask(path, source=OFFICE, method="GET", body=None, headers=None):
    client = http.client.HTTPConnection("localhost", PORT, timeout=PATIENCE)
    client.sock = connect(source)
    client.request(method, path, body=body, headers=headers or {})
    answer = client.getresponse()
    answer.read()
    client.close()
    return answer.status


def office_is_served(during):
    """What comes from disk, and what kip-server has to answer."""
    token = {"Authorization": f"Bearer {TOKEN}"}
    for path, headers in [("/t/an-phat/metadata/timestamp.json", {}), ("/v1/tenants/an-phat/acts", token)] * 5:
        status = ask(path, headers=headers)
        assert status == 200, f"while {during}: {path} answers the office {status}"


def status_of(sock):
    """Of an answer that may be cut off by a reset, since not all was read; 0 where there was none."""
    try:
        return int((sock.recv(4096) or b"x 0 ").split(b" ")[1])
    except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
        return 0


def slow_loris():
    drips = [connect(ATTACKER) for _ in range(200)]
    for sock in drips:
        sock.sendall(b"GET /v1/tenants/an-phat/acts HTTP/1.1\r\nHost: localhost\r\nX-")
    office_is_served("200 connections hold back the end of their heads")
    # Time is up for all of them.
    ended = 0
    for sock in drips:
        try:
            sock.recv(1024)  # a refusal or the end
            ended += 1
        except (ConnectionResetError, ssl.SSLError):
            ended += 1
        except TimeoutError:
            pass
        sock.close()
    assert ended == len(drips), f"{len(drips) - ended} connections were kept open"


def slow_bodies():
    drips = [connect(ATTACKER) for _ in range(60)]
    for sock in drips:
        sock.sendall(b"POST /v1/tenants/an-phat/receipts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
                     b"Content-Type: application/json\r\n\r\n{")
    office_is_served("60 connections hold back their bodies")
    for sock in drips:
        sock.close()


def floods_of_headers():
    for name, head in [("one of 64 KiB", b"X-Long: " + b"a" * 65536 + b"\r\n"),
                       ("ten thousand", b"".join(b"X-%d: y\r\n" % i for i in range(10000)))]:
        sock = connect(ATTACKER)
        try:
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n")
        except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
            pass
        status = status_of(sock)
        assert status in (0, 400, 431), f"a flood of headers ({name}) is answered {status}"
        sock.close()
    office_is_served("headers flood")


def bodies_without_end():
    sock = connect(ATTACKER)
    sock.sendall(b"POST /v1/tenants/an-phat/receipts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n")
    assert status_of(sock) == 413
    sock.close()
    sock = connect(ATTACKER)
    sock.sendall(b"POST /v1/tenants/an-phat/receipts HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    try:
        for _ in range(16):
            sock.sendall(piece)
    except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
        pass
    # It has not come to its end, so that only a refusal can be the answer.
    status = status_of(sock)
    assert status in (0, 413), f"a body of 16 MiB that goes on is answered {status}"
    sock.close()
    office_is_served("bodies have no end")


def more_requests_than_anybody_needs():
    client = http.client.HTTPConnection("localhost", PORT, timeout=PATIENCE)
    statuses = set()
    client.sock = connect(ATTACKER)
    for i in range(600):
        if client.sock is None:
            client.sock = connect(ATTACKER)
        client.request("GET", "/v1/tenants/an-phat/acts")
        answer = client.getresponse()
        answer.read()
        statuses.add(answer.status)
        if 429 in statuses:
            break
    assert 429 in statuses, f"600 requests in a row were answered {statuses}"
    office_is_served("one address asks without end")


for attack in (slow_loris, slow_bodies, floods_of_headers, bodies_without_end, more_requests_than_anybody_needs):
    attack()
    print(attack.__name__, "did no harm")
