#!/bin/bash
# A vendor behind TLS: only a certificate that holds is spoken to, and a CA of one's own is set in a file. Played with the real programs.
#
#   tls.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
samples=$(realpath "$here/../../manifests/samples")
source "$here/stage.sh"

command -v openssl >/dev/null || { echo "SKIPPED: there is no openssl to make certificates with"; exit 77; }
plain_port=$port
chmod 755 "$work"
mkdir -m 755 "$work/pki"
# certificate NAME HOST: a self-signed one, in NAME.pem and NAME.key
certificate() {
  quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$2" \
    -addext "subjectAltName=DNS:$2" -keyout "$work/pki/$1.key" -out "$work/pki/$1.pem"
  chmod 644 "$work/pki/$1.pem"
}
# start_front NAME: ends TLS with that certificate; sets tls_port and front_pid
start_front() {
  rm -f "$work/front"
  "$here/tls_front.py" "$work/pki/$1.pem" "$work/pki/$1.key" "$plain_port" "$work/front" &
  front_pid=$!
  wait_until 100 test -e "$work/front" || broken "the front of the server did not start"
  tls_port=$(<"$work/front")
}
trap 'kill "$front_pid" 2>/dev/null || true; cleanup' EXIT
# settings FILE: of the computer pc1
settings() { printf '[network]\nca_file = "%s"\n' "$1" >"$work/pc1/kip-updater.toml"; }

step "1. A vendor behind TLS, with a certificate of its own authority"
certificate vendor localhost
certificate other other.example
start_front vendor
url="https://localhost:$tls_port"
port=$plain_port
quiet "$bin/kip-server" init --dir "$work/server" --tenant an-phat --url "$url" --listen "127.0.0.1:$port" --token-file "$work/token" --yes
printf '[server]\nurl = "http://127.0.0.1:%s"\ntenant = "an-phat"\ntoken_file = "token"\n' "$port" >"$KIP_CONFIG"
for name in an binh; do new_officer "$name"; done
quiet kip repo init --dir "$work/repo" --online "$work/server/online-keys.json" --product forms \
  --officer "$work/officers/an.key.pub" --officer "$work/officers/binh.key.pub"
for name in an binh; do quiet officer "$name" sign --repo "$work/repo" --yes; done
start_server
mkdir "$work/forms"
echo "a form" >"$work/forms/form.xml"
quiet kip pack "$work/forms" --product forms --version 1.0 --out "$work/forms.kpk"
quiet kip repo add --repo "$work/repo" "$work/forms.kpk"
for name in an binh; do quiet officer "$name" sign --repo "$work/repo" --yes; done
quiet publish_signed "$work/repo"
quiet kip customer import "$samples/customers-sample.csv"
tax_code=$(kip --json customer list | python3 -c 'import json, sys; print(json.load(sys.stdin)["customers"][0]["tax_code"])')
quiet kip install code --customer "$tax_code" --product forms --out "$work/code"
mkdir "$work/pc1"

step "2. A computer that does not know that authority speaks to nobody"
refused 14 "its certificate does not hold" updater pc1 enroll "$(cat "$work/code")"
settings "$work/pki/other.pem"
refused 14 "its certificate does not hold" updater pc1 enroll "$(cat "$work/code")"

step "3. With the authority in its settings it does"
settings "$work/pki/vendor.pem"
quiet updater pc1 enroll "$(cat "$work/code")"
show updater pc1 update
[[ $(<"$work/pc1/app/current/form.xml") == "a form" ]] || broken "the form is not in use"

step "4. Who has another certificate is not the vendor"
kill "$front_pid"
wait "$front_pid" 2>/dev/null || true
start_front other
python3 - "$work/pc1/state/updater.sqlite" "https://localhost:$tls_port" <<'END'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as state:
    state.execute("UPDATE enrolment SET url = ?", (sys.argv[2],))
END
refused 14 "its certificate does not hold" updater pc1 check
settings "$work/pki/other.pem"
refused 14 "its certificate does not hold" updater pc1 check

printf '\ntls: everything as it should be\n'
