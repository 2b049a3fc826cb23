#!/bin/bash
# The updater brings itself up to date, refuses what does not pass, and goes back where a new one dies. Played with the real programs.
#
#   self_update.sh BIN-FOLDER     kip-updater-next there is the updater as version 99.0
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
samples=$(realpath "$here/../../manifests/samples")
source "$here/stage.sh"

# publish_updater VERSION PROGRAM
publish_updater() {
  rm -rf "$work/updater-$1"
  mkdir -p "$work/updater-$1/bin"
  cp "$2" "$work/updater-$1/bin/kip-updater"
  chmod 755 "$work/updater-$1/bin/kip-updater"
  release "$product" "$1" "$work/updater-$1"
}
member() { python3 -c 'import json, sys; print(json.loads(sys.stdin.readlines()[-1]).get(sys.argv[1], ""))' "$1"; }
# running: which version answers
running() { updater pc1 --json self-update | member running; }

product=kip-updater-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m | tr _ -)
mine=$("$bin/kip-updater" --version | cut -d' ' -f2)

step "1. A vendor with forms and an updater, and a computer"
make_server an-phat
for name in an binh chi; do new_officer "$name"; done
quiet kip repo init --dir "$work/repo" --online "$work/server/online-keys.json" --product forms --product "$product" \
  --officer "$work/officers/an.key.pub" --officer "$work/officers/binh.key.pub" --officer "$work/officers/chi.key.pub"
quiet officer an sign --repo "$work/repo" --yes
quiet officer chi sign --repo "$work/repo" --yes
start_server
quiet publish_signed "$work/repo"
quiet kip customer import "$samples/customers-sample.csv"
tax_code=$(kip --json customer list | python3 -c 'import json, sys; print(json.load(sys.stdin)["customers"][0]["tax_code"])')
mkdir "$work/forms"
echo "a form" >"$work/forms/form.xml"
release forms 1.0 "$work/forms"
quiet kip install code --customer "$tax_code" --product forms --out "$work/code1"
quiet updater pc1 enroll "$(cat "$work/code1")" --label "PC1 ketoan"
quiet updater pc1 update
expect "before anything is published" "$(running)" "$mine"

step "2. The vendor publishes version 99.0 of the updater"
publish_updater 99.0 "$bin/kip-updater-next"
show updater pc1 self-update
expect "what runs from then on" "$(running)" 99.0
expect "the form in use" "$(cat "$work/pc1/app/current/form.xml")" "a form"
show updater pc1 update

step "3. One that is not what it is called is refused"
publish_updater 100.0 "$bin/kip-updater-next"
refused 11 "it says that it is version 99.0" updater pc1 self-update
expect "what runs" "$(updater pc1 --json self-update 2>"$work/refused" | member running)" 99.0

step "4. One that dies at its work is left after the second time, until a person tries it again"
cat >"$work/dies" <<'END'
#!/bin/sh
case " $* " in *" self-check "*) echo '{"version":"101.0"}';; *) kill -9 $$;; esac
END
publish_updater 101.0 "$work/dies"
show updater pc1 self-update
for round in 1 2; do
  if (updater pc1 check) >/dev/null 2>&1; then broken "round $round should have died"; fi
done
show updater pc1 check
told=$(updater pc1 --json self-update)
expect "what runs" "$(member running <<<"$told")" 99.0
expect "what a person wants" "$(member result <<<"$told")" chosen
for round in 1 2; do
  if (updater pc1 check) >/dev/null 2>&1; then broken "round $round should have died"; fi
done

step "5. The service does it by itself where it may"
publish_updater 102.0 "$work/dies"
quiet updater pc1 run --once
expect "what runs, not allowed" "$(grep -o '"chosen":{[^}]*}' "$work/pc1/updater/start.json" | grep -o '"version":"[^"]*"')" '"version":"101.0"'
sed -i 's/101.0/102.0/' "$work/dies"
publish_updater 103.0 <(sed 's/102.0/103.0/' "$work/dies")
printf '[updater]\nself_update = true\n' >"$work/pc1/kip-updater.toml"
show updater pc1 run --once
expect "what is chosen" "$(grep -o '"chosen":{[^}]*}' "$work/pc1/updater/start.json" | grep -o '"version":"[^"]*"')" '"version":"103.0"'

step "6. Nobody else can slip a program in"
chmod g+w "$work/pc1/updater/app/versions"
told=$(updater pc1 check 2>&1)
[[ $told == *"can be written by others"* ]] || broken "expected a warning, got $told"
chmod g-w "$work/pc1/updater/app/versions"

printf '\nself_update: everything as it should be\n'
