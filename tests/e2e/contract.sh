#!/bin/bash
# What a contract says about putting updates off reaches the computer: deferred, forced, and not to be put off. Played with the real programs.
#
#   contract.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"

# publish VERSION [OPTION...]: a release whose only file names it
publish() {
  local version=$1
  shift
  mkdir -p "$work/forms-$version"
  echo "form of version $version" >"$work/forms-$version/form.xml"
  release forms "$version" "$work/forms-$version" "$@"
}
# contract MAY-POSTPONE FORCE-ALLOWED: what the customer's says from now on
contract() {
  printf 'tax code,name,product,contract start,periods,seats,may postpone,force allowed\n0101243150,Minh Anh,forms,2025-01-15,60,2,%s,%s\n' "$1" "$2" >"$work/customers.csv"
  quiet kip customer import "$work/customers.csv"
}
in_use() { cat "$work/pc1/app/current/form.xml"; }
told_by_status() { [[ $(updater pc1 status) == *"$1"* ]] || broken "status does not say \"$1\""; }

step "1. A vendor, and a computer with version 1.0"
make_vendor an-phat
start_server
quiet publish_signed "$work/repo"
contract yes no
publish 1.0
quiet kip install code --customer 0101243150 --product forms --out "$work/code1"
quiet updater pc1 enroll "$(cat "$work/code1")" --label "PC1 ketoan"
quiet updater pc1 run --once
expect "in use" "$(in_use)" "form of version 1.0"

step "2. Officers let version 1.1 be forced; the contract does not"
publish 1.1 --force-after 2026-01-01T00:00:00Z
quiet updater pc1 defer --until 2099-01-01 --reason "closing the year"
told_by_status "updates may be put off, and may not be forced"
quiet updater pc1 run --once
expect "put off" "$(in_use)" "form of version 1.0"

step "3. The contract is changed: the version comes in spite of the deferral"
contract yes yes
quiet updater pc1 run --once
expect "forced" "$(in_use)" "form of version 1.1"
told_by_status "updates may be put off, and may be forced"

step "4. A contract by which nothing is put off"
contract no no
publish 1.2
refused 6 "by the contract updates are not put off" updater pc1 defer --until 2099-01-01 --reason "closing the year"
quiet updater pc1 run --once
expect "at once" "$(in_use)" "form of version 1.2"

step "5. Force is tied to the limit of what was promised: a day before it, which has not come"
promise_forms 2
contract yes yes
today=$(date -u +%F)
act="BTC:7/${today%%-*}/TT-BTC:${today%%-*}"
quiet kip act add --issuer BTC --number "7/${today%%-*}/TT-BTC" --year "${today%%-*}" --signed-on "$today" --changes tax-form --source "the document"
quiet second act confirm "$act" signed "$today"
mkdir -p "$work/forms-1.3"
echo "form of version 1.3" >"$work/forms-1.3/form.xml"
quiet kip pack "$work/forms-1.3" --product forms --version 1.3 --act "$act" --out "$work/forms-1.3.kpk"
quiet kip repo add --repo "$work/repo" "$work/forms-1.3.kpk" --force-after 2026-01-01T00:00:00Z
for name in an chi; do quiet officer "$name" sign --repo "$work/repo" --yes; done
quiet publish_signed "$work/repo"
told=$(kip rollout set forms --force-before-due 24)
[[ $told == *"(24 h before the earliest limit)"* ]] || broken "the tie is not shown: $told"
refused 2 "may be put off until" updater pc1 defer --until 2099-01-01 --reason "closing the year"
quiet updater pc1 defer --until "$(date -u -d "$today + 3 days" +%F)" --reason "closing the year"
quiet updater pc1 run --once
expect "put off" "$(in_use)" "form of version 1.2"

step "6. Tied tighter by two people: it comes"
proposal=$(kip --json rollout set forms --force-before-due 720 | python3 -c 'import json, sys; print(json.load(sys.stdin)["proposal"]["proposal"])')
quiet second proposal approve "$proposal"
[[ $(kip rollout show forms) == *"(720 h before the earliest limit)"* ]] || broken "the tie is not what was approved: $(kip rollout show forms)"
quiet updater pc1 run --once
expect "forced" "$(in_use)" "form of version 1.3"
