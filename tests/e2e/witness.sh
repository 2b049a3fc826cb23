#!/bin/bash
# Two witnesses cosign what a vendor publishes; one dies and comes back; a log that is taken back to an older copy, or forked, is not cosigned.
# Played with the real programs.
#
#   witness.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"

declare -A witness_pid=()
stop_witness() { # NAME [SIGNAL]
  if [[ ${witness_pid[$1]:-} ]]; then kill "-${2:-TERM}" "${witness_pid[$1]}" 2>/dev/null && wait "${witness_pid[$1]}" 2>/dev/null || true; fi
  unset "witness_pid[$1]"
}
trap 'for name in "${!witness_pid[@]}"; do stop_witness "$name"; done; cleanup' EXIT
# start_witness NAME PORT; 0 lets the system choose. Its address is in $work/NAME.ready
start_witness() {
  rm -f "$work/$1.ready"
  "$bin/kip" witness serve --dir "$work/$1" --listen "127.0.0.1:$2" --ready-file "$work/$1.ready" 2>>"$work/$1.log" &
  witness_pid[$1]=$!
  if wait_until 100 test -e "$work/$1.ready"; then return; fi
  cat "$work/$1.log" >&2
  broken "the witness $1 did not start"
}
address() { cat "$work/$1.ready"; }
key_of() { curl -s "$(address "$1")/"; }
vkey() { python3 -c 'import json, sys; print(next(l["checkpoint_keys"][0] for l in json.load(open(sys.argv[1]))["logs"] if l["log"] == "o"))' "$work/server/online-keys.json"; }
register() { quiet kip act add --issuer BTC --number "$1/2025/TT-BTC" --year 2025 --signed-on 2025-10-27 --changes report-form --source "the document"; }
checkpoint="$work/server/logs/o/public/checkpoint"
size() { sed -n 2p "$checkpoint"; }
has_size() { [[ $(size) == "$1" ]]; }
published() { wait_until 100 has_size "$1" || broken "the log has $(size) entries, not $1"; }
signed_by() { # WITNESS...: whether all of them have signed what is published
  local keys=(--vkey "$(vkey)") name
  for name in "$@"; do keys+=(--vkey "${keys_of[$name]}"); done
  curl -s "$url/t/an-phat/log/o/checkpoint" >"$work/fetched" && kip note verify "${keys[@]}" "$work/fetched" >/dev/null 2>&1
}
server_says() { [[ $(cat "$work/server.log") == *"$1"* ]]; }
# ask NAME FILE: the status and, after a blank, the body of the answer
ask() { curl -s -o "$work/answer" -w '%{http_code}' --data-binary "@$2" "$(address "$1")/add-checkpoint"; }

step "1. Two witnesses, each with a key of its own, watch the log of a vendor"
make_server an-phat
declare -A keys_of=() port_of=()
for name in w1 w2; do
  show kip witness init --dir "$work/$name" --name "$name.example/kip"
  refused 2 "[[log]]" "$bin/kip" witness serve --dir "$work/$name" --listen 127.0.0.1:0
  printf '\n[[log]]\nkey = "%s"\n' "$(vkey)" >>"$work/$name/kip-witness.toml"
  start_witness "$name" 0
  keys_of[$name]=$(key_of "$name")
  port_of[$name]=$(address "$name" | sed 's/.*://')
  printf '\n[[witness]]\nurl = "%s"\nkey = "%s"\n' "$(address "$name")" "${keys_of[$name]}" >>"$work/server/kip-server.toml"
done
refused 15 "busy" "$bin/kip" --json witness serve --dir "$work/w1" --listen 127.0.0.1:0
refused 6 "something in it" "$bin/kip" witness init --dir "$work/w1" --name other

step "2. What the vendor publishes is cosigned by both, and is still the same log"
start_server
register 99
published 1
wait_until 200 signed_by w1 w2 || { cat "$work/server.log" >&2; broken "the checkpoint is not cosigned"; }
show kip note verify --vkey "$(vkey)" --vkey "${keys_of[w1]}" --vkey "${keys_of[w2]}" "$work/fetched"
show kip log verify --log "$url/t/an-phat/log/o" --vkey "$(vkey)"

step "3. One witness is killed: the vendor goes on, says so once, and the witness remembers"
stop_witness w1 KILL
register 98
published 2
wait_until 200 signed_by w2 || broken "the other witness did not cosign"
wait_until 100 server_says witness.silent || broken "the server does not say that a witness is away"
start_witness w1 "${port_of[w1]}"
wait_until 300 signed_by w1 w2 || { cat "$work/server.log" "$work/w1.log" >&2; broken "the witness that came back did not cosign"; }
server_says witness.back || broken "the server does not say that the witness is back"
expect "told once" "$(grep -c 'event=witness.silent' "$work/server.log")" 1

step "4. Requests by strangers"
printf 'old 0\n\n' >"$work/request"
expect "no note" "$(ask w1 "$work/request")" 400
{ printf 'old 0\n\n'; sed 's|^127.*/log/o$|elsewhere.example/log|' "$work/fetched"; } >"$work/request"
expect "another log" "$(ask w1 "$work/request")" 404
{ printf 'old 0\n\n'; awk 'NR == 2 { print 7; next } { print }' "$work/fetched"; } >"$work/request"
expect "another size, which nobody has signed" "$(ask w1 "$work/request")" 403
{ printf 'old 0\n\n'; cat "$work/fetched"; } >"$work/request"
expect "what it has seen" "$(ask w1 "$work/request")" 409
expect "the size that it has seen" "$(cat "$work/answer")" 2
head -c 200000 /dev/zero | tr '\0' x >"$work/request"
expect "too much" "$(ask w1 "$work/request")" 413

step "5. A log that is taken back to an older copy, and then says something else, is not cosigned"
stop_server
cp -r "$work/server" "$work/older"
start_server
register 97
published 3
wait_until 200 signed_by w1 w2 || broken "the checkpoint is not cosigned"
cp "$work/fetched" "$work/true"
stop_server
rm -rf "$work/server"
mv "$work/older" "$work/server"
start_server
published 2
wait_until 200 server_says "the log has gone back" || { cat "$work/server.log" >&2; broken "nobody notices that the log has gone back"; }
register 96
published 3
wait_until 200 server_says "another tree of 3 entries" || { cat "$work/server.log" >&2; broken "nobody notices the fork"; }
if signed_by w1 || signed_by w2; then broken "a fork was cosigned"; fi
expect "both notes are kept as proof" "$(find "$work/w1/logs/conflicts" -type f | wc -l)" 2
for note in "$work"/w1/logs/conflicts/*; do show kip note verify --vkey "$(vkey)" "$note"; done
cmp -s <(head -n 3 "$work/true") <(cat "$work"/w1/logs/conflicts/* | grep -x -B 2 -F "$(sed -n 3p "$work/true")") || broken "the true head is not among what is kept"
note "Nobody can be shown another log without the witnesses' noticing."
