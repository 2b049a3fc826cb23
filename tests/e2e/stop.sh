#!/bin/bash
# SIGTERM: the server takes no more connections, finishes the request that it has, leaves its database as one file, and ends with 0. Played with the real
# programs.
#
#   stop.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"

make_server an-phat
start_server
quiet kip act add --issuer BTC --number 1/2025/TT-BTC --year 2025 --signed-on 2025-10-27 --changes report-form --source "the document"
[[ ${database[*]} || -e $work/server/kip.db-wal ]] || broken "nothing is in the database's journal, so that nothing can be said of it"

step "A request is under way when the signal comes"
python3 - "$port" "$work/token" "$server_pid" <<'PY'
import json, os, signal, socket, sys
port, token, pid = int(sys.argv[1]), open(sys.argv[2]).read().strip(), int(sys.argv[3])
body = json.dumps({"name": "binh", "roles": ["auditor"], "officer_keys": []}).encode()
client = socket.create_connection(("127.0.0.1", port), timeout=30)
client.sendall((f"POST /v1/tenants/an-phat/people HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n").encode())
answer = b""
while not answer.endswith(b"\r\n\r\n"):  # it comes in pieces
    piece = client.recv(4096)
    assert piece, answer
    answer += piece
assert answer.startswith(b"HTTP/1.1 100"), answer
os.kill(pid, signal.SIGTERM)
while True:  # until nobody new is let in
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionResetError:  # it was waiting to be taken
        continue
    except ConnectionRefusedError:
        break
client.sendall(body)
answer = b""
while piece := client.recv(4096):
    answer += piece
assert answer.startswith(b"HTTP/1.1 2"), answer
PY
code=0
wait "$server_pid" || code=$?
server_pid=''
expect "exit status" "$code" 0
grep -q 'event=server.stopped' "$work/server.log" || broken "it does not say that it has stopped"
if [[ ! ${database[*]} ]]; then
  [[ ! -e $work/server/kip.db-wal && ! -e $work/server/kip.db-shm ]] || broken "the database is not one file: $(ls "$work/server")"
fi

step "What it answered is there"
start_server
expect "people" "$(kip --json person list | python3 -c 'import json, sys; print(sorted(p["name"] for p in json.load(sys.stdin)["people"]))')" "['admin', 'binh']"
note "It stopped in order."
