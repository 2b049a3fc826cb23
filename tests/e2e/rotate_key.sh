#!/bin/bash
# A computer gives its key up for another one: at once, interrupted, and against a copy of itself; a server that was restored from before it is told again, and
# an auditor follows the keys. Played with the real programs.
#
#   rotate_key.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"
source "$here/authority.sh"

# key_there: the id of the key that the vendor has of the computer
key_there() { kip --json install list | python3 -c 'import json, sys; print(json.load(sys.stdin)["installs"][0]["key_id"])'; }
# public FILE: the key in it
public() { openssl pkey -in "$1" -pubout; }
# events TYPE: how many the vendor has recorded
events() { curl -s -H "Authorization: Bearer $(cat "$work/token")" "$url/v1/tenants/an-phat/events?limit=1000" | python3 -c 'import json, sys
print(sum(e["type"] == sys.argv[1] for e in json.load(sys.stdin)["events"]))' "$1"; }
# met: whether a bundle of now proves that the act was kept
met() {
  quiet kip evidence export --all --out "$work/all.tar"
  kip --json evidence verify "$work/all.tar" --trust "$work/trust.toml" >"$work/report.json" && python3 -c 'import json, sys
report = json.load(open(sys.argv[1]))
sys.exit(not any(one["subject"] == "installed" and one["verdict"] == "MET" for one in report["judgements"]))' "$work/report.json"
}

step "1. A vendor, an act with a version for it, a computer"
start_tsa first 0
make_vendor an-phat
believe_authority first
start_server
quiet publish_signed "$work/repo"
promise_forms 1
keep_promise
quiet kip install code --customer 0101243150 --product forms --out "$work/code"
quiet updater pc1 enroll "$(cat "$work/code")" --label "PC1 ketoan"
first=$(key_there)
quiet "$bin/kip-server" backup --dir "$work/server" --to "$work/backup" --with-plain-keys
cp -a "$work/pc1" "$work/copy"

step "2. Without the server nothing is lost: the new key waits beside the old one"
stop_server
refused 14 "every later command tries again" updater pc1 rotate-key
expect "who may read it" "$(stat -c %a "$work/pc1/state/install.key.next")" 600
waiting=$(public "$work/pc1/state/install.key.next")
start_server
expect "the key" "$(key_there)" "$first"
show updater pc1 check | tee "$work/check.txt"
grep -q "this install has a new key" "$work/check.txt" || broken "it does not say that it has a new key"
expect "the key" "$(public "$work/pc1/state/install.key")" "$waiting"
[[ ! -e $work/pc1/state/install.key.next ]] || broken "the new key is still waiting"
[[ $(key_there) != "$first" ]] || broken "the server knows the old key only"

step "3. It installs, and once more takes another key"
second_key=$(key_there)
quiet updater pc1 update
updater pc1 --json rotate-key >"$work/rotated.json"
newest=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["key"])' "$work/rotated.json")
expect "the key" "$(key_there)" "$newest"
expect "rotations" "$(events install.rekeyed)" 2
expect "computers" "$(events install.enrolled)" 1
[[ $newest != "$second_key" ]] || broken "it is the same key"

step "4. A copy of the computer from before has a key that counts for nothing"
quiet updater copy update
refused 7 "kept" updater copy report
refused 7 "" updater copy rotate-key
expect "the key" "$(key_there)" "$newest"

step "5. An auditor follows the keys"
curl -s "$url/t/an-phat/metadata/1.root.json" >"$work/1.root.json"
printf '[vendor]\ntenant = "an-phat"\nroot = "1.root.json"\n\n[[authority]]\nname = "first"\nca_file = "first/ca.pem"\n' >"$work/trust.toml"
wait_until 300 met || broken "nothing proves that the act was kept"
show kip evidence verify "$work/all.tar" --trust "$work/trust.toml" | tail -n 3
mkdir "$work/bundle"
tar -xf "$work/all.tar" -C "$work/bundle"
rotations=$(python3 -c 'import base64, glob, json, sys
events = [json.loads(base64.b64decode(json.loads(open(name, "rb").read()[32:])["payload"])) for name in glob.glob(sys.argv[1] + "/events/r/????????")]
print(sum(event["type"] == "install.rekeyed" for event in events))' "$work/bundle")
expect "rotations in the bundle" "$rotations" 2

step "6. A server that was restored from before it is told of the key again"
stop_server
rm -rf "$work/server"
quiet "$bin/kip-server" restore --from "$work/backup" --to "$work/server"
start_server
expect "the key" "$(key_there)" "$first"
quiet updater pc1 support --kind question --note "are you back?"
expect "the key" "$(key_there)" "$newest"

step "7. A retired computer keeps its key"
quiet kip install retire "$(updater pc1 --json status | python3 -c 'import json, sys; print(json.load(sys.stdin)["install"])')" --reason "sold"
refused 7 "retired" updater pc1 rotate-key
step "Done"
