# To be sourced after stage.sh by the scripts that need an authority for time stamps.

tsa_pid=''
stop_tsa() {
  if [[ $tsa_pid ]]; then kill "$tsa_pid" 2>/dev/null && wait "$tsa_pid" 2>/dev/null || true; fi
  tsa_pid=''
}
trap 'stop_tsa; cleanup' EXIT
# start_tsa NAME PORT; 0 lets the system choose. Its address is in $work/NAME.ready
start_tsa() {
  rm -f "$work/$1.ready"
  "$bin/kip-server" dev-tsa --folder "$work/$1" --port "$2" --ready-file "$work/$1.ready" >"$work/$1.out" 2>>"$work/$1.log" &
  tsa_pid=$!
  if wait_until 100 test -e "$work/$1.ready"; then return; fi
  cat "$work/$1.log" >&2
  broken "the authority did not start"
}
# believe_authority NAME: the server has its log stamped by it from its next start on
believe_authority() {
  cat >>"$work/server/kip-server.toml" <<TOML

[[authority]]
name = "$1"
url = "$(cat "$work/$1.ready")/tsa"
ca_file = "$work/$1/ca.pem"
independent = false
TOML
}
