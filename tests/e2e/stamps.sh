#!/bin/bash
# The server has its log stamped by two authorities, one of which is away at first, and openssl believes what stands in the log. Played with the real
# programs.
#
#   stamps.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"
source "$here/authority.sh"

# entries TYPE: bodies of that type in O, one in each line
entries() {
  python3 - "$url/t/an-phat/log/o" "$1" <<'PY'
import base64, json, struct, sys, urllib.request
base, wanted = sys.argv[1:]
get = lambda path: urllib.request.urlopen(f"{base}/{path}").read()
size = int(get("checkpoint").split(b"\n")[1])
bundle = get(f"tile/entries/000.p/{size}") if size else b""
while bundle:
    length = struct.unpack(">H", bundle[:2])[0]
    entry = json.loads(base64.b64decode(json.loads(bundle[2:2 + length])["payload"]))
    bundle = bundle[2 + length:]
    if entry["type"] == wanted:
        print(json.dumps(entry["body"]))
PY
}
has_entries() { [[ $(entries "$2" | wc -l) -ge $1 ]]; }
# wait_for COUNT TYPE
wait_for() {
  if wait_until 200 has_entries "$1" "$2"; then return; fi
  cat "$work/server.log" >&2
  broken "O has no $1 entries of the type $2"
}
# files BODY: writes what a token of O is about, and the token
files() {
  python3 -c 'import base64, json, sys
body = json.loads(sys.argv[1])
open(sys.argv[2] + "/stamped", "w").write(body["checkpoint"])
open(sys.argv[2] + "/stamp.tst", "wb").write(base64.b64decode(body["token"]))' "$1" "$work"
}

step "1. An authority, and a server that has its log stamped by it"
start_tsa first 0
make_server an-phat
believe_authority first
start_server
quiet kip act add --issuer BTC --number 99/2025/TT-BTC --year 2025 --signed-on 2025-10-27 --changes report-form --source "the document"
wait_for 1 timestamp.recorded
expect "heads of R" "$(($(entries log.head-recorded | wc -l) >= 1))" 1

step "2. openssl and kip believe the token about the log's checkpoint"
files "$(entries timestamp.recorded | tail -n 1)"
openssl ts -verify -data "$work/stamped" -in "$work/stamp.tst" -token_in -CAfile "$work/first/ca.pem" >/dev/null 2>&1 || broken "openssl refuses the token"
show kip timestamp verify --data "$work/stamped" --token "$work/stamp.tst" --ca "$work/first/ca.pem"
expect "the log's name in what was stamped" "$(head -n 1 "$work/stamped")" "${url#http://}/t/an-phat/log/o"

step "3. While the authority is away, what is to be stamped waits, also when the server starts anew"
stop_tsa
before=$(entries timestamp.recorded | wc -l)
stop_server
start_server
quiet kip act add --issuer BTC --number 98/2025/TT-BTC --year 2025 --signed-on 2025-10-27 --changes report-form --source "the document"
server_says() { [[ $(cat "$work/server.log") == *"$1"* ]]; }
wait_until 300 server_says stamp.authority_silent || broken "the server does not say that the authority is silent"
expect "tokens meanwhile" "$(entries timestamp.recorded | wc -l)" "$before"
show kip evidence stamps | tee "$work/stamps.out"
[[ $(cat "$work/stamps.out") == *": pending"*"first: last stamped"*"NOT INDEPENDENT"*"first: pending, asked again"* ]] || broken "kip evidence stamps does not say what waits"
stop_server
start_tsa first "$(sed 's/.*://' "$work/first.ready")"
start_server
wait_for $((before + 1)) timestamp.recorded
files "$(entries timestamp.recorded | tail -n 1)"
openssl ts -verify -data "$work/stamped" -in "$work/stamp.tst" -token_in -CAfile "$work/first/ca.pem" >/dev/null 2>&1 || broken "openssl refuses the token"
note "The log is stamped."
