#!/bin/bash
# Requests for service, played by real processes: the terms of vendors A, C and E, calls, a visit after remote help that failed, a share of a month, an
# inspection, the board, and the tables made again from the events.
#
#   service.sh BIN
set -euo pipefail
bin=$(realpath "${1:?name the folder of the programs}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
samples=$(realpath "$here/../../manifests/samples")
source "$here/stage.sh"

ago() { date -u +%FT%TZ -d "$1 ago"; }
# of NUMBER EXPRESSION: of the request `r`
of() { kip --json service show "$1" | python3 -c 'import json, sys; r = json.load(sys.stdin); print(eval(sys.argv[1]))' "$2"; }
# call CUSTOMER PRODUCT KIND ...: its number
call() {
  local customer=$1 product=$2 kind=$3
  shift 3
  kip --json service request "$customer" "$product" --kind "$kind" --note "it does not print" "$@" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["number"])'
}

step "1. Terms of three vendors, a customer of each, one beyond its contract"
make_server an-phat
start_server
show kip commitment import "$samples/terms/vendor-a.json"
[[ $(kip commitment import "$samples/terms/vendor-a.json") == *"4 promises about service: 0 new, 4 known already"* ]] || broken "terms are not idempotent"
sed 's/within 24 hours/within 20 hours/' "$samples/terms/vendor-a.json" >"$work/changed.json"
refused 6 "a-reinstall" kip commitment import "$work/changed.json"
quiet kip commitment import "$samples/terms/vendor-c.json"
quiet kip commitment import "$samples/terms/vendor-e.json"
today=$(date -u +%d/%m/%Y -d '-30 days') long_ago=$(date -u +%d/%m/%Y -d '-5 years')
cat >"$work/customers.csv" <<CSV
tax code;name;product;contract start;periods;seats;by the hour
0100109106;Minh Anh;program;$today;24;2;no
0100109107;Vàng Sáng;gold;$today;24;2;no
0100109108;Vàng Cũ;gold;$long_ago;12;2;yes
0100109109;Hoa Mai;finance;$today;24;2;no
CSV
quiet kip customer import "$work/customers.csv"

step "2. On site only where help from afar has failed"
refused 3 "ask for remote help first" kip service request 0100109106 program --kind onsite --note "nothing works"
remote=$(call 0100109106 program remote --grade 1 --came-at "$(ago '3 hours')")
show kip service answer "$remote" --note "we connect at once"
refused 6 "answered already" kip service answer "$remote"
show second service remote-failed "$remote" --note "the line is down"
onsite=$(call 0100109106 program onsite --grade 1)
expect "the remote request before it" "$(of "$onsite" 'r["after_remote"]')" "$remote"
expect "the clock of the visit" "$(of "$onsite" 'r["promises"][0]["started_at"] == r["remote_failed_at"]')" "True"
echo "minutes, signed by the customer" >"$work/minutes.pdf"
refused 3 "not in the future" kip service visit "$onsite" --from "$(date -u +%FT%TZ)" --to "$(date -u +%FT%TZ -d '+2 hours')"
[[ $(kip service list --open --kind onsite) == *"#$onsite onsite"* ]] || broken "the visit is not on the list"

step "3. Whose turn it is, and who pays"
old=$(call 0100109108 gold question --came-at "$(ago '2 hours')")
new=$(call 0100109107 gold question)
expect "customers under contract" "$(kip --json service list --product gold --open | python3 -c 'import json, sys; print(*[r["number"] for r in json.load(sys.stdin)["requests"]])')" "$new $old"
expect "beyond the contract" "$(of "$old" '(r["by_the_hour"], r["promises"][0]["state"])')" "(True, 'not_entitled')"

step "4. A share of a month, and an inspection with its record"
for hours in 30 2 1; do faults+=" $(call 0100109109 finance remote --came-at "$(ago "$hours hours")")"; done
for fault in $faults; do quiet kip service resolve "$fault" --note "done"; done
show kip service shares | tee "$work/shares.txt"
grep -q "e-faults" "$work/shares.txt" || broken "no share"
expect "late" "$(kip --json service shares | python3 -c 'import json, sys; print(sum(s["late"] for s in json.load(sys.stdin)["shares"]))')" "1"
echo "all is well" >"$work/record.txt"
show kip service inspect 0100109109 finance --on "$(TZ=Asia/Shanghai date +%F)" --record "$work/record.txt"
refused 3 "still to come" kip service inspect 0100109109 finance --on "$(date -u +%F -d '+5 days')"

step "5. The board, without what people wrote"
curl -fsS --user "demo:$(cat "$work/token")" "$url/status?lang=vi" -o "$work/board.html"
grep -q "Yêu cầu hỗ trợ đang mở" "$work/board.html" || broken "the board has no requests"
if grep -q "it does not print" "$work/board.html"; then broken "a note stands on the board"; fi

step "6. The same from the events alone"
kip --json service list | python3 -c 'import json, sys; d = json.load(sys.stdin); [[p.pop(k, 0) for k in ("seconds_left", "seconds_late")] for r in d["requests"] for p in r["promises"]]; print(d["requests"])' >"$work/before"
stop_server
show "$bin/kip-server" rebuild --dir "$work/server"
start_server
kip --json service list | python3 -c 'import json, sys; d = json.load(sys.stdin); [[p.pop(k, 0) for k in ("seconds_left", "seconds_late")] for r in d["requests"] for p in r["promises"]]; print(d["requests"])' >"$work/after"
cmp "$work/before" "$work/after" || broken "the tables are other ones"

step "Done"
