#!/bin/bash
# The vendor's staff, played by real processes: an invitation, a password, roles, tokens, a second vendor, and somebody who leaves.
#
#   people.sh BIN
set -euo pipefail
bin=$(realpath "${1:?name the folder of the programs}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
samples=$(realpath "$here/../../manifests/samples")
source "$here/stage.sh"

password='bình minh trên sông'
act=BTC:99/2025/TT-BTC:2025
# as NAME COMMAND...: with that person's session
as() { "$bin/kip" "${@:2}" --token-file "$work/session-$1"; }
# signed_in NAME ROLE...: adds the person, who sets a password by the invitation and signs in
signed_in() {
  local name=$1 invitation roles=() role
  shift
  for role in "$@"; do roles+=(--role "$role"); done
  invitation=$(kip --json person add "$name" "${roles[@]}" | python3 -c 'import json, sys; print(json.load(sys.stdin)["invitation"])')
  show kip password --person "$name" --proof-fd 3 --password-fd 4 3<<<"$invitation" 4<<<"$password"
  show "$bin/kip" login --person "$name" --password-fd 3 --token-file "$work/session-$name" 3<<<"$password"
}

step "1. A server for two vendors; the first person adds others"
make_server an-phat
quiet "$bin/kip-server" init --dir "$work/other" --tenant binh-minh --url "$url" --listen "127.0.0.1:$port" --token-file "$work/token-other" --yes
"$bin/kip-server" run --dir "$work/server" --also "$work/other" --ready-file "$work/ready" 2>>"$work/server.log" &
server_pid=$!
wait_until 100 test -e "$work/ready" || broken "the server did not start"
signed_in binh publisher compliance
signed_in chi approver
expect "mode of the file of a session" "$(stat -c %a "$work/session-chi")" 600
show kip person list

step "2. Each may what their roles say"
quiet as binh commitment import "$samples/commitments-sample.json"
quiet as binh act add --issuer BTC --number 99/2025/TT-BTC --year 2025 --kind circular --signed-on 2025-10-27 --changes report-form --source "https://example.vn/99"
refused 7 "needs the action acts.register" as chi act add --issuer BTC --number 1/2025 --year 2025 --kind circular --signed-on 2025-10-27 --changes report-form
refused 7 "" as binh act confirm "$act" signed 2025-10-27
quiet as chi act confirm "$act" signed 2025-10-27
refused 7 "needs the action people.manage" as chi person add dung --role auditor
refused 7 "" kip act list --token-file "$work/token-other"
refused 7 "do not belong together" "$bin/kip" login --person chi --password-fd 3 --token-file "$work/nothing" 3<<<"not the pass phrase"
[[ ! -e $work/nothing ]] || broken "a session was written though nobody signed in"
refused 6 "something else than a session" "$bin/kip" login --person chi --password-fd 3 --token-file "$work/token" 3<<<"$password"

step "3. A token for a script"
show as binh token create --label "nightly list" --scope read --days 30 --out "$work/token-script"
quiet kip obligation list --token-file "$work/token-script"
refused 7 "needs the action acts.register" kip act add --issuer BTC --number 1/2025 --year 2025 --kind circular --signed-on 2025-10-27 --changes report-form --token-file "$work/token-script"

step "4. Binh leaves; what waits is somebody's"
quiet as binh obligation waive 1 --reason "nobody uses the form" --until 2027-01-01
show kip person dependents binh
refused 3 "say who takes it over" kip person remove binh --reason "has left"
show kip person remove binh --reason "has left" --successor chi
refused 7 "valid token" kip obligation list --token-file "$work/token-script"
refused 7 "valid token" as binh whoami
show as chi whoami
refused 7 "taken over" as chi obligation approve-waiver 1 1
quiet kip obligation approve-waiver 1 1

step "5. Every change has said who, by what and from where"
curl -fsS -H "Authorization: Bearer $(cat "$work/token")" "$url/v1/tenants/an-phat/events?limit=1000" | python3 -c '
import base64, json, sys
events = [json.loads(base64.b64decode(json.loads(base64.b64decode(e["envelope"]))["payload"])) for e in json.load(sys.stdin)["events"]]
staff = [e for e in events if e["actor"].startswith("staff:")]
assert len(staff) > 10 and all(e["from"] == "127.0.0.1" and e["credential"] for e in staff), staff
assert {e["actor"] for e in staff} == {"staff:admin", "staff:binh", "staff:chi"}, staff
print("  ", len(staff), "changes by", ", ".join(sorted({e["actor"] for e in staff})))'
if grep -qE 'kips?_|kipi_|sông' "$work/server.log"; then broken "the server's log holds a secret"; fi
show as chi logout
[[ ! -e $work/session-chi ]] || broken "a session that has ended is still there"
