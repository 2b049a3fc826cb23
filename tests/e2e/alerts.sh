#!/bin/bash
# A webhook is told of a rollout that was stopped and that it goes on, signed with the shared secret; what it refuses is dead until a person has it
# tried again. Played with the real programs and a receiver that checks each signature by itself.
#
#   alerts.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"

hooks="$work/hooks" hook_pid=''
mkdir "$hooks"
trap '[[ $hook_pid ]] && kill "$hook_pid" 2>/dev/null; cleanup' EXIT
secret="whsec_$(openssl rand -base64 32)"
python3 -B "$here/webhook_receiver.py" "$secret" "$hooks" &
hook_pid=$!
wait_until 100 test -e "$hooks/port" || broken "the receiver did not start"

# told TYPE KIND: whether the receiver has such a message
told() { grep -qxF "$1 $2" "$hooks/told" 2>/dev/null; }
# await TYPE KIND
await() {
  if wait_until 200 told "$@"; then return; fi
  cat "$work/server.log" "$hooks"/* >&2
  broken "waited in vain for $*"
}

step "1. A server that posts alerts to a receiver with a secret that both know"
make_vendor an-phat
(umask 077; printf '%s\n' "$secret" >"$work/secret")
cat >>"$work/server/kip-server.toml" <<TOML
[[webhook]]
name = "duty"
url = "http://127.0.0.1:$(<"$hooks/port")/kip"
secret_file = "$work/secret"
TOML
start_server
show kip alert test
await alert.raised test
[[ $(kip alert list) != *test:* ]] || broken "a test is nothing to look after"

step "2. A rollout is stopped: the receiver is told, and again once it goes on"
mkdir "$work/forms"
echo 01 >"$work/forms/01.xml"
release forms 1.0 "$work/forms"
quiet kip rollout stop forms --reason "prints blank"
stop_server
start_server
await alert.raised rollout-paused
show kip alert list
[[ $(kip alert list) == *"rollout-paused: forms 1.0"*"prints blank"* ]] || broken "the alert is not in the list"
quiet kip rollout resume forms --reason "the printer was off"
quiet second proposal approve "$(kip --json proposal list | python3 -c 'import json, sys; print(json.load(sys.stdin)["proposals"][0]["proposal"])')"
stop_server
start_server
await alert.cleared rollout-paused
expect "messages whose signature did not hold" "$(cat "$hooks/bad" 2>/dev/null | wc -l)" 0

step "3. A receiver that is gone for good: the delivery is dead, is seen, and is tried again by hand"
echo 410 >"$hooks/answer"
quiet kip alert test
dead() { kip --json alert deliveries --state dead | python3 -c 'import json, sys; [print(d["id"]) for d in json.load(sys.stdin)["deliveries"]]'; }
is_dead() { [[ $(dead) ]]; }
wait_until 200 is_dead || broken "the delivery is not dead"
show kip alert deliveries --state dead
rm "$hooks/answer"
id=$(dead)
quiet kip alert retry "$id"
arrived() { grep -qxF "$id" "$hooks/ids"; }
wait_until 200 arrived || broken "the delivery was not tried again"
refused 6 "only a dead one" kip alert retry "$id"
