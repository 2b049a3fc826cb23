#!/bin/bash
# Evidence bundles: made by the server, checked by kip with nothing but a policy, and by the shell script that they bring along; changed in every way
# that comes to mind. Played with the real programs.
#
#   evidence.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"
source "$here/authority.sh"

year=$(date -u +%Y)
today=$(date -u +%F)
long_ago=$(date -u -d '-60 days' +%F)
# act NUMBER SIGNED-ON: registered by one person, its date confirmed by another
act() {
  quiet kip act add --issuer BTC --number "$1/$year/TT-BTC" --year "$year" --signed-on "$2" --changes tax-form --source "the document"
  quiet second act confirm "BTC:$1/$year/TT-BTC:$year" signed "$2"
}
# verdict FILE HISTORY SUBJECT
verdict() { kip --json evidence verify "$1" --trust "$work/trust.toml" | python3 -c 'import json, sys
for one in json.load(sys.stdin)["judgements"]:
    if one["history"] == sys.argv[1] and one["subject"].split(":")[0] == sys.argv[2]: print(one["verdict"])' "$2" "$3"; }
tokens() { kip --json evidence verify "$1" --trust "$work/trust.toml" | python3 -c 'import json, sys; print(sum(s["counts"] for s in json.load(sys.stdin)["stamps"]))'; }
export_bundle() { quiet kip evidence export "$@"; }
# is_stamped HISTORY SUBJECT VERDICT: whether a bundle of now proves it
is_stamped() { export_bundle --all --out "$work/now.tar" && [[ $(verdict "$work/now.tar" "$1" "$2") == "$3" ]]; }

step "1. A vendor whose log is stamped, a customer with a computer, a promise of seven days"
start_tsa first 0
make_vendor an-phat
believe_authority first
start_server
quiet publish_signed "$work/repo"
promise_forms 1
act 1 "$today"
act 2 "$long_ago"
mkdir -p "$work/forms-1.0"
echo "form of version 1.0" >"$work/forms-1.0/form.xml"
quiet kip install code --customer 0101243150 --product forms --out "$work/code1"
quiet updater pc1 enroll "$(cat "$work/code1")" --label "PC1 ketoan"
quiet updater pc1 rotate-key # its receipts are by a key that it was not enrolled with

step "2. It publishes in time for one act and too late for the other, and the computer installs"
curl -s "$url/t/an-phat/metadata/1.root.json" >"$work/1.root.json"
cat >"$work/trust.toml" <<TOML
[vendor]
tenant = "an-phat"
root = "1.root.json"

[[authority]]
name = "first"
ca_file = "first/ca.pem"
TOML
wait_until 300 is_stamped 2 published LATE || broken "nothing proves that the second act is late"
quiet kip pack "$work/forms-1.0" --product forms --version 1.0 --act "BTC:1/$year/TT-BTC:$year" --act "BTC:2/$year/TT-BTC:$year" --out "$work/forms-1.0.kpk"
quiet kip repo add --repo "$work/repo" "$work/forms-1.0.kpk"
quiet officer an sign --repo "$work/repo" --yes
quiet officer chi sign --repo "$work/repo" --yes
quiet publish_signed "$work/repo"
quiet updater pc1 run --once
wait_until 300 is_stamped 1/0101243150 installed MET || broken "nothing proves that the first act was installed in time"

step "3. A bundle is checked by what the auditor believes, without the server"
export_bundle --all --out "$work/all.tar"
export_bundle --obligation 1 --out "$work/one.tar"
export_bundle --customer 0101243150 --out "$work/customer.tar"
stop_server
stop_tsa
for bundle in all one customer; do
  show kip evidence verify "$work/$bundle.tar" --trust "$work/trust.toml"
done
expect "published in time" "$(verdict "$work/one.tar" 1 published)" MET
expect "published to the customer" "$(verdict "$work/one.tar" 1/0101243150 customer)" MET
expect "installed in time" "$(verdict "$work/one.tar" 1/0101243150 install)" MET
expect "published too late" "$(verdict "$work/all.tar" 2 published)" LATE
expect "installed too late, though the computer had reported nothing before" "$(verdict "$work/all.tar" 2/0101243150 install)" LATE

step "4. The shell script in the bundle, with openssl and coreutils, agrees"
mkdir "$work/unpacked"
tar -xf "$work/one.tar" -C "$work/unpacked"
(cd "$work/unpacked" && quiet sha256sum --quiet -c SHA256SUMS)
(cd "$work" && show sh unpacked/verify.sh --keys unpacked/keys.txt --ca first/ca.pem) | tee "$work/verified.out"
expect "stamps that openssl believes" "$(grep -c '^ok    stamp' "$work/verified.out")" "$(tokens "$work/one.tar")"
(cd "$work/unpacked" && sh verify.sh) >"$work/unbelieved.out"
[[ $(cat "$work/unbelieved.out") != *MET* ]] || broken "verify.sh tells a verdict to somebody who believes no authority"
for file in "$work/unpacked/events/r/"*[0-9]; do
  expect "a receipt by people's own tools" "$(tail -c +33 "$file" | head -c 1)" "{"
  break
done

# The storage has no part in what is checked without the server.
if [[ ! ${database[*]} ]]; then
step "5. Whatever is changed is noticed, by both"
mkdir "$work/flipped"
python3 - "$work/one.tar" "$work/flipped" <<'PY'
import os, random, sys
data = open(sys.argv[1], "rb").read()
for seed in range(20):
    flipped = bytearray(data)
    flipped[random.Random(seed).randrange(len(data))] ^= 1 << random.Random(seed + 1).randrange(8)
    with open(os.path.join(sys.argv[2], str(seed)), "wb") as file:
        file.write(flipped)
PY
for seed in $(seq 0 19); do
  code=0
  kip evidence verify "$work/flipped/$seed" --trust "$work/trust.toml" >/dev/null 2>&1 || code=$?
  [[ $code == 1 ]] || broken "a changed bit (seed $seed) was answered with exit status $code"
done
tampered() { # TEXT COMMAND...: in a copy of the unpacked bundle; verify.sh must say the text
  local text=$1
  shift
  rm -rf "$work/copy"
  cp -r "$work/unpacked" "$work/copy"
  (cd "$work/copy" && "$@")
  ! sh "$work/copy/verify.sh" --ca "$work/first/ca.pem" >"$work/tampered.out" 2>&1 || broken "verify.sh accepts what $1 does"
  [[ $(cat "$work/tampered.out") == *"$text"* ]] || { cat "$work/tampered.out"; broken "verify.sh does not say \"$text\" of what $1 does"; }
}
relist() { (echo '# kip.evidence-sums/1 an-phat elsewhere'; find . -type f ! -name 'SHA256SUMS*' | sed 's|^\./||' | LC_ALL=C sort | xargs sha256sum) >../relisted && mv ../relisted SHA256SUMS; }
entry() { printf 'log/o/entries/%08d' "$1"; }
drop_last() { rm "$(ls log/o/entries/* | tail -n 1)"; relist; }
swap() { mv "$(entry 1)" a; mv "$(entry 2)" "$(entry 1)"; mv a "$(entry 2)"; relist; }
edit() { sed -i 's/payloadType/payloadTipe/' "$(entry 3)"; relist; }
claim() { sed -i 's/ MET / LATE /' claims/judgements.txt; relist; }
event() { local one; one=$(ls events/r/*[0-9] | head -n 1); printf x >>"$one"; relist; }
tampered "are not those of its checkpoint" drop_last
tampered "are not those of its checkpoint" swap
tampered "are not those of its checkpoint" edit
tampered "judges claims/histories.txt otherwise" claim
unproven() { local one; one=$(ls events/r/*[0-9] | head -n 1); rm "$one.proof"; relist; }
add() { echo x >"$1"; }
odd() { echo x >"$(printf 'SHA256SUMS\nSHA256SUMS')"; }
tampered "nothing proves events/r/" event
tampered "nothing proves events/r/" unproven
tampered "that SHA256SUMS does not name" add more.txt
tampered "that SHA256SUMS does not name" add .hidden
tampered "that SHA256SUMS does not name" odd
tampered "that SHA256SUMS does not name" add log/o/entries/99999999
tampered "SHA256SUMS has no signature" relist
tampered "files are not as SHA256SUMS has them" rm 00-SUMMARY.txt

step "6. What the auditor does not believe proves nothing"
start_tsa other 0
stop_tsa
sed 's|first/ca.pem|other/ca.pem|' "$work/trust.toml" >"$work/other.toml"
refused 1 "by your policy it is" kip evidence verify "$work/one.tar" --trust "$work/other.toml"
sed 's|an-phat|another|' "$work/trust.toml" >"$work/another.toml"
refused 1 "and the policy is about" kip evidence verify "$work/one.tar" --trust "$work/another.toml"
fi

step "7. A customer is erased: nothing of it is left, and what else was logged verifies"
database_holds 0101243150 || broken "the database should hold the customer now"
refused 2 "say --yes" "$bin/kip-server" customer erase --dir "$work/server" --customer 0101243150 --reason "request 12"
show "$bin/kip-server" customer erase --dir "$work/server" --customer 0101243150 --reason "request 12" --yes
for trace in 0101243150 "Minh Anh" "PC1 ketoan" "$(printf 0101243150 | base64 | head -c 12)"; do
  ! database_holds "$trace" || broken "\"$trace\" is still in the database"
done
start_server
export_bundle --all --out "$work/after.tar"
show kip evidence verify "$work/after.tar" --trust "$work/trust.toml"
expect "published in time all the same" "$(verdict "$work/after.tar" 1 published)" MET

note "Nothing that was changed, and nobody who is not believed, was taken for proof."
