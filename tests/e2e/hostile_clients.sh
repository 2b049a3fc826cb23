#!/bin/bash
# Clients that mean harm, against nginx as the package configures it: connections that never say what they want, floods of headers, bodies without end, more
# requests than anybody needs, another's address. Everybody else keeps being served. Played with the real programs.
#
#   hostile_clients.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
configuration=$(realpath "$here/../../packaging/kip-server/nginx")
PATH=$PATH:/usr/sbin
for program in nginx openssl; do
  command -v "$program" >/dev/null && continue
  [[ ${CI:-} != true ]] || { echo "hostile_clients: CI has no $program" >&2; exit 1; }
  echo "SKIPPED: $program is not installed (apt-get install nginx-light openssl)"
  exit 77
done
source "$here/stage.sh"

front=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
nginx_pid=''
stop_nginx() {
  if [[ $nginx_pid ]]; then kill "$nginx_pid" 2>/dev/null && wait "$nginx_pid" 2>/dev/null || true; fi
  nginx_pid=''
}
trap 'stop_nginx; cleanup' EXIT

step "1. A vendor behind the package's nginx"
make_vendor an-phat
sed -i 's|^# *behind_proxy = .*|behind_proxy = true|' "$work/server/kip-server.toml"
grep -q '^behind_proxy = true' "$work/server/kip-server.toml" || broken "the settings were not changed"
# As the package lays it out: a folder per vendor.
mkdir -p "$work/state" "$work/nginx/snippets"
mv "$work/server" "$work/state/an-phat"
ln -s state/an-phat "$work/server"
start_server
quiet publish_signed "$work/repo"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$work/nginx/site.key" -out "$work/nginx/site.pem" 2>/dev/null
# Paths and ports are those of this trial, and who drips is given two seconds instead of ten; all else is what the package installs.
adapt() {
  sed -e "s|/var/lib/kip|$work/state|g; s|/var/cache/nginx-kip|$work/nginx/cache|; s|127.0.0.1:8080|127.0.0.1:$port|" \
    -e "s|_timeout 10s|_timeout 2s|" -e "s|/etc/ssl/kip/updates.example.vn.pem|$work/nginx/site.pem|; s|/etc/ssl/kip/updates.example.vn.key|$work/nginx/site.key|" \
    -e "s|listen 443 ssl http2|listen 127.0.0.1:$front ssl http2|; /listen \[::\]/d; s|updates.example.vn|localhost|" "$1"
}
adapt "$configuration/conf.d-kip-server.conf" >"$work/nginx/zones.conf"
for name in kip-server kip-server-proxy; do adapt "$configuration/snippet-$name.conf" >"$work/nginx/snippets/$name.conf"; done
# Only the site with TLS: port 80 is not ours here.
adapt "$configuration/nginx-site.conf" | awk '/^server/ {n++} n == 2 || !n' >"$work/nginx/site.conf"
cat >"$work/nginx/nginx.conf" <<CONF
$( ((EUID == 0)) && echo "user root;")
daemon off;
worker_processes 1;
pid $work/nginx/pid;
error_log $work/nginx/error.log warn;
events { worker_connections 2048; }
http {
  access_log $work/nginx/access.log;
  client_body_temp_path $work/nginx/body;
  proxy_temp_path $work/nginx/proxy;
  fastcgi_temp_path $work/nginx/fastcgi; uwsgi_temp_path $work/nginx/uwsgi; scgi_temp_path $work/nginx/scgi;
  include zones.conf;
  include site.conf;
}
CONF
nginx -q -t -p "$work/nginx" -c "$work/nginx/nginx.conf" 2>"$work/nginx/test.log" || { cat "$work/nginx/test.log" >&2; broken "nginx refuses the configuration"; }
nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" &
nginx_pid=$!
site="https://localhost:$front"
ask() { curl -s --cacert "$work/nginx/site.pem" "$@"; }
answers() { ask -o /dev/null "$site/healthz"; }
wait_until 100 answers || { cat "$work/nginx/error.log" >&2; broken "nginx did not start"; }

step "2. What is published comes from disk, and nothing else does"
seen_by_server() { grep -cF "route=$1" "$work/server.log" || true; }
before=$(seen_by_server "/t/{tenant}/metadata/{file}")
ask "$site/t/an-phat/metadata/timestamp.json" >"$work/timestamp.json"
quiet cmp "$work/timestamp.json" "$work/server/repository/an-phat/metadata/timestamp.json"
quiet cmp <(ask "$site/t/an-phat/log/o/checkpoint") "$work/server/logs/o/public/checkpoint"
quiet cmp <(ask "$site/t/an-phat/metadata/1.root.json") "$work/server/repository/an-phat/metadata/1.root.json"
expect "requests that kip-server saw of it" "$(seen_by_server "/t/{tenant}/metadata/{file}")" "$before"
[[ $(ask -D - -o /dev/null "$site/t/an-phat/metadata/1.root.json") == *immutable* ]] || broken "a versioned file may not be kept"
for path in /t/an-phat/log/r/tile/entries/000.p/1 /t/an-phat/log/o/state.json /t/an-phat/keys/entry.pem /t/an-phat/metadata/..%2f..%2f..%2fkeys%2fentry.pem \
  /t/an-phat/kip.db /t/an-phat/targets/../../../kip-server.toml /t/an-phat/metadata/.hidden.json; do
  expect "$path" "$(ask --path-as-is -o /dev/null -w '%{http_code}' "$site$path" | sed 's/400/404/')" 404
done

step "3. An office goes on while others do all that they can"
quiet python3 "$here/hostile_clients.py" "$front" "$work/nginx/site.pem" "$work/token"
expect "kip-server is the same process" "$(kill -0 "$server_pid" && echo alive)" alive

step "4. Whoever says that he is another is not believed"
expect "status" "$(ask -o /dev/null -w '%{http_code}' --interface 127.0.0.3 -X POST -H "Authorization: Bearer $(cat "$work/token")" -H 'Content-Type: application/json' \
  -H 'X-Forwarded-For: 203.0.113.7' -H 'Forwarded: for=203.0.113.7' -d '{"name":"binh","roles":["auditor"],"officer_keys":[]}' "$site/v1/tenants/an-phat/people")" 201
from=$(ask -H "Authorization: Bearer $(cat "$work/token")" "$site/v1/tenants/an-phat/events?limit=1000" | python3 -c 'import base64, json, sys
events = [json.loads(base64.b64decode(json.loads(base64.b64decode(e["envelope"]))["payload"])) for e in json.load(sys.stdin)["events"]]
print([e["from"] for e in events if "from" in e][-1])')
expect "from where binh was added" "$from" 127.0.0.3
note "Everybody else was served."
