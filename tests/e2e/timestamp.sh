#!/bin/bash
# Time stamps between our programs and OpenSSL's: the development authority stamps for openssl, openssl's authority stamps for us, and
# what is not right is answered with no.
#
#   timestamp.sh BIN
set -euo pipefail
bin=$(realpath "${1:?name the folder of the programs}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/stage.sh"
cd "$work"

# yes FILE TOKEN CA [OPTION...]; no CODE FILE TOKEN CA [OPTION...]
yes() { show kip timestamp verify --data "$1" --token "$2" --ca "$3" "${@:4}"; }
no() {
  local code=$1 out status=0
  shift
  out=$(kip --json timestamp verify --data "$1" --token "$2" --ca "$3" "${@:4}") || status=$?
  expect "the answer about $2 for $1" "$status $(python3 -c 'import json, sys; v = json.loads(sys.argv[1]); print(v["valid"], v["code"])' "$out")" "1 False $code"
  note "$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["reason"])' "$out")"
}
member() { kip --json timestamp verify --data data --token "$1" --ca "$2" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$3"; }
# stamp QUERY OUT: by the development authority
stamp() { curl -fsS -H 'Content-Type: application/timestamp-query' --data-binary "@$1" "$tsa/tsa" -o "$2"; }
start_tsa() {
  rm -f ready
  "$bin/kip-server" dev-tsa --folder "$work/tsa" --port 0 --ready-file "$work/ready" >tsa.out 2>>tsa.log &
  server_pid=$!
  wait_until 100 test -e ready || { cat tsa.log >&2; broken "the authority did not start"; }
  tsa=$(cat ready)
}
query() { openssl ts -query -data "$1" -"$2" -cert -out "$3" 2>/dev/null; }

step "1. The development authority says what it is, and keeps its key to itself"
start_tsa
grep -q "NOT INDEPENDENT" tsa.out || broken "the banner does not say that it is not independent"
[[ $(curl -fsS "$tsa/") == *"NOT INDEPENDENT"* ]] || broken "its page does not say that it is not independent"
[[ $tsa == http://127.0.0.1:* ]] || broken "it does not keep to the loopback address"
expect "the mode of its key" "$(stat -c %a tsa/tsa.key)" 600
curl -fsS "$tsa/ca.pem" | cmp - tsa/ca.pem
echo "what is stamped" >data
echo "what is not" >other

step "2. It stamps for openssl, which verifies it, and so do we"
for hash in sha256 sha384 sha512; do
  query data "$hash" "$hash.tsq"
  stamp "$hash.tsq" "$hash.tsr"
  openssl ts -verify -queryfile "$hash.tsq" -in "$hash.tsr" -CAfile tsa/ca.pem >/dev/null 2>&1 || broken "openssl refuses $hash"
  quiet yes data "$hash.tsr" tsa/ca.pem
done
yes data sha256.tsr tsa/ca.pem
expect "independent" "$(member sha256.tsr tsa/ca.pem independent)" False
[[ $(member sha256.tsr tsa/ca.pem signer) == *"NOT INDEPENDENT"* ]] || broken "the signer's name does not say it"
[[ $(kip timestamp verify --data data --token sha256.tsr --ca tsa/ca.pem) == *"not independent"* ]] || broken "the answer does not say it"
openssl ts -query -data data -sha256 -out bare.tsq 2>/dev/null
stamp bare.tsq bare.tsr
no signature data bare.tsr tsa/ca.pem
quiet yes data bare.tsr tsa/ca.pem --untrusted tsa/tsa.pem

step "3. It rejects what it cannot do, with HTTP 200, and that is no token"
query data sha1 sha1.tsq
stamp sha1.tsq sha1.tsr
no denied data sha1.tsr tsa/ca.pem
head -c 40 /dev/zero >zero.tsq
stamp zero.tsq zero.tsr
no denied data zero.tsr tsa/ca.pem
expect "another content type" "$(curl -sS -o /dev/null -w '%{http_code}' --data-binary @sha256.tsq "$tsa/tsa")" 415

step "4. Started again it is the same authority"
stop_server
start_tsa
stamp sha256.tsq again.tsr
quiet yes data again.tsr tsa/ca.pem
[[ $(member again.tsr tsa/ca.pem serial) != $(member sha256.tsr tsa/ca.pem serial) ]] || broken "a serial number came twice"
for ((i = 0; i < 8; ++i)); do stamp sha256.tsq "many$i.tsr" & stamps[i]=$!; done
for pid in "${stamps[@]}"; do wait "$pid" || broken "a stamp failed"; done
for ((i = 0; i < 8; ++i)); do quiet yes data "many$i.tsr" tsa/ca.pem; done
stop_server

step "5. OpenSSL's own authority stamps for us: RSA and ECDSA, chains, both attributes"
cat >tsa.cnf <<'CNF'
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[tsa]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[wrong]
extendedKeyUsage = critical, serverAuth
[revoking]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 30
[v1]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
tsa_name = yes
ess_cert_id_chain = yes
ess_cert_id_alg = sha1
clock_precision_digits = 3
[v2]
serial = serial
signer_digest = sha384
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
CNF
echo 01 >serial
key() { if [[ $1 == rsa ]]; then openssl genrsa -out "$2" 2048; else openssl ecparam -genkey -name "$1" -noout -out "$2"; fi 2>/dev/null; }
# certify KIND NAME SECTION [ISSUER]
certify() {
  key "$1" "$2.key"
  if [[ ${4:-} ]]; then
    openssl req -new -key "$2.key" -subj "/CN=$2" -config tsa.cnf -out "$2.csr"
    openssl x509 -req -in "$2.csr" -CA "$4.pem" -CAkey "$4.key" -CAcreateserial -days 3650 -extfile tsa.cnf -extensions "$3" -out "$2.pem" 2>/dev/null
  else
    openssl req -x509 -new -key "$2.key" -subj "/CN=$2" -days 3650 -config tsa.cnf -extensions "$3" -out "$2.pem"
  fi
}
# reply SECTION SIGNER CHAIN OUT
reply() { openssl ts -reply -config tsa.cnf -section "$1" -queryfile sha256.tsq -signer "$2.pem" -inkey "$2.key" -chain "$3.pem" -out "$4" 2>/dev/null; }
certify rsa root ca
certify rsa middle ca root
for kind in rsa prime256v1 secp384r1; do
  certify "$kind" "signer-$kind" tsa middle
  for section in v1 v2; do
    reply "$section" "signer-$kind" middle "$kind-$section.tsr"
    openssl ts -verify -queryfile sha256.tsq -in "$kind-$section.tsr" -CAfile root.pem >/dev/null 2>&1 || broken "openssl refuses $kind $section"
    quiet yes data "$kind-$section.tsr" root.pem
    openssl ts -reply -in "$kind-$section.tsr" -token_out -out token 2>/dev/null
    quiet yes data token root.pem
    no integrity other token root.pem
    no signature data token tsa/ca.pem
  done
done
yes data rsa-v1.tsr root.pem
expect "independent" "$(member rsa-v1.tsr root.pem independent)" True
expect "accuracy" "$(member rsa-v1.tsr root.pem accuracy_us)" 1500000

step "6. A revoked signer, by the list of its issuer"
touch index.txt
echo 01 >crlnumber
openssl ca -config tsa.cnf -name revoking -cert middle.pem -keyfile middle.key -revoke signer-rsa.pem -crl_reason keyCompromise >/dev/null 2>&1
openssl ca -config tsa.cnf -name revoking -cert middle.pem -keyfile middle.key -gencrl -out crl.pem >/dev/null 2>&1
no rollback data rsa-v1.tsr root.pem --crl crl.pem
no rollback data rsa-v1.tsr root.pem --untrusted crl.pem
cat root.pem crl.pem >both.pem
no rollback data rsa-v1.tsr both.pem
quiet yes data secp384r1-v1.tsr root.pem --crl crl.pem

step "7. What is no token, and questions that cannot be asked"
head -c 3000 /dev/urandom >noise
no malformed data noise root.pem
cat rsa-v1.tsr noise >longer
no malformed data longer root.pem
head -c 2000 rsa-v1.tsr >half
no malformed data half root.pem
: >empty
no malformed data empty root.pem
head -c 70000 /dev/zero >large
no too-large data large root.pem
no denied data rsa-v1.tsr root.pem --policy 1.2.3.5
quiet yes data rsa-v1.tsr root.pem --policy 1.2.3.5 --policy 1.2.3.4
refused 5 "no file" kip timestamp verify --data missing --token rsa-v1.tsr --ca root.pem
refused 5 "missing" kip timestamp verify --data data --token missing --ca root.pem
refused 3 "neither a certificate" kip timestamp verify --data data --token rsa-v1.tsr --ca noise
refused 3 "no answer of OCSP" kip timestamp verify --data data --token rsa-v1.tsr --ca root.pem --ocsp noise
refused 2 "1.2.3.4" kip timestamp verify --data data --token rsa-v1.tsr --ca root.pem --policy abc
refused 2 "--token" kip timestamp verify --data data --ca root.pem
refused 2 "subcommand" kip timestamp verfy
