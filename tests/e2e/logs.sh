#!/bin/bash
# The transparency logs as others see them: checked whole and entry by entry, extended, and restarted after a backup was put back. Played with
# the real programs.
#
#   logs.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"

register() { quiet kip act add --issuer BTC --number "$1/2025/TT-BTC" --year 2025 --signed-on 2025-10-27 --changes report-form --source "the document"; }
vkey() { python3 -c 'import json, sys; print(next(l["checkpoint_keys"][0] for l in json.load(open(sys.argv[1]))["logs"] if l["log"] == sys.argv[2]))' "$work/server/online-keys.json" "$1"; }
size() { sed -n 2p "$work/server/logs/$1/public/checkpoint"; }
# published LOG SIZE: waits until the log has so many entries
has_size() { [[ $(size "$1") == "$2" ]]; }
published() { wait_until 100 has_size "$1" "$2" || broken "the log $1 has $(size "$1") entries, not $2"; }

step "1. A vendor registers an act; both logs have it or a commitment to what else happened"
make_server an-phat
start_server
register 99
published o 1
show kip log verify --log "$url/t/an-phat/log/o" --vkey "$(vkey o)"
curl -s "$url/t/an-phat/log/o/checkpoint" >"$work/twice"
show kip note verify --vkey "$(vkey o)" --vkey "$(vkey o)" "$work/twice"
show kip log verify --log "$url/t/an-phat/log/r" --vkey "$(vkey r)" --no-entries
show kip note verify --vkey "$(vkey o)" "$work/server/logs/o/public/checkpoint"
cp "$work/server/logs/o/public/checkpoint" "$work/kept"
expect "an entry of R is not served" "$(curl -s -o /dev/null -w '%{http_code}' "$url/t/an-phat/log/r/tile/entries/000.p/1")" 404

step "2. The log extends what was kept, and an entry is proven without it"
register 98
published o 2
show kip log verify --log "$url/t/an-phat/log/o" --vkey "$(vkey o)" --since "$work/kept"
show kip log prove --log "$url/t/an-phat/log/o" --vkey "$(vkey o)" --index 0 --out "$work/proof"
# The entry out of its bundle: two octets of length, then the entry.
curl -s "$url/t/an-phat/log/o/tile/entries/000.p/1" | tail -c +3 >"$work/entry"
show kip log verify --vkey "$(vkey o)" --proof "$work/proof" --entry "$work/entry"
printf x >>"$work/entry"
refused 1 "not valid" kip log verify --vkey "$(vkey o)" --proof "$work/proof" --entry "$work/entry"
refused 1 "not valid" kip log verify --log "$url/t/an-phat/log/r" --vkey "$(vkey o)" --no-entries
refused 1 "say --no-entries" kip log verify --log "$url/t/an-phat/log/r" --vkey "$(vkey r)"
refused 1 "has not signed it" kip note verify --vkey "$(vkey r)" "$work/kept"

step "3. A backup of the database is put back: the server does not go on as if nothing had been"
stop_server
back_up_database "$work/backup"
start_server
register 97
published o 3
stop_server
restore_database "$work/backup"
refused 10 "putting a backup back" "$bin/kip-server" run --dir "$work/server"

step "4. New logs name the last known heads"
refused 2 "say --yes" "$bin/kip-server" log restart --dir "$work/server" --reason "disk lost"
show "$bin/kip-server" log restart --dir "$work/server" --reason "disk lost" --yes
start_server
show kip log verify --log "$url/t/an-phat/log/o2" --vkey "$(vkey o)"
show kip log verify --log "$url/t/an-phat/log/r2" --vkey "$(vkey r)" --no-entries
register 96
published o2 2
entry=$(curl -s "$url/t/an-phat/log/o2/tile/entries/000.p/2" | tail -c +3 | head -c 4000)
payload=$(python3 -c 'import base64, json, sys; print(base64.b64decode(json.JSONDecoder().raw_decode(sys.argv[1])[0]["payload"]).decode())' "$entry")
[[ $payload == *'"type":"log.restarted"'* ]] || broken "the first entry is no restart: $payload"
[[ $payload == *"$(sed -n 3p "$work/server/logs/o/public/checkpoint")"* ]] || broken "it does not name the last head"
note "The story of the logs is told."
