#!/bin/bash
# A server moves from a file of SQLite into PostgreSQL: nothing is lost, the logs go on, and the old file is left. Played with the real programs.
#
#   with_postgresql.sh database_copy.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"

socket=$KIP_TEST_POSTGRESQL
database=()
register() { quiet kip act add --issuer BTC --number "$1/2025/TT-BTC" --year 2025 --signed-on 2025-10-27 --changes report-form --source "the document"; }
vkey() { python3 -c 'import json, sys; print(next(l["checkpoint_keys"][0] for l in json.load(open(sys.argv[1]))["logs"] if l["log"] == sys.argv[2]))' "$work/server/online-keys.json" "$1"; }
has_size() { [[ $(sed -n 2p "$work/server/logs/$1/public/checkpoint") == "$2" ]]; }
copy() { "$bin/kip-server" database copy --dir "$work/server" --from-file "$work/server/kip.db"; }

step "1. A server on a file"
make_server an-phat
start_server
register 99
wait_until 100 has_size o 1 || broken "the log was not published"
cp "$work/server/logs/o/public/checkpoint" "$work/kept"
refused 15 "stop the server" copy
stop_server

step "2. It moves"
sed -i "s|^\[postgresql\]|&\nhost = \"$socket\"|" "$work/server/kip-server.toml"
refused 5 "never begins a new one by itself" "$bin/kip-server" run --dir "$work/server"
show copy
refused 6 "already" copy

step "3. It goes on where it was"
start_server
register 98
wait_until 100 has_size o 2 || broken "the log did not go on"
show kip log verify --log "$url/t/an-phat/log/o" --vkey "$(vkey o)" --since "$work/kept"
expect "acts" "$(kip --json act list | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["acts"]))')" 2
expect "events in the new database" "$(psql -Atd kip -c 'SELECT count(*) > 2 FROM events')" t
