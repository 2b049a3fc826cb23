#!/bin/bash
# Runs a program with a PostgreSQL server of its own, on a socket in a temporary folder: with_postgresql.sh [--odbc] COMMAND...
# It has an empty database kip with an owner of that name. The program finds it by the variables of libpq, by KIP_TEST_POSTGRESQL (the folder of the socket; the program
# KIP_TEST_POSTGRESQL/start starts it again where it was killed), and with --odbc by KIP_TEST_ODBC, a connection string.
# Without PostgreSQL or its ODBC driver this says SKIPPED, or with CI=true fails.
set -euo pipefail

skip() {
  echo "SKIPPED: $*"
  [[ ${CI:-} != true && ${CI:-} != 1 ]]
  exit
}

shopt -s nullglob
programs=(/usr/lib/postgresql/*/bin)
((${#programs[@]})) || skip "PostgreSQL is not installed (apt-get install postgresql)"
if [[ $1 == --odbc ]]; then
  grep -q '^\[PostgreSQL Unicode\]' /etc/odbcinst.ini 2>/dev/null || skip "its ODBC driver is not installed (odbc-postgresql)"
  shift
fi
programs=${programs[-1]}

# The server refuses to run as root.
as_owner=()
if ((EUID == 0)); then as_owner=(runuser -u postgres --); fi
# In memory where there is room: what is tested survives the end of processes, not of the machine.
place=${TMPDIR:-/tmp}
if [[ -w /dev/shm ]] && (($(df --output=avail -m /dev/shm | tail -n 1) > 500)); then place=/dev/shm; fi
folder=$(mktemp -d "$place/kip-postgresql.XXXXXX")
cleanup() {
  "${as_owner[@]}" "$programs/pg_ctl" -D "$folder/data" -m immediate -s stop || true
  rm -rf "$folder"
}
trap cleanup EXIT
if ((EUID == 0)); then chown postgres "$folder"; fi
"${as_owner[@]}" "$programs/initdb" -D "$folder/data" -U postgres -A trust --no-locale -E UTF8 --no-sync >"$folder/log"
# Who has to show a password.
sed -i '1i local all secret scram-sha-256' "$folder/data/pg_hba.conf"
# A server that was killed leaves processes that have to notice before another one can start.
cat >"$folder/start" <<END
#!/bin/bash
for try in {1..100}; do
  ${as_owner[*]} "$programs/pg_ctl" -D "$folder/data" -w -s -l "$folder/server.log" \\
    -o "-p 5432 -k '$folder' -c listen_addresses='' -c recovery_init_sync_method=syncfs" start 2>>"$folder/log" && exit
  read -rt 0.1 <> <(:) || true
done
exit 1
END
chmod +x "$folder/start"
"$folder/start"
export PGHOST=$folder PGPORT=5432 PGUSER=postgres PGDATABASE=postgres KIP_TEST_POSTGRESQL=$folder
psql -q -c "CREATE ROLE kip LOGIN" -c "CREATE DATABASE kip OWNER kip"
export KIP_TEST_ODBC="Driver=PostgreSQL Unicode;Servername=$folder;Port=5432;Database=postgres;Username=postgres"
"$@"
