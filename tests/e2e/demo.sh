#!/bin/bash
# The main job, played by real processes over loopback HTTP: an update travels from a vendor to two installs, its obligations are shown,
# attacks are refused, and an install goes back. Every step is checked; the first that does not hold ends the demo with status 1.
#
#   demo.sh --bin DIR [--forms OLD NEW] [--keep]
set -euo pipefail

usage() { printf '%s\nusage: demo.sh --bin DIR [--forms OLD NEW] [--keep]\n' "$1" >&2; exit 2; }
# folder NAME PATH: the whole path of a folder with files in it
folder() {
  [[ -d $2 ]] || usage "demo: $1 is not a folder: $2"
  [[ $(find -L "$2" -type f -print -quit) ]] || usage "demo: $1 holds no file: $2"
  realpath "$2"
}
bin='' old='' new='' keep=''
while (($#)); do
  case $1 in
    --bin) (($# >= 2)) || usage 'demo: --bin needs a folder'; bin=$(folder --bin "$2"); shift 2 ;;
    --forms) (($# >= 3)) || usage 'demo: --forms needs two folders'; old=$(folder OLD "$2"); new=$(folder NEW "$3"); shift 3 ;;
    --keep) keep=yes; shift ;;
    *) usage "demo: $1 is not known" ;;
  esac
done
[[ $bin ]] || usage 'demo: --bin is missing'
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
samples=$(realpath "$here/../../manifests/samples")
source "$here/stage.sh"

# same_files A B: directories exist through the files in them only
hashes() { (cd "$1/" && find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2); }
same_files() { diff <(hashes "$1") <(hashes "$2"); }

# publish_forms VERSION FOLDER DESCRIPTION PACK-OPTIONS... [-- ADD-OPTIONS...]
publish_forms() {
  local version=$1 folder=$2 description=$3 pack=() add=()
  shift 3
  while (($#)) && [[ $1 != -- ]]; do pack+=("$1"); shift; done
  if (($#)); then shift; add=("$@"); fi
  if [[ $description ]]; then pack+=(--description "$description"); fi
  show kip pack "$folder" --product forms --version "$version" "${pack[@]}" --out "$work/forms-$version.kpk"
  show kip repo add --repo "$work/repo" "$work/forms-$version.kpk" "${add[@]}"
  note "An signs after seeing what changes; Chi is the second pair of eyes (Binh is on leave: two of three are enough)."
  officer an sign --repo "$work/repo" --yes
  quiet officer chi sign --repo "$work/repo" --yes
  show kip publish --repo "$work/repo"
  note "Nobody lets customers have anything alone: Binh looks at what it changes, and approves it."
  local proposal
  proposal=$(kip --json proposal list | python3 -c 'import json, sys; print(json.load(sys.stdin)["proposals"][0]["proposal"])')
  refused 7 "another person" kip proposal approve "$proposal"
  show second proposal show "$proposal"
  show second proposal approve "$proposal"
  quiet kip publish --repo "$work/repo"
}

today=$(TZ=Asia/Ho_Chi_Minh date +%F)
year=${today%%-*}
long_ago=$(TZ=Asia/Ho_Chi_Minh date +%F -d '60 days ago')

step "1. Keys and repository"
note "The server makes its own online keys only. Officers make theirs on their own machines (folders here), encrypted."
make_server an-phat
for name in an binh chi; do new_officer "$name"; done
ls -l "$work/officers" | awk 'NR > 1 {print "   " $1, $9}'
show kip key backup --key "$work/officers/an.key" --to "$work/officers/an.backup" --passphrase-fd 3 --backup-passphrase-fd 4 \
  3<<<'an keeps this secret' 4<<<'in the safe, third drawer'
show kip repo init --dir "$work/repo" --online "$work/server/online-keys.json" --product forms \
  --officer "$work/officers/an.key.pub" --officer "$work/officers/binh.key.pub" --officer "$work/officers/chi.key.pub"
officer an sign --repo "$work/repo" --yes
note "One signature is not enough, and kip says who can still be asked:"
refused 8 "Binh, Chi" kip publish --repo "$work/repo"
quiet officer chi sign --repo "$work/repo" --yes
start_server
show kip publish --repo "$work/repo"

step "2. Commitments, customers, legal acts"
show kip commitment import "$samples/commitments-sample.json"
show kip customer import "$samples/customers-sample.csv" --dry-run
show kip customer import "$samples/customers-sample.csv"
show kip act import "$samples/acts-sample.tsv" --skip-undated
note "No time limit is judged before a second person has looked at the dates. Binh hands in a list of his own; what agrees is confirmed:"
show second act import "$samples/acts-sample.tsv" --skip-undated --confirm
note "Three more, dated so that one limit is open, one is missed, and one does not concern a customer (all illustrative):"
show kip act add --issuer BTC --number "901/$year/TT-BTC" --signed-on "$today" --changes report-form --title "Demo: limit still open"
quiet kip act add --issuer BTC --number "902/$year/TT-BTC" --year "$year" --signed-on "$long_ago" --changes report-form --title "Demo: missed"
quiet kip act add --issuer BTC --number "903/$year/TT-BTC" --signed-on "$today" --changes tax-form --regime TT99 \
  --title "Demo: not for micro enterprises"
note "The same number from another issuer, or of another year, is another act:"
quiet kip act add --issuer NHNN --number "901/$year/TT-BTC" --signed-on "$today" --changes business-rule --title "Demo: another issuer"
for act in "901/$year/TT-BTC" "903/$year/TT-BTC"; do quiet second act confirm "BTC:$act:$year" signed "$today"; done
quiet second act confirm "BTC:902/$year/TT-BTC:$year" signed "$long_ago"
note "Nobody confirms what they have stated, and a day that another source gives is disputed, not overwritten:"
refused 7 "another person" kip act confirm "NHNN:901/$year/TT-BTC:$year" signed "$today"
show second act date "BTC:902/$year/TT-BTC:$year" signed "$today" --source "a newspaper" | grep -A1 disputed
refused 2 "signed" kip act add --issuer BTC --number 904/2026/TT-BTC --changes report-form

step "3. Pack, sign, publish version 1.0"
serves=(--act "BTC:901/$year/TT-BTC:$year" --act "BTC:903/$year/TT-BTC:$year")
describe_old='' describe_new=''
if [[ ! $old ]]; then
  old="$samples/forms/circular-99-2025/1.0" new="$samples/forms/circular-99-2025/1.1"
  describe_old="$old.pack.json" describe_new="$new.pack.json"
fi
quiet kip pack "$new" --product forms --version 1.1 --out "$work/try.kpk"  # what is wrong with NEW is said before anything is published
publish_forms 1.0 "$old" "$describe_old" "${serves[@]}"
note "Packing the same folder again gives the same bytes:"
quiet kip pack "$old" --product forms --version 1.0 ${describe_old:+--description "$describe_old"} "${serves[@]}" --out "$work/again.kpk"
cmp "$work/forms-1.0.kpk" "$work/again.kpk" || broken "the package is not reproducible"
note "and a version never changes its content:"
refused 6 "other" kip pack "$new" --product forms --version 1.0 --out "$work/forms-1.0.kpk"

step "4. Two installs"
tax_codes=($(kip --json customer list | python3 -c 'import json, sys; print(*[c["tax_code"] for c in json.load(sys.stdin)["customers"]])'))
machine=0
for tax_code in "${tax_codes[@]:0:2}"; do
  machine=$((machine + 1))
  quiet kip install code --customer "$tax_code" --product forms --out "$work/code$machine"
  show updater "pc$machine" enroll "$(cat "$work/code$machine")" --label "PC$machine ketoan" | cut -c1-160
  show updater "pc$machine" update
  compare="$work/pc$machine/app/current"
  same_files "$old" "$compare" || broken "what is installed differs from what was packed"
done
note "The same code again with the same key is a retry; another machine with it is held, and so is the first (an alarm):"
show updater pc1 enroll "$(cat "$work/code1")" --label "PC1 ketoan" | cut -c1-160

step "5. Version 1.1 follows"
cp "$work/server/repository/an-phat/metadata/timestamp.json" "$work/old-timestamp.json"
publish_forms 1.1 "$new" "$describe_new" "${serves[@]}"
for machine in pc1 pc2; do
  show updater $machine update
  same_files "$new" "$work/$machine/app/current" || broken "what is installed differs from what was packed"
done
show updater pc1 status

step "6. Obligations"
for number in $(kip --json obligation list | python3 -c 'import json, sys; print(*[o["number"] for o in json.load(sys.stdin)["obligations"] if "/TT-BTC" in o["act"]])'); do
  kip obligation show "$number"
done >"$work/shown.txt"
kip obligation list | tee "$work/obligations.txt" | grep -A14 -E "90[123]/" || true
for state in running missed; do grep -q "$state" "$work/obligations.txt" || broken "no obligation is $state"; done
grep -q "regime-not-concerned" "$work/shown.txt" || broken "nobody is shown as not concerned"
curl -fsS --user "demo:$(cat "$work/token")" "$url/status" -o "$work/status.html"
grep -q "not yet independently proven" "$work/status.html" || broken "the status page claims too much"
note "The page $url/status shows the same, one block per act ($(wc -c <"$work/status.html") bytes; sign in with any name and the token)."

step "7. Refusals"
web="$work/server/repository/an-phat"
cp -r "$web" "$work/web-before"
restore_web() { rm -rf "$web"; cp -r "$work/web-before" "$web"; }
quiet kip install code --customer "${tax_codes[1]}" --product forms --out "$work/code3"
quiet updater pc3 enroll "$(cat "$work/code3")" --label "PC3 moi"
note "A package with one byte changed on the web server:"
package=$(ls "$web"/targets/forms/*.forms-1.1.kpk)
python3 - "$package" <<'PY'
import pathlib, sys
path = pathlib.Path(sys.argv[1])
data = bytearray(path.read_bytes())
data[len(data) // 2] ^= 1
path.write_bytes(data)
PY
refused 11 "" updater pc3 update
restore_web
note "Metadata of an older version, played back:"
cp "$work/old-timestamp.json" "$web/metadata/timestamp.json"
refused 10 "" updater pc1 update
restore_web
note "A thief with all online keys, but only one officer's signature:"
quiet kip pack "$new" --product forms --version 6.6 --out "$work/forms-6.6.kpk"
cp -r "$work/repo" "$work/stolen-repo"
quiet kip repo add --repo "$work/stolen-repo" "$work/forms-6.6.kpk"
quiet officer an sign --repo "$work/stolen-repo" --yes
refused 8 "" kip publish --repo "$work/stolen-repo"
python3 "$here/thief.py" lone-officer "$work/server" an-phat product-forms "$work/stolen-repo/staged/product-forms.json"
refused 8 "signed by 1 of the 2" updater pc3 update
note "(Nothing was installed. That install has now seen the thief's newer snapshot and believes no older one: officers end that by a new root.)"
restore_web
note "Expired metadata:"
python3 "$here/thief.py" expired "$work/server" an-phat
refused 9 "expired" updater pc1 update
restore_web

step "8. Back to version 1.0"
show updater pc2 rollback
same_files "$old" "$work/pc2/app/current" || broken "the rollback did not bring version 1.0 back"
note "Reported:"
kip install list
[[ $(kip install list) == *rolled_back* ]] || broken "the rollback was not reported"
note "Officers now sign a floor: from 1.2 on nobody may go below 1.1."
publish_forms 1.2 "$new" "$describe_new" "${serves[@]}" -- --floor 1.1 --revoke "1.0=wrong formula in B01-DN" >"$work/publish.txt"
show updater pc1 update
refused 10 "floor" updater pc1 rollback --to 1.0

step "Done"
note "Everything above ran in real processes over $url; nothing of it is left on this machine."
