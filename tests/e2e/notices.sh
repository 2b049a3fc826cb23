#!/bin/bash
# Notices to customers, played by real processes with a real mail server: TLS and login, each kind of answer, and a mail that comes back.
#
#   notices.sh BIN
set -euo pipefail
bin=$(realpath "${1:?name the folder of the programs}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
samples=$(realpath "$here/../../manifests/samples")
source "$here/stage.sh"

command -v openssl >/dev/null || { echo "SKIPPED: there is no openssl to make certificates with"; exit 77; }
/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || { echo "SKIPPED: there is no mail server (Debian package python3-aiosmtpd)"; exit 77; }

mail="$work/mail" password='a secret of the mail server' mail_pid=''
mkdir "$mail"
trap '[[ $mail_pid ]] && kill "$mail_pid" 2>/dev/null; cleanup' EXIT
# await WHAT COMMAND...: until the command succeeds
await() {
  if wait_until 300 "${@:2}"; then return; fi
  cat "$work/server.log" >&2
  broken "waited in vain for $1"
}
# states: "customer state reason" of each notice, sorted
states() {
  kip --json notice list | python3 -c 'import json, sys
for n in json.load(sys.stdin)["notices"]: print(n["customer"], n["content"]["kind"], n["state"], n.get("bounced", {}).get("reason", "-"))' | sort
}
are() { [[ $(states) == "$1" ]]; }

step "1. A mail server that wants TLS and a login"
quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=localhost" \
  -addext "subjectAltName=DNS:localhost" -keyout "$work/mail.key" -out "$work/mail.pem"
/usr/bin/python3 -B "$here/mail_server.py" "$work/mail.pem" "$work/mail.key" kip "$password" "$mail" &
mail_pid=$!
await "the mail server" test -e "$mail/port"

step "2. A vendor that tells its customers of acts"
make_server an-phat
(umask 077; printf '%s\n' "$password" >"$work/password")
cat >"$work/mail.toml" <<TOML
host = "localhost"
port = $(<"$mail/port")
ca_file = "$work/mail.pem"
user = "kip"
password_file = "$work/password"
sender = "notices@anphat.example"
sender_name = "Công ty An Phát"
interval_seconds = 1
TOML
echo 'act_registered = true' >"$work/notices.toml"
sed -i -e "/^\[mail\]\$/r $work/mail.toml" -e "/^\[notices\]\$/r $work/notices.toml" "$work/server/kip-server.toml"
start_server
for address in a:0101243150:vi busy:0100109106:hu gone:0100112437:zh none:0100686174:en; do
  IFS=: read -r who tax language <<<"$address"
  email="$who@minh-anh.example"
  [[ $who == none ]] && email="không có"
  printf '{"format": "kip.customer/1.1", "tax_code": "%s", "name": "Minh Anh %s", "email": "%s", "product": "forms", "seats": 1, "contract_start": "2025-01-15", "periods": {"months": [600]}, "language": "%s"}' \
    "$tax" "$who" "$email" "$language"
  printf '\n'
done >"$work/customers.jsonl"
python3 - "$work/customers.jsonl" "$url" "$(<"$work/token")" <<'PY'
import json, sys, urllib.request
lines = [json.loads(line) for line in open(sys.argv[1])]
request = urllib.request.Request(sys.argv[2] + "/v1/tenants/an-phat/customers/import", json.dumps({"customers": lines, "dry_run": False}).encode(),
                                 {"Authorization": "Bearer " + sys.argv[3], "Content-Type": "application/json"})
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read()
PY
quiet kip commitment import "$samples/commitments-sample.json"
today=$(TZ=Asia/Ho_Chi_Minh date +%F) year=$(TZ=Asia/Ho_Chi_Minh date +%Y)
touch "$mail/busy"
quiet kip act add --issuer BTC --number "1/$year/TT-BTC" --year "$year" --signed-on "$today" --changes report-form --source "the document"
expect "before a second person has confirmed the act" "$(states)" ""
quiet second act confirm "BTC:1/$year/TT-BTC:$year" signed "$today"

step "3. One is taken, one refused, one put off, one has no address"
await "what becomes of the four" are "0100109106 act-registered queued -
0100112437 act-registered bounced refused
0100686174 act-registered bounced no-address
0101243150 act-registered accepted -"
show kip notice list
expect "the envelope, encrypted and logged in" "$(<"$mail/1.envelope")" "notices@anphat.example a@minh-anh.example tls=True login=True"
python3 - "$mail/1.eml" "$year" <<'PY'
import email, email.policy, sys
mail = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
assert not mail.defects, mail.defects
assert mail["From"] == "Công ty An Phát <notices@anphat.example>", mail["From"]
assert mail["Subject"] == f"forms: văn bản mới 1/{sys.argv[2]}/TT-BTC (BTC)", mail["Subject"]
assert mail["Auto-Submitted"] == "auto-generated" and mail["Content-Language"] == "vi"
assert "Kính gửi Minh Anh a," in mail.get_content()
PY
taken=$(kip --json notice list --state accepted | python3 -c 'import json, sys; print(json.load(sys.stdin)["notices"][0]["accepted"]["message_sha256"])')
expect "the digest of what the mail server took" "$taken" "$(sha256sum <"$mail/1.eml" | cut -d' ' -f1)"
! grep -qF -e "$password" "$work/server.log" || broken "the password is in the log"
! grep -qE '(gone|busy|[^.]a)@minh-anh' "$work/server.log" || broken "an address is in the log"

step "4. After a restart the one that was put off goes its way, and no other one again"
rm "$mail/busy"
stop_server
start_server
await "the one that was put off" are "0100109106 act-registered accepted -
0100112437 act-registered bounced refused
0100686174 act-registered bounced no-address
0101243150 act-registered accepted -"
expect "mails taken" "$(ls "$mail"/*.eml | wc -l)" 2

step "5. One that was accepted comes back"
id=$(sed -n 's/^Message-ID: <\(.*\)>.*/\1/p' "$mail/1.eml")
sed "s/01JB8Z3V5W9QK3T8R7N2M4P6XY@anphat.example/$id/" "$here/../data/reports/failed.eml" >"$work/back.eml"
show kip notice bounced --dsn - <"$work/back.eml"
expect "bounced" "$(kip --json notice list --customer 0101243150 | python3 -c 'import json, sys; n = json.load(sys.stdin)["notices"][0]; print(n["state"], n["bounced"]["status"], "accepted" in n)')" "bounced 5.1.1 True"
refused 5 "no notice was handed over" kip notice bounced --dsn "$here/../data/reports/failed.eml"
refused 3 "no delivery status notification" kip notice bounced --dsn "$mail/1.eml"
show kip notice preview failed --language hu

step "6. A mail server that lets nobody send bounces no address"
touch "$mail/closed"
quiet kip act add --issuer BTC --number "2/$year/TT-BTC" --year "$year" --signed-on "$today" --changes report-form --source "the document"
quiet second act confirm "BTC:2/$year/TT-BTC:$year" signed "$today"
await "its answer" grep -q 'notice.postponed.*relay access denied' "$work/server.log"
second_act() { kip --json notice list "$@" | python3 -c 'import json, sys
for n in json.load(sys.stdin)["notices"]:
    if n["content"]["act"].startswith("BTC:2/"): print(n["customer"], n["state"], n.get("bounced", {}).get("reason", "-"))' | sort; }
expect "notices refused, given up" "$(second_act --state bounced | { grep -v no-address || true; })$(second_act --state given-up)" ""
rm "$mail/closed"
stop_server
start_server
delivered() { [[ $(second_act) == "0100109106 accepted -
0100112437 bounced refused
0100686174 bounced no-address
0101243150 accepted -" ]]; }
await "all to go their way" delivered
expect "mails taken" "$(ls "$mail"/*.eml | wc -l)" 4

step "7. A certificate that does not hold is not spoken to"
stop_server
quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=localhost" \
  -addext "subjectAltName=DNS:localhost" -keyout "$work/other.key" -out "$work/other.pem"
sed -i "s,mail.pem,other.pem," "$work/server/kip-server.toml"
start_server
quiet kip act add --issuer BTC --number "3/$year/TT-BTC" --year "$year" --signed-on "$today" --changes report-form --source "the document"
quiet second act confirm "BTC:3/$year/TT-BTC:$year" signed "$today"
await "the certificate to be refused" grep -q 'notice.postponed.*certificate' "$work/server.log"
expect "mails taken" "$(ls "$mail"/*.eml | wc -l)" 4
step "Done"
