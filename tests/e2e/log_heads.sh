#!/bin/bash
# A computer keeps what it was shown of the vendor's log: it follows the log as it grows, says in its receipts what it saw, and raises an alarm, with
# both signed heads for the auditor, where the log says something else than before. Updates go on. Played with the real programs.
#
#   log_heads.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"

vkey() { python3 -c 'import json, sys; print(next(l["checkpoint_keys"][0] for l in json.load(open(sys.argv[1]))["logs"] if l["log"] == "o"))' "$work/server/online-keys.json"; }
register() { quiet kip act add --issuer BTC --number "$1/2025/TT-BTC" --year 2025 --signed-on 2025-10-27 --changes report-form --source "the document"; }
checkpoint="$work/server/logs/o/public/checkpoint"
size() { sed -n 2p "$checkpoint"; }
above() { (($(size) > $1)); }
# grow NUMBER: registers an act and waits until it is in the log
grow() {
  local before
  before=$(size)
  register "$1"
  wait_until 100 above "$before" || broken "the log does not grow"
}
# settled: waits until the log does not grow any more
settled() {
  local before=-1
  until [[ $before == "$(size)" ]]; do before=$(size); read -rt 1.2 <> <(:) || true; done
}
# member NAME...: of the JSON on standard input, "-" where it is not there
member() { python3 -c 'import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1:]:
    value = value[int(name)] if name.lstrip("-").isdigit() else value.get(name, "-")
    if value == "-": break
print(value)' "$@"; }
kept() { updater pc1 --json status | member log heads -1 size; }

step "1. A vendor whose officers have authorised its log, and a computer"
make_vendor an-phat
start_server
quiet publish_signed "$work/repo"
printf 'tax code,name,product,contract start,periods,seats,may postpone,force allowed\n0101243150,Minh Anh,forms,2025-01-15,60,1,yes,no\n' >"$work/customers.csv"
quiet kip customer import "$work/customers.csv"
mkdir -p "$work/forms-1.0"
echo "form of version 1.0" >"$work/forms-1.0/form.xml"
release forms 1.0 "$work/forms-1.0"
quiet kip install code --customer 0101243150 --product forms --out "$work/code1"
quiet updater pc1 enroll "$(cat "$work/code1")" --label "PC1 ketoan"
refused 5 "seen nothing" updater pc1 log export --out "$work/heads.json"
settled
quiet updater pc1 update --yes
expect "what it has seen" "$(kept)" "$(size)"
show updater pc1 log show

step "2. The log grows, and the computer follows it by proofs"
grow 99
grow 98
settled
quiet updater pc1 check
expect "what it has seen" "$(kept)" "$(size)"

step "3. A log that cannot be read holds up nothing"
mv "$checkpoint" "$work/away"
expect "its head" "$(updater pc1 --json check | member log failure | head -c 12)" "looking at t"
mv "$work/away" "$checkpoint"

step "4. An older copy of the log goes on otherwise: an alarm, and the update comes all the same"
settled
stop_server
mkdir "$work/older"
cp -r "$work"/server/kip.db* "$work/server/logs" "$work/older"
start_server
grow 97
settled
quiet updater pc1 check
expect "what it has seen" "$(kept)" "$(size)"
cp "$checkpoint" "$work/seen"
stop_server
rm -rf "$work"/server/kip.db* "$work/server/logs"
cp -r "$work"/older/* "$work/server"
start_server
show updater pc1 check | tee "$work/shrunk.out"
[[ $(cat "$work/shrunk.out") == *"ALARM: "*"fewer entries"* ]] || broken "nothing is said of a log that has shrunk"
grow 96
echo "form of version 1.1" >"$work/forms-1.0/form.xml"
release forms 1.1 "$work/forms-1.0"
settled
show updater pc1 update --yes | tee "$work/forked.out"
[[ $(cat "$work/forked.out") == *"ALARM: "*"changed what it had signed"* ]] || broken "nothing is said of a fork"
expect "the version in use" "$(cat "$work/pc1/app/current/form.xml")" "form of version 1.1"
refused 11 "contradicts itself" updater pc1 log show
[[ $(updater pc1 status) == *"attention"*"contradicts itself"* ]] || broken "status does not say it"
expect "what it believes" "$(kept)" "$(sed -n 2p "$work/seen")"

step "5. The auditor gets both heads, as the log has signed them"
show updater pc1 log export --out "$work/heads.json"
python3 - "$work" <<'PY'
import json, sys
work = sys.argv[1]
file = json.load(open(work + "/heads.json"))
assert file["format"] == "kip.log-heads/1" and [one["fault"] for one in file["conflicts"]] == ["shrunk", "forked"], file
open(work + "/earlier", "w").write(file["conflicts"][-1]["earlier"])
open(work + "/later", "w").write(file["conflicts"][-1]["later"])
PY
show kip note verify --vkey "$(vkey)" "$work/earlier"
show kip note verify --vkey "$(vkey)" "$work/later"
refused 1 "its first" kip log verify --log "$url/t/an-phat/log/o" --vkey "$(vkey)" --since "$work/earlier"

step "6. A bundle of the log that went on otherwise holds by itself, and not beside what the computer has kept"
curl -s "$url/t/an-phat/metadata/1.root.json" >"$work/1.root.json"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -out "$work/first.pem" -subj "/CN=First" 2>"$work/openssl.err"
printf '[vendor]\ntenant = "an-phat"\nroot = "1.root.json"\n[[authority]]\nname = "first"\nca_file = "first.pem"\n' >"$work/trust.toml"
quiet kip evidence export --all --out "$work/all.tar"
quiet kip evidence verify "$work/all.tar" --trust "$work/trust.toml"
refused 1 "two histories" kip evidence verify "$work/all.tar" --trust "$work/trust.toml" --heads "$work/heads.json"
sed 's/an-phat/another/' "$work/heads.json" >"$work/another.json"
sed 's/\(— [^ ]* \)[A-Za-z0-9+/]\{8\}/\1AAAAAAAA/g' "$work/heads.json" >"$work/tampered.json"
refused 2 "no head in what --heads names" kip evidence verify "$work/all.tar" --trust "$work/trust.toml" --heads "$work/tampered.json"
refused 2 "is about the logs of another" kip evidence verify "$work/all.tar" --trust "$work/trust.toml" --heads "$work/another.json"
note "What the vendor has shown once it cannot take back unnoticed."
