#!/bin/bash
# An office without internet, played by real processes: an update comes as a file, receipts go back as a file, and the vendor's obligations
# are met by them. The server is down, and the network taken away where that can be done, whenever the office is at work.
#
#   offline.sh BIN
set -euo pipefail
bin=$(realpath "${1:?name the folder of the programs}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
samples=$(realpath "$here/../../manifests/samples")
source "$here/stage.sh"

repo="$work/repo" stick="$work/stick"
mkdir "$stick"
# release VERSION TEXT PACK-OPTIONS... [-- ADD-OPTIONS...]
release() {
  local version=$1 text=$2 pack=() add=()
  shift 2
  while (($#)) && [[ $1 != -- ]]; do pack+=("$1"); shift; done
  if (($#)); then shift; add=("$@"); fi
  mkdir -p "$work/forms"
  printf '%s' "$text" >"$work/forms/B01 DN.xml"
  python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(1).randbytes(200000))' >"$work/forms/template.bin"
  quiet kip pack "$work/forms" --product forms --version "$version" "${pack[@]}" --out "$work/forms-$version.kpk"
  quiet kip repo add --repo "$repo" "$work/forms-$version.kpk" "${add[@]}"
  quiet officer an sign --repo "$repo" --yes
  quiet officer chi sign --repo "$repo" --yes
  show publish_signed "$repo"
}
alone=()
if unshare --net true 2>/dev/null; then alone=(unshare --net); else note "(the network cannot be taken away here; the server is down all the same)"; fi
# office COMMAND...: the updater, without a network
office() { "${alone[@]}" "$bin/kip-updater" --dir "$work/pc" "$@"; }
installed_here() { [[ $(cat "$work/pc/app/current/B01 DN.xml") == "$1" ]] || broken "expected \"$1\" in use"; }
# met: how many customers' obligations are met
met() { kip --json obligation list | python3 -c '
import json, sys
print(sum(o["tally"]["complete"] for o in json.load(sys.stdin)["obligations"] if "tally" in o))'; }
pending() { office --json status | python3 -c 'import json, sys; print(json.load(sys.stdin)["outbox"]["pending"])'; }

step "1. A vendor, an act that is due, and an install that was enrolled where there was a network"
make_server an-phat
for name in an binh chi dung; do new_officer "$name"; done
quiet kip repo init --dir "$repo" --online "$work/server/online-keys.json" --product forms \
  --officer "$work/officers/an.key.pub" --officer "$work/officers/binh.key.pub" --officer "$work/officers/chi.key.pub"
start_server
today=$(TZ=Asia/Ho_Chi_Minh date +%F) year=$(TZ=Asia/Ho_Chi_Minh date +%Y)
release 1.0 "form 1"
quiet kip commitment import "$samples/commitments-sample.json"
quiet kip customer import "$samples/customers-sample.csv"
quiet kip act add --issuer BTC --number "901/$year/TT-BTC" --signed-on "$today" --changes report-form --title "Demo"
quiet second act confirm "BTC:901/$year/TT-BTC:$year" signed "$today"
tax_code=$(kip --json customer list | python3 -c 'import json, sys; print(json.load(sys.stdin)["customers"][0]["tax_code"])')
quiet kip install code --customer "$tax_code" --product forms --out "$work/code"
quiet updater pc enroll "$(cat "$work/code")" --label "PC ketoan"
quiet updater pc update

step "2. Version 1.1 on a stick"
release 1.1 "form 2" --act "BTC:901/$year/TT-BTC:$year" --from "$work/forms-1.0.kpk" -- --delta "$work/forms-1.1.from-1.0.kpd"
before=$(met)
bundle() { officer "$1" offline-bundle --repo "$repo" --product forms "${@:2}"; }
refused 7 "none of the officers" bundle dung --out "$stick/forms-1.1.kpo"
show bundle chi --out "$stick/forms-1.1.kpo"
refused 6 "exists already" bundle chi --out "$stick/forms-1.1.kpo"
quiet bundle an --out "$stick/delta.kpo" --from 1.0 --valid-days 7
(($(stat -c %s "$stick/delta.kpo") < $(stat -c %s "$stick/forms-1.1.kpo"))) || broken "a bundle with a delta is not smaller"
cp -r "$work/server/repository/an-phat" "$work/web"
quiet bundle binh --out "$stick/by-folder.kpo" --published "$work/web" --server http://127.0.0.1:1
stop_server

step "3. The office applies it"
show office bundle inspect "$stick/forms-1.1.kpo"
python3 - "$stick/forms-1.1.kpo" "$stick/changed.kpo" <<'PY'
import pathlib, sys
data = bytearray(pathlib.Path(sys.argv[1]).read_bytes())
data[len(data) * 3 // 4] ^= 1
pathlib.Path(sys.argv[2]).write_bytes(data)
PY
refused 11 "changed or damaged on the way" office bundle apply "$stick/changed.kpo"
installed_here "form 1"
show office bundle apply "$stick/delta.kpo"
installed_here "form 2"
receipts=$(ls "$stick"/kip-receipts-*.json)
quiet office bundle apply "$stick/forms-1.1.kpo"
[[ $(pending) == 4 ]] || broken "expected 4 receipts to wait"
cp "$receipts" "$work/mail.json"

step "4. The receipts come back, and count"
refused 14 "" kip receipt import "$work/mail.json"
start_server
show kip receipt import "$work/mail.json" --out "$work/answer.json"
[[ $(kip install list) == *"installed 1.1"* ]] || broken "the receipts do not count"
(($(met) > before)) || broken "no customer's obligation is met by them"
events() { kip --json install list; }
events >"$work/once"
cp "$work/answer.json" "$work/first-answer.json"
quiet kip receipt import "$work/mail.json" --out "$work/answer.json"
events | cmp - "$work/once" || broken "a second import changed something"
cmp "$work/answer.json" "$work/first-answer.json" || broken "a second import answers otherwise"
sed 's/"install":"[^"]*"/"install":"01JD0000000000000000000001"/' "$work/mail.json" >"$work/foreign.json"
refused 7 "not known" kip receipt import "$work/foreign.json" --out "$work/foreign-answer.json"
stop_server
show office receipts acknowledge "$work/answer.json"
[[ $(pending) == 0 ]] || broken "acknowledged receipts still wait"
show office receipts acknowledge "$work/answer.json"
refused 5 "nothing to report" office receipts export --out "$work/nothing.json"

step "5. An older bundle after a later one"
start_server
release 1.2 "form 3"
quiet bundle chi --out "$stick/forms-1.2.kpo"
stop_server
quiet office bundle apply "$stick/forms-1.2.kpo" --receipts "$work/more.json"
installed_here "form 3"
refused 10 "knows of a later state" office bundle apply "$stick/forms-1.1.kpo"
installed_here "form 3"

step "6. A form is gone, and there is no network"
rm "$(realpath "$work/pc/app/current")/B01 DN.xml"
refused 14 "add --bundle FILE" office audit --repair
[[ ! -e "$work/pc/app/current/B01 DN.xml" ]] || broken "the form is there"
show office audit --repair --bundle "$stick/forms-1.2.kpo"
installed_here "form 3"

step "7. A full disk whose blocks are smaller than pages"
# In a namespace of its own, where a file system can be mounted that goes with it.
status=77
! unshare --mount true 2>/dev/null || status=0
((status)) || unshare --mount bash -euo pipefail -s "$bin/kip-updater" "$work" <<'SH' || status=$?
updater=$1 work=$2 small=$2/small
mkdir "$small"
truncate -s 24M "$work/small.ext4"
mkfs.ext4 -q -F -m 0 -b 1024 "$work/small.ext4"
mount -o loop "$work/small.ext4" "$small" 2>/dev/null || exit 77
trap 'umount "$small"' EXIT
cp -a "$work/pc" "$small/pc"
for left in {6..12} 16 32 {60..80..2}; do
  free=$(df --output=avail -k "$small" | tail -n 1)
  fallocate -l "$((free - left))K" "$small/filler"
  ended=0
  "$updater" --dir "$small/pc" audit >"$work/audit" 2>&1 || ended=$?
  ((ended == 0 || ended == 13)) || { echo "with $left KB free audit ended with $ended: $(<"$work/audit")"; exit 1; }
  rm "$small/filler"
done
"$updater" --dir "$small/pc" audit >/dev/null
SH
case $status in
  0) ;;
  77) note "(no file system can be mounted here)" ;;
  *) broken "a full disk of small blocks was not taken well" ;;
esac

step "Done"
