#!/bin/bash
# The server's disk is full: what is there is served, what would have to be written is refused with 507 and loses nothing, and once there is room again the
# server goes on by itself. Played with the real programs on a small file system in memory.
#
#   disk_full.sh BIN-FOLDER
set -euo pipefail

if [[ ${1:-} != --mounted ]]; then
  # A namespace of its own, where a file system can be mounted that goes with it.
  unshare --mount true 2>/dev/null || { echo "SKIPPED: this needs a mount of its own (root, or CAP_SYS_ADMIN)"; exit 77; }
  exec unshare --mount "$0" --mounted "$@"
fi
shift
bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"

vkey() { python3 -c 'import json, sys; print(next(l["checkpoint_keys"][0] for l in json.load(open(sys.argv[1]))["logs"] if l["log"] == sys.argv[2]))' "$work/server/online-keys.json" "$1"; }
act() { kip act add --issuer BTC --number "$1/2025/TT-BTC" --year 2025 --signed-on 2025-10-27 --changes report-form --source "the document"; }
acts() { kip --json act list | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["acts"]))'; }
# Of a write as HTTP has it: status and media type.
write_status() { curl -s -o "$work/answer" -w '%{http_code} %{content_type}' -X POST -H "Authorization: Bearer $(cat "$work/token")" -H 'Content-Type: application/json' -d "$1" "$url/v1/tenants/an-phat/people"; }
fill_disk() { dd if=/dev/zero of="$work/server/ballast" bs=64k 2>/dev/null || true; cat /dev/zero >"$work/server/ballast2" 2>/dev/null || true; }
size() { sed -n 2p "$work/server/logs/o/public/checkpoint"; }
has_size() { [[ $(size) == "$1" ]]; }

step "1. A server on a small disk"
make_server an-phat
mv "$work/server" "$work/moved"
mkdir "$work/server"
mount -t tmpfs -o size=24m,mode=0700 kip-small "$work/server" 2>/dev/null || { echo "SKIPPED: mounting is not allowed here"; exit 77; }
trap 'cleanup_mount' EXIT
cleanup_mount() { stop_server; umount "$work/server" || true; cleanup; }
cp -a "$work/moved/." "$work/server/"
start_server
quiet act 1
wait_until 100 has_size 1 || broken "the log was not published"

step "2. It is full: writes are refused, and say why"
fill_disk
written=1
for ((i = 2; i < 500; ++i)); do
  code=0
  act "$i" >"$work/out" 2>&1 || code=$?
  if ((code)); then break; fi
  written=$i
done
note "$((written - 1)) more went into room that the database had"
expect "exit status of a write without room" "$code" 13
cat "$work/out"
expect "the same as HTTP" "$(write_status '{"name":"chi","roles":["auditor"],"officer_keys":[]}')" "507 application/problem+json"
grep -q disk-full "$work/answer" || broken "another problem: $(cat "$work/answer")"

step "3. Reads go on"
expect "acts" "$(acts)" "$written"
expect "alive" "$(curl -s -o /dev/null -w '%{http_code}' "$url/healthz")" 200
expect "the log" "$(curl -s -o /dev/null -w '%{http_code}' "$url/t/an-phat/log/o/checkpoint")" 200

step "4. With room again it goes on by itself, and nothing is missing"
rm "$work/server/ballast" "$work/server/ballast2"
quiet act 1000
expect "acts" "$(acts)" $((written + 1))
wait_until 100 has_size $((written + 1)) || broken "the log has $(size) entries, not $((written + 1))"
show kip log verify --log "$url/t/an-phat/log/o" --vkey "$(vkey o)"
stop_server
show "$bin/kip-server" check --dir "$work/server"
start_server
expect "acts after a restart" "$(acts)" $((written + 1))
note "Nothing that was acknowledged was lost."
