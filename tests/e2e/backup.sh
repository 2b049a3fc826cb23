#!/bin/bash
# The drill: a vendor with acts, releases, computers and evidence is backed up while receipts arrive, everything is deleted, and a server is made of the
# backup where nothing is. All is as it was; what came after the backup comes again from those who have it. Played with the real programs.
#
#   backup.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"
source "$here/authority.sh"

loop_pid=''
stop_loop() {
  if [[ $loop_pid ]]; then kill "$loop_pid" 2>/dev/null && wait "$loop_pid" 2>/dev/null || true; fi
  loop_pid=''
}
trap 'stop_loop; stop_tsa; cleanup' EXIT
backup() { "$bin/kip-server" backup --dir "$work/server" --to "$1"; }
restore() { "$bin/kip-server" restore --from "$1" --to "$work/server" "${@:2}"; }
vkey() { python3 -c 'import json, sys; print(next(l["checkpoint_keys"][0] for l in json.load(open(sys.argv[1]))["logs"] if l["log"] == sys.argv[2]))' "$work/server/online-keys.json" "$1"; }
# What people see: obligations, computers, acts.
seen() {
  kip --json obligation list | python3 -c 'import json, sys; [print("obligation", o["number"], o["act"], o["state"]) for o in json.load(sys.stdin)["obligations"]]'
  kip --json install list | python3 -c 'import json, sys; [print("install", i["install"], i["standing"], i.get("disputed")) for i in json.load(sys.stdin)["installs"]]'
  kip --json act list | python3 -c 'import json, sys; [print("act", a["key"] if "key" in a else a) for a in json.load(sys.stdin)["acts"]]'
}
verdicts() { kip --json evidence verify "$1" --trust "$work/trust.toml" | python3 -c 'import json, sys
for one in json.load(sys.stdin)["judgements"]: print(one["history"], one["subject"], one["verdict"])'; }
is_met() { quiet kip evidence export --all --out "$work/now.tar" && [[ $(verdicts "$work/now.tar") == *"MET"* ]]; }
# receipts_of MACHINE: how many the server has of that computer
receipts_of() {
  local id
  id=$(updater "$1" --json status | python3 -c 'import json, sys; print(json.load(sys.stdin)["install"])')
  curl -s -H "Authorization: Bearer $(cat "$work/token")" "$url/v1/tenants/an-phat/events?limit=1000" | python3 -c 'import base64, json, sys
count = 0
for event in json.load(sys.stdin)["events"]:
    if event["type"] != "receipts.recorded": continue
    body = json.loads(base64.b64decode(json.loads(base64.b64decode(event["envelope"]))["payload"]))["body"]
    for receipt in body["receipts"]:
        count += json.loads(base64.b64decode(json.loads(base64.b64decode(receipt))["payload"]))["install"] == sys.argv[1]
print(count)' "$id"
}

step "1. A vendor whose keys are encrypted, with an act, a release, two computers and evidence"
start_tsa first 0
(umask 077; echo "not to be found in any backup" >"$work/passphrase")
init_options=(--passphrase-file "$work/passphrase")
make_vendor an-phat
believe_authority first
start_server
quiet publish_signed "$work/repo"
promise_forms 2
keep_promise
for machine in pc1 pc2; do
  quiet kip install code --customer 0101243150 --product forms --out "$work/code-$machine"
  quiet updater "$machine" enroll "$(cat "$work/code-$machine")" --label "$machine"
  quiet updater "$machine" update
done
curl -s "$url/t/an-phat/metadata/1.root.json" >"$work/1.root.json"
printf '[vendor]\ntenant = "an-phat"\nroot = "1.root.json"\n\n[[authority]]\nname = "first"\nca_file = "first/ca.pem"\n' >"$work/trust.toml"

step "2. A backup while receipts arrive"
echo "form of version 1.1" >"$work/forms/form.xml"
release forms 1.1 "$work/forms"
quiet updater pc2 update
# Each of these reports.
while updater pc2 rollback && updater pc2 update --again; do :; done >"$work/loop.log" 2>&1 &
loop_pid=$!
arrived() { (($(grep -c 'route=[^ ]*/receipts' "$work/server.log") > $1)); }
wait_until 200 arrived 4 || broken "no receipts arrive"
before=$(grep -c 'route=[^ ]*/receipts' "$work/server.log")
show backup "$work/busy"
wait_until 200 arrived "$before" || broken "no receipts arrived during and after the backup"
stop_loop
refused 6 "is there already" backup "$work/busy"
(cd "$work/busy" && quiet sha256sum --quiet --check SHA256SUMS)
if grep -rqF "not to be found" "$work/busy"; then broken "the passphrase is in the backup"; fi
expect "keys that are not encrypted" "$(grep -L ENCRYPTED "$work"/busy/keys/*.pem)" ""
expect "who may look into it" "$(stat -c %a "$work/busy") $(stat -c %a "$work/busy/database.db")" "700 600"

step "3. A last backup; more happens; everything is lost"
wait_until 60 is_met || broken "nothing proves that the act was kept"
quiet updater pc2 report
quiet updater pc1 report
seen >"$work/seen.before"
verdicts "$work/now.tar" >"$work/verdicts.before"
cp "$work/now.tar" "$work/kept.tar"
mark=$(backup "$work/backup" | sed -n 's/^Its mark.*: //p')
count=$(receipts_of pc1)
quiet updater pc1 update
later=$(receipts_of pc1)
((later > count)) || broken "nothing was recorded after the backup"
echo "form of version 1.2" >"$work/forms/form.xml"
release forms 1.2 "$work/forms"
# What is restored is shorter than what others have seen.
size_of() { sed -n 2p "$1/logs/o/public/checkpoint"; }
has_grown() { (($(size_of "$work/server") > $(size_of "$work/backup"))); }
wait_until 60 has_grown || broken "the release is not in the log"
cp "$work/server/logs/o/public/checkpoint" "$work/o.newest"
lost=$(($(size_of "$work/server") - $(size_of "$work/backup")))
stop_server
rm -rf "$work/server"
if [[ ${database[*]} ]]; then quiet psql -c "DROP DATABASE kip" -c "CREATE DATABASE kip OWNER kip"; fi

step "4. What is not whole is not restored"
cp -a "$work/backup" "$work/damaged"
file=$(cd "$work/damaged" && find repository -name '*form*kpk' | head -n 1)
printf x >>"$work/damaged/$file"
refused 11 "is damaged" restore "$work/damaged"
cp "$work/backup/$file" "$work/damaged/$file"
printf x >"$work/damaged/logs/o/public/more"
refused 11 "does not list" restore "$work/damaged"
rm "$work/damaged/logs/o/public/more" "$work/damaged/backup.json"
refused 5 "no whole backup" restore "$work/damaged"
refused 11 "another backup" restore "$work/busy" --mark "$mark"
[[ ! -e $work/server ]] || broken "something was left"
if [[ ! ${database[*]} ]]; then
  # A database of another time than the logs: as if somebody had mixed two backups.
  rm -rf "$work/damaged" && cp -a "$work/backup" "$work/damaged"
  cp -a "$work/busy/database.db" "$work/damaged/"
  (cd "$work/damaged" && find . -type f ! -name SHA256SUMS ! -name backup.json -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum >SHA256SUMS)
  python3 - "$work/damaged" "$work/busy" <<'PY'
import hashlib, json, sys
note = json.load(open(sys.argv[1] + "/backup.json"))
note["events"] = json.load(open(sys.argv[2] + "/backup.json"))["events"]
note["sums"] = hashlib.sha256(open(sys.argv[1] + "/SHA256SUMS", "rb").read()).hexdigest()
json.dump(note, open(sys.argv[1] + "/backup.json", "w"))
PY
  refused 10 "not of one time" restore "$work/damaged"
fi

step "5. The backup is a server again"
show restore "$work/backup" --mark "$mark" --known "$work/o.newest"
refused 6 "something in it already" restore "$work/backup"
start_server
seen >"$work/seen.after"
quiet diff "$work/seen.before" "$work/seen.after"
show kip log verify --log "$url/t/an-phat/log/o2" --vkey "$(vkey o)"
show kip log verify --log "$url/t/an-phat/log/r2" --vkey "$(vkey r)" --no-entries
show kip evidence verify "$work/kept.tar" --trust "$work/trust.toml"

step "6. What came after the backup comes again from those who have it"
quiet kip repo online --repo "$work/repo" "$work/server/online-keys.json"
quiet officer an sign --repo "$work/repo" --yes
quiet officer chi sign --repo "$work/repo" --yes
quiet publish_signed "$work/repo"
expect "receipts after the backup" "$(receipts_of pc1)" "$count"
quiet updater pc1 rollback
quiet updater pc1 update
((  $(receipts_of pc1) > later )) || broken "the install has not sent again what was lost: $(receipts_of pc1), $later before"
show updater pc1 status
quiet kip evidence export --all --out "$work/after.tar"
wait_until 60 is_met || broken "nothing proves any more that the act was kept"
verdicts "$work/now.tar" >"$work/verdicts.after"
quiet diff "$work/verdicts.before" "$work/verdicts.after"
told=$(kip evidence verify "$work/now.tar" --trust "$work/trust.toml")
[[ $told == *"What stood in $lost entries of O and"* ]] || broken "nobody is told that entries of the log are lost"
refused 10 "kip publish" kip repo fetch --repo "$work/repo"
proposal=$(kip --json publish --repo "$work/repo" | python3 -c 'import json, sys; print(json.load(sys.stdin)["proposal"]["proposal"])')
quiet second proposal approve "$proposal"
refused 5 "nothing is staged" kip publish --repo "$work/repo"
quiet updater pc2 update
expect "what pc2 runs" "$(cat "$work"/pc2/app/current/form.xml)" "form of version 1.2"
note "The drill is over: nothing is missing."
