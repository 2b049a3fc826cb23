# To be sourced by the scripts that play a story with the real programs. They set `bin` first.
#
# It makes the folder $work, which goes at the end together with the server, and says how the story goes on.

work=$(mktemp -d "${TMPDIR:-/tmp}/kip-play.XXXXXX")
keep=${keep:-}
server_pid=''

stop_server() {
  if [[ $server_pid ]]; then kill "$server_pid" 2>/dev/null && wait "$server_pid" 2>/dev/null || true; fi
  server_pid=''
}
cleanup() {
  stop_server
  if [[ $keep ]]; then printf 'Everything is kept in %s\n' "$work"; else rm -rf "$work"; fi
}
trap cleanup EXIT

if [[ -t 1 ]]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi
step() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
note() { printf '%s   %s%s\n' "$dim" "$*" "$plain"; }
broken() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; exit 1; }
show() { printf '%s$ %s%s\n' "$dim" "${*//$work\//}" "$plain"; "$@"; }
# quiet COMMAND...: its output only where it fails
quiet() { local out; out=$("$@" 2>&1) || { printf '%s\n' "$out" >&2; broken "failed: $*"; }; }
# wait_until TRIES COMMAND...: whether it succeeds at one of so many tries, ten a second
wait_until() {
  local tries=$1 i
  shift
  for ((i = 0; i < tries; ++i)); do
    if "$@"; then return; fi
    read -rt 0.1 <> <(:) || true
  done
  return 1
}
# refused STATUS TEXT COMMAND...: must fail with that exit status and say that text
refused() {
  local status=$1 text=$2 out code=0
  shift 2
  printf '%s$ %s%s\n' "$dim" "${*//$work\//}" "$plain"
  out=$("$@" 2>&1) || code=$?
  printf '%s\n' "$out" | sed 's/^/   /'
  [[ $code == "$status" ]] || broken "expected exit status $status, got $code"
  [[ $out == *"$text"* ]] || broken "expected to be told \"$text\""
}
# expect WHAT IS WANTED
expect() { [[ $2 == "$3" ]] || broken "$1: expected \"$3\", got \"$2\""; }

export KIP_CONFIG="$work/kip.toml"
kip() { "$bin/kip" "$@"; }
updater() { local machine=$1; shift; "$bin/kip-updater" --dir "$work/$machine" "$@"; }
# officer NAME COMMAND...: with that officer's key and passphrase
officer() { local name=$1; shift; "$bin/kip" "$@" --key "$work/officers/$name.key" --passphrase-fd 3 3<<<"$name keeps this secret"; }
# new_officer NAME
new_officer() {
  mkdir -p -m 700 "$work/officers"
  quiet kip key new --name "${1^}" --out "$work/officers/$1.key" --passphrase-fd 3 3<<<"$1 keeps this secret"
}

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url="http://127.0.0.1:$port"
# Under with_postgresql.sh the server's database is there, else a file in its folder.
database=()
if [[ ${KIP_TEST_POSTGRESQL:-} ]]; then database=(--postgresql "$KIP_TEST_POSTGRESQL"); fi
# database_holds TEXT: whether its files do
database_holds() {
  if [[ ! ${database[*]} ]]; then grep -qF "$1" "$work"/server/kip.db*; return; fi
  quiet psql -c CHECKPOINT
  grep -rqF "$1" "$KIP_TEST_POSTGRESQL/data/base"
}
# back_up_database FILE, restore_database FILE: while the server is stopped
back_up_database() { if [[ ${database[*]} ]]; then quiet pg_dump -Fc -f "$1" kip; else cp "$work/server/kip.db" "$1"; fi; }
restore_database() {
  if [[ ${database[*]} ]]; then
    quiet psql -c "DROP DATABASE kip" -c "CREATE DATABASE kip OWNER kip"
    quiet pg_restore -d kip "$1"
  else
    rm -f "$work"/server/kip.db*
    cp "$1" "$work/server/kip.db"
  fi
}
# Further options of init.
init_options=()
# make_server TENANT, then start_server
make_server() {
  show "$bin/kip-server" init --dir "$work/server" --tenant "$1" --url "$url" --listen "127.0.0.1:$port" "${database[@]}" "${init_options[@]}" --token-file "$work/token" --yes
  printf '[server]\nurl = "%s"\ntenant = "%s"\ntoken_file = "token"\n' "$url" "$1" >"$KIP_CONFIG"
}
# make_vendor TENANT: also three officers and a repository for the product forms, signed by two of them; then start_server and kip publish
make_vendor() {
  make_server "$1"
  for name in an binh chi; do new_officer "$name"; done
  quiet kip repo init --dir "$work/repo" --online "$work/server/online-keys.json" --product forms \
    --officer "$work/officers/an.key.pub" --officer "$work/officers/binh.key.pub" --officer "$work/officers/chi.key.pub"
  quiet officer an sign --repo "$work/repo" --yes
  quiet officer chi sign --repo "$work/repo" --yes
}
start_server() {
  rm -f "$work/ready"
  "$bin/kip-server" run --dir "$work/server" --ready-file "$work/ready" 2>>"$work/server.log" &
  server_pid=$!
  if wait_until 100 test -e "$work/ready"; then return; fi
  cat "$work/server.log" >&2
  broken "the server did not start"
}
# second COMMAND...: as Binh of the vendor's staff, who confirms what the first person has entered; the server must have been made
second() {
  if [[ ! -e $work/token-binh ]]; then
    quiet "$bin/kip-server" token create --dir "$work/server" --name binh --role all --token-file "$work/token-binh"
  fi
  "$bin/kip" "$@" --token-file "$work/token-binh"
}
# publish_signed REPO [OPTION...]: hands in what officers have signed; where another person has to approve it, Binh does
publish_signed() {
  local answer proposal
  answer=$("$bin/kip" --json publish --repo "$@")
  proposal=$(python3 -c 'import json, sys; print(json.loads(sys.argv[1]).get("proposal", {}).get("proposal", ""))' "$answer")
  if [[ ! $proposal ]]; then return; fi
  second proposal approve "$proposal"
  "$bin/kip" publish --repo "$1"
}
# release PRODUCT VERSION FOLDER [OPTION...]: packs it, lists it with these options, and lets the officers An and Chi sign and publish it from $work/repo
release() {
  quiet kip pack "$3" --product "$1" --version "$2" --out "$work/$1-$2.kpk"
  quiet kip repo add --repo "$work/repo" "$work/$1-$2.kpk" "${@:4}"
  quiet officer an sign --repo "$work/repo" --yes
  quiet officer chi sign --repo "$work/repo" --yes
  quiet publish_signed "$work/repo"
}
# promise_forms SEATS: forms within seven days of an act's signing, and the customer 0101243150 with a contract for so many computers
promise_forms() {
  cat >"$work/commitments.json" <<JSON
{"format": "kip.commitments/1", "commitments": [
  {"format": "kip.commitment/1", "id": "forms-7-days", "product": "forms", "clause": "New forms within 7 days of signing", "issuers": ["BTC"],
   "act_kinds": ["circular"], "changes": ["tax-form"], "period": {"amount": 7, "unit": "day"}, "trigger": "signed",
   "rule": "VN-CIVIL-2015", "calendar": "VN", "profile": "public", "milestone": "installed"}]}
JSON
  quiet kip commitment import "$work/commitments.json"
  printf 'tax code,name,product,contract start,periods,seats,may postpone,force allowed\n0101243150,Minh Anh,forms,2025-01-15,60,%s,yes,no\n' "$1" >"$work/customers.csv"
  quiet kip customer import "$work/customers.csv"
}
# keep_promise: an act that is signed today, and version 1.0 of the forms for it, published
keep_promise() {
  local today year
  today=$(date -u +%F)
  year=${today%%-*}
  quiet kip act add --issuer BTC --number "1/$year/TT-BTC" --year "$year" --signed-on "$today" --changes tax-form --source "the document"
  quiet second act confirm "BTC:1/$year/TT-BTC:$year" signed "$today"
  mkdir "$work/forms"
  echo "form of version 1.0" >"$work/forms/form.xml"
  quiet kip pack "$work/forms" --product forms --version 1.0 --act "BTC:1/$year/TT-BTC:$year" --out "$work/forms-1.0.kpk"
  quiet kip repo add --repo "$work/repo" "$work/forms-1.0.kpk"
  for name in an chi; do quiet officer "$name" sign --repo "$work/repo" --yes; done
  quiet publish_signed "$work/repo"
}
