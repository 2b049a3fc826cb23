#!/bin/bash
# Computers of a site: one code for its seats, letters to print, machines that wait for a person's word, one that is retired. Played with the real programs.
#
#   sites.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"

standing() { kip --json install list | python3 -c 'import json, sys
for one in json.load(sys.stdin)["installs"]:
    if one["label"] == sys.argv[1]: print(one["standing"])' "$1"; }
install_of() { kip --json install "$1" | python3 -c 'import json, sys
for one in json.load(sys.stdin)[sys.argv[1]]:
    if one["label"] == sys.argv[2]: print(one["install"])' "$2" "$3"; }
# code_of SITE: out of the table for mail merge
code_of() { python3 -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[1], encoding="utf-8")):
    if row["site"] == sys.argv[2]: print(row["code"])' "$work/codes.csv" "$1"; }

step "1. A vendor, a customer with two sites, and a code for each in a table and as letters"
make_vendor an-phat
start_server
quiet publish_signed "$work/repo"
printf 'tax code,name,product,contract start,periods,seats,may postpone,force allowed\n0101243150,Minh Anh,forms,2025-01-15,60,5,yes,no\n' >"$work/customers.csv"
quiet kip customer import "$work/customers.csv"
printf 'mst,địa điểm,số máy\n0101243150,Hà Nội,2\n0101243150,"Huế <1>, lầu 2",1\n' >"$work/sites.csv"
show kip install codes "$work/sites.csv" --product forms --out "$work/codes.csv" --letters "$work/letters.html" --days 30
expect "who may read the codes" "$(stat -c %a "$work/codes.csv" "$work/letters.html" | sort -u)" 600
[[ $(cat "$work/letters.html") == *"Huế &lt;1&gt;, lầu 2"*"$(code_of 'Huế <1>, lầu 2')"* ]] || broken "the letter does not have site and code"
printf 'mst,địa điểm,số máy\n0101243150,Hà Nội,many\n' >"$work/wrong.csv"
refused 3 "row 2" kip install codes "$work/wrong.csv" --product forms --out "$work/none.csv"
printf 'mst,địa điểm\n0101243150,Hà Nội\n999,Sài Gòn\n' >"$work/partly.csv"
refused 5 "row 3: 1 code(s) were made" kip install codes "$work/partly.csv" --product forms --out "$work/partly.out"
expect "codes that were made" "$(grep -c kip1: "$work/partly.out")" 1

step "2. The site's code lets its two computers in; a third one is held, and the two go on"
for number in 1 2; do quiet updater "pc$number" enroll "$(code_of 'Hà Nội')" --label "PC$number"; done
refused 7 "seats are taken" updater pc3 enroll "$(code_of 'Hà Nội')" --label PC3
for number in 1 2; do expect "PC$number" "$(standing "PC$number")" active; done
expect PC3 "$(standing PC3)" held

step "3. A code that asks for a person's word"
quiet kip install code --customer 0101243150 --product forms --label Huế --seats 2 --approval --out "$work/code"
for number in 4 5; do refused 7 "a person at the vendor has to let this machine in" updater "pc$number" enroll "$(cat "$work/code")" --label "PC$number"; done
expect "waiting" "$(kip --json install waiting | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["waiting"]))')" 2
show kip install approve "$(install_of waiting waiting PC4)"
show kip install decline "$(install_of waiting waiting PC5)" --reason "nobody knows it"
show updater pc4 enroll "$(cat "$work/code")" --label PC4
refused 7 "not let in" updater pc5 enroll "$(cat "$work/code")" --label PC5
expect PC4 "$(standing PC4)" active

step "4. A computer is sold"
show kip install retire "$(install_of list installs PC2)" --reason sold
expect PC2 "$(standing PC2)" retired
refused 6 "retired already" kip install retire "$(install_of list installs PC2)" --reason sold

note "Who may come in, and how many, is the vendor's word."
