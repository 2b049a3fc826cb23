#!/bin/bash
# A computer dies and another one takes its place; a disk is restored from an image; a disk is copied. Played with the real programs.
#
#   restore.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
samples=$(realpath "$here/../../manifests/samples")
source "$here/stage.sh"

# publish VERSION: a release whose only file names it
publish() {
  mkdir -p "$work/forms-$1"
  echo "form of version $1" >"$work/forms-$1/form.xml"
  release forms "$1" "$work/forms-$1"
}
# of_install ID MEMBER: what the server lists
of_install() {
  kip --json install list | python3 -c '
import json, sys
install = next(i for i in json.load(sys.stdin)["installs"] if i["install"] == sys.argv[1])
print(install.get(sys.argv[2], ""))' "$1" "$2"
}
id_of() { updater "$1" --json status | python3 -c 'import json, sys; print(json.load(sys.stdin)["install"])'; }
in_use() { cat "$work/$1/app/current/form.xml"; }
# told TEXT COMMAND...: must succeed and say that text
told() {
  local text=$1 out
  shift
  printf '%s$ %s%s\n' "$dim" "${*//$work\//}" "$plain"
  out=$("$@" 2>&1) || { printf '%s\n' "$out" >&2; broken "failed: $*"; }
  printf '%s\n' "$out" | cut -c1-200 | sed 's/^/   /'
  [[ $out == *"$text"* ]] || broken "expected to be told \"$text\""
}

step "1. A vendor, and a computer with version 1.0"
make_vendor an-phat
start_server
quiet publish_signed "$work/repo"
quiet kip customer import "$samples/customers-sample.csv"
tax_code=$(kip --json customer list | python3 -c 'import json, sys; print(json.load(sys.stdin)["customers"][0]["tax_code"])')
publish 1.0
quiet kip install code --customer "$tax_code" --product forms --out "$work/code1"
quiet updater pc1 enroll "$(cat "$work/code1")" --label "PC1 ketoan"
quiet updater pc1 update
old=$(id_of pc1)
publish 1.1

step "2. It dies; another one takes its place"
rm -rf "$work/pc1"
refused 2 "--replaces" kip install code --customer "$tax_code" --product forms --replaces "$old"
refused 5 "no install" kip install code --replaces 01JD0000000000000000000001
told "$old (PC1 ketoan) is retired" kip install code --replaces "$old" --out "$work/code2"
expect "before the code is used" "$(of_install "$old" standing)" active
code=$(cat "$work/code2")
note "The network fails on the way; the same command goes on."
stop_server
refused 14 "" updater pc2 restore "$code" --label "PC1 moi"
start_server
told "version 1.0 is in use again" updater pc2 restore "$code" --label "PC1 moi"
new=$(id_of pc2)
expect "the recorded version" "$(in_use pc2)" "form of version 1.0"
expect "the old install" "$(of_install "$old" standing)" retired
expect "the old install" "$(of_install "$old" replaced_by)" "$new"
expect "the new install" "$(of_install "$new" version)" 1.0
told "in use already" updater pc2 restore "$code"
refused 6 "replaced by $new" kip install code --replaces "$old"
refused 6 "with another code" updater pc2 restore "$(cat "$work/code1")"
quiet updater pc2 update
expect "the next update" "$(in_use pc2)" "form of version 1.1"

step "3. Its disk is restored from an image"
cp -a "$work/pc2" "$work/image"
publish 1.2
quiet updater pc2 update
rm -rf "$work/pc2"
cp -a "$work/image" "$work/pc2"
told "under a new incarnation" updater pc2 update
expect "the update" "$(in_use pc2)" "form of version 1.2"
expect "a restored image" "$(of_install "$new" disputed)" False
expect "a restored image" "$(of_install "$new" version)" 1.2

step "4. Its disk is copied"
cp -a "$work/pc2" "$work/pc3"
publish 1.3
quiet updater pc2 update
told "under a new incarnation" updater pc3 update
told "two copies of this install" updater pc2 rollback
expect "the clone" "$(of_install "$new" disputed)" True
note "A person gives one of them a code of its own; the other can no longer report."
told "is retired" kip install code --replaces "$new" --out "$work/code4"
told "version 1.2 is in use again" updater pc4 restore "$(cat "$work/code4")" --label "PC1"
expect "re-keyed" "$(of_install "$(id_of pc4)" disputed)" False
quiet updater pc3 rollback
refused 7 "retired" updater pc3 report

printf '\nrestore: every step holds\n'
