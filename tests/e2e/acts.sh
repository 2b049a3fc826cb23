#!/bin/bash
# What becomes of acts, played by real processes: sources that disagree, a corrigendum, a withdrawal, parts that come one by one, an
# authority that does not deliver, a waiver, the register of numbers, and what a customer is entitled to.
#
#   acts.sh BIN
set -euo pipefail
bin=$(realpath "${1:?name the folder of the programs}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
samples=$(realpath "$here/../../manifests/samples")
source "$here/stage.sh"

today=$(TZ=Asia/Ho_Chi_Minh date +%F) year=$(TZ=Asia/Ho_Chi_Minh date +%Y)
day() { TZ=Asia/Ho_Chi_Minh date +%F -d "$1"; }
act() { printf 'BTC:%s/%s/TT-BTC:%s' "$1" "$year" "$year"; }
# number COMMITMENT ACT: of the obligation
number() { kip --json obligation list --act "$2" --commitment "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["obligations"][0]["number"])'; }
# of NUMBER MEMBER: of the obligation, as text
of() { kip --json obligation show "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1], "-"))' "$2"; }
clocks() { kip --json obligation show "$1" | python3 -c 'import json, sys; print(*[c["cause"] for c in json.load(sys.stdin)["clocks"]])'; }

step "1. A vendor with two people, its promises and customers"
make_server an-phat
start_server
quiet kip commitment import "$samples/commitments-sample.json"
quiet kip customer import "$samples/customers-sample.csv"

step "2. Sources that disagree"
show kip act add --issuer BTC --number "1/$year/TT-BTC" --year "$year" --signed-on "$(day '-40 days')" --changes report-form --source "the document"
forms=$(number forms-published-7d "$(act 1)")
expect "before anyone has confirmed the date" "$(of "$forms" state) $(of "$forms" reason)" "unconfirmed date-unconfirmed"
show second act date "$(act 1)" signed "$(day '-2 days')" --source "a newspaper"
expect "with two days" "$(of "$forms" reason)" "date-disputed"
refused 3 "reason" second act confirm "$(act 1)" signed "$(day '-40 days')"
quiet second act confirm "$(act 1)" signed "$(day '-40 days')" --reason "the newspaper errs"
expect "once it is confirmed" "$(of "$forms" state)" "missed"

step "3. A corrigendum starts the clock anew, and the first clock stays visible"
show kip act develop "$(act 1)" corrected --on "$today" --source "corrigendum 7" --clock starts-anew --from "$today" --reason "another form"
expect "before a second person has confirmed it" "$(of "$forms" state)" "missed"
refused 7 "another person" kip act confirm-development "$(act 1)" 1
quiet second act confirm-development "$(act 1)" 1
expect "with the new clock" "$(of "$forms" state) $(clocks "$forms")" "running confirmed restarted"

step "4. A withdrawal stops what is not due yet"
quiet kip act develop "$(act 1)" withdrawn --on "$today" --source "notice 8" --clock stops --reason "withdrawn"
quiet second act confirm-development "$(act 1)" 2
expect "withdrawn" "$(of "$forms" state) $(of "$forms" reason)" "not_applicable act-withdrawn"

step "5. Parts, an authority that does not deliver, and a waiver"
quiet kip act add --issuer BTC --number "2/$year/TT-BTC" --year "$year" --signed-on "$(day '-40 days')" --changes tax-form --part print-form --part xml-export
quiet second act confirm "$(act 2)" signed "$(day '-40 days')"
taxes=$(number forms-published-7d "$(act 2)")
expect "late" "$(of "$taxes" state)" "missed"
refused 3 "print-form, xml-export" kip obligation block "$taxes" --part pdf --since "$today" --evidence "none"
show kip obligation block "$taxes" --part xml-export --since "$(day '-40 days')" --evidence "no schema on the authority's site"
expect "while the other part is ours" "$(of "$taxes" state)" "missed"
refused 3 "still to come" kip obligation block "$taxes" --part print-form --since "$(day '+9 days')" --evidence "none"
quiet kip obligation block "$taxes" --part print-form --since "$(day '-40 days')" --evidence "no form on the authority's site"
expect "blocked" "$(of "$taxes" state)" "blocked_upstream"
quiet kip obligation unblock "$taxes" --part xml-export --on "$today" --evidence "the schema is out"
quiet kip obligation waive "$taxes" --reason "no customer files it this quarter" --until "$(day '+30 days')"
expect "before it is approved" "$(of "$taxes" state)" "missed"
refused 7 "another person" kip obligation approve-waiver "$taxes" 1
quiet second obligation approve-waiver "$taxes" 1
expect "approved" "$(of "$taxes" state)" "waived"

step "6. The register of numbers"
quiet kip coverage extend BTC "$year" TT-BTC 5 --source "Official Gazette"
quiet kip coverage dispose BTC "$year" TT-BTC 3-4 --as not-relevant --reason "customs"
show kip coverage list --issuer BTC --year "$year" --gaps | tee "$work/gaps.txt"
grep -q '^  5: gap$' "$work/gaps.txt" || broken "number 5 is no gap"

step "7. What customers are entitled to, and other programs"
show kip customer entitlement --ending
[[ $(kip customer entitlement) == *entitled* ]] || broken "nobody is entitled"
kip obligation export --format csv --out "$work/board.csv"
grep -q "waived" "$work/board.csv" || broken "the table lacks the waiver"
kip obligation export --format ics --lang vi --out "$work/board.ics"
[[ $(grep -c BEGIN:VEVENT "$work/board.ics") -ge 2 ]] || broken "the calendar lacks events"
curl -fsS --user "demo:$(cat "$work/token")" "$url/status/act?act=$(act 1 | sed 's/:/%3A/g; s,/,%2F,g')&lang=hu" -o "$work/act.html"
grep -q "közlöny\|aláírva" "$work/act.html" || broken "the act's page is not in Hungarian"
stop_server
show "$bin/kip-server" check --dir "$work/server"
show "$bin/kip-server" rebuild --dir "$work/server"
show "$bin/kip-server" check --dir "$work/server"

step "Done"
