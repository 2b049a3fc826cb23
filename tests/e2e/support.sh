#!/bin/bash
# A customer's computer asks for help: at once, without network, against the contract's order, and by itself after an update that failed. Played with the real
# programs.
#
#   support.sh BIN
set -euo pipefail
bin=$(realpath "${1:?name the folder of the programs}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
samples=$(realpath "$here/../../manifests/samples")
source "$here/stage.sh"

# requests EXPRESSION: of the list of requests `r` at the vendor, in the order of their numbers
requests() {
  kip --json service list | python3 -c '
import json, sys
r = sorted(json.load(sys.stdin)["requests"], key=lambda one: one["number"])
print(eval(sys.argv[1]))' "$1"
}
# kept: how many requests wait on the computer
kept() { updater pc1 --json status | python3 -c 'import json, sys; print(sum(not r["answered"] for r in json.load(sys.stdin)["requests"]))'; }
# status_has TEXT: whether the computer's status shows it
status_has() {
  updater pc1 status >"$work/status.txt"
  grep -q "$1" "$work/status.txt" || broken "status does not show \"$1\""
}
# publish VERSION [PACK OPTION...]
publish() {
  local version=$1
  shift
  mkdir -p "$work/forms-$version"
  echo "form of version $version" >"$work/forms-$version/form.xml"
  quiet kip pack "$work/forms-$version" --product forms --version "$version" --out "$work/forms-$version.kpk" "$@"
  quiet kip repo add --repo "$work/repo" "$work/forms-$version.kpk"
  quiet officer an sign --repo "$work/repo" --yes
  quiet officer chi sign --repo "$work/repo" --yes
  quiet publish_signed "$work/repo"
}

step "1. A vendor with the terms of A, and a computer with version 1.0"
make_vendor an-phat
start_server
quiet publish_signed "$work/repo"
sed 's/"product": "program"/"product": "forms"/' "$samples/terms/vendor-a.json" >"$work/terms.json"
quiet kip commitment import "$work/terms.json"
printf 'tax code;name;product;contract start;periods;seats\n0100109106;Minh Anh;forms;%s;24;2\n' "$(date -u +%d/%m/%Y -d '-30 days')" >"$work/customers.csv"
quiet kip customer import "$work/customers.csv"
publish 1.0
quiet kip install code --customer 0100109106 --product forms --out "$work/code"
quiet updater pc1 enroll "$(cat "$work/code")" --label "PC1 ketoan"
quiet updater pc1 update

step "2. It asks, and is told its number and until when"
show updater pc1 support --kind question --grade 3 --note "how do I file an amended return?" | tee "$work/asked.txt"
grep -q "^request #1 question grade 3, with the vendor since .*, due before " "$work/asked.txt" || broken "no number and limit"
expect "what the vendor has" "$(requests '[(o["kind"], o["note"], o["promises"][0]["state"]) for o in r]')" "[('question', 'how do I file an amended return?', 'running')]"
head -c 5000 /dev/zero | tr '\0' x >"$work/long.txt"
refused 3 "longer than 4000" updater pc1 support --kind question --note - <"$work/long.txt"
refused 2 "" updater pc1 support --kind coffee --note "please"

step "3. Without network it is kept, and the next round sends it"
stop_server
printf 'the printer\nstays silent' | quiet updater pc1 support --kind remote --grade 1 --note -
expect "kept" "$(kept)" 1
status_has "kept since .* and not yet sent"
start_server
quiet updater pc1 check
expect "kept" "$(kept)" 0
expect "the note" "$(requests 'r[1]["note"].splitlines()')" "['the printer', 'stays silent']"

step "4. On site only where remote help has failed; then the request that was kept goes through"
refused 3 "ask for remote help first" updater pc1 support --kind onsite --grade 1 --note "nothing works"
expect "kept" "$(kept)" 1
quiet kip service remote-failed 2 --note "the line is down"
quiet updater pc1 run --once
expect "kept" "$(kept)" 0
expect "after which request" "$(requests 'r[2]["after_remote"]')" 2

step "5. A version that fails asks by itself, once"
free_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf '{"format":"kip.pack/1","acts":[],"forms":[],"notes":{},"probes":[{"kind":"port","port":%s,"within_seconds":1}]}' "$free_port" >"$work/pack.json"
publish 1.1 --description "$work/pack.json"
refused 11 "version 1.1 was taken back" updater pc1 update
quiet updater pc1 check
expect "what the vendor has" "$(requests '[(o["kind"], o["grade"], o["failed"]["version"]) for o in r[3:]]')" "[('failed-update', 2, '1.1')]"
status_has "#4 failed-update grade 2 (version 1.1), with the vendor since"

step "6. Unless the administrator of the computer says no"
printf '[support]\nautomatic = false\n' >"$work/pc1/kip-updater.toml"
publish 1.2 --description "$work/pack.json"
refused 11 "version 1.2 was taken back" updater pc1 update
expect "requests" "$(requests 'len(r)')" 4

step "7. A request that is withdrawn is not sent"
stop_server
quiet updater pc1 support --kind question --note "never mind"
id=$(updater pc1 --json status | python3 -c 'import json, sys; print(next(r["id"] for r in json.load(sys.stdin)["requests"] if not r["answered"]))')
show updater pc1 support --withdraw "$id"
refused 5 "there is no request" updater pc1 support --withdraw "$id"
start_server
quiet updater pc1 check
expect "requests" "$(requests 'len(r)')" 4

step "Done"
